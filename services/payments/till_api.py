"""HTTP of the front desk: tills with their shifts, cash and checks, receipts on paper."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Response
from pydantic import Field, NonNegativeInt

from services.payments.api_models import AccountId, Amount, Limit, Poster, Reader
from services.payments.cash_parts import CashParts, account_decider_of, cash_parts_of
from services.payments.cash_views import shown_till
from services.payments.commands import known, once
from services.payments.core.account import AccountDecider
from services.payments.core.account_state import Account
from services.payments.core.refund import Refund
from services.payments.core.till import TILL, CloseShift, GiveAtTill, OpenShift, TakeAtTill, Till
from services.payments.receipts import receipt_heads, receipt_of, receipt_pdf
from shared.http import Body, IdempotencyKey, Run
from shared.identity import Guarantor
from shared.overload import while_there_is_room
from shared.store.port import Key

tills = APIRouter()

Parts = Annotated[CashParts, Depends(cash_parts_of)]
Accounts = Annotated[AccountDecider, Depends(account_decider_of)]
Counted = Annotated[int, Field(strict=True, ge=0, le=99_999_999_99, description="Integer cents.")]
TillId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]


class OpenBody(Body):
    float_cents: Counted


class TakeBody(Body):
    """Money over the counter; `reserved_for` is the control number of a visit whose claim does not exist yet."""

    account_id: AccountId
    paid_cents: Amount
    method: Literal["cash", "check"]
    check_number: str = Field(default="", max_length=20)
    claim_id: str | None = Field(default=None, max_length=80)
    reserved_for: str = Field(default="", max_length=38)


class GiveBody(Body):
    refund_id: str = Field(max_length=80)


class CloseBody(Body):
    """What was counted, before anybody says what should be there."""

    counted_cash_cents: Counted
    counted_check_cents: Counted
    counted_checks: NonNegativeInt = 0
    slip: str = Field(default="", max_length=50, description="The deposit slip, by which the bank names the bag.")
    reason: str = Field(default="", max_length=500, description="Of a difference.")


@tills.post("/tills/{till_id}/open", status_code=201)
async def open_shift(till_id: TillId, body: OpenBody, run: Run, caller: Poster, key: IdempotencyKey) -> dict[str, Any]:
    """Take the drawer; 409 while somebody has it."""
    desk = await once(run, caller, key, f"open/{till_id}", body)
    before = await _till(run, caller.tenant, till_id)
    await desk.note("till.open", f"till/{till_id}")
    command = OpenShift(meta=desk.meta("till", till_id), till_id=till_id, float_cents=body.float_cents)
    state = (await run.shell.transact_one(TILL, command)).snapshot.state
    if before.is_open and before.shift == state.shift and before.cashier != caller.actor:
        raise HTTPException(409, "somebody else has this drawer: its shift must be closed first")
    return shown_till(state)


@tills.post("/tills/{till_id}/payments", status_code=201, dependencies=[while_there_is_room])
async def take(till_id: TillId, body: TakeBody, run: Run, caller: Poster, key: IdempotencyKey) -> dict[str, Any]:
    """Cash or a check; 409 when the drawer is closed. The same check of the same account counts once a shift."""
    if body.method == "check" and not body.check_number:
        raise HTTPException(422, "a check has a number: write it down")
    desk = await once(run, caller, key, f"take/{till_id}", body)
    payment_id = f"pay_{desk.command_id.hex}"
    state: Till = await desk.state(TILL, till_id)
    same = [one for one in state.taken if one.method == "check" and one.check_number == body.check_number]
    twin = next((one for one in same if one.payment_id != payment_id), None)
    if body.method == "check" and twin and (twin.account_id, twin.cents) == (body.account_id, body.paid_cents):
        raise HTTPException(409, "this check was taken in this shift already")
    await desk.note("payment.post", f"account/{body.account_id}")
    command = TakeAtTill(
        meta=desk.meta("till", till_id),
        till_id=till_id,
        account_id=body.account_id,
        payment_id=payment_id,
        method=body.method,
        paid_cents=body.paid_cents,
        check_number=body.check_number,
        claim_id=body.claim_id,
        reserved_for=body.reserved_for,
    )
    state = (await run.shell.transact_one(TILL, command)).snapshot.state
    if all(one.payment_id != payment_id for one in state.taken) and payment_id not in state.before:
        raise HTTPException(409, "the drawer is closed: open a shift first")
    return {
        "payment_id": payment_id,
        "paid_cents": body.paid_cents,
        "receipt": f"/receipts/{body.account_id}/{payment_id}",
    }


@tills.post("/tills/{till_id}/refunds")
async def give(
    till_id: TillId, body: GiveBody, run: Run, caller: Poster, key: IdempotencyKey, parts: Parts
) -> dict[str, Any]:
    """Hand over the cash of an issued refund; 409 when the drawer has less, or the refund is no cash or not issued."""
    desk = await once(run, caller, key, f"give/{till_id}", body)
    refund: Refund = await desk.state(parts.refund, body.refund_id)
    if refund.method != "cash" or refund.status not in {"issued", "cleared"}:
        raise HTTPException(409, f"the refund is {refund.status} by {refund.method}: there is no cash to hand over")
    await desk.note("till.give", f"refund/{body.refund_id}")
    command = GiveAtTill(
        meta=desk.meta("till", till_id), till_id=till_id, refund_id=body.refund_id, given_cents=refund.cents
    )
    state = (await run.shell.transact_one(TILL, command)).snapshot.state
    if all(one != body.refund_id for one, _ in state.given):
        raise HTTPException(409, "the drawer is closed, or has less than that")
    return shown_till(state)


@tills.post("/tills/{till_id}/close")
async def close(till_id: TillId, body: CloseBody, run: Run, caller: Poster, key: IdempotencyKey) -> dict[str, Any]:
    """Count and close. The difference, if any, is told only now, and is an entry of its own."""
    desk = await once(run, caller, key, f"close/{till_id}", body)
    state: Till = await desk.state(TILL, till_id)
    await desk.note("till.close", f"till/{till_id}", body.reason)
    command = CloseShift(
        meta=desk.meta("till", till_id),
        till_id=till_id,
        counted_cash_cents=body.counted_cash_cents,
        counted_check_cents=body.counted_check_cents,
        counted_checks=body.counted_checks,
        slip=body.slip,
        reason=body.reason,
    )
    state = (await run.shell.transact_one(TILL, command)).snapshot.state
    last = state.closings[-1] if state.closings else None
    if last is None or (last.counted_cash_cents, last.counted_check_cents) != (
        body.counted_cash_cents,
        body.counted_check_cents,
    ):
        raise HTTPException(409, "the drawer is closed, with another count")
    return shown_till(state)


@tills.get("/tills")
async def find_tills(run: Run, caller: Reader, after: str | None = None, limit: Limit = 50) -> list[dict[str, Any]]:
    """Drawers and their closings; what an open one should hold is not told."""
    found = await run.store.find(TILL, caller.tenant, {}, after, limit)
    return [shown_till(one) for _, one in found]


@tills.get("/receipts/{account_id}/{payment_id}", response_class=Response)
async def receipt(account_id: str, payment_id: str, run: Run, caller: Reader, accounts: Accounts) -> Response:
    """The receipt of one payment as a PDF. It names the guarantor, so that opening it is on record."""
    account: Account = await known(run, caller, accounts, account_id)
    facts = [entry.fact for entry in await run.store.history(accounts, Key(caller.tenant, account_id))]
    made = receipt_of(account, facts, payment_id)
    if made is None:
        raise HTTPException(404, "no such payment on this account")
    await run.audit.record(caller, "receipt.open", f"account/{account_id}")
    name = ""
    if account.sealed_guarantor is not None:
        name = Guarantor.model_validate_json(await run.sealer.open(account.sealed_guarantor)).name
    heads = receipt_heads()
    head = heads.get(caller.tenant, heads["*"])
    content = receipt_pdf(made, name, head, run.clock.now().date())
    return Response(content, media_type="application/pdf", headers={"Cache-Control": "no-store"})


async def _till(run: Run, tenant: str, till_id: str) -> Till:
    key = Key(tenant, till_id)
    return (await run.store.load(TILL, (key,)))[key].snapshot.state
