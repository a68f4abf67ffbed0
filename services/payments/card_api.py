"""HTTP of card and bank payments: intents for the guarantor's browser, signed webhooks of the processor, payouts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, Header, HTTPException, Query, Request
from pydantic import Field, model_validator

from services.payments.api_models import AccountId, Amount, ItemId, Reader, TargetBody, check_allocation
from services.payments.cash_parts import CashParts, cash_parts_of, processor_accounts_of
from services.payments.cash_views import shown_card_payment, shown_payout
from services.payments.commands import known, once
from services.payments.core.account_messages import Target
from services.payments.core.card_payment import CARD_PAYMENT, CardPayment
from services.payments.core.card_payment_messages import ProcessorNews, RequestCardPayment
from services.payments.core.payout import PAYOUT, Payout, PayoutTold
from services.payments.core.refund_messages import RefundNews
from services.payments.processor import ProcessorAccount, SignatureRefusedError, account_of, check_signature
from services.payments.webhooks import NotOursError, ProcessorEvent, UnreadableEventError, read_event, told
from shared.auth import Principal
from shared.contracts import Meta
from shared.decider import Scalar
from shared.http import Body, IdempotencyKey, Run, allow
from shared.overload import while_there_is_room
from shared.runtime import Runtime
from shared.store.port import Key

card = APIRouter()

Taker = Annotated[Principal, Depends(allow("poster", "integrator", "collector"))]
Limit = Annotated[int, Query(ge=1, le=200)]
Parts = Annotated[CashParts, Depends(cash_parts_of)]
Accounts = Annotated[Mapping[str, ProcessorAccount], Depends(processor_accounts_of)]
WEBHOOK_NAMESPACE = UUID("5b6d3c1e-0f44-5f59-9d53-3c5a5b1f8a44")
WEBHOOK_BYTES_MAX = 256 * 1024


class IntentBody(Body):
    """What the guarantor is asked for. No card, no bank account: the processor's own page takes those."""

    account_id: AccountId
    asked_cents: Amount
    method: Literal["card", "ach"]
    claim_id: str | None = Field(default=None, max_length=80)
    reserved_for: str = Field(
        default="", max_length=38, description="A copay at the visit: its claim's control number."
    )
    allocation: Literal["oldest", "statement", "hand"] = Field(
        default="oldest", description="Oldest balance first, the named items in order, or by hand (targets)."
    )
    items: tuple[ItemId, ...] = Field(default=(), max_length=500)
    targets: tuple[TargetBody, ...] = Field(default=(), max_length=500)

    @model_validator(mode="after")
    def _targets_are_paid(self) -> "IntentBody":
        check_allocation(self.allocation, self.asked_cents, self.items, self.targets)
        return self


@card.post("/payment-intents", status_code=202, dependencies=[while_there_is_room])
async def request_payment(
    body: IntentBody, run: Run, caller: Taker, key: IdempotencyKey, accounts: Accounts
) -> dict[str, Any]:
    """Ask for a payment; a double click with one key is one. The browser's secret follows by GET."""
    account_with_processor(accounts, caller.tenant)
    desk = await once(run, caller, key, "intent", body)
    intent_id = f"int_{desk.command_id.hex}"
    await desk.note("card-payment.request", f"card_payment/{intent_id}")
    command = RequestCardPayment(
        meta=desk.meta("card_payment", intent_id, body.account_id),
        intent_id=intent_id,
        account_id=body.account_id,
        method=body.method,
        asked_cents=body.asked_cents,
        claim_id=body.claim_id,
        reserved_for=body.reserved_for,
        allocation=body.allocation,
        items=body.items,
        targets=tuple(Target(item_id=one.item_id, line=one.line, cents=one.cents) for one in body.targets),
    )
    return shown_card_payment((await run.shell.transact_one(CARD_PAYMENT, command)).snapshot.state)


@card.get("/payment-intents")
async def payments(
    run: Run,
    caller: Reader,
    *,
    status: str | None = None,
    account_id: str | None = None,
    odd: bool = False,
    after: str | None = None,
    limit: Limit = 50,
) -> list[dict[str, Any]]:
    """Card and bank payments; `odd=true` are those with news that nobody may book unseen."""
    where: dict[str, Scalar] = {"odd": True} if odd else {}
    where |= {name: value for name, value in (("status", status), ("account_id", account_id)) if value is not None}
    found = await run.store.find(CARD_PAYMENT, caller.tenant, where, after, limit)
    return [shown_card_payment(one) for _, one in found]


@card.get("/payment-intents/{intent_id}")
async def payment(intent_id: str, run: Run, caller: Reader) -> dict[str, Any]:
    return shown_card_payment(await known(run, caller, CARD_PAYMENT, intent_id))


@card.get("/payment-intents/{intent_id}/client-secret")
async def client_secret(intent_id: str, run: Run, caller: Taker) -> dict[str, str]:
    """For the guarantor's browser only; 409 until the processor has given it."""
    state: CardPayment = await known(run, caller, CARD_PAYMENT, intent_id)
    if not state.sealed_client_secret:
        raise HTTPException(409, f"the payment is {state.status}: there is no secret (yet)")
    await run.audit.record(caller, "card-payment.secret", f"card_payment/{intent_id}")
    return {"client_secret": (await run.sealer.open(state.sealed_client_secret)).decode()}


@card.get("/payouts")
async def payouts(
    run: Run, caller: Reader, *, odd: bool = False, after: str | None = None, limit: Limit = 50
) -> list[dict[str, Any]]:
    """Payouts of the processor; `odd=true` are those that do not add up, and are not awaited at the bank."""
    where: dict[str, Scalar] = {"odd": True} if odd else {}
    found = await run.store.find(PAYOUT, caller.tenant, where, after, limit)
    return [shown_payout(one) for _, one in found]


@card.get("/payouts/{payout_id}")
async def payout(payout_id: str, run: Run, caller: Reader, parts: Parts) -> dict[str, Any]:
    """A payout with its lines beside what we know of them, its fees, and whether the bank has it."""
    state: Payout = await known(run, caller, PAYOUT, payout_id)
    rows = await run.store.load(parts.expected, (Key(caller.tenant, payout_id),))
    expected = next(iter(rows.values())).snapshot.state
    return shown_payout(state) | {
        "fee_cents": state.fee_cents,
        "bank": expected.status,
        "deposits": [part._asdict() for part in expected.parts],
        "lines": [item.model_dump() for item in state.items],
    }


@card.post("/webhooks/processor/{tenant}", dependencies=[while_there_is_room])
async def webhook(
    tenant: str,
    request: Request,
    run: Run,
    accounts: Accounts,
    parts: Parts,
    stripe_signature: Annotated[str, Header(max_length=1000)] = "",
) -> dict[str, str]:
    """News of the processor. Signed by it for this client, and not long ago, or refused (400); a replay is harmless.

    What is signed and cannot be used is kept in quarantine and answered with 200: sending it again would not help.
    """
    body = await request.body()
    own = account_of(accounts, tenant)
    if own is None or len(body) > WEBHOOK_BYTES_MAX:
        raise HTTPException(400, "the webhook is refused")
    try:
        check_signature(stripe_signature, body, own.webhook_secrets, int(run.wall().timestamp()))
    except SignatureRefusedError as error:
        run.log.warning("webhook_refused", tenant=tenant, reason=str(error))
        raise HTTPException(400, str(error)) from None
    event: ProcessorEvent | None = None
    try:
        event = read_event(body)
        said = told(event, tenant, _meta(run, tenant, event))
    except (UnreadableEventError, NotOursError) as error:
        await _quarantine(run, tenant, event, str(error))
        return {"status": "kept"}
    match said.news:
        case None:
            return {"status": "passed_over"}
        case ProcessorNews():
            decided = await run.shell.transact_one(CARD_PAYMENT, said.news)
            if not decided.snapshot.state.intent_id:
                await _quarantine(run, tenant, event, "it is about a payment that this client never asked for")
                return {"status": "kept"}
        case RefundNews():
            await run.shell.transact_one(parts.refund, said.news)
        case PayoutTold():
            await run.shell.transact_one(PAYOUT, said.news)
    return {"status": "taken"}


def _meta(run: Runtime, tenant: str, event: ProcessorEvent) -> Meta:
    """The envelope of what a webhook said; its id derives from the processor's event, so a replay is the same."""
    made = uuid5(WEBHOOK_NAMESPACE, f"{tenant}/{event.id}")
    at: datetime = run.clock.now()
    return Meta(
        id=made,
        tenant=tenant,
        occurred_at=at,
        source="payments",
        subject="webhook",
        key=event.id,
        correlation=made,
        actor="processor",
    )


async def _quarantine(run: Runtime, tenant: str, event: ProcessorEvent | None, reason: str) -> None:
    name = "unreadable" if event is None else f"{event.type}/{event.id}"
    document = {"kind": "webhook", "at": run.wall(), "code": "WEBHOOK:unusable", "reason": reason, "event": name}
    await run.store.note("quarantine", tenant, f"webhook/{name}", document)


def account_with_processor(accounts: Mapping[str, ProcessorAccount], tenant: str) -> ProcessorAccount:
    own = account_of(accounts, tenant)
    if own is None:
        raise HTTPException(409, "this client has no account with a card processor: see REVCYCLE_PROCESSOR_FILE")
    return own
