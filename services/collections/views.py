"""Accounts as collectors see them: no sealed field leaves."""

from collections.abc import Sequence
from typing import Any

from services.collections.core import Account, CollectionFact
from services.collections.core.facts import StatementWentOut
from services.collections.core.policy_standing import Standing
from services.collections.core.state import Episode, Plan
from shared.decider import Entry


def shown_account(account: Account) -> dict[str, Any]:
    """One row of a list."""
    episode = account.episode
    return {
        "account_id": account.account_id,
        "status": account.status,
        "owed_cents": account.owed_cents,
        "claims": account.claims,
        "work": account.work or account.plan_work,
        "under_way": [letter.kind for letter in account.outgoing],
        "opened_on": None if episode is None else episode.opened_on,
        "due_on": None if episode is None else episode.due_on,
        "reminder_level": 0 if episode is None else episode.level,
        "above_risk_limit": account.standing.above_risk,
    }


def shown_whole(account: Account) -> dict[str, Any]:
    """One account with everything that is remembered of it."""
    episode = account.episode
    return {
        **shown_account(account),
        "statements": account.statements,
        "episode": None if episode is None else shown_episode(episode),
        "plan": None if episode is None or episode.plan is None else shown_plan(episode.plan, account.owed_cents),
        "contacts": account.contacts,
        "plan_requests": account.plan_requests,
        "standing": shown_standing(account.standing),
    }


def shown_standing(standing: Standing) -> dict[str, Any]:
    """What the policy asks of an account beside its balance and its letters."""
    return {
        "segment": standing.segment,
        "practice": standing.practice,
        "tags": standing.tags,
        "score": standing.score,
        "last_payment_on": standing.last_payment_on,
        "failed_payment": standing.failed_payment,
        "money_on_its_way": standing.pending,
        "exclusion": standing.exclusion,
        "review": standing.review,
        "late_charges_cents": standing.charged_cents,
    }


def shown_episode(episode: Episode) -> dict[str, Any]:
    return {
        "number": episode.number,
        "policy": episode.policy,
        "first_statement_on": episode.first_statement_on,
        "last_letter_on": episode.last_letter_on,
        "final_notice_on": episode.final_notice_on,
        "rested_days": episode.rested_days,
        "retry_on": episode.retry_on,
        "placement": episode.placement,
    }


def shown_plan(plan: Plan, owed_cents: int) -> dict[str, Any]:
    """A plan and what it asks for next."""
    unpaid = plan.first_unpaid(owed_cents)
    return {
        "plan_id": plan.plan_id,
        "total_cents": plan.total_cents,
        "paid_cents": plan.paid_cents,
        "installments": plan.installments,
        "next_due_on": None if unpaid is None else unpaid[0].due_on,
        "next_due_cents": None if unpaid is None else unpaid[1],
    }


def shown_statements(history: Sequence[Entry[CollectionFact]]) -> list[dict[str, Any]]:
    """The statements that went out, oldest first."""
    sent = (entry.fact for entry in history if isinstance(entry.fact, StatementWentOut))
    return [
        {
            "statement_id": fact.statement_id,
            "number": fact.number,
            "balance_cents": fact.balance_cents,
            "sent_on": fact.sent_on,
            "due_on": fact.due_on,
        }
        for fact in sent
    ]


def shown_fact(entry: Entry[CollectionFact]) -> dict[str, Any]:
    """One line of an account's story."""
    return {
        "at": entry.meta.occurred_at,
        "actor": entry.meta.actor,
        **{name: value for name, value in entry.fact.model_dump().items() if _is_shown(name)},
    }


def _is_shown(name: str) -> bool:
    return name not in {"account_id", "heard"} and not name.startswith("sealed")
