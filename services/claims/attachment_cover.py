"""The packet of papers that go by mail or fax: a cover sheet (PDF) that says what they belong to, and the documents."""

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from services.claims.core.content import ClaimContent
from services.claims.core.papers_messages import Paper, Sending
from shared.printable import printable


class Addressed(NamedTuple):
    """Whose papers they are. The patient's name and member number are in the clear only here and in the PDF."""

    patient_name: str
    member_id: str
    payer_claim_number: str
    fax: str


def cover_pdf(
    content: ClaimContent, sending: Sending, papers: Sequence[Paper], who: Addressed, written_on: date
) -> bytes:
    """The cover sheet. The same input gives the same bytes."""
    from fpdf import FPDF  # see `services.claims.paper`

    pdf = FPDF(format="letter", unit="mm")
    pdf.set_creation_date(datetime.combine(written_on, time(), UTC))
    pdf.set_title("Papers for a claim")
    pdf.set_margins(25, 20, 25)
    pdf.add_page()
    pdf.set_font("Helvetica", "B", 14)
    pdf.multi_cell(0, 8, "Papers for a claim", new_x="LMARGIN", new_y="NEXT")
    for name, value in _rows(content, sending, papers, who, written_on):
        pdf.set_font("Helvetica", "B", 10)
        pdf.cell(55, 6, printable(name))
        pdf.set_font("Helvetica", "", 10)
        pdf.multi_cell(0, 6, printable(value) or "-", new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


def _rows(
    content: ClaimContent, sending: Sending, papers: Sequence[Paper], who: Addressed, written_on: date
) -> list[tuple[str, str]]:
    numbers = sending.trace or ", ".join(one.control_number for one in papers)
    days = [one.isoformat() for one in (content.service_from, content.service_to) if one]
    rows = [
        ("To", content.payer_name or content.payer_id),
        ("By", f"fax {who.fax}".strip() if sending.route == "fax" else "mail"),
        ("From", f"{content.billing.name}, NPI {content.billing.npi}"),
        ("Date", written_on.isoformat()),
        ("Your request" if sending.trace else "Attachment control number", numbers),
        ("Patient", who.patient_name),
        ("Member id", who.member_id),
        ("Our control number", content.patient_control_number),
        ("Your claim number", who.payer_claim_number),
        ("Days of service", " to ".join(dict.fromkeys(days))),
        ("Charge", f"${(content.charge_cents or 0) / 100:,.2f}"),
    ]
    if sending.due_on:
        rows.append(("Wanted by", sending.due_on.isoformat()))
    return [*rows, *((f"Paper {n}", f"{one.report_type}, {one.form}") for n, one in enumerate(papers, 1))]


def packet_zip(cover: bytes, documents: Sequence[tuple[str, bytes]], written_on: date) -> bytes:
    """Cover and documents in one archive; the same input gives the same bytes."""
    stream = io.BytesIO()
    stamp = (written_on.year, written_on.month, written_on.day, 0, 0, 0)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (("00-cover.pdf", cover), *documents):
            archive.writestr(zipfile.ZipInfo(name, stamp), content)
    return stream.getvalue()
