"""The appeal's letter as a PDF, and the packet it goes out in: a ZIP of the letter and the pieces of evidence."""

import io
import re
import tomllib
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any

from services.claims.core.appeal import Appeal
from services.claims.core.content import ClaimContent, PostalAddress
from shared.policy import PolicyError
from shared.printable import printable

if TYPE_CHECKING:
    from fpdf import FPDF

FILE = Path(__file__).parent / "policy" / "appeal_letters.toml"
NAMES = frozenset(
    {
        "claim_number",
        "control_number",
        "service_days",
        "charge",
        "disputed",
        "codes",
        "decided_on",
        "level",
        "filing_limit",
        "accepted_on",
    }
)
ENTRY_FIELDS = {"category", "subject", "paragraph", "valid_from", "source", "owner"}
NAME_MAX = 80


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text with names in braces; with `if_known` it stands only where that name is known."""

    text: str
    if_known: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """The template of one category, from a day on."""

    category: str
    subject: str
    paragraphs: tuple[Paragraph, ...]
    valid_from: date
    source: str


@dataclass(frozen=True, slots=True)
class Correspondents:
    """Who writes about whom to whom. The patient's name and member id are in the clear only here and in the PDF."""

    patient_name: str
    member_id: str
    written_on: date
    payer_claim_number: str = ""


@cache
def letters(path: Path = FILE) -> tuple[Letter, ...]:
    """The templates; PolicyError naming the entry with an unknown name or without a field."""
    with path.open("rb") as file:
        table = tomllib.load(file)
    entries: Sequence[Mapping[str, Any]] = table.get("letter", [])
    defaults: Mapping[str, Any] = table["defaults"]
    found = tuple(_letter(path.name, place, {**defaults, **entry}) for place, entry in enumerate(entries, 1))
    if not any(one.category == "unspecified" for one in found):
        msg = f'{path.name}: the category "unspecified" must have a letter, for those that have none'
        raise PolicyError(msg)
    return found


def _letter(file: str, place: int, entry: Mapping[str, Any]) -> Letter:
    if missing := ENTRY_FIELDS - set(entry):
        msg = f"{file}: letter {place} lacks {', '.join(sorted(missing))}"
        raise PolicyError(msg)
    paragraphs = tuple(Paragraph(one["text"], one.get("if", "")) for one in entry["paragraph"])
    named = {name for text in (entry["subject"], *(p.text for p in paragraphs)) for name in _names(text)}
    named |= {one.if_known for one in paragraphs if one.if_known}
    if unknown := named - NAMES:
        msg = f"{file}: letter {place} ({entry['category']}) names what nobody fills in: {', '.join(sorted(unknown))}"
        raise PolicyError(msg)
    return Letter(entry["category"], entry["subject"], paragraphs, entry["valid_from"], entry["source"])


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def letter_for(category: str, day: date, of: Sequence[Letter] | None = None) -> Letter:
    """The category's template in force on a day, or the one for all."""
    known = [one for one in (of or letters()) if one.valid_from <= day]
    own = [one for one in known if one.category == category]
    return max(own or [one for one in known if one.category == "unspecified"], key=lambda one: one.valid_from)


def letter_pdf(
    appeal: Appeal, content: ClaimContent, filing_limit: date | None, who: Correspondents
) -> tuple[bytes, int]:
    """The letter with its list of evidence, and how many pages it has. The same input gives the same bytes."""
    from fpdf import FPDF  # see `services.claims.paper`

    values = _values(appeal, content, filing_limit, who)
    template = letter_for(appeal.category, who.written_on)
    pdf = FPDF(format="letter", unit="mm")
    pdf.set_creation_date(datetime.combine(who.written_on, time(), UTC))
    pdf.set_title("Appeal")
    pdf.set_margins(25, 20, 25)
    pdf.set_auto_page_break(auto=True, margin=20)
    pdf.add_page()
    _head(pdf, content, who)
    _line(pdf, _filled(template.subject, values), bold=True, gap=6)
    _facts(pdf, appeal, content, who)
    for paragraph in template.paragraphs:
        if not paragraph.if_known or values.get(paragraph.if_known):
            _line(pdf, _filled(paragraph.text, values), gap=4)
    if appeal.deadline_on:
        _line(pdf, f"This appeal is filed in time: its last day is {appeal.deadline_on.isoformat()}.", gap=6)
    _line(pdf, "Sincerely,", gap=14)
    _line(pdf, content.billing.name, gap=8)
    _evidence(pdf, appeal)
    return bytes(pdf.output()), pdf.pages_count


def _head(pdf: "FPDF", content: ClaimContent, who: Correspondents) -> None:
    billing = content.billing
    for text in (billing.name, *_address(billing.address), f"NPI {billing.npi}"):
        _line(pdf, text)
    pdf.ln(6)
    for text in (content.payer_name or content.payer_id, *_address(content.payer_address), "Provider appeals"):
        _line(pdf, text)
    pdf.ln(6)
    _line(pdf, who.written_on.isoformat(), gap=6)


def _facts(pdf: "FPDF", appeal: Appeal, content: ClaimContent, who: Correspondents) -> None:
    rows = (
        ("Patient", who.patient_name),
        ("Member id", who.member_id),
        ("Our control number", content.patient_control_number),
        ("Your claim number", who.payer_claim_number or "not known to us"),
        ("Days of service", _days(content)),
        ("Refused", f"{_dollars(appeal.disputed_cents)} of {_dollars(content.charge_cents or 0)}"),
        ("Reasons you gave", ", ".join(appeal.reasons)),
    )
    for name, value in rows:
        pdf.set_font("Helvetica", "B", 10)
        pdf.cell(45, 5, printable(name))
        pdf.set_font("Helvetica", "", 10)
        pdf.multi_cell(0, 5, printable(value), new_x="LMARGIN", new_y="NEXT")
    pdf.ln(5)


def _evidence(pdf: "FPDF", appeal: Appeal) -> None:
    _line(pdf, "Enclosed", bold=True, gap=2)
    if not appeal.evidence:
        _line(pdf, "Nothing further.")
    for number, one in enumerate(appeal.evidence, 1):
        proof = " (proof of timely filing)" if one.proves_timely_filing else ""
        what = one.kind.replace("_", " ")
        _line(pdf, f"{number}. {what} of {one.on.isoformat()}, {one.reference}{proof} {one.detail}".rstrip())


def _line(pdf: "FPDF", text: str, *, bold: bool = False, gap: float = 0) -> None:
    pdf.set_font("Helvetica", "B" if bold else "", 11 if bold else 10)
    pdf.multi_cell(0, 5, printable(text), align="L", new_x="LMARGIN", new_y="NEXT")
    if gap:
        pdf.ln(gap)


def _values(appeal: Appeal, content: ClaimContent, filing_limit: date | None, who: Correspondents) -> dict[str, str]:
    accepted = [one.on for one in appeal.evidence if one.proves_timely_filing]
    return {
        "claim_number": who.payer_claim_number or content.patient_control_number,
        "control_number": content.patient_control_number,
        "service_days": _days(content),
        "charge": _dollars(content.charge_cents or 0),
        "disputed": _dollars(appeal.disputed_cents),
        "codes": ", ".join(appeal.reasons),
        "decided_on": appeal.decided_on.isoformat() if appeal.decided_on else "",
        "level": str(appeal.level),
        "filing_limit": filing_limit.isoformat() if filing_limit else "",
        "accepted_on": min(accepted).isoformat() if accepted else "",
    }


def _filled(text: str, values: Mapping[str, str]) -> str:
    return text.format_map(values)


def _days(content: ClaimContent) -> str:
    first, last = content.service_from, content.service_to
    if first is None:
        return "days not stated"
    return first.isoformat() if last in (None, first) else f"{first.isoformat()} to {last.isoformat()}"


def _dollars(cents: int) -> str:
    return f"${cents / 100:,.2f}"


def _address(address: PostalAddress | None) -> tuple[str, ...]:
    if address is None:
        return ()
    town = " ".join(part for part in (address.city, address.state, address.postal_code) if part)
    return tuple(part for part in (address.line1, address.line2, town) if part)


def packet_zip(letter: bytes, files: Sequence[tuple[str, bytes]], written_on: date) -> bytes:
    """The letter and the numbered files, in one archive; the same content gives the same bytes."""
    day = (max(written_on.year, 1980), written_on.month, written_on.day, 0, 0, 0)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        named = [("letter.pdf", letter), *((f"{n:02}-{_safe(name)}", data) for n, (name, data) in enumerate(files, 1))]
        for name, data in named:
            archive.writestr(zipfile.ZipInfo(name, day), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _safe(name: str) -> str:
    """A file name without folders or anything that a file system could take amiss."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", Path(name.replace("\\", "/")).name)[-NAME_MAX:].lstrip(".") or "file"
