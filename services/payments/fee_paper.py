"""The billing company's statement of a month on paper (PDF) and as a workbook (XLSX), with what it ties to."""

import io
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Literal, NamedTuple

from services.payments.core.fee_statement import FeeLine, FeeStatement, Month
from services.payments.core.money_text import dollars
from shared.printable import printable_line
from shared.table_files import Table, Value, write_workbook

if TYPE_CHECKING:
    from fpdf import FPDF

KINDS = {
    "payer_payment": "Payments of payers",
    "payer_takeback": "Taken back by payers",
    "payer_refund": "Refunded to payers",
    "patient_payment": "Payments of patients",
    "patient_refund": "Refunded to patients",
    "patient_return": "Returned or charged back",
    "other_payment": "Payments of other parties",
    "other_return": "Given back to other parties",
}
COLUMNS = ("section", "what", "basis_cents", "rate", "fee_cents")


class PaperRow(NamedTuple):
    """A line of the statement; empty where it says nothing. A rate is text, such as 5.5 %."""

    section: str
    what: str
    basis_cents: int | None = None
    rate: str = ""
    fee_cents: int | None = None


def rows_of(statement: FeeStatement) -> list[PaperRow]:
    """Every line in the order in which it is read."""
    rows = [PaperRow("Collected", _words(line), line.basis_cents) for line in statement.lines]
    rows.append(PaperRow("Collected", "Basis", statement.basis_cents))
    rows += [
        PaperRow("Fees", "Percentage of what was collected", one.basis_cents, percent(one.basis_points), one.fee_cents)
        for one in statement.shares
    ]
    for what, count, each in (
        ("Claims", statement.claims, statement.terms.per_claim_cents),
        ("Statements", statement.statements, statement.terms.per_statement_cents),
    ):
        if each:
            rows.append(PaperRow("Fees", what, None, f"{count:,} at {dollars(each)}", count * each))
    if statement.minimum_topped_up_cents:
        rows.append(PaperRow("Fees", "Up to the monthly minimum", None, "", statement.minimum_topped_up_cents))
    if statement.setup_cents:
        rows.append(PaperRow("Fees", "Setup", None, "", statement.setup_cents))
    rows.append(PaperRow("Fees", "Total", None, "", statement.total_cents))
    return rows


def _words(line: FeeLine) -> str:
    what = KINDS[line.kind]
    if line.part == "late":
        return f"{what}, posted to {line.of_month} after it was closed"
    return f"{what}, of money of {line.of_month}" if line.part == "taken_back" else what


def percent(basis_points: int) -> str:
    """550 as 5.5 %."""
    return f"{basis_points / 100:g} %"


def tie_of(statement: FeeStatement) -> str:
    """What the basis is held against, and whether it is that."""
    book = f"Cash receipts of the month {dollars(statement.book_cents)}, less {dollars(statement.left_out_cents)} that"
    book += f" the contract leaves out, and {dollars(statement.late_cents)} posted late: "
    return book + ("ties to the ledger." if statement.ties else "DOES NOT TIE TO THE LEDGER.")


def fee_pdf(statement: FeeStatement, printed_on: date, standing: str) -> bytes:
    """One page or more; the same content on the same day gives the same bytes. `standing`: closed by whom, or draft."""
    from fpdf import FPDF  # loaded when something is printed, which few processes do

    pdf = FPDF(format="Letter", unit="mm")
    pdf.set_creation_date(datetime.combine(printed_on, time(), UTC))
    pdf.set_title("Statement of fees")
    pdf.set_margins(22, 22, 22)
    pdf.add_page()
    _head(pdf, statement, printed_on, standing)
    for section in ("Collected", "Fees"):
        _section(pdf, section, [row for row in rows_of(statement) if row.section == section])
    pdf.set_font("Helvetica", "", 9)
    pdf.multi_cell(0, 4.5, printable_line(tie_of(statement), 400), align="L", new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


def _head(pdf: "FPDF", statement: FeeStatement, printed_on: date, standing: str) -> None:
    pdf.set_font("Helvetica", "B", 12)
    pdf.cell(0, 6, printable_line(statement.terms.issuer or "-"), new_x="LMARGIN", new_y="NEXT")
    pdf.ln(6)
    pdf.set_font("Helvetica", "B", 18)
    pdf.cell(0, 12, f"Statement of fees, {Month.read(statement.month).first:%B %Y}", new_x="LMARGIN", new_y="NEXT")
    for name, value in (
        ("Client", statement.terms.client or "-"),
        ("Contract", statement.terms.contract),
        ("Standing", standing),
        ("Printed on", f"{printed_on:%B %d, %Y}"),
    ):
        pdf.set_font("Helvetica", "", 10)
        pdf.cell(30, 6, name)
        pdf.set_font("Helvetica", "B", 10)
        pdf.cell(0, 6, printable_line(value), new_x="LMARGIN", new_y="NEXT")
    pdf.ln(6)


def _section(pdf: "FPDF", title: str, rows: Sequence[PaperRow]) -> None:
    heads = (title, "Basis", "Rate", "Fee") if title == "Fees" else (title, "", "", "Amount")
    _row(pdf, heads, bold=True)
    for row in rows:
        amounts = _dollars(row.basis_cents), _dollars(row.fee_cents)
        figures = (amounts[0], row.rate, amounts[1]) if title == "Fees" else ("", "", amounts[0])
        last = row is rows[-1]
        _row(pdf, (row.what, *figures), bold=last, line=last)
    pdf.ln(6)


def _dollars(cents: int | None) -> str:
    return "" if cents is None else dollars(cents)


def _row(pdf: "FPDF", texts: Iterable[str], *, bold: bool = False, line: bool = False) -> None:
    pdf.set_font("Helvetica", "B" if bold else "", 10)
    border: Literal[0] | str = "T" if line else 0
    what, *figures = texts
    pdf.cell(pdf.epw - 90, 7, printable_line(what), border=border)
    for text in figures[:-1]:
        pdf.cell(30, 7, text, border=border, align="R")
    pdf.cell(30, 7, figures[-1], border=border, align="R", new_x="LMARGIN", new_y="NEXT")


async def fee_xlsx(statement: FeeStatement) -> bytes:
    """The same as a workbook."""
    file = io.BytesIO()
    await write_workbook(file, (Table(f"fees {statement.month}", COLUMNS, _sheet(statement)),))
    return file.getvalue()


async def _sheet(statement: FeeStatement) -> AsyncIterator[Sequence[Value]]:
    for row in rows_of(statement):
        yield row
    yield ("Control", tie_of(statement), None, "", None)
