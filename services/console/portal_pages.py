"""The client's portal: a practice that is billed for sees its own claims, money, reports and fee statements. Read-only.

Whose they are, the token says and nothing else: its tenant is the practice. No address of the portal takes a client's
id, and everything is asked with the visitor's own token, so that each service looks again.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from services.console.acting import services_of
from services.console.api import after_of
from services.console.calls import Ask, problems_of
from services.console.core import CLAIM_STATUSES, CLAIM_VIEW, in_causal_order
from services.console.core.money_reports import REPORTS, bars_of, column_said, indicators_of, report_of
from services.console.core.told import rows_in, told, told_all
from services.console.drawing import draw
from services.console.money_pages import entries_values, period, report_values
from services.console.overview import link
from services.console.session import Visitor, visitor
from services.console.store import page_of, view_of
from shared.http import Run

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
Client = Annotated[Visitor, Depends(visitor("client", "operator"))]
ROOT = "/portal"
TABS = (
    ("/portal", "Overview"),
    ("/portal/claims", "Claims"),
    ("/portal/reports/aging", "Receivables"),
    ("/portal/reports/cash-receipts", "Receipts"),
    ("/portal/reports/adjustments", "Adjustments"),
    ("/portal/reports/overdue", "Over time"),
    ("/portal/fees", "Fee statements"),
)
SHOWN = frozenset({"aging", "cash-receipts", "adjustments", "overdue", "indicators"})
"""Reports of the portal; the others are the work of those who bill."""
STATEMENT = ("month", "standing", "basis_cents", "total_cents", "closed_by")
FEES = ("month", "standing", "basis_cents", "percentage_cents", "total_cents", "ties")
MEDIA = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def page(request: Request, template: str, values: Mapping[str, Any]) -> Response:
    """A page of the portal with its tabs."""
    return draw(request, template, {"tabs": TABS, "column_said": column_said, "portal": True, **values})


@router.get("/portal")
async def portal(request: Request, run: Run, who: Client) -> Response:
    """The practice at a glance."""
    asked = period(run)
    answers = await services_of(request).ask(
        who.authorization, Ask("payments", "/books/aging"), Ask("payments", "/books/indicators", asked)
    )
    report = report_of(ROOT, "aging", answers[0].one, ()) if answers[0].good else None
    counts = {status: await run.store.count(CLAIM_VIEW, who.tenant, {"status": status}) for status in CLAIM_STATUSES}
    values = {
        "report": report,
        "bars": bars_of(report) if report else [],
        "indicators": indicators_of(ROOT, answers[1].one, asked) if answers[1].good else [],
        "period": asked,
        "counts": counts,
        "link": link,
        "problems": problems_of(answers),
    }
    return page(request, "portal.html", values)


@router.get("/portal/claims")
async def claims(request: Request, run: Run, who: Client) -> Response:
    """The practice's claims by id."""
    status = request.query_params.get("status", "")
    if status and status not in CLAIM_STATUSES:
        raise HTTPException(422, f"The filter “status” may be: {', '.join(CLAIM_STATUSES)}.")
    where = {"status": status} if status else {}
    found = await page_of(run.store, CLAIM_VIEW, who.tenant, where, after_of(request))
    values = {
        "page": found,
        "status": status,
        "statuses": CLAIM_STATUSES,
        "next_url": None if found.next_after is None else link("/portal/claims", **where, after=found.next_after),
        "first_url": link("/portal/claims", **where) if after_of(request) else None,
    }
    return page(request, "portal_claims.html", values)


@router.get("/portal/claims/{claim_id}")
async def claim(request: Request, run: Run, who: Client, claim_id: str) -> Response:
    """One claim of the practice and its story."""
    view = await view_of(run.store, CLAIM_VIEW, who.tenant, claim_id)
    if view is None:
        raise HTTPException(404, "There is no claim of this id.")
    return page(request, "portal_claim.html", {"id": claim_id, "claim": view, "moments": in_causal_order(view.moments)})


@router.get("/portal/reports/{name}")
async def report(request: Request, run: Run, who: Client, name: str) -> Response:
    """One of the practice's reports."""
    if name not in SHOWN:
        raise HTTPException(404, "There is no such report.")
    return page(request, "money_report.html", await report_values(request, run, who, name, ROOT))


@router.get("/portal/entries/{name}")
async def entries(request: Request, who: Client, name: str) -> Response:
    """The entries behind a figure."""
    if name not in SHOWN or name not in REPORTS:
        raise HTTPException(404, "There is no such report.")
    return page(request, "money_entries.html", await entries_values(request, who, name, f"/portal/reports/{name}"))


@router.get("/portal/fees")
async def fees(request: Request, who: Client) -> Response:
    """The billing company's fee, month by month."""
    (answer,) = await services_of(request).ask(who.authorization, Ask("payments", "/fees/statements"))
    values = {"statements": told_all(answer.rows(), *STATEMENT)[::-1], "problems": problems_of([answer])}
    return page(request, "portal_fees.html", values)


@router.get("/portal/fees/{month}")
async def fee(request: Request, who: Client, month: str) -> Response:
    """One month's fee statement, as it was closed or as it would be now."""
    path = f"/fees/statements/{checked_month(month)}"
    (answer,) = await services_of(request).ask(who.authorization, Ask("payments", path))
    if answer.missing:
        raise HTTPException(404, "There is no fee statement of this month.")
    lines = [
        (name, rows_in(answer.body, name)) for name, value in answer.one.items() if isinstance(value, list) and value
    ]
    values = {"month": month, "fee": told(answer.one, *FEES), "lines": lines, "problems": problems_of([answer])}
    return page(request, "portal_fee.html", values)


@router.get("/portal/fees/{month}/{form}")
async def fee_paper(request: Request, who: Client, month: str, form: str) -> Response:
    """The same as PDF or XLSX, as payments writes it."""
    if form not in MEDIA:
        raise HTTPException(404, "There is no such form.")
    path = f"/fees/statements/{checked_month(month)}"
    content = await services_of(request).file(who.authorization, Ask("payments", path, {"form": form}))
    if content is None:
        raise HTTPException(404, "There is no fee statement of this month now.")
    headers = {"Content-Disposition": f'attachment; filename="fees-{month}.{form}"'}
    return Response(content, media_type=MEDIA[form], headers=headers)


MONTH_CHARACTERS = len("2026-07")


def checked_month(month: str) -> str:
    """`2026-07`; 404 for anything else."""
    year, dash, number = month[:4], month[4:5], month[5:]
    fits = (
        len(month) == MONTH_CHARACTERS and dash == "-" and f"{year}{number}".isascii() and f"{year}{number}".isdigit()
    )
    if not fits or not 1 <= int(number) <= 12:
        raise HTTPException(404, "There is no fee statement of this month.")
    return month
