"""HTTP of batches: a list of inquiries in, one JSON object a line; each row with its own result."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, NamedTuple
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import ValidationError

from services.eligibility.api import Biller, CheckDecider, Checks, Limit, Payers, Reader
from services.eligibility.api_models import InquiryBody
from services.eligibility.batches import Item, put_manifest
from services.eligibility.core import RequestCheck
from services.eligibility.core.batch import Batch, BatchFact, BatchMessage, OpenBatch
from services.eligibility.core.check import not_asked
from services.eligibility.core.check_messages import AwaitBatch, id_of
from services.eligibility.core.directory import Directory, PayerTerms
from services.eligibility.views import why_unknown
from shared.auth import Principal
from shared.decider import Decider
from shared.http import IdempotencyKey, Run, command_meta, first_use, running_of
from shared.identity import seal_model
from shared.overload import while_there_is_room
from shared.runtime import Runtime
from shared.store.port import Key

router = APIRouter()
ROWS_MAX = 10_000
LINE_BYTES_MAX = 20_000
CHUNK = 500
BatchDecider = Decider[Batch, BatchMessage, BatchFact]


def batches_of(request: Request) -> BatchDecider:
    found: BatchDecider = next(one for one in running_of(request).spec.deciders if one.kind == "batch")
    return found


Batches = Annotated[BatchDecider, Depends(batches_of)]


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
    intake = Intake(run, caller, check, batch, command_id)
    made = [
        await intake.take(payer_id, own[start : start + most], start // most, terms)
        for payer_id, own in by_payer.items()
        for terms in [payers.of(payer_id, now.date())]
        for most in [terms.batch_inquiries_max]
        for start in range(0, len(own), most)
    ]
    await run.audit.record(caller, "batch.open", f"batch/{command_id.hex[:20]}")
    return {
        "rows": len(rows),
        "batches": made,
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


class Intake:
    """Takes the rows of one list in: every id derives from the list's key, so a repeat takes nothing twice."""

    def __init__(
        self, run: Runtime, caller: Principal, check: CheckDecider, batch: BatchDecider, command_id: UUID
    ) -> None:
        self._run, self._caller, self._check, self._batch, self._command_id = run, caller, check, batch, command_id

    async def take(self, payer_id: str, rows: list[Row], part: int, terms: PayerTerms) -> dict[str, Any]:
        """One batch. A row whose check is under way already has `joined` it, and waits for that answer."""
        batch_id = f"eb_{uuid5(self._command_id, f'{payer_id}/{part}').hex[:20]}"
        until = self._run.clock.now() + terms.batch_retry
        commands = [await self._command(batch_id, row, until) for row in rows]
        for start in range(0, len(commands), CHUNK):
            await self._run.shell.transact(self._check, commands[start : start + CHUNK])
        items = await self._items(commands)
        if items:
            key = Key(self._caller.tenant, batch_id)
            if (await self._run.store.load(self._batch, (key,)))[key].version == 0:
                await put_manifest(self._run, self._caller.tenant, batch_id, items)
            opening = uuid5(self._command_id, batch_id)
            meta = command_meta(self._run, self._caller, "eligibility", opening, f"batch/{batch_id}", batch_id)
            opened = OpenBatch(meta=meta, batch_id=batch_id, payer_id=payer_id, inquiries=len(items), until=until)
            await self._run.shell.transact_one(self._batch, opened)
        return {
            "batch_id": batch_id if items else None,
            "payer_id": payer_id,
            "inquiries": len(items),
            "joined": len(rows) - len(items),
            "until": until,
        }

    async def _command(self, batch_id: str, row: Row, until: datetime) -> RequestCheck:
        inquiry = row.inquiry
        assert inquiry is not None, "rows that are faulty were left out"
        assert inquiry.identity is not None, "rows without identity were left out"
        command_id = uuid5(self._command_id, f"{batch_id}/{row.number}")
        check_id = id_of(inquiry.account_id, inquiry.coverage_id, inquiry.service_date)
        run, caller = self._run, self._caller
        sealed = await seal_model(run.sealer, caller.tenant, inquiry.account_id, inquiry.identity.identity())
        return RequestCheck(
            meta=command_meta(run, caller, "eligibility", command_id, f"check/{check_id}", inquiry.account_id),
            request_id=f"{batch_id}.{row.number}",
            reason="batch",
            sealed_subscriber=sealed,
            batch_until=until,
            **inquiry.model_dump(exclude={"identity"}),
        )

    async def _items(self, commands: list[RequestCheck]) -> list[Item]:
        """Those whose own request opened the inquiry."""
        keys = {command.check_id: Key(self._caller.tenant, command.check_id) for command in commands}
        rows = await self._run.store.load(self._check, set(keys.values()))
        items: list[Item] = []
        for command in commands:
            effects = rows[keys[command.check_id]].snapshot.effects
            own = [n for n, one in effects.items() if _waits_for(one.effect, command.request_id)]
            items += [
                Item(
                    check_id=command.check_id,
                    effect_id=effect_id,
                    payer_id=command.payer_id,
                    billing_npi=command.billing_npi,
                    service_date=command.service_date,
                    service_types=command.service_types,
                    sealed_subscriber=command.sealed_subscriber,
                )
                for effect_id in own
            ]
        return items


def _waits_for(effect: object, request_id: str) -> bool:
    return isinstance(effect, AwaitBatch) and effect.request_id == request_id


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
