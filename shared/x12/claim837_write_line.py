"""One service line's segments: loop 2400 and below, in the guide's order."""

from collections.abc import Iterator

from shared.x12.adjustments import adjustment_lines
from shared.x12.claim837_names import party_lines
from shared.x12.claim837_views import Guide, LineAdjudication, Ndc, ServiceLine
from shared.x12.order import in_order, loops_in_order, ranks, split_extras
from shared.x12.values import format_cents, format_date, format_decimal
from shared.x12.writing import Line

_LINE = ranks("LX SV1 SV2 SV3 TOO SV4 SV5 SV6 PWK CR1 CR3 CRC DTP QTY MEA CN1 REF AMT K3 NTE PS1 IMM HSD HCP")
_NESTED = ranks(
    "LIN NM1*82 NM1*QB NM1*72 NM1*ZZ NM1*77 NM1*DQ NM1*DK NM1*DN NM1*P3 NM1*71 NM1*DD NM1*PW NM1*45 NM1 SVD LQ"
)
_STARTERS = frozenset({"NM1", "LIN", "SVD", "LQ"})


def _amount(cents: int | None) -> str:
    return "" if cents is None else format_cents(cents)


def service_lines(line: ServiceLine, position: int, guide: Guide) -> Iterator[Line]:
    """LX to the end of the line; LX01 counts from 1 when the line has no number."""
    own, nested = split_extras(line.extras, _STARTERS)
    head: list[Line] = [("LX", line.number or str(position)), _WRITERS[guide](line), *_details(line), *own]
    yield from in_order(head, _LINE)
    loops = [*nested, *([_drug(line.ndc)] if line.ndc else []), *map(_adjudication, line.adjudications)]
    if line.rendering:
        loops.append(party_lines("82", line.rendering))
    yield from loops_in_order(loops, _NESTED)


def _procedure(line: ServiceLine | LineAdjudication) -> tuple[str, ...]:
    if not (line.procedure or line.procedure_qualifier):
        return ()
    modifiers = (*line.modifiers, "", "", "", "")[:4] if line.description else line.modifiers
    return (line.procedure_qualifier, line.procedure, *modifiers, *([line.description] if line.description else []))


def _yes(condition: bool) -> str:
    return "Y" if condition else ""


def _professional(line: ServiceLine) -> Line:
    return (
        "SV1",
        _procedure(line),
        _amount(line.charge_cents),
        line.unit,
        format_decimal(line.units),
        line.place_of_service,
        "",
        tuple(str(one) for one in line.diagnosis_pointers),
        "",
        _yes(line.emergency),
        "",
        _yes(line.epsdt),
        _yes(line.family_planning),
        "",
        "",
        "0" if line.copay_exempt else "",
    )


def _institutional(line: ServiceLine) -> Line:
    amounts = _amount(line.charge_cents), line.unit, format_decimal(line.units), "", _amount(line.non_covered_cents)
    return ("SV2", line.revenue_code, _procedure(line), *amounts)


def _dental(line: ServiceLine) -> Line:
    place = line.place_of_service, line.oral_cavity, line.prosthesis, format_decimal(line.units)
    pointers = tuple(str(one) for one in line.diagnosis_pointers)
    return ("SV3", _procedure(line), _amount(line.charge_cents), *place, "", "", "", "", pointers)


_WRITERS = {"837P": _professional, "837I": _institutional, "837D": _dental}


def _details(line: ServiceLine) -> Iterator[Line]:
    for tooth in line.teeth:
        yield "TOO", "JP", tooth.code, tooth.surfaces
    first, last = line.service_from, line.service_to
    if first and last and last != first:
        yield "DTP", "472", "RD8", f"{format_date(first)}-{format_date(last)}"
    elif first:
        yield "DTP", "472", "D8", format_date(first)
    if line.line_control_number:
        yield "REF", "6R", line.line_control_number


def _drug(ndc: Ndc) -> list[Line]:
    """Loop 2410."""
    lines: list[Line] = [("LIN", "", "N4", ndc.code)]
    if ndc.quantity is not None:
        lines.append(("CTP", "", "", "", format_decimal(ndc.quantity), (ndc.unit,)))
    if ndc.prescription_number:
        lines.append(("REF", "XZ", ndc.prescription_number))
    return lines


def _adjudication(one: LineAdjudication) -> list[Line]:
    """Loop 2430."""
    units = format_decimal(one.units)
    head = one.payer_id, _amount(one.paid_cents), _procedure(one), one.revenue_code, units, one.bundled_line
    lines: list[Line] = [("SVD", *head), *adjustment_lines(one.adjustments)]
    if one.adjudicated_on:
        lines.append(("DTP", "573", "D8", format_date(one.adjudicated_on)))
    if one.remaining_liability_cents is not None:
        lines.append(("AMT", "EAF", _amount(one.remaining_liability_cents)))
    return lines
