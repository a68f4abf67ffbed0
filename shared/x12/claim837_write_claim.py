"""One claim's segments: loop 2300 and below, in the guide's order."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from shared.x12.adjustments import adjustment_lines
from shared.x12.claim837_names import NAMES, party_lines, payer_lines, subscriber_line, subscriber_name_lines
from shared.x12.claim837_views import Claim837, Diagnosis, Guide, OtherPayer
from shared.x12.claim837_write_line import service_lines
from shared.x12.order import in_order, loops_in_order, ranks, split_extras
from shared.x12.parties import Party
from shared.x12.values import format_cents, format_date
from shared.x12.writing import Line

_CLAIM = ranks("CLM DTP DN1 DN2 CL1 PWK CN1 DSB UR AMT REF K3 NTE CR1 CR2 CR3 CR5 CR6 CR8 CRC HI QTY HCP")
_PROVIDERS = ranks("NM1*DN NM1*P3 NM1*71 NM1*72 NM1*ZZ NM1*73 NM1*82 NM1*77 NM1*DQ NM1*DD NM1*PW NM1*45")
_OTHER = ranks("SBR CAS AMT DMG OI MIA MOA")
_OTHER_NAMES = ranks("NM1*IL NM1*PR NM1*QC NM1*DN NM1*P3 NM1*82 NM1*77 NM1*DQ NM1*85")
_CODES_PER_SEGMENT = 12


def amount(cents: int | None) -> str:
    """The decimal text of an amount, "" when absent."""
    return "" if cents is None else format_cents(cents)


def claim_lines(claim: Claim837, guide: Guide) -> Iterator[Line]:
    """CLM to the claim's last line."""
    own, nested = split_extras(claim.extras, NAMES)
    details = [_clm(claim), *_dates(claim), *_amounts(claim), *_references(claim), *_diagnoses(claim), *own]
    yield from in_order(details, _CLAIM)
    yield from loops_in_order([*_providers(claim), *nested], _PROVIDERS)
    for other in claim.other_payers:
        yield from _other_payer(other)
    for position, line in enumerate(claim.lines, 1):
        yield from service_lines(line, position, guide)


def _clm(claim: Claim837) -> Line:
    causes = _causes(claim)
    return (
        "CLM",
        claim.patient_control_number,
        amount(claim.charge_cents),
        "",
        "",
        (claim.facility_code, claim.facility_qualifier, claim.frequency_code),
        claim.provider_signature,
        claim.assignment,
        claim.benefits_assigned,
        claim.release_of_information,
        claim.patient_signature_source,
        causes,
        claim.special_program,
        *[""] * 6,
        claim.predetermination,
        claim.delay_reason,
    )


def _causes(claim: Claim837) -> tuple[str, ...]:
    """CLM11: up to three causes, then state and country."""
    if not (claim.related_causes or claim.accident_state or claim.accident_country):
        return ()
    return (*(*claim.related_causes, "", "", "")[:3], claim.accident_state, claim.accident_country)


def _dates(claim: Claim837) -> Iterator[Line]:
    if claim.discharge_date:
        yield "DTP", "096", "D8", format_date(claim.discharge_date)
    if claim.statement_from:
        yield "DTP", "434", *_span(claim.statement_from, claim.statement_to)
    for qualifier, day in (
        ("431", claim.onset_date),
        ("439", claim.accident_date),
        ("435", claim.admission_date),
    ):
        if day:
            yield "DTP", qualifier, "D8", format_date(day)


def _span(first: date, last: date | None) -> tuple[str, str]:
    return "RD8", f"{format_date(first)}-{format_date(last or first)}"


def _amounts(claim: Claim837) -> Iterator[Line]:
    if claim.patient_paid_cents is not None:
        yield "AMT", "F5", amount(claim.patient_paid_cents)


def _references(claim: Claim837) -> Iterator[Line]:
    for qualifier, text in (
        ("9F", claim.referral_number),
        ("G1", claim.prior_authorization_number),
        ("F8", claim.payer_claim_control_number),
    ):
        if text:
            yield "REF", qualifier, text


def _diagnoses(claim: Claim837) -> Iterator[Line]:
    """HI: codes of one kind share a segment; principal and other share it unless the claim is institutional."""
    institutional = claim.facility_qualifier == "A"
    run: list[tuple[str, ...]] = []
    kind = ""
    for one in claim.diagnoses:
        its_kind = _kind(one, institutional)
        if run and (its_kind != kind or len(run) == _CODES_PER_SEGMENT):
            yield "HI", *run
            run = []
        kind = its_kind
        run.append(_code(one))
    if run:
        yield "HI", *run


def _kind(one: Diagnosis, institutional: bool) -> str:
    return one.qualifier if institutional else "" if one.qualifier in ("ABK", "ABF", "BK", "BF") else one.qualifier


def _code(one: Diagnosis) -> tuple[str, ...]:
    head = one.qualifier, one.code
    return (*head, *[""] * 6, one.present_on_admission) if one.present_on_admission else head


def _providers(claim: Claim837) -> Iterator[list[Line]]:
    roles: tuple[tuple[str, Party | None, str], ...] = (
        ("DN", claim.referring, "RF"),
        ("71", claim.attending, "AT"),
        ("72", claim.operating, "OP"),
        ("82", claim.rendering, "PE"),
        ("77", claim.service_facility, "PE"),
        ("DQ", claim.supervising, "SU"),
    )
    for code, party, role in roles:
        if party:
            yield party_lines(code, party, role)


def _other_payer(other: OtherPayer) -> Iterator[Line]:
    """Loop 2320 and its 2330 loops."""
    own, nested = split_extras(other.extras, NAMES)
    subscriber = other.subscriber
    head: list[Line] = [subscriber_line(subscriber), *adjustment_lines(other.adjustments), *own]
    for qualifier, cents in (
        ("D", other.paid_cents),
        ("A8", other.non_covered_cents),
        ("EAF", other.remaining_liability_cents),
    ):
        if cents is not None:
            head.append(("AMT", qualifier, amount(cents)))
    signs = other.benefits_assigned, other.patient_signature_source, other.release_of_information
    if any(signs):
        head.append(("OI", "", "", signs[0], signs[1], "", signs[2]))
    yield from in_order(head, _OTHER)
    kept, _ = split_extras(subscriber.extras, NAMES)
    named = replace(subscriber, person=replace(subscriber.person, birth_date=None, sex=""))  # loop 2330A has no DMG
    names = [subscriber_name_lines(named, kept), payer_lines(other.payer, *_decision(other)), *nested]
    yield from loops_in_order(names, _OTHER_NAMES)


def _decision(other: OtherPayer) -> Iterator[Line]:
    if other.adjudicated_on:
        yield "DTP", "573", "D8", format_date(other.adjudicated_on)
    if other.payer_claim_control_number:
        yield "REF", "F8", other.payer_claim_control_number
