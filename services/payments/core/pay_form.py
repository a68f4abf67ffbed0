"""What somebody with a payment link may pay, and what they ask for by the form. Pure; amounts in cents."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Literal, NamedTuple, TypeAlias

from services.payments.core.account_messages import Allocation, Target
from services.payments.core.account_state import Account
from services.payments.core.card_payment import CardPayment
from services.payments.core.payment_request import Bill, PaymentRequest

Standing: TypeAlias = Literal["open", "expired", "revoked", "superseded", "used", "settled"]
"""`used`: what it asked for was paid by it; `settled`: nothing of it is owed any more, however that came."""
Fault: TypeAlias = Literal["no_choice", "unclear", "no_amount", "too_little", "too_much", "no_bill"]
OVER = frozenset({"failed", "canceled", "refused", "charged_back"})
AMOUNT = re.compile(r"\$?\s*(\d{1,7}|\d{1,3}(?:,\d{3}){1,2})(?:\.(\d{1,2}))?")
"""Dollars as people write them in this country. A comma parts thousands, never cents: 12,50 is asked again."""
CENT_DIGITS = 2


class Offer(NamedTuple):
    """What can be paid now: the bills with what is open of each, and no more than the account owes in all."""

    bills: tuple[Bill, ...]
    owed_cents: int
    on_its_way_cents: int = 0

    @property
    def payable_cents(self) -> int:
        """Money that is on its way is not asked for again."""
        return max(0, self.owed_cents - self.on_its_way_cents)


class Wanted(NamedTuple):
    """A payment that somebody asked for: how much, and what it pays."""

    cents: int
    allocation: Allocation
    items: tuple[str, ...] = ()
    targets: tuple[Target, ...] = ()


def offer_of(request: PaymentRequest, account: Account, payments: Sequence[CardPayment]) -> Offer:
    """What the link asks for as things stand. A statement's link asks for everything that is billed, oldest first."""
    owed = {
        name: item.patient_cents
        for name, item in account.receivables.items()
        if item.patient_cents > 0 and not (item.bill is not None and item.bill.waits)
    }
    if request.statement_number:
        days = {name: account.receivables[name].service_date for name in owed}
        bills = tuple(sorted((Bill(name, days[name], cents) for name, cents in owed.items()), key=_by_day))
    else:
        bills = request.still_asked(owed)
    owed_cents = max(0, min(sum(bill.cents for bill in bills), account.billed_cents))
    coming_cents = sum(one.asked_cents for one in payments if is_on_its_way(one))
    return Offer(bills, owed_cents, coming_cents)


def is_on_its_way(payment: CardPayment) -> bool:
    """A bank debit that takes days, or money that the account has not been told of yet."""
    return payment.status == "pending" or (payment.received_cents > 0 and not payment.posted)


def standing_of(
    request: PaymentRequest, newest_statement: int, offer: Offer, payments: Sequence[CardPayment], now: datetime
) -> Standing:
    """What is to be said to whoever comes with the link."""
    if request.ended == "canceled":
        return "revoked"
    if offer.owed_cents <= 0 and not offer.on_its_way_cents:
        return "used" if any(one.received_cents for one in payments) else "settled"
    if not request.is_open(now):
        return "expired"
    return "superseded" if 0 < request.statement_number < newest_statement else "open"


def wanted_of(form: Mapping[str, Sequence[str]], offer: Offer, request: PaymentRequest) -> Wanted | Fault:
    """What the form asks for; a fault names what to say. `bill` holds ids of bills of the offer."""
    what, amount = _first(form, "what"), _first(form, "amount").strip()
    if (what != "bills" and form.get("bill")) or (what != "amount" and amount):
        return "unclear"
    match what:
        case "all":
            return _checked(offer.payable_cents, offer) or paying(offer.payable_cents, offer, request)
        case "bills":
            return _of_bills(tuple(dict.fromkeys(form.get("bill", ()))), offer)
        case "amount":
            cents = cents_of(amount)
            if cents is None:
                return "no_amount"
            return _checked(cents, offer) or paying(cents, offer, request)
        case _:
            return "no_choice"


def paying(cents: int, offer: Offer, request: PaymentRequest) -> Wanted:
    """So much of what the link asks for, by its own policy."""
    match request.allocation:
        case "oldest":
            return Wanted(cents, "oldest")
        case "statement":
            return Wanted(cents, "statement", items=tuple(bill.item_id for bill in offer.bills))
        case "hand":
            return Wanted(cents, "hand", targets=_targets(offer.bills, cents))


def cents_of(text: str) -> int | None:
    """12.5, $1,250 and 1250.00 are amounts; what could mean two things is none."""
    found = AMOUNT.fullmatch(text.strip())
    if found is None:
        return None
    whole, part = found.group(1).replace(",", ""), (found.group(2) or "").ljust(CENT_DIGITS, "0")
    return int(whole) * 100 + int(part)


def _of_bills(chosen: Sequence[str], offer: Offer) -> Wanted | Fault:
    """Just these bills: the money goes nowhere else."""
    bills = [bill for bill in offer.bills if bill.item_id in chosen]
    if not bills or len(bills) < len(chosen):
        return "no_bill"
    cents = min(sum(bill.cents for bill in bills), offer.payable_cents)
    return _checked(cents, offer) or Wanted(cents, "hand", targets=_targets(bills, cents))


def _first(form: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(form.get(name, ())), "")


def _checked(cents: int, offer: Offer) -> Fault | None:
    if cents <= 0:
        return "too_little"
    return "too_much" if cents > offer.payable_cents else None


def _targets(bills: Sequence[Bill], cents: int) -> tuple[Target, ...]:
    made: list[Target] = []
    for bill in bills:
        part = min(bill.cents, cents)
        if part > 0:
            made.append(Target(item_id=bill.item_id, cents=part))
        cents -= part
    return tuple(made)


def _by_day(bill: Bill) -> tuple[date, str]:
    return bill.service_date, bill.item_id
