"""Dated tables that a customer loads: keys with values and the days they hold for, packed into one text.

A quarter of NCCI pairs has over two million rows; as Python objects they would take a gigabyte, packed they take some
forty megabytes and a look-up a few microseconds.
"""

import json
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from typing import NamedTuple

_FIRST_MARK = 0xA1
"""Periods are written as one character each, from here on: past the controls, and around the surrogates."""
_SURROGATES = range(0xD800, 0xE000)
PERIODS_MAX = 40_000
OPEN = date.max
"""The last day of what has no end."""


class Row(NamedTuple):
    """One row: `value` holds for `key` from the first day to the last, both included."""

    key: str
    value: str
    first: date
    last: date


class TooManyPeriodsError(ValueError):
    """More different pairs of days than a table can hold."""


class DatedTable:
    """Rows by key, read-only."""

    def __init__(self, width: tuple[int, int], periods: tuple[tuple[date, date], ...], records: str) -> None:
        self._key, self._value = width
        self._width = self._key + self._value + 1
        self._periods = periods
        self._records = records
        self.at = lru_cache(maxsize=8192)(self._at)

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self._records) // self._width if self._records else 0

    @classmethod
    def of(cls, rows: Iterable[Row]) -> "DatedTable":
        """A table of these rows; TooManyPeriodsError when they name too many different periods."""
        kept = list(rows)
        periods = tuple(dict.fromkeys((row.first, row.last) for row in kept))
        if len(periods) > PERIODS_MAX:
            msg = f"the rows name {len(periods)} different periods, and a table holds {PERIODS_MAX}"
            raise TooManyPeriodsError(msg)
        marks = {period: _mark(number) for number, period in enumerate(periods)}
        key = max((len(row.key) for row in kept), default=1)
        value = max((len(row.value) for row in kept), default=0)
        records = sorted(f"{row.key:<{key}}{row.value:<{value}}{marks[row.first, row.last]}" for row in kept)
        return cls((key, value), periods, "".join(records))

    def _at(self, key: str, day: date) -> str | None:
        """The value of a key on a day; of several, the one that began last."""
        found: tuple[date, str] | None = None
        for row in self.rows_of(key):
            if row.first <= day <= row.last and (found is None or row.first > found[0]):
                found = row.first, row.value
        return found[1] if found else None

    def rows_of(self, key: str) -> Iterator[Row]:
        """Every row of a key."""
        if len(key) > self._key:
            return
        wanted = f"{key:<{self._key}}"
        for index in range(bisect_left(range(len(self)), wanted, key=self._key_at), len(self)):
            record = self._records[index * self._width : (index + 1) * self._width]
            if not record.startswith(wanted):
                return
            first, last = self._periods[_number(record[-1])]
            yield Row(key, record[self._key : -1].rstrip(), first, last)

    def _key_at(self, index: int) -> str:
        return self._records[index * self._width : index * self._width + self._key]

    def dump(self) -> bytes:
        """The table as bytes; `load` reads them back."""
        periods = [(first.isoformat(), last.isoformat()) for first, last in self._periods]
        head = json.dumps({"key": self._key, "value": self._value, "periods": periods})
        return f"{head}\n{self._records}".encode()

    @classmethod
    def load(cls, content: bytes) -> "DatedTable":
        """What `dump` wrote."""
        head, _, records = content.decode().partition("\n")
        read = json.loads(head)
        periods = tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in read["periods"])
        return cls((read["key"], read["value"]), periods, records)


def _mark(number: int) -> str:
    code = _FIRST_MARK + number
    return chr(code if code < _SURROGATES.start else code + len(_SURROGATES))


def _number(mark: str) -> int:
    code = ord(mark)
    return (code if code < _SURROGATES.start else code - len(_SURROGATES)) - _FIRST_MARK


def contradictions(rows: Iterable[tuple[int, Row]]) -> Iterator[tuple[int, int]]:
    """Rows that say something else of a key from a day than the first of the file that names it: both numbers."""
    firsts: dict[tuple[str, date], tuple[int, Row]] = {}
    for number, row in rows:
        earlier, before = firsts.setdefault((row.key, row.first), (number, row))
        if row != before:
            yield number, earlier


def joined(*parts: str) -> str:
    """A key of several parts; none of them holds a bar."""
    return "|".join(parts)


ANY = "*"
"""In a key: every payer."""
EMPTY = DatedTable.of(())
