"""What one segment says, in words: our own names for the codes that say who somebody is and what an amount is."""

from collections.abc import Callable
from typing import NamedTuple

from shared.x12.tokens import Segment
from shared.x12.values import parse_cents

_ENTITIES = {
    "03": "dependent",
    "1P": "provider",
    "2B": "administrator",
    "36": "employer",
    "40": "receiver",
    "41": "submitter",
    "45": "drop-off",
    "71": "attending provider",
    "72": "operating provider",
    "74": "corrected patient",
    "77": "service facility",
    "82": "rendering provider",
    "85": "billing provider",
    "87": "pay-to address",
    "DD": "assistant surgeon",
    "DK": "ordering provider",
    "DN": "referring provider",
    "DQ": "supervising provider",
    "FA": "facility",
    "GB": "other insured",
    "IL": "subscriber",
    "P3": "primary care provider",
    "PE": "payee",
    "PR": "payer",
    "PW": "pick-up",
    "QB": "purchased service provider",
    "QC": "patient",
    "TT": "next payer",
    "X3": "review organisation",
    "ZZ": "other operating provider",
}
_LEVELS = {
    "19": "provider level",
    "20": "source level",
    "21": "receiver level",
    "22": "subscriber level",
    "23": "dependent level",
    "EV": "event level",
    "PT": "patient level",
    "SS": "service level",
}
_AMOUNTS = {
    "A8": "not covered",
    "AU": "allowed",
    "B6": "allowed",
    "D": "paid by payer",
    "EAF": "remaining",
    "F5": "paid by patient",
    "I": "interest",
    "T3": "charge",
    "YU": "accepted",
    "YY": "rejected",
}


class Said(NamedTuple):
    """A segment in words. `amounts` are (what it is, cents); one that cannot be read is left out.

    `notable` is True where the tree shows the segment without being asked for all of them.
    """

    title: str
    name: str = ""
    id: str = ""
    amounts: tuple[tuple[str, int], ...] = ()
    details: tuple[str, ...] = ()
    notable: bool = False


def describe(segment: Segment) -> Said:
    """What a segment says; its elements as they are where this version has no words for it."""
    teller = _TELLERS.get(segment.tag)
    return teller(segment) if teller else Said("", details=_all(segment))


def _all(segment: Segment) -> tuple[str, ...]:
    return tuple(one for one in segment.elements if one)


def _amounts(segment: Segment, **positions: int) -> tuple[tuple[str, int], ...]:
    """The readable amounts among these elements, by name."""
    found: list[tuple[str, int]] = []
    for name, position in positions.items():
        try:
            found.append((name.replace("_", " "), parse_cents(segment.get(position))))
        except ValueError:
            continue
    return tuple(found)


def _name(segment: Segment) -> Said:
    get = segment.get
    name = " ".join(one for one in (get(4), get(5), get(3), get(7)) if one)
    return Said(_ENTITIES.get(get(1), f"entity {get(1)}"), name, get(9), notable=True)


def _organisation(segment: Segment) -> Said:
    get = segment.get
    return Said(_ENTITIES.get(get(1), f"entity {get(1)}"), get(2), get(4), notable=True)


def _level(segment: Segment) -> Said:
    return Said(_LEVELS.get(segment.get(3), f"level {segment.get(3)}"), id=segment.get(1), notable=True)


def _claim(segment: Segment) -> Said:
    return Said("claim", id=segment.get(1), amounts=_amounts(segment, charge=2), notable=True)


def _claim_payment(segment: Segment) -> Said:
    amounts = _amounts(segment, charge=3, paid=4, patient=5)
    return Said(
        "claim payment", id=segment.get(1), amounts=amounts, details=(f"status {segment.get(2)}",), notable=True
    )


def _service(code: int, charge: int, **more: int) -> Callable[[Segment], Said]:
    """A service: the element that holds the procedure, the one that holds the charge, other amounts."""

    def tell(segment: Segment) -> Said:
        amounts = _amounts(segment, charge=charge, **more)
        revenue = (segment.get(1),) if segment.tag == "SV2" else ()
        return Said("service", amounts=amounts, details=(*revenue, *segment.components(code)[1:6]), notable=True)

    return tell


def _payment(segment: Segment) -> Said:
    return Said(
        "payment", amounts=_amounts(segment, payment=2), details=(segment.get(4), segment.get(16)), notable=True
    )


def _adjustment(segment: Segment) -> Said:
    found: list[tuple[str, int]] = []
    for position in range(2, len(segment.elements) + 1, 3):
        found += _amounts(segment, **{f"{segment.get(1)}-{segment.get(position)}": position + 1})
    return Said("adjustment", amounts=tuple(found), notable=True)


def _provider_adjustment(segment: Segment) -> Said:
    found: list[tuple[str, int]] = []
    for position in range(3, len(segment.elements) + 1, 2):
        found += _amounts(segment, **{(*segment.components(position), "")[0]: position + 1})
    return Said("provider adjustment", id=segment.get(1), amounts=tuple(found), notable=True)


def _amount(segment: Segment) -> Said:
    name = _AMOUNTS.get(segment.get(1), segment.get(1))
    return Said("amount", amounts=_amounts(segment, **{name: 2}), notable=True)


def _status(segment: Segment) -> Said:
    codes = tuple(":".join(segment.components(one)) for one in (1, 10, 11) if segment.get(one))
    return Said("status", amounts=_amounts(segment, charge=4, paid=5), details=codes, notable=True)


def _benefit(segment: Segment) -> Said:
    details = segment.get(1), segment.get(2), " ".join(segment.repetitions(3)), segment.get(5)
    return Said("benefit", amounts=_amounts(segment, amount=7), details=tuple(filter(None, details)), notable=True)


def _prior_decision(segment: Segment) -> Said:
    return Said("prior payer's decision", id=segment.get(1), amounts=_amounts(segment, paid=2), notable=True)


def _words(title: str, *positions: int, notable: bool = False) -> Callable[[Segment], Said]:
    """A segment whose elements at these positions (all when none is named) follow a title."""

    def tell(segment: Segment) -> Said:
        details = tuple(segment.get(one) for one in positions if segment.get(one)) if positions else _all(segment)
        return Said(title, details=details, notable=notable)

    return tell


_TELLERS: dict[str, Callable[[Segment], Said]] = {
    "AAA": _words("rejected", 3, 4, notable=True),
    "AK2": _words("answer to", 1, 2, notable=True),
    "AK9": _words("group verdict", 1, notable=True),
    "AMT": _amount,
    "BHT": _words("beginning", 3, 4),
    "BPR": _payment,
    "CAS": _adjustment,
    "CLM": _claim,
    "CLP": _claim_payment,
    "DMG": _words("born, sex", 2, 3),
    "DTM": _words("date"),
    "DTP": _words("date", 1, 3),
    "EB": _benefit,
    "EQ": _words("asks for", notable=True),
    "HCR": _words("decision", 1, 2, 3, notable=True),
    "HI": _words("codes"),
    "HL": _level,
    "IK3": _words("segment error", notable=True),
    "IK4": _words("element error", 1, 2, 3, notable=True),
    "IK5": _words("verdict", notable=True),
    "LX": _words("line", 1, notable=True),
    "N1": _organisation,
    "N3": _words("street"),
    "N4": _words("place"),
    "NM1": _name,
    "PER": _words("contact"),
    "PLB": _provider_adjustment,
    "REF": _words("reference"),
    "SBR": _words("insurance", 1, 2, 3, 4, 9, notable=True),
    "STC": _status,
    "SV1": _service(1, 2),
    "SV2": _service(2, 3),
    "SV3": _service(1, 2),
    "SVC": _service(1, 2, paid=3),
    "SVD": _prior_decision,
    "TA1": _words("interchange verdict", 1, 4, 5, notable=True),
    "TRN": _words("trace", 2, notable=True),
    "UM": _words("review of", notable=True),
}
