"""The pages: overview, work lists, timelines. Every one shows the token's tenant and nothing else."""

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple
from urllib.parse import quote

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.console.core import (
    ACCOUNT_STAGES,
    ACCOUNT_VIEW,
    CLAIM_STATUSES,
    CLAIM_VIEW,
    COVERAGES,
    KEPT,
    REMITTANCE_STATUSES,
    REMITTANCE_VIEW,
    in_causal_order,
)
from services.console.core.kpis import shown
from services.console.drawing import draw
from services.console.overview import age_text, link, live_steps, stage_groups, work_waiting
from services.console.session import READERS, Visitor, visitor
from services.console.store import TotalsCounter, newest_events, page_of, view_of
from shared.contracts import EVENTS
from shared.decider import Scalar
from shared.http import Run, running_of
from shared.runtime import Runtime

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
Reader = Annotated[Visitor, Depends(visitor(*READERS))]
FILTER_CHARACTERS_MAX = 100


class Choice(NamedTuple):
    """One filter of a list: its name in the address, and what it may be. No values: anything."""

    name: str
    label: str
    values: tuple[str, ...] = ()


CLAIM_CHOICES = (
    Choice("status", "Status", CLAIM_STATUSES),
    Choice("payer", "Payer id"),
    Choice("coverage", "Coverage", tuple(c for c in COVERAGES if c)),
    Choice("deadline", "Filing deadline", ("near",)),
    Choice("reached", "Ever", CLAIM_STATUSES),
    Choice("account", "Account"),
    Choice("remittance", "Remittance"),
)
ACCOUNT_CHOICES = (
    Choice("stage", "Stage", tuple(s for s in ACCOUNT_STAGES if s)),
    Choice("owes", "Owes", ("yes",)),
    Choice("credit", "Credit found", ("yes",)),
    Choice("ever", "Ever", ("owed", "paid", *ACCOUNT_STAGES)),
)
REMITTANCE_CHOICES = (Choice("status", "Status", REMITTANCE_STATUSES), Choice("payer", "Payer id"))
EVENT_CHOICES = (Choice("service", "Service", tuple(EVENTS)),)


def chosen(request: Request, choices: tuple[Choice, ...]) -> dict[str, str]:
    """The filters of the address, checked; 422 names the filter and what it may be, never what it was."""
    given: dict[str, str] = {}
    for choice in choices:
        value = request.query_params.get(choice.name, "").strip()
        if len(value) > FILTER_CHARACTERS_MAX:
            raise HTTPException(422, f"The filter “{choice.name}” is too long.")
        if value and choice.values and value not in choice.values:
            raise HTTPException(422, f"The filter “{choice.name}” may be: {', '.join(choice.values)}.")
        if value:
            given[choice.name] = value
    return given


def claim_index(filters: Mapping[str, str]) -> dict[str, Scalar]:
    """A claim list's filters as index values."""
    names = {"status": "status", "payer": "payer_id", "coverage": "coverage"}
    names |= {"account": "account_id", "remittance": "remittance_id"}
    where: dict[str, Scalar] = {names[name]: value for name, value in filters.items() if name in names}
    if "reached" in filters:
        where[f"ever_{filters['reached']}"] = True
    if "deadline" in filters:
        where["deadline_near"] = True
    return where


def account_index(filters: Mapping[str, str]) -> dict[str, Scalar]:
    """An account list's filters as index values."""
    where: dict[str, Scalar] = {"stage": filters["stage"]} if "stage" in filters else {}
    flags = {"owes": "owes", "credit": "credit_found"}
    where |= {index: True for name, index in flags.items() if name in filters}
    if "ever" in filters:
        where["has_paid" if filters["ever"] == "paid" else f"ever_{filters['ever']}"] = True
    return where


def remittance_index(filters: Mapping[str, str]) -> dict[str, Scalar]:
    """A remittance list's filters as index values."""
    names = {"status": "status", "payer": "payer_id"}
    return {names[name]: value for name, value in filters.items()}


def list_values(
    request: Request, path: str, choices: tuple[Choice, ...], filters: dict[str, str], next_after: str | None
) -> dict[str, Any]:
    """What every list page shows around its table: filters, and the way on."""
    return {
        "choices": choices,
        "filters": filters,
        "first_url": link(path, **filters) if request.query_params.get("after") else None,
        "next_url": None if next_after is None else link(path, **filters, after=next_after),
    }


def after_of(request: Request) -> str | None:
    """Where a page starts; it is compared with ids, never read as anything else."""
    return request.query_params.get("after", "")[:FILTER_CHARACTERS_MAX] or None


@router.get("/")
async def overview(request: Request, run: Run, who: Reader) -> Response:
    """The cycle as it is now, this week's indicators with their trend, and what waits for people."""
    counter: TotalsCounter = request.app.state.totals
    totals, now = await counter.of(run, who.tenant), run.clock.now()
    steps = [(step, age_text(step.oldest, now)) for step in live_steps(totals)]
    values = {
        "steps": steps,
        "kpis": shown(totals.days, now.date()),
        "groups": stage_groups(totals),
        "waiting": work_waiting(totals),
        "lag": await running_of(request).consumer.lag(),
        "live_seconds": 3,
    }
    return draw(request, "overview.html", values)


@router.get("/claims")
async def claims(request: Request, run: Run, who: Reader) -> Response:
    """Claims by id, filtered."""
    filters = chosen(request, CLAIM_CHOICES)
    page = await page_of(run.store, CLAIM_VIEW, who.tenant, claim_index(filters), after_of(request))
    around = list_values(request, "/claims", CLAIM_CHOICES, filters, page.next_after)
    return draw(request, "claims.html", {"page": page, **around})


@router.get("/accounts")
async def accounts(request: Request, run: Run, who: Reader) -> Response:
    """Accounts by id, filtered."""
    filters = chosen(request, ACCOUNT_CHOICES)
    page = await page_of(run.store, ACCOUNT_VIEW, who.tenant, account_index(filters), after_of(request))
    around = list_values(request, "/accounts", ACCOUNT_CHOICES, filters, page.next_after)
    return draw(request, "accounts.html", {"page": page, **around})


@router.get("/remittances")
async def remittances(request: Request, run: Run, who: Reader) -> Response:
    """Remittances by id, filtered."""
    filters = chosen(request, REMITTANCE_CHOICES)
    page = await page_of(run.store, REMITTANCE_VIEW, who.tenant, remittance_index(filters), after_of(request))
    around = list_values(request, "/remittances", REMITTANCE_CHOICES, filters, page.next_after)
    return draw(request, "remittances.html", {"page": page, **around})


@router.get("/remittances/{remittance_id}")
async def remittance(request: Request, run: Run, who: Reader, remittance_id: str) -> Response:
    """One remittance, and the claims it decided last."""
    view = await view_of(run.store, REMITTANCE_VIEW, who.tenant, remittance_id)
    if view is None:
        raise HTTPException(404, "There is no remittance of this id.")
    decided = await page_of(run.store, CLAIM_VIEW, who.tenant, {"remittance_id": remittance_id}, None)
    values = {"id": remittance_id, "remittance": view, "claims": decided, "moments": in_causal_order(view.moments)}
    return draw(request, "remittance.html", values)


@router.get("/events")
async def events(request: Request, run: Run, who: Reader) -> Response:
    """The newest events of every service."""
    filters = chosen(request, EVENT_CHOICES)
    service = filters.get("service")
    moments = [m for m in await newest_events(run.store, who.tenant) if service in {None, m.service}]
    values = {"moments": moments, "kept": KEPT, "choices": EVENT_CHOICES, "filters": filters, "live_seconds": 3}
    return draw(request, "events.html", values)


@router.get("/find")
async def find(request: Request, run: Run, who: Reader) -> Response:
    """Go to what an id names: a claim, an account, a remittance, or the claims of a patient control number."""
    wanted = request.query_params.get("q", "").strip()[:FILTER_CHARACTERS_MAX]
    if path := await _path_of(run, who.tenant, wanted):
        return RedirectResponse(path, 303)
    page = await page_of(run.store, CLAIM_VIEW, who.tenant, {"patient_control_number": wanted}, None)
    if wanted and page.rows:
        around = list_values(request, "/claims", CLAIM_CHOICES, {}, None)
        return draw(request, "claims.html", {"page": page, **around})
    raise HTTPException(404, "Nothing of yours is called that: give a claim, account, remittance or control number.")


async def _path_of(run: Runtime, tenant: str, id: str) -> str | None:
    """The page of an id, whatever kind it is of."""
    name = quote(id, safe="")
    if await view_of(run.store, CLAIM_VIEW, tenant, id) is not None:
        return f"/claims/{name}"
    if await view_of(run.store, ACCOUNT_VIEW, tenant, id) is not None:
        return f"/accounts/{name}"
    if await view_of(run.store, REMITTANCE_VIEW, tenant, id) is not None:
        return f"/remittances/{name}"
    return None
