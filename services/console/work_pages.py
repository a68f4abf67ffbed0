"""The work lists: one page each, from one description; what is done with picked rows; downloads."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, NamedTuple, cast
from urllib.parse import quote, urlencode
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.console.acting import key_of
from services.console.calls import Ask
from services.console.core.forms import Field, Typed, read_form
from services.console.core.work_catalog import CASH_KINDS, WORK_LISTS
from services.console.core.work_lists import Asked, Column, Deed, WorkList
from services.console.drawing import draw
from services.console.ordered import Cursor, OrderedLists
from services.console.session import READERS, Visitor, check_origin, visitor
from services.console.work_acts import SHOWN_FAILURES, Doing, Picked, Result
from services.console.work_rows import ListCounts, Sheet, View, Worklists, WorkRow, days_left
from shared.http import Run
from shared.table_files import Form, Table, Value, answer

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
Reader = Annotated[Visitor, Depends(visitor(*READERS))]
FILTER_CHARACTERS_MAX = 100
FIELDS_MAX = 12_000
"""Of one form: more picked rows than may be done at once are counted, to be refused with their number."""
NEAR_DAYS = 14
COUNTED_AS_CASH = {
    "unmatched": ("unmatched_claim",),
    "unapplied": ("unapplied_cash",),
    "credits": ("credit",),
    "cash": CASH_KINDS,
}
"""Lists of payments whose length its cash work tells, by its kinds."""


class Heading(NamedTuple):
    """A column as its heading stands: where a click on it leads, and how the list is ordered by it."""

    column: Column
    url: str
    sorted: str


class Offer(NamedTuple):
    """A deed with its fields as this form names them."""

    deed: Deed
    fields: tuple[Field, ...]


def worklists(request: Request, run: Run) -> Worklists:
    """Reads rows; one for the life of the process, because it remembers how wide pages are."""
    state = request.app.state
    if getattr(state, "worklists", None) is None:
        state.worklists = Worklists(state.services, OrderedLists(run.store))
        state.list_counts = ListCounts(run.store)
    found: Worklists = state.worklists
    return found


Lists = Annotated[Worklists, Depends(worklists)]


def list_named(name: str) -> WorkList:
    work = WORK_LISTS.get(name)
    if work is None:
        raise HTTPException(404, "There is no such work list.")
    return work


Work = Annotated[WorkList, Depends(list_named)]


@dataclass(frozen=True, slots=True)
class Looking:
    """Somebody at a list."""

    request: Request
    run: Run
    who: Reader
    work: Work
    lists: Lists

    @property
    def doing(self) -> Doing:
        return Doing(self.lists.services, self.run, self.who)


Here = Annotated[Looking, Depends()]


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows besides the rows: what became of a form, or the form again as it was typed."""

    result: Result | None = None
    typed: Typed = field(default_factory=Typed)
    tried: str = ""
    picks: Sequence[Picked] = ()
    status: int = 200


@router.get("/work")
async def index(request: Request, who: Reader, lists: Lists) -> Response:
    """All lists with how much waits, where it is known without reading the list."""
    counts: ListCounts = request.app.state.list_counts
    groups: dict[str, list[tuple[WorkList, int | None]]] = {}
    (cash,) = await lists.services.ask(who.authorization, Ask("payments", "/cash/work", {"limit": "1"}))
    told = cast("Mapping[str, int]", cash.get("counts", {}))
    for work in WORK_LISTS.values():
        kinds = COUNTED_AS_CASH.get(work.name, ())
        known = sum(told.get(kind, 0) for kind in kinds) if kinds and told else await counts.of(work, who.tenant)
        groups.setdefault(work.group, []).append((work, known))
    return draw(request, "work_index.html", {"groups": groups, "live_seconds": 5})


@router.get("/work/{name}")
async def work_list(here: Here) -> Response:
    """One list, as the address says: filters, order, page."""
    did = here.request.query_params.get("did", "")
    result = await here.doing.result(did) if _is_key(did) else None
    return await _page(here, Shown(result if result is not None and result.list == here.work.name else None))


@router.get("/work/{name}/export.{form}")
async def export(request: Request, who: Reader, work: Work, lists: Lists, form: str) -> Response:
    """The whole list as the address filters and orders it, as CSV or XLSX; texts are no formulas in it."""
    forms: dict[str, Form] = {"csv": "csv", "xlsx": "xlsx"}
    if form not in forms:
        raise HTTPException(404, "A list is downloaded as csv or xlsx.")
    view = view_of(request, who, work)._replace(after="")
    names = tuple(_file_name(column) for column in work.columns)
    return answer(Table(f"work-{work.name}", names, _exported(lists.every_row(work, view), work)), forms[form])


@router.post("/work/{name}/do/{deed_name}")
async def do(here: Here, deed_name: str) -> Response:
    """Do it with every picked row, and show what became of each."""
    check_origin(here.request)
    deed = _deed_of(here.work, deed_name, here.who)
    form = await here.request.form(max_fields=FIELDS_MAX)
    given = {name: str(value)[:2000] for name, value in form.items() if name != "pick"}
    picks = list({pick.id: pick for pick in (Picked.read(str(text)) for text in form.getlist("pick"))}.values())
    key = UUID(key_of(given.get("key", "")))
    prefix = f"{deed_name}."
    filled = read_form(
        deed.action.fields, {n.removeprefix(prefix): v for n, v in given.items() if n.startswith(prefix)}
    )
    problem = "" if picks else "No row is picked. Nothing was done."
    if filled.problems or problem:
        texts = {name: value for name, value in given.items() if name.startswith(prefix)}
        faults = {prefix + name: said for name, said in filled.problems.items()}
        typed = Typed(texts, faults, problem or "Nothing was done: mend what is marked.")
        return await _page(here, Shown(typed=typed, tried=deed_name, picks=picks, status=422))
    result = await here.doing.do(here.work, deed, picks, filled.values, key)
    return _back_to(here, result.id)


@router.post("/work/{name}/undo")
async def undo(here: Here) -> Response:
    """Take back what a form did."""
    check_origin(here.request)
    form = await here.request.form()
    doing, did = here.doing, str(form.get("did", ""))
    before = await doing.result(did) if _is_key(did) else None
    deed = None if before is None or before.list != here.work.name else here.work.deed(before.deed)
    if before is None or deed is None:
        raise HTTPException(404, "There is nothing to take back. Nothing was done.")
    result = await doing.undo(here.work, deed, before, UUID(key_of(str(form.get("key", "")))))
    return _back_to(here, result.id)


def view_of(request: Request, who: Visitor, work: WorkList) -> View:
    """What the address asks for; 422 names what cannot be, never its value."""
    filters: dict[str, str] = {}
    for one in work.filters:
        value = request.query_params.get(one.name, "").strip()
        if len(value) > FILTER_CHARACTERS_MAX or "|" in value:
            raise HTTPException(422, f"The filter “{one.label}” is not like that.")
        if value and one.choices and value not in one.choices:
            raise HTTPException(422, f"The filter “{one.label}” may be: {', '.join(one.choices)}.")
        if value:
            filters[one.name] = value
    order = request.query_params.get("sort", "") or work.first_order
    if order.removeprefix("-") not in {*work.orders, work.first_order.removeprefix("-")}:
        raise HTTPException(422, f"This list may be ordered by: {', '.join(work.orders) or 'nothing else'}.")
    after = request.query_params.get("after", "")[:200]
    if after and not isinstance(work.source, Asked):
        _check_cursor(after)
    return View(who.tenant, who.authorization, filters, order, after)


def _check_cursor(after: str) -> None:
    try:
        Cursor.read(after)
    except ValueError:
        raise HTTPException(422, "This page of the list does not exist: begin at the first one.") from None


async def _page(here: Looking, shown: Shown) -> Response:
    work, view = here.work, view_of(here.request, here.who, here.work)
    sheet = await here.lists.sheet(work, view)
    counts: ListCounts = here.request.app.state.list_counts
    offers = [_offer(one) for one in work.deeds if not here.who.principal.roles.isdisjoint(one.action.roles)]
    values = {
        "work": work,
        "sheet": sheet,
        "filters": view.filters,
        "order": view.order,
        "total": await counts.of(work, view.tenant, view.filters.get("payer", "")),
        "headings": _headings(work, view),
        "offers": offers,
        "picked": {pick.id for pick in shown.picks},
        "pick_of": _pick_of,
        "result": shown.result,
        "failures_shown": SHOWN_FAILURES,
        "typed": shown.typed,
        "tried": shown.tried,
        "key": str(uuid4()),
        "undo_key": str(uuid4()),
        "clocks": _clocks(work, sheet, here.run),
        "near_days": NEAR_DAYS,
        "live_seconds": 5,
        **_addresses(work, view, sheet),
    }
    return draw(here.request, "work_list.html", values, shown.status)


def _pick_of(row: WorkRow) -> str:
    return Picked(row.id, row.version, row.owner).text


def _offer(deed: Deed) -> Offer:
    prefix = deed.action.name
    return Offer(deed, tuple(replace(one, name=f"{prefix}.{one.name}") for one in deed.action.fields))


def _addresses(work: WorkList, view: View, sheet: Sheet) -> dict[str, Any]:
    path, here = f"/work/{work.name}", _query(work, view)
    return {
        "path": f"/work/{work.name}",
        "query": here,
        "first_url": f"{path}{here}" if view.after else None,
        "next_url": None if sheet.next_after is None else f"{path}{_query(work, view, after=sheet.next_after)}",
    }


def _query(work: WorkList, view: View, *, order: str | None = None, after: str = "") -> str:
    """The address of the same list, in another order or from another row on."""
    wanted = view.order if order is None else order
    parts = {**view.filters, "sort": "" if wanted == work.first_order else wanted, "after": after}
    said = urlencode({name: value for name, value in parts.items() if value})
    return f"?{said}" if said else ""


def _headings(work: WorkList, view: View) -> list[Heading]:
    found: list[Heading] = []
    for column in work.columns:
        if not column.order:
            found.append(Heading(column, "", ""))
            continue
        is_this = view.order.removeprefix("-") == column.order
        turned = f"-{column.order}" if is_this and not view.order.startswith("-") else column.order
        sorted_ = ("descending" if view.order.startswith("-") else "ascending") if is_this else "none"
        found.append(Heading(column, f"/work/{work.name}{_query(work, view, order=turned)}", sorted_))
    return found


def _clocks(work: WorkList, sheet: Sheet, run: Run) -> Mapping[str, Mapping[str, int | None]]:
    """Days left of each row, by the columns that are deadlines."""
    today = run.clock.now().date()
    names = [column.name for column in work.columns if column.kind == "clock"]
    return {row.id: {name: days_left(row.cells.get(name), today) for name in names} for row in sheet.rows}


def _deed_of(work: WorkList, name: str, who: Visitor) -> Deed:
    deed = work.deed(name)
    if deed is None:
        raise HTTPException(404, "There is no such action in this list.")
    if who.principal.roles.isdisjoint(deed.action.roles):
        raise HTTPException(403, f"This needs one of the roles: {', '.join(deed.action.roles)}.")
    return deed


def _back_to(here: Looking, did: str) -> Response:
    """The list as it was, with what became of the form."""
    known = {*(one.name for one in here.work.filters), "sort", "after"}
    kept = {name: value for name, value in here.request.query_params.items() if name in known}
    return RedirectResponse(f"/work/{quote(here.work.name)}?{urlencode({**kept, 'did': did})}", 303)


def _is_key(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _file_name(column: Column) -> str:
    name = column.label.lower().replace(" ", "_").replace("'", "")
    return f"{name}_cents" if column.kind == "money" else name


async def _exported(rows: AsyncIterator[WorkRow], work: WorkList) -> AsyncIterator[Sequence[Value]]:
    async for row in rows:
        yield [_cell(row.cells.get(column.name)) for column in work.columns]


def _cell(value: Any) -> Value:
    if value is None or isinstance(value, int):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
