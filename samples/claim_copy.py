"""One claim of a copied file (loop 2300 and below): control number, dates, NPIs, diagnoses, line charges."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from samples.name_copy import rename, valid_place
from samples.segments import Seg, put, repair_npi, split_before
from shared.x12.invented import ICD_10, Invented, choose, person
from shared.x12.values import format_cents, format_date, parse_cents, parse_date

_PROVIDERS = frozenset({"82", "DN", "P3", "77", "DQ", "DK", "QB", "PW", "45", "72", "71", "ZZ", "P4"})
_BEFORE_DATES = frozenset({"LX", "SV1", "SV5", "PWK", "CR1", "CR3", "CRC"})
_DIAGNOSES = {"BK": "ABK", "ABK": "ABK", "BF": "ABF", "ABF": "ABF"}


@dataclass(slots=True)
class ClaimCopy:
    """The rewriting of one claim.

    Its last service date becomes `day`; no date of it lies after `latest`. `component` is the file's separator of
    components.
    """

    control_number: str
    day: date
    latest: date
    insured: Invented
    component: str
    _shift: timedelta = field(default=timedelta(0), init=False)
    _diagnoses: int = field(default=0, init=False)

    def segments(self, block: list[Seg]) -> Iterator[Seg]:
        """The rewritten segments of a block that starts with CLM."""
        put(block[0], 1, self.control_number)
        self._shift = self.day - max(_service_dates(block), default=self.day)
        head, *lines = split_before(block, "LX")
        yield from self._head(head)
        _settle_charges(parse_cents(block[0][2]), lines)
        for index, line in enumerate(lines, 1):
            put(line[0], 1, str(index))
            yield from self._line(line)

    def _head(self, head: list[Seg]) -> Iterator[Seg]:
        """Loops 2300 to 2330: names of providers and, under another payer (SBR), of its subscriber."""
        own, *others = split_before(head, "SBR")
        yield from self._loops(own, required=frozenset({"82"}))
        for other in others:
            yield from self._loops(other, required=frozenset())

    def _line(self, line: list[Seg]) -> Iterator[Seg]:
        if not any(_is_service_date(one) for one in line):
            after = max(index for index, one in enumerate(line) if one[0] in _BEFORE_DATES and index < 9) + 1
            line.insert(after, ["DTP", "472", "D8", format_date(self.day - self._shift)])
        yield from self._loops(line, required=frozenset({"82"}))

    def _loops(self, segments: list[Seg], required: frozenset[str]) -> Iterator[Seg]:
        details, *names = split_before(segments, "NM1")
        yield from map(self._detail, details)
        for group in names:
            yield from self._name(group, required)

    def _name(self, group: list[Seg], required: frozenset[str]) -> Iterator[Seg]:
        """A name with what follows it, which may be a line's or another payer's details too."""
        name = group[0]
        if name[1] == "IL":
            yield from rename(group, self._other_insured(name), complete=False)
            return
        if name[1] in _PROVIDERS:
            repair_npi(name, required=name[1] in required)
        yield from map(self._detail, group)

    def _other_insured(self, name: Seg) -> Invented:
        return person(self.control_number, *name[3:6])

    def _detail(self, segment: Seg) -> Seg:
        match segment[0]:
            case "DTP":
                self._move(segment)
            case "HI":
                self._recode(segment)
            case "SV1":
                self._repair_service(segment)
            case "N4":
                valid_place(segment)
            case _:
                pass
        return segment

    def _move(self, segment: Seg) -> None:
        """Shift a date with the claim: service dates stay in the month of `latest`, no date passes it."""
        earliest = self.latest.replace(day=1) if segment[1] == "472" else date.min
        moved = (min(self.latest, max(earliest, one + self._shift)) for one in _dates(segment))
        segment[3] = "-".join(format_date(one) for one in moved)

    def _recode(self, segment: Seg) -> None:
        """ICD-9 diagnoses as ICD-10 ones. Some samples give qualifier and code as two elements; they become one."""
        text = self.component.join(one for one in segment[1:] if one).split(self.component)
        if text[0] not in _DIAGNOSES:
            return
        codes: list[str] = []
        for old in text[1::2]:
            codes.append(next(one for one in _round(old) if one not in codes))
        self._diagnoses = len(codes)
        segment[1:] = [f"{'ABF' if index else 'ABK'}{self.component}{code}" for index, code in enumerate(codes)]

    def _repair_service(self, segment: Seg) -> None:
        """A procedure code has five characters; a pointer names a diagnosis that is there."""
        procedure = segment[1].split(self.component)
        procedure[1:2] = [one[:5] for one in procedure[1:2]]
        segment[1] = self.component.join(procedure)
        pointers = segment[7].split(self.component) if len(segment) > 7 else []
        kept = [one for one in pointers if one.isdigit() and 1 <= int(one) <= self._diagnoses]
        put(segment, 7, self.component.join(kept or ["1"]))


def _round(old: str) -> Iterator[str]:
    """Every code once, starting where the old code points."""
    first = ICD_10.index(choose(ICD_10, "icd", old))
    yield from ICD_10[first:]
    yield from ICD_10[:first]


def span_days(block: list[Seg]) -> int:
    """Days from the first to the last service date of a claim."""
    found = sorted(_service_dates(block))
    return (found[-1] - found[0]).days if found else 0


def _is_service_date(segment: Seg) -> bool:
    return segment[0] == "DTP" and segment[1] == "472"


def _service_dates(block: list[Seg]) -> Iterator[date]:
    for one in block:
        if _is_service_date(one):
            yield from _dates(one)


def _dates(segment: Seg) -> list[date]:
    """One date of a D8, two of an RD8."""
    return [parse_date(one[:8]) for one in segment[3].split("-")]


def _settle_charges(total_cents: int, lines: list[list[Seg]]) -> None:
    """Let the first line take what the lines lack of the claim's total charge."""
    services = [one for line in lines for one in line if one[0] == "SV1"]
    missing = total_cents - sum(parse_cents(one[2]) for one in services)
    if missing:
        put(services[0], 2, format_cents(parse_cents(services[0][2]) + missing))
