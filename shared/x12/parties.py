"""People, organisations and addresses as every transaction set names them (NM1/N1 loops)."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, cast

from shared.x12.findings import Finding
from shared.x12.tokens import Segment
from shared.x12.values import day, format_date, raw
from shared.x12.view import drafts, maker, view
from shared.x12.writing import Line, Raw


@view
class Address:
    """N3 and N4: street lines (N301, N302), city (N401), state (N402), postal code (N403), country (N404)."""

    line1: str = ""
    line2: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""


@view
class Party:
    """An organisation or provider: NM1 with its N3, N4, REF, PER and PRV, or N1 in an 835.

    `name` is NM103 (a person's last name when `entity_type`, NM102, is "1"). An identifier qualified XX is `npi`
    and leaves `id_qualifier` (NM108) and `id` (NM109) empty. `tax_id` is REF02 with `tax_id_qualifier` EI or SY,
    `taxonomy` PRV03, `contact_phone` the TE number of the first PER; its other numbers are `contact_numbers`
    as (qualifier, number). `extras` are the loop's other segments in order.
    """

    name: str = ""
    id_qualifier: str = ""
    id: str = ""
    npi: str = ""
    tax_id: str = ""
    tax_id_qualifier: str = ""
    taxonomy: str = ""
    address: Address | None = None
    contact_name: str = ""
    contact_phone: str = ""
    first_name: str = ""
    middle_name: str = ""
    suffix: str = ""
    entity_type: str = "2"
    contact_numbers: tuple[tuple[str, str], ...] = ()
    extras: tuple[Raw, ...] = ()


@view
class Person:
    """A subscriber or patient: NM103 to NM105, NM107, DMG02 birth date, DMG03 sex, N3 and N4."""

    last_name: str = ""
    first_name: str = ""
    middle_name: str = ""
    suffix: str = ""
    birth_date: date | None = None
    sex: str = ""
    address: Address | None = None
    entity_type: str = "1"
    extras: tuple[Raw, ...] = ()


@view
class Payer:
    """NM1*PR: name (NM103), identifier (NM109) with its qualifier (NM108, PI or XV) and address."""

    name: str = ""
    id: str = ""
    address: Address | None = None
    id_qualifier: str = "PI"
    extras: tuple[Raw, ...] = ()


@view
class Named:
    """An NM1 on its own: names (NM103 to NM105, NM107), identifier (NM109) and its qualifier (NM108)."""

    last_name: str = ""
    first_name: str = ""
    middle_name: str = ""
    suffix: str = ""
    id_qualifier: str = ""
    id: str = ""
    entity_type: str = "1"


# What stands where a file names nobody.
NO_PARTY = Party()
NO_PERSON = Person()
NO_PAYER = Payer()

_NO_ELEMENTS = ("",) * 9
_address, _person, _payer, _named = maker(Address), maker(Person), maker(Payer), maker(Named)
_party = drafts(Party)
Group = Sequence[Segment]


def split_groups(segments: Group, starters: frozenset[str]) -> list[list[Segment]]:
    """Cut before every segment whose tag is in `starters`; the first group is what stands before the first of them."""
    whole = list(segments)
    starts = [index for index, segment in enumerate(whole) if segment.tag in starters]
    if not starts:
        return [whole]
    return [whole[: starts[0]], *[whole[start:end] for start, end in pairwise([*starts, len(whole)])]]


def read_address(line: Segment | None, place: Segment | None) -> Address | None:
    """The address of an N3 and an N4; None when both are absent."""
    if line is None and place is None:
        return None
    line1, line2 = (line.elements + _NO_ELEMENTS)[:2] if line else ("", "")
    city, state, postal_code, country = (place.elements + _NO_ELEMENTS)[:4] if place else ("", "", "", "")
    return _address(line1, line2, city, state, postal_code, country)


def _nine(name: Segment) -> tuple[str, ...]:
    """The first nine elements of an NM1."""
    elements = name.elements
    return elements if len(elements) == len(_NO_ELEMENTS) else (elements + _NO_ELEMENTS)[: len(_NO_ELEMENTS)]


def read_party(group: Group, taxonomy: str = "") -> Party:
    """The party of a loop that starts with NM1."""
    party = _party()
    _, party.entity_type, party.name, party.first_name, party.middle_name, _, party.suffix, qualifier, identifier = (
        _nine(group[0])
    )
    if qualifier == "XX":
        party.npi = identifier
    else:
        party.id_qualifier, party.id = qualifier, identifier
    if len(group) > 1 or taxonomy:
        _read_party_details(group, taxonomy, party)
    party.__class__ = Party
    return cast("Party", party)


def _read_party_details(group: Group, taxonomy: str, party: Any) -> None:
    """What follows the name, into the draft of a party."""
    line = place = contact = None
    extras: list[Raw] = []
    for segment in group[1:]:
        tag = segment.tag
        if tag == "N3" and line is None:
            line = segment
        elif tag == "N4" and place is None:
            place = segment
        elif tag == "REF" and not party.tax_id and segment.get(1) in ("EI", "SY"):
            party.tax_id_qualifier, party.tax_id = segment.get(1), segment.get(2)
        elif tag == "PER" and contact is None:
            contact = segment
            party.contact_name = contact.get(2)
            party.contact_phone, party.contact_numbers = _numbers(contact)
        elif tag == "PRV" and not taxonomy and segment.get(2) in ("PXC", "ZZ"):
            taxonomy = segment.get(3)
        else:
            extras.append(raw(segment))
    party.taxonomy = taxonomy
    party.address = read_address(line, place)
    party.extras = tuple(extras)


def _numbers(contact: Segment) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The TE number of a PER, and its other numbers."""
    pairs = [(contact.get(n), contact.get(n + 1)) for n in (3, 5, 7) if contact.get(n)]
    phone = next((pair for pair in pairs if pair[0] == "TE"), ("", ""))
    return phone[1], tuple([pair for pair in pairs if pair is not phone])


def read_person(group: Group, findings: list[Finding], loop: str, head: Sequence[Raw] = ()) -> Person:
    """The person of a loop that starts with NM1; `head` are kept segments that came before it."""
    line = place = None
    birth_date, sex = None, ""
    extras = list(head)
    for segment in group[1:]:
        tag = segment.tag
        if tag == "N3" and line is None:
            line = segment
        elif tag == "N4" and place is None:
            place = segment
        elif tag == "DMG":
            birth_date, sex = day(segment, 2, findings, loop), segment.get(3)
        else:
            extras.append(raw(segment))
    _, entity_type, last, first, middle, _, suffix, _, _ = _nine(group[0])
    address = read_address(line, place)
    return _person(last, first, middle, suffix, birth_date, sex, address, entity_type, tuple(extras))


def read_payer(group: Group) -> Payer:
    """The payer of a loop that starts with NM1*PR."""
    _, _, name, _, _, _, _, qualifier, identifier = _nine(group[0])
    if len(group) == 1:
        return _payer(name, identifier, None, qualifier)
    line = next((one for one in group[1:] if one.tag == "N3"), None)
    place = next((one for one in group[1:] if one.tag == "N4"), None)
    extras = tuple([raw(one) for one in group[1:] if one is not line and one is not place])
    return _payer(name, identifier, read_address(line, place), qualifier, extras)


def address_lines(address: Address | None) -> Iterator[Line]:
    """N3 and N4."""
    if address is None:
        return
    if address.line1 or address.line2:
        yield "N3", address.line1, address.line2
    if address.city or address.state or address.postal_code or address.country:
        yield "N4", address.city, address.state, address.postal_code, address.country


def name_line(code: str, party: Party) -> Line:
    """NM1 of a party; an NPI goes out under XX."""
    identifier = ("XX", party.npi) if party.npi else (party.id_qualifier if party.id else "", party.id)
    names = (party.name, party.first_name, party.middle_name, "", party.suffix)
    return ("NM1", code, party.entity_type, *names, *identifier)


def contact_line(party: Party) -> Iterator[Line]:
    """PER*IC, when the party has a contact."""
    numbers = [("TE", party.contact_phone)] if party.contact_phone else []
    numbers += party.contact_numbers
    if party.contact_name or numbers:
        yield "PER", "IC", party.contact_name, *(text for pair in numbers for text in pair)


def person_name_line(code: str, person: Person, id_qualifier: str = "", identifier: str = "") -> Line:
    """NM1 of a person."""
    names = (person.last_name, person.first_name, person.middle_name, "", person.suffix)
    return ("NM1", code, person.entity_type, *names, id_qualifier if identifier else "", identifier)


def demographic_line(person: Person) -> Iterator[Line]:
    """DMG, when birth date or sex is known."""
    if person.birth_date or person.sex:
        yield "DMG", "D8" if person.birth_date else "", format_date(person.birth_date), person.sex


def read_named(segment: Segment) -> Named:
    """The names and identifier of one NM1 segment."""
    _, entity_type, last, first, middle, _, suffix, qualifier, identifier = _nine(segment)
    return _named(last, first, middle, suffix, qualifier, identifier, entity_type)


def named_line(code: str, one: Named) -> Line:
    """NM1 of a name on its own."""
    names = one.last_name, one.first_name, one.middle_name, "", one.suffix
    return ("NM1", code, one.entity_type, *names, one.id_qualifier if one.id else "", one.id)
