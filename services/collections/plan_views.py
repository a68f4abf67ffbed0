"""Plans, proposals and choices as people see them: amounts in cents, no sealed field."""

from datetime import date
from typing import Any

from services.collections.core import Account
from services.collections.core.plan_days import open_ones
from services.collections.core.plan_offers import Choice
from services.collections.core.plan_policy import PlanRules
from services.collections.core.plan_state import Arrangement, Proposal
from services.collections.core.plan_terms import Installment


def shown_choice(choice: Choice) -> dict[str, Any]:
    """One way to pay in parts. `allowed` says that it may be taken as it is."""
    parts = choice.installments[1 if choice.terms.down_payment_cents else 0 :]
    return {
        "choice": choice.choice,
        "variant": choice.terms.variant,
        "total_cents": choice.total_cents,
        "down_payment_cents": choice.terms.down_payment_cents,
        "installments": len(parts),
        "installment_cents": parts[0].amount_cents if parts else 0,
        "last_installment_cents": parts[-1].amount_cents if parts else 0,
        "first_due_on": parts[0].due_on if parts else choice.terms.first_due_on,
        "last_due_on": parts[-1].due_on if parts else choice.terms.first_due_on,
        "allowed": not choice.refused and not choice.needs,
        "refused": choice.refused,
        "needs_approval": choice.needs,
    }


def shown_texts(rules: PlanRules) -> dict[str, str | None]:
    """Which texts whoever agrees is shown, by their versions; None where there is no such thing."""
    return {
        "plan": None if rules.conduct is None else rules.conduct.text_version,
        "autopay": None if rules.autopay is None else rules.autopay.text_version,
    }


def shown_plans(account: Account, on: date) -> dict[str, Any]:
    """What is on the table, what is kept, and what ended."""
    return {
        "account_id": account.account_id,
        "status": account.status,
        "owed_cents": account.owed_cents,
        "proposal": None if account.plans.proposal is None else shown_proposal(account.plans.proposal, on),
        "plan": _kept(account, on),
        "work": account.plan_work,
        "ended": [{"plan_id": one.plan_id, "how": one.how, "on": one.on} for one in account.plans.ended],
        "not_placed_before": account.plans.not_placed_before,
    }


def shown_proposal(proposal: Proposal, on: date) -> dict[str, Any]:
    """Terms on the table; an open one whose day is over is `expired`."""
    open_ = proposal.status in {"offered", "waiting", "approved"}
    return {
        "proposal_id": proposal.proposal_id,
        "kind": proposal.kind,
        "variant": proposal.variant,
        "status": "expired" if open_ and on > proposal.expires_on else proposal.status,
        "owed_cents": proposal.owed_cents,
        "total_cents": proposal.total_cents,
        "forgiven_cents": proposal.forgiven_cents,
        "installments": [_installment(one) for one in proposal.installments],
        "proposed_by": proposal.proposed_by,
        "role": proposal.role,
        "needs_approval": proposal.needs,
        "expires_on": proposal.expires_on,
        "policy": proposal.policy,
    }


def _kept(account: Account, on: date) -> dict[str, Any] | None:
    """The plan that is kept, with what is open of each installment and what would pay it off today."""
    plan = None if account.episode is None else account.episode.plan
    if plan is None:
        return None
    open_cents = plan.open_cents(account.owed_cents)
    ahead = open_ones(plan, account.owed_cents)
    lines = zip(plan.installments, open_cents, strict=True)
    return {
        "plan_id": plan.plan_id,
        "total_cents": plan.total_cents,
        "paid_cents": plan.paid_cents,
        "forgiven_cents": plan.forgiven_cents,
        "payoff_cents": min(sum(open_cents), max(0, account.owed_cents)),
        "late": bool(ahead) and ahead[0].due_on < on,
        "installments": [_installment(one) | {"open_cents": cents} for one, cents in lines],
        **({} if plan.arrangement is None else _arrangement(plan.arrangement)),
    }


def _arrangement(arrangement: Arrangement) -> dict[str, Any]:
    consent, autopay = arrangement.consent, arrangement.autopay
    return {
        "variant": arrangement.variant,
        "policy": arrangement.policy,
        "grace_days": arrangement.grace_days,
        "re_ages": arrangement.re_ages,
        "missed": arrangement.missed,
        "consent": {
            "by": consent.by,
            "how": consent.how,
            "at": consent.at,
            "text_version": consent.text_version,
            "proof": consent.proof,
        },
        "autopay": None
        if autopay is None
        else {
            "authorization_id": autopay.authorization_id,
            "method": autopay.method,
            "ended": autopay.ended,
            "authorized_at": autopay.consent.at,
            "text_version": autopay.consent.text_version,
        },
        "charges": [
            {
                "charge_id": one.charge_id,
                "number": one.number,
                "attempt": one.attempt,
                "cents": one.cents,
                "asked_on": one.asked_on,
                "outcome": one.outcome,
                "reason": one.reason,
                "retry_on": one.retry_on,
            }
            for one in arrangement.charges
        ],
    }


def _installment(one: Installment) -> dict[str, Any]:
    return {"due_on": one.due_on, "amount_cents": one.amount_cents}
