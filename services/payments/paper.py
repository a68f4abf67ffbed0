"""What papers of this service have in common: who writes, pairs of names and values, and rows with an amount."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, Protocol

from shared.printable import printable_line

if TYPE_CHECKING:
    from fpdf import FPDF


class Letterhead(Protocol):
    """Who writes."""

    @property
    def name(self) -> str: ...
    @property
    def lines(self) -> tuple[str, ...]: ...


def print_head(pdf: "FPDF", head: Letterhead) -> None:
    """The writer's name and address."""
    pdf.set_font("Helvetica", "B", 12)
    pdf.cell(0, 6, printable_line(head.name), new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("Helvetica", "", 10)
    for line in head.lines:
        pdf.cell(0, 5, printable_line(line), new_x="LMARGIN", new_y="NEXT")
    pdf.ln(8)


def print_pairs(pdf: "FPDF", pairs: Iterable[tuple[str, str]]) -> None:
    """A name and its value, line by line."""
    for name, value in pairs:
        pdf.set_font("Helvetica", "", 10)
        pdf.cell(38, 6, name)
        pdf.set_font("Helvetica", "B", 10)
        pdf.cell(0, 6, printable_line(value), new_x="LMARGIN", new_y="NEXT")


def print_row(pdf: "FPDF", what: str, amount: str, *, bold: bool = False, line: bool = False) -> None:
    """What, and how much; `line` draws one above."""
    pdf.set_font("Helvetica", "B" if bold else "", 10)
    border: Literal[0] | str = "T" if line else 0
    pdf.cell(pdf.epw - 36, 7, printable_line(what), border=border)
    pdf.cell(36, 7, amount, border=border, align="R", new_x="LMARGIN", new_y="NEXT")
