"""The evidence of an underpayment as a PDF, for the payer: the contract's term, the lines, and the arithmetic.

Nothing in it names the patient: the payer knows the claim by its own control number and by ours. Pure: the same
content on the same day gives the same bytes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, cast

from services.payments.core.contract_check import NESTED_MAX
from services.payments.core.contract_terms import ChooseTerm, InForce, Term, VersionBody
from services.payments.core.decided import Billed, Decided
from services.payments.core.money_text import dollars
from services.payments.core.remitted import Position
from services.payments.core.underpaid import Case
from services.payments.core.underpayment import Underpayment
from services.payments.receipts import ReceiptHead
from shared.printable import printable_line as printable

if TYPE_CHECKING:
    from fpdf import FPDF

LONG = 400
"""Of a sentence so many characters are printed."""
RIGHT, LEFT = "RIGHT", "LEFT"
TOLD_THE_PAYER = frozenset({"found short", "disputed", "correspondence"})
OUTCOMES = {
    "as_expected": "as expected",
    "underpaid": "short",
    "overpaid": "too much",
    "cannot_say": "not judged",
    "denied": "denied",
    "gone": "gone",
}


@dataclass(frozen=True, slots=True)
class Pack:
    """Everything that the evidence is made of. `traces` are the remittances' check or transfer numbers by id."""

    head: ReceiptHead
    underpayment: Underpayment
    case: Case
    contract: InForce | None
    billed: Billed | None
    decisions: tuple[Decided, ...]
    standing: frozenset[Position]
    traces: Mapping[str, str]
    history: Sequence[Mapping[str, Any]]
    printed_on: date


def evidence_pdf(pack: Pack) -> bytes:
    """The pages, numbered."""
    from fpdf import FPDF  # a sixth of the start of this service, and few processes ever print

    class Pages(FPDF):
        def footer(self) -> None:
            self.set_y(-14)
            self.set_font("Helvetica", "", 8)
            control = pack.case.payer_claim_control_number or "none"
            self.cell(0, 5, printable(f"Payer control number {control}"), align="L")
            self.set_x(self.l_margin)
            self.cell(0, 5, f"Page {self.page_no()} of {{nb}}", align="R")

    pdf = Pages(format="Letter", unit="mm")
    pdf.set_creation_date(datetime.combine(pack.printed_on, time(), UTC))
    pdf.set_title("Underpayment")
    pdf.set_margins(18, 16, 18)
    pdf.set_auto_page_break(True, 18)
    pdf.add_page()
    _opening(pdf, pack)
    _contract(pdf, pack)
    _lines(pdf, pack.case)
    _arithmetic(pdf, pack.case)
    _remittances(pdf, pack)
    _history(pdf, pack.history)
    return bytes(pdf.output())


def _opening(pdf: "FPDF", pack: Pack) -> None:
    case, billed = pack.case, pack.billed
    pdf.set_font("Helvetica", "B", 12)
    pdf.cell(0, 6, printable(pack.head.name), new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("Helvetica", "", 9)
    for line in pack.head.lines:
        pdf.cell(0, 4.5, printable(line), new_x="LMARGIN", new_y="NEXT")
    pdf.ln(4)
    pdf.set_font("Helvetica", "B", 17)
    title = "Request for the rest of a payment" if case.short_cents else "Payment above the contract"
    pdf.cell(0, 10, title, new_x="LMARGIN", new_y="NEXT")
    days = (
        f"{case.service_from} to {case.service_to}" if case.service_from != case.service_to else f"{case.service_from}"
    )
    _pairs(
        pdf,
        (
            ("Payer", case.payer_id),
            ("Payer control number", case.payer_claim_control_number or "none stated"),
            ("Our control number", billed.patient_control_number if billed else pack.underpayment.claim_id),
            ("Billing provider (NPI)", billed.billing_npi if billed else "not known"),
            ("Dates of service", days),
            ("First and last decision", f"{case.first_decided_on} and {case.decided_on}"),
            (
                "Dispute by",
                f"{case.dispute_by} ({case.dispute_source})" if case.dispute_by else "no day in the contract",
            ),
            ("Printed on", f"{pack.printed_on}"),
        ),
    )
    pdf.ln(2)
    rows = (
        ("Charged, every line", case.charge_cents),
        ("Expected under the contract, lines that can be compared", case.expected_cents),
        ("Allowed by the payer, the same lines", case.allowed_cents),
        ("Missing", case.short_cents),
        ("Too much", case.over_cents),
        ("Of what was missing at first, paid since", case.recovered_cents),
    )
    shown = [(name, dollars(cents)) for name, cents in rows if cents or name == "Missing"]
    _table(pdf, ("What it comes to", ""), shown, (120, 59), (LEFT, RIGHT), bold={"Missing"})


def _contract(pdf: "FPDF", pack: Pack) -> None:
    _heading(pdf, "What the contract says")
    contract = pack.contract
    if contract is None:
        _sentence(pdf, "No contract fits this claim.")
        return
    body = contract.body
    _pairs(
        pdf,
        (
            ("Contract", f"{contract.contract_id}: {body.name}"),
            ("Version", f"{contract.version}, valid {body.valid_from} to {body.valid_to or 'further notice'}"),
            ("Source", body.source),
            ("Kept by", body.owner),
        ),
    )
    used = _with_parts(body, {line.term for line in pack.case.lines})
    terms = [(term.id, term.method.replace("_", " "), _term_text(term)) for term in body.terms if term.id in used]
    if terms:
        _table(pdf, ("Term", "Method", "Figures"), terms, (32, 38, 109), (LEFT, LEFT, LEFT))


def _with_parts(body: VersionBody, used: set[str]) -> set[str]:
    """Terms, and those that they are made of."""
    made_of = {term.id: set(term.of) for term in body.terms if isinstance(term, ChooseTerm)}
    for _ in range(NESTED_MAX + 1):
        used = used.union(*(made_of.get(one, set[str]()) for one in used))
    return used


def _term_text(term: Term) -> str:
    """The term's figures and what it is about, as written, without what is empty."""
    written = term.model_dump(mode="json", exclude_defaults=True, exclude={"id", "method", "part"})
    return "; ".join(f"{name.replace('_', ' ')}: {_flat(value)}" for name, value in written.items()) or "every service"


def _flat(value: object) -> str:
    if isinstance(value, dict):
        named = list(cast("dict[str, object]", value).items())[:12]
        return ", ".join(f"{name} {_flat(one)}" for name, one in named)
    if isinstance(value, list):
        return ", ".join(_flat(one) for one in cast("list[object]", value)[:12])
    return str(value)


def _lines(pdf: "FPDF", case: Case) -> None:
    _heading(pdf, "Line by line")
    rows = [
        (
            ", ".join(str(number) for number in line.lines[:6]),
            " ".join((line.procedure, *line.modifiers)).strip() or "claim",
            dollars(line.charge_cents),
            "-" if line.expected_cents is None else dollars(line.expected_cents),
            "-" if line.allowed_cents is None else dollars(line.allowed_cents),
            dollars(line.paid_cents),
            "-" if line.expected_cents is None or line.allowed_cents is None else dollars(line.difference_cents),
            OUTCOMES[line.outcome],
        )
        for line in case.lines
    ]
    heads = ("Line", "Service", "Charge", "Expected", "Allowed", "Paid", "Missing", "")
    _table(pdf, heads, rows, (14, 30, 23, 23, 23, 23, 23, 20), (LEFT, LEFT, *((RIGHT,) * 5), LEFT))


def _arithmetic(pdf: "FPDF", case: Case) -> None:
    told = [line for line in case.lines if line.outcome in {"underpaid", "overpaid"}]
    if not told:
        return
    _heading(pdf, "The arithmetic")
    for line in told:
        named = ", ".join(str(number) for number in line.lines[:20])
        pdf.set_font("Helvetica", "B", 9)
        pdf.cell(
            0,
            5.5,
            printable(f"Line {named}: {' '.join((line.procedure, *line.modifiers))}"),
            new_x="LMARGIN",
            new_y="NEXT",
        )
        rows = [(step.rule, step.says, "" if step.cents is None else dollars(step.cents)) for step in line.steps]
        rows.append(
            (
                "missing" if line.difference_cents > 0 else "too much",
                "expected less allowed",
                dollars(line.difference_cents),
            )
        )
        _table(pdf, ("Rule", "How", "Comes to"), rows, (36, 117, 26), (LEFT, LEFT, RIGHT), bold={"missing", "too much"})


def _remittances(pdf: "FPDF", pack: Pack) -> None:
    _heading(pdf, "What the remittances say")
    for decided in sorted(pack.decisions, key=lambda one: (one.payment_date, one.place)):
        stands = "stands" if decided.place in pack.standing else "taken back since"
        trace = pack.traces.get(decided.place.remittance_id, "not known")
        number = decided.payer_claim_control_number or "none"
        text = f"Trace {trace}, paid on {decided.payment_date}, status {decided.status}, number {number}: {stands}"
        pdf.set_font("Helvetica", "B", 9)
        pdf.cell(0, 5.5, printable(text, 120), new_x="LMARGIN", new_y="NEXT")
        rows = [
            (
                line.line_control_number or "-",
                " ".join((line.procedure or line.revenue_code, *line.modifiers)),
                "-" if line.units is None else f"{line.units:f}",
                dollars(line.charge_cents),
                dollars(line.paid_cents),
                "-" if line.allowed_cents is None else dollars(line.allowed_cents),
                _cas(line),
            )
            for line in decided.lines
        ]
        if decided.claim_adjustments:
            of_claim = ", ".join(f"{one.group}-{one.reason} {dollars(one.cents)}" for one in decided.claim_adjustments)
            rows.append(("claim", "", "", dollars(decided.charge_cents), dollars(decided.paid_cents), "-", of_claim))
        heads = ("Ref.", "Service", "Units", "Charge", "Paid", "AMT*B6", "Adjustments (CAS)")
        _table(pdf, heads, rows, (18, 28, 14, 23, 23, 23, 50), (LEFT, LEFT, RIGHT, RIGHT, RIGHT, RIGHT, LEFT))


def _cas(line: Any) -> str:
    return ", ".join(f"{one.group}-{one.reason} {dollars(one.cents)}" for one in line.adjustments) or "none"


def _history(pdf: "FPDF", history: Sequence[Mapping[str, Any]]) -> None:
    """What passed between us. What we thought of among ourselves is not the payer's."""
    _heading(pdf, "Prior correspondence")
    rows = [
        (one["on"], one["by"], one["what"], one["text"], "" if one["cents"] is None else dollars(one["cents"]))
        for one in history
        if one["what"] in TOLD_THE_PAYER
    ]
    if not rows:
        _sentence(pdf, "None.")
        return
    _table(pdf, ("Day", "By", "What", "", "Amount"), rows, (22, 32, 30, 71, 24), (LEFT, LEFT, LEFT, LEFT, RIGHT))


def _heading(pdf: "FPDF", text: str) -> None:
    pdf.ln(4)
    pdf.set_font("Helvetica", "B", 12)
    pdf.cell(0, 8, printable(text), new_x="LMARGIN", new_y="NEXT")


def _sentence(pdf: "FPDF", text: str) -> None:
    pdf.set_font("Helvetica", "", 9)
    pdf.multi_cell(0, 4.5, printable(text, LONG), new_x="LMARGIN", new_y="NEXT")


def _pairs(pdf: "FPDF", pairs: Iterable[tuple[str, str]]) -> None:
    for name, value in pairs:
        pdf.set_font("Helvetica", "", 9)
        pdf.cell(46, 5, name)
        pdf.set_font("Helvetica", "B", 9)
        pdf.multi_cell(0, 5, printable(value, LONG), new_x="LMARGIN", new_y="NEXT")


def _table(
    pdf: "FPDF",
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths: Sequence[int],
    aligned: Sequence[str],
    bold: frozenset[str] | set[str] = frozenset(),
) -> None:
    """A table whose head is repeated on each page; rows that begin with a `bold` word stand out."""
    from fpdf.enums import TableBordersLayout
    from fpdf.fonts import FontFace

    pdf.set_font("Helvetica", "", 8)
    with pdf.table(
        col_widths=tuple(widths),
        text_align=tuple(aligned),
        line_height=4.6,
        padding=(0.4, 1),
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        headings_style=FontFace(emphasis="BOLD", fill_color=(235, 235, 235)),
    ) as table:
        head = table.row()
        for one in heads:
            head.cell(one)
        for values in rows:
            row = table.row()
            style = FontFace(emphasis="BOLD") if values and values[0] in bold else None
            for one in values:
                row.cell(printable(one, LONG), style=style)
    pdf.ln(2)
