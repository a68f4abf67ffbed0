"""Money: what is owed and since when, what came in, what was denied, and whether it ties.

The figures are the ledger's, made by payments from its entries as the page is opened; behind every one is the list of
its entries. Denials and clean claims are the console's own, from what claims said.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from services.console.acting import services_of
from services.console.api import after_of
from services.console.calls import Ask, problems_of
from services.console.core import CLAIM_VIEW, ClaimView
from services.console.core.denials import NO_REASON, Place, denials_of, largest, place_of
from services.console.core.money_reports import (
    OF_CLAIMS,
    REPORTS,
    askable,
    bars_of,
    column_said,
    flow_of,
    indicators_of,
    report_of,
    share,
)
from services.console.core.told import numbers_in, told_all
from services.console.drawing import draw
from services.console.overview import link
from services.console.session import READERS, Visitor, visitor
from shared.http import Run
from shared.runtime import Runtime

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
Reader = Annotated[Visitor, Depends(visitor(*READERS))]
ROOT = "/money"
ENTRIES_SHOWN = 500
ROWS = 50
SCAN_ROWS = 500
PERIOD = timedelta(days=90)
BASES = ("service", "bill", "activity")
BYS = ("payer", "guarantor", "provider", "practice")
SIDES = ("all", "payer", "patient")
TABS = (
    ("/money", "Overview"),
    ("/money/aging", "Aging"),
    ("/money/reports/overdue", "Over time"),
    ("/money/denials", "Denials"),
    ("/money/reports/claim-flow", "Claims"),
    ("/money/reports/unbilled", "Unbilled"),
    ("/money/reports/cash-receipts", "Receipts"),
    ("/money/reports/daysheet", "Day sheet"),
    ("/money/deposits", "Deposits"),
    ("/money/cash", "Cash"),
    ("/money/unmatched", "Unmatched"),
    ("/remittances", "Remittances"),
)


def page(request: Request, template: str, values: Mapping[str, Any], status: int = 200) -> Response:
    """A page of money with its tabs."""
    return draw(request, template, {"tabs": TABS, "column_said": column_said, "portal": False, **values}, status)


@router.get("/money")
async def money(request: Request, run: Run, who: Reader) -> Response:
    """Today's figures, each with the list behind it."""
    asked = period(run)
    services = services_of(request)
    answers = await services.ask(
        who.authorization,
        Ask("payments", "/books/aging", ()),
        Ask("payments", "/books/indicators", asked),
        Ask("payments", "/cash/work"),
        Ask("payments", "/books/claim-flow", asked),
    )
    aging, indicators, cash, flow = answers
    report = report_of(ROOT, "aging", aging.one, ()) if aging.good else None
    values: dict[str, Any] = {
        "problems": problems_of(answers),
        "report": report,
        "bars": bars_of(report) if report else [],
        "indicators": indicators_of(ROOT, indicators.one, asked) if indicators.good else [],
        "period": asked,
        "cash": numbers_in(cash.body, "counts"),
        "flow": flow_of(flow.one, link("/money/reports/claim-flow", **dict(asked))) if flow.good else [],
    }
    return page(request, "money.html", values)


@router.get("/money/aging")
async def aging(request: Request, run: Run, who: Reader) -> Response:
    """Receivables by age, as of any day."""
    return page(request, "money_report.html", await report_values(request, run, who, "aging", ROOT))


@router.get("/money/reports/{name}")
async def report(request: Request, run: Run, who: Reader, name: str) -> Response:
    """One of the ledger's reports over some days; the last 90 without any."""
    if name not in REPORTS or name == "aging":
        raise HTTPException(404, "There is no such report.")
    return page(request, "money_report.html", await report_values(request, run, who, name, ROOT))


CHOICES: Mapping[str, Mapping[str, Sequence[str]]] = {
    "aging": {"by": BYS, "base": BASES, "side": SIDES},
    "overdue": {"every": ("month", "week", "day")},
    "claim-flow": {"by": ("month", "payer")},
}
AS_OF = frozenset({"aging", "credits", "unbilled", "pre-billing"})


async def report_values(request: Request, run: Runtime, who: Visitor, name: str, root: str) -> dict[str, Any]:
    """What the page of a report shows; the lists behind its figures are under `root`."""
    choices = CHOICES.get(name, {})
    days = ("as_of",) if name in AS_OF else ("first", "last")
    asked = checked(request, choices, days)
    if name not in AS_OF and {"first", "last"} - dict(asked).keys():
        asked = [pair for pair in asked if pair[0] not in days] + period(run)
    (answer,) = await services_of(request).ask(who.authorization, Ask("payments", f"/books/{name}", asked))
    told_of = report_of(root, name, answer.one, asked) if answer.good else None
    return {
        "name": name,
        "title": REPORTS[name],
        "asked": dict(asked),
        "choices": choices,
        "days": days,
        "report": told_of,
        "bars": bars_of(told_of) if told_of and name == "aging" else [],
        "problems": [answer.problem] if answer.problem else [],
    }


def period(run: Runtime) -> list[tuple[str, str]]:
    """The last 90 days."""
    last = run.clock.now().date()
    return [("first", (last - PERIOD).isoformat()), ("last", last.isoformat())]


def checked(request: Request, choices: Mapping[str, Sequence[str]], days: Sequence[str]) -> list[tuple[str, str]]:
    """What an address asks a report for; 422 names the field and what it may be, never what it was."""
    asked: list[tuple[str, str]] = []
    for name, value in askable(request.query_params.multi_items()):
        if name in choices:
            if value not in choices[name]:
                raise HTTPException(422, f"The filter “{name}” may be: {', '.join(choices[name])}.")
            asked.append((name, value))
        elif name in days:
            try:
                asked.append((name, date.fromisoformat(value).isoformat()))
            except ValueError:
                raise HTTPException(422, f"The filter “{name}” is a day, such as 2026-07-31.") from None
    return asked


@router.get("/money/entries/{name}")
async def entries(request: Request, who: Reader, name: str) -> Response:
    """The entries that make a figure, what each adds, and their sum."""
    back = "/money/aging" if name == "aging" else f"/money/reports/{name}"
    values = await entries_values(request, who, name, back)
    return page(request, "money_entries.html", values)


async def entries_values(request: Request, who: Visitor, name: str, back: str) -> dict[str, Any]:
    """What the list behind a figure shows; 404 for a report that there is none of."""
    if name not in REPORTS:
        raise HTTPException(404, "There is no such report.")
    given = request.query_params
    asked = askable(given.multi_items())
    rows, column = [one[:100] for one in given.getlist("row")], given.get("column", "")[:60]
    query = [*asked, *(("row", one) for one in rows), *([("column", column)] if column else []), ("form", "jsonl")]
    asks = Ask("payments", f"/books/{name}/{'claims' if name in OF_CLAIMS else 'entries'}", query)
    found = await services_of(request).lines(who.authorization, asks, ENTRIES_SHOWN, "adds")
    return {
        "name": name,
        "title": REPORTS[name],
        "about": [*rows, *([column_said(column)] if column else [])],
        "back": link(back, **dict(asked)),
        "of_claims": name in OF_CLAIMS,
        "entries": told_all(found.rows, *(CLAIM if name in OF_CLAIMS else ENTRY)),
        "count": found.total,
        "sum": found.sum,
        "in_dollars": _is_amount(name, rows, column),
        "problems": [found.problem] if found.problem else [],
    }


def _is_amount(name: str, rows: Sequence[str], column: str) -> bool:
    """Whether a figure is an amount; the others are numbers of claims or days."""
    return column.endswith("_cents") if name in OF_CLAIMS else not (rows and rows[0] in COUNTS)


CLAIM = ("claim_id", "account_id", "payer_id", "service_from", "charge_cents", "row", "column", "adds")
COUNTS = frozenset({"denied_claims", "days_to_first_decision"})
"""Indicators whose figures are numbers and days, and no amounts."""
ENTRY = (
    "account_id",
    "id",
    "posted_on",
    "type",
    "item_id",
    "debit",
    "credit",
    "amount_cents",
    "posted_by",
    "why",
    "adds",
)


@router.get("/money/denials")
async def denials(request: Request, run: Run, who: Reader) -> Response:
    """Claims that are denied now, by reason and payer."""
    found = denials_of([view async for _, view in _denied(run, who.tenant)])
    reasons, payers = largest(found.by_reason), largest(found.by_payer)
    longest = max((one.cents for one in found.by_reason.values()), default=0)
    bars = [
        {
            "label": reason,
            "cents": found.by_reason[reason].cents,
            "count": found.by_reason[reason].count,
            "length": share(found.by_reason[reason].cents, longest),
            "url": link("/money/denials/claims", reason=reason),
            "at": at,
        }
        for at, reason in enumerate(reasons[:12])
    ]
    values = {"denials": found, "reasons": reasons, "payers": payers, "bars": bars, "link": link}
    return page(request, "money_denials.html", values)


@router.get("/money/denials/claims")
async def denied_claims(request: Request, run: Run, who: Reader) -> Response:
    """The claims behind a figure of the denials, by id."""
    given = request.query_params
    reason, payer = given.get("reason", "")[:60], given.get("payer", "")[:100]
    rows: list[tuple[str, ClaimView]] = []
    async for claim_id, view in _denied(run, who.tenant, payer, after_of(request)):
        if not reason or place_of(view) == Place(reason, view.payer_id):
            rows.append((claim_id, view))
        if len(rows) > ROWS:
            break
    where = {name: value for name, value in (("reason", reason), ("payer", payer)) if value}
    values = {
        "rows": rows[:ROWS],
        "where": where,
        "no_reason": NO_REASON,
        "next_url": link("/money/denials/claims", **where, after=rows[ROWS - 1][0]) if len(rows) > ROWS else None,
        "first_url": link("/money/denials/claims", **where) if given.get("after") else None,
    }
    return page(request, "money_denied.html", values)


async def _denied(
    run: Runtime, tenant: str, payer: str = "", after: str | None = None
) -> AsyncIterator[tuple[str, ClaimView]]:
    where = {"status": "denied", **({"payer_id": payer} if payer else {})}
    while found := await run.store.find(CLAIM_VIEW, tenant, where, after, SCAN_ROWS):
        for key, view in found:
            yield key.id, view
        after = found[-1][0].id
