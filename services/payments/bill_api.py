"""HTTP of bills that wait: which, why, by which rule and version, until when; and a person's word about them."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException
from pydantic import Field

from services.payments.api_models import Limit, Reader
from services.payments.cash_parts import account_decider_of
from services.payments.commands import once
from services.payments.core.account import AccountDecider
from services.payments.core.account_messages import SayBill
from services.payments.core.account_state import Account
from services.payments.core.bill_facts import BillDecided, BillWordSaid
from shared.auth import Principal
from shared.http import Body, IdempotencyKey, Run, allow
from shared.store.port import Key

bills = APIRouter()

Ledger = Annotated[AccountDecider, Depends(account_decider_of)]
Speaker = Annotated[Principal, Depends(allow("poster", "collector"))]


class WordBody(Body):
    """Hold (until a day, or until let go), suppress, or bill after all. Without `item_id`: all of the account."""

    item_id: str = Field(default="", max_length=80)
    word: Literal["hold", "suppress", "bill"]
    reason: str = Field(default="", max_length=40, description="As the policy names it; none to let go.")
    until: date | None = None
    note: str = Field(min_length=3, max_length=500)


@bills.get("/bills/waiting")
async def waiting(
    run: Run, caller: Reader, ledger: Ledger, after: str | None = None, limit: Limit = 50
) -> list[dict[str, Any]]:
    """Accounts with a claim or charge that is owed and not billed, each with the rule, its version, and until when."""
    found = await run.store.find(ledger, caller.tenant, {"bill_waits": True}, after, limit)
    return [_shown(account) for _, account in found]


@bills.get("/accounts/{account_id}/bills")
async def of_account(account_id: str, run: Run, caller: Reader, ledger: Ledger) -> dict[str, Any]:
    """What is decided about each claim and charge, and every decision and word that led there."""
    entries = await run.store.history(ledger, Key(caller.tenant, account_id))
    if not entries:
        raise HTTPException(404, "no such account")
    state = (await run.store.load(ledger, (Key(caller.tenant, account_id),)))[Key(caller.tenant, account_id)]
    decided = [
        {"at": entry.meta.occurred_at, "by": entry.meta.actor, **entry.fact.model_dump(mode="json")}
        for entry in entries
        if isinstance(entry.fact, BillDecided | BillWordSaid)
    ]
    return {**_shown(state.snapshot.state), "decided": decided}


@bills.post("/accounts/{account_id}/bills/word")
async def say(
    account_id: str, body: WordBody, run: Run, caller: Speaker, key: IdempotencyKey, ledger: Ledger
) -> dict[str, Any]:
    """A person's word. 409 with the reason when it cannot be taken."""
    desk = await once(run, caller, key, f"bill/{account_id}", body)
    await desk.state(ledger, account_id)
    await desk.note(f"bill.{body.word}", f"account/{account_id}", body.note)
    command = SayBill(meta=desk.meta("account", account_id), account_id=account_id, **body.model_dump())
    state = (await run.shell.transact_one(ledger, command)).snapshot.state
    if because := state.answered.get(str(desk.command_id)):
        raise HTTPException(409, because)
    return _shown(state)


def _shown(account: Account) -> dict[str, Any]:
    return {
        "account_id": account.account_id,
        "owed_cents": account.owed_cents,
        "billed_cents": account.billed_cents,
        "held_cents": account.held_cents,
        "words": [{"item_id": item_id, **said._asdict()} for item_id, said in account.bill_words.items()],
        "items": [
            {"item_id": item_id, "owed_cents": item.patient_cents, **item.bill._asdict()}
            for item_id, item in account.receivables.items()
            if item.bill is not None
        ],
    }
