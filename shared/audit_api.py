"""HTTP of the audit log, the same in every service: search and pages, export, verification."""

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import Field

from shared.audit import COLLECTION
from shared.audit_anchors import HOUSE
from shared.audit_chain import Head
from shared.audit_lines import Kind, Log
from shared.audit_log import all_of, ids_between, page_of, verify
from shared.auth import Principal
from shared.decider import Scalar
from shared.http import Body, Run, allow, running_of
from shared.store.port import Document

Auditor = Annotated[Principal, Depends(allow("auditor", "operator"))]
Operator = Annotated[Principal, Depends(allow("operator"))]
COLUMNS = (
    *("at", "log", "kind", "actor", "roles", "action", "subject", "reason", "outcome", "address"),
    *("chain", "number", "previous", "key_id", "mac", "id", "tenant"),
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")
OUTSIDE_MAX = 1000

router = APIRouter(tags=["audit log"])


class Search(Body):
    """What is known of the records: all that is given must fit. `last` is included; days are UTC."""

    log: Log | None = Field(default=None, description="activity of people, api of clients, security, chain.")
    kind: Kind | None = None
    actor: str | None = Field(default=None, max_length=200)
    action: str | None = Field(default=None, max_length=200)
    subject: str | None = Field(default=None, max_length=300, description="kind/id, for example claim/clm_1.")
    first: date | None = None
    last: date | None = None
    after: str | None = Field(default=None, max_length=300, description="The id of the last record of the page before.")
    newest_first: bool = False
    limit: int = Field(default=200, ge=1, le=1000)

    def where(self) -> dict[str, Scalar]:
        return self.model_dump(include={"log", "kind", "actor", "action", "subject"}, exclude_none=True)

    def between(self) -> tuple[str, str]:
        first, last = ids_between(self.first, self.last)
        if self.after is None:
            return first, last
        return (first, min(last, self.after)) if self.newest_first else (max(first, self.after), last)


@router.get("/audit")
async def audit_log(run: Run, caller: Auditor, asked: Annotated[Search, Query()]) -> list[dict[str, Any]]:
    """Who read or changed what, when and why: a page, oldest first unless asked otherwise."""
    found = await page_of(
        run.store, caller.tenant, asked.where(), asked.between(), asked.limit, newest_first=asked.newest_first
    )
    return [_shown(note) for note in found]


@router.get("/audit/unknown-callers")
async def unknown_callers(run: Run, _: Operator, asked: Annotated[Search, Query()]) -> list[dict[str, Any]]:
    """Requests without a token that proves anything. They are of no tenant; an operator of any may see them."""
    found = await page_of(
        run.store, HOUSE, asked.where(), asked.between(), asked.limit, newest_first=asked.newest_first
    )
    return [_shown(note) for note in found]


@router.get("/audit/verify")
async def verify_log(request: Request, run: Run, caller: Auditor) -> dict[str, Any]:
    """Check the whole log of the tenant here: every mac, every number, every anchor. `faults` says what is wrong."""
    verdict = await verify(run.store, run.audit, running_of(request).spec.name, caller.tenant)
    return verdict._asdict()


class OutsideAnchor(Body):
    """An anchor as a copy outside the store has it."""

    writer: str = Field(max_length=200)
    number: int = Field(ge=1)
    mac: str = Field(max_length=200)


class Outside(Body):
    """The last anchors of each process, as copies have them."""

    anchors: list[OutsideAnchor] = Field(max_length=OUTSIDE_MAX)


@router.post("/audit/verify")
async def verify_log_with_copies(request: Request, body: Outside, run: Run, caller: Auditor) -> dict[str, Any]:
    """As the other, and every anchor given must be there: a copy outside the store tells of any end that was cut."""
    outside = [(one.writer, Head(one.number, one.mac), "the copy") for one in body.anchors]
    verdict = await verify(run.store, run.audit, running_of(request).spec.name, caller.tenant, outside)
    return verdict._asdict()


@router.get("/audit/export", response_class=StreamingResponse)
async def export(
    run: Run,
    caller: Auditor,
    *,
    first: date | None = None,
    last: date | None = None,
    form: Annotated[Literal["jsonl", "csv"], Query(alias="format")] = "jsonl",
) -> StreamingResponse:
    """All records of these days (UTC, both included), with their macs, as JSON lines or CSV."""
    notes = all_of(run.store, COLLECTION, caller.tenant, ids_between(first, last))
    if form == "csv":
        return StreamingResponse(_csv_lines(notes), media_type="text/csv")
    return StreamingResponse(_json_lines(notes), media_type="application/x-ndjson")


async def _json_lines(notes: AsyncIterator[Document]) -> AsyncIterator[str]:
    async for note in notes:
        yield json.dumps({**_shown(note), "tenant": note["tenant"]}, default=_spelled, sort_keys=True) + "\n"


async def _csv_lines(notes: AsyncIterator[Document]) -> AsyncIterator[str]:
    yield _row(COLUMNS)
    async for note in notes:
        yield _row([_cell(note.get(name, "")) for name in COLUMNS])


def _row(cells: Any) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def _cell(value: Any) -> str:
    """As text; what a spreadsheet would take for a formula is kept from being one."""
    text = " ".join(map(str, cast("list[object]", value))) if isinstance(value, list) else str(_spelled(value))
    return f"'{text}" if text.startswith(FORMULA) else text


def _spelled(value: Any) -> Any:
    return value.isoformat(timespec="milliseconds") if isinstance(value, datetime) else value


def _shown(note: Document) -> dict[str, Any]:
    """A record without the values that it is only searched by."""
    return {name: value for name, value in note.items() if name != "keys"}
