"""Guarantors and payers of a long run: who they are is drawn once, what they do answers what they hear."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, Literal, TypeAlias
from uuid import uuid5

from services.collections.core import AccountMessage, StartPlan
from services.collections.core.person_facts import BankruptcyNoted, MediumStopped
from services.collections.core.person_messages import NotePerson
from services.collections.core.policy_messages import DescribeAccount, ExcludeAccount
from services.collections.core.work_messages import AnswerComplaint, MakePromise, TakeComplaint
from shared.contracts import Meta
from tests.collections.story import NAMESPACE, TENANT
from tests.collections.year_book import Book
from tests.collections.year_plans import PlanPeople

Kind: TypeAlias = Literal[
    "prompt", "reminded", "installments", "debit", "promiser", "never", "silent", "bankrupt", "settler"
]
KINDS: tuple[tuple[Kind, int], ...] = (
    ("prompt", 30),
    ("reminded", 22),
    ("installments", 12),
    ("debit", 8),
    ("promiser", 8),
    ("never", 12),
    ("silent", 3),
    ("bankrupt", 2),
    ("settler", 3),
)
"""Out of a hundred."""


@dataclass(slots=True)
class Guarantor:
    """One guarantor: how they pay, and what they did so far."""

    account_id: str
    kind: Kind
    heard: int = 0
    promised: int = 0
    plan: int = 0
    debits: int = 0
    by_card: bool = False
    began: int = 0


class People:
    """Everybody, and what they will do on which day. `at` is the time of the day that is lived."""

    def __init__(self, seed: int, count: int, book: Book, opening_days: int) -> None:
        self.random, self.book = Random(seed), book
        self.at = datetime.min.replace(tzinfo=UTC)
        self.today = 0
        self.orders: list[AccountMessage] = []
        self.plans = PlanPeople(self)
        self._ahead: dict[int, list[Callable[[], None]]] = defaultdict(list)
        kinds: list[Kind] = [kind for kind, weight in KINDS for _ in range(weight)]
        self.known = {
            account: Guarantor(account, self.random.choice(kinds)) for account in (f"acct_{n:05}" for n in range(count))
        }
        for guarantor in self.known.values():
            self._begins(guarantor, self.random.randrange(opening_days))

    def live(self, day: int, at: datetime) -> None:
        """What was planned for a day happens."""
        self.at, self.today = at, day
        for act in self._ahead.pop(day, ()):
            act()

    def hears(self, account_id: str, day: int) -> None:
        """A letter or a call reached the guarantor."""
        one, chance = self.known[account_id], self.random.random()
        one.heard += 1
        self.on(
            day,
            1,
            12,
            {
                "prompt": lambda: self._pays(one, 1.0) if chance < 0.85 else None,
                "reminded": lambda: (
                    self._pays(one, self.random.choice((0.3, 1.0))) if one.heard > 1 and chance < 0.5 else None
                ),
                "installments": lambda: self._asks_for_a_plan(one, day) if chance < 0.5 else None,
                "debit": lambda: self._debits(one, day) if chance < 0.6 else None,
                "promiser": lambda: self._promises(one, day),
                "never": lambda: None,
                "silent": lambda: self._stops(one),
                "bankrupt": lambda: self._files(one) if one.heard > 1 else None,
                "settler": lambda: self.plans.settles(one, self.today),
            }[one.kind],
        )

    def on(self, day: int, first: int, last: int, act: Callable[[], None]) -> None:
        """Something for one of the days ahead."""
        self._ahead[day + self.random.randint(first, last)].append(act)

    def _begins(self, one: Guarantor, day: int) -> None:
        one.began = day
        cents = self.random.choice((3_00, 45_00, 120_00, 120_00, 380_00, 900_00, 2_400_00, 6_000_00))
        self._ahead[day].append(lambda: self.book.charge(one.account_id, cents + self.random.randrange(99), self.at))
        if self.random.random() < 0.2:
            self.on(day, 10, 80, lambda: self.book.charge(one.account_id, 60_00 + self.random.randrange(5000), self.at))
        if self.random.random() < 0.1:
            self.on(day, 5, 60, lambda: self._payer_decides(one))
        if self.random.random() < 0.3:
            self._ahead[day].insert(0, lambda: self._described(one))
        if self.random.random() < 0.02:
            self.on(day, 3, 50, lambda: self._excluded(one))

    def _payer_decides(self, one: Guarantor) -> None:
        open_cents = max(0, self.book.of(one.account_id).balance)
        self.book.adjust(one.account_id, self.random.choice((open_cents, open_cents // 2, -25_00)), self.at)

    def _pays(self, one: Guarantor, share: float, payment_id: str = "") -> None:
        open_cents = max(0, self.book.of(one.account_id).balance)
        self.book.pay(one.account_id, int(open_cents * share), self.at, payment_id)

    def _debits(self, one: Guarantor, day: int) -> None:
        open_cents = max(0, self.book.of(one.account_id).balance)
        if not open_cents:
            return
        one.debits += 1
        payment_id = f"ach_{one.account_id}_{one.debits}"
        self.book.pending(one.account_id, payment_id, open_cents, self.at)
        if self.random.random() < 0.25:
            self.on(day, 14, 18, lambda: self.book.failed(one.account_id, payment_id, self.at))
        else:
            self.on(day, 14, 18, lambda: self._pays(one, 1.0, payment_id))

    def _promises(self, one: Guarantor, day: int) -> None:
        """Half of what is owed, within ten days; some keep it, some keep a part, some nothing."""
        open_cents = self.book.of(one.account_id).balance
        if open_cents < 2:
            return
        one.promised += 1
        promised_cents, until = open_cents // 2, self.at.date() + timedelta(10)
        name = f"prm_{one.account_id}_{one.promised}"
        self.tell(MakePromise, one, promise_id=name, promised_cents=promised_cents, promised_for=until)
        share = self.random.choice((0.5, 0.5, 1.0, 0.2, 0.0))
        if share:
            self.on(day, 2, 12, lambda: self._pays(one, share))
        if self.random.random() < 0.04:
            self.on(day, 1, 20, lambda: self._complains(one, day))

    def _complains(self, one: Guarantor, day: int) -> None:
        """About how they are asked; somebody answers within two weeks."""
        given: dict[str, Any] = {"complaint_id": f"cpl_{one.account_id}_{day}", "sealed_words": "sealed:words"}
        on = self.at.date()
        self.tell(TakeComplaint, one, **given, kind="frequency", channel="phone", received_on=on)
        answered = {**given, "outcome": "not_upheld"}
        self.on(self.today, 3, 14, lambda: self.tell(AnswerComplaint, one, **answered))

    def _asks_for_a_plan(self, one: Guarantor, day: int) -> None:
        open_cents = self.book.of(one.account_id).balance
        if open_cents < 100_00 or one.plan:
            return self._pays(one, 1.0)
        if self.random.random() < 0.7:
            one.by_card = self.random.random() < 0.5
            return self.plans.asks(one, self.today)
        one.plan += 1
        first_on, count = self.at.date() + timedelta(20), self.random.choice((3, 4))
        self.tell(StartPlan, one, plan_id=f"plan_{one.account_id}", installments=count, first_due_on=first_on)
        keeps = self.random.random() < 0.7
        cents = open_cents // count + 1
        for n in range(count if keeps else 1):
            self.on(day, 28 + 30 * n, 30 + 30 * n, lambda: self.book.pay(one.account_id, cents, self.at))
        return None

    def _described(self, one: Guarantor) -> None:
        given: dict[str, Any] = {"segment": self.random.choice(("insured", "self_pay")), "tags": ()}
        self.tell(DescribeAccount, one, score=self.random.randrange(101), scored_on=self.at.date(), **given)

    def _excluded(self, one: Guarantor) -> None:
        until: date | None = self.random.choice((None, self.at.date() + timedelta(40)))
        self.tell(ExcludeAccount, one, exclusion_id=f"exc_{one.account_id}", reason="service_recovery", until=until)

    def _stops(self, one: Guarantor) -> None:
        fact = MediumStopped(account_id=one.account_id, medium=None, at=self.at, how="phone")
        self.tell(NotePerson, one, learned=(fact,))

    def _files(self, one: Guarantor) -> None:
        fact = BankruptcyNoted(
            account_id=one.account_id,
            case_id=f"bk_{one.account_id}",
            chapter="7",
            standing="filed",
            filed_on=self.at.date(),
            closed_on=None,
            sealed_case=None,
        )
        self.tell(NotePerson, one, learned=(fact,))

    def tell(self, order: Callable[..., AccountMessage], one: Guarantor, **given: Any) -> None:
        message_id = uuid5(NAMESPACE, f"people/{one.account_id}/{len(self.orders)}/{self.at.isoformat()}")
        meta = Meta(
            id=message_id,
            tenant=TENANT,
            occurred_at=self.at,
            source="collections",
            subject=f"collection/{one.account_id}",
            key=one.account_id,
            correlation=message_id,
            actor="collector_1",
        )
        self.orders.append(order(meta=meta, account_id=one.account_id, **given))

    def take_orders(self) -> list[AccountMessage]:
        told, self.orders = self.orders, []
        return told
