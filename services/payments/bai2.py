"""A reader of BAI2 (Cash Management Balance Reporting, version 2, as ASC X9 keeps it): bank statements in records.

Every record that counts something is checked against what was read: an account's total of amounts, a group's and the
file's totals and counts. A file that does not add up is refused whole, with the line and both figures. Pure.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from services.payments.bank_lines import (
    BankCredit,
    BankFault,
    BankFileError,
    Statement,
    date_fault,
    originator_in,
    trace_in,
)

CREDITS = range(100, 400)
DEBITS = range(400, 700)
SUMMARY_CREDITS = frozenset({100, 110, 140, 130, 150, 160, 170, 180, 190, 390})
"""Type codes of totals: as a detail record they would count money twice, so a detail with one is refused."""
CHECK_CODES = frozenset({115, 116, 135, 136, 175, 301, 302})
"""Lockbox, items in a package, checks and commercial deposits: paper, whose trace is the check's number."""
TRANSFER_CODES = frozenset({142, 143, 145, 147, 155, 156, 165, 166, 168, 169, 195, 206, 208})
TEST, DELETION = "4", "2"
RECORDS = frozenset({"01", "02", "03", "16", "49", "88", "98", "99"})
LINES_MAX = 500_000
LINE_END = re.compile(r"\r\n|\r|\n")


class Record(NamedTuple):
    """A record with its continuations: `pieces` are its physical lines without their end mark."""

    line: int
    code: str
    pieces: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"record {self.code}"

    @property
    def lines(self) -> int:
        return len(self.pieces)

    def fields(self) -> list[str]:
        """All fields after the record code; a continuation adds fields."""
        return [one.strip() for piece in self.pieces for one in piece.split(",")]

    def fault(self, what: str) -> BankFileError:
        return BankFileError(BankFault(self.line, self.name, what))


@dataclass(slots=True)
class _Account:
    record: Record
    account: str
    currency: str
    total_cents: int
    lines: int
    credits: list[BankCredit] = field(default_factory=list[BankCredit])
    debits: int = 0


@dataclass(slots=True)
class _Group:
    record: Record
    originator: str
    as_of: date
    currency: str
    lines: int
    total_cents: int = 0
    accounts: int = 0


@dataclass(slots=True)
class _File:
    sender: str
    lines: int
    total_cents: int = 0
    groups: int = 0


def read_bai2(text: str, today: date) -> Sequence[Statement]:
    """The statements of a file. Raises BankFileError with record, line, and what is wrong."""
    return tuple(_Reader(today).read(text))


def records_of(text: str) -> Iterator[Record]:
    """Logical records in order. Raises BankFileError for a line that is none."""
    waiting: Record | None = None
    for number, line in enumerate(LINE_END.split(text.lstrip("\ufeff")), 1):
        if number > LINES_MAX:
            raise BankFileError(BankFault(number, "file", f"it has more than {LINES_MAX} lines: send it in parts"))
        if not (content := line.strip()):
            continue
        code, _, rest = content.partition(",")
        code = code.rstrip("/")
        if code not in RECORDS:
            shown = code if code.isdigit() and len(code) <= 3 else "something else"
            raise BankFileError(BankFault(number, "record", f"a line begins with a BAI2 record code, not {shown}"))
        piece = rest.removesuffix("/")
        if code == "88":
            if waiting is None:
                raise BankFileError(BankFault(number, "record 88", "it continues nothing: a record is missing"))
            waiting = waiting._replace(pieces=(*waiting.pieces, piece))
            continue
        if waiting is not None:
            yield waiting
        waiting = Record(number, code, (piece,))
    if waiting is not None:
        yield waiting


class _Reader:
    """Holds what is open: a file, a group in it, an account in that."""

    def __init__(self, today: date) -> None:
        self._today = today
        self._file: _File | None = None
        self._group: _Group | None = None
        self._account: _Account | None = None
        self._ended = False

    def read(self, text: str) -> Iterator[Statement]:
        steps = {
            "01": self._begin_file,
            "02": self._begin_group,
            "03": self._begin_account,
            "16": self._detail,
            "98": self._end_group,
            "99": self._end_file,
        }
        last = 0
        for record in records_of(text):
            last = record.line
            if self._ended:
                raise record.fault("the file ended before: it has something after record 99")
            self._count(record)
            if record.code == "49":
                yield self._end_account(record)
            else:
                steps[record.code](record)
        if not self._ended:
            raise BankFileError(BankFault(last, "file", "it ends without record 99: it is cut off, send it again"))

    def _count(self, record: Record) -> None:
        for part in (self._file, self._group, self._account):
            if part is not None:
                part.lines += record.lines

    def _begin_file(self, record: Record) -> None:
        if self._file is not None:
            raise record.fault("a second file header: send one file at a time")
        given = _given(record, 8)
        if given[7] != "2":
            raise record.fault("the version (field 9) is not 2: only BAI version 2 is read")
        self._file = _File(given[0], record.lines)

    def _begin_group(self, record: Record) -> None:
        if self._file is None or self._group is not None:
            raise record.fault("it stands in the wrong place: a group begins after 01 or 98")
        given = _given(record, 4)
        status = given[2]
        if status in {TEST, DELETION}:
            raise record.fault(f"group status {status} is a test or a deletion: it is not taken in")
        as_of = _date(record, given[3])
        fault = date_fault(record.line, record.name, as_of, self._today)
        if fault is not None:
            raise BankFileError(fault)
        currency = given[5] if len(given) > 5 and given[5] else "USD"
        self._group = _Group(record, given[1], as_of, currency, record.lines)

    def _begin_account(self, record: Record) -> None:
        if self._group is None or self._account is not None:
            raise record.fault("it stands in the wrong place: an account begins after 02 or 49")
        given = _given(record, 1)
        currency = given[1] if len(given) > 1 and given[1] else self._group.currency
        summaries = sum(_summary_amounts(record, given[2:]))
        self._account = _Account(record, given[0], currency, summaries, record.lines)

    def _detail(self, record: Record) -> None:
        account, group = self._account, self._group
        if account is None or group is None:
            raise record.fault("it stands in the wrong place: a detail belongs to an account (03)")
        given = _given(record, 2)
        code, cents = _number(record, given[0], "type code"), _number(record, given[1], "amount")
        if cents < 0:
            raise record.fault("the amount is negative: a debit has a type code of its own")
        account.total_cents += cents
        if code in DEBITS:
            account.debits += 1
            return
        if code not in CREDITS:
            raise record.fault(f"type code {code} is neither a credit (100 to 399) nor a debit (400 to 699)")
        if code in SUMMARY_CREDITS:
            raise record.fault(f"type code {code} is a total, not a single credit")
        if not cents:
            return
        bank, customer, text = _references(record, given[2:])
        method = "CHK" if code in CHECK_CODES else "ACH" if code in TRANSFER_CODES else ""
        trace = trace_in(text) or customer
        reference = bank or customer or trace
        originator = originator_in(text)
        account.credits.append(
            BankCredit(record.line, group.as_of, cents, method, trace[:50], reference[:80], originator)
        )

    def _end_account(self, record: Record) -> Statement:
        account, group, file = self._account, self._group, self._file
        if account is None or group is None or file is None:
            raise record.fault("it closes an account that was not opened by 03")
        stated = _given(record, 2)
        _must_agree(record, "account control total", stated[0], account.total_cents)
        _must_agree(record, "number of records", stated[1], account.lines)
        group.total_cents += account.total_cents
        group.accounts += 1
        self._account = None
        routing = tuple(dict.fromkeys(one for one in (group.originator, file.sender) if one))
        return Statement(
            account.record.line, routing, account.account, account.currency, tuple(account.credits), account.debits
        )

    def _end_group(self, record: Record) -> None:
        group, file = self._group, self._file
        if group is None or file is None or self._account is not None:
            raise record.fault(
                "it closes a group that was not opened by 02, or one with an open account (49 is missing)"
            )
        stated = _given(record, 3)
        _must_agree(record, "group control total", stated[0], group.total_cents)
        _must_agree(record, "number of accounts", stated[1], group.accounts)
        _must_agree(record, "number of records", stated[2], group.lines)
        file.total_cents += group.total_cents
        file.groups += 1
        self._group = None

    def _end_file(self, record: Record) -> None:
        file = self._file
        if file is None or self._group is not None:
            raise record.fault("it closes a file that was not opened by 01, or one with an open group (98 is missing)")
        stated = _given(record, 3)
        _must_agree(record, "file control total", stated[0], file.total_cents)
        _must_agree(record, "number of groups", stated[1], file.groups)
        _must_agree(record, "number of records", stated[2], file.lines)
        self._ended = True


def _given(record: Record, needed: int) -> list[str]:
    given = record.fields()
    if len(given) < needed:
        raise record.fault(f"it has {len(given)} fields after its code, and needs {needed}")
    return given


def _number(record: Record, text: str, what: str) -> int:
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    if not digits.isascii() or not digits.isdigit() or len(digits) > 15:
        raise record.fault(f"the {what} is not a number of at most 15 digits without a decimal point")
    return sign * int(digits)


def _date(record: Record, text: str) -> date:
    try:
        return datetime.strptime(text, "%y%m%d").date()  # noqa: DTZ007 - a day of the bank has no zone
    except ValueError:
        raise record.fault("the as-of date is not YYMMDD") from None


def _must_agree(record: Record, what: str, stated: str, computed: int) -> None:
    if _number(record, stated, what) != computed:
        raise record.fault(f"the {what} says {int(stated)}, and what was read comes to {computed}")


def _summary_amounts(record: Record, given: list[str]) -> Iterator[int]:
    """Amounts of an account's status and summaries: type code, amount, item count, funds type and what follows it."""
    rest = given
    while any(rest):
        if rest[0]:
            _number(record, rest[0], "type code")
        if len(rest) > 1 and rest[1]:
            yield _number(record, rest[1], "amount")
        after = rest[3:] if len(rest) > 3 else []
        rest = after[_funds_fields(record, rest[3], after[1:]) + 1 :] if after else []


def _funds_fields(record: Record, kind: str, rest: Sequence[str]) -> int:
    """How many fields tell of availability, after the funds type."""
    match kind:
        case "" | "0" | "1" | "2" | "Z":
            return 0
        case "S":
            return 3
        case "V":
            return 2
        case "D":
            return 1 + 2 * _number(record, rest[0] if rest else "", "number of availability days")
        case _:
            raise record.fault("the funds type is none of 0, 1, 2, D, S, V, Z")


def _references(record: Record, given: list[str]) -> tuple[str, str, str]:
    """Bank reference, customer reference and text. Text may hold commas and go on in continuations."""
    kind = given[0] if given else ""
    rest = given[1:]
    rest = rest[_funds_fields(record, kind, rest) :]
    bank, customer = (*rest[:2], "", "")[:2]
    return bank, customer, ",".join(rest[2:])
