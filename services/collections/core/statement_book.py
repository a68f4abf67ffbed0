"""The book of an account's statements: the bills they itemise, and each statement as it went out. No clock, no I/O.

It hears what payments tells of the bills and what claims sends to payers; the account itself decides when a statement
goes out, and never looks in here. A statement counts once: not where its mail came back, not where nothing went out,
and one that a person called wrong counts no more once there is the one that corrects it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, NamedTuple, TypeAlias, assert_never

from pydantic import Field, TypeAdapter

from services.collections.core.statement_facts import (
    BillsTold,
    BookFact,
    ClaimDecided,
    ClaimWentOut,
    DecidedLine,
    MoneyTold,
    StatementDrawn,
    StatementNoted,
)
from services.collections.core.statement_messages import DrawStatement, NoteStatement, Standing
from shared.contracts import (
    ClaimRemitted,
    ClaimSubmitted,
    Event,
    Meta,
    PatientBalanceChanged,
    PatientBill,
    PatientMoneyRestored,
    PatientMoneyReversed,
    PatientPaymentReceived,
)
from shared.decider import Decider
from shared.replaced import replace

MONEY_KEPT = 40
"""Payments since the last statement that a statement can show, newest first."""
VOID = "8"
FOLLOWS: Mapping[Standing, frozenset[Standing]] = {
    "drawn": frozenset({"sent", "withdrawn"}),
    "withdrawn": frozenset({"sent"}),
    "sent": frozenset({"withdrawn", "returned", "wrong"}),
    "returned": frozenset({"wrong"}),
    "wrong": frozenset({"returned"}),
}
"""What may become of a statement. `withdrawn` after `sent`: an attempt died before it told, and was taken back."""


class LineShare(NamedTuple):
    """What payers did with one service line, as they named it."""

    line_control_number: str
    procedure: str
    modifiers: tuple[str, ...]
    paid_cents: int
    adjusted_cents: int


class AtPayer(NamedTuple):
    """A claim, and what is open of it at payers. `as_of` is the news of payments that said so; 0: none yet."""

    service_date: date
    charge_cents: int
    open_cents: int
    submitted: int = 0  # the claim's own news
    as_of: int = 0
    decisions: tuple[int, ...] = ()
    shares: tuple[LineShare, ...] = ()


class Money(NamedTuple):
    sequence: int
    on: date
    cents: int


class Stated(NamedTuple):
    """A statement, without what it says."""

    statement_id: str
    number: int
    asked: str
    digest: str
    dated_on: date
    balance_cents: int
    channel: str
    replaces: int
    through: int
    pay_request_id: str
    pay_until: datetime | None
    standing: Standing

    @property
    def is_out(self) -> bool:
        """Whether it left the house: from then on it stays as it was."""
        return self.standing not in {"drawn", "withdrawn"}


@dataclass(frozen=True, slots=True)
class Book:
    """One account's bills and statements."""

    account_id: str = ""
    sequence: int = 0  # of the newest balance
    balance_cents: int = 0
    unapplied_cents: int = 0
    bills: tuple[PatientBill, ...] = ()
    owed_since: Mapping[str, date] = field(default_factory=dict[str, date])
    claims: Mapping[str, AtPayer] = field(default_factory=dict[str, AtPayer])
    money: tuple[Money, ...] = ()  # since the last statement that went out
    money_through: int = 0
    statements: tuple[Stated, ...] = ()

    def stated(self, statement_id: str) -> Stated | None:
        return next((one for one in self.statements if one.statement_id == statement_id), None)

    def shares_of(self, claim_id: str) -> tuple[LineShare, ...]:
        known = self.claims.get(claim_id)
        return () if known is None else known.shares

    @property
    def corrected_number(self) -> int:
        """The statement that the next one corrects; 0: none. Only the last one that went out can be corrected."""
        last = next((one for one in reversed(self.statements) if one.is_out), None)
        return last.number if last is not None and last.standing == "wrong" else 0

    @property
    def counted(self) -> int:
        """How many statements the guarantor was sent that may count."""
        return sum(1 for one in self.statements if self.counts(one))

    def counts(self, stated: Stated) -> bool:
        """Whether this one does: it went out and did not come back. A wrong one gives way to its correction."""
        corrected = any(one.replaces == stated.number and one.standing == "sent" for one in self.statements)
        return stated.standing == "sent" or (stated.standing == "wrong" and not corrected)


def billed_of(bill: PatientBill) -> int:
    """What is asked for of a bill: what a rule or a person holds back is not billed yet, and stands on no statement."""
    return bill.owed_cents - bill.held_cents


BookMessage: TypeAlias = (
    PatientBalanceChanged
    | PatientPaymentReceived
    | PatientMoneyReversed
    | PatientMoneyRestored
    | ClaimSubmitted
    | ClaimRemitted
    | DrawStatement
    | NoteStatement
)


def decide(book: Book, message: BookMessage) -> tuple[BookFact, ...]:  # noqa: PLR0911 - one case per message
    """Every branch on the message is here."""
    match message:
        case PatientBalanceChanged():
            return _bills(message) if message.meta.sequence > book.sequence else ()
        case PatientPaymentReceived():
            return _money(book, message.account_id, message.meta, message.paid_cents)
        case PatientMoneyReversed():
            return _money(book, message.account_id, message.meta, -message.reversed_cents)
        case PatientMoneyRestored():
            return _money(book, message.account_id, message.meta, message.restored_cents)
        case ClaimSubmitted():
            return _went_out(book, message)
        case ClaimRemitted():
            return _decided(book, message)
        case DrawStatement():
            return _drawn(book, message)
        case NoteStatement():
            known = book.stated(message.statement_id)
            may = known is not None and message.standing in FOLLOWS[known.standing]
            noted = StatementNoted(
                account_id=message.account_id, statement_id=message.statement_id, standing=message.standing
            )
            return (noted,) if may else ()
        case _:
            assert_never(message)


def _bills(told: PatientBalanceChanged) -> tuple[BookFact, ...]:
    made = BillsTold(
        account_id=told.account_id,
        sequence=told.meta.sequence,
        told_on=told.meta.occurred_at.date(),
        balance_cents=told.balance_cents,
        unapplied_cents=told.unapplied_cents,
        bills=told.bills,
    )
    return (made,)


def _money(book: Book, account_id: str, meta: Meta, cents: int) -> tuple[BookFact, ...]:
    known = meta.sequence <= book.money_through or any(one.sequence == meta.sequence for one in book.money)
    told = MoneyTold(account_id=account_id, sequence=meta.sequence, on=meta.occurred_at.date(), cents=cents)
    return () if known else (told,)


def _went_out(book: Book, sent: ClaimSubmitted) -> tuple[BookFact, ...]:
    """A claim to the next payer is of services that were charged already; a void is the payer's to confirm."""
    known = book.claims.get(sent.claim_id)
    if sent.follows_claim_id is not None or sent.frequency_code == VOID:
        return ()
    if known is not None and sent.meta.sequence <= known.submitted:
        return ()
    made = ClaimWentOut(
        account_id=sent.account_id,
        claim_id=sent.claim_id,
        sequence=sent.meta.sequence,
        service_date=sent.service_from,
        charge_cents=sent.charge_cents,
    )
    return (made,)


def _decided(book: Book, remitted: ClaimRemitted) -> tuple[BookFact, ...]:
    claim_id = remitted.charged_claim_id or remitted.claim_id
    known = book.claims.get(claim_id)
    if known is not None and remitted.meta.sequence in known.decisions:
        return ()
    lines = tuple(
        DecidedLine(
            line_control_number=line.line_control_number,
            procedure=line.procedure,
            modifiers=line.modifiers,
            paid_cents=line.paid_cents,
            adjusted_cents=sum(one.amount_cents for one in line.adjustments if one.group != "PR"),
        )
        for line in remitted.lines
    )
    made = ClaimDecided(
        account_id=remitted.account_id,
        claim_id=claim_id,
        sequence=remitted.meta.sequence,
        open_cents=remitted.open_at_payer_cents,
        lines=lines,
    )
    return (made,)


def _drawn(book: Book, draw: DrawStatement) -> tuple[BookFact, ...]:
    """The same that was asked for is the one that was drawn; what left the house is never drawn again."""
    known = book.stated(draw.statement_id)
    if known is not None and (known.is_out or (known.asked == draw.asked and known.standing == "drawn")):
        return ()
    made = StatementDrawn(
        account_id=draw.account_id,
        statement_id=draw.statement_id,
        number=draw.number,
        asked=draw.asked,
        digest=draw.digest,
        sealed_content=draw.sealed_content,
        dated_on=draw.dated_on,
        balance_cents=draw.balance_cents,
        channel=draw.channel,
        replaces=draw.replaces,
        through=draw.through,
        pay_request_id=draw.pay_request_id,
        pay_until=draw.pay_until,
    )
    return (made,)


def evolve(book: Book, fact: BookFact) -> Book:
    """Apply one fact. No rules here."""
    book = book if book.account_id else replace(book, account_id=fact.account_id)
    match fact:
        case BillsTold():
            return _told(book, fact)
        case ClaimWentOut():
            return _at_payer(book, fact)
        case ClaimDecided():
            return _after_decision(book, fact)
        case MoneyTold():
            money = sorted((*book.money, Money(fact.sequence, fact.on, fact.cents)))
            return replace(book, money=tuple(money)[-MONEY_KEPT:])
        case StatementDrawn():
            return _with_statement(book, fact)
        case StatementNoted():
            return _noted(book, fact)
        case _:
            assert_never(fact)


def _told(book: Book, fact: BillsTold) -> Book:
    """What is not among the bills is closed, unless payments has not heard of the claim yet."""
    owed_since = {
        bill.bill_id: book.owed_since.get(bill.bill_id, fact.told_on) for bill in fact.bills if billed_of(bill) > 0
    }
    claims = dict(book.claims)
    told = {bill.bill_id: bill for bill in fact.bills if bill.kind == "claim"}
    for name, known in book.claims.items():
        if name not in told and known.decisions and known.as_of < fact.sequence:
            claims[name] = known._replace(open_cents=0, as_of=fact.sequence, shares=())
    for name, bill in told.items():
        known = claims.get(name, AtPayer(bill.service_date, bill.charge_cents, 0))
        if known.as_of < fact.sequence:
            open_cents = bill.open_at_payer_cents
            claims[name] = known._replace(open_cents=open_cents, charge_cents=bill.charge_cents, as_of=fact.sequence)
    return replace(
        book,
        sequence=fact.sequence,
        balance_cents=fact.balance_cents,
        unapplied_cents=fact.unapplied_cents,
        bills=fact.bills,
        owed_since=owed_since,
        claims=claims,
    )


def _at_payer(book: Book, fact: ClaimWentOut) -> Book:
    """Of a claim that was decided, or told with a balance, payments knows better what is open."""
    known = book.claims.get(fact.claim_id, AtPayer(fact.service_date, fact.charge_cents, 0))
    charge_cents = known.charge_cents if known.as_of and known.charge_cents else fact.charge_cents
    known = known._replace(service_date=fact.service_date, charge_cents=charge_cents, submitted=fact.sequence)
    if not known.as_of and not known.decisions:
        known = known._replace(open_cents=fact.charge_cents)
    return replace(book, claims={**book.claims, fact.claim_id: known})


def _after_decision(book: Book, fact: ClaimDecided) -> Book:
    known = book.claims.get(fact.claim_id, AtPayer(date.min, 0, 0))
    shares = (LineShare(*line.model_dump().values()) for line in fact.lines)
    decisions = tuple(sorted((*known.decisions, fact.sequence)))
    known = known._replace(decisions=decisions, shares=tuple(sorted((*known.shares, *shares))))
    if fact.open_cents is not None and fact.sequence > known.as_of:
        known = known._replace(open_cents=fact.open_cents, as_of=fact.sequence)
    return replace(book, claims={**book.claims, fact.claim_id: known})


def _with_statement(book: Book, fact: StatementDrawn) -> Book:
    drawn = Stated(
        statement_id=fact.statement_id,
        number=fact.number,
        asked=fact.asked,
        digest=fact.digest,
        dated_on=fact.dated_on,
        balance_cents=fact.balance_cents,
        channel=fact.channel,
        replaces=fact.replaces,
        through=fact.through,
        pay_request_id=fact.pay_request_id,
        pay_until=fact.pay_until,
        standing="drawn",
    )
    others = (one for one in book.statements if one.statement_id != fact.statement_id)
    return replace(book, statements=(*others, drawn))


def _noted(book: Book, fact: StatementNoted) -> Book:
    """What a statement that went out showed of payments, the next one does not show again."""
    changed = tuple(
        one._replace(standing=fact.standing) if one.statement_id == fact.statement_id else one
        for one in book.statements
    )
    book = replace(book, statements=changed)
    stated = book.stated(fact.statement_id)
    if stated is None or fact.standing != "sent":
        return book
    through = max(stated.through, book.money_through)
    return replace(book, money_through=through, money=tuple(one for one in book.money if one.sequence > through))


def publish(_: Book, __: BookFact, ___: Meta) -> Event | None:
    """Nothing: that a statement went out, the account says."""
    return None


STATEMENT_BOOK: Decider[Book, BookMessage, BookFact] = Decider(
    service="collections",
    kind="statement_book",
    initial=Book(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda message: message.account_id,
    record_key=lambda state: state.account_id,
    state_codec=TypeAdapter(Book),
    message_codec=TypeAdapter(Annotated[BookMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Annotated[BookFact, Field(discriminator="type")]),
)
