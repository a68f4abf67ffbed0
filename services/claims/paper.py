"""A claim on paper: the pages of its form, and the PDF that a printer takes.

Professional claims go on a CMS-1500, institutional ones on a UB-04; dental claims have no form here. On plain paper the
boxes are drawn with labels of our own, which a person reads and a payer may refuse; on preprinted forms only the values
are drawn, where the form has its boxes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from services.claims.core.content import ClaimContent
from services.claims.identity import Identity
from services.claims.paper_cms1500 import cms1500_pages
from services.claims.paper_layout import Frame, Layout, Slot
from services.claims.paper_layout_cms1500 import CMS1500
from services.claims.paper_layout_ub04 import UB04
from services.claims.paper_texts import FormName, PaperError, PaperPage
from services.claims.paper_ub04 import ub04_pages

if TYPE_CHECKING:
    from fpdf import FPDF

LAYOUTS: dict[FormName, Layout] = {"CMS-1500": CMS1500, "UB-04": UB04}
INCH_MM = 25.4
TEST_MARK = "TEST - DO NOT MAIL"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a form is drawn on, in millimetres. `framed`: boxes and labels are drawn too, because the paper has none."""

    left: float
    top: float
    column: float
    line: float
    points: float
    framed: bool

    def x(self, column: float) -> float:
        return self.left + (column - 1) * self.column

    def y(self, line: float) -> float:
        """The upper edge of a line."""
        return self.top + (line - 1) * self.line


PLAIN = Sheet(left=8.5, top=11, column=2.45, line=3.92, points=9.5, framed=True)
PREPRINTED = Sheet(left=0.25 * INCH_MM, top=0, column=INCH_MM / 10, line=INCH_MM / 6, points=12, framed=False)
"""10 characters and 6 lines an inch; Courier of 12 points has exactly that width."""


def preprinted(shift_right_mm: float = 0, shift_down_mm: float = 0) -> Sheet:
    """A form from the printer's shop, moved by what this printer is off."""
    sheet = PREPRINTED
    return Sheet(sheet.left + shift_right_mm, shift_down_mm, sheet.column, sheet.line, sheet.points, framed=False)


def paper_pages(content: ClaimContent, identity: Identity, on: date) -> tuple[PaperPage, ...]:
    """The pages of a claim made on a day, by box; PaperError with a sentence where it does not fit on its form."""
    if content.claim_type == "D":
        raise PaperError("CMS-1500", "24", "a dental claim has no form on paper here.")
    hospital = content.claim_type == "I"
    pages = ub04_pages(content, identity, on) if hospital else cms1500_pages(content, identity)
    for page in pages:
        _check(page)
    return pages


def _check(page: PaperPage) -> None:
    slots = LAYOUTS[page.form].slots
    for box, text in page.boxes.items():
        if box not in slots:
            raise PaperError(page.form, box, "the form has no such place.")
        slot = slots[box][0]
        if not slot.choice and not slot.may_be_cut and len(text) > slot.width:
            because = f"it has room for {slot.width} characters, and the claim's text has {len(text)}."
            raise PaperError(page.form, box, because)


def paper_pdf(pages: Sequence[PaperPage], at: datetime, sheet: Sheet = PLAIN, *, test: bool = False) -> bytes:
    """One PDF of all pages, dated `at`; the same input gives the same bytes. Test pages are marked as such."""
    from fpdf import FPDF  # a sixth of the start of this service, and few processes ever print

    pdf = FPDF(format="letter", unit="mm")
    pdf.set_creation_date(at)
    pdf.set_title("Claims")
    pdf.set_margins(0, 0, 0)
    pdf.set_auto_page_break(auto=False)
    for page in pages:
        pdf.add_page()
        _draw(pdf, sheet, page)
        if test:
            pdf.set_font("Helvetica", "B", 11)
            pdf.text(sheet.x(1), sheet.y(1) + (0 if sheet.framed else 4), TEST_MARK)
    return bytes(pdf.output())


def _draw(pdf: "FPDF", sheet: Sheet, page: PaperPage) -> None:
    layout = LAYOUTS[page.form]
    if sheet.framed:
        _draw_form(pdf, sheet, layout)
    pdf.set_font("Courier", "", sheet.points)
    for box, text in page.boxes.items():
        for slot in layout.slots[box]:
            _write(pdf, sheet, slot, text)


def _write(pdf: "FPDF", sheet: Sheet, slot: Slot, text: str) -> None:
    if slot.choice:
        if slot.choice != text:
            return
        text = "X"
    text = text[: slot.width]
    column = slot.column + (slot.width - len(text) if slot.right else 0)
    # One cell for each character, so that a column of the form is a column here whatever the font's width.
    pdf.set_char_spacing((sheet.column - pdf.get_string_width("X")) * pdf.k if sheet.framed else 0)
    pdf.text(sheet.x(column), sheet.y(slot.line + 1) - 0.9, text)
    pdf.set_char_spacing(0)


def _draw_form(pdf: "FPDF", sheet: Sheet, layout: Layout) -> None:
    pdf.set_draw_color(150)
    pdf.set_text_color(90)
    pdf.set_line_width(0.15)
    for frame in layout.frames:
        _draw_frame(pdf, sheet, frame)
    pdf.set_font("Helvetica", "", 4.5)
    for slots in layout.slots.values():
        for slot in slots:
            if slot.choice:
                pdf.text(sheet.x(slot.column) - 0.3, sheet.y(slot.line) + 0.1, slot.choice.lower())
                pdf.rect(sheet.x(slot.column) - 0.3, sheet.y(slot.line) + 0.5, sheet.column, sheet.line - 1.0)
    pdf.set_font("Helvetica", "I", 7)
    pdf.text(sheet.x(1), 273, layout.title)
    pdf.set_text_color(0)


def _draw_frame(pdf: "FPDF", sheet: Sheet, frame: Frame) -> None:
    x, y = sheet.x(frame.column) - 0.6, sheet.y(frame.line)
    width, height = frame.width * sheet.column, frame.lines * sheet.line
    if frame.grey:
        pdf.set_fill_color(238)
    pdf.rect(x, y, width, height, style="DF" if frame.grey else "D")
    pdf.set_font("Helvetica", "", 3.5 if frame.small else 5)
    pdf.text(x + 0.4, y + (1.1 if frame.small else 1.9), frame.label)
