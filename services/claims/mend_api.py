"""HTTP to mend a claim in place: only what is wrong is named; everything else of it stays, sealed parts too."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException
from pydantic import Field, StringConstraints

from services.claims.api import Biller, Here, ask_claim, claim_here, succeed
from services.claims.api_kinds import plain
from services.claims.api_people import Charge
from services.claims.core import Claim
from services.claims.identity import IDENTITY
from services.claims.intake import Arrival
from services.claims.to_x12 import claim837_of
from shared.audit_edge import Why
from shared.http import Body, IdempotencyKey, Run, command_meta, first_use
from shared.x12.claim837 import Claim837, Diagnosis, Party, ServiceLine

router = APIRouter()
DECIDED = frozenset({"paid", "denied"})
Npi = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\d{10}$")]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Z0-9.]{1,8}$")]


class LineMend(Body):
    """What is wrong with one service line, by its place from 1."""

    number: int = Field(ge=1, le=999)
    procedure: Code | None = None
    modifiers: Annotated[tuple[Code, ...], Field(max_length=4)] | None = None
    charge_cents: Charge | None = None


class MendBody(Body):
    """What is wrong: the rest stays. A claim's charge follows its lines."""

    member_id: Word | None = None
    group_number: Word | None = None
    prior_authorization_number: Word | None = None
    referral_number: Word | None = None
    place_of_service: Annotated[str, StringConstraints(pattern=r"^\d{2}$")] | None = None
    billing_npi: Npi | None = None
    rendering_npi: Npi | None = None
    diagnoses: Annotated[tuple[Code, ...], Field(min_length=1, max_length=12)] | None = None
    line: LineMend | None = None


@router.post("/claims/{claim_id}/mend")
async def mend(
    claim_id: str, body: MendBody, run: Run, caller: Biller, key: IdempotencyKey, why: Why, parts: Here
) -> dict[str, Any]:
    """Correct a claim that is in the house or was rejected; of one that its payer decided, make a corrected claim (7).

    422 where nothing is named or a line or provider is not there; 409 as for a correction and a replacement.
    """
    state = await claim_here(run, parts, caller.tenant, claim_id)
    assert state.content is not None
    assert state.identity is not None
    identity = IDENTITY.validate_json(await run.sealer.open(state.identity.sealed_identity))
    mended = mended_claim(claim837_of(state.content, identity), body)
    words = f"{claim_id}/mend/{body.model_dump_json()}"
    if state.status in DECIDED:
        return await succeed(run, parts, caller, key, state, words, why, mended)
    return await _correct(run, caller, key, why, parts, (state, mended, words))


async def _correct(
    run: Run, caller: Biller, key: str, why: str, parts: Here, what: tuple[Claim, Claim837, str]
) -> dict[str, Any]:
    state, mended, words = what
    command_id = await first_use(run, caller, key, run.pseudonyms.of("req", caller.tenant, words))
    arrival = Arrival(command_id, mended, f"api/{command_id}", corrects=state)
    cause = command_meta(run, caller, "claims", command_id, f"claim/{state.claim_id}", state.account_id)
    command = await parts.intake.correction(cause, arrival)
    return await ask_claim(run, parts, caller, command, "claim.correct", state.claim_id, why)


def mended_claim(claim: Claim837, body: MendBody) -> Claim837:
    """The claim with what is named put right. HTTPException 422 names what is not there."""
    if body == MendBody():
        raise HTTPException(422, "name what is wrong: nothing is given")
    named = body.model_dump(include={"prior_authorization_number", "referral_number"}, exclude_none=True)
    if body.place_of_service is not None:
        named["facility_code"] = body.place_of_service
    insured = body.model_dump(include={"member_id", "group_number"}, exclude_none=True)
    if insured:
        named["subscriber"] = replace(claim.subscriber, **insured)
    if body.diagnoses is not None:
        named["diagnoses"] = _diagnoses(claim, body.diagnoses)
    if body.billing_npi is not None:
        named["billing"] = _with_npi("billing_npi", claim.billing, body.billing_npi)
    if body.rendering_npi is not None:
        named["rendering"] = _with_npi("rendering_npi", claim.rendering, body.rendering_npi)
    mended = replace(claim, **named)
    return mended if body.line is None else _with_line(mended, body.line)


def _diagnoses(claim: Claim837, codes: tuple[str, ...]) -> tuple[Diagnosis, ...]:
    """The codes in their order; other codes of the claim (external causes, reasons for a visit) stay."""
    others = tuple(one for one in claim.diagnoses if one.qualifier not in {"ABK", "ABF"})
    return (*(Diagnosis("ABF" if place else "ABK", plain(code)) for place, code in enumerate(codes)), *others)


def _with_npi(field: str, party: Party | None, npi: str) -> Party:
    if party is None:
        raise HTTPException(422, f"{field}: the claim names no such provider")
    return replace(party, npi=npi)


def _with_line(claim: Claim837, line: LineMend) -> Claim837:
    if line.number > len(claim.lines):
        raise HTTPException(422, f"line: the claim has {len(claim.lines)} lines")
    before = claim.lines[line.number - 1]
    changed = line.model_dump(include={"procedure", "modifiers", "charge_cents"}, exclude_none=True)
    after: ServiceLine = replace(before, **changed)
    lines = (*claim.lines[: line.number - 1], after, *claim.lines[line.number :])
    more_cents = (after.charge_cents or 0) - (before.charge_cents or 0)
    return replace(claim, lines=lines, charge_cents=(claim.charge_cents or 0) + more_cents)
