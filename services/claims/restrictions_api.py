"""HTTP of restrictions: what patients paid in full and keep from their plans (45 CFR 164.522(a)(1)(vi))."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException
from pydantic import Field

from services.claims.core.rules_library import KeepRestrictions
from services.claims.core.rules_restriction import RESTRICTION, LiftRestriction, Restrict
from services.claims.rules_http import Author, Keeper, Reason, library_meta, tell_library
from shared.http import Body, IdempotencyKey, Run, command_meta, first_use
from shared.store.port import Key

router = APIRouter()


class RestrictionBody(Body):
    """Services that a patient paid in full and keeps from the plan; without procedures, all of the days."""

    payer_id: Annotated[str, Field(min_length=1, max_length=80)]
    member_id: Annotated[str, Field(min_length=1, max_length=80)]
    first: date
    last: date
    procedures: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=7)], ...], Field(max_length=50)] = ()
    reason: Reason


class Lift(Body):
    """Which coverage's restriction the patient gave up, and why."""

    coverage_id: Annotated[str, Field(min_length=1, max_length=80)]
    reason: Reason


@router.post("/restrictions", status_code=201)
async def restrict(body: RestrictionBody, run: Run, caller: Author, key: IdempotencyKey) -> dict[str, Any]:
    """Keep services from a plan (45 CFR 164.522(a)(1)(vi)): claims for them are held from now on."""
    if body.last < body.first:
        raise HTTPException(422, "the last day lies before the first")
    coverage_id = run.pseudonyms.of("cov", caller.tenant, body.payer_id, body.member_id)
    digest = run.pseudonyms.of("req", caller.tenant, "restriction", body.model_dump_json())
    command_id = await first_use(run, caller, key, digest)
    meta = command_meta(run, caller, "claims", command_id, f"restriction/{coverage_id}", "restriction")
    await tell_library(run, KeepRestrictions(meta=library_meta(run, caller, command_id)))
    message = Restrict(meta=meta, coverage_id=coverage_id, first=body.first, last=body.last, procedures=body.procedures)
    await run.shell.transact_one(RESTRICTION, message)
    await run.audit.record(caller, "restriction.keep", f"restriction/{command_id}", body.reason)
    return {"restriction_id": command_id, "coverage_id": coverage_id}


@router.post("/restrictions/{restriction_id}/lift")
async def lift(restriction_id: str, body: Lift, run: Run, caller: Keeper, key: IdempotencyKey) -> dict[str, Any]:
    """The patient agreed that the plan may be told."""
    command_id = await first_use(run, caller, key, f"lift/{restriction_id}/{body.coverage_id}")
    meta = command_meta(run, caller, "claims", command_id, f"restriction/{body.coverage_id}", "restriction")
    key_of = Key(caller.tenant, body.coverage_id)
    state = (await run.store.load(RESTRICTION, (key_of,)))[key_of].snapshot.state
    kept = next((one for one in state.kept if str(one.id) == restriction_id), None)
    if kept is None:
        raise HTTPException(404, "no such restriction here")
    await run.shell.transact_one(
        RESTRICTION, LiftRestriction(meta=meta, coverage_id=body.coverage_id, restriction_id=kept.id)
    )
    await run.audit.record(caller, "restriction.lift", f"restriction/{restriction_id}", body.reason)
    return {"restriction_id": kept.id, "lifted": True}
