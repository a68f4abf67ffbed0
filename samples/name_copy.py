"""Names of people in a copied file: NM1 with its N3, N4, DMG and REF*SY."""

import re
from collections.abc import Iterator

from samples.segments import Seg, put
from shared.x12.invented import Invented
from shared.x12.values import format_date

_ORGANISATION = "2"


def rename(group: list[Seg], who: Invented, complete: bool) -> Iterator[Seg]:
    """The name loop with an invented person in it.

    `complete` adds N3, N4 and DMG where the sample lacks them: the guide requires them of a patient.
    """
    name, *rest = group
    if name[2:3] != [_ORGANISATION]:
        name[3:8] = [who.last_name.upper(), who.first_name.upper(), "", "", ""][: max(2, len(name) - 3)]
    if len(name) > 9:
        put(name, 9, who.member_id)
    yield name
    tags = {one[0] for one in rest}
    address: list[Seg] = [["N3", who.street.upper()], ["N4", who.city.upper(), who.state, who.postal_code]]
    demographic: Seg = ["DMG", "D8", format_date(who.birth_date), who.sex]
    if tags & {"N3", "N4"} or complete:
        yield from address
    if "DMG" in tags or complete:
        yield demographic
    for one in rest:
        if one[0] == "REF" and one[1] == "SY":
            put(one, 2, who.ssn)
        if one[0] not in ("N3", "N4", "DMG"):
            yield one


def valid_place(segment: Seg) -> None:
    """Give an N4 a state of two letters and a postal code of five or nine digits where it has none."""
    if len(segment) > 2 and segment[2] and not re.fullmatch("[A-Z]{2}", segment[2]):
        put(segment, 2, "OH")
    if len(segment) > 3 and segment[3] and not re.fullmatch("[0-9]{5}([0-9]{4})?", segment[3]):
        put(segment, 3, "43440")
