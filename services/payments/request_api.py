"""HTTP of payment requests: made by staff, paid by whoever holds the link, which shows amounts and days, no names."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Path
from pydantic import Field, model_validator

from services.payments.api_models import AccountId, Amount, Reader, Reason
from services.payments.card_api import Accounts as Processors
from services.payments.card_api import Taker, account_with_processor
from services.payments.cash_parts import account_decider_of
from services.payments.cash_views import shown_request
from services.payments.commands import known, once
from services.payments.core.account import AccountDecider
from services.payments.core.account_messages import Target
from services.payments.core.account_state import Account
from services.payments.core.card_payment import CARD_PAYMENT, CardPayment
from services.payments.core.card_payment_messages import RequestCardPayment
from services.payments.core.pay_form import offer_of
from services.payments.core.payment_request import (
    PAYMENT_REQUEST,
    Bill,
    CancelPaymentRequest,
    CreatePaymentRequest,
    PaymentRequest,
    WantedBill,
)
from shared.auth import Principal
from shared.http import Body, IdempotencyKey, Run
from shared.overload import while_there_is_room

requests = APIRouter()

Ledger = Annotated[AccountDecider, Depends(account_decider_of)]
Tenant = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Token = Annotated[str, Path(pattern=r"^plink_[a-z2-7]{26}$")]


class PartBody(Body):
    """By hand: so much of one bill."""

    item_id: str = Field(min_length=1, max_length=80)
    cents: Amount


class RequestBody(Body):
    """Which bills; none named means everything the guarantor owes. `parts` ask for less of some of them, by hand."""

    account_id: AccountId
    items: tuple[str, ...] = Field(default=(), max_length=200)
    parts: tuple[PartBody, ...] = Field(default=(), max_length=200)
    allocation: Literal["statement", "oldest"] = Field(
        default="statement", description="Its money pays the named bills in order, or the oldest balances."
    )
    valid_days: int = Field(default=30, ge=1, le=365)

    @model_validator(mode="after")
    def one_way(self) -> "RequestBody":
        """Either bills are named whole, or parts of them."""
        names = [part.item_id for part in self.parts]
        if (self.parts and self.items) or len(set(names)) < len(names):
            raise ValueError("name bills, or a part of each bill once, not both")
        return self


class PayBody(Body):
    method: Literal["card", "ach"]


@requests.post("/payment-requests", status_code=201, dependencies=[while_there_is_room])
async def create(body: RequestBody, run: Run, caller: Taker, key: IdempotencyKey, ledger: Ledger) -> dict[str, Any]:
    """One link for several bills. The same key again gives the same link; 409 when one of them is not owed."""
    desk = await once(run, caller, key, "payment-request", body)
    token = run.pseudonyms.of("plink", caller.tenant, desk.command_id.hex)
    request_id = run.pseudonyms.of("preq", caller.tenant, token)
    account: Account = await desk.state(ledger, body.account_id)
    row_key = desk.key(request_id)
    before = (await run.store.load(PAYMENT_REQUEST, (row_key,)))[row_key].snapshot.state
    if not before.request_id:
        bills = bills_of(body, account)
        await desk.note("payment-request.create", f"payment_request/{request_id}")
        command = CreatePaymentRequest(
            meta=desk.meta("payment_request", request_id, body.account_id),
            request_id=request_id,
            account_id=body.account_id,
            bills=bills,
            expires_at=run.clock.now() + timedelta(body.valid_days),
            allocation="hand" if body.parts else body.allocation,
        )
        before = (await run.shell.transact_one(PAYMENT_REQUEST, command)).snapshot.state
    return shown_request(before, run.clock.now()) | {"link": f"/pay/{caller.tenant}/{token}"}


def bills_of(body: RequestBody, account: Account) -> tuple[WantedBill, ...]:
    """What is asked, oldest first, or in the order in which it was named. 409 for what is not owed."""
    owed = {name: item for name, item in account.receivables.items() if item.patient_cents > 0}
    oldest = sorted(owed, key=lambda name: (owed[name].service_date, name))
    asked = {part.item_id: part.cents for part in body.parts} or dict.fromkeys(body.items or oldest)
    if not asked or asked.keys() - owed.keys():
        raise HTTPException(409, "nothing is owed of at least one of these bills")
    if any(cents is not None and cents > owed[name].patient_cents for name, cents in asked.items()):
        raise HTTPException(409, "more is asked of a bill than is owed of it")
    return tuple(
        WantedBill(
            item_id=name,
            service_date=owed[name].service_date,
            cents=owed[name].patient_cents if cents is None else cents,
        )
        for name, cents in asked.items()
    )


@requests.get("/payment-requests/{request_id}")
async def request(request_id: str, run: Run, caller: Reader) -> dict[str, Any]:
    """A request with what was paid on it."""
    state: PaymentRequest = await known(run, caller, PAYMENT_REQUEST, request_id)
    return shown_request(state, run.clock.now()) | {"paid_cents": await _paid_cents(run, caller, request_id)}


@requests.post("/payment-requests/{request_id}/cancel")
async def cancel(request_id: str, body: Reason, run: Run, caller: Taker, key: IdempotencyKey) -> dict[str, Any]:
    """The link is worth nothing from now on."""
    desk = await once(run, caller, key, f"cancel/{request_id}", body)
    state: PaymentRequest = await desk.state(PAYMENT_REQUEST, request_id)
    await desk.note("payment-request.cancel", f"payment_request/{request_id}", body.reason)
    command = CancelPaymentRequest(
        meta=desk.meta("payment_request", request_id, state.account_id), request_id=request_id, reason=body.reason
    )
    return shown_request((await run.shell.transact_one(PAYMENT_REQUEST, command)).snapshot.state, run.clock.now())


@requests.get("/pay/{tenant}/{token}")
async def look(tenant: Tenant, token: Token, run: Run, ledger: Ledger) -> dict[str, Any]:
    """What the link asks for. 404 for a link that is wrong, canceled or expired: which of them is nobody's business."""
    state = await _linked(run, tenant, token)
    guest = _guest(tenant)
    paid_cents = await _paid_cents(run, guest, state.request_id)
    bills = state.bills
    if state.statement_number:  # it asks for what is owed now, and names no bills of its own
        bills = offer_of(state, await known(run, guest, ledger, state.account_id), ()).bills
    return {
        "total_cents": sum(bill.cents for bill in bills),
        "paid_cents": paid_cents,
        "expires_at": state.expires_at,
        "bills": [{"service_date": bill.service_date, "cents": bill.cents} for bill in bills],
    }


@requests.post("/pay/{tenant}/{token}", status_code=202, dependencies=[while_there_is_room])
async def pay(
    tenant: Tenant, token: Token, body: PayBody, run: Run, key: IdempotencyKey, processors: Processors, ledger: Ledger
) -> dict[str, Any]:
    """A payment of the whole request, once: a second try while one is open, or after it was paid, is the same one.

    Never more than is open of what it names. The money pays that; what nothing of it can take pays the oldest balance.
    """
    account_with_processor(processors, tenant)
    state = await _linked(run, tenant, token)
    guest = _guest(tenant)
    desk = await once(run, guest, key, f"pay/{state.request_id}", body)
    open_ = await _payment(run, guest, state.request_id)
    if open_ is not None:
        return _for_browser(open_)
    account: Account = await desk.state(ledger, state.account_id)
    offer = offer_of(state, account, ())
    if offer.owed_cents <= 0:
        raise HTTPException(409, "nothing is owed any more")
    intent_id = f"int_{desk.command_id.hex}"
    command = RequestCardPayment(
        meta=desk.meta("card_payment", intent_id, state.account_id),
        intent_id=intent_id,
        account_id=state.account_id,
        method=body.method,
        asked_cents=offer.owed_cents,
        request_id=state.request_id,
        **allocated(state, offer.bills),
    )
    return _for_browser((await run.shell.transact_one(CARD_PAYMENT, command)).snapshot.state)


def allocated(state: PaymentRequest, bills: Sequence[Bill]) -> dict[str, Any]:
    """What a payment of the request says of where it goes."""
    match state.allocation:
        case "oldest":
            return {}
        case "statement":
            return {"allocation": "statement", "items": tuple(bill.item_id for bill in bills)}
        case "hand":
            targets = tuple(Target(item_id=bill.item_id, cents=bill.cents) for bill in bills)
            return {"allocation": "hand", "targets": targets}


@requests.get("/pay/{tenant}/{token}/client-secret")
async def secret(tenant: Tenant, token: Token, run: Run) -> dict[str, str]:
    """What the processor's page needs; 409 until it is there."""
    state = await _linked(run, tenant, token)
    payment = await _payment(run, _guest(tenant), state.request_id)
    if payment is None or not payment.sealed_client_secret:
        raise HTTPException(409, "there is no payment to be made (yet)")
    return {"client_secret": (await run.sealer.open(payment.sealed_client_secret)).decode()}


def _guest(tenant: str) -> Principal:
    """Whoever holds the link: of this client, without a role."""
    return Principal(tenant, "payment-link", frozenset())


async def _linked(run: Run, tenant: str, token: str) -> PaymentRequest:
    state: PaymentRequest = await known(run, _guest(tenant), PAYMENT_REQUEST, run.pseudonyms.of("preq", tenant, token))
    if not state.is_open(run.clock.now()):
        raise HTTPException(404, "no such payment request")
    return state


async def _payments(run: Run, caller: Principal, request_id: str) -> list[CardPayment]:
    found = await run.store.find(CARD_PAYMENT, caller.tenant, {"request_id": request_id}, None, 100)
    return [one for _, one in found]


async def _payment(run: Run, caller: Principal, request_id: str) -> CardPayment | None:
    """The one that is open or paid; failed ones may be tried again."""
    over = {"failed", "canceled", "refused", "charged_back"}
    return next((one for one in await _payments(run, caller, request_id) if one.status not in over), None)


async def _paid_cents(run: Run, caller: Principal, request_id: str) -> int:
    return sum(one.received_cents for one in await _payments(run, caller, request_id))


def _for_browser(payment: CardPayment) -> dict[str, Any]:
    return {"status": payment.status, "asked_cents": payment.asked_cents}
