"""HTTP of what follows from coverage: the order of payment, the patient's share, good-faith estimates."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException
from pydantic import Field, NonNegativeInt

from services.eligibility.api import Biller, Checks, Limit, Payers, Reader, benefits_of
from services.eligibility.api_models import Id, Npi, ServiceType
from services.eligibility.core.cob import CoverageKind, Custody, KnownCoverage, MedicareBasis, Order, order_of
from services.eligibility.core.estimates import (
    Estimate,
    ExpectedItem,
    GoodFaithEstimate,
    disputable,
    estimate,
    good_faith_estimate,
)
from services.eligibility.policies import cob_policy, good_faith_policy
from shared.http import Body, IdempotencyKey, Run, first_use
from shared.runtime import Runtime
from shared.store.port import Document

router = APIRouter()
GOOD_FAITH = "good_faith_estimates"


class KnownCoverageBody(Body):
    """One coverage, as the registration has it; see `core/cob.py`."""

    coverage_id: Id
    kind: CoverageKind
    relationship: Literal["self", "spouse", "child", "other"] = "self"
    first: date | None = None
    last: date | None = None
    subscriber_birth_date: date | None = None
    employment: Literal["active", "retired", "cobra"] | None = None
    employer_size: NonNegativeInt | None = None
    court_ordered: bool = False
    custody: Custody | None = None
    accident_related: bool = False


class MedicareBody(Body):
    """Why the patient has Medicare."""

    reason: Literal["age", "disability", "esrd"]
    esrd_from: date | None = None


class OrderBody(Body):
    """A patient's coverages, and the service date."""

    service_date: date
    coverages: Annotated[tuple[KnownCoverageBody, ...], Field(min_length=1, max_length=20)]
    medicare: MedicareBody | None = None


class EstimateBody(Body):
    """One service: its charge, and what the payer allows where a contract tells it."""

    check_id: Annotated[str, Field(min_length=1, max_length=300)]
    charge_cents: NonNegativeInt
    allowed_cents: NonNegativeInt | None = None
    service_type: ServiceType = "30"
    network: Literal["in", "out"] = "in"


class ItemBody(Body):
    """One item or service a self-pay patient is to expect."""

    npi: Npi
    code: Annotated[str, Field(min_length=1, max_length=20)]
    units: Annotated[int, Field(ge=1, le=9999)] = 1
    expected_cents: NonNegativeInt


class GoodFaithBody(Body):
    """What is planned for a patient who pays for it; `requested`: the patient asked for the estimate."""

    account_id: Id
    scheduled_on: date
    service_date: date
    requested: bool = False
    items: Annotated[tuple[ItemBody, ...], Field(min_length=1, max_length=200)]


class BilledBody(Body):
    """What each provider billed, in cents."""

    billed_cents: dict[str, NonNegativeInt]


@router.post("/coverage-order")
async def post_order(body: OrderBody, caller: Biller) -> Order:  # noqa: ARG001 - only billers may ask
    """In which order coverages pay, with the rule for each; 409 with a sentence for all that stands in the way."""
    coverages = [KnownCoverage(**one.model_dump()) for one in body.coverages]
    medicare = None if body.medicare is None else MedicareBasis(**body.medicare.model_dump())
    order = order_of(coverages, body.service_date, cob_policy(body.service_date), medicare)
    if order.refusals:
        raise HTTPException(409, {"message": "the order cannot be told", "reasons": order.refusals})
    return order


@router.post("/estimates")
async def post_estimate(body: EstimateBody, run: Run, caller: Biller, decider: Checks, payers: Payers) -> Estimate:
    """The patient's share of a service, from the payer's last answer to a check."""
    benefits = await benefits_of(run, caller, decider, payers, body.check_id)
    try:
        return estimate(
            benefits,
            body.charge_cents,
            allowed_cents=body.allowed_cents,
            service_type=body.service_type,
            network=body.network,
        )
    except ValueError as error:
        raise HTTPException(422, str(error)) from None


@router.post("/good-faith-estimates", status_code=201)
async def post_good_faith(body: GoodFaithBody, run: Run, caller: Biller, key: IdempotencyKey) -> dict[str, Any]:
    """A good-faith estimate for a self-pay patient, kept for a later dispute; with the day it is due."""
    try:
        made = good_faith_estimate(
            [ExpectedItem(**one.model_dump()) for one in body.items],
            body.scheduled_on,
            body.service_date,
            good_faith_policy(body.scheduled_on),
            requested=body.requested,
        )
    except ValueError as error:
        raise HTTPException(422, str(error)) from None
    command_id = await first_use(run, caller, key, f"good-faith/{body.model_dump_json()}")
    name = f"gfe_{command_id.hex[:20]}"
    kept: Document = {
        "account_id": body.account_id,
        "at": run.clock.now(),
        "estimate": made.model_dump(mode="json"),
    }
    if await run.store.note(GOOD_FAITH, caller.tenant, name, kept):
        await run.audit.record(caller, "good-faith.estimate", f"account/{body.account_id}")
    return {"id": name, **made.model_dump()}


@router.get("/good-faith-estimates")
async def list_good_faith(
    run: Run, caller: Reader, after: str | None = None, limit: Limit = 50
) -> list[dict[str, Any]]:
    """The estimates of the tenant, by id."""
    return [dict(one) for one in await run.store.notes(GOOD_FAITH, caller.tenant, after, limit)]


@router.post("/good-faith-estimates/{name}/dispute")
async def post_dispute(name: str, body: BilledBody, run: Run, caller: Biller) -> dict[str, Any]:
    """Which providers' bills the patient may dispute, and by how much they exceed the estimate."""
    made = await _estimate(run, caller.tenant, name)
    excess = disputable(made, body.billed_cents)
    return {
        "disputable": bool(excess),
        "providers": [{"npi": npi, "excess_cents": cents} for npi, cents in excess],
        "dispute_days": made.dispute_days,
    }


async def _estimate(run: Runtime, tenant: str, name: str) -> GoodFaithEstimate:
    for one in await run.store.notes(GOOD_FAITH, tenant, name[:-1], 50):
        if one["id"] == name:
            return GoodFaithEstimate.model_validate(one["estimate"], strict=False)
    raise HTTPException(404, "no such estimate here")
