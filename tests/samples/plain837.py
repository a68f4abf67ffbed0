"""A second, naive reader of 837P files, so that the samples are not checked with the code that made them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TypeAlias

Segments: TypeAlias = list[list[str]]


@dataclass
class PlainClaim:
    """One CLM with what stands above it."""

    control_number: str
    total: Decimal
    segments: Segments
    subscriber: Segments
    patient: Segments
    component: str

    def all(self, tag: str) -> Segments:
        return [one for one in self.segments if one[0] == tag]

    def dates(self, qualifier: str) -> list[date]:
        texts = (text for one in self.all("DTP") if one[1] == qualifier for text in one[3].split("-"))
        return [date(int(one[:4]), int(one[4:6]), int(one[6:8])) for one in texts]

    @property
    def charges(self) -> list[Decimal]:
        return [Decimal(one[2]) for one in self.all("SV1")]

    @property
    def payer_id(self) -> str:
        return next(one[9] for one in self.subscriber if one[0] == "NM1" and one[1] == "PR")

    @property
    def member(self) -> tuple[str, ...]:
        """Names, birth date where given, and member id of the subscriber."""
        name = next(one for one in self.subscriber if one[0] == "NM1" and one[1] == "IL")
        born = next((one[2] for one in self.subscriber if one[0] == "DMG"), "")
        return name[3], name[4], born, name[9]


@dataclass
class PlainFile:
    """What a whole file holds."""

    claims: list[PlainClaim] = field(default_factory=list[PlainClaim])
    interchange_numbers: list[str] = field(default_factory=list[str])
    versions: set[str] = field(default_factory=set[str])
    npis: list[str] = field(default_factory=list[str])
    birth_dates: list[str] = field(default_factory=list[str])
    faults: list[str] = field(default_factory=list[str])


def split(content: bytes) -> Iterator[tuple[str, Segments]]:
    """Each interchange's component separator and segments, by the fixed offsets of the standard."""
    text = content.decode().replace("\r", "").replace("\n", "")
    while text:
        element, component, end = text[3], text[104], text[105]
        size = re.search(rf"{re.escape(end)}IEA{re.escape(element)}[^{re.escape(end)}]*{re.escape(end)}", text)
        assert size, "an interchange without IEA"
        yield component, [one.split(element) for one in text[: size.end()].split(end)[:-1]]
        text = text[size.end() :]


def read(content: bytes) -> PlainFile:
    """Read the file and note every count or number that does not match."""
    found = PlainFile()
    for component, segments in split(content):
        _check_envelope(segments, found)
        _gather(segments, component, found)
    return found


def _check_envelope(segments: Segments, found: PlainFile) -> None:
    assert len("*".join(segments[0])) == 105, "ISA is 106 characters with its terminator"
    found.interchange_numbers.append(segments[0][13])
    groups = sum(one[0] == "GS" for one in segments)
    _expect(found, segments[-1][1:3] == [str(groups), segments[0][13]], "IEA")
    start, sets, group = 0, 0, ""
    for index, one in enumerate(segments):
        match one[0]:
            case "GS":
                group, sets = one[6], 0
                found.versions.add(one[8])
            case "ST":
                start, sets = index, sets + 1
            case "SE":
                _expect(found, one[1:3] == [str(index - start + 1), segments[start][2]], "SE")
            case "GE":
                _expect(found, one[1:3] == [str(sets), group], "GE")
            case _:
                pass


def _gather(segments: Segments, component: str, found: PlainFile) -> None:
    levels: dict[str, str] = {}
    subscriber: Segments = []
    patient: Segments = []
    into: Segments = []
    for one in segments:
        if one[0] == "ST":
            levels, into = {}, []
        elif one[0] == "HL":
            above = {"20": None, "22": "20", "23": "22"}[one[3]]
            _expect(found, one[1] not in levels and levels.get(one[2]) == above, "HL")
            levels[one[1]] = one[3]
            into = []
            if one[3] == "22":
                subscriber, patient = into, []
            elif one[3] == "23":
                patient = into
        elif one[0] == "CLM":
            into = []
            found.claims.append(PlainClaim(one[1], Decimal(one[2]), into, subscriber, patient, component))
        into.append(one)
        if one[0] == "NM1" and len(one) > 9 and one[8] == "XX":
            found.npis.append(one[9])
        if one[0] == "DMG":
            found.birth_dates.append(one[2])


def _expect(found: PlainFile, holds: bool, what: str) -> None:
    if not holds:
        found.faults.append(what)


def luhn_holds(npi: str) -> bool:
    """The check digit rule of 45 CFR 162.406, spelled out digit by digit."""
    if not re.fullmatch("[12][0-9]{9}", npi):
        return False
    total = 0
    for place, digit in enumerate(reversed("80840" + npi)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
