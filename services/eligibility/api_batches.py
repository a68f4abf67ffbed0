"""HTTP of batches: a list of inquiries in, one JSON object a line; each row with its own result."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import ValidationError

from services.eligibility.api import Biller, Checks, Limit, Payers, Reader
from services.eligibility.api_models import InquiryBody
from services.eligibility.batch_intake import BatchDecider, BatchIntake, Made
from services.eligibility.core import RequestCheck
from services.eligibility.core.batch import Batch
from services.eligibility.core.check import not_asked
from services.eligibility.core.check_messages import id_of
from services.eligibility.core.directory import Directory, PayerTerms
from services.eligibility.core.night import ID as NIGHTLY
from services.eligibility.core.night import KIND, NightDecider
from services.eligibility.views import why_unknown
from shared.audit_edge import without_patients
from shared.auth import Principal
from shared.contracts import Meta
from shared.http import IdempotencyKey, Run, command_meta, first_use, running_of
from shared.identity import seal_model
from shared.overload import while_there_is_room
from shared.runtime import Runtime
from shared.store.port import Key

router = APIRouter()
ROWS_MAX = 10_000
LINE_BYTES_MAX = 20_000


def batches_of(request: Request) -> BatchDecider:
    found: BatchDecider = next(one for one in running_of(request).spec.deciders if one.kind == "batch")
    return found


def nights_of(request: Request) -> NightDecider:
    found: NightDecider = next(one for one in running_of(request).spec.deciders if one.kind == KIND)
    return found


Batches = Annotated[BatchDecider, Depends(batches_of)]
Nights = Annotated[NightDecider, Depends(nights_of)]


class Row(NamedTuple):
    """A line of the list: the question, or what is wrong with it; never its values."""

    number: int
    inquiry: InquiryBody | None
    error: str | None = None


@router.post("/batches", status_code=202, dependencies=[while_there_is_room])
async def post_batch(
    request: Request,
    run: Run,
    caller: Biller,
    key: IdempotencyKey,
    check: Checks,
    batch: Batches,
    payers: Payers,
) -> dict[str, Any]:
    """Take a list of up to 10,000 inquiries (JSON lines, as the bodies of `POST /checks`, each with `identity`).

    One batch is made for each payer. A row that cannot be asked is refused with a sentence, and its neighbours go on.
    """
    rows, digest = await _read(request)
    command_id = await first_use(run, caller, key, f"batch/{digest}")
    now = run.clock.now()
    refused = {row.number: row.error for row in rows if row.error}
    by_payer: dict[str, list[Row]] = {}
    for row in rows:
        if row.inquiry is None:
            continue
        if refusal := _refusal(payers, row.inquiry, now):
            refused[row.number] = refusal
        else:
            by_payer.setdefault(row.inquiry.payer_id, []).append(row)
    intake = BatchIntake(run, caller.tenant, check, batch, command_id, partial(_meta, run, caller))
    made = [
        await _take(run, caller, intake, own[start : start + most], start // most, terms)
        for payer_id, own in by_payer.items()
        for terms in [payers.of(payer_id, now.date())]
        for most in [terms.batch_inquiries_max]
        for start in range(0, len(own), most)
    ]
    await run.audit.record(caller, "batch.open", f"batch/{command_id.hex[:20]}")
    return {
        "rows": len(rows),
        "batches": [one.shown() for one in made],
        "refused": [{"line": number, "error": error} for number, error in sorted(refused.items())],
    }


async def _read(request: Request) -> tuple[list[Row], str]:
    """The lines of the body as rows, and its digest; 413 past what one list may hold."""
    rows: list[Row] = []
    digest, rest, number = hashlib.sha256(), b"", 0
    async for chunk in request.stream():
        digest.update(chunk)
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            number += 1
            rows += _row(number, line)
        if len(rest) > LINE_BYTES_MAX:
            raise HTTPException(413, f"line {number + 1} is longer than {LINE_BYTES_MAX} bytes: one inquiry a line")
        if len(rows) > ROWS_MAX:
            break
    rows += _row(number + 1, rest)
    if len(rows) > ROWS_MAX:
        raise HTTPException(413, f"a list holds {ROWS_MAX} inquiries at most: send it in parts")
    if not rows:
        raise HTTPException(422, "the list is empty: send one JSON object a line")
    return rows, digest.hexdigest()


def _row(number: int, line: bytes) -> list[Row]:
    if not line.strip():
        return []
    try:
        inquiry = InquiryBody.model_validate_json(line)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"]) or "the line"
        return [Row(number, None, f"{where}: {fault['type'].replace('_', ' ')}")]
    if inquiry.identity is None:
        return [Row(number, None, "identity: say who is insured")]
    return [Row(number, inquiry)]


def _refusal(payers: Directory, inquiry: InquiryBody, now: datetime) -> str | None:
    refusal = not_asked(payers.of(inquiry.payer_id, now.date()), batch=True)
    return None if refusal is None else f"payer_id: {why_unknown(refusal)}"


def _meta(run: Runtime, caller: Principal, command_id: UUID, subject: str, key: str) -> Meta:
    return command_meta(run, caller, "eligibility", command_id, subject, key)


async def _take(
    run: Runtime, caller: Principal, intake: BatchIntake, rows: list[Row], part: int, terms: PayerTerms
) -> Made:
    """One payer's batch. A row whose check is under way already has `joined` it, and waits for that answer."""
    [payer_id] = {row.inquiry.payer_id for row in rows if row.inquiry}
    batch_id, until = intake.batch_id(payer_id, part), intake.until(terms)
    commands = [await _command(run, caller, intake, batch_id, row, until) for row in rows]
    return await intake.take(batch_id, payer_id, commands, until)


async def _command(
    run: Runtime, caller: Principal, intake: BatchIntake, batch_id: str, row: Row, until: datetime
) -> RequestCheck:
    inquiry = row.inquiry
    assert inquiry is not None, "rows that are faulty were left out"
    assert inquiry.identity is not None, "rows without identity were left out"
    check_id = id_of(inquiry.account_id, inquiry.coverage_id, inquiry.service_date)
    sealed = await seal_model(run.sealer, caller.tenant, inquiry.account_id, inquiry.identity.identity())
    return RequestCheck(
        meta=intake.meta(f"{batch_id}/{row.number}", f"check/{check_id}", inquiry.account_id),
        request_id=f"{batch_id}.{row.number}",
        reason="batch",
        sealed_subscriber=sealed,
        batch_until=until,
        **inquiry.model_dump(exclude={"identity"}),
    )


@router.get("/batches")
async def list_batches(
    run: Run,
    caller: Reader,
    batch: Batches,
    *,
    status: Annotated[str | None, Query(pattern="^(open|closed)$")] = None,
    after: str | None = None,
    limit: Limit = 50,
) -> list[dict[str, Any]]:
    """The batches of the tenant, by id."""
    where: Mapping[str, str] = {"status": status} if status else {}
    return [shown_batch(one) for _, one in await run.store.find(batch, caller.tenant, where, after, limit)]


@router.get("/batches/{batch_id}")
async def get_batch(batch_id: str, run: Run, caller: Reader, batch: Batches) -> dict[str, Any]:
    """Where a batch stands."""
    key = Key(caller.tenant, batch_id)
    row = (await run.store.load(batch, (key,)))[key]
    if row.version == 0:
        raise HTTPException(404, "no such batch here")
    effects = row.snapshot.effects.values()
    return {
        **shown_batch(row.snapshot.state),
        "next_at": min((one.next_attempt_at for one in effects), default=None),
    }


@router.get("/nightly")
@without_patients
async def get_nightly(run: Run, caller: Reader, night: Nights) -> dict[str, Any]:
    """When the tenant's next list is made, and what the last one was; its batches are at `/batches/{id}`."""
    key = Key(caller.tenant, NIGHTLY)
    state = (await run.store.load(night, (key,)))[key].snapshot.state
    return {
        "next_at": state.next_at,
        "last": None
        if state.on is None
        else {
            "on": state.on,
            "began_at": state.ran_at,
            "asked": state.asked,
            "left_for_the_next": state.left,
            "batches": list(state.batches),
        },
    }


def shown_batch(batch: Batch) -> dict[str, Any]:
    return {
        "batch_id": batch.batch_id,
        "payer_id": batch.payer_id,
        "status": batch.status,
        "inquiries": batch.inquiries,
        "answered": batch.inquiries - batch.unanswered,
        "files_sent": batch.sent,
        "unmatched_answers": batch.unmatched,
        "until": batch.until,
    }
