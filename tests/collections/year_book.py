"""The other side of a long run: what payments would say of each account, and a proof that the dollars agree."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from uuid import uuid5

from shared.contracts import (
    Meta,
    PatientBalanceChanged,
    PatientMoneyReversed,
    PatientPaymentFailed,
    PatientPaymentPending,
    PatientPaymentReceived,
)
from tests.collections.story import NAMESPACE, TENANT


@dataclass(slots=True)
class Ledger:
    """One guarantor's account in payments. All cents; the balance is what the others add up to."""

    account_id: str
    charged: int = 0
    late: int = 0  # interest and fees, charges too
    paid: int = 0
    adjusted: int = 0
    written_off: int = 0
    sequence: int = 0
    payments: int = 0

    @property
    def balance(self) -> int:
        return self.charged + self.late - self.paid - self.adjusted - self.written_off


News: TypeAlias = (
    PatientBalanceChanged | PatientPaymentReceived | PatientPaymentPending | PatientPaymentFailed | PatientMoneyReversed
)


@dataclass(slots=True)
class Book:
    """Every account; `news` are the messages of the day, in order."""

    accounts: dict[str, Ledger] = field(default_factory=dict[str, Ledger])
    news: list[News] = field(default_factory=list[News])
    booked: set[str] = field(default_factory=set[str])
    given_up: dict[str, int] = field(default_factory=dict[str, int])

    def of(self, account_id: str) -> Ledger:
        return self.accounts.setdefault(account_id, Ledger(account_id))

    def charge(self, account_id: str, cents: int, at: datetime) -> None:
        self.of(account_id).charged += cents
        self._tell(account_id, at)

    def adjust(self, account_id: str, cents: int, at: datetime) -> None:
        """A payer decided late: the patient owes less, or (negative) more."""
        self.of(account_id).adjusted += cents
        self._tell(account_id, at)

    def pay(self, account_id: str, cents: int, at: datetime, payment_id: str = "") -> None:
        ledger = self.of(account_id)
        if cents <= 0:
            return
        ledger.payments += 1
        payment_id = payment_id or f"pay_{account_id}_{ledger.payments}"
        applied = min(cents, max(0, ledger.balance))
        ledger.paid += cents
        meta = self._meta(account_id, at)
        self.news.append(
            PatientPaymentReceived(
                meta=meta,
                account_id=account_id,
                payment_id=payment_id,
                method="card",
                paid_cents=cents,
                applied_cents=applied,
                unapplied_cents=cents - applied,
            )
        )
        self._tell(account_id, at)

    def pending(self, account_id: str, payment_id: str, cents: int, at: datetime) -> None:
        meta = self._meta(account_id, at)
        told = PatientPaymentPending(
            meta=meta, account_id=account_id, payment_id=payment_id, method="ach", pending_cents=cents
        )
        self.news.append(told)

    def failed(self, account_id: str, payment_id: str, at: datetime, reason: str = "insufficient_funds") -> None:
        meta = self._meta(account_id, at)
        told = PatientPaymentFailed(
            meta=meta, account_id=account_id, payment_id=payment_id, method="ach", reason=reason
        )
        self.news.append(told)

    def returned(self, account_id: str, payment_id: str, cents: int, at: datetime) -> None:
        """The bank took a payment back."""
        self.of(account_id).paid -= cents
        told = PatientMoneyReversed(
            meta=self._meta(account_id, at),
            account_id=account_id,
            payment_id=payment_id,
            reversal_id=f"rev_{payment_id}",
            reversed_cents=cents,
            cause="ach_return",
        )
        self.news.append(told)
        self._tell(account_id, at)

    def undo_write_off(self, account_id: str, write_off_id: str, at: datetime) -> None:
        """As payments does: what still stands of it."""
        self.of(account_id).written_off -= self.given_up.pop(write_off_id, 0)
        self._tell(account_id, at)

    def book_write_off(self, account_id: str, write_off_id: str, cents: int, at: datetime) -> None:
        """As payments does: what is still open, once."""
        if write_off_id in self.booked:
            return
        self.booked.add(write_off_id)
        ledger = self.of(account_id)
        self.given_up[write_off_id] = min(cents, max(0, ledger.balance))
        ledger.written_off += self.given_up[write_off_id]
        self._tell(account_id, at)

    def book_late_charge(self, account_id: str, charge_id: str, cents: int, at: datetime) -> None:
        if charge_id in self.booked:
            return
        self.booked.add(charge_id)
        self.of(account_id).late += cents
        self._tell(account_id, at)

    def take_news(self) -> list[News]:
        told, self.news = self.news, []
        return told

    def faults(self, account_id: str, balance_cents: int, unbooked_cents: int) -> Iterator[str]:
        """Where collections and the book differ about one account."""
        ledger = self.of(account_id)
        if ledger.balance != balance_cents:
            yield f"{account_id}: the book says {ledger.balance}, collections {balance_cents}"
        if unbooked_cents:
            yield f"{account_id}: a write-off of {unbooked_cents} is not in the book"
        if min(ledger.charged, ledger.late, ledger.paid, ledger.written_off) < 0:
            yield f"{account_id}: a side of the book is negative"

    def said(self) -> str:
        """The whole book in one line."""
        sides = ("charged", "late", "paid", "adjusted", "written_off", "balance")
        sums = {side: sum(getattr(one, side) for one in self.accounts.values()) for side in sides}
        return "book: " + ", ".join(f"{side.replace('_', ' ')} {cents / 100:,.2f}" for side, cents in sums.items())

    def _tell(self, account_id: str, at: datetime) -> None:
        ledger = self.of(account_id)
        meta = self._meta(account_id, at)
        self.news.append(
            PatientBalanceChanged(
                meta=meta,
                account_id=account_id,
                balance_cents=ledger.balance,
                claims=1 if ledger.balance > 0 else 0,
                sealed_guarantor="sealed:guarantor",
            )
        )

    def _meta(self, account_id: str, at: datetime) -> Meta:
        ledger = self.of(account_id)
        ledger.sequence += 1
        message_id = uuid5(NAMESPACE, f"book/{account_id}/{ledger.sequence}")
        return Meta(
            id=message_id,
            tenant=TENANT,
            occurred_at=at,
            source="payments",
            subject=f"account/{account_id}",
            key=account_id,
            sequence=ledger.sequence,
            correlation=message_id,
        )
