"""The rows of a work list: the console's own projections, or what the owning service lists, in one shape."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple, cast

from services.console.calls import Answer, Ask, Services, problems_of
from services.console.core import CLAIM_VIEW, REMITTANCE_VIEW, ClaimView, RemittanceView
from services.console.core.claim_view import deadline_of
from services.console.core.work_lists import Asked, Desk, WorkList
from services.console.ordered import Cursor, OrderedLists, Page, Wanted
from shared.decider import Decider
from shared.store.port import Store

PAGE_ROWS = 50
EXPORT_ROWS = 200
"""As many as the services give at once."""
PATIENCE_SECONDS = 0.05
"""A count that takes longer is shown on the next look."""
COUNT_RESTS = 20
"""A count is made anew after this many times as long as it took, and not before `COUNT_SECONDS`."""
COUNT_SECONDS = 5.0


class WorkRow(NamedTuple):
    """One row: its cells by column, who has it, at which version the service has it, and its place in the list."""

    id: str
    cells: Mapping[str, Any]
    cursor: str
    version: str = ""
    owner: str = ""


class Sheet(NamedTuple):
    """A page of rows, where the next one starts, and which services did not answer."""

    rows: tuple[WorkRow, ...]
    next_after: str | None = None
    problems: tuple[str, ...] = ()


class View(NamedTuple):
    """What somebody wants to see of a list. `order` is a column's, with a minus for turned round."""

    tenant: str
    authorization: str
    filters: Mapping[str, str]
    order: str = ""
    after: str = ""
    limit: int = PAGE_ROWS


@dataclass(slots=True)
class Worklists:
    """Reads pages of any list."""

    services: Services
    lists: OrderedLists

    async def sheet(self, work: WorkList, view: View) -> Sheet:
        """One page. A service that does not answer is a sentence; what needs it not is there."""
        if isinstance(work.source, Asked):
            return await self._asked(work.source, view)
        page = await self._own(work, view)
        rows = tuple(WorkRow(row.id, cells_of(row.state, row.id, work.name), str(row.cursor)) for row in page.rows)
        sheet = Sheet(rows, None if page.next_after is None else str(page.next_after))
        return sheet if work.desk is None or not rows else await self._with_desk(sheet, work.desk, view.authorization)

    async def every_row(self, work: WorkList, view: View) -> AsyncIterator[WorkRow]:
        """All rows, page after page."""
        after: str | None = view.after
        while after is not None:
            sheet = await self.sheet(work, view._replace(after=after, limit=EXPORT_ROWS))
            for row in sheet.rows:
                yield row
            after = sheet.next_after

    async def _own(self, work: WorkList, view: View) -> Page[Any]:
        payer = view.filters.get("payer", "")
        wanted = Wanted(
            view.tenant,
            f"{work.name}/{payer}" if payer else work.name,
            view.order,
            after=Cursor.read(view.after) if view.after else None,
            limit=view.limit,
        )
        return await self.lists.page(_view_behind(work), wanted)

    async def _with_desk(self, sheet: Sheet, desk: Desk, authorization: str) -> Sheet:
        ids = ",".join(row.id for row in sheet.rows)
        (answer,) = await self.services.ask(authorization, Ask(desk.service, desk.path, {"ids": ids, "limit": "200"}))
        known = {str(one.get(desk.id)): one for one in answer.rows(desk.rows)}
        rows = tuple(_at_desk(row, known.get(row.id), desk) for row in sheet.rows)
        problems = tuple(f"Who has what is not shown: {one}." for one in problems_of([answer]))
        return sheet._replace(rows=rows, problems=problems)

    async def _asked(self, source: Asked, view: View) -> Sheet:
        query = {
            **source.query,
            **view.filters,
            "limit": str(view.limit),
            **({"after": view.after} if view.after else {}),
        }
        (answer,) = await self.services.ask(view.authorization, Ask(source.service, source.path, query))
        if not answer.good:
            return Sheet((), None, (_refused(answer),))
        rows = tuple(_row(source, one) for one in answer.rows(source.rows))
        return Sheet(rows, _next(source, answer, rows, view))


def _view_behind(work: WorkList) -> Decider[Any, Any, Any]:
    return CLAIM_VIEW if work.source == "claims" else REMITTANCE_VIEW


def _refused(answer: Answer) -> str:
    if answer.status == 403:
        return f"{answer.service} does not show this list to your roles."
    return f"{answer.problem.rstrip('.')}. The list is not shown; everything else works."


def _next(source: Asked, answer: Answer, rows: Sequence[WorkRow], view: View) -> str | None:
    if source.next:
        found = answer.get(source.next)
        return None if found is None else str(found)
    may_go_on = source.pages or "kind" in view.filters
    return rows[-1].id if may_go_on and len(rows) == view.limit else None


def _row(source: Asked, body: Mapping[str, Any]) -> WorkRow:
    body = {**_first_of(body, "remitted"), **_object(body, "work"), **body}
    owner = _at(body, source.owner) or ""
    id_ = str(body.get(source.id, ""))
    return WorkRow(id_, {**body, "owner": owner}, id_, str(_at(body, source.version) or ""), str(owner))


def _first_of(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A remitted claim that waits under its number, and how much all of them paid."""
    rows = cast("list[dict[str, Any]]", body.get(name) or [])
    if not rows:
        return {}
    paid = [str(one.get("payment_date", "")) for one in rows]
    return {**rows[0], "cents": sum(int(one.get("paid_cents", 0)) for one in rows), "paid_on": min(paid)}


def _object(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = body.get(name)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _at(body: Mapping[str, Any], path: str) -> Any:
    """A field, or a field of a field; None where there is none."""
    found: Any = body if path else None
    for name in path.split("."):
        found = cast("dict[str, Any]", found).get(name) if isinstance(found, dict) else None
    return found


def _at_desk(row: WorkRow, known: Mapping[str, Any] | None, desk: Desk) -> WorkRow:
    if known is None:
        return row
    owner = str(known.get("owner") or "")
    cells = {**row.cells, "owner": owner, "next_action": known.get("next_action", "")}
    return row._replace(cells=cells, owner=owner, version=str(_at(known, desk.version) or ""))


def cells_of(state: ClaimView | RemittanceView, id: str, name: str) -> Mapping[str, Any]:
    """A view's cells in a list."""
    if isinstance(state, RemittanceView):
        return {
            "id": id,
            "payer_id": state.payer_id,
            "trace_number": state.trace_number,
            "since": state.moments[0].at if state.moments else None,
            "claims": state.claims,
            "amount": state.payment_cents,
            "why": state.equation,
        }
    return {
        "id": id,
        "patient_control_number": state.patient_control_number,
        "account_id": state.account_id,
        "payer_id": state.payer_id,
        "status": state.status,
        "awaits": state.awaits,
        "since": state.status_at,
        "amount": state.denied_cents if name in {"denials", "appeals"} else state.charge_cents,
        "deadline": deadline_of(state, name),
        "why": "; ".join(state.reasons),
    }


def days_left(value: Any, today: date) -> int | None:
    """Until a deadline: a date, or its text. None for none, and for what is no date."""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value[:10])
        except ValueError:
            return None
    return (value - today).days if isinstance(value, date) and not isinstance(value, datetime) else None


class Count(NamedTuple):
    rows: int
    at: float
    took: float


@dataclass(slots=True)
class ListCounts:
    """How long the console's own lists are. A long one is counted beside the page, which is shown without waiting."""

    store: Store
    known: dict[tuple[str, str], Count] = field(default_factory=dict[tuple[str, str], Count])
    counting: dict[tuple[str, str], asyncio.Task[None]] = field(
        default_factory=dict[tuple[str, str], asyncio.Task[None]]
    )

    async def of(self, work: WorkList, tenant: str, payer: str = "") -> int | None:
        """How many rows, as counted last; None while the first count is being made."""
        if isinstance(work.source, Asked):
            return None
        name = f"{work.name}/{payer}" if payer else work.name
        about, now = (tenant, name), asyncio.get_running_loop().time()
        known = self.known.get(about)
        if known is None or now - known.at >= max(
            COUNT_SECONDS if known.took > 0.01 else 0.0, COUNT_RESTS * known.took
        ):
            if about not in self.counting:
                self.counting[about] = asyncio.create_task(self._count(work, tenant, name))
            await asyncio.wait({self.counting[about]}, timeout=PATIENCE_SECONDS)
        found = self.known.get(about)
        return None if found is None else found.rows

    async def _count(self, work: WorkList, tenant: str, name: str) -> None:
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            rows = await self.store.count_placed(_view_behind(work), tenant, name, work.first_order.removeprefix("-"))
            self.known[tenant, name] = Count(rows, clock(), clock() - began)
        finally:
            self.counting.pop((tenant, name), None)
