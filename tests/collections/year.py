"""`python -m tests.collections.year [--accounts N] [--days N] [--seed S]`: guarantors and a policy for half a year.

The real decider, shell and store (on memory); the clock, the people, the mail and the book are simulated. At the
end every account is ended or waits for something that can come, the dollars agree with the book to the cent, and every
contact is one that the compliance gate allowed, judged anew from the journal.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from time import perf_counter, process_time
from typing import Any
from uuid import uuid5

from services.collections.core import (
    Account,
    AccountMessage,
    CollectionFact,
    DunningPolicy,
    PlaceAccount,
    PlacementDelivered,
    PolicyBook,
    RecallAccount,
    RecallDelivered,
    ReminderDelivered,
    SendReminder,
    SendStatement,
    StatementDelivered,
    make_decider,
)
from services.collections.core.dispute_messages import NoticeDelivered, SendNotice
from services.collections.core.messages import Place
from services.collections.core.policy_charges import LateCharge, LawRow
from services.collections.core.policy_conditions import Condition
from services.collections.core.policy_levels import Ending, ReminderLevel
from services.collections.measures import Measures, report
from shared.collector import calm_collector
from shared.contracts import Meta
from shared.decider import Decider, Pending
from shared.store.port import Key
from shared.sweep import Deadline, due_message
from tests.collections.plan_story import BOOK
from tests.collections.story import POLICY, SHELF, TENANT, at
from tests.collections.year_book import Book
from tests.collections.year_checks import check_all
from tests.collections.year_desk import Desk
from tests.collections.year_people import People
from tests.shared.harness import Machine

ALL_REACHES = Place(state="IL", zones=("America/Chicago",), has_phone=True)
PAGE = 500
ROUNDS_MAX = 50
OPENING_DAYS = 60
"""Balances open in the first two months, so that most of them can come to their end."""
COSTS = 1_10
"""Postage and print, in cents, for the report."""
LAW = LawRow(
    state="IL",
    kind="interest",
    valid_from=date(2026, 1, 1),
    rate_max_bps=500,
    fee_max_cents=0,
    source="invented for this run",
    owner="tests",
    confirmed=True,
)
EVENTS = frozenset(
    {
        "statement.sent.v1",
        "reminder.sent.v1",
        "account.written-off.v1",
        "late-charge.raised.v1",
        "plan.charge-requested.v1",
        "plan.broken.v1",
        "settlement.undone.v1",
    }
)


def year_policies() -> tuple[DunningPolicy, ...]:
    """A policy that uses most of what there is, and a second one for those who pay themselves."""
    levels = (
        ReminderLevel(name="before_due", day=-7, counts_from="due", when=Condition(owed_from_cents=50_00)),
        ReminderLevel(name="first", day=40),
        ReminderLevel(name="call", day=60, channels=("phone", "letter"), when=Condition(owed_from_cents=300_00)),
        ReminderLevel(name="failed", day=70, when=Condition(failed_payments=("insufficient_funds",))),
        ReminderLevel(name="final", day=90, final=True),
    )
    endings = (
        Ending(action="write_off", day=125, when=Condition(owed_below_cents=25_00)),
        Ending(action="legal_review", day=125, when=Condition(owed_from_cents=5_000_00)),
        Ending(action="placement", day=125),
    )
    interest = LateCharge(name="interest", kind="interest", every_days=30, rate_bps=900)
    common = replace(
        POLICY,
        reminders=levels,
        endings=endings,
        contact_cost_cents=COSTS,
        late_charges=(interest,),
        laws=(LAW,),
        risk_limit_cents=2_000_00,
    )
    gentle = (ReminderLevel(name="first", day=45), ReminderLevel(name="final", day=100, final=True))
    own = replace(
        common,
        name=f"{TENANT}.self_pay/2026-01-01",
        tenant=TENANT,
        variant="self_pay",
        reminders=gentle,
        endings=(Ending(action="person", day=130),),
        applies=Condition(segments=("self_pay",), score_from=50, score_within_days=90),
    )
    return common, own


class Mail:
    """The outside world: nearly everything arrives; some letters come to nobody."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def answer(self, key: Key, pending: Pending, now: datetime) -> AccountMessage:
        """What became of one thing that was sent."""
        effect = pending.effect
        fails = isinstance(effect, SendStatement | SendReminder) and self._random.random() < 0.01
        outcome = {"outcome": "failed", "reason": "address_missing"} if fails else {"outcome": "delivered"}
        given: dict[str, Any] = {"meta": answer_meta(key, pending, now), **outcome}
        match effect:
            case SendStatement():
                account_id, statement_id = effect.account_id, effect.statement_id
                return StatementDelivered(**given, place=ALL_REACHES, account_id=account_id, statement_id=statement_id)
            case SendReminder():
                return ReminderDelivered(**given, account_id=effect.account_id, reminder_id=effect.reminder_id)
            case PlaceAccount():
                return PlacementDelivered(**given, account_id=effect.account_id, placement_id=effect.placement_id)
            case RecallAccount():
                return RecallDelivered(**given, account_id=effect.account_id, placement_id=effect.placement_id)
            case SendNotice():
                return NoticeDelivered(**given, account_id=effect.account_id, notice_id=effect.notice_id)
            case other:
                raise AssertionError(type(other).__name__)


def answer_meta(key: Key, pending: Pending, now: datetime) -> Meta:
    """The envelope of an answer, as the effects worker makes it."""
    at = max(now, pending.next_attempt_at)
    changes = {"id": uuid5(pending.id, "answer"), "occurred_at": at, "causation": pending.id, "sequence": 0}
    return pending.cause.model_copy(update=changes | {"tenant": key.tenant})


class Year:
    """One run: `live` passes the days, `check` looks at the end of it."""

    def __init__(self, seed: int, accounts: int) -> None:
        self.machine = Machine(at(0))
        self.policies = PolicyBook(year_policies())
        self.decider: Decider[Account, AccountMessage, CollectionFact] = make_decider(self.policies, SHELF, plans=BOOK)
        self.book = Book()
        self.people = People(seed, accounts, self.book, OPENING_DAYS)
        self.mail, self.desk = Mail(seed), Desk(seed)
        self._due: dict[Key, datetime] = {}
        self._sent: dict[Key, tuple[Pending, ...]] = {}
        self.day, self._read = 0, 0

    @property
    def now(self) -> datetime:
        return self.machine.clock.time

    async def live(self, days: int) -> None:
        """Pass the days: what people do, what is due, what goes out; what was given up is booked the day after."""
        for day in range(days):
            self.day, self.machine.clock.time = day, at(day, 17)
            self._book_news()
            self.people.live(day, self.now)
            await self._tell([*self.people.take_orders(), *self.book.take_news()])
            await self._settle()
            await self._tell(self.desk.calls(self.now))
            await self._settle()

    async def finish(self) -> None:
        """What the last day gave up is booked too."""
        self.machine.clock.time += timedelta(hours=1)
        self._book_news()
        await self._tell(self.book.take_news())
        await self._settle()

    async def _settle(self) -> None:
        """What is due today, and what goes out, until nothing more happens.

        Which accounts these are is remembered from their last decision: looking for them among all is what a store does
        with an index, and the one on memory without.
        """
        for _ in range(ROUNDS_MAX):
            due = [(key, due_at) for key, due_at in self._due.items() if due_at <= self.now]
            sent = [(key, pending) for key, pendings in self._sent.items() for pending in pendings]
            if not due and not sent:
                return
            deadlines = [Deadline(self.decider.kind, key, due_at) for key, due_at in due]
            await self._tell([due_message(self.decider, one, one.key.id, self.now) for one in deadlines])
            await self._tell([self.mail.answer(key, pending, self.now) for key, pending in sent])
        raise AssertionError("a day does not end")

    async def _tell(self, messages: Sequence[AccountMessage]) -> None:
        for start in range(0, len(messages), PAGE):
            decided = await self.machine.shell.transact(self.decider, messages[start : start + PAGE])
            for key, one in decided.items():
                due_at = self.decider.due(one.snapshot.state)
                self._due.pop(key, None)
                if due_at is not None:
                    self._due[key] = due_at
                self.desk.sees(key, one.snapshot.state)
                self._sent.pop(key, None)
                if one.snapshot.effects:
                    self._sent[key] = tuple(one.snapshot.effects.values())

    def _book_news(self) -> None:
        """What collections said since: people hear it, and payments books it."""
        records = self.machine.bus.records[self._read :]
        self._read += len(records)
        for record in records:
            kind = next(value for name, value in record.headers if name == "ce_type").decode()
            if kind not in EVENTS:
                continue
            said = json.loads(record.value)
            account_id = said["account_id"]
            if kind in {"statement.sent.v1", "reminder.sent.v1"}:
                self.people.hears(account_id, self.day)
            elif kind == "account.written-off.v1":
                self.book.book_write_off(account_id, said["write_off_id"], said["written_off_cents"], self.now)
            elif kind == "late-charge.raised.v1":
                self.book.book_late_charge(account_id, said["charge_id"], said["charge_cents"], self.now)
            else:
                self._plan_news(kind, account_id, said)

    def _plan_news(self, kind: str, account_id: str, said: Mapping[str, Any]) -> None:
        if kind == "plan.charge-requested.v1":
            self.people.plans.charged(account_id, said["charge_id"], said["charge_cents"])
        elif kind == "plan.broken.v1":
            self.people.plans.broken(account_id, said["plan_id"])
        else:
            self.book.undo_write_off(account_id, said["write_off_id"], self.now)


async def lived(accounts: int, days: int, seed: int) -> tuple[Year, Measures, list[str], Mapping[str, int]]:
    """Run it; what it measured, what is wrong, and how many accounts are in which state."""
    year = Year(seed, accounts)
    await year.live(days)
    await year.finish()
    measures = Measures(year.policies)
    faults, statuses = await check_all(year.machine.store, year.decider, year.book, measures, year.now)
    return year, measures, faults, statuses


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.collections.year", description=__doc__)
    parser.add_argument("--accounts", type=int, default=5_000)
    parser.add_argument("--days", type=int, default=180)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    calm_collector()
    began, worked = perf_counter(), process_time()
    year, measures, faults, statuses = asyncio.run(lived(chosen.accounts, chosen.days, chosen.seed))
    lines = [
        f"seed {chosen.seed}: {chosen.accounts:,} accounts, {chosen.days} days",
        report(measures),
        "accounts: " + ", ".join(f"{status} {count:,}" for status, count in sorted(statuses.items())),
        year.book.said(),
        f"{len(faults)} faults; {perf_counter() - began:.0f} s, {process_time() - worked:.0f} s of processor time",
        *faults[:20],
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
