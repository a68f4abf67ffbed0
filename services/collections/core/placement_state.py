"""What is remembered of a placement with an agency, and how facts change it. No rules here, so history replays."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple, TypeAlias, assert_never

from services.collections.core.placement_facts import (
    AgencyPaymentTaken,
    AgencyReported,
    AnyPlacementFact,
    BalanceMoved,
    HoldPassed,
    LineAnswered,
    PaymentBooked,
    PlacementAcked,
    PlacementCancelled,
    PlacementEnded,
    PlacementOpened,
    RecordMade,
    RecordsLeft,
)
from shared.replaced import replace

Status: TypeAlias = Literal[
    "unseen", "waiting", "sent", "acknowledged", "refused", "recalled", "paid", "returned", "cancelled"
]
LIVE = frozenset({"waiting", "sent", "acknowledged"})
"""While the agency has it, or is about to."""
LINES_KEPT = 200


class OutRecord(NamedTuple):
    """Something the agency is told. `file` is where it was written; empty while it waits, `-` where it never goes."""

    number: int
    kind: str
    on: date
    cents: int
    balance_cents: int
    reference: str = ""
    file: str = ""


class Collected(NamedTuple):
    """A payment that the agency accounted for: collected by it, or paid directly and earning its fee."""

    reference: str
    payment_id: str
    paid: str
    cents: int
    fee_cents: int
    said_fee_cents: int
    received_on: date
    file_id: str
    line: int
    booked: bool = False


class Moved(NamedTuple):
    """A change of the balance that the agency was told of."""

    what: str
    reference: str
    cents: int


class Answered(NamedTuple):
    """A line of a file, and why it was refused; empty where it was taken."""

    file_id: str
    line: int
    because: str


@dataclass(frozen=True, slots=True)
class PlacedAccount:
    """One placement. Cents; what the agency is to collect is `balance_cents`."""

    placement_id: str = ""
    account_id: str = ""
    agency_id: str = ""
    terms: str = ""
    number: int = 0
    placed_cents: int = 0
    claims: int = 0
    first_statement_on: date = date.min
    due_on: date = date.min
    placed_on: date = date.min
    held_until: date | None = None
    hold_passed: bool = False
    sealed_guarantor: str = ""
    status: Status = "unseen"
    agency_number: str = ""
    code: str = ""  # the agency's own status, the newest
    reported_on: date | None = None
    promised_on: date | None = None
    promised_cents: int = 0
    legal: bool = False
    work: str = ""
    records: tuple[OutRecord, ...] = ()
    payments: tuple[Collected, ...] = ()
    moved: tuple[Moved, ...] = ()
    ended_on: date | None = None
    lines: tuple[Answered, ...] = ()  # the newest

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    @property
    def collected_cents(self) -> int:
        return sum(one.cents for one in self.payments if one.paid == "collected")

    @property
    def fee_cents(self) -> int:
        return sum(one.fee_cents for one in self.payments)

    @property
    def balance_cents(self) -> int:
        return self.placed_cents - self.collected_cents - sum(one.cents for one in self.moved)

    def record(self, number: int) -> OutRecord | None:
        return next((one for one in self.records if one.number == number), None)

    def payment(self, reference: str) -> Collected | None:
        return next((one for one in self.payments if one.reference == reference), None)

    def answer(self, file_id: str, line: int) -> str | None:
        """What became of a line: empty where it was taken, why where it was refused, None where it never came."""
        return next((one.because for one in self.lines if (one.file_id, one.line) == (file_id, line)), None)


def evolve(state: PlacedAccount, fact: AnyPlacementFact) -> PlacedAccount:  # noqa: C901, PLR0911, PLR0912 - a table
    match fact:
        case PlacementOpened():
            return _opened(fact)
        case RecordMade():
            record = OutRecord(fact.number, fact.kind, fact.on, fact.cents, fact.balance_cents, fact.reference)
            return replace(state, records=(*state.records, record))
        case RecordsLeft():
            return _left(state, fact)
        case PlacementCancelled():
            gone = tuple(one._replace(file="-") if one.number in fact.numbers else one for one in state.records)
            return replace(state, records=gone, status="cancelled")
        case LineAnswered():
            lines = (*state.lines, Answered(fact.file_id, fact.line, fact.because))[-LINES_KEPT:]
            return replace(state, lines=lines)
        case PlacementAcked():
            return _acked(state, fact)
        case AgencyReported():
            return _reported(state, fact)
        case AgencyPaymentTaken():
            return replace(state, payments=(*state.payments, _collected(fact)))
        case PaymentBooked():
            payments = (
                one._replace(booked=True) if one.payment_id == fact.payment_id else one for one in state.payments
            )
            return replace(state, payments=tuple(payments))
        case BalanceMoved():
            return replace(state, moved=(*state.moved, Moved(fact.what, fact.reference, fact.cents)))
        case PlacementEnded():
            return replace(state, status=fact.how, ended_on=fact.ended_on)
        case HoldPassed():
            return replace(state, hold_passed=True)
        case _:
            assert_never(fact)


def _opened(fact: PlacementOpened) -> PlacedAccount:
    return PlacedAccount(
        placement_id=fact.placement_id,
        account_id=fact.account_id,
        agency_id=fact.agency_id,
        terms=fact.terms,
        number=fact.number,
        placed_cents=fact.placed_cents,
        claims=fact.claims,
        first_statement_on=fact.first_statement_on,
        due_on=fact.due_on,
        placed_on=fact.placed_on,
        held_until=fact.held_until,
        sealed_guarantor=fact.sealed_guarantor,
        status="waiting",
    )


def _left(state: PlacedAccount, fact: RecordsLeft) -> PlacedAccount:
    def filed(one: OutRecord) -> OutRecord:
        if one.number in fact.unwritable:
            return one._replace(file="-")
        return one._replace(file=fact.file) if one.number in fact.numbers else one

    state = replace(state, records=tuple(filed(one) for one in state.records))
    if fact.unwritable:
        state = replace(state, work="a record could not be written: see the agency's format and the guarantor's data")
    placed = any(one.kind == "placement" and one.number in fact.numbers for one in state.records)
    return replace(state, status="sent") if placed and state.status == "waiting" else state


def _acked(state: PlacedAccount, fact: PlacementAcked) -> PlacedAccount:
    if not fact.accepted:
        return replace(state, status="refused" if state.is_live else state.status, code=fact.code)
    status: Status = "acknowledged" if state.is_live else state.status
    return replace(state, status=status, agency_number=fact.agency_number)


def _reported(state: PlacedAccount, fact: AgencyReported) -> PlacedAccount:
    state = replace(state, code=fact.code, reported_on=fact.on, work=fact.work or state.work)
    if fact.meaning == "promise":
        return replace(state, promised_on=fact.promised_on, promised_cents=fact.promised_cents)
    return replace(state, legal=True) if fact.meaning == "legal" else state


def _collected(fact: AgencyPaymentTaken) -> Collected:
    return Collected(
        reference=fact.reference,
        payment_id=fact.payment_id,
        paid=fact.paid,
        cents=fact.cents,
        fee_cents=fact.fee_cents,
        said_fee_cents=fact.said_fee_cents,
        received_on=fact.received_on,
        file_id=fact.file_id,
        line=fact.line,
    )
