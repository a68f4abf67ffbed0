"""The scrubber: a table of small rules, each of which says why a claim should not leave the house.

`scrub` runs them all. A reason names the rule, the field and what to do, never the value. A rule that a person may
overrule is `waivable`; a claim that breaks any other cannot be sent at all.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from shared.contracts import HoldReason

from .content import DIAGNOSES_BY_KIND, KIND_NAMES, LINES_BY_KIND, ClaimContent, ContentLine, IntakeFinding
from .policy import Policy
from .rules_outcome import NOTHING_SAID, Explained, Judged
from .scrub_kinds import FREQUENCIES, FREQUENCY_ADVICE, dental_faults, institutional_faults
from .scrub_lines import LINE_CHECKS, Found


@dataclass(frozen=True, slots=True)
class Case:
    """A claim before the scrubber, with what only the outside could find out.

    `duplicate_of` is the claim that holds the same duplicate key; `control_number_held_by` the claim that used the
    patient control number before; `findings` what the reader of the file remarked inside this claim; `judged` what
    the tenant's rules and tables say of it.
    """

    content: ClaimContent
    received_on: date
    policy: Policy
    duplicate_of: str | None = None
    control_number_held_by: str | None = None
    findings: tuple[IntakeFinding, ...] = ()
    judged: Judged = NOTHING_SAID


@dataclass(frozen=True, slots=True)
class Rule:
    """One check of the scrubber and where it comes from."""

    id: str
    source: str
    check: Callable[[Case], Iterator[Found]]
    waivable: bool = False


def scrub(case: Case) -> tuple[HoldReason, ...]:
    """Everything that stops this claim, in the order of the checks, then the tenant's rules, then its tables."""
    return scrubbed(case).holds


def scrubbed(case: Case) -> Judged:
    """Everything that is to be said of this claim, each with the check, rule or table it comes from."""
    found = [(rule, field, message) for rule in RULES for field, message in rule.check(case)]
    if not found:
        return case.judged
    checks = Judged(
        holds=tuple(HoldReason(rule=rule.id, field=field, message=message) for rule, field, message in found),
        waivable=tuple(sorted({rule.id for rule, _, _ in found if rule.waivable})),
        explained=tuple(Explained(rule=rule.id, source=rule.source, did="hold", at=field) for rule, field, _ in found),
    )
    return checks.and_also(case.judged)


def npi_is_valid(npi: str) -> bool:
    """Ten digits starting with 1 or 2 whose Luhn sum over the prefix 80840 ends in 0 (45 CFR 162.406; add 24)."""
    if len(npi) != 10 or not (npi.isascii() and npi.isdigit()) or npi[0] not in "12":
        return False
    doubled = (int(digit) * (1 + position % 2) for position, digit in enumerate(npi, 1))
    every_other = sum(digit // 10 + digit % 10 for digit in doubled)
    return (24 + every_other) % 10 == 0


def _structure(case: Case) -> Iterator[Found]:
    for finding in case.findings:
        where = f"{finding.segment}{finding.element:02d}" if finding.element else finding.segment
        yield where or "claim", f"{finding.message} (segment {finding.segment_number}, {finding.code})"


def _npi_check_digit(case: Case) -> Iterator[Found]:
    message = "The check digit is wrong: look the number up in NPPES and correct it."
    content, hospital = case.content, case.content.institutional
    roles = ("billing", "pay_to", "rendering", "referring", "supervising", "service_facility")
    providers = [(role, getattr(content, role)) for role in roles]
    if hospital is not None:
        providers += [(f"institutional.{role}", getattr(hospital, role)) for role in ("attending", "operating")]
    for role, provider in providers:
        if provider is not None and provider.npi and not npi_is_valid(provider.npi):
            yield f"{role}.npi", message
    for place, line in enumerate(case.content.lines):
        if line.rendering is not None and line.rendering.npi and not npi_is_valid(line.rendering.npi):
            yield f"lines[{place}].rendering.npi", message


def _billing_npi(case: Case) -> Iterator[Found]:
    if not case.content.billing.npi:
        yield "billing.npi", "The billing provider needs an NPI (NM1*85, qualifier XX)."


def _billing_tax_id(case: Case) -> Iterator[Found]:
    if not case.content.billing.tax_id:
        yield "billing.tax_id", "The billing provider needs a tax identification number (REF*EI or REF*SY)."


def _billing_address(case: Case) -> Iterator[Found]:
    address = case.content.billing.address
    if address is None or not (address.line1 and address.city):
        yield "billing.address", "The billing provider needs a street address and a city (N3, N4)."


def _control_number(case: Case) -> Iterator[Found]:
    number = case.content.patient_control_number
    if not number:
        yield "patient_control_number", "The claim needs a patient control number (CLM01): payers match answers by it."
    elif len(number) > 20:
        yield (
            "patient_control_number",
            "Shorten the patient control number to 20 characters: payers cut longer ones off.",
        )


def _control_number_repeated(case: Case) -> Iterator[Found]:
    if case.control_number_held_by is not None:
        yield (
            "patient_control_number",
            (f"Claim {case.control_number_held_by} already uses this number: give this claim its own."),
        )


def _duplicate(case: Case) -> Iterator[Found]:
    if case.duplicate_of is not None and case.content.frequency_code == "1":
        yield (
            "claim",
            (
                f"Same payer, member, provider, dates, procedures and charges as claim {case.duplicate_of}: "
                "release it if the service was repeated, or send a replacement (7) if it corrects that claim."
            ),
        )


def _frequency(case: Case) -> Iterator[Found]:
    kind = case.content.claim_type
    if case.content.frequency_code not in FREQUENCIES[kind]:
        yield "frequency_code", FREQUENCY_ADVICE[kind]


def _replaced_claim(case: Case) -> Iterator[Found]:
    if case.content.frequency_code in ("7", "8") and not case.content.payer_claim_control_number:
        yield (
            "payer_claim_control_number",
            ("A replacement or void needs the payer's claim control number (REF*F8), CLP07 of its last remittance."),
        )


def _payer(case: Case) -> Iterator[Found]:
    if not case.content.payer_id:
        yield "payer_id", "The claim needs the payer's identifier (NM1*PR, NM109)."


def _member(case: Case) -> Iterator[Found]:
    if not case.content.member_known:
        yield "subscriber.member_id", "The claim needs the subscriber's member id (NM1*IL, NM109)."


def _patient_name(case: Case) -> Iterator[Found]:
    if not case.content.patient_named:
        yield "patient.last_name", "The claim needs the patient's last name (NM103)."


def _birth_date(case: Case) -> Iterator[Found]:
    if not case.content.birth_date_known:
        yield "patient.birth_date", "The claim needs the patient's birth date (DMG02)."


def _diagnoses(case: Case) -> Iterator[Found]:
    kind = case.content.claim_type
    count = sum(one.qualifier in ("ABK", "ABF", "BK", "BF") for one in case.content.diagnoses)
    if not count and kind != "D":
        yield "diagnoses", "The claim needs at least one diagnosis (HI*ABK)."
    elif count > DIAGNOSES_BY_KIND[kind]:
        what = f"A {KIND_NAMES[kind]} claim carries at most {DIAGNOSES_BY_KIND[kind]} diagnoses: split the claim."
        yield "diagnoses", what


def _lines(case: Case) -> Iterator[Found]:
    kind, count = case.content.claim_type, len(case.content.lines)
    if not count:
        yield "lines", "The claim has no service line: add at least one."
    elif count > LINES_BY_KIND[kind]:
        yield (
            "lines",
            f"A {KIND_NAMES[kind]} claim carries at most {LINES_BY_KIND[kind]} service lines: split the claim.",
        )


def _charge(case: Case) -> Iterator[Found]:
    charge = case.content.charge_cents
    if charge is None:
        yield "charge_cents", "The claim needs a total charge (CLM02)."
    elif charge <= 0:
        yield "charge_cents", "The total charge (CLM02) must be more than zero."


def _charge_sum(case: Case) -> Iterator[Found]:
    charges = [line.charge_cents for line in case.content.lines]
    total = case.content.charge_cents
    known = [charge for charge in charges if charge is not None]
    if total is not None and known and len(known) == len(charges) and sum(known) != total:
        yield "charge_cents", "The total charge (CLM02) is not the sum of the line charges: correct one of them."


def _service_future(case: Case) -> Iterator[Found]:
    message = "The service date is after the day the claim came in: correct it, or send the claim after the service."
    for place, line in enumerate(case.content.lines):
        if any(day is not None and day > case.received_on for day in (line.service_from, line.service_to)):
            yield f"lines[{place}].service_from", message


def _timely_filing(case: Case) -> Iterator[Found]:
    limit = None if case.content.delay_reason else case.policy.filing_deadline(case.content)
    if limit is not None and limit.days_left(case.received_on) < 0:
        yield (
            "lines[0].service_from",
            (
                f"The payer's filing limit is over ({limit.rule.name}). Release it with proof of an earlier filing "
                "or a delay reason (CLM20); the patient may not be billed for it."
            ),
        )


def _accident(case: Case) -> Iterator[Found]:
    causes = case.content.related_causes
    if not causes:
        return
    if case.content.accident_date is None:
        yield "accident_date", "A claim related to an accident or employment needs its date (DTP*439)."
    if "AA" in causes and not case.content.accident_state:
        yield "accident_state", "A claim related to an automobile accident needs the state (CLM11-4)."


def _of_lines(check: Callable[[ContentLine, ClaimContent], Iterator[Found]]) -> Callable[[Case], Iterator[Found]]:
    def over_lines(case: Case) -> Iterator[Found]:
        for place, line in enumerate(case.content.lines):
            for field, message in check(line, case.content):
                yield f"lines[{place}].{field}", message

    return over_lines


def _line_numbers_unique(case: Case) -> Iterator[Found]:
    seen: set[str] = set()
    for place, line in enumerate(case.content.lines):
        number = line.line_control_number
        if number and number in seen:
            yield f"lines[{place}].line_control_number", "Each line of a claim needs its own control number (REF*6R)."
        seen.add(number)


TR3 = "005010X222A1 (837P implementation guide)"

RULES: tuple[Rule, ...] = (
    Rule("x12-structure", "X12 5010 syntax, as a 999 would report it", _structure),
    Rule("npi-check-digit", "45 CFR 162.406; CMS NPI check digit", _npi_check_digit),
    Rule("billing-npi", TR3, _billing_npi),
    Rule("billing-tax-id", TR3, _billing_tax_id),
    Rule("billing-address", TR3, _billing_address),
    Rule("control-number", "Payers echo 20 characters of CLM01 in CLP01", _control_number),
    Rule("control-number-repeated", "CLM01 is how answers find their claim", _control_number_repeated, waivable=True),
    Rule("duplicate-claim", "Medicare duplicate edit; house rule", _duplicate, waivable=True),
    Rule("frequency-code", f"{TR3}, CLM05-3", _frequency),
    Rule("replaced-claim", f"{TR3}, REF*F8", _replaced_claim),
    Rule("payer-id", TR3, _payer),
    Rule("member-id", TR3, _member),
    Rule("patient-name", TR3, _patient_name),
    Rule("birth-date", TR3, _birth_date),
    Rule("diagnoses", f"{TR3}, HI", _diagnoses),
    Rule("lines", f"{TR3}, loop 2400", _lines),
    Rule("charge", f"{TR3}, CLM02", _charge),
    Rule("charge-sum", f"{TR3}, CLM02 equals the sum of SV102", _charge_sum),
    *(Rule(check.id, f"{TR3}, {check.element}", _of_lines(check.check)) for check in LINE_CHECKS),
    Rule("institutional", "005010X223A2, loop 2300", lambda case: institutional_faults(case.content)),
    Rule("dental-service-date", "005010X224A2, DTP*472", lambda case: dental_faults(case.content)),
    Rule("line-control-number-repeated", f"{TR3}, REF*6R", _line_numbers_unique),
    Rule("service-date-future", "Nobody bills a service before it is rendered", _service_future),
    Rule("accident", f"{TR3}, CLM11", _accident),
    Rule("timely-filing", "services/claims/policy/deadlines.toml", _timely_filing, waivable=True),
)

CHECK_IDS = frozenset(rule.id for rule in RULES)
"""No rule of a tenant may have the id of a check."""

WAIVABLE = frozenset(rule.id for rule in RULES if rule.waivable)
"""Rules that a person may overrule; reasons that stand outside this table say so themselves."""
