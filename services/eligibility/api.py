"""HTTP of the eligibility service: what is known of a claim's or an account's coverage."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request

from services.eligibility.core import Check
from shared.auth import Principal
from shared.http import Run, allow, running_of

router = APIRouter()
Reader = Annotated[Principal, Depends(allow("biller", "operator", "auditor"))]


@router.get("/checks")
async def checks(
    request: Request,
    run: Run,
    caller: Reader,
    *,
    status: str | None = None,
    account_id: str | None = None,
    coverage_id: str | None = None,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[dict[str, Any]]:
    """Coverage checks of the tenant, by id; filter by one of status, account or coverage."""
    given = {"status": status, "account_id": account_id, "coverage_id": coverage_id}
    where = {name: value for name, value in given.items() if value is not None}
    if len(where) > 1:
        raise HTTPException(422, "filter by one of status, account_id, coverage_id")
    decider = running_of(request).spec.deciders[0]
    found = await run.store.find(decider, caller.tenant, where, after, limit)
    return [{"id": key.id, **shown(check)} for key, check in found]


def shown(check: Check) -> dict[str, Any]:
    """A check as billers see it: no sealed field leaves."""
    outcome = check.outcome
    return {
        "account_id": check.account_id,
        "coverage_id": check.coverage_id,
        "payer_id": check.payer_id,
        "service_date": check.service_date,
        "attempts": check.attempts,
        "claims": [*check.told, *check.waiting],
        "status": "waiting" if outcome is None else outcome.status,
        "outcome": None if outcome is None else outcome.model_dump(),
    }
