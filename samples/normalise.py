"""Copies of professional claim files (837P, 005010X222*) that can flow the whole way.

The public samples carry invented NPIs, dates years back, repeated control numbers, and 820 times the same patient. The
copy keeps their shape (segments, loops, delimiters), payer identifiers and total charges, and makes the rest
consistent. What is changed is listed in README.md beside this file.

    python -m samples.normalise --out DIRECTORY FILE...
"""

import argparse
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from samples.claim_copy import ClaimCopy, span_days
from samples.name_copy import rename, valid_place
from samples.segments import Seg, put, repair_npi, split_before
from shared.x12.invented import Invented, number, person
from shared.x12.tokens import Delimiters, read_segments
from shared.x12.values import format_date

START = date(2026, 7, 1)
"""The day the demo's clock starts."""

SEED = 2026
_GUIDE = "005010X222"


class NotProfessionalError(ValueError):
    """The file is not a professional claim file of version 5010."""


def normalise(content: bytes, seed: int = SEED, start: date = START) -> bytes:
    """The normalised copy of an 837P file: the same bytes, seed and start date give the same copy.

    Service dates lie in the month before `start`. Raises `NotProfessionalError` for a group of another guide and
    `shared.x12.findings.X12Error` for bytes that are not X12.
    """
    copy = _FileCopy(hashlib.sha256(content).hexdigest()[:8].upper(), seed, start)
    written: list[str] = []
    for delimiters, segments in _interchanges(content):
        separator = delimiters.segment if delimiters.segment in "\r\n" else delimiters.segment + "\n"
        texts = (delimiters.element.join(one) for one in copy.interchange(segments, delimiters))
        written.extend(text.rstrip(delimiters.element) + separator for text in texts)
    return "".join(written).encode()


def _interchanges(content: bytes) -> Iterator[tuple[Delimiters, list[Seg]]]:
    """Each interchange's delimiters and segments."""
    delimiters, segments = Delimiters(), list[Seg]()
    for one in read_segments([content]):
        if one.tag == "ISA" and segments:
            yield delimiters, segments
            segments = []
        delimiters = one.delimiters
        segments.append([one.tag, *one.elements])
    yield delimiters, segments


def _one_component_separator(segments: list[Seg], component: str) -> None:
    """Some samples part components by another character than ISA16 names, which SV101 shows: put the named one."""
    used = next((one[1][2:3] for one in segments if one[0] == "SV1"), component)
    if used == component or used.isalnum():
        return
    for one in segments:
        if one[0] != "ISA":
            one[:] = [element.replace(used, component) for element in one]


@dataclass(slots=True)
class _FileCopy:
    """Counts what must be distinct over the file: interchanges, claims and people."""

    digest: str
    seed: int
    start: date
    interchanges: int = 0
    claims: int = 0
    people: int = 0
    _component: str = field(default=":", init=False)

    def interchange(self, segments: list[Seg], delimiters: Delimiters) -> Iterator[Seg]:
        """ISA to IEA, with its counts and control numbers."""
        self.interchanges += 1
        self._component = delimiters.component
        _one_component_separator(segments, delimiters.component)
        control = f"{number('interchange', self.seed, self.digest, self.interchanges) % 999_999_999 + 1:09d}"
        body = [one for one in segments if one[0] not in ("ISA", "IEA")]
        groups = split_before(body, "GS")[1:]
        yield self._isa(segments[0], control, delimiters)
        for index, group in enumerate(groups, 1):
            yield from self._group(group, f"{control}{index:02d}"[-9:].lstrip("0"))
        yield ["IEA", str(len(groups)), control]

    def _isa(self, segment: Seg, control: str, delimiters: Delimiters) -> Seg:
        parts = segment[:17]
        for position, width in ((2, 10), (4, 10), (6, 15), (8, 15)):
            parts[position] = parts[position].strip().ljust(width)
        parts[9] = f"{self._day():%y%m%d}"
        parts[11] = delimiters.repetition or next(one for one in "^!|" if one not in delimiters)
        parts[12], parts[13] = "00501", control
        return parts

    def _group(self, segments: list[Seg], control: str) -> Iterator[Seg]:
        head = segments[0]
        if not head[8].startswith(_GUIDE):
            msg = "GS08 names another guide than 005010X222: only professional claims are normalised."
            raise NotProfessionalError(msg)
        put(head, 4, format_date(self._day()))
        put(head, 6, control)
        transactions = split_before([one for one in segments[1:] if one[0] != "GE"], "ST")[1:]
        yield head
        for index, transaction in enumerate(transactions, 1):
            yield from self._transaction(transaction, f"{index:04d}", f"{control}{index:04d}")
        yield ["GE", str(len(transactions)), control]

    def _transaction(self, segments: list[Seg], control: str, reference: str) -> Iterator[Seg]:
        head, *levels = split_before([one for one in segments if one[0] != "SE"], "HL")
        put(head[0], 2, control)
        for one in head:
            if one[0] == "BHT":
                put(one, 3, reference)
                put(one, 4, format_date(self._day()))
        written = [*head, *self._levels(levels)]
        yield from written
        yield ["SE", str(len(written) + 1), control]

    def _levels(self, levels: Sequence[list[Seg]]) -> Iterator[Seg]:
        """The hierarchy, numbered again: billing provider above subscriber above patient."""
        last: dict[str, int] = {}
        insured = person(self.seed, self.digest, 0)
        taken = 0
        for index, level in enumerate(levels, 1):
            head, *claims = split_before(level, "CLM")
            code = head[0][3]
            last[code] = index
            child = code in ("20", "22") and index < len(levels) and levels[index][0][3] > code
            head[0][1:] = [str(index), str(last.get({"22": "20", "23": "22"}.get(code, ""), "")), code, str(int(child))]
            if code == "22":
                insured, taken = self._person(), 0
            own = self._person(child=_is_child(head)) if code == "23" else insured
            yield from self._level(code, head, insured, own, bool(claims))
            for claim in claims:
                yield from self._claim(claim, insured, taken)
                taken += 1

    def _level(self, code: str, head: list[Seg], insured: Invented, own: Invented, has_claims: bool) -> Iterator[Seg]:
        """What stands in a level before its first claim."""
        match code:
            case "20":
                yield from _billing(head)
            case "22":
                yield from _subscriber(head, insured, is_patient=has_claims)
            case _:
                yield from _named(head, "QC", own)

    def _claim(self, segments: list[Seg], insured: Invented, taken: int) -> Iterator[Seg]:
        """One claim; `taken` counts the earlier ones of the subscriber, which lie on other days."""
        self.claims += 1
        days = self._day().day - min(self._day().day - 1, span_days(segments))
        day = self._day() - timedelta(days=(number(self.seed, insured.member_id, "day") + taken) % days)
        yield from ClaimCopy(f"{self.digest}{self.claims:04d}", day, self._day(), insured, self._component).segments(
            segments
        )

    def _person(self, child: bool = False) -> Invented:
        self.people += 1
        return person(self.seed, self.digest, self.people, child=child, on=self._day().replace(day=1))

    def _day(self) -> date:
        """The last day before the start."""
        return self.start - timedelta(days=1)


def _is_child(head: list[Seg]) -> bool:
    """PAT01 19; a spouse or other adult otherwise."""
    return any(one[0] == "PAT" and one[1:2] == ["19"] for one in head)


def _billing(head: list[Seg]) -> Iterator[Seg]:
    for one in head:
        if one[0] == "NM1" and one[1] == "85":
            repair_npi(one, required=True)
        if one[0] == "N4":
            valid_place(one)
        yield one


def _subscriber(head: list[Seg], insured: Invented, is_patient: bool) -> Iterator[Seg]:
    """Loop 2000B. The subscriber is the patient of the claims that stand in this level, and then needs SBR02 18."""
    kept: list[Seg] = []
    for one in head:
        if one[0] == "SBR":
            put(one, 2, "18" if is_patient else "")
        if one[0] == "PAT":
            one[5:7] = ["", ""][: len(one[5:7])]
        if one[0] != "PAT" or any(one[1:]):
            kept.append(one)
    yield from _named(kept, "IL", insured, complete=is_patient)


def _named(head: list[Seg], code: str, who: Invented, complete: bool = True) -> Iterator[Seg]:
    """The level with the person of NM1 `code` replaced; `complete` adds address and birth date where missing."""
    opening, *names = split_before(head, "NM1")
    yield from opening
    for group in names:
        if group[0][1] == code:
            yield from rename(group, who, complete)
        else:
            yield from group


def normalise_all(folder: Path, seed: int = SEED, start: date = START) -> dict[str, bytes]:
    """The copies of every professional 5010 file below `folder`, by its path there; other files are left out."""
    found: dict[str, bytes] = {}
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        try:
            found[path.relative_to(folder).as_posix()] = normalise(path.read_bytes(), seed, start)
        except NotProfessionalError:
            continue
    return found


def main(arguments: Sequence[str] | None = None, say: Callable[[str], None] = print) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m samples.normalise", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--out", type=Path, required=True, metavar="DIRECTORY")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--start", type=date.fromisoformat, default=START, help="the day the clock starts")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    for path in options.files:
        target = options.out / f"{path.parent.name}-{path.stem}.837"
        target.write_bytes(normalise(path.read_bytes(), options.seed, options.start))
        say(str(target))


if __name__ == "__main__":
    main()
