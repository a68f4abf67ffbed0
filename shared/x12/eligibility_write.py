"""Inquiries and answers as 270 and 271 files."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from shared.x12.eligibility_views import Aaa, Answer271, Benefit, BenefitDate, Inquiry270
from shared.x12.order import in_order, ranks
from shared.x12.parties import (
    Party,
    Payer,
    Person,
    address_lines,
    contact_line,
    demographic_line,
    name_line,
    person_name_line,
)
from shared.x12.values import format_cents, format_date, format_decimal
from shared.x12.writing import Line, Outgoing, from_raw, write_interchange

_VERSION = "005010X279A1"
_PERSON = ranks("HL TRN NM1 REF N3 N4 PER AAA PRV DMG INS HI DTP MPI")
_QUESTION = ranks("EQ AMT III REF DTP")
_BENEFIT = ranks("EB HSD REF DTP AAA VEH PID PDR PDP LIN EM SD1 MSG III LS")
_YES_NO = {True: "Y", False: "N", None: ""}


def write_270(inquiry: Inquiry270 | Sequence[Inquiry270], control_number: int, at: datetime) -> bytes:
    """One transaction set per inquiry in one interchange; sender and receiver are the first inquiry's.

    `control_number` serves as ISA13 and GS06. Raises `X12Error` for a text X12 cannot carry.
    """
    inquiries = [inquiry] if isinstance(inquiry, Inquiry270) else list(inquiry)
    sets = [list(_inquired(one, at)) for one in inquiries]
    return _interchange("270", "HS", inquiries[0], sets, control_number, at)


def _inquired(inquiry: Inquiry270, at: datetime) -> Iterator[Line]:
    """BHT to the last question."""
    yield "BHT", "0022", "13", inquiry.reference or inquiry.trace_number, f"{at:%Y%m%d}", f"{at:%H%M}"
    yield from _source(inquiry.payer, ())
    yield from _receiver(inquiry.provider, inquiry.provider_code, ())
    yield from _asked(inquiry)


def write_271(answer: Answer271 | Sequence[Answer271], control_number: int, at: datetime) -> bytes:
    """One transaction set per answer in one interchange; sender and receiver are the first answer's."""
    answers = [answer] if isinstance(answer, Answer271) else list(answer)
    sets = [list(_answered(one, at)) for one in answers]
    return _interchange("271", "HB", answers[0], sets, control_number, at)


def _interchange(
    set_id: str,
    functional_id: str,
    one: Inquiry270 | Answer271,
    sets: Sequence[Sequence[Line]],
    control_number: int,
    at: datetime,
) -> bytes:
    return write_interchange(
        one.sender_qualifier,
        one.sender_id,
        one.receiver_qualifier,
        one.receiver_id,
        control_number,
        at,
        functional_id,
        _VERSION,
        control_number,
        [Outgoing(set_id, lines) for lines in sets],
        one.usage,
    )


def _source(payer: Payer, rejections: Sequence[Aaa], children: bool = True) -> Iterator[Line]:
    """Loop 2000A."""
    yield "HL", "1", "", "20", "1" if children else "0"
    yield from _aaa(rejections, "2000A")
    if payer.name or payer.id:
        identifier = (payer.id_qualifier, payer.id) if payer.id else ("", "")
        yield "NM1", "PR", "2", payer.name, "", "", "", "", *identifier
        yield from map(from_raw, payer.extras)
    yield from _aaa(rejections, "2100A")


def _receiver(provider: Party, code: str, rejections: Sequence[Aaa], children: bool = True) -> Iterator[Line]:
    """Loop 2000B."""
    yield "HL", "2", "1", "21", "1" if children else "0"
    yield name_line(code, provider)
    lines: list[Line] = [*address_lines(provider.address), *contact_line(provider), *map(from_raw, provider.extras)]
    if provider.tax_id:
        lines.append(("REF", provider.tax_id_qualifier, provider.tax_id))
    if provider.taxonomy:
        lines.append(("PRV", "PE", "PXC", provider.taxonomy))
    yield from in_order(lines, ranks("REF N3 N4 PER AAA PRV"))
    yield from _aaa(rejections, "2100B")


def _aaa(rejections: Sequence[Aaa], *loops: str) -> Iterator[Line]:
    for one in rejections:
        if one.loop in loops:
            yield "AAA", "Y" if one.valid else "N", "", one.code, one.follow_up


def _asked(inquiry: Inquiry270) -> Iterator[Line]:
    """Loops 2000C and 2000D with their questions."""
    trace: Line = ("TRN", "1", inquiry.trace_number, inquiry.originator_id or "9REVCYCLE0")
    dependent = inquiry.dependent
    own = [from_raw(one) for one in inquiry.extras]
    group: list[Line] = [("REF", "6P", inquiry.group_number)] if inquiry.group_number else []
    insured: list[Line] = [person_name_line("IL", inquiry.subscriber, "MI", inquiry.member_id), *group]
    insured += _demographics(inquiry.subscriber)
    yield "HL", "3", "2", "22", "1" if dependent else "0"
    if dependent is None:
        dates = list(_when(inquiry))
        yield from in_order([trace, *insured, *own, *dates, *_insured_line(inquiry.relationship)], _PERSON)
    else:
        yield from in_order(insured, _PERSON)
        yield "HL", "4", "3", "23", "0"
        patient: list[Line] = [trace, person_name_line("03", dependent), *_demographics(dependent), *own]
        yield from in_order([*patient, *_when(inquiry), *_insured_line(inquiry.relationship)], _PERSON)
    yield from _questions(inquiry)


def _demographics(person: Person) -> Iterator[Line]:
    yield from address_lines(person.address)
    yield from demographic_line(person)


def _insured_line(relationship: str) -> Iterator[Line]:
    if relationship:
        yield "INS", "Y" if relationship == "18" else "N", relationship


def _questions(inquiry: Inquiry270) -> Iterator[Line]:
    """EQ: one segment with the service types repeated, or one for the procedure."""
    coded = (inquiry.procedure_qualifier, inquiry.procedure) if inquiry.procedure else ()
    if inquiry.service_types or coded:
        yield "EQ", list(inquiry.service_types), coded
    yield from in_order(map(from_raw, inquiry.question_extras), _QUESTION)


def _when(inquiry: Inquiry270) -> Iterator[Line]:
    if inquiry.service_date:
        yield "DTP", "291", *_span(inquiry.service_date, inquiry.service_to)


def _span(first: date, last: date | None) -> tuple[str, str]:
    if last and last != first:
        return "RD8", f"{format_date(first)}-{format_date(last)}"
    return "D8", format_date(first)


def _answered(answer: Answer271, at: datetime) -> Iterator[Line]:
    """BHT to the last benefit. Levels below a rejection that stopped the payer are left out."""
    yield "BHT", "0022", "11", answer.reference or answer.trace_number, f"{at:%Y%m%d}", f"{at:%H%M}"
    loops = {one.loop for one in answer.rejections}
    known = bool(answer.subscriber.last_name or answer.member_id or answer.benefits or loops & {"2100C", "2100D"})
    receiver = known or bool(answer.provider.name or "2100B" in loops)
    yield from _source(answer.payer, answer.rejections, receiver)
    if receiver:
        yield from _receiver(answer.provider, answer.provider_code, answer.rejections, known)
    if known:
        yield from _persons(answer)


def _persons(answer: Answer271) -> Iterator[Line]:
    dependent = answer.dependent
    insured: list[Line] = [person_name_line("IL", answer.subscriber, "MI", answer.member_id)]
    insured += _demographics(answer.subscriber)
    details = list(_details(answer))
    yield "HL", "3", "2", "22", "1" if dependent else "0"
    if dependent is None:
        yield from in_order([*insured, *details, *_aaa(answer.rejections, "2000C", "2100C")], _PERSON)
    else:
        yield from in_order([*insured, *_aaa(answer.rejections, "2000C", "2100C")], _PERSON)
        yield "HL", "4", "3", "23", "0"
        patient: list[Line] = [person_name_line("03", dependent), *_demographics(dependent), *details]
        yield from in_order([*patient, *_aaa(answer.rejections, "2000D", "2100D")], _PERSON)
    for benefit in answer.benefits:
        yield from _benefit(benefit)


def _details(answer: Answer271) -> Iterator[Line]:
    """TRN, REF, INS and DTP of the person the answer is about."""
    own = answer.payer_trace_number
    if answer.trace_number and answer.trace_number != own:
        yield "TRN", "2", answer.trace_number, answer.originator_id
    if own:
        yield "TRN", "1", own, answer.originator_id
    if answer.group_number:
        yield "REF", "6P", answer.group_number
    if answer.plan_number:
        yield "REF", "18", answer.plan_number
    yield from _insured_line(answer.relationship)
    yield from _dates(answer.dates)
    yield from map(from_raw, answer.extras)


def _dates(dates: Sequence[BenefitDate]) -> Iterator[Line]:
    for one in dates:
        if one.first:
            yield "DTP", one.qualifier, *_span(one.first, one.last)


def _benefit(benefit: Benefit) -> Iterator[Line]:
    """Loop 2110 with its 2120 loops between LS and LE."""
    lines: list[Line] = [_eb(benefit), *_dates(benefit.dates), *map(from_raw, benefit.extras)]
    lines.extend(("MSG", text) for text in benefit.messages)
    lines.extend(_aaa(benefit.rejections, "2110C", "2110D", ""))
    yield from in_order(lines, _BENEFIT)
    if benefit.entities:
        yield "LS", "2120"
        for code, party in benefit.entities:
            yield name_line(code, party)
            yield from address_lines(party.address)
            yield from contact_line(party)
            yield from map(from_raw, party.extras)
            if party.taxonomy:
                yield "PRV", "PE", "PXC", party.taxonomy
        yield "LE", "2120"


def _eb(benefit: Benefit) -> Line:
    amount = "" if benefit.amount_cents is None else format_cents(benefit.amount_cents)
    network = _YES_NO[benefit.in_network] if benefit.network_applies else "W"
    coded = (benefit.procedure_qualifier, benefit.procedure, *benefit.modifiers) if benefit.procedure else ()
    return (
        "EB",
        benefit.code,
        benefit.coverage_level,
        list(benefit.service_types),
        benefit.insurance_type,
        benefit.plan,
        benefit.time_period,
        amount,
        format_decimal(benefit.percent),
        benefit.quantity_qualifier,
        format_decimal(benefit.quantity),
        _YES_NO[benefit.authorization_required],
        network,
        coded,
    )
