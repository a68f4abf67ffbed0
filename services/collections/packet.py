"""The verification packet: what answers a dispute, as a PDF, made from the account's journal."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from services.collections.core.facts import CollectionFact, ReminderWentOut, StatementWentOut
from services.collections.core.person import DisputeRecord
from services.collections.core.state import Account
from services.collections.render import Letterhead, dollars, long_date
from shared.printable import printable_line

if TYPE_CHECKING:
    from fpdf import FPDF

WIDE, NARROW, LINE = 120, 60, 6
"""Millimetres of the two columns, and of a line."""


def verification_packet(
    head: Letterhead, account: Account, facts: Sequence[CollectionFact], dispute_id: str, dated_on: date
) -> bytes:
    """One PDF: whose debt to whom, what is owed today, what was sent when, and the documents that show it.

    The same packet always has the same bytes. KeyError when the account knows no such dispute.
    """
    dispute = account.debt.dispute(dispute_id)
    if dispute is None:
        raise KeyError(dispute_id)
    pdf = _blank(head, dated_on)
    _owed(pdf, head, account, dispute)
    _sent(pdf, facts)
    _documents(pdf, dispute)
    return bytes(pdf.output())


def _blank(head: Letterhead, dated_on: date) -> "FPDF":
    from fpdf import FPDF

    pdf = FPDF(format="Letter")
    pdf.set_creation_date(datetime.combine(dated_on, time.min, UTC))
    pdf.set_title("Verification of a balance")
    pdf.set_lang("en-US")
    pdf.add_page()
    pdf.set_font("Helvetica", "B", 14)
    pdf.cell(0, LINE + 2, printable_line(head.name), new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("Helvetica", "", 10)
    for line in (*head.lines, head.phone, long_date(dated_on)):
        pdf.cell(0, LINE, printable_line(line), new_x="LMARGIN", new_y="NEXT")
    return pdf


def _owed(pdf: "FPDF", head: Letterhead, account: Account, dispute: DisputeRecord) -> None:
    _heading(pdf, "Proof of your balance")
    rows = [
        ("Account number", account.account_id),
        ("Dispute number", dispute.dispute_id),
        ("You told us on", long_date(dispute.received_on)),
        ("Owed to", head.name),
        ("Bills in the balance", str(account.claims)),
        ("Balance, after payments and credits", dollars(max(0, account.owed_cents))),
    ]
    if dispute.disputed_cents is not None:
        rows.append(("Of it you dispute", dollars(dispute.disputed_cents)))
    for name, value in rows:
        _row(pdf, name, value)


def _sent(pdf: "FPDF", facts: Sequence[CollectionFact]) -> None:
    _heading(pdf, "What we sent to you")
    sent = [fact for fact in facts if isinstance(fact, StatementWentOut | ReminderWentOut)]
    for fact in sent:
        what = f"Statement {fact.number}" if isinstance(fact, StatementWentOut) else f"Reminder {fact.level}"
        _row(pdf, f"{what}, {long_date(fact.sent_on)}", dollars(fact.balance_cents))
    if not sent:
        _row(pdf, "Nothing has gone out", "")


def _documents(pdf: "FPDF", dispute: DisputeRecord) -> None:
    _heading(pdf, "Documents that show it")
    for document_id, kind in dispute.evidence:
        _row(pdf, kind.replace("_", " ").capitalize(), document_id)


def _heading(pdf: "FPDF", text: str) -> None:
    pdf.ln(LINE)
    pdf.set_font("Helvetica", "B", 12)
    pdf.cell(0, LINE + 2, printable_line(text), new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("Helvetica", "", 10)


def _row(pdf: "FPDF", name: str, value: str) -> None:
    pdf.cell(WIDE, LINE, printable_line(name))
    pdf.cell(NARROW, LINE, printable_line(value), new_x="LMARGIN", new_y="NEXT", align="R")
