"""A statement on paper. The same statement always has the same bytes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from services.collections.core.statement import AgeColumn, StatedVisit, Statement
from services.collections.statement_code import code_of
from services.collections.statement_words import Words, dates_of, money, words_of
from shared.printable import printable, printable_line

if TYPE_CHECKING:
    from fpdf import FPDF

MARGIN, WIDTH, HEIGHT = 18.0, 179.9, 279.4
"""Millimetres of US letter paper: the margins, what is between them, and the page's height."""
WINDOW_Y, BODY_Y, FOOT = 50.0, 86.0, 20.0
"""Where the address stands for a No. 10 window envelope, where the body begins, and what is kept free below."""
WHAT, AMOUNT = 64.9, 23.0
"""Width of the first column, and of each of the five with amounts."""
GREY, RULE = (243, 244, 246), (170, 175, 182)
CODE_MM = 32.0


@dataclass(slots=True)
class Sheet:
    """What is drawn on, and in which words."""

    pdf: "FPDF"
    words: Words
    day: Callable[[date], str]

    def write(self, text: str, size: float = 10, style: str = "", height: float = 5) -> None:
        """A paragraph over the whole width."""
        self.pdf.set_font("helvetica", style, size)
        self.pdf.multi_cell(0, height, printable(text), align="L", new_x="LMARGIN", new_y="NEXT")

    def room(self, height: float) -> bool:
        """Whether so many millimetres are left on the page; else a new one is begun."""
        if self.pdf.get_y() + height <= HEIGHT - FOOT:
            return True
        self.pdf.add_page()
        return False

    def heading(self, text: str, needs: float = 24) -> None:
        """A heading with room for something below it."""
        self.pdf.ln(5)
        self.room(needs)
        self.write(text, 12, "B", 6)
        self.pdf.ln(1)


def statement_pdf(statement: Statement) -> bytes:
    """US letter, for a window envelope."""
    words = words_of(statement.language)
    pdf = _paper(words, statement.account_id)
    pdf.set_creation_date(datetime.combine(statement.dated_on, time(), UTC))
    pdf.set_title(printable_line(f"{words.title} {statement.number}"))
    pdf.set_lang("es-US" if statement.language == "es" else "en-US")
    pdf.set_margins(MARGIN, MARGIN, MARGIN)
    pdf.set_auto_page_break(auto=True, margin=FOOT)
    pdf.add_page()
    sheet = Sheet(pdf, words, dates_of(statement.language))
    _head(sheet, statement)
    _summary(sheet, statement)
    _pay(sheet, statement)
    _visits(sheet, statement)
    _pending(sheet, statement)
    _money(sheet, statement)
    _aging(sheet, statement.aging)
    _help(sheet, statement)
    return bytes(pdf.output())


def _paper(words: Words, account_id: str) -> "FPDF":
    """Each page names the account and its number: sheets get apart."""
    from fpdf import FPDF  # costs a good part of a start, and few processes ever print

    class Paper(FPDF):
        def footer(self) -> None:
            self.set_y(-13)
            self.set_font("helvetica", "", 8)
            self.cell(WIDTH - 30, 4, printable_line(f"{words.account}: {account_id}"))
            self.cell(30, 4, words.page.format(page=self.page_no(), pages="{nb}"))

    return Paper(format="letter", unit="mm")


def _head(sheet: Sheet, statement: Statement) -> None:
    """Who writes, to whom, and which statement this is."""
    pdf, words, sender = sheet.pdf, sheet.words, statement.sender
    pdf.set_font("helvetica", "B", 13)
    pdf.multi_cell(100, 6, printable(sender.name), align="L", new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("helvetica", "", 10)
    for line in (*sender.lines, sender.phone):
        pdf.cell(100, 4.6, printable_line(line), new_x="LMARGIN", new_y="NEXT")
    pdf.set_y(max(pdf.get_y() + 4, WINDOW_Y))
    for line in statement.to:
        pdf.multi_cell(88, 5, printable_line(line), align="L", new_x="LMARGIN", new_y="NEXT")
    bottom = pdf.get_y()
    pdf.set_xy(MARGIN + 108, MARGIN)
    pdf.set_font("helvetica", "B", 18)
    pdf.cell(WIDTH - 108, 8, printable_line(words.title), align="R")
    facts = (
        (words.number, str(statement.number)),
        (words.date, sheet.day(statement.dated_on)),
        (words.account, statement.account_id),
    )
    for n, (name, value) in enumerate(facts):
        pdf.set_xy(MARGIN + 90, MARGIN + 10 + 4.6 * n)
        pdf.set_font("helvetica", "", 9)
        pdf.cell(WIDTH - 90, 4.6, printable_line(f"{name}: {value}"), align="R")
    pdf.set_y(bottom)


def _summary(sheet: Sheet, statement: Statement) -> None:
    """What is owed, and what to pay by when: the first thing that is looked for."""
    pdf, words = sheet.pdf, sheet.words
    after = max(pdf.get_y() + 6, BODY_Y)
    left, top, wide = MARGIN + 100, WINDOW_Y - 4, WIDTH - 100
    pdf.set_fill_color(*GREY)
    pdf.rect(left, top, wide, 32, style="F")
    pdf.set_xy(left + 4, top + 4)
    pdf.set_font("helvetica", "", 11)
    pdf.cell(wide / 2 - 4, 6, printable_line(words.balance))
    pdf.cell(wide / 2 - 4, 6, money(statement.balance_cents), align="R")
    pdf.set_xy(left + 4, top + 13)
    pdf.set_font("helvetica", "B", 14)
    pdf.cell(wide / 2 - 4, 8, printable_line(words.please_pay))
    pdf.cell(wide / 2 - 4, 8, money(statement.due_cents), align="R")
    pdf.set_xy(left + 4, top + 22)
    pdf.set_font("helvetica", "", 10)
    pdf.cell(wide - 8, 6, printable_line(f"{words.by} {sheet.day(statement.due_on)}"), align="R")
    pdf.set_y(after)
    sheet.write(words.what_it_is)
    if statement.has_plan:
        sheet.write(words.plan, style="B")
    if statement.replaces:
        sheet.write(words.replaces.format(number=statement.replaces), style="B")


def _visits(sheet: Sheet, statement: Statement) -> None:
    """Every visit with its services, then what is taken off, and the balance."""
    words = sheet.words
    sheet.heading(words.visits, 40)
    if statement.is_itemised:
        _columns(sheet)
        for visit in statement.visits:
            _visit(sheet, visit)
    else:
        sheet.write(words.sum_only)
    rest = (
        (words.unapplied, -statement.unapplied_cents),
        (words.forgiven, -statement.forgiven_cents),
    )
    for name, cents in rest:
        if cents:
            _line(sheet, name, money(cents))
    _line(sheet, words.total, money(statement.balance_cents), bold=True)
    if statement.charged_cents:
        sheet.write(f"{words.charged}: {money(statement.charged_cents)}", 9)


def _columns(sheet: Sheet) -> None:
    words = sheet.words
    names = ("", words.charge, words.insurance_paid, words.adjusted, words.you_paid, words.you_owe)
    _cells(sheet, names, style="B", size=8.5, fill=True)


def _cells(
    sheet: Sheet,
    texts: Sequence[str],
    *,
    style: str = "",
    size: float = 9,
    fill: bool = False,
    indent: float = 0,
) -> None:
    """A row: what it is about, and up to five amounts."""
    pdf = sheet.pdf
    pdf.set_font("helvetica", style, size)
    pdf.set_fill_color(*GREY)
    pdf.set_x(MARGIN + indent)
    pdf.cell(WHAT - indent, 5.2, printable_line(texts[0]), fill=fill)
    for text in texts[1:]:
        pdf.cell(AMOUNT, 5.2, printable_line(text), align="R", fill=fill)
    pdf.ln(5.2)


def _visit(sheet: Sheet, visit: StatedVisit) -> None:
    """A visit is kept together as far as a page goes; on the next page the columns are named again."""
    pdf, words = sheet.pdf, sheet.words
    if not sheet.room(min(7.0 + 5.4 * (len(visit.lines) + 2), 60)):
        _columns(sheet)
    pdf.set_draw_color(*RULE)
    pdf.line(MARGIN, pdf.get_y(), MARGIN + WIDTH, pdf.get_y())
    amounts = (
        visit.charge_cents,
        -visit.insurance_paid_cents,
        -visit.adjusted_cents,
        -visit.patient_paid_cents,
        visit.owed_cents,
    )
    _cells(sheet, (name_of(words, visit, sheet.day), *map(money, amounts)), style="B")
    for line in visit.lines:
        if not sheet.room(5.4):
            _columns(sheet)
        code = "-".join((line.procedure, *line.modifiers))
        shares = (line.charge_cents, _negative(line.insurance_paid_cents), _negative(line.adjusted_cents))
        told = ("" if cents is None else money(cents) for cents in shares)
        _cells(sheet, (words.service.format(code=code), *told, "", ""), indent=4)
    for said, cents in notes_of(words, visit):
        sheet.write(said.format(amount=money(cents)), 9, "I")


def name_of(words: Words, visit: StatedVisit, day: Callable[[date], str]) -> str:
    """A visit, or a charge that was no claim: a service paid by oneself, or a fee."""
    return (words.visit if visit.kind == "claim" else words.other_charge).format(day=day(visit.service_date))


def notes_of(words: Words, visit: StatedVisit) -> list[tuple[str, int]]:
    """What of a visit is neither paid nor due, with its amount."""
    said = ((words.partly_pending, visit.open_at_payer_cents), (words.other_parties, visit.other_parties_cents))
    return [(text, cents) for text, cents in said if cents > 0]


def _line(sheet: Sheet, name: str, amount: str, *, bold: bool = False) -> None:
    """A name on the left, an amount at the right edge."""
    pdf = sheet.pdf
    sheet.room(6)
    pdf.set_draw_color(*RULE)
    pdf.line(MARGIN, pdf.get_y(), MARGIN + WIDTH, pdf.get_y())
    pdf.set_font("helvetica", "B" if bold else "", 10)
    pdf.cell(WIDTH - 30, 6, printable_line(name))
    pdf.cell(30, 6, amount, align="R", new_x="LMARGIN", new_y="NEXT")


def _pending(sheet: Sheet, statement: Statement) -> None:
    """What insurance has is apart, and in no sum of what is owed."""
    if not statement.pending:
        return
    words = sheet.words
    sheet.heading(words.pending)
    sheet.write(words.pending_note)
    sheet.pdf.ln(1)
    for one in statement.pending:
        _line(sheet, words.visit.format(day=sheet.day(one.service_date)), money(one.open_cents))


def _money(sheet: Sheet, statement: Statement) -> None:
    if not statement.money:
        return
    words = sheet.words
    sheet.heading(words.money)
    for one in statement.money:
        what = words.paid if one.cents > 0 else words.went_back
        _line(sheet, f"{sheet.day(one.on)}: {what}", money(abs(one.cents)))


def _aging(sheet: Sheet, columns: Sequence[AgeColumn]) -> None:
    if not columns:
        return
    pdf, words = sheet.pdf, sheet.words
    sheet.heading(words.aging)
    wide = WIDTH / len(columns)
    pdf.set_fill_color(*GREY)
    for style, texts, fill in (
        ("B", [age_of(words, one) for one in columns], True),
        ("", [money(one.cents) for one in columns], False),
    ):
        pdf.set_font("helvetica", style, 9)
        for text in texts:
            pdf.cell(wide, 6, printable_line(text), align="C", fill=fill)
        pdf.ln(6)


def age_of(words: Words, column: AgeColumn) -> str:
    """What a column of the aging is called."""
    if column.to_days is None:
        return words.age_over.format(last=column.from_days - 1)
    return words.age_days.format(first=column.from_days, last=column.to_days)


def _pay(sheet: Sheet, statement: Statement) -> None:
    """Ways to pay; the link and its code where there is one."""
    pdf, words, sender = sheet.pdf, sheet.words, statement.sender
    sheet.heading(words.pay, CODE_MM + 16)
    top = pdf.get_y()
    wide = WIDTH - CODE_MM - 8
    ways = [
        (words.online, statement.pay_link or sender.pay_online),
        (words.phone, sender.phone),
        (words.mail, words.mail_how),
    ]
    for name, text in ways:
        pdf.set_font("helvetica", "B", 10)
        pdf.cell(22, 5, printable_line(name))
        pdf.set_font("helvetica", "", 9)
        pdf.multi_cell(wide - 22, 5, printable(text), align="L", new_x="LMARGIN", new_y="NEXT")
    if statement.pay_link and statement.pay_until is not None:
        pdf.set_font("helvetica", "", 9)
        until = words.online_until.format(day=sheet.day(statement.pay_until.date()))
        pdf.multi_cell(wide, 5, printable(until), align="L", new_x="LMARGIN", new_y="NEXT")
    if statement.pay_link:
        bottom = pdf.get_y()
        _code(sheet, statement.pay_link, MARGIN + WIDTH - CODE_MM, top - 7)
        pdf.set_y(max(bottom, top + CODE_MM - 5))


def _code(sheet: Sheet, link: str, x: float, y: float) -> None:
    pdf, code = sheet.pdf, code_of(link)
    module = CODE_MM / code.size
    pdf.set_fill_color(0, 0, 0)
    for bar in code.bars:
        pdf.rect(x + bar.x * module, y + bar.y * module, bar.length * module, module, style="F")
    pdf.set_xy(x, y + CODE_MM - 2)
    pdf.set_font("helvetica", "", 8.5)
    pdf.cell(CODE_MM, 4, printable_line(sheet.words.scan), align="C")


def _help(sheet: Sheet, statement: Statement) -> None:
    words = sheet.words
    sheet.pdf.ln(5)
    sheet.room(26)
    for name, text in ((words.help, words.help_text), (words.wrong, words.wrong_text)):
        sheet.write(name, 10, "B")
        sheet.write(text)
    if statement.language == "en":
        sheet.write(statement.sender.languages_note)


def _negative(cents: int | None) -> int | None:
    return None if cents is None else -cents
