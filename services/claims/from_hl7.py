"""HL7 v2 detailed financial transactions (DFT^P03), one claim a message. They give the claims an 837 gives.

The `hl7` library takes a message apart; which field is what stands here (HL7 v2.5, chapter 6) and, of institutional
claims, in `hl7_visits.py`, of dental ones in `hl7_teeth.py`. A file holds one message or many, with or without batch
headers and MLLP frames. What a message does not say comes from the sender's entry in `policy/hl7_senders.toml`. A
message that cannot be read is a finding with its number and field, never a value.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

import hl7
from hl7.exceptions import HL7Exception

from services.claims.guide_headers import HEADERS
from services.claims.hl7_messages import FieldError, Message, Segment, messages_of
from services.claims.hl7_senders import ANY, Hl7Sender
from services.claims.hl7_teeth import as_dental
from services.claims.hl7_visits import as_stay
from shared.x12.claim837 import (
    Address,
    Claim837,
    Diagnosis,
    OtherPayer,
    Party,
    Payer,
    Person,
    ServiceLine,
    Subscriber,
)
from shared.x12.findings import Finding, Severity

BUNDLES = "BUNDLE"
"""FT1-7.3 of a transaction code that names a charge bundle of the tenant."""
RELATIONSHIPS = {"SEL": "18", "SELF": "18", "18": "18", "SPO": "01", "01": "01", "CHD": "19", "19": "19"}
RESPONSIBILITIES = "PSTABCDEFGH"


def read_hl7(senders: Sequence[Hl7Sender]) -> Callable[[Iterable[bytes]], Iterator[Claim837 | Finding]]:
    """A reader of messages for one tenant."""
    return lambda chunks: _claims(senders, chunks)


def _claims(senders: Sequence[Hl7Sender], chunks: Iterable[bytes]) -> Iterator[Claim837 | Finding]:
    for number, text in enumerate(messages_of(chunks), 1):
        try:
            yield _claim(Message(number, hl7.parse(text)), senders)
        except FieldError as fault:
            yield Finding(Severity.ERROR, "HL7:field", f"Message {number}: {fault}", number)
        except (HL7Exception, KeyError, IndexError, ValueError):
            message = f"Message {number} cannot be taken apart: its MSH names no separators, or a segment is cut off."
            yield Finding(Severity.ERROR, "HL7:message", message, number)


def _claim(message: Message, senders: Sequence[Hl7Sender]) -> Claim837:
    head = message.first("MSH")
    if (head.get(9), head.get(9, 2)) != ("DFT", "P03"):
        msg = "MSH-9 is not DFT^P03: only charges are taken here."
        raise FieldError(msg)
    sender = _sender(head.get(4), senders)
    visit, patient, insurances = message.first("PV1"), message.first("PID"), message.all("IN1")
    if not insurances:
        msg = "there is no IN1: a claim needs an insurance."
        raise FieldError(msg)
    diagnoses = _diagnoses(message)
    lines = tuple(_line(one, place, diagnoses) for place, one in enumerate(_charges(message), 1))
    primary, *others = insurances
    person = _person(patient, 5, 7, 11, patient.get(8))
    own = _relationship(primary) == "18"
    charges = [line.charge_cents for line in lines if line.charge_cents is not None]
    claim = Claim837(
        patient_control_number=visit.get(19) or patient.get(18) or head.needed(10, "control id"),
        charge_cents=sum(charges) if len(charges) == len(lines) else None,
        facility_code=sender.place_of_service.get(visit.get(2), ""),
        frequency_code="1",
        provider_signature="Y",
        assignment="A",
        benefits_assigned="Y",
        release_of_information="Y",
        diagnoses=tuple(Diagnosis("ABF" if place else "ABK", code) for place, code in enumerate(diagnoses)),
        lines=lines,
        billing=sender.billing,
        rendering=_provider(visit, 7),
        referring=_provider(visit, 8),
        subscriber=_subscriber(primary, person, "P", sender),
        patient=None if own else person,
        patient_relationship="" if own else _relationship(primary),
        payer=_payer(primary),
        other_payers=tuple(
            OtherPayer(
                subscriber=_as_other(_subscriber(one, person, RESPONSIBILITIES[min(place, 10)], sender), one),
                payer=_payer(one),
                benefits_assigned="Y",
                release_of_information="Y",
            )
            for place, one in enumerate(others, 1)
        ),
        prior_authorization_number=primary.get(14),
        segment_number=message.number,
        header=HEADERS["P"],
    )
    match sender.claim_types.get(visit.get(2), "P"):
        case "I":
            return as_stay(message, claim, sender)
        case "D":
            return as_dental(message, claim)
        case "P":
            return claim


def _sender(facility: str, senders: Sequence[Hl7Sender]) -> Hl7Sender:
    found = next((one for one in senders if one.facility in (facility, ANY)), None)
    if found is None:
        msg = "MSH-4 (sending facility) is not entered for this tenant: enter who bills for it first."
        raise FieldError(msg)
    return found


def _charges(message: Message) -> list[Segment]:
    """FT1 segments; a credit or a payment among them is no line of a claim."""
    found = message.all("FT1")
    if not found:
        msg = "there is no FT1: a claim needs a charge."
        raise FieldError(msg)
    if any(one.get(6) not in ("CG", "") for one in found):
        msg = "FT1-6 is not CG: credits, payments and adjustments do not become claims."
        raise FieldError(msg)
    return found


def _diagnoses(message: Message) -> list[str]:
    """Of DG1, and of FT1-19 where there is none: each code once, without point."""
    given = [one.get(3) for one in message.all("DG1")]
    given = given or [code for one in message.all("FT1") for code in one.repetitions(19, 8)]
    return [code.replace(".", "").upper() for code in dict.fromkeys(given) if code]


def _line(charge: Segment, place: int, diagnoses: Sequence[str]) -> ServiceLine:
    units = charge.number(10, "quantity") or Decimal(1)
    amount = charge.number(11, "amount")
    each = charge.number(12, "unit amount")
    if amount is None and each is not None:
        amount = each * units
    cents = None if amount is None else amount * 100
    if cents is not None and cents != cents.to_integral_value():
        msg = "FT1-11 (amount) has fractions of a cent."
        raise FieldError(msg)
    own = [code.replace(".", "").upper() for code in charge.repetitions(19, 4)]
    pointed = tuple(diagnoses.index(code) + 1 for code in own if code in diagnoses)
    first = charge.day(4, "transaction date")
    bundle = charge.get(7).upper() if charge.get(7, 3).upper() == BUNDLES else ""
    return ServiceLine(
        number=str(place),
        line_control_number=charge.get(2) or str(place),
        procedure_qualifier="" if bundle else "HC",
        procedure="" if bundle else charge.get(25) or charge.needed(7, "transaction code"),
        modifiers=() if bundle else tuple(charge.repetitions(26, 4)),
        charge_cents=None if cents is None else int(cents),
        unit="UN",
        units=units,
        diagnosis_pointers=pointed or tuple(range(1, min(len(diagnoses), 4) + 1)),
        service_from=first,
        service_to=first,
        bundle=bundle,
    )


def _relationship(insurance: Segment) -> str:
    return RELATIONSHIPS.get(insurance.get(17).upper() or "SEL", "G8")


def _payer(insurance: Segment) -> Payer:
    identifier = insurance.needed(3, "insurance company id")
    return Payer(insurance.get(4) or identifier, identifier)


def _subscriber(insurance: Segment, patient: Person, responsibility: str, sender: Hl7Sender) -> Subscriber:
    own = _relationship(insurance) == "18"
    codes = sender.filing_codes
    return Subscriber(
        person=patient if own else _person(insurance, 16, 18, 19, insurance.get(43)),
        member_id=insurance.get(49) or insurance.needed(36, "policy number"),
        group_number=insurance.get(8),
        relationship="18" if own else "",
        payer_responsibility=responsibility,
        claim_filing_code=codes.get(insurance.get(3)) or codes.get(ANY, "CI"),
    )


def _as_other(subscriber: Subscriber, insurance: Segment) -> Subscriber:
    """Another payer's subscriber, of whom the patient may be anything (SBR02 of loop 2320)."""
    return replace(subscriber, relationship=_relationship(insurance))


def _person(segment: Segment, name: int, born: int, address: int, sex: str) -> Person:
    lines = Address(
        segment.get(address),
        segment.get(address, 2),
        segment.get(address, 3),
        segment.get(address, 4),
        segment.get(address, 5).replace("-", ""),
    )
    return Person(
        last_name=segment.needed(name, "name"),
        first_name=segment.get(name, 2),
        middle_name=segment.get(name, 3),
        suffix=segment.get(name, 4),
        birth_date=segment.day(born, "birth date"),
        sex=sex if sex in ("F", "M") else "U" if sex else "",
        address=lines if lines.line1 or lines.city else None,
    )


def _provider(visit: Segment, field: int) -> Party | None:
    npi, name = visit.get(field), visit.get(field, 2)
    if not name:
        return None
    return Party(name=name, first_name=visit.get(field, 3), entity_type="1", npi=npi)
