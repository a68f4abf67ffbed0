"""HTTP of agencies: what waits for them and what was sent, placements, and the files that they send."""

from typing import Annotated, Any, Literal, cast
from uuid import uuid5

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import Field

from services.collections.agency_intake import BYTES_MAX, AgencyIntake, WrongAgencyFileError
from services.collections.agency_pickup import FOLDER
from services.collections.api import AccountId, Accounts, Limit
from services.collections.books import Books
from services.collections.core.agency import AgencyDecider, AgencyDesk, CutFile
from services.collections.core.agency_account import HearAgency
from services.collections.core.agency_file import AGENCY_FILE, AgencyFile, CloseAgencyFile
from services.collections.core.agency_policy import Agency
from services.collections.core.person_rules import agency_has
from services.collections.core.placement import PlacementDecider
from services.collections.core.placement_state import PlacedAccount
from shared.auth import Principal
from shared.contracts import Meta
from shared.decider import Decider, Scalar
from shared.folder_pickup import NAMESPACE
from shared.http import Body, IdempotencyKey, Run, allow, command_meta, first_use, running_of
from shared.runtime import Runtime
from shared.sealed_files import SealedFiles
from shared.store.port import Key

agency = APIRouter()

Reader = Annotated[Principal, Depends(allow("collector", "operator", "auditor"))]
Manager = Annotated[Principal, Depends(allow("collector", "operator"))]
Sender = Annotated[Principal, Depends(allow("collector", "operator", "integrator"))]
AgencyId = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[a-z0-9][a-z0-9_-]*$")]
PlacementStatus = Literal["waiting", "sent", "acknowledged", "refused", "recalled", "paid", "returned", "cancelled"]


class ReasonBody(Body):
    """Why a person does so; no patient data."""

    reason: Annotated[str, Field(min_length=3, max_length=500)]


def placements_of(request: Request) -> PlacementDecider:
    return cast("PlacementDecider", _decider(request, "placement"))


def agencies_of(request: Request) -> AgencyDecider:
    return cast("AgencyDecider", _decider(request, "agency"))


def _decider(request: Request, kind: str) -> Decider[Any, Any, Any]:
    return next(one for one in running_of(request).spec.deciders if one.kind == kind)


Placements = Annotated[PlacementDecider, Depends(placements_of)]
Agencies = Annotated[AgencyDecider, Depends(agencies_of)]


@agency.get("/agencies")
async def agencies(run: Run, caller: Reader, books: Books, kind: Agencies) -> list[dict[str, Any]]:
    """The client's agencies: the terms in force, what waits to be sent, and the last files with their totals."""
    ids, today = books.agencies.known(caller.tenant), run.clock.now().date()
    rows = await run.store.load(kind, [Key(caller.tenant, one) for one in ids])
    await run.audit.record(caller, "agencies.list", "agencies")
    found = ((one, books.agencies.find(caller.tenant, one, today)) for one in ids)
    return [shown_agency(one, terms, rows[Key(caller.tenant, one)].snapshot.state) for one, terms in found]


@agency.post("/agencies/{agency_id}/files", status_code=202)
async def write_file(
    agency_id: AgencyId, body: ReasonBody, run: Run, caller: Manager, key: IdempotencyKey, books: Books, kind: Agencies
) -> dict[str, Any]:
    """Write the agency's file now, of whatever waits. 409 when nothing does."""
    if not books.agencies.is_known(caller.tenant, agency_id):
        raise HTTPException(404, "this client has no such agency")
    meta = await _meta(run, caller, key, "agency", agency_id, "cut", body.reason)
    await run.audit.record(caller, "agency.cut", f"agency/{agency_id}", body.reason)
    decided = await run.shell.transact_one(kind, CutFile(meta=meta, agency_id=agency_id))
    if not decided.changed and not any(one.cut_on == meta.occurred_at.date() for one in decided.snapshot.state.files):
        raise HTTPException(409, "nothing waits for this agency")
    return {"agency_id": agency_id, "last_number": decided.snapshot.state.last_number}


@agency.get("/placements")
async def find_placements(  # noqa: PLR0913 - a filter each
    run: Run,
    caller: Reader,
    kind: Placements,
    *,
    agency_id: AgencyId | None = None,
    status: PlacementStatus | None = None,
    account_id: AccountId | None = None,
    needs_work: bool | None = None,
    after: str | None = None,
    limit: Limit = 50,
) -> list[dict[str, Any]]:
    """Placements by id; pages start `after` one. Filter by one of agency, status, account, or what needs a person."""
    given = {"agency_id": agency_id, "status": status, "account_id": account_id, "needs_work": needs_work}
    where: dict[str, Scalar] = {name: value for name, value in given.items() if value is not None}
    if len(where) > 1:
        raise HTTPException(422, "filter by one of agency_id, status, account_id, needs_work")
    found = await run.store.find(kind, caller.tenant, where, after, limit)
    await run.audit.record(caller, "placements.list", "placements")
    return [shown_placement(one) for _, one in found]


@agency.get("/placements/{placement_id}")
async def placement(placement_id: str, run: Run, caller: Reader, kind: Placements) -> dict[str, Any]:
    """One placement: what the agency was told and in which file, what it collected, and its fees."""
    key = Key(caller.tenant, placement_id)
    state = (await run.store.load(kind, (key,)))[key].snapshot.state
    if not state.placement_id:
        raise HTTPException(404, "no such placement here")
    await run.audit.record(caller, "placement.read", f"placement/{placement_id}")
    return shown_placement(state)


@agency.post("/accounts/{account_id}/recall")
async def recall(
    account_id: AccountId, body: ReasonBody, run: Run, caller: Manager, key: IdempotencyKey, accounts: Accounts
) -> dict[str, Any]:
    """Take an account back from its agency: it is told with its next file. 409 when no agency has it."""
    row = Key(caller.tenant, account_id)
    account = (await run.store.load(accounts, (row,)))[row].snapshot.state
    meta = await _meta(run, caller, key, "collection", account_id, "recall", body.reason)
    placed = agency_has(account)
    if placed is None:
        raise HTTPException(409, "no agency has this account")
    await run.audit.record(caller, "account.recall", f"account/{account_id}", body.reason)
    command = HearAgency(
        meta=meta,
        account_id=account_id,
        placement_id=placed.placement_id,
        agency_id=placed.agency_id,
        news="recalled",
    )
    after = (await run.shell.transact_one(accounts, command)).snapshot.state
    return {"account_id": account_id, "status": after.status, "placement_id": placed.placement_id}


@agency.post("/agency-files", status_code=201)
async def upload(
    request: Request,
    run: Run,
    caller: Sender,
    books: Books,
    placements: Placements,
    agency_id: Annotated[str, Query(min_length=1, max_length=60)],
    name: Annotated[str, Query(min_length=1, max_length=255)],
) -> dict[str, Any]:
    """Take in an agency's file: acknowledgements, updates, payments, its inventory. The same content is one file."""
    content = await request.body()
    if not content or len(content) > BYTES_MAX:
        raise HTTPException(422, "send the file as the body; it is empty, or too long")
    intake = AgencyIntake(run, books.agencies, placements)
    try:
        intake.terms_of(caller.tenant, agency_id)
        kept = await SealedFiles(run.store, run.sealer, FOLDER).keep(caller.tenant, content)
        meta = command_meta(
            run,
            caller,
            "collections",
            uuid5(NAMESPACE, f"{caller.tenant}/{kept.file_id}"),
            f"agency_file/{kept.file_id}",
            kept.file_id,
        )
        taken = await intake.take(meta, agency_id, name, content)
    except WrongAgencyFileError as error:
        raise HTTPException(422, str(error)) from None
    await run.audit.record(caller, "agency_file.upload", f"agency_file/{taken.file_id}")
    return shown_file(taken)


@agency.get("/agency-files")
async def find_files(
    run: Run,
    caller: Reader,
    *,
    agency_id: AgencyId | None = None,
    needs_work: bool | None = None,
    after: str | None = None,
    limit: Limit = 50,
) -> list[dict[str, Any]]:
    """Files that agencies sent; `needs_work`: parked ones, refused lines and differences nobody looked at."""
    given = {"agency_id": agency_id, "needs_work": needs_work}
    where: dict[str, Scalar] = {label: value for label, value in given.items() if value is not None}
    if len(where) > 1:
        raise HTTPException(422, "filter by one of agency_id, needs_work")
    found = await run.store.find(AGENCY_FILE, caller.tenant, where, after, limit)
    await run.audit.record(caller, "agency_files.list", "agency_files")
    return [shown_file(one) for _, one in found]


@agency.get("/agency-files/{file_id}")
async def agency_file(file_id: str, run: Run, caller: Reader) -> dict[str, Any]:
    """One file: its totals stated and found, the lines that were refused, and what differs."""
    await run.audit.record(caller, "agency_file.read", f"agency_file/{file_id}")
    return shown_file(await _file(run, caller, file_id))


@agency.post("/agency-files/{file_id}/close")
async def close(file_id: str, body: ReasonBody, run: Run, caller: Manager, key: IdempotencyKey) -> dict[str, Any]:
    """Somebody looked at what was wrong with it, and says what was done. 409 where nothing waits."""
    before = await _file(run, caller, file_id)
    meta = await _meta(run, caller, key, "agency_file", file_id, "close", body.reason)
    if not before.needs_work and before.closed_because != body.reason:
        raise HTTPException(409, "nothing of this file waits for a person")
    await run.audit.record(caller, "agency_file.close", f"agency_file/{file_id}", body.reason)
    command = CloseAgencyFile(meta=meta, file_id=file_id, reason=body.reason)
    return shown_file((await run.shell.transact_one(AGENCY_FILE, command)).snapshot.state)


async def _file(run: Runtime, caller: Principal, file_id: str) -> AgencyFile:
    key = Key(caller.tenant, file_id)
    state = (await run.store.load(AGENCY_FILE, (key,)))[key].snapshot.state
    if not state.file_id:
        raise HTTPException(404, "no such file here")
    return state


async def _meta(
    run: Runtime, caller: Principal, key: str, kind: str, aggregate_id: str, verb: str, content: str
) -> Meta:
    digest = run.pseudonyms.of("req", caller.tenant, f"{verb}/{aggregate_id}", content)
    command_id = await first_use(run, caller, key, digest)
    return command_meta(run, caller, "collections", command_id, f"{kind}/{aggregate_id}", aggregate_id)


def shown_agency(agency_id: str, terms: Agency | None, desk: AgencyDesk) -> dict[str, Any]:
    """An agency for a screen; files by number, the newest last."""
    return {
        "agency_id": agency_id,
        "name": "" if terms is None else terms.name,
        "terms": None if terms is None else terms.version,
        "format": None if terms is None else terms.format.name,
        "then": "" if terms is None else terms.then,
        "waiting": len(desk.queue),
        "waiting_since": desk.queued_since,
        "files": [one._asdict() for one in desk.files],
    }


def shown_placement(state: PlacedAccount) -> dict[str, Any]:
    """A placement for a screen; cents."""
    return {
        "placement_id": state.placement_id,
        "account_id": state.account_id,
        "agency_id": state.agency_id,
        "agency_number": state.agency_number,
        "terms": state.terms,
        "number": state.number,
        "status": state.status,
        "placed_on": state.placed_on,
        "held_until": state.held_until,
        "ended_on": state.ended_on,
        "placed_cents": state.placed_cents,
        "collected_cents": state.collected_cents,
        "balance_cents": state.balance_cents,
        "fee_cents": state.fee_cents,
        "agency_status": state.code,
        "promised_on": state.promised_on,
        "promised_cents": state.promised_cents,
        "work": state.work,
        "records": [one._asdict() for one in state.records],
        "payments": [one._asdict() for one in state.payments],
        "moved": [one._asdict() for one in state.moved],
    }


def shown_file(state: AgencyFile) -> dict[str, Any]:
    return {
        "file_id": state.file_id,
        "agency_id": state.agency_id,
        "kind": state.kind,
        "name": state.name,
        "outcome": state.outcome,
        "reason": state.reason,
        "stated": state.stated.model_dump(),
        "found": state.found.model_dump(),
        "accepted": state.accepted,
        "refused": state.refused,
        "notes": [one.model_dump() for one in state.notes],
        "notes_found": state.notes_found,
        "trace": state.trace,
        "needs_work": state.needs_work,
        "closed_by": state.closed_by,
        "closed_because": state.closed_because,
    }
