"""HTTP of the payments service: patient money and self-pay charges in; accounts, remittances and the proof out."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import Field, model_validator

from services.payments.account_api import account_work
from services.payments.api_models import AccountId, Amount, ItemId, TargetBody, check_allocation
from services.payments.books_api import books
from services.payments.core.account import AccountDecider
from services.payments.core.account_facts import LedgerFact
from services.payments.core.account_messages import Allocation, PostSelfPayCharge, Target
from services.payments.core.account_state import Account
from services.payments.core.allocation import line_by_line
from services.payments.core.entered_payment import (
    ENTERED_PAYMENT,
    EnterPayment,
    PostEnteredPayment,
    check_payment_id,
)
from services.payments.core.inbound_file import INBOUND_FILE
from services.payments.core.patient_money import PatientMoney, for_account
from services.payments.core.remittance import REMITTANCE, RejectRemittance, ReleaseRemittance, Remittance
from services.payments.manual_api import manual
from services.payments.matching_api import matching
from services.payments.policy.patient import load_shares
from services.payments.views import (
    shown_account,
    shown_balance,
    shown_entry,
    shown_file,
    shown_remittance,
)
from services.payments.x12_api import x12
from shared.auth import Principal
from shared.decider import Scalar
from shared.http import Body, IdempotencyKey, Run, allow, command_meta, first_use, running_of
from shared.identity import Guarantor, seal_model
from shared.overload import while_there_is_room
from shared.runtime import Runtime
from shared.store.port import Key

router = APIRouter()
router.include_router(books)
router.include_router(matching)
router.include_router(manual)
router.include_router(account_work)
router.include_router(x12)

Reader = Annotated[Principal, Depends(allow("biller", "poster", "collector", "operator", "auditor"))]
Poster = Annotated[Principal, Depends(allow("poster", "integrator"))]
Decider = Annotated[Principal, Depends(allow("poster"))]
Limit = Annotated[int, Query(ge=1, le=200)]


class PaymentBody(Body):
    """The guarantor's money."""

    account_id: AccountId
    paid_cents: Amount
    method: Literal["card", "ach", "cash", "check", "agency"]
    claim_id: str | None = Field(default=None, max_length=80, description="Claim or charge it is meant for.")
    received_on: date | None = None
    check_number: str = Field(
        default="",
        max_length=20,
        description="Of a check: the same check of an account is posted once, whoever posts it.",
    )
    deposit_slip: str = Field(
        default="", max_length=50, description="The deposit that takes it to the bank; several may share one."
    )
    allocation: Allocation = Field(
        default="oldest", description="Oldest balance first, a statement's items, line by line, or by hand (targets)."
    )
    items: tuple[ItemId, ...] = Field(default=(), max_length=500, description="What the statement named, in order.")
    targets: tuple[TargetBody, ...] = Field(default=(), max_length=500, description="By hand: what goes where.")

    @model_validator(mode="after")
    def _targets_are_paid(self) -> "PaymentBody":
        check_allocation(self.allocation, self.paid_cents, self.items, self.targets)
        return self


class GuarantorBody(Body):
    """Who owes it; sealed before it is stored."""

    name: str = Field(min_length=1, max_length=120)
    phone: str | None = Field(default=None, max_length=40)


class ChargeBody(Body):
    """A service that no payer is billed for."""

    account_id: AccountId
    charge_cents: Amount
    description_code: str = Field(pattern=r"^[A-Za-z0-9.-]{1,30}$", description="Procedure or house code, not a text.")
    service_date: date
    guarantor: GuarantorBody


class Reason(Body):
    """Why a person decides so; no patient data."""

    reason: str = Field(min_length=3, max_length=500)


def account_decider(request: Request) -> AccountDecider:
    decider: AccountDecider = running_of(request).spec.deciders[0]
    return decider


Accounts = Annotated[AccountDecider, Depends(account_decider)]


@router.post("/payments", status_code=201, dependencies=[while_there_is_room])
async def post_payment(
    body: PaymentBody, run: Run, caller: Poster, key: IdempotencyKey, accounts: Accounts
) -> dict[str, Any]:
    """Post a patient payment, in the cash book and on the account. The same key and body again is the same payment.

    409 for a check (`check_number`) that somebody has entered before.
    """
    command_id = await first_use(run, caller, key, run.pseudonyms.of("req", caller.tenant, body.model_dump_json()))
    money = PatientMoney(
        payment_id=_payment_id(caller.tenant, command_id, body),
        method=body.method,
        paid_cents=body.paid_cents,
        claim_id=body.claim_id,
        received_on=body.received_on or run.clock.now().date(),
        allocation=body.allocation,
        items=body.items,
        targets=await _targets(run, accounts, Key(caller.tenant, body.account_id), body),
    )
    await run.audit.record(caller, "payment.post", f"account/{body.account_id}")
    return {"paid_cents": body.paid_cents, **await _entered(run, caller, command_id, body, money, accounts)}


def _payment_id(tenant: str, command_id: UUID, body: PaymentBody) -> str:
    """A check's own, where its number is known; else that of the command."""
    if body.method == "check" and body.check_number.strip():
        return check_payment_id(tenant, body.account_id, body.check_number, body.paid_cents)
    return f"pay_{command_id.hex}"


async def _entered(
    run: Runtime,
    caller: Principal,
    command_id: UUID,
    body: PaymentBody,
    money: PatientMoney,
    accounts: AccountDecider,
) -> dict[str, Any]:
    """The cash book first: it sees to the account's posting whatever happens here, and the account knows a repeat.

    What a first call made of the lines stands: a repeat posts what was posted.
    """
    subject = f"entered_payment/{money.payment_id}"
    meta = command_meta(run, caller, "payments", command_id, subject, body.account_id)
    entered = EnterPayment(
        meta=meta, account_id=body.account_id, money=money, slip=body.deposit_slip, entry=str(command_id)
    )
    first = (await run.shell.transact_one(ENTERED_PAYMENT, entered)).snapshot
    if first.state.entry != str(command_id):
        raise HTTPException(409, f"{first.state.by} has entered this check already, as {money.payment_id}: look there")
    open_ = [one.effect for one in first.effects.values() if isinstance(one.effect, PostEnteredPayment)]
    if open_:
        meta = command_meta(run, caller, "payments", command_id, f"account/{body.account_id}", body.account_id)
        command = for_account(meta, body.account_id, open_[0].money)
        account_state = (await run.shell.transact_one(accounts, command)).snapshot.state
    else:
        account_state = await _account(run, accounts, Key(caller.tenant, body.account_id))
    return {"payment_id": money.payment_id, **shown_balance(account_state)}


@router.post("/charges", status_code=201, dependencies=[while_there_is_room])
async def post_charge(
    body: ChargeBody, run: Run, caller: Poster, key: IdempotencyKey, accounts: Accounts
) -> dict[str, Any]:
    """Charge the guarantor for a service without a claim."""
    command_id = await first_use(run, caller, key, run.pseudonyms.of("req", caller.tenant, body.model_dump_json()))
    charge_id = f"chg_{command_id.hex}"
    guarantor = Guarantor(name=body.guarantor.name, phone=body.guarantor.phone)
    command = PostSelfPayCharge(
        meta=command_meta(run, caller, "payments", command_id, f"account/{body.account_id}", body.account_id),
        account_id=body.account_id,
        charge_id=charge_id,
        charge_cents=body.charge_cents,
        description_code=body.description_code,
        service_date=body.service_date,
        sealed_guarantor=await seal_model(run.sealer, caller.tenant, body.account_id, guarantor),
    )
    await run.audit.record(caller, "charge.post", f"account/{body.account_id}")
    decided = await run.shell.transact_one(accounts, command)
    return {"charge_id": charge_id, "charge_cents": body.charge_cents, **shown_balance(decided.snapshot.state)}


@router.get("/accounts")
async def find_accounts(
    run: Run,
    caller: Reader,
    accounts: Accounts,
    *,
    owes: bool = False,
    credit: bool = False,
    held: bool = False,
    after: str | None = None,
    limit: Limit = 50,
) -> list[dict[str, Any]]:
    """Accounts of the tenant, by id; filter by owing, showing a credit, or holding what cannot be posted yet."""
    given = {"owes": owes, "credit": credit, "held": held}
    where: dict[str, Scalar] = {name: True for name, wanted in given.items() if wanted}
    found = await run.store.find(accounts, caller.tenant, where, after, limit)
    return [shown_balance(state) for _, state in found]


@router.get("/accounts/{account_id}")
async def account(account_id: str, run: Run, caller: Reader, accounts: Accounts) -> dict[str, Any]:
    """One account with every claim and charge."""
    return shown_account(await _account(run, accounts, Key(caller.tenant, account_id)))


@router.get("/accounts/{account_id}/ledger")
async def ledger(account_id: str, run: Run, caller: Reader, accounts: Accounts) -> list[dict[str, Any]]:
    """Every entry of one account, oldest first."""
    key = Key(caller.tenant, account_id)
    await _account(run, accounts, key)
    entries = await run.store.history(accounts, key)
    return [shown_entry(entry) for entry in entries if isinstance(entry.fact, LedgerFact)]


@router.get("/remittances")
async def remittances(
    run: Run,
    caller: Reader,
    *,
    status: str | None = None,
    trace: str | None = None,
    after: str | None = None,
    limit: Limit = 50,
) -> list[dict[str, Any]]:
    """Remittances of the tenant, by id; `status=parked` waits for a person, `trace` is a check or transfer (TRN02)."""
    given: dict[str, Scalar] = {"status": status, "trace": trace}
    where = {name: value for name, value in given.items() if value is not None}
    found = await run.store.find(REMITTANCE, caller.tenant, where, after, limit)
    return [shown_remittance(state) for _, state in found]


@router.get("/remittances/{remittance_id}")
async def remittance(remittance_id: str, run: Run, caller: Reader) -> dict[str, Any]:
    """One remittance, with the equation that stopped it."""
    return shown_remittance(await _remittance(run, Key(caller.tenant, remittance_id)))


@router.post("/remittances/{remittance_id}/release")
async def release(remittance_id: str, body: Reason, run: Run, caller: Decider, key: IdempotencyKey) -> dict[str, Any]:
    """Post a parked remittance as it stands. 409 when it is not parked, or lacks an amount that posting needs."""
    return await _decide(run, caller, remittance_id, body, key, "release")


@router.post("/remittances/{remittance_id}/reject")
async def reject(remittance_id: str, body: Reason, run: Run, caller: Decider, key: IdempotencyKey) -> dict[str, Any]:
    """Never post a parked remittance. 409 when it is not parked."""
    return await _decide(run, caller, remittance_id, body, key, "reject")


@router.get("/files")
async def files(
    run: Run, caller: Reader, *, status: str | None = None, after: str | None = None, limit: Limit = 50
) -> list[dict[str, Any]]:
    """Remittance files of the tenant, with how far each was read and what was wrong with it."""
    where = {} if status is None else {"status": status}
    found = await run.store.find(INBOUND_FILE, caller.tenant, where, after, limit)
    return [shown_file(state) for _, state in found]


async def _targets(run: Runtime, accounts: AccountDecider, key: Key, body: PaymentBody) -> tuple[Target, ...]:
    """What a person named, or what the lines of the journal make of it."""
    if body.allocation != "line":
        return tuple(Target(item_id=one.item_id, line=one.line, cents=one.cents) for one in body.targets)
    state = (await run.store.load(accounts, (key,)))[key].snapshot.state
    facts = [entry.fact for entry in await run.store.history(accounts, key)]
    return line_by_line(state, facts, load_shares(), body.paid_cents)


async def _account(run: Runtime, accounts: AccountDecider, key: Key) -> Account:
    row = (await run.store.load(accounts, (key,)))[key]
    if row.version == 0:
        raise HTTPException(404, "no such account")
    return row.snapshot.state


async def _remittance(run: Runtime, key: Key) -> Remittance:
    row = (await run.store.load(REMITTANCE, (key,)))[key]
    if row.version == 0:
        raise HTTPException(404, "no such remittance")
    return row.snapshot.state


async def _decide(
    run: Runtime,
    caller: Principal,
    remittance_id: str,
    body: Reason,
    key: str,
    verb: Literal["release", "reject"],
) -> dict[str, Any]:
    """A person's word on a parked remittance, once."""
    await _remittance(run, Key(caller.tenant, remittance_id))
    command_id = await first_use(run, caller, key, f"{verb}/{remittance_id}/{body.reason}")
    meta = command_meta(run, caller, "payments", command_id, f"remittance/{remittance_id}", remittance_id)
    command = ReleaseRemittance if verb == "release" else RejectRemittance
    await run.audit.record(caller, f"remittance.{verb}", f"remittance/{remittance_id}", body.reason)
    decided = await run.shell.transact_one(
        REMITTANCE, command(meta=meta, remittance_id=remittance_id, reason=body.reason)
    )
    return _answer(decided.snapshot.state, verb, body.reason)


def _answer(state: Remittance, verb: str, reason: str) -> dict[str, Any]:
    """The state the decision made; a repeat of the same decision answers the same."""
    wanted = {"release": {"posting", "posted"}, "reject": {"rejected"}}[verb]
    if state.status not in wanted or state.reason != reason:
        raise HTTPException(409, f"{verb}: the remittance is {state.status}, and does not allow this as it stands")
    return shown_remittance(state)
