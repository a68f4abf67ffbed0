"""X12 segments for a person who reads them: what a segment is about, and its elements with amounts and days in words.

Labels are short and our own; the official texts of the guides are not reproduced here. A segment we have no words for
is shown as it stands.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, cast

from services.console.core.reasons import ADJUSTMENT_REASONS, GROUPS


class Element(NamedTuple):
    """One element: its place (`CLM01`), what it holds in our words ("" where we have none), and its text."""

    place: str
    label: str
    text: str
    said: str = ""  # the same for people: an amount, a day, a code's meaning


class SaidSegment(NamedTuple):
    """One line: a segment with its elements, or `left_out` segments of other claims."""

    tag: str = ""
    label: str = ""
    text: str = ""
    elements: tuple[Element, ...] = ()
    left_out: int = 0


SEGMENTS: Mapping[str, str] = {
    "ISA": "interchange begins",
    "GS": "group begins",
    "ST": "transaction begins",
    "BHT": "what the transaction is",
    "BPR": "payment",
    "TRN": "trace",
    "HL": "level",
    "NM1": "name",
    "N1": "name",
    "N2": "more of the name",
    "N3": "street",
    "N4": "city",
    "PER": "contact",
    "REF": "reference",
    "PRV": "provider's taxonomy",
    "SBR": "insured",
    "PAT": "patient",
    "DMG": "birth date and sex",
    "CLM": "claim",
    "CL1": "admission",
    "DTP": "date",
    "DTM": "date",
    "HI": "diagnoses and other codes",
    "LX": "line",
    "SV1": "professional service",
    "SV2": "institutional service",
    "SV3": "dental service",
    "PWK": "papers",
    "AMT": "amount",
    "QTY": "quantity",
    "CLP": "claim's payment",
    "CAS": "adjustments",
    "SVC": "service's payment",
    "SVD": "line decided by another payer",
    "MIA": "inpatient remarks",
    "MOA": "outpatient remarks",
    "LQ": "remark code",
    "PLB": "provider-level adjustment",
    "STC": "status",
    "OI": "other insurance",
    "NTE": "note",
    "CUR": "currency",
    "TS3": "provider summary",
    "EB": "benefit",
    "AAA": "refused, with a reason",
    "AK1": "group that is answered",
    "AK2": "transaction that is answered",
    "AK9": "verdict on the group",
    "IK5": "verdict on the transaction",
    "SE": "transaction ends",
    "GE": "group ends",
    "IEA": "interchange ends",
}
ELEMENTS: Mapping[str, str] = {
    "CLM01": "control number",
    "CLM02": "charge",
    "CLM05": "place, and frequency",
    "CLM06": "provider's signature",
    "CLM07": "assignment",
    "CLM08": "benefits assigned",
    "CLM09": "release of information",
    "NM101": "who",
    "NM103": "last name or organisation",
    "NM104": "first name",
    "NM109": "id",
    "SBR01": "place in the order of payers",
    "SBR03": "group number",
    "SBR09": "class of payer",
    "SV101": "procedure and modifiers",
    "SV102": "charge",
    "SV104": "units",
    "SV107": "diagnoses it points to",
    "SV201": "revenue code",
    "SV202": "procedure and modifiers",
    "SV203": "charge",
    "SV301": "procedure",
    "SV302": "charge",
    "BPR02": "payment",
    "BPR04": "how it is paid",
    "BPR16": "paid on",
    "TRN02": "trace number",
    "CLP01": "control number",
    "CLP02": "outcome",
    "CLP03": "charge",
    "CLP04": "paid",
    "CLP05": "patient's share",
    "CLP07": "payer's control number",
    "SVC01": "procedure and modifiers",
    "SVC02": "charge",
    "SVC03": "paid",
    "AMT02": "amount",
    "STC01": "category, status and who",
    "STC02": "as of",
    "STC03": "action",
    "STC04": "charge",
    "DTP03": "date",
    "DTM02": "date",
    "DMG02": "birth date",
    "REF02": "reference",
    "LX01": "number",
    "IK501": "verdict",
    "AK901": "verdict",
}
AMOUNTS = frozenset(
    {"CLM02", "SV102", "SV203", "SV302", "BPR02", "CLP03", "CLP04", "CLP05", "SVC02", "SVC03", "AMT02", "STC04"}
)
DAYS = frozenset({"BPR16", "STC02", "DTP03", "DTM02", "DMG02"})
DAY_DIGITS = 8
ENTITIES: Mapping[str, str] = {
    "85": "billing provider",
    "87": "pay-to address",
    "IL": "insured",
    "QC": "patient",
    "PR": "payer",
    "82": "rendering provider",
    "DN": "referring provider",
    "77": "service facility",
    "41": "submitter",
    "40": "receiver",
    "PE": "payee",
    "74": "corrected insured",
    "71": "attending provider",
}
CODED: Mapping[str, Mapping[str, str]] = {"NM101": ENTITIES, "N101": ENTITIES, "CAS01": GROUPS}
REASON_PLACES = frozenset({2, 5, 8, 11, 14, 17})
AMOUNT_PLACES = frozenset({3, 6, 9, 12, 15, 18})
"""Of a CAS: up to six times a reason, an amount and a quantity."""


def said_segments(parts: Any) -> list[SaidSegment]:
    """Lines of an excerpt as the services' APIs give it."""
    rows = cast("list[object]", parts) if isinstance(parts, list) else []
    return [_said(cast("dict[str, Any]", row)) for row in rows if isinstance(row, dict)]


def _said(row: Mapping[str, Any]) -> SaidSegment:
    if "left_out" in row:
        return SaidSegment(left_out=int(row["left_out"]))
    tag = str(row.get("tag", ""))
    texts = [str(one) for one in cast("Sequence[object]", row.get("elements") or ())]
    elements = tuple(element_of(tag, n, text) for n, text in enumerate(texts, 1) if text)
    return SaidSegment(tag, SEGMENTS.get(tag, ""), str(row.get("text", "")), elements)


def element_of(tag: str, number: int, text: str) -> Element:
    """One element with what can be said of it."""
    place = f"{tag}{number:02}"
    if tag == "CAS":
        return _adjustment(place, number, text)
    said = ""
    if place in AMOUNTS:
        said = amount_said(text)
    elif place in DAYS:
        said = day_said(text)
    elif place in CODED:
        said = CODED[place].get(text, "")
    return Element(place, ELEMENTS.get(place, ""), text, said)


def _adjustment(place: str, number: int, text: str) -> Element:
    if number == 1:
        return Element(place, "group", text, GROUPS.get(text, ""))
    if number in REASON_PLACES:
        return Element(place, "reason", text, ADJUSTMENT_REASONS.get(text, ""))
    if number in AMOUNT_PLACES:
        return Element(place, "amount", text, amount_said(text))
    return Element(place, "quantity", text)


def amount_said(text: str) -> str:
    """`1250.5` as `$1,250.50`; nothing for what is no amount."""
    whole, _, part = text.lstrip("-").partition(".")
    if not whole.isdigit() or (part and not part.isdigit()) or len(part) > len("00"):
        return ""
    return f"{'−' if text.startswith('-') else ''}${int(whole):,}.{part.ljust(2, '0')}"


def day_said(text: str) -> str:
    """`20260731`, or two of them with a dash, as days; nothing for what is none."""
    days = [_day(one) for one in text.split("-")]
    return "" if not all(days) else " to ".join(days)


def _day(text: str) -> str:
    if len(text) != DAY_DIGITS or not text.isdigit():
        return ""
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:])).isoformat()
    except ValueError:
        return ""
