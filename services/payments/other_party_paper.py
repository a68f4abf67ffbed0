"""An invoice to a party that is neither insurer nor guarantor: PDF, or CSV. It names the care by claim and day."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, time

from services.payments.core.money_text import dollars
from services.payments.core.other_party import Invoice, OtherParty
from services.payments.paper import Letterhead, print_head, print_pairs, print_row
from shared.printable import printable_line
from shared.table_files import Table, Value

COLUMNS = ("invoice", "item_id", "service_date", "amount_cents")
NOTE = (
    "This invoice is for your share of the care above. It is not asked of the patient while your agreement holds. "
    "Please send the invoice's number with your payment."
)


def invoice_number(party: OtherParty, invoice: Invoice) -> str:
    """As it is printed: the party's last characters and the invoice's number."""
    return f"{party.party_id[-10:].upper()}-{invoice.number}"


def invoice_pdf(party: OtherParty, invoice: Invoice, contact: Sequence[str], head: Letterhead) -> bytes:
    """One page or more; the same invoice gives the same bytes. `contact`: the party's name, then its address."""
    from fpdf import FPDF  # loaded when something is printed, which few processes do

    assert party.terms is not None, "a party has terms"
    pdf = FPDF(format="Letter", unit="mm")
    pdf.set_creation_date(datetime.combine(invoice.billed_on, time(), UTC))
    pdf.set_title("Invoice")
    pdf.set_margins(22, 22, 22)
    pdf.add_page()
    print_head(pdf, head)
    pdf.set_font("Helvetica", "", 11)
    for text in contact:
        pdf.cell(0, 5.5, printable_line(text), new_x="LMARGIN", new_y="NEXT")
    pdf.ln(8)
    pdf.set_font("Helvetica", "B", 18)
    pdf.cell(0, 12, "Invoice", new_x="LMARGIN", new_y="NEXT")
    print_pairs(
        pdf,
        (
            ("Invoice", invoice_number(party, invoice)),
            ("Account", party.account_id),
            ("Date", f"{invoice.billed_on:%B %d, %Y}"),
            ("Please pay by", f"{invoice.due_on:%B %d, %Y}"),
        ),
    )
    pdf.ln(4)
    print_row(pdf, "Care", "Your share", bold=True)
    for line in invoice.lines:
        print_row(pdf, f"Service of {line.service_date:%m/%d/%Y} ({line.item_id[-10:]})", dollars(line.cents))
    print_row(pdf, "Total", dollars(invoice.billed_cents), bold=True, line=True)
    pdf.ln(8)
    pdf.set_font("Helvetica", "", 9)
    pdf.multi_cell(0, 4.5, NOTE, new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


def invoice_table(party: OtherParty, invoice: Invoice) -> Table:
    """The same as rows."""
    number = invoice_number(party, invoice)
    return Table(f"invoice-{number}", COLUMNS, _rows(number, invoice))


async def _rows(number: str, invoice: Invoice) -> AsyncIterator[Sequence[Value]]:
    for line in invoice.lines:
        yield number, line.item_id, line.service_date.isoformat(), line.cents
