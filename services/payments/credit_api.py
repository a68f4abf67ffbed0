"""HTTP of credit balances: aged, owned, with the clock of federal payers; and what states may claim one day."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException
from pydantic import Field

from services.payments.api_models import Limit, Poster, Reader
from services.payments.cash_parts import CashParts, account_decider_of, cash_parts_of
from services.payments.cash_views import shown_credit
from services.payments.commands import known, once
from services.payments.core.account import AccountDecider
from services.payments.core.account_facts import AnyAccountFact, PatientPaymentTaken
from services.payments.core.credit_case import AssignCredit, CreditCase, IdentifyCredit, InvestigateCredit
from services.payments.core.refund import Refund
from services.payments.policy.cash import Dormancy, load_dormancy, load_refund_policy
from shared.decider import Scalar
from shared.http import Body, IdempotencyKey, Run
from shared.identity import Guarantor
from shared.store.port import Key

credits_ = APIRouter(prefix="/credits")

Parts = Annotated[CashParts, Depends(cash_parts_of)]
Accounts = Annotated[AccountDecider, Depends(account_decider_of)]


class OwnerBody(Body):
    owner: str = Field(min_length=1, max_length=80)


class IdentifyBody(Body):
    """When the overpayment was identified, as the law of that day means it."""

    identified_on: date
    federal: Literal["yes", "no", "unknown"]
    reason: str = Field(min_length=3, max_length=500)


class InvestigateBody(Body):
    step: Literal["begin", "conclude"]
    on: date
    reason: str = Field(min_length=3, max_length=500)


@credits_.get("")
async def find(  # noqa: PLR0913 - its filters are its arguments
    run: Run,
    caller: Reader,
    parts: Parts,
    *,
    of: Literal["payer", "patient"] | None = None,
    federal: Literal["yes", "no", "unknown"] | None = None,
    warned: Literal["near", "over"] | None = None,
    owner: str | None = None,
    after: str | None = None,
    limit: Limit = 50,
) -> list[dict[str, Any]]:
    """Open credits with age, owner and, for federal payers, the last day to return them."""
    given = {"of": of, "federal": federal, "warned": warned, "owner": owner}
    where: dict[str, Scalar] = {"open": True}
    where |= {name: value for name, value in given.items() if value is not None}
    found = await run.store.find(parts.credit_case, caller.tenant, where, after, limit)
    today = run.clock.now().date()
    return [shown_credit(one, today) for _, one in found]


@credits_.get("/unclaimed")
async def unclaimed(
    run: Run, caller: Reader, parts: Parts, accounts: Accounts, on: date | None = None, limit: Limit = 200
) -> list[dict[str, Any]]:
    """Patients' credits, and refund checks nobody cashed, with the day on which each state may claim them.

    The state is that of the guarantor's address. Without an address, or without a dated row, it is `unknown`.
    """
    day = on or run.clock.now().date()
    rows = load_dormancy()
    where: dict[str, Scalar] = {"open": True, "of": "patient"}
    listed: list[dict[str, Any]] = []
    for _, one in await run.store.find(parts.credit_case, caller.tenant, where, None, limit):
        since = await _last_sign(run, caller.tenant, accounts, one)
        state = await _state_of(run, caller.tenant, accounts, one.account_id)
        listed.append(_property("credit", one.case_id, one.cents, since, state, rows, day))
    for _, check in await run.store.find(parts.refund, caller.tenant, {"status": "issued"}, None, limit):
        if check.method == "check" and check.party == "patient" and check.issued_on is not None:
            state = await _state_of(run, caller.tenant, accounts, check.account_id)
            listed.append(_property("uncashed_refund", check.refund_id, check.cents, check.issued_on, state, rows, day))
    await run.audit.record(caller, "unclaimed.list", "credits")
    return listed


@credits_.get("/stale-checks")
async def stale_checks(run: Run, caller: Reader, parts: Parts, limit: Limit = 200) -> list[dict[str, Any]]:
    """Refund checks that are too old for a bank to pay: void and issue them anew."""
    today = run.clock.now().date()
    days = load_refund_policy().on(caller.tenant, today).check_stale_days
    found = await run.store.find(parts.refund, caller.tenant, {"status": "issued"}, None, limit)
    return [
        {"refund_id": one.refund_id, "cents": one.cents, "issued_on": one.issued_on, "age_days": _age(one, today)}
        for _, one in found
        if one.method == "check" and _age(one, today) > days
    ]


@credits_.post("/{case_id}/owner")
async def assign(
    case_id: str, body: OwnerBody, run: Run, caller: Poster, key: IdempotencyKey, parts: Parts
) -> dict[str, Any]:
    desk = await once(run, caller, key, f"owner/{case_id}", body)
    state: CreditCase = await desk.state(parts.credit_case, case_id)
    await desk.note("credit.assign", f"credit_case/{case_id}", body.owner)
    meta = desk.meta("credit_case", case_id, state.account_id)
    command = AssignCredit(meta=meta, case_id=case_id, owner=body.owner)
    return shown_credit(
        (await run.shell.transact_one(parts.credit_case, command)).snapshot.state, run.clock.now().date()
    )


@credits_.post("/{case_id}/identified")
async def identify(
    case_id: str, body: IdentifyBody, run: Run, caller: Poster, key: IdempotencyKey, parts: Parts
) -> dict[str, Any]:
    """A person says when it was identified and whose it is; the last day follows."""
    today = run.clock.now().date()
    if body.identified_on > today:
        raise HTTPException(422, "identified_on is in the future")
    desk = await once(run, caller, key, f"identified/{case_id}", body)
    state: CreditCase = await desk.state(parts.credit_case, case_id)
    await desk.note("credit.identify", f"credit_case/{case_id}", body.reason)
    command = IdentifyCredit(
        meta=desk.meta("credit_case", case_id, state.account_id),
        case_id=case_id,
        identified_on=body.identified_on,
        federal=body.federal,
        reason=body.reason,
    )
    return shown_credit((await run.shell.transact_one(parts.credit_case, command)).snapshot.state, today)


@credits_.post("/{case_id}/investigation")
async def investigate(
    case_id: str, body: InvestigateBody, run: Run, caller: Poster, key: IdempotencyKey, parts: Parts
) -> dict[str, Any]:
    """A good-faith investigation begins or is concluded; while it lasts the clock may stand still."""
    today = run.clock.now().date()
    desk = await once(run, caller, key, f"investigation/{case_id}", body)
    state: CreditCase = await desk.state(parts.credit_case, case_id)
    if body.on > today or (body.step == "conclude" and state.began_on is not None and body.on < state.began_on):
        raise HTTPException(422, "the day is in the future, or before the investigation began")
    await desk.note("credit.investigate", f"credit_case/{case_id}", body.reason)
    command = InvestigateCredit(
        meta=desk.meta("credit_case", case_id, state.account_id),
        case_id=case_id,
        step=body.step,
        on=body.on,
        reason=body.reason,
    )
    return shown_credit((await run.shell.transact_one(parts.credit_case, command)).snapshot.state, today)


@credits_.get("/{case_id}")
async def credit(case_id: str, run: Run, caller: Reader, parts: Parts) -> dict[str, Any]:
    return shown_credit(await known(run, caller, parts.credit_case, case_id), run.clock.now().date())


def _property(kind: str, name: str, cents: int, since: date, state: str, rows: Any, on: date) -> dict[str, Any]:
    """One line of the list: from when a state may claim it, and by which source."""
    dated: list[Dormancy] = [row for row in rows if row.state == state and row.valid_from <= on]
    row = max(dated, key=lambda one: one.valid_from) if dated else None
    claimable_on = None if row is None else _years_later(since, row.years)
    return {
        "kind": kind,
        "id": name,
        "cents": cents,
        "last_sign_on": since,
        "state": state or "unknown",
        "status": "unknown" if claimable_on is None else "dormant" if claimable_on <= on else "waiting",
        "claimable_on": claimable_on,
        "source": None if row is None else row.source,
        "confirmed": row is not None and row.confirmed,
    }


def _years_later(day: date, years: int) -> date:
    """The same day so many years on; 29 February becomes 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


async def _last_sign(run: Run, tenant: str, accounts: AccountDecider, case: CreditCase) -> date:
    """The guarantor's last payment, or the day the credit was found."""
    facts: list[AnyAccountFact] = [e.fact for e in await run.store.history(accounts, Key(tenant, case.account_id))]
    paid = [fact.received_on for fact in facts if isinstance(fact, PatientPaymentTaken)]
    return max(paid, default=case.found_on)


async def _state_of(run: Run, tenant: str, accounts: AccountDecider, account_id: str) -> str:
    key = Key(tenant, account_id)
    sealed = (await run.store.load(accounts, (key,)))[key].snapshot.state.sealed_guarantor
    if sealed is None:
        return ""
    address = Guarantor.model_validate_json(await run.sealer.open(sealed)).address
    return "" if address is None else address.state.upper()


def _age(refund: Refund, today: date) -> int:
    return 0 if refund.issued_on is None else (today - refund.issued_on).days
