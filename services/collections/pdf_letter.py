"""A letter as one PDF: who writes, the window of the envelope, the day, a title and paragraphs."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from services.collections.render import Letterhead
from shared.printable import printable, printable_line

MARGIN_MM = 25
WINDOW_MM = 50
"""Where the address stands, from the top, for a No. 10 window envelope."""


def letter_pdf(head: Letterhead, to: Sequence[str], day: str, text: str, written_on: date) -> bytes:
    """The first line of the text is its title; blank lines part paragraphs. The same input gives the same bytes.

    `day` is the date as the reader writes it.
    """
    from fpdf import FPDF  # costs a good part of a start, and few processes ever print

    title, _, body = text.strip().partition("\n")
    pdf = FPDF(format="letter", unit="mm")
    pdf.set_creation_date(datetime.combine(written_on, time(), UTC))
    pdf.set_title(printable_line(title))
    pdf.set_margins(MARGIN_MM, 20, MARGIN_MM)
    pdf.set_auto_page_break(auto=True, margin=20)
    pdf.add_page()
    pdf.set_font("helvetica", "B", 12)
    pdf.cell(0, 6, printable_line(head.name), new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("helvetica", "", 10)
    for line in (*head.lines, head.phone):
        pdf.cell(0, 5, printable_line(line), new_x="LMARGIN", new_y="NEXT")
    pdf.set_y(max(pdf.get_y() + 5, WINDOW_MM))
    for line in to:
        pdf.cell(0, 5, printable_line(line), new_x="LMARGIN", new_y="NEXT")
    pdf.ln(12)
    pdf.cell(0, 5, printable_line(day), new_x="LMARGIN", new_y="NEXT")
    pdf.ln(6)
    pdf.set_font("helvetica", "B", 13)
    pdf.multi_cell(0, 6, printable(title), align="L", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(3)
    pdf.set_font("helvetica", "", 11)
    for paragraph in body.strip().split("\n\n"):
        pdf.multi_cell(0, 5.5, printable(paragraph.strip()), align="L", new_x="LMARGIN", new_y="NEXT")
        pdf.ln(3)
    pdf.ln(4)
    pdf.set_font("helvetica", "", 9)
    pdf.multi_cell(0, 4.5, printable(head.languages_note), align="L", new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())
