"""What any bank list comes down to: credits with their account, and faults that say where and what to do. Pure."""

import re
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

OLDEST_YEARS = 7
"""A list with a credit older than this is a mistake: records are kept six years (45 CFR 164.316), tax records seven."""

TRACE = re.compile(r"TRN\*1\*([^*~\\/\s,]{1,50})(?:\*([0-9A-Z]{1,20})(?=[*~\\/\s,]|$))?")
"""The reassociation trace (TRN02) and who sent it (TRN03) in the addenda of a CCD+ transfer (CAQH CORE 370)."""


class BankFault(NamedTuple):
    """What is wrong at which line of the file, and what to do."""

    line: int
    record: str
    what: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.record}: {self.what}"


class BankFileError(ValueError):
    """The file cannot be trusted as it is: nothing of it is taken."""

    def __init__(self, *faults: BankFault) -> None:
        super().__init__("; ".join(str(one) for one in faults))
        self.faults = faults


class BankCredit(NamedTuple):
    """One credit of a bank account, as its bank told it."""

    line: int
    deposited_on: date
    cents: int
    method: str  # ACH, CHK, or empty where the bank does not say
    trace: str
    reference: str
    originator: str = ""  # TRN03, where the bank tells the addenda


class Statement(NamedTuple):
    """The credits of one account; `routing` are the numbers by which the file names its bank."""

    line: int
    routing: tuple[str, ...]
    account: str
    currency: str
    credits: Sequence[BankCredit]
    debits: int  # entries that took money off the account: counted, not taken in


def trace_in(text: str) -> str:
    """The trace number in a bank's text; empty when there is none."""
    found = TRACE.search(text.upper())
    return found.group(1) if found else ""


def originator_in(text: str) -> str:
    """Who sent the transfer (TRN03), by the bank's text; empty when it does not say."""
    found = TRACE.search(text.upper())
    return (found.group(2) or "") if found else ""


def date_fault(line: int, record: str, on: date, today: date) -> BankFault | None:
    """A day that no list of credits can have."""
    if on > today:
        return BankFault(line, record, f"the date {on} is in the future: correct it, or send the list on that day")
    if (today - on).days > OLDEST_YEARS * 366:
        return BankFault(line, record, f"the date {on} is more than {OLDEST_YEARS} years ago: is the year right?")
    return None
