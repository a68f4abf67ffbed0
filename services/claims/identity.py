"""The sealed part of a claim: who it is about, and everything of its file that may name somebody.

Free text (NTE, K3), references that are record numbers, prescription numbers and all segments that our view does not
name are kept here, so that a claim leaves exactly as it came and nothing of it lies in the clear.
"""

from dataclasses import dataclass

from pydantic import TypeAdapter

from shared.identity import Guarantor, Individual, PostalAddress, SubscriberIdentity
from shared.x12.claim837 import Address, Claim837, Party, Person, Subscriber
from shared.x12.writing import Raw

SELF = "18"


@dataclass(frozen=True, slots=True)
class PartyExtras:
    """Segments of one provider's loop that our view does not name, by the provider's role."""

    role: str
    extras: tuple[Raw, ...]


@dataclass(frozen=True, slots=True)
class LineIdentity:
    """What of a service line stays sealed: free text, prescription number and unnamed segments."""

    description: str = ""
    prescription_number: str = ""
    extras: tuple[Raw, ...] = ()
    rendering_extras: tuple[Raw, ...] = ()
    adjudication_descriptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """All of a claim that is not in its `ClaimContent`; together they are the claim again."""

    subscriber: Subscriber
    patient: Person | None
    patient_relationship: str
    payer_extras: tuple[Raw, ...] = ()
    parties: tuple[PartyExtras, ...] = ()
    other_subscribers: tuple[Subscriber, ...] = ()
    other_payer_extras: tuple[tuple[Raw, ...], ...] = ()
    other_extras: tuple[tuple[Raw, ...], ...] = ()
    lines: tuple[LineIdentity, ...] = ()
    extras: tuple[Raw, ...] = ()


IDENTITY = TypeAdapter(Identity)


def identity_of(claim: Claim837, kept: tuple[Raw, ...]) -> Identity:
    """The part of a claim to seal; `kept` are the segments of loop 2300 that its content does not hold."""
    return Identity(
        subscriber=claim.subscriber,
        patient=claim.patient,
        patient_relationship=claim.patient_relationship,
        payer_extras=claim.payer.extras,
        parties=tuple(PartyExtras(role, party.extras) for role, party in parties_of(claim) if party.extras),
        other_subscribers=tuple(other.subscriber for other in claim.other_payers),
        other_payer_extras=tuple(other.payer.extras for other in claim.other_payers),
        other_extras=tuple(other.extras for other in claim.other_payers),
        lines=tuple(
            LineIdentity(
                description=line.description,
                prescription_number=line.ndc.prescription_number if line.ndc else "",
                extras=line.extras,
                rendering_extras=line.rendering.extras if line.rendering else (),
                adjudication_descriptions=tuple(one.description for one in line.adjudications),
            )
            for line in claim.lines
        ),
        extras=kept,
    )


ROLES = (
    "billing",
    "pay_to",
    "rendering",
    "referring",
    "supervising",
    "service_facility",
    "attending",
    "operating",
)


def parties_of(claim: Claim837) -> tuple[tuple[str, Party], ...]:
    """The providers a claim names, by role."""
    return tuple((role, party) for role in ROLES if (party := getattr(claim, role)) is not None)


def patient_of(claim: Claim837) -> Person:
    """Who was treated: the dependent of loop 2000C, or else the subscriber."""
    return claim.patient or claim.subscriber.person


def guarantor_of(claim: Claim837) -> Person:
    """Who owes the patient's share: the subscriber, for a dependent too."""
    return claim.subscriber.person if claim.subscriber.person.last_name else patient_of(claim)


def subscriber_identity(claim: Claim837) -> SubscriberIdentity:
    """What a coverage check needs."""
    subscriber = claim.subscriber
    return SubscriberIdentity(
        subscriber=_individual(subscriber.person),
        member_id=subscriber.member_id,
        group_number=subscriber.group_number,
        patient=_individual(claim.patient) if claim.patient else None,
        patient_relationship=claim.patient_relationship or SELF,
    )


def guarantor(claim: Claim837) -> Guarantor:
    """Whom a statement goes to. A claim of a dependent without the subscriber's address uses the patient's."""
    person = guarantor_of(claim)
    names = (person.first_name, person.middle_name, person.last_name, person.suffix)
    return Guarantor(
        name=" ".join(name for name in names if name),
        address=_postal(person.address) or _postal(patient_of(claim).address),
    )


def _individual(person: Person) -> Individual:
    return Individual(
        last_name=person.last_name,
        first_name=person.first_name,
        middle_name=person.middle_name,
        suffix=person.suffix,
        birth_date=person.birth_date,
        sex=person.sex,
        address=_postal(person.address),
    )


def _postal(address: Address | None) -> PostalAddress | None:
    if address is None:
        return None
    return PostalAddress(
        line1=address.line1,
        line2=address.line2,
        city=address.city,
        state=address.state,
        postal_code=address.postal_code,
    )
