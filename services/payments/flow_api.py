"""HTTP of the reports about claims on their way: figures, whether they tie, and the claims behind each of them."""

from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request

from services.payments.api_models import Looker
from services.payments.books_asked import House, Today, or_422
from services.payments.cash_parts import account_decider_of
from services.payments.core.account import AccountDecider
from services.payments.core.claim_flow import (
    FLOW,
    By,
    FlowReport,
    FlowRow,
    FlowTally,
    drilled,
    flow_report,
    issues_report,
    unbilled_report,
)
from services.payments.core.claim_life import CLAIM_LIFE, ClaimLife
from services.payments.core.movements import Days
from shared.http import Run
from shared.runtime import Runtime
from shared.table_files import Form, Table, Value, answer

flow = APIRouter()

Ledger = Annotated[AccountDecider, Depends(account_decider_of)]
Names = Annotated[list[str] | None, Query(description="The row's names, in order; none: every row.")]
ReportForm = Literal["json", "csv", "xlsx"]
PAGE = 500
CLAIM_COLUMNS = ("claim_id", "account_id", "payer_id", "service_from", "charge_cents", "row", "column", "adds")


def ask_unbilled(client: House, today: Today, as_of: date | None = None) -> FlowReport:
    """Claims in the house that were not sent at the end of a day: by payer, held or on their way, days since intake."""
    return unbilled_report(as_of or today, client.zone)


def ask_issues(client: House, today: Today, as_of: date | None = None) -> FlowReport:
    """Why claims that are not billed are held, by rule."""
    return issues_report(as_of or today, client.zone)


def ask_flow(client: House, first: date, last: date, by: Annotated[list[By] | None, Query()] = None) -> FlowReport:
    """Clean claims, rejections, first passes and touchless claims, as numerators and denominators."""
    return or_422(lambda: flow_report(Days(first, last), by or ["month"], client.zone))


def _serve(name: str, ask: Any) -> None:
    """A report, and beside it the claims of its figures."""

    async def show(
        request: Request,
        run: Run,
        caller: Looker,
        ledger: Ledger,
        report: Annotated[FlowReport, Depends(ask)],
        form: ReportForm = "json",
    ) -> Any:
        tally = await _tallied(run, caller.tenant, report)
        if form != "json":
            return answer(Table(report.name, (*report.row_names, *report.columns), _rows(tally)), form)
        ledger_cents = await _ledger_cents(run, ledger, caller.tenant)
        return {
            "report": report.name,
            "rows": [_shown_row(request, tally.report, row, columns) for row, columns in tally.sorted_rows()],
            "control": {
                "claims_received": tally.claims,
                "claims_sent": tally.sent,
                "claims_not_sent": tally.unsent,
                "billed_cents": tally.billed_cents,
                "ledger_cents": ledger_cents,
                "difference_cents": tally.billed_cents - ledger_cents,
            },
            "ties": tally.billed_cents == ledger_cents,
        }

    async def claims(
        run: Run,
        caller: Looker,
        report: Annotated[FlowReport, Depends(ask)],
        row: Names = None,
        column: str | None = None,
        form: Form = "jsonl",
    ) -> Any:
        await run.audit.record(caller, "books.claims", f"report/{report.name}")
        lines = _claims(run, caller.tenant, report, tuple(row) if row else None, column)
        return answer(Table(f"{report.name}-claims", CLAIM_COLUMNS, lines), form)

    show.__doc__, claims.__doc__ = ask.__doc__, "The claims that make a figure, and what each adds to it."
    flow.add_api_route(f"/books/{name}", show, response_model=None, name=f"books_{name}")
    flow.add_api_route(f"/books/{name}/claims", claims, response_model=None, name=f"books_{name}_claims")


for _name, _ask in (("unbilled", ask_unbilled), ("pre-billing", ask_issues), ("claim-flow", ask_flow)):
    _serve(_name, _ask)


async def _lives(run: Runtime, tenant: str) -> AsyncIterator[ClaimLife]:
    after: str | None = None
    while page := await run.store.find(CLAIM_LIFE, tenant, {}, after, PAGE):
        for _, life in page:
            yield life
        after = page[-1][0].id


async def _tallied(run: Runtime, tenant: str, report: FlowReport) -> FlowTally:
    tally = FlowTally(report)
    async for life in _lives(run, tenant):
        tally.add(life)
    return tally


async def _ledger_cents(run: Runtime, ledger: AccountDecider, tenant: str) -> int:
    """What the accounts say was charged by claims; self-pay charges are none."""
    cents = 0
    after: str | None = None
    while page := await run.store.find(ledger, tenant, {}, after, PAGE):
        for _, account in page:
            cents += sum(item.charge_cents for item in account.receivables.values() if item.payer_id)
        after = page[-1][0].id
    return cents


def _shown_row(request: Request, report: FlowReport, row: FlowRow, columns: Any) -> dict[str, Any]:
    figures = {name: columns.get(name, 0) for name in report.columns}
    shown: dict[str, Any] = {**dict(zip(report.row_names, row, strict=True)), **figures}
    if report.name == "claim-flow":
        shown |= {"value": round(figures["numerator"] / figures["denominator"], 4)}
        shown |= dict(zip(("numerator_is", "denominator_is"), FLOW[row[0]], strict=True))
    same = [pair for pair in request.query_params.multi_items() if pair[0] != "form"]
    return {**shown, "drill_down": f"{request.url.path}/claims?{urlencode([*same, *(('row', one) for one in row)])}"}


async def _rows(tally: FlowTally) -> AsyncIterator[Sequence[Value]]:
    for row, columns in tally.sorted_rows():
        yield (*row, *(columns.get(name, 0) for name in tally.report.columns))


async def _claims(
    run: Runtime, tenant: str, report: FlowReport, row: FlowRow | None, column: str | None
) -> AsyncIterator[Sequence[Value]]:
    async for life in _lives(run, tenant):
        for mark in drilled(report, life, row, column):
            day = life.service_from.isoformat() if life.service_from else ""
            about = life.claim_id, life.account_id, life.payer_id, day, life.charge_cents
            yield (*about, " / ".join(mark.row), mark.column, mark.adds)
