"""What moved between two days: the day sheet, the cash receipts, what was given up by reason, and payers' shares."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Literal, TypeAlias

from services.payments.core.account_facts import (
    BalanceWrittenOff,
    ChargePosted,
    ContractualAdjusted,
    DenialWrittenOff,
    LedgerFact,
    PatientPaymentRestored,
    PatientPaymentReversed,
    PatientPaymentTaken,
    PayerRefunded,
    PayerRefundRestored,
)
from services.payments.core.aging import INSURANCE_SIDE, MONEY, SIDES, positions
from services.payments.core.book import PATIENT, UNKNOWN, AccountBook, LedgerLine
from services.payments.core.book_closing import Closing
from services.payments.core.book_report import Cell, Control, Report, cell, counted
from services.payments.core.entries import LedgerAccount
from services.payments.core.other_share_facts import OtherPaymentReturned, OtherPaymentTaken, OtherShareReduced
from services.payments.core.person_facts import PersonWroteOff

DaysheetBy: TypeAlias = Literal["day", "poster", "provider"]
CashBy: TypeAlias = Literal["day", "kind", "payer", "method", "poster"]
CashKind: TypeAlias = Literal[
    "payer_payment",
    "payer_takeback",
    "payer_refund",
    "patient_payment",
    "patient_refund",
    "patient_return",
    "other_payment",
    "other_return",
]
"""Money of payers: paid, taken back by a reversal, given back by us. Of patients: paid, given back, taken back. Of
other parties: paid, and gone again."""
NET_RECEIVABLES = (*SIDES["all"], *MONEY["all"])
CASH = (LedgerAccount.PAYER_CASH, LedgerAccount.PATIENT_CASH, LedgerAccount.OTHER_CASH)
GIVEN_UP = (
    LedgerAccount.CONTRACTUAL_ADJUSTMENT,
    LedgerAccount.BAD_DEBT,
    LedgerAccount.DENIAL_WRITE_OFF,
    LedgerAccount.AGREED_REDUCTION,
)
AMOUNT = "amount_cents"
DAYSHEET_COLUMNS = (
    "charges_cents",
    "payer_payments_cents",
    "patient_payments_cents",
    "other_party_payments_cents",
    "refunds_cents",
    "adjustments_cents",
    "write_offs_cents",
    "other_cents",
)
_BY_COUNTER: Mapping[LedgerAccount, str] = MappingProxyType(
    {
        LedgerAccount.REVENUE: "charges_cents",
        LedgerAccount.PAYER_CASH: "payer_payments_cents",
        LedgerAccount.PATIENT_CASH: "patient_payments_cents",
        LedgerAccount.OTHER_CASH: "other_party_payments_cents",
        LedgerAccount.AGREED_REDUCTION: "adjustments_cents",
        LedgerAccount.CONTRACTUAL_ADJUSTMENT: "adjustments_cents",
        LedgerAccount.BAD_DEBT: "write_offs_cents",
        LedgerAccount.DENIAL_WRITE_OFF: "write_offs_cents",
    }
)
_Namer: TypeAlias = Mapping[str, Callable[[AccountBook, LedgerLine], str]]
_MONEY_BACK = (
    PayerRefunded,
    PayerRefundRestored,
    PatientPaymentReversed,
    PatientPaymentRestored,
    OtherPaymentReturned,
)


@dataclass(frozen=True, slots=True)
class Days:
    """From one day to another, both counted. ValueError when they are the wrong way round."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            msg = "the last day is before the first"
            raise ValueError(msg)

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def follow(self, _: Closing, last: date) -> bool:
        """Whether they begin after an account's last entry."""
        return last < self.first

    def lines(self, book: AccountBook) -> Iterator[LedgerLine]:
        """An account's entries of these days."""
        return (line for line in book.lines if line.entry.day in self)


def daysheet_report(days: Days, by: Sequence[DaysheetBy]) -> Report:
    """Everything that changed what is owed: receivables less unapplied money, from opening to closing."""

    def cells(book: AccountBook) -> Iterator[Cell]:
        for line in days.lines(book):
            made = cell(_row(_DAYSHEET, by, book, line), daysheet_column(line.fact), (line,), NET_RECEIVABLES)
            if made.parts:
                yield made

    control = Control("net receivables", NET_RECEIVABLES, days.first, days.last, frozenset(DAYSHEET_COLUMNS))
    runs = tuple(by) == ("day",)
    return Report("daysheet", tuple(by), DAYSHEET_COLUMNS, cells, (control,), runs=runs, passes=days.follow)


def daysheet_column(fact: LedgerFact) -> str:
    """Where an entry stands on the day sheet; one that moves money between receivables changes nothing there."""
    if isinstance(fact, _MONEY_BACK):
        return "refunds_cents"
    counter = fact.credit if fact.debit in NET_RECEIVABLES else fact.debit
    return _BY_COUNTER.get(counter, "other_cents")


def cash_report(days: Days, by: Sequence[CashBy]) -> Report:
    """Money that came and went, by kind: what payers paid for claims, and what guarantors paid."""

    def cells(book: AccountBook) -> Iterator[Cell]:
        for line in days.lines(book):
            made = cell(cash_row(book, line, by), AMOUNT, (line,), CASH)
            if made.parts:
                yield made
                yield counted(made.row, "entries", line.entry)

    control = Control("cash", CASH, days.first, days.last, frozenset({AMOUNT}))
    return Report("cash-receipts", tuple(by), (AMOUNT, "entries"), cells, (control,), passes=days.follow)


def cash_row(book: AccountBook, line: LedgerLine, by: Sequence[CashBy]) -> tuple[str, ...]:
    """What one receipt is, in these respects."""
    return _row(_CASH, by, book, line)


def cash_kind(book: AccountBook, fact: LedgerFact) -> CashKind:
    """What kind of money an entry of cash is. What undoes a reversal is of the reversal's kind."""
    if isinstance(fact, PayerRefunded | PayerRefundRestored):
        return "payer_refund"
    if isinstance(fact, PatientPaymentReversed | PatientPaymentRestored):
        return "patient_refund" if _cause(book, fact) == "refund" else "patient_return"
    if isinstance(fact, PatientPaymentTaken):
        return "patient_payment"
    if isinstance(fact, OtherPaymentTaken | OtherPaymentReturned):
        return "other_payment" if isinstance(fact, OtherPaymentTaken) else "other_return"
    return "payer_payment" if fact.effect_on(LedgerAccount.PAYER_CASH) >= 0 else "payer_takeback"


def adjustments_report(days: Days) -> Report:
    """What nobody owes any more, by kind and reason: contracts, patients' balances and denials given up."""

    def cells(book: AccountBook) -> Iterator[Cell]:
        reasons = _write_off_reasons(book)
        for line in days.lines(book):
            made = cell(_why(reasons, line.fact), AMOUNT, (line,), GIVEN_UP)
            if made.parts:
                yield made
                yield counted(made.row, "entries", line.entry)

    control = Control("given up", GIVEN_UP, days.first, days.last, frozenset({AMOUNT}))
    names = ("kind", "group", "reason")
    return Report("adjustments", names, (AMOUNT, "entries"), cells, (control,), passes=days.follow)


def allocation_report(days: Days) -> Report:
    """By payer: what it was charged first, what it paid and adjusted between the days, and what it owes at the end."""
    columns = ("claims", "charges_cents", "paid_cents", "adjusted_cents", "open_cents")
    held = (
        ("charges_cents", LedgerAccount.REVENUE, -1),
        ("paid_cents", LedgerAccount.PAYER_CASH, 1),
        ("adjusted_cents", LedgerAccount.CONTRACTUAL_ADJUSTMENT, 1),
    )

    def cells(book: AccountBook) -> Iterator[Cell]:
        for line in days.lines(book):
            item = book.items.get(line.fact.item_id)
            first = (item.first_payer if item else PATIENT,)
            if isinstance(line.fact, ChargePosted):
                yield counted(first, "claims", line.entry)
            for column, account, sign in held:
                row = first if column == "charges_cents" else (payer_of(book, line.fact),)
                yield cell(row, column, (line,), (account,), sign)
        for one in positions(book, days.last, (INSURANCE_SIDE,)):
            yield cell((one.item.payer_on(days.last)[1],), "open_cents", one.lines, (INSURANCE_SIDE,))

    controls = (
        *(
            Control(name, (account,), days.first, days.last, frozenset({name}), sign=sign)
            for name, account, sign in held
        ),
        Control("open_cents", (INSURANCE_SIDE,), None, days.last, frozenset({"open_cents"})),
    )
    return Report(
        "allocation",
        ("payer",),
        columns,
        cells,
        controls,
        passes=lambda closing, last: closing.settled and days.follow(closing, last),
    )


def payer_of(book: AccountBook, fact: LedgerFact) -> str:
    """The payer whose money or decision an entry is, by the name that its claim has for it; else the patient.

    A remittance may name its payer otherwise than the claim does. Then its status says which of the claim's payers it
    is: primary, secondary or tertiary (835 CLP02).
    """
    item = book.items.get(fact.item_id)
    if item is None or not item.payers:
        return PATIENT
    names = [name for _, name in item.payers]
    decided, status = book.deciders.get(getattr(fact, "place", None), ("", ""))
    if decided in names:
        return decided
    return names[min(_TURNS.get(status, 0), len(names) - 1)]


_TURNS = MappingProxyType({"2": 1, "20": 1, "3": 2, "21": 2})


def _row(
    names: Mapping[str, Callable[[AccountBook, LedgerLine], str]],
    by: Iterable[str],
    book: AccountBook,
    line: LedgerLine,
) -> tuple[str, ...]:
    return tuple(names[name](book, line) for name in by)


def _provider(book: AccountBook, line: LedgerLine) -> str:
    item = book.items.get(line.fact.item_id)
    return (item.rendering_npi if item else "") or UNKNOWN


def _method(book: AccountBook, line: LedgerLine) -> str:
    payment_id = getattr(line.fact, "payment_id", None)
    taken = (one.fact for one in book.lines if isinstance(one.fact, PatientPaymentTaken | OtherPaymentTaken))
    return next((fact.method for fact in taken if fact.payment_id == payment_id), UNKNOWN)


def _payer(book: AccountBook, line: LedgerLine) -> str:
    if isinstance(line.fact, OtherPaymentTaken | OtherPaymentReturned):
        return line.fact.party_id
    is_payers = line.fact.effect_on(LedgerAccount.PAYER_CASH) != 0
    return payer_of(book, line.fact) if is_payers else PATIENT


_DAYSHEET: _Namer = MappingProxyType(
    {
        "day": lambda _, line: line.entry.day.isoformat(),
        "poster": lambda _, line: line.entry.posted_by,
        "provider": _provider,
    }
)
_CASH: _Namer = MappingProxyType(
    {
        **_DAYSHEET,
        "kind": lambda book, line: cash_kind(book, line.fact),
        "payer": _payer,
        "method": _method,
    }
)


def _cause(book: AccountBook, fact: PatientPaymentReversed | PatientPaymentRestored) -> str:
    made = (one.fact for one in book.lines if isinstance(one.fact, PatientPaymentReversed))
    return next((one.cause for one in made if one.reversal_id == fact.reversal_id), "")


def _write_off_reasons(book: AccountBook) -> Mapping[str, str]:
    """Why each write-off was made, for what takes it back."""
    reasons: dict[str, str] = {}
    for fact in (line.fact for line in book.lines):
        if isinstance(fact, BalanceWrittenOff | PersonWroteOff):
            reasons[fact.write_off_id] = fact.reason
        elif isinstance(fact, DenialWrittenOff):
            reasons[fact.write_off_id] = fact.category
    return reasons


def _why(reasons: Mapping[str, str], fact: LedgerFact) -> tuple[str, str, str]:
    if isinstance(fact, ContractualAdjusted):
        return "contractual", fact.group, fact.reason
    if isinstance(fact, OtherShareReduced):
        return "agreed_reduction", "", fact.party_id
    kind = "patient_write_off" if fact.effect_on(LedgerAccount.BAD_DEBT) else "denial_write_off"
    return kind, "", reasons.get(getattr(fact, "write_off_id", ""), UNKNOWN)
