"""HTTP of rules and tables: drafts, activation, dry runs, loading; with them restrictions (`restrictions_api.py`)."""

import hashlib
import json
import tomllib
from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from pydantic import Field

from services.claims.api_models import ClaimBody
from services.claims.core import Policy
from services.claims.core.rules import Rule, circles, with_version
from services.claims.core.rules_document import RuleDocument, RuleRefusedError, read_rule
from services.claims.core.rules_job import JOB, Job, ReadReferenceFile, TryRule
from services.claims.core.rules_library import (
    LIBRARY,
    LIBRARY_ID,
    ActivateRule,
    DraftRule,
    Library,
    ListTable,
    RetireRule,
)
from services.claims.core.scrub import Case, scrubbed
from services.claims.intake import Arrival
from services.claims.parts import Parts, make_parts
from services.claims.reference_performer import FOLDER
from services.claims.reference_rows import KINDS
from services.claims.restrictions_api import router as restrictions_router
from services.claims.routing import Routing
from services.claims.rulebooks import RESERVED, base_rules, books_of, rule_blob
from services.claims.rules_http import Author, Keeper, Reader, Reason, library_meta, tell_library
from services.claims.vault import FileTooLargeError
from shared.audit_edge import without_patients
from shared.http import Body, IdempotencyKey, Run, command_meta, first_use, running_of
from shared.overload import while_there_is_room
from shared.store.port import Key

RULE_BYTES_MAX = 32_000
REFERENCE_PATHS = tuple(f"/reference/{kind}" for kind in KINDS)
"""Where long bodies are streamed to."""
DRY_RUN = UUID(int=0)
"""The id of a claim that is only looked at: nothing is kept under it."""
Name = Annotated[str, Query(max_length=40, pattern="^[a-z0-9-]*$")]
Kind = Literal["codes", "fees", "ptp", "mue", "global_days", "limits", "credentialing", "bundles", "drugs"]

router = APIRouter()
router.include_router(restrictions_router)


class Activate(Body):
    """From which day of service a version is in force, and why."""

    version: Annotated[int, Field(strict=True, ge=1)]
    valid_from: date
    reason: Reason


class Retire(Body):
    """From which day of service no version is in force, and why."""

    valid_from: date
    reason: Reason


class TryOut(Body):
    """Which version to try on past claims."""

    version: Annotated[int, Field(strict=True, ge=1)]


def _parts(request: Request) -> Parts:
    running = running_of(request)
    routing: Routing = request.app.state.routing
    return make_parts(running.runtime, running.spec.deciders[0], routing)


Here = Annotated[Parts, Depends(_parts)]


async def rule_document(request: Request) -> RuleDocument:
    """The rule in the body, TOML where the content type says so, else JSON; 413 and 422 for what is none."""
    body = await request.body()
    if len(body) > RULE_BYTES_MAX:
        raise HTTPException(413, f"a rule has at most {RULE_BYTES_MAX} bytes: split it")
    try:
        toml = "toml" in request.headers.get("content-type", "")
        read: Any = tomllib.loads(body.decode()) if toml else json.loads(body)
    except ValueError:
        raise HTTPException(422, "the body is no TOML or JSON document") from None
    if not isinstance(read, dict):
        raise HTTPException(422, "a rule is a table of words and values")
    return {str(name): value for name, value in read.items()}  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType] - as the author wrote it


Document = Annotated[RuleDocument, Depends(rule_document)]


def _read(document: RuleDocument) -> Rule:
    try:
        return read_rule(document, reserved=RESERVED)
    except RuleRefusedError as error:
        raise HTTPException(422, {"detail": "this is no rule", "faults": list(error.faults)}) from None


@router.post("/rules/check")
@without_patients
async def check_rule(document: Document, _: Author) -> dict[str, Any]:
    """Whether a document is a rule, with every fault and its place. Nothing is kept."""
    try:
        rule = read_rule(document, reserved=RESERVED)
    except RuleRefusedError as error:
        return {"ok": False, "faults": list(error.faults)}
    return {"ok": True, "id": rule.id, "title": rule.title, "faults": []}


@router.post("/rules", status_code=201)
async def draft_rule(
    document: Document, run: Run, caller: Author, key: IdempotencyKey, response: Response
) -> dict[str, Any]:
    """Keep a document as the next version of its rule; 200 when the last version says the same. It is not in force."""
    rule = _read(document)
    text = json.dumps(dict(document), sort_keys=True, default=str).encode()
    digest = hashlib.sha256(text).hexdigest()
    command_id = await first_use(run, caller, key, f"rule/{digest}")
    await run.store.put_blob(caller.tenant, rule_blob(digest), _once(text))
    meta = library_meta(run, caller, command_id)
    before = await books_of(run.store).library(caller.tenant)
    library = await tell_library(run, DraftRule(meta=meta, rule_id=rule.id, digest=digest, title=rule.title))
    latest = library.versions_of(rule.id)[-1]
    is_new = len(library.versions) > len(before.versions)
    response.status_code = 201 if is_new else 200
    await run.audit.record(caller, "rule.draft", f"rule/{rule.id}/{latest.version}")
    return shown_rule(library, rule.id)


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


@router.get("/rules")
@without_patients
async def rules(run: Run, caller: Reader) -> dict[str, Any]:
    """The tenant's rules with their versions and terms, and the base set."""
    library = await books_of(run.store).library(caller.tenant)
    ids = dict.fromkeys(one.rule_id for one in library.versions)
    base = [
        {"id": rule.id, "title": rule.title, "source": rule.source, "waivable": rule.waivable} for rule in base_rules()
    ]
    return {"rules": [shown_rule(library, one) for one in ids], "base": base}


@router.get("/rules/{rule_id}")
@without_patients
async def rule(rule_id: str, run: Run, caller: Reader) -> dict[str, Any]:
    """One rule: every version with its document, and who decided what about it when."""
    books = books_of(run.store)
    library = await books.library(caller.tenant)
    known = library.versions_of(rule_id)
    if not known:
        raise HTTPException(404, "no such rule here")
    documents = {one.version: await books.document(caller.tenant, library, rule_id, one.version) for one in known}
    history = await run.store.history(LIBRARY, Key(caller.tenant, LIBRARY_ID))
    return {
        **shown_rule(library, rule_id),
        "documents": documents,
        "history": [
            {"at": entry.meta.occurred_at, "actor": entry.meta.actor, **entry.fact.model_dump(exclude={"command_id"})}
            for entry in history
            if getattr(entry.fact, "rule_id", None) == rule_id
        ],
    }


@router.post("/rules/{rule_id}/activate")
async def activate(rule_id: str, body: Activate, run: Run, caller: Keeper, key: IdempotencyKey) -> dict[str, Any]:
    """Put a version into force for services from a day on. 409 when it would make the rules go round in circles."""
    books = books_of(run.store)
    shelf = await books.shelf(caller.tenant)
    try:
        candidate = await books.rule(caller.tenant, shelf.library, rule_id, body.version)
    except KeyError:
        raise HTTPException(404, "no such version of this rule") from None
    others = [one for one in shelf.book.rules.rules if one.id != rule_id]
    if looping := circles([*others, with_version(candidate, body.version)]):
        raise HTTPException(409, f"these rules would never come to rest: {'; '.join(looping)}")
    command_id = await first_use(run, caller, key, f"activate/{rule_id}/{body.model_dump_json()}")
    await run.audit.record(caller, "rule.activate", f"rule/{rule_id}/{body.version}", body.reason)
    meta = library_meta(run, caller, command_id)
    message = ActivateRule(
        meta=meta, rule_id=rule_id, version=body.version, valid_from=body.valid_from, reason=body.reason
    )
    return shown_rule(await tell_library(run, message), rule_id)


@router.post("/rules/{rule_id}/retire")
async def retire(rule_id: str, body: Retire, run: Run, caller: Keeper, key: IdempotencyKey) -> dict[str, Any]:
    """Let a rule end; a base rule of this id ends too."""
    library = await books_of(run.store).library(caller.tenant)
    if not library.versions_of(rule_id) and all(rule_id != one.id for one in base_rules()):
        raise HTTPException(404, "no such rule here")
    command_id = await first_use(run, caller, key, f"retire/{rule_id}/{body.model_dump_json()}")
    await run.audit.record(caller, "rule.retire", f"rule/{rule_id}", body.reason)
    meta = library_meta(run, caller, command_id)
    message = RetireRule(meta=meta, rule_id=rule_id, valid_from=body.valid_from, reason=body.reason)
    return shown_rule(await tell_library(run, message), rule_id)


@router.post("/rules/{rule_id}/dry-run", status_code=202)
async def try_rule(rule_id: str, body: TryOut, run: Run, caller: Author, key: IdempotencyKey) -> dict[str, Any]:
    """Begin to try a version on the claims that are here; `GET /rules-jobs/{job_id}` says how far it is."""
    library = await books_of(run.store).library(caller.tenant)
    if body.version > len(library.versions_of(rule_id)):
        raise HTTPException(404, "no such version of this rule")
    command_id = await first_use(run, caller, key, f"try/{rule_id}/{body.version}")
    job_id = f"try_{command_id.hex}"
    meta = command_meta(run, caller, "claims", command_id, f"rules_job/{job_id}", job_id)
    message = TryRule(meta=meta, job_id=job_id, rule_id=rule_id, version=body.version)
    decided = await run.shell.transact_one(JOB, message)
    await run.audit.record(caller, "rule.try", f"rule/{rule_id}/{body.version}")
    return shown_job(decided.snapshot.state)


@router.get("/rules-jobs/{job_id}")
async def job(job_id: str, run: Run, caller: Reader) -> dict[str, Any]:
    """How far a dry run or a reference file is, and what came of it."""
    key = Key(caller.tenant, job_id)
    state = (await run.store.load(JOB, (key,)))[key].snapshot.state
    if state.status == "absent":
        raise HTTPException(404, "no such work here")
    return shown_job(state)


@router.get("/rules-jobs")
async def jobs(
    run: Run, caller: Reader, *, what: Literal["reference", "dry_run"], after: str | None = None
) -> list[dict[str, Any]]:
    """Dry runs or reference files of the tenant, by id."""
    found = await run.store.find(JOB, caller.tenant, {"what": what}, after, 100)
    return [shown_job(state) for _, state in found]


@router.post("/reference/{kind}", status_code=202, dependencies=[while_there_is_room])
async def post_reference(
    kind: Kind, request: Request, run: Run, caller: Keeper, parts: Here, *, name: Name = ""
) -> dict[str, Any]:
    """Take a reference file in, CSV, streamed. The same content again is the same piece of work."""
    if KINDS[kind].named is not bool(name):
        detail = "give it a name: ?name=" if KINDS[kind].named else "there is only one of this kind: leave name out"
        raise HTTPException(422, detail)
    bytes_max: int = request.app.state.upload_bytes_max
    try:
        kept = await parts.vault.keep(caller.tenant, FOLDER, request.stream(), bytes_max=bytes_max)
    except FileTooLargeError as error:
        raise HTTPException(413, str(error)) from None
    job_id = f"{kind}.{name}.{kept.file_id}"
    command_id = await first_use(run, caller, f"reference/{job_id}", job_id)
    meta = command_meta(run, caller, "claims", command_id, f"rules_job/{job_id}", job_id)
    message = ReadReferenceFile(meta=meta, job_id=job_id, kind=kind, name=name, size=kept.size)
    state = (await run.shell.transact_one(JOB, message)).snapshot.state
    if state.status == "done":  # an earlier file comes back into use
        await run.shell.transact(
            LIBRARY, (ListTable(meta=meta, kind=kind, name=name, file_id=job_id, rows=state.rows),)
        )
    await run.audit.record(caller, "reference.load", f"reference/{job_id}")
    return shown_job(state)


@router.get("/reference")
@without_patients
async def reference(run: Run, caller: Reader) -> list[dict[str, Any]]:
    """The tables that count."""
    library = await books_of(run.store).library(caller.tenant)
    return [{"kind": one.kind, "name": one.name, "rows": one.rows, "job_id": one.file_id} for one in library.tables]


@router.post("/claims/dry-run")
async def dry_run(body: ClaimBody, request: Request, run: Run, caller: Author, parts: Here) -> dict[str, Any]:
    """What would come of a claim if it were sent in now. Nothing is kept, and no number is taken."""
    now = run.clock.now()
    arrival = Arrival(DRY_RUN, body.claim837(), "dry-run", body.account_number)
    read = parts.intake.read(caller.tenant, arrival)
    (outcome,) = await parts.intake.judged(caller.tenant, now.date(), [read])
    policy: Policy = request.app.state.policy
    found = scrubbed(Case(outcome.content, now.date(), policy, judged=outcome.judged))
    return {
        "would_be_held": bool(found.holds),
        "holds": [hold.model_dump() for hold in found.holds],
        "waivable": found.waivable,
        "tags": found.tags,
        "explained": [one.model_dump() for one in found.explained],
        "charge_cents": outcome.content.charge_cents,
        "lines": [
            {
                "procedure": line.procedure,
                "modifiers": line.modifiers,
                "units": line.units,
                "charge_cents": line.charge_cents,
            }
            for line in outcome.content.lines
        ],
    }


def shown_rule(library: Library, rule_id: str) -> dict[str, Any]:
    """A rule's versions, and when which is in force."""
    return {
        "id": rule_id,
        "versions": [{"version": one.version, "title": one.title} for one in library.versions_of(rule_id)],
        "terms": [
            {"version": term.version or None, "first": term.first, "last": term.last}
            for term in library.terms_of(rule_id)
        ],
    }


def shown_job(state: Job) -> dict[str, Any]:
    """A piece of work as its owner sees it."""
    common = {"job_id": state.job_id, "what": state.what, "status": state.status, "seen": state.seen}
    if state.what == "dry_run":
        differences = [one.model_dump() for one in state.differences]
        return {
            **common,
            "rule_id": state.rule_id,
            "version": state.version,
            "differences": differences,
            "reason": state.reason,
        }
    return {
        **common,
        "kind": state.kind,
        "name": state.name,
        "rows": state.rows,
        "refused": [one.model_dump() for one in state.refused],
        "refused_total": state.refused_total,
        "reason": state.reason,
    }
