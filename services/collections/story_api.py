"""HTTP of one account's whole story: what a collector must know before they call, on one page."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter

from services.collections.api import Accounts, Reader
from services.collections.assistance_api import Assistance
from services.collections.books import Books
from services.collections.core import Account, CollectionFact
from services.collections.core.asking import Asker
from services.collections.core.next_action import next_action
from services.collections.core.policy_explain import explain
from services.collections.core.work_rank import rank
from services.collections.person_views import shown_dispute
from services.collections.statement_api import book_of
from services.collections.telling import known_account
from services.collections.views import shown_fact, shown_whole
from services.collections.work_views import (
    shown_complaints,
    shown_contacts,
    shown_debts,
    shown_item,
    shown_next,
    shown_notes,
    shown_past_promise,
    shown_placements,
    shown_plans,
    shown_promise,
)
from shared.decider import Entry
from shared.http import Run
from shared.store.port import Key

stories = APIRouter()
APPLICATIONS_MAX = 50
TIMELINE_MAX = 500


@stories.get("/accounts/{account_id}/story")
async def story(
    account_id: str, run: Run, caller: Reader, accounts: Accounts, kind: Assistance, books: Books
) -> dict[str, Any]:
    """The account with everything that happened to it, where it is in the work, and what may be done now."""
    account = await known_account(run, accounts, caller.tenant, account_id)
    history = await run.store.history(accounts, Key(caller.tenant, account_id))
    applications = await run.store.find(kind, caller.tenant, {"account_id": account_id}, None, APPLICATIONS_MAX)
    await run.audit.record(caller, "account.story", f"collection/{account_id}")
    now = run.clock.now()
    bills = await book_of(run, caller.tenant, account_id)
    asker = Asker(books.rules.on(caller.tenant, now.date()), caller.tenant, now, "story", account_id)
    found = rank(books.work, account)
    proposal = next_action(asker, books.work.on(caller.tenant, now.date()), account, found)
    explained = explain(books.policies, caller.tenant, account, now.date())
    return {
        **shown_story(account, history),
        **shown_debts(bills),
        "item": None if found is None else shown_item(books.work, account),
        "next": shown_next(proposal),
        "policy": None
        if explained is None
        else {
            "policy": explained.policy,
            "next_action": explained.next_action,
            "next_on": explained.next_on,
            "waits_for": explained.waits_for,
        },
        "assistance": [
            {
                "application_id": one.application_id,
                "status": one.status,
                "received_on": one.received_on,
                "discount_percent": None if one.decision is None else one.decision.discount_percent,
            }
            for _, one in applications
        ],
    }


def shown_story(account: Account, history: Sequence[Entry[CollectionFact]]) -> dict[str, Any]:
    """What the account and its journal say."""
    desk, case = account.desk, account.person.bankruptcy
    return {
        "account": shown_whole(account),
        "promises": {
            "open": None if desk.promise is None else shown_promise(desk.promise),
            "past": [shown_past_promise(one) for one in reversed(desk.promises)],
        },
        "contacts": shown_contacts(account, history),
        "disputes": [shown_dispute(one) for one in account.debt.disputes],
        "bankruptcy": None
        if case is None
        else {"case_id": case.case_id, "chapter": case.chapter, "standing": case.standing, "filed_on": case.filed_on},
        "flags": dict(account.person.flags),
        "placements": shown_placements(history),
        "plans": shown_plans(history),
        "notes": shown_notes(desk),
        "complaints": shown_complaints(desk),
        "payers": {
            "eligibility_pending": account.debt.eligibility_pending,
            "appeal_pending": account.debt.appeal_pending,
        },
        "timeline": [shown_fact(entry) for entry in reversed(history[-TIMELINE_MAX:])],
    }
