"""HTTP of money that goes back: refunds with four eyes, returned checks."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import uuid5

from fastapi import APIRouter, Depends, HTTPException
from pydantic import Field, model_validator

from services.payments.api_models import AccountId, Amount, Limit, Poster, Reader, Reason
from services.payments.cash_parts import CashParts, account_decider_of, cash_parts_of
from services.payments.cash_views import shown_refund
from services.payments.commands import Desk, known, once
from services.payments.core.account import AccountDecider
from services.payments.core.account_messages import FreePrepayment, PostSelfPayCharge, ReversePatientPayment
from services.payments.core.account_state import Account
from services.payments.core.card_payment import CARD_PAYMENT
from services.payments.core.entered_payment import ENTERED_PAYMENT, ReturnCheck
from services.payments.core.refund import Refund
from services.payments.core.refund_messages import AskRefund, DecideRefund, RefundNews, VoidRefund
from services.payments.views import shown_balance
from shared.decider import Scalar
from shared.http import Body, IdempotencyKey, Run
from shared.overload import while_there_is_room

refunds = APIRouter()

Parts = Annotated[CashParts, Depends(cash_parts_of)]
Accounts = Annotated[AccountDecider, Depends(account_decider_of)]
FEES = Path(__file__).parent / "policy" / "returned_checks.toml"


class RefundBody(Body):
    """To whom, how much, from what. A card payment goes back to its card."""

    account_id: AccountId
    party: Literal["patient", "payer"]
    refunded_cents: Amount
    method: Literal["card", "ach", "check", "cash", "offset"]
    payment_id: str = Field(default="", max_length=80, description="A patient's refund: the payment it comes from.")
    claim_id: str = Field(default="", max_length=80, description="A payer's refund: the claim it paid too much for.")
    reason: str = Field(min_length=3, max_length=500)

    @model_validator(mode="after")
    def right_party(self) -> "RefundBody":
        """The money goes to whom it came from."""
        wants = (bool(self.payment_id), bool(self.claim_id))
        if wants != ((True, False) if self.party == "patient" else (False, True)):
            raise ValueError("name the payment of a patient's refund, or the claim of a payer's")
        payers = {"check", "ach", "offset"}
        if (self.party == "payer" and self.method not in payers) or (
            self.party == "patient" and self.method == "offset"
        ):
            raise ValueError("payers are refunded by check, transfer or offset, patients by all but offset")
        return self


class ReturnedCheckBody(Body):
    """The bank returned a patient's check."""

    account_id: AccountId
    reason: str = Field(min_length=2, max_length=60, description="The bank's word, such as NSF or account closed.")
    charge_fee: bool = False
    state: str = Field(default="", pattern=r"^([A-Z]{2})?$", description="Whose law says what a fee may be.")


@refunds.post("/refunds", status_code=201, dependencies=[while_there_is_room])
async def ask_refund(body: RefundBody, run: Run, caller: Poster, key: IdempotencyKey, parts: Parts) -> dict[str, Any]:
    """Ask for a refund. Above the client's limit it waits for a second person; the account decides what is there."""
    desk = await once(run, caller, key, "refund", body)
    refund_id = f"ref_{desk.command_id.hex}"
    processor_id = ""
    if body.method in {"card", "ach"} and body.party == "patient":
        payment = await known(run, caller, CARD_PAYMENT, body.payment_id.removeprefix("pay_"))
        if payment.account_id != body.account_id:
            raise HTTPException(409, "the payment belongs to another account")
        processor_id = payment.processor_id
    await desk.note("refund.ask", f"refund/{refund_id}", body.reason)
    command = AskRefund(
        meta=desk.meta("refund", refund_id, body.account_id),
        refund_id=refund_id,
        account_id=body.account_id,
        party=body.party,
        method="check" if body.party == "payer" and body.method == "ach" else body.method,
        refunded_cents=body.refunded_cents,
        payment_id=body.payment_id,
        claim_id=body.claim_id,
        processor_id=processor_id,
        reason=body.reason,
    )
    return shown_refund((await run.shell.transact_one(parts.refund, command)).snapshot.state)


@refunds.get("/refunds")
async def find_refunds(
    run: Run,
    caller: Reader,
    parts: Parts,
    *,
    status: str | None = None,
    waits: bool = False,
    account_id: str | None = None,
    after: str | None = None,
    limit: Limit = 50,
) -> list[dict[str, Any]]:
    """Refunds; `waits=true` are those that wait for a second person."""
    where: dict[str, Scalar] = {"waits": True} if waits else {}
    where |= {name: value for name, value in (("status", status), ("account_id", account_id)) if value is not None}
    found = await run.store.find(parts.refund, caller.tenant, where, after, limit)
    return [shown_refund(one) for _, one in found]


@refunds.get("/refunds/{refund_id}")
async def refund(refund_id: str, run: Run, caller: Reader, parts: Parts) -> dict[str, Any]:
    return shown_refund(await known(run, caller, parts.refund, refund_id))


@refunds.post("/refunds/{refund_id}/approve")
async def approve(
    refund_id: str, body: Reason, run: Run, caller: Poster, key: IdempotencyKey, parts: Parts
) -> dict[str, Any]:
    """A second person approves; 409 for the one who asked, and when nothing waits."""
    return await _decide(await once(run, caller, key, f"approve/{refund_id}", body), parts, refund_id, body, True)


@refunds.post("/refunds/{refund_id}/reject")
async def reject(
    refund_id: str, body: Reason, run: Run, caller: Poster, key: IdempotencyKey, parts: Parts
) -> dict[str, Any]:
    return await _decide(await once(run, caller, key, f"reject/{refund_id}", body), parts, refund_id, body, False)


async def _decide(desk: Desk, parts: CashParts, refund_id: str, body: Reason, approved: bool) -> dict[str, Any]:
    state: Refund = await desk.state(parts.refund, refund_id)
    if approved and state.asked_by == desk.caller.actor:
        raise HTTPException(409, "whoever asked for a refund cannot approve it: another person must")
    if state.status != "asked" and state.decided_by != desk.caller.actor:
        raise HTTPException(409, f"the refund is {state.status}: nothing waits for a decision")
    verb = "approve" if approved else "reject"
    await desk.note(f"refund.{verb}", f"refund/{refund_id}", body.reason)
    command = DecideRefund(
        meta=desk.meta("refund", refund_id, state.account_id),
        refund_id=refund_id,
        approved=approved,
        reason=body.reason,
    )
    return shown_refund((await desk.run.shell.transact_one(parts.refund, command)).snapshot.state)


@refunds.post("/refunds/{refund_id}/cleared")
async def cleared(refund_id: str, run: Run, caller: Poster, key: IdempotencyKey, parts: Parts) -> dict[str, Any]:
    """The bank paid the check."""
    desk = await once(run, caller, key, f"cleared/{refund_id}")
    state: Refund = await desk.state(parts.refund, refund_id)
    if state.status not in {"issued", "cleared"}:
        raise HTTPException(409, f"the refund is {state.status}: there is nothing to clear")
    await desk.note("refund.cleared", f"refund/{refund_id}")
    command = RefundNews(meta=desk.meta("refund", refund_id, state.account_id), refund_id=refund_id, outcome="cleared")
    return shown_refund((await run.shell.transact_one(parts.refund, command)).snapshot.state)


@refunds.post("/refunds/{refund_id}/void")
async def void(
    refund_id: str, body: Reason, run: Run, caller: Poster, key: IdempotencyKey, parts: Parts
) -> dict[str, Any]:
    """Void an issued check that nobody cashed; its money is a credit again. 409 twice, and after it cleared."""
    desk = await once(run, caller, key, f"void/{refund_id}", body)
    state: Refund = await desk.state(parts.refund, refund_id)
    if state.method in {"card", "ach"}:
        raise HTTPException(409, "what the processor sent back only the processor can return")
    if state.status not in {"issued", "voiding", "voided"} or (state.failure and state.failure != body.reason):
        raise HTTPException(409, f"the refund is {state.status}: it cannot be voided")
    await desk.note("refund.void", f"refund/{refund_id}", body.reason)
    meta = desk.meta("refund", refund_id, state.account_id)
    command = VoidRefund(meta=meta, refund_id=refund_id, reason=body.reason)
    return shown_refund((await run.shell.transact_one(parts.refund, command)).snapshot.state)


@refunds.post("/payments/{payment_id}/returned")
async def returned_check(
    payment_id: str, body: ReturnedCheckBody, run: Run, caller: Poster, key: IdempotencyKey, accounts: Accounts
) -> dict[str, Any]:
    """Take a returned check out of the ledger; what it paid is owed again. A fee only where a dated row allows one."""
    desk = await once(run, caller, key, f"returned/{payment_id}", body)
    account: Account = await desk.state(accounts, body.account_id)
    reversal_id = f"ret_{desk.command_id.hex}"
    cents = remaining_cents(account, payment_id)
    if reversal_id not in account.reversals and not cents:
        raise HTTPException(409, "nothing is left of this payment on the account: it was returned or refunded before")
    fee = _fee_allowed(run, body.state) if body.charge_fee else None
    await desk.note("payment.returned", f"account/{body.account_id}", body.reason)
    if cents:
        book = ReturnCheck(
            meta=desk.meta("entered_payment", payment_id, body.account_id),
            payment_id=payment_id,
            account_id=body.account_id,
            reversal_id=reversal_id,
            returned_cents=cents,
        )
        await run.shell.transact_one(ENTERED_PAYMENT, book)
        command = ReversePatientPayment(
            meta=desk.meta("account", body.account_id),
            account_id=body.account_id,
            reversal_id=reversal_id,
            payment_id=payment_id,
            reversed_cents=cents,
            cause="returned_check",
        )
        account = (await run.shell.transact_one(accounts, command)).snapshot.state
    if fee is not None:
        account = await _charge_fee(desk, accounts, account, payment_id, fee)
    return {"reversal_id": reversal_id, "fee_cents": fee, **shown_balance(account)}


async def _charge_fee(
    desk: Desk, accounts: AccountDecider, account: Account, payment_id: str, fee_cents: int
) -> Account:
    if account.sealed_guarantor is None:
        raise HTTPException(409, "nobody is known to owe on this account: the fee was not charged")
    command = PostSelfPayCharge(
        meta=desk.meta("account", account.account_id).model_copy(update={"id": uuid5(desk.command_id, "fee")}),
        account_id=account.account_id,
        charge_id=f"chg_fee_{payment_id}"[:64],
        charge_cents=fee_cents,
        description_code="RETURNED-CHECK",
        service_date=desk.run.clock.now().date(),
        sealed_guarantor=account.sealed_guarantor,
    )
    return (await desk.run.shell.transact_one(accounts, command)).snapshot.state


@refunds.post("/payments/{payment_id}/free")
async def free_prepayment(
    payment_id: str,
    body: Reason,
    run: Run,
    caller: Poster,
    key: IdempotencyKey,
    accounts: Accounts,
    account_id: AccountId,
) -> dict[str, Any]:
    """The visit will have no claim: its prepayment pays what else is owed, or is a credit."""
    desk = await once(run, caller, key, f"free/{payment_id}/{account_id}", body)
    await desk.state(accounts, account_id)
    await desk.note("prepayment.free", f"account/{account_id}", body.reason)
    command = FreePrepayment(meta=desk.meta("account", account_id), account_id=account_id, payment_id=payment_id)
    return shown_balance((await run.shell.transact_one(accounts, command)).snapshot.state)


def remaining_cents(account: Account, payment_id: str) -> int:
    """What is still on the account of a payment, applied or not."""
    shares = [*account.credits, *(share for item in account.receivables.values() for share in item.patient_payments)]
    return sum(share.cents for share in shares if share.payment_id == payment_id)


def _fee_allowed(run: Run, state: str) -> int:
    """What a returned check may cost in a state today. 422 where no dated row says so, or nobody has confirmed it."""
    with FEES.open("rb") as file:
        rows: list[dict[str, Any]] = tomllib.load(file)["fee"]
    on = run.clock.now().date()
    dated = [row for row in rows if row["state"] == state and row["valid_from"] <= on and row["source"]]
    if not dated:
        raise HTTPException(422, "no dated row says what a returned check may cost there: returned_checks.toml")
    row = max(dated, key=lambda row: row["valid_from"])
    if run.settings.env == "production" and not row.get("confirmed"):
        raise HTTPException(422, "nobody has confirmed what a returned check may cost there: returned_checks.toml")
    return int(row["fee_cents"])
