"""HTTP of the claims service: claims and files in, claims and their history out."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.claims.api_models import ClaimBody
from services.claims.core import INTAKE_FILE, SUBMISSION, Claim
from services.claims.core.claim_facts import PersonRefused
from services.claims.core.claim_messages import ClaimMessage, HoldClaim, ReleaseClaim
from services.claims.core.intake_file import IntakeFile
from services.claims.core.successors import NAMES, Succession, why_no_successor
from services.claims.file_performer import STRETCH_CLAIMS, claim_number
from services.claims.identity import IDENTITY
from services.claims.intake import Arrival
from services.claims.paper import PLAIN, paper_pages, paper_pdf, preprinted
from services.claims.paper_texts import PaperError
from services.claims.parts import Parts, make_parts
from services.claims.pickup import file_meta, register_file
from services.claims.quotas import Quotas, quota_time, unread_room, whole_seconds
from services.claims.routing import Routing
from services.claims.succession import successor
from services.claims.vault import FileTooLargeError, Kept
from services.claims.views import shown_claim, shown_fact, shown_file, shown_result, shown_submission
from shared.audit_edge import Why
from shared.auth import Principal
from shared.decider import Entry, Scalar
from shared.http import Body, IdempotencyKey, Run, allow, command_meta, first_use, running_of
from shared.identity import SubscriberIdentity
from shared.overload import gate_of, while_there_is_room
from shared.runtime import Runtime
from shared.store.port import Key
from shared.x12.claim837 import Claim837

Reader = Annotated[Principal, Depends(allow("biller", "operator", "auditor"))]
Writer = Annotated[Principal, Depends(allow("biller", "integrator"))]
Biller = Annotated[Principal, Depends(allow("biller"))]
Limit = Annotated[int, Query(ge=1, le=200)]
Sha256 = Annotated[str | None, Header(alias="X-Content-SHA256", pattern="^[0-9a-f]{64}$")]
FileName = Annotated[str, Header(alias="X-File-Name", max_length=255)]


class Reason(Body):
    """Why a person does it, in words that name nobody."""

    reason: str = Field(min_length=3, max_length=200)


UNREAD_SECONDS = 5

router = APIRouter()


def parts_of(request: Request) -> Parts:
    """The service's own parts; the composition root left the routing table on the application."""
    running = running_of(request)
    routing: Routing = request.app.state.routing
    return make_parts(running.runtime, running.spec.deciders[0], routing)


Here = Annotated[Parts, Depends(parts_of)]


def charged(request: Request, run: Run, caller: Writer) -> Principal:
    """Who sends something in: one claim or file is charged to its tenant; 429 when the tenant has to wait."""
    quotas, now = quotas_of(request), quota_time(run)
    wait = quotas.charge(caller.tenant, 1, now)
    if wait is not None:
        rate = quotas.of(caller.tenant, now).claims_a_minute
        detail = f"this tenant's quota ({rate} claims a minute) is used up: send it again after Retry-After seconds"
        raise gate_of(request).refuse("tenant_quota", detail, whole_seconds(wait))
    return caller


async def charged_file(request: Request, run: Run, caller: Annotated[Principal, Depends(charged)]) -> Principal:
    """As `charged`; 429 too while enough files of the tenant wait to be read."""
    quotas, now = quotas_of(request), quota_time(run)
    if not await unread_room(run, quotas, caller.tenant):
        detail = "enough files of this tenant wait to be read (GET /files?status=reading): send it again later"
        seconds = max(UNREAD_SECONDS, whole_seconds(quotas.wait_for(caller.tenant, STRETCH_CLAIMS, now)))
        raise gate_of(request).refuse("files_unread", detail, seconds)
    return caller


def quotas_of(request: Request) -> Quotas:
    quotas: Quotas = request.app.state.quotas
    return quotas


Sender = Annotated[Principal, Depends(charged)]
FileSender = Annotated[Principal, Depends(charged_file)]


@router.post("/claims", status_code=201, dependencies=[while_there_is_room])
async def post_claim(body: ClaimBody, run: Run, caller: Sender, key: IdempotencyKey, parts: Here) -> dict[str, Any]:
    """Take one claim in. The same Idempotency-Key and body again is the same claim."""
    digest = run.pseudonyms.of("req", caller.tenant, "claim", body.model_dump_json())
    command_id = await first_use(run, caller, key, digest)
    await parts.tenants.remember(caller.tenant)
    arrival = Arrival(command_id, body.claim837(), f"api/{command_id}", body.account_number)
    cause = command_meta(run, caller, "claims", command_id, f"claim/{arrival.claim_id}", arrival.claim_id)
    commands = await parts.intake.commands(cause, (arrival,))
    decided = await run.shell.transact_one(parts.claim, commands[0])
    await run.audit.record(caller, "claim.receive", f"claim/{arrival.claim_id}")
    return shown_claim(decided.snapshot.state)


@router.post("/files", status_code=201, dependencies=[while_there_is_room])
async def post_file(
    request: Request,
    response: Response,
    run: Run,
    caller: FileSender,
    parts: Here,
    *,
    sha256: Sha256 = None,
    name: FileName = "upload.837",
) -> dict[str, Any]:
    """Take a file of claims in, streamed: 201 when it is new, 200 when the same content was taken before.

    X-File-Name says by its end which form it has: .837, .csv, .xlsx, .json or .ndjson (FHIR), .hl7.
    """
    bytes_max: int = request.app.state.upload_bytes_max
    try:
        kept = await parts.vault.keep(caller.tenant, "intake", request.stream(), bytes_max=bytes_max)
    except FileTooLargeError as error:
        raise HTTPException(413, str(error)) from None
    if sha256 is not None and sha256 != kept.sha256:
        raise HTTPException(422, "the body is not what X-Content-SHA256 says: send the file again")
    return await _take_upload(run, caller, parts, kept, name, response)


@router.get("/files")
async def files(
    run: Run, caller: Reader, *, status: str | None = None, after: str | None = None, limit: Limit = 50
) -> list[dict[str, Any]]:
    """Intake files of the tenant, by id."""
    where = {} if status is None else {"status": status}
    found = await run.store.find(INTAKE_FILE, caller.tenant, where, after, limit)
    return [shown_file(state) for _, state in found]


@router.get("/files/{file_id}")
async def file(file_id: str, run: Run, caller: Reader) -> dict[str, Any]:
    """One intake file: its name, how far it was read, and what was wrong with it."""
    state = await _file(run, caller.tenant, file_id)
    return shown_file(state, (await run.sealer.open(state.sealed_name)).decode())


@router.get("/files/{file_id}/results")
async def file_results(
    file_id: str, run: Run, caller: Reader, parts: Here, *, after: Annotated[int, Query(ge=0)] = 0, limit: Limit = 50
) -> dict[str, Any]:
    """What became of each claim of a file, by its place from 0, and why the rest could not be taken.

    `claims` are those from place `after` on; `findings` the faults of rows, messages, resources or segments, as many.
    """
    state = await _file(run, caller.tenant, file_id)
    places = range(after, min(state.position, after + limit))
    keys = [Key(caller.tenant, f"clm_{claim_number(file_id, place).hex}") for place in places]
    rows = await run.store.load(parts.claim, keys)
    found = await run.store.notes("file_findings", caller.tenant, f"{file_id}/", after + limit)
    findings = [dict(note) for note in found if str(note["id"]).startswith(f"{file_id}/")]
    return {
        "claims_read": state.position,
        "claims": [shown_result(place, rows[key].snapshot.state) for place, key in zip(places, keys, strict=True)],
        "findings_total": state.findings_total,
        "findings": findings[after : after + limit],
    }


@router.get("/submissions")
async def submissions(
    run: Run,
    caller: Reader,
    *,
    status: str | None = None,
    partner: str | None = None,
    undelivered: bool | None = None,
    after: str | None = None,
    limit: Limit = 50,
) -> list[dict[str, Any]]:
    """Outbound files of the tenant, by id; `undelivered` ones wait because their partner did not show to have them."""
    given = {"status": status, "partner": partner, "undelivered": undelivered}
    where = {name: value for name, value in given.items() if value is not None}
    found = await run.store.find(SUBMISSION, caller.tenant, where, after, limit)
    return [shown_submission(state) for _, state in found]


IDS_MAX = 200


class Asked(BaseModel):
    """Which claims to list: those that fit all that is given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: str | None = None
    payer: str | None = None
    control_number: str | None = None
    owner: str | None = None
    tag: str | None = None
    ids: str | None = Field(default=None, max_length=8_000, description="Only these claims, with commas, up to 200.")
    after: str | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


@router.get("/claims")
async def claims(run: Run, caller: Reader, parts: Here, asked: Annotated[Asked, Query()]) -> list[dict[str, Any]]:
    """Claims of the tenant, by id; filter by status, payer, patient control number, owner or tag, or name them."""
    if asked.ids is not None:
        keys = [Key(caller.tenant, one) for one in asked.ids.split(",")[:IDS_MAX]]
        rows = await run.store.load(parts.claim, keys)
        return [shown_claim(row.snapshot.state) for row in rows.values() if row.version]
    given = {
        "status": asked.status,
        "payer_id": asked.payer,
        "control_number": asked.control_number,
        "owner": asked.owner,
        f"tag/{asked.tag}": True if asked.tag is not None else None,
    }
    where: dict[str, Scalar] = {name: value for name, value in given.items() if value is not None}
    found = await run.store.find(parts.claim, caller.tenant, where, asked.after, asked.limit)
    return [shown_claim(state) for _, state in found]


@router.get("/claims/{claim_id}")
async def claim(claim_id: str, run: Run, caller: Reader, parts: Here) -> dict[str, Any]:
    """One claim with its whole history."""
    state = await claim_here(run, parts, caller.tenant, claim_id)
    key = Key(caller.tenant, claim_id)
    entries: Sequence[Entry[Any]] = await run.store.history(parts.claim, key)
    return {**shown_claim(state), "timeline": [shown_fact(entry) for entry in entries]}


@router.get("/claims/{claim_id}/subscriber")
async def subscriber(claim_id: str, run: Run, caller: Biller, parts: Here) -> SubscriberIdentity:
    """Who the claim is about. Each look is in the audit log."""
    state = await claim_here(run, parts, caller.tenant, claim_id)
    assert state.identity is not None
    await run.audit.record(caller, "claim.identity.read", f"claim/{claim_id}")
    return SubscriberIdentity.model_validate_json(await run.sealer.open(state.identity.sealed_subscriber))


@router.get("/claims/{claim_id}/paper.pdf", response_class=Response)
async def paper(claim_id: str, run: Run, caller: Biller, parts: Here, *, form: bool = False) -> Response:
    """The claim as it looks on paper now (CMS-1500 or UB-04); `form` prints the values only, for a preprinted one.

    409 with a sentence where it does not fit on its form. Each look is in the audit log.
    """
    state = await claim_here(run, parts, caller.tenant, claim_id)
    assert state.content is not None
    assert state.identity is not None
    await run.audit.record(caller, "claim.paper.read", f"claim/{claim_id}")
    identity = IDENTITY.validate_json(await run.sealer.open(state.identity.sealed_identity))
    now = run.clock.now()
    try:
        pages = paper_pages(state.content, identity, now.date())
    except PaperError as error:
        raise HTTPException(409, error.message) from None
    content = await asyncio.to_thread(paper_pdf, pages, now, preprinted() if form else PLAIN)
    return Response(content, media_type="application/pdf")


@router.put("/claims/{claim_id}")
async def correct_claim(
    claim_id: str, body: ClaimBody, run: Run, caller: Biller, key: IdempotencyKey, why: Why, parts: Here
) -> dict[str, Any]:
    """Mend a claim that is in the house or was rejected: the body is the whole claim, and is scrubbed anew."""
    state = await claim_here(run, parts, caller.tenant, claim_id)
    digest = run.pseudonyms.of("req", caller.tenant, claim_id, body.model_dump_json())
    command_id = await first_use(run, caller, key, digest)
    arrival = Arrival(command_id, body.claim837(), f"api/{command_id}", corrects=state)
    cause = command_meta(run, caller, "claims", command_id, f"claim/{claim_id}", state.account_id)
    command = await parts.intake.correction(cause, arrival)
    return await ask_claim(run, parts, caller, command, "claim.correct", claim_id, why)


@router.post("/claims/{claim_id}/hold")
async def hold(
    claim_id: str, body: Reason, run: Run, caller: Biller, key: IdempotencyKey, parts: Here
) -> dict[str, Any]:
    """Keep a claim back that has not left the house."""
    state = await claim_here(run, parts, caller.tenant, claim_id)
    command_id = await first_use(run, caller, key, f"hold/{claim_id}/{body.reason}")
    meta = command_meta(run, caller, "claims", command_id, f"claim/{claim_id}", state.account_id)
    command = HoldClaim(meta=meta, claim_id=claim_id, reason=body.reason)
    return await ask_claim(run, parts, caller, command, "claim.hold", claim_id, body.reason)


@router.post("/claims/{claim_id}/release")
async def release(
    claim_id: str, body: Reason, run: Run, caller: Biller, key: IdempotencyKey, parts: Here
) -> dict[str, Any]:
    """Let a held claim go, or send a rejected one again. What nobody may waive is refused with 409."""
    state = await claim_here(run, parts, caller.tenant, claim_id)
    command_id = await first_use(run, caller, key, f"release/{claim_id}/{body.reason}")
    meta = command_meta(run, caller, "claims", command_id, f"claim/{claim_id}", state.account_id)
    command = ReleaseClaim(meta=meta, claim_id=claim_id, reason=body.reason)
    return await ask_claim(run, parts, caller, command, "claim.release", claim_id, body.reason)


@router.post("/claims/{claim_id}/replacement", status_code=201)
async def replacement(
    claim_id: str, body: ClaimBody, run: Run, caller: Biller, key: IdempotencyKey, why: Why, parts: Here
) -> dict[str, Any]:
    """A corrected claim (7) for one that its payer decided: the body is the whole claim, and replaces every line."""
    state = await claim_here(run, parts, caller.tenant, claim_id)
    words = f"{claim_id}/7/{body.model_dump_json()}"
    return await succeed(run, parts, caller, key, state, words, why, body.claim837())


@router.post("/claims/{claim_id}/void", status_code=201)
async def void(
    claim_id: str, body: Reason, run: Run, caller: Biller, key: IdempotencyKey, parts: Here
) -> dict[str, Any]:
    """A void (8) for a claim that its payer decided. Nothing changes here until the payer takes its decision back."""
    state = await claim_here(run, parts, caller.tenant, claim_id)
    return await succeed(run, parts, caller, key, state, f"{claim_id}/8/{body.reason}", body.reason, None)


async def succeed(
    run: Runtime,
    parts: Parts,
    caller: Principal,
    key: str,
    original: Claim,
    words: str,
    why: str,
    corrected: Claim837 | None,
) -> dict[str, Any]:
    """Make the successor; 409 with a sentence where there may be none. One for each decision of the payer."""
    frequency: Succession = "8" if corrected is None else "7"
    command_id = await first_use(run, caller, key, run.pseudonyms.of("req", caller.tenant, words))
    because = why_no_successor(original, frequency, parts.refusing, run.clock.now().date())
    if because:
        raise HTTPException(409, because)
    claim_id, decision = f"clm_{command_id.hex}", original.remittances[-1].remittance_id
    slot = f"{original.claim_id}/{decision}/{frequency}"
    held = await run.store.reserve(caller.tenant, "successor", {slot: claim_id})
    if held[slot] != claim_id:
        raise HTTPException(409, f"claim {held[slot]} is the {NAMES[frequency]} after this decision already")
    cause = command_meta(run, caller, "claims", command_id, f"claim/{claim_id}", original.account_id)
    command = await successor(run, parts.intake, cause, original, frequency, corrected)
    await run.audit.record(caller, f"claim.succeed.{frequency}", f"claim/{original.claim_id}", why)
    decided = await run.shell.transact_one(parts.claim, command)
    return shown_claim(decided.snapshot.state)


async def _take_upload(
    run: Runtime, caller: Principal, parts: Parts, kept: Kept, name: str, response: Response
) -> dict[str, Any]:
    await parts.tenants.remember(caller.tenant)
    meta = file_meta(run, caller.tenant, kept, caller.actor)
    is_new = await register_file(run, meta, name, kept, "upload")
    await run.audit.record(caller, "file.upload", f"file/{kept.file_id}")
    response.status_code = 201 if is_new else 200
    return {"file_id": kept.file_id, "sha256": kept.sha256, "size": kept.size, "new": is_new}


async def ask_claim(
    run: Runtime, parts: Parts, caller: Principal, command: ClaimMessage, action: str, claim_id: str, reason: str
) -> dict[str, Any]:
    await run.audit.record(caller, action, f"claim/{claim_id}", reason)
    decided = await run.shell.transact_one(parts.claim, command)
    for fact in decided.facts:
        if isinstance(fact, PersonRefused):
            because = f"these rules may not be waived: {', '.join(fact.rules)}" if fact.rules else "it is on its way"
            raise HTTPException(409, f"the claim cannot be changed so now: {because}")
    return shown_claim(decided.snapshot.state)


async def claim_here(run: Runtime, parts: Parts, tenant: str, claim_id: str) -> Claim:
    """The claim; 404 where the tenant has none of this id."""
    state = (await run.store.load(parts.claim, (Key(tenant, claim_id),)))[Key(tenant, claim_id)].snapshot.state
    if not state.claim_id:
        raise HTTPException(404, "no such claim here")
    return state


async def _file(run: Runtime, tenant: str, file_id: str) -> IntakeFile:
    state = (await run.store.load(INTAKE_FILE, (Key(tenant, file_id),)))[Key(tenant, file_id)].snapshot.state
    if state.status == "absent":
        raise HTTPException(404, "no such file here")
    return state
