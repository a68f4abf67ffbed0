"""External codes by value and day: whether a code was in use when it was used. Tables are read when first asked.

The tables lie in `code_tables`, whose `sources.toml` says whose they are and which days they cover. They hold values
and days, never texts.
"""

import lzma
import tomllib
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

TableName = Literal["icd_10_cm", "place_of_service", "claim_adjustment_reason", "remittance_remark"]
_DIRECTORY = Path(__file__).with_name("code_tables")
# A record is a code, filled up to seven characters, and one character that stands for its period.
_CODE_LENGTH = 7
_WIDTH = _CODE_LENGTH + 1
_FIRST_MARK = 33


class Standing(StrEnum):
    """What a table has to say about a code on some days."""

    VALID = "valid"
    NOT_THEN = "not_then"
    """It is in the table, but was not in use then."""
    INCOMPLETE = "incomplete"
    """It is the beginning of longer codes, one of which is wanted."""
    UNKNOWN = "unknown"
    """The table covers the days and does not have it."""
    NEWER = "newer"
    """The table does not have it, and ends before the days, or does not claim to be complete."""
    NOT_EVALUABLE = "not_evaluable"
    """The days are before the table begins."""


@dataclass(frozen=True, slots=True)
class Source:
    """What `sources.toml` says of a table. It can judge days from `first_day` to `last_day`.

    `complete`: a code it lacks was not in use on those days. `headers`: shorter codes stand for groups of longer ones.
    """

    name: str
    owner: str
    source: str
    first_day: date
    last_day: date
    complete: bool
    rebuild: str
    headers: bool = False


class CodeTable:
    """The codes of a list with the periods they are in use, in one text of eight characters a record."""

    def __init__(self, source: Source, lines: Iterable[str]) -> None:
        self.source = source
        self._periods: list[tuple[date, date]] = []
        records: list[str] = []
        for line in lines:
            first, last, *codes = line.split()
            mark = chr(_FIRST_MARK + len(self._periods))
            self._periods.append((_day(first, date.min), _day(last, date.max)))
            records.extend(f"{code:<{_CODE_LENGTH}}{mark}" for code in codes)
        records.sort()
        self._records = "".join(records)

    def __len__(self) -> int:
        """How many records there are: a code that went and came back has two."""
        return len(self._records) // _WIDTH

    def standing(self, code: str, first: date, last: date | None = None) -> Standing:
        """How `code`, written without a point, stood between the days `first` and `last` (without it, on `first`)."""
        last = last or first
        if last < self.source.first_day:
            return Standing.NOT_EVALUABLE
        mine = list(self._periods_of(code))
        if any(begun <= last and first <= ended for begun, ended in mine):
            return Standing.VALID
        if self._begins_others(code, first, last):
            return Standing.INCOMPLETE
        if mine:
            return Standing.NOT_THEN
        return Standing.UNKNOWN if self.source.complete and first <= self.source.last_day else Standing.NEWER

    def periods(self) -> Iterator[tuple[str, date, date]]:
        """Every code with a first and last day, in order; `date.min` and `date.max` where the table gives none."""
        for index in range(len(self)):
            record = self._at(index)
            yield record[:_CODE_LENGTH].rstrip(), *self._period(record)

    def _at(self, index: int) -> str:
        return self._records[index * _WIDTH : index * _WIDTH + _WIDTH]

    def _from(self, text: str) -> Iterator[str]:
        """The records from the first that is not before `text`."""
        start = bisect_left(range(len(self)), text, key=self._at)
        return map(self._at, range(start, len(self)))

    def _periods_of(self, code: str) -> Iterator[tuple[date, date]]:
        if len(code) > _CODE_LENGTH:
            return
        wanted = f"{code:<{_CODE_LENGTH}}"
        for record in self._from(wanted):
            if not record.startswith(wanted):
                return
            yield self._period(record)

    def _begins_others(self, code: str, first: date, last: date) -> bool:
        """Whether longer codes that were in use then begin with this one."""
        for record in self._from(code) if self.source.headers and len(code) > 2 else ():
            if not record.startswith(code):
                return False
            begun, ended = self._period(record)
            if begun <= last and first <= ended:
                return True
        return False

    def _period(self, record: str) -> tuple[date, date]:
        return self._periods[ord(record[_CODE_LENGTH]) - _FIRST_MARK]


def _day(text: str, absent: date) -> date:
    return absent if text == "-" else date.fromisoformat(text)


@cache
def table(name: TableName) -> CodeTable:
    """A table, read when it is first asked for: ICD-10-CM takes some 60 ms and 700 KB, the others next to nothing."""
    packed = _DIRECTORY / f"{name}.txt.xz"
    data = lzma.decompress(packed.read_bytes()) if packed.exists() else packed.with_suffix("").read_bytes()
    return CodeTable(sources()[name], data.decode().splitlines())


@cache
def sources() -> dict[str, Source]:
    """Every table's source, by its name."""
    read: dict[str, dict[str, Any]] = tomllib.loads((_DIRECTORY / "sources.toml").read_text())
    return {name: Source(**one) for name, one in read.items()}


@lru_cache(maxsize=8192)
def standing(name: TableName, code: str, first: date, last: date | None = None) -> Standing:
    """`CodeTable.standing` of a table, remembered: files repeat their codes and days."""
    return table(name).standing(code, first, last)
