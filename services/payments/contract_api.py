"""HTTP of contracts with payers: versions, fee schedules, dry runs, and what is expected of a claim."""

import hashlib
import json
from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request
from pydantic import Field

from services.payments.api_models import Limit, Reader, Reason
from services.payments.commands import Desk, known, once
from services.payments.contract_shelf import ContractShelf, text_blob
from services.payments.contract_views import shown_case, shown_contracts, shown_faults, shown_head, shown_job
from services.payments.core.claim_review import CLAIM_REVIEW, ClaimReview
from services.payments.core.contract_book import (
    BOOK_ID,
    CONTRACT_BOOK,
    ActivateContract,
    BookMessage,
    ContractBook,
    DraftContract,
    EndContract,
    ListSchedule,
    WithdrawSchedule,
)
from services.payments.core.contract_check import faults_of, schedules_of
from services.payments.core.contract_job import CONTRACT_JOB, ContractJob, JudgeAgain, ReadSchedule, TryContract
from services.payments.core.contract_terms import VersionBody
from services.payments.underpayment_parts import UnderpaymentParts, shelf_of, underpayment_parts_of
from services.payments.underpayment_performers import SCHEDULES
from services.payments.vault import RemittanceVault
from shared.auth import Principal
from shared.decider import Scalar
from shared.http import Body, IdempotencyKey, Run, allow
from shared.overload import while_there_is_room

contracts = APIRouter()

Keeper = Annotated[Principal, Depends(allow("poster", "operator"))]
Shelf = Annotated[ContractShelf, Depends(shelf_of)]
Parts = Annotated[UnderpaymentParts, Depends(underpayment_parts_of)]
ContractId = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$")]
ScheduleName = Annotated[str, Query(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$")]
Number = Annotated[int, Path(ge=1, le=100_000)]
SCHEDULE_PATHS = ("/schedules",)
"""Bodies sent there may be long."""
SCHEDULE_BYTES_MAX = 64 << 20
TEXT_BYTES_MAX = 200_000


class EndBody(Body):
    """The last day on which the version holds, and why it ends."""

    last_day: date
    reason: str = Field(min_length=3, max_length=500)


class WithdrawBody(Body):
    """Which file of the schedule was loaded by mistake."""

    file_id: str = Field(min_length=1, max_length=160)
    reason: str = Field(min_length=3, max_length=500)


@contracts.get("/contracts")
async def find_contracts(caller: Reader, shelf: Shelf) -> list[dict[str, Any]]:
    """Every contract with its versions; `gaps` are days between versions in force."""
    return shown_contracts(await shelf.book(caller.tenant))


@contracts.post("/contracts/check")
async def check(body: VersionBody, caller: Reader, shelf: Shelf) -> dict[str, Any]:
    """What is wrong with a version; nothing is kept."""
    unknown = _unknown_schedules(body, await shelf.book(caller.tenant))
    return {"faults": shown_faults(faults_of(body)), "schedules_not_loaded": unknown}


@contracts.post("/contracts/{contract_id}/versions", status_code=201, dependencies=[while_there_is_room])
async def draft(
    contract_id: ContractId, body: VersionBody, run: Run, caller: Keeper, shelf: Shelf, key: IdempotencyKey
) -> dict[str, Any]:
    """Keep a version; it is in force nowhere until it is activated. 422 with every fault and its place."""
    if faults := faults_of(body):
        said = "; ".join(f"{one.at}: {one.says}" for one in faults[:20])
        raise HTTPException(422, f"the version cannot be used: {said}")
    desk = await once(run, caller, key, f"contract/{contract_id}", body)
    text = json.dumps(body.model_dump(mode="json", exclude_defaults=True), sort_keys=True).encode()
    if len(text) > TEXT_BYTES_MAX:
        raise HTTPException(413, f"a version has at most {TEXT_BYTES_MAX} bytes: load long lists as a fee schedule")
    digest = hashlib.sha256(text).hexdigest()
    await run.store.put_blob(caller.tenant, text_blob(digest), _once(text))
    await desk.note("contract.draft", f"contract/{contract_id}")
    command = DraftContract(
        meta=desk.meta(CONTRACT_BOOK.kind, BOOK_ID),
        contract_id=contract_id,
        digest=digest,
        name=body.name,
        valid_from=body.valid_from,
        valid_to=body.valid_to,
    )
    before = len((await shelf.book(caller.tenant)).versions_of(contract_id))
    book = await _tell(desk, command)
    same = [one for one in book.versions_of(contract_id) if one.digest == digest]
    made = next((one for one in same if one.version > before), same[-1])
    return shown_head(made) | {"schedules_not_loaded": _unknown_schedules(body, book)}


@contracts.get("/contracts/{contract_id}/versions/{version}")
async def version_text(contract_id: ContractId, version: Number, caller: Reader, shelf: Shelf) -> dict[str, Any]:
    """A version as it was written."""
    head = (await shelf.book(caller.tenant)).head(contract_id, version)
    if head is None:
        raise HTTPException(404, "no such version of this contract")
    body = await shelf.body(caller.tenant, head)
    return shown_head(head) | {"body": body.model_dump(mode="json", exclude_defaults=True)}


@contracts.post("/contracts/{contract_id}/versions/{version}/activate")
async def activate(
    contract_id: ContractId,
    version: Number,
    body: Reason,
    run: Run,
    caller: Keeper,
    shelf: Shelf,
    key: IdempotencyKey,
) -> dict[str, Any]:
    """Put a version into force for its days, and judge past remittances anew. 409 where another holds on these days."""
    desk = await once(run, caller, key, f"activate/{contract_id}/{version}", body)
    book = await shelf.book(caller.tenant)
    head = book.head(contract_id, version)
    if head is None:
        raise HTTPException(404, "no such version of this contract")
    if missing := _unknown_schedules(await shelf.body(caller.tenant, head), book):
        raise HTTPException(409, f"load these fee schedules first: {', '.join(missing)}")
    await desk.note("contract.activate", f"contract/{contract_id}/{version}", body.reason)
    command = ActivateContract(
        meta=desk.meta(CONTRACT_BOOK.kind, BOOK_ID), contract_id=contract_id, version=version, reason=body.reason
    )
    return await _changed(desk, command, contract_id, version)


@contracts.post("/contracts/{contract_id}/versions/{version}/end")
async def end(
    contract_id: ContractId, version: Number, body: EndBody, run: Run, caller: Keeper, key: IdempotencyKey
) -> dict[str, Any]:
    """Give a version in force its last day; before its first day, it is in force nowhere any more."""
    desk = await once(run, caller, key, f"end/{contract_id}/{version}", body)
    await desk.note("contract.end", f"contract/{contract_id}/{version}", body.reason)
    command = EndContract(
        meta=desk.meta(CONTRACT_BOOK.kind, BOOK_ID),
        contract_id=contract_id,
        version=version,
        last_day=body.last_day,
        reason=body.reason,
    )
    return await _changed(desk, command, contract_id, version)


async def _changed(
    desk: Desk, command: ActivateContract | EndContract, contract_id: str, version: int
) -> dict[str, Any]:
    head = (await _tell(desk, command)).head(contract_id, version)
    assert head is not None, "the book took the command"
    return shown_head(head) | {"job": shown_job(await _again(desk, command.reason))}


async def _tell(desk: Desk, command: BookMessage) -> ContractBook:
    """The book after a command; 409 with the reason when it was refused."""
    book = (await desk.run.shell.transact_one(CONTRACT_BOOK, command)).snapshot.state
    answer = book.answer(command.meta.id)
    if answer is not None and answer.refused:
        raise HTTPException(409, answer.refused)
    return book


async def _again(desk: Desk, reason: str) -> ContractJob:
    job_id = f"again_{desk.command_id.hex}"
    command = JudgeAgain(meta=desk.meta(CONTRACT_JOB.kind, job_id), job_id=job_id, reason=reason)
    return (await desk.run.shell.transact_one(CONTRACT_JOB, command)).snapshot.state


@contracts.post("/contracts/{contract_id}/versions/{version}/dry-run", status_code=202)
async def dry_run(
    contract_id: ContractId, version: Number, run: Run, caller: Keeper, shelf: Shelf, key: IdempotencyKey
) -> dict[str, Any]:
    """What the version would have found in the remittances that are here; nothing changes. Progress: the job."""
    desk = await once(run, caller, key, f"try/{contract_id}/{version}")
    if (await shelf.book(caller.tenant)).head(contract_id, version) is None:
        raise HTTPException(404, "no such version of this contract")
    job_id = f"try_{desk.command_id.hex}"
    await desk.note("contract.try", f"contract/{contract_id}/{version}")
    command = TryContract(
        meta=desk.meta(CONTRACT_JOB.kind, job_id), job_id=job_id, contract_id=contract_id, version=version
    )
    return shown_job((await run.shell.transact_one(CONTRACT_JOB, command)).snapshot.state)


@contracts.post("/contracts/judge-again", status_code=202)
async def judge_again(body: Reason, run: Run, caller: Keeper, key: IdempotencyKey) -> dict[str, Any]:
    """Judge past remittances by the contracts and schedules as they are now."""
    desk = await once(run, caller, key, "judge-again", body)
    await desk.note("contract.judge-again", "contract_book", body.reason)
    return shown_job(await _again(desk, body.reason))


@contracts.get("/contract-jobs")
async def jobs(
    run: Run,
    caller: Reader,
    *,
    what: Literal["schedule", "dry_run", "again"],
    after: str | None = None,
    limit: Limit = 50,
) -> list[dict[str, Any]]:
    """Schedules that were read, dry runs, judgements anew."""
    found = await run.store.find(CONTRACT_JOB, caller.tenant, {"what": what}, after, limit)
    return [shown_job(state) for _, state in found]


@contracts.get("/contract-jobs/{job_id}")
async def job(job_id: str, run: Run, caller: Reader) -> dict[str, Any]:
    """How far a piece of work is, and what came of it."""
    return shown_job(await known(run, caller, CONTRACT_JOB, job_id))


@contracts.post("/schedules", status_code=202, dependencies=[while_there_is_room])
async def load_schedule(request: Request, run: Run, caller: Keeper, name: ScheduleName) -> dict[str, Any]:
    """Take a fee schedule in, CSV. The same content again is the same piece of work; its rows count before older ones.

    Columns: payer, procedure, modifier, price, valid_from, valid_to, and setting (facility, nonfacility) where wanted.
    """
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > SCHEDULE_BYTES_MAX:
            raise HTTPException(413, f"a schedule has at most {SCHEDULE_BYTES_MAX} bytes: load it in parts")
    kept = await RemittanceVault(run.store, run.sealer, SCHEDULES).keep(caller.tenant, bytes(content))
    job_id = f"schedule.{name}.{kept.file_id}"
    desk = await once(run, caller, f"schedule/{job_id}", "schedule", job_id)
    await desk.note("schedule.load", f"schedule/{name}")
    command = ReadSchedule(meta=desk.meta(CONTRACT_JOB.kind, job_id), job_id=job_id, name=name, size=kept.size_bytes)
    state = (await run.shell.transact_one(CONTRACT_JOB, command)).snapshot.state
    if state.status == "done":  # an earlier file comes back into use
        meta = desk.meta(CONTRACT_BOOK.kind, BOOK_ID)
        await _tell(desk, ListSchedule(meta=meta, name=name, file_id=job_id, rows=state.rows))
    return shown_job(state)


@contracts.get("/schedules")
async def schedules(caller: Reader, shelf: Shelf) -> list[dict[str, Any]]:
    """The files that count, newest first."""
    book = await shelf.book(caller.tenant)
    return [{"name": one.name, "file_id": one.file_id, "rows": one.rows} for one in book.tables]


@contracts.post("/schedules/{name}/withdraw")
async def withdraw(
    name: ContractId, body: WithdrawBody, run: Run, caller: Keeper, key: IdempotencyKey
) -> dict[str, Any]:
    """A file was loaded by mistake: its rows count no more, and past remittances are judged anew."""
    desk = await once(run, caller, key, f"withdraw/{name}", body)
    await desk.note("schedule.withdraw", f"schedule/{name}", body.reason)
    meta = desk.meta(CONTRACT_BOOK.kind, BOOK_ID)
    await _tell(desk, WithdrawSchedule(meta=meta, name=name, file_id=body.file_id, reason=body.reason))
    return shown_job(await _again(desk, body.reason))


@contracts.get("/expected")
async def reviews(
    run: Run,
    caller: Reader,
    *,
    outcome: Literal["underpaid", "overpaid", "cannot_say", "denied", "as_expected", "gone"],
    because: str | None = None,
    after: str | None = None,
    limit: Limit = 50,
) -> list[dict[str, Any]]:
    """Claims by what came of holding them against their contracts; `because` is why nothing can be said."""
    where: dict[str, Scalar] = {"outcome": outcome}
    where |= {"because": because} if because else {}
    found = await run.store.find(CLAIM_REVIEW, caller.tenant, where, after, limit)
    return [
        {"claim_id": one.claim_id, "account_id": one.account_id, "outcome": one.outcome}
        | {"cases": [judgement.model_dump() for judgement in one.judgements]}
        for _, one in found
    ]


@contracts.get("/expected/{claim_id}")
async def review(claim_id: str, run: Run, caller: Reader, parts: Parts, shelf: Shelf) -> dict[str, Any]:
    """What is expected of each line of a claim and why, worked out by the contracts as they are now."""
    state: ClaimReview = await known(run, caller, CLAIM_REVIEW, claim_id)
    cases = (await parts.measure(shelf).now(caller.tenant)).cases(state)
    return {
        "claim_id": claim_id,
        "account_id": state.account_id,
        "billed": state.billed is not None,
        "cases": [shown_case(one) for one in cases],
    }


def _unknown_schedules(body: VersionBody, book: ContractBook) -> list[str]:
    return sorted(schedules_of(body) - {one.name for one in book.tables})


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
