"""What a statement says: one model, from which every form of it is drawn. Pure; all amounts in cents.

Drawn from what payments told of the bills, and from the account that is to be written to. It is checked before anybody
sees it: every bill adds up, all of them come to the balance, and nothing that is open at a payer is in what is due.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Literal

from services.collections.core.messages import SendStatement
from services.collections.core.state import Account
from services.collections.core.statement_book import Book, LineShare, billed_of
from shared.contracts import BillLine, Cents, Contract, NonNegativeCents, PatientBill, PositiveCents

AGES_DAYS = (0, 31, 61, 91, 121)
"""Where the columns of the aging begin, as the practice's own aging has them; the last has no end."""


class Sender(Contract):
    """Who writes, as the letterhead was on that day."""

    name: str
    lines: tuple[str, ...]
    phone: str
    languages_note: str
    pay_online: str


class StatedLine(Contract):
    """One service of a visit. An amount is None where nobody told how it is shared among the visit's services."""

    procedure: str
    modifiers: tuple[str, ...] = ()
    charge_cents: Cents
    insurance_paid_cents: Cents | None = None
    adjusted_cents: Cents | None = None


class StatedVisit(Contract):
    """A claim or charge of which something is owed. Its charge is the sum of its other amounts."""

    bill_id: str
    kind: Literal["claim", "charge"]
    service_date: date
    charge_cents: Cents
    insurance_paid_cents: Cents
    adjusted_cents: Cents  # written down, and given up
    patient_paid_cents: Cents
    open_at_payer_cents: Cents
    owed_cents: Cents
    other_parties_cents: Cents = 0  # an employer's, an attorney's: never the guarantor's
    lines: tuple[StatedLine, ...] = ()


class PendingVisit(Contract):
    """What insurance still has to pay or to decide. It is never due."""

    bill_id: str
    service_date: date
    charge_cents: Cents
    open_cents: PositiveCents


class MoneyMoved(Contract):
    """A payment since the last statement, or one that went back (negative)."""

    on: date
    cents: Cents


class AgeColumn(Contract):
    """What has been owed for so many days; `to_days` None: and longer."""

    from_days: int
    to_days: int | None
    cents: Cents


class Statement(Contract):
    """Everything that stands on it. `visits` is empty where the bills were not told: then it is a sum."""

    statement_id: str
    number: int
    account_id: str
    dated_on: date
    due_on: date
    language: str
    sender: Sender
    to: tuple[str, ...]
    visits: tuple[StatedVisit, ...]
    pending: tuple[PendingVisit, ...]
    money: tuple[MoneyMoved, ...]
    aging: tuple[AgeColumn, ...]
    unapplied_cents: Cents  # money that pays no bill yet
    forgiven_cents: NonNegativeCents  # given up by us, and not in the bills yet
    charged_cents: NonNegativeCents  # interest and fees in the balance
    balance_cents: PositiveCents
    due_cents: PositiveCents
    replaces: int = 0
    pay_link: str = ""
    pay_until: datetime | None = None

    @property
    def is_itemised(self) -> bool:
        return bool(self.visits)

    @property
    def has_plan(self) -> bool:
        """Only the next installment is due."""
        return self.due_cents < self.balance_cents


class PayLink(Contract):
    """The link to the payment page, and until when it is good."""

    url: str
    until: datetime


def compose(
    book: Book, account: Account, asked: SendStatement, sender: Sender, to: Sequence[str], link: PayLink | None
) -> Statement:
    """The statement that was asked for. `faults_of` says whether it may go out."""
    owed = [bill for bill in book.bills if billed_of(bill)]
    return Statement(
        statement_id=asked.statement_id,
        number=asked.number,
        account_id=asked.account_id,
        dated_on=asked.dated_on,
        due_on=asked.due_on,
        language=asked.language,
        sender=sender,
        to=tuple(to),
        visits=tuple(visit_of(bill, book.shares_of(bill.bill_id)) for bill in owed),
        pending=pending_of(book),
        money=tuple(MoneyMoved(on=one.on, cents=one.cents) for one in book.money),
        aging=aging_of(book, owed, asked.dated_on),
        unapplied_cents=book.unapplied_cents if owed else 0,
        forgiven_cents=account.written_off_cents,
        charged_cents=max(0, min(account.standing.charged_cents, asked.balance_cents)),
        balance_cents=asked.balance_cents,
        due_cents=asked.amount_due_cents,
        replaces=book.corrected_number,
        pay_link="" if link is None else link.url,
        pay_until=None if link is None else link.until,
    )


def faults_of(statement: Statement) -> tuple[str, ...]:
    """What does not add up, by name; nothing of a sound statement. What has a fault goes to nobody."""
    visits = statement.visits
    sums = sum(one.owed_cents for one in visits) - statement.unapplied_cents - statement.forgiven_cents
    checks = (
        ("a visit", all(_adds_up(one) for one in visits)),
        ("the balance", not visits or sums == statement.balance_cents),
        ("the aging", sum(one.cents for one in statement.aging) == sum(one.owed_cents for one in visits)),
        ("what is due", statement.due_cents <= statement.balance_cents),
    )
    return tuple(name for name, holds in checks if not holds)


def visit_of(bill: PatientBill, shares: Sequence[LineShare]) -> StatedVisit:
    """One bill with its services, as far as it is known how its amounts are shared among them."""
    return StatedVisit(
        bill_id=bill.bill_id,
        kind=bill.kind,
        service_date=bill.service_date,
        charge_cents=bill.charge_cents,
        insurance_paid_cents=bill.insurance_paid_cents,
        adjusted_cents=bill.adjusted_cents + bill.given_up_cents,
        patient_paid_cents=bill.patient_paid_cents,
        open_at_payer_cents=bill.open_at_payer_cents,
        owed_cents=billed_of(bill),
        other_parties_cents=bill.other_parties_cents,
        lines=_lines_of(bill, shares),
    )


def pending_of(book: Book) -> tuple[PendingVisit, ...]:
    """Every claim with something open at a payer, oldest first."""
    open_ = [
        PendingVisit(
            bill_id=name, service_date=one.service_date, charge_cents=one.charge_cents, open_cents=one.open_cents
        )
        for name, one in book.claims.items()
        if one.open_cents > 0 and one.charge_cents
    ]
    return tuple(sorted(open_, key=lambda one: (one.service_date, one.bill_id)))


def aging_of(book: Book, owed: Iterable[PatientBill], on: date) -> tuple[AgeColumn, ...]:
    """What is owed by how long it has been owed by the guarantor: not since the visit, while insurance decided."""
    bills = tuple(owed)
    if not bills:
        return ()
    begins = [on - timedelta(days) for days in AGES_DAYS]
    columns = [*pairwise(AGES_DAYS), (AGES_DAYS[-1], None)]
    cents = [0] * len(columns)
    for bill in bills:
        since = min(book.owed_since.get(bill.bill_id, on), on)
        cents[max(n for n, day in enumerate(begins) if since <= day)] += billed_of(bill)
    return tuple(
        AgeColumn(from_days=first, to_days=None if end is None else end - 1, cents=amount)
        for (first, end), amount in zip(columns, cents, strict=True)
    )


def _lines_of(bill: PatientBill, shares: Sequence[LineShare]) -> tuple[StatedLine, ...]:
    """The services as they were billed. A column is shared among them only where the shares add up to the visit's."""
    if sum(line.charge_cents for line in bill.lines) != bill.charge_cents:
        return ()
    paid, adjusted = dict[int, int](), dict[int, int]()
    for share in shares:
        at = _billed_as(bill.lines, share)
        paid[at], adjusted[at] = paid.get(at, 0) + share.paid_cents, adjusted.get(at, 0) + share.adjusted_cents
    by_line = -1 not in paid
    tells_paid = by_line and sum(paid.values()) == bill.insurance_paid_cents
    tells_adjusted = by_line and sum(adjusted.values()) == bill.adjusted_cents + bill.given_up_cents
    return tuple(
        StatedLine(
            procedure=line.procedure,
            modifiers=line.modifiers,
            charge_cents=line.charge_cents,
            insurance_paid_cents=paid.get(n, 0) if tells_paid else None,
            adjusted_cents=adjusted.get(n, 0) if tells_adjusted else None,
        )
        for n, line in enumerate(bill.lines)
    )


def _billed_as(lines: Sequence[BillLine], share: LineShare) -> int:
    """Which billed line a payer's line answers: by the number it echoes, else by its only like; -1: not to be told."""
    number, named = share.line_control_number, (share.procedure, share.modifiers)
    by_number = [n for n, line in enumerate(lines) if number and line.line_control_number == number]
    by_name = [n for n, line in enumerate(lines) if (line.procedure, line.modifiers) == named]
    return next((found[0] for found in (by_number, by_name) if len(found) == 1), -1)


def _adds_up(visit: StatedVisit) -> bool:
    paid_cents = visit.insurance_paid_cents + visit.adjusted_cents + visit.patient_paid_cents
    others_cents = visit.open_at_payer_cents + visit.other_parties_cents
    return visit.charge_cents == paid_cents + others_cents + visit.owed_cents
