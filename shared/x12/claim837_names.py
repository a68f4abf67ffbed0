"""Names that stand at several places of a claim: providers, insured persons and payers (NM1 loops)."""

from collections.abc import Iterator, Sequence

from shared.x12.claim837_views import Subscriber
from shared.x12.order import in_order, ranks, split_extras
from shared.x12.parties import (
    Party,
    Payer,
    address_lines,
    contact_line,
    demographic_line,
    name_line,
    person_name_line,
)
from shared.x12.writing import Line, from_raw

NAMES = frozenset({"NM1"})
PERSON_ORDER = ranks("NM1 N3 N4 DMG REF PER")
_PROVIDER_ORDER = ranks("NM1 PRV N3 N4 REF PER")
_PAYER_ORDER = ranks("NM1 N3 N4 DTP REF")


def tax_line(party: Party) -> Iterator[Line]:
    """REF with the tax identifier, EI unless the party says otherwise."""
    if party.tax_id:
        yield "REF", party.tax_id_qualifier or "EI", party.tax_id


def party_lines(code: str, party: Party, role: str = "PE") -> list[Line]:
    """The NM1 loop of a provider below the billing provider; `role` is PRV01 (PE performing, RF referring)."""
    own, nested = split_extras(party.extras, NAMES)
    lines = [name_line(code, party), *address_lines(party.address), *tax_line(party), *contact_line(party), *own]
    if party.taxonomy:
        lines.append(("PRV", role, "PXC", party.taxonomy))
    return [*in_order(lines, _PROVIDER_ORDER), *(line for loop in nested for line in loop)]


def subscriber_line(subscriber: Subscriber) -> Line:
    """SBR."""
    group = subscriber.group_number, subscriber.group_name, subscriber.insurance_type
    head = subscriber.payer_responsibility, subscriber.relationship
    return ("SBR", *head, *group, "", "", "", subscriber.claim_filing_code)


def subscriber_name_lines(subscriber: Subscriber, kept: Sequence[Line]) -> list[Line]:
    """The NM1*IL loop with the kept segments that belong to it."""
    person = subscriber.person
    if not (person.last_name or subscriber.member_id):
        return []
    name = person_name_line("IL", person, subscriber.member_id_qualifier, subscriber.member_id)
    return in_order([name, *address_lines(person.address), *demographic_line(person), *kept], PERSON_ORDER)


def payer_lines(payer: Payer, *more: Line) -> list[Line]:
    """The NM1*PR loop."""
    if not (payer.name or payer.id):
        return []
    name: Line = ("NM1", "PR", "2", payer.name, "", "", "", "", payer.id_qualifier if payer.id else "", payer.id)
    return in_order([name, *address_lines(payer.address), *more, *map(from_raw, payer.extras)], _PAYER_ORDER)
