"""One account lived again under a book of policies, from what it was told: the same rules, another clock.

What cannot be known is assumed, the same for every policy: what is sent is delivered the same day, a call that is asked
for reaches nobody, nobody decides a review, and people paid when they paid.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from services.collections.core import (
    Account,
    AccountMessage,
    CollectionFact,
    LogContact,
    PlaceAccount,
    PlacementDelivered,
    RecallAccount,
    RecallDelivered,
    ReminderDelivered,
    SendReminder,
    SendStatement,
    StatementDelivered,
)
from services.collections.core.facts import (
    BalanceWrittenOff,
    ContactMade,
    PlacementMade,
    ReminderWentOut,
    StatementWentOut,
)
from services.collections.core.person_facts import CallAsked
from services.collections.core.policy_facts import ReviewAsked
from services.collections.simulate.past import Input, Told
from shared.contracts import Message, Meta
from shared.decider import Decider, Due, Entry, Pending, Snapshot

WORKED_AT = time(17)
"""When deadlines are worked off, UTC: an hour at which everybody in the United States may be called."""
STEPS_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Deed:
    """Something a policy did to the account: what, on which day, at which level, how, and about how much."""

    on: date
    what: str  # statement, reminder, call, placement, write_off, review
    level: int = 0
    channel: str = ""
    cents: int = 0

    @property
    def is_contact(self) -> bool:
        return self.what in {"statement", "reminder", "call"}

    def __str__(self) -> str:
        level = f" {self.level}" if self.level else ""
        channel = f" by {self.channel}" if self.channel else ""
        return f"{self.on} {self.what.replace('_', ' ')}{level}{channel}, {self.cents // 100}.{self.cents % 100:02}"


@dataclass(slots=True)
class Life:
    """An account that lives: its snapshot, its journal, and the day it has come to."""

    decider: Decider[Account, AccountMessage, CollectionFact]
    tenant: str
    account_id: str
    snapshot: Snapshot[Account]
    entries: list[Entry[CollectionFact]] = field(default_factory=list[Entry[CollectionFact]])
    states: list[tuple[date, Account]] = field(default_factory=list[tuple[date, Account]])
    """The account at the end of each day on which something happened."""

    @property
    def account(self) -> Account:
        return self.snapshot.state

    def deeds(self) -> tuple[Deed, ...]:
        """What the policy did, in order."""
        made = (entry.fact for entry in self.entries)
        channels = {fact.contact_id: fact.channel for fact in made if isinstance(fact, ContactMade)}
        return tuple(deed for entry in self.entries if (deed := deed_of(entry, channels)) is not None)

    def hear(self, at: datetime, told: Told) -> None:
        """Something from outside; and everything that it sets going, on the same day."""
        if isinstance(told, Message):
            self._run((told,))
        else:
            self.snapshot = self.snapshot._replace(state=self.decider.evolve(self.account, told))
        self._answer(at)

    def work_until(self, day: date) -> None:
        """Every deadline up to and with a day."""
        for _ in range(STEPS_MAX):
            due_at = self.decider.due(self.account)
            if due_at is None or due_at.date() > day:
                return
            at = datetime.combine(due_at.date(), WORKED_AT, UTC)
            self._run((self._due(due_at, at),))
            self._answer(at)
        msg = f"account {self.account_id} did not come to rest"
        raise AssertionError(msg)

    def _run(self, messages: Sequence[AccountMessage]) -> None:
        decided = self.decider.run(self.snapshot, messages)
        self.snapshot = decided.snapshot
        self.entries.extend(decided.entries)
        if decided.entries:
            self.states.append((decided.entries[-1].meta.occurred_at.date(), self.account))

    def _answer(self, at: datetime) -> None:
        """Everything that is under way arrives, and calls that were asked for reach nobody."""
        for _ in range(STEPS_MAX):
            tasks = self.account.call_tasks
            made = (answer_to(pending, at) for pending in self.snapshot.effects.values())
            answers = [answer for answer in made if answer is not None]
            calls = [self._call(task.task_id, max(at, task.from_at)) for task in tasks]
            if not answers and not calls:
                return
            self._run((*answers, *calls))

    def _call(self, task_id: str, at: datetime) -> AccountMessage:
        return LogContact(
            meta=self._meta(f"call/{task_id}", at),
            account_id=self.account_id,
            contact_id=f"con_{task_id}",
            channel="phone",
            purpose="reminder",
            outcome="no_answer",
            contacted_at=at,
            task_id=task_id,
        )

    def _due(self, due_at: datetime, at: datetime) -> Due:
        meta = self._meta(f"due/{due_at.isoformat()}", at)
        return Due(meta=meta, aggregate_id=self.account_id, kind=self.decider.kind, due_at=due_at)

    def _meta(self, name: str, at: datetime) -> Meta:
        message_id = uuid5(NAMESPACE_URL, f"{self.tenant}/{self.account_id}/{name}")
        return Meta(
            id=message_id,
            tenant=self.tenant,
            occurred_at=at,
            source="collections",
            subject=f"collection/{self.account_id}",
            key=self.account_id,
            correlation=message_id,
        )


def live(
    decider: Decider[Account, AccountMessage, CollectionFact],
    tenant: str,
    account_id: str,
    told: Iterable[Input],
    until: date,
) -> Life:
    """Live an account's past again, up to and with a day."""
    life = Life(decider, tenant, account_id, Snapshot(decider.initial))
    for item in sorted(told, key=lambda one: one.at):
        if item.at.date() > until:
            break
        life.work_until(item.at.date() - timedelta(1))
        life.hear(item.at, item.told)
    life.work_until(until)
    return life


def answer_to(pending: Pending, at: datetime) -> AccountMessage | None:
    """The answer of a world in which everything arrives; None for what changes nothing of the policy."""
    meta = pending.cause.model_copy(
        update={
            "id": uuid5(pending.id, "answer"),
            "occurred_at": max(at, pending.next_attempt_at),
            "causation": pending.id,
        }
    )
    effect = pending.effect
    given: dict[str, Any] = {"meta": meta, "outcome": "delivered"}
    match effect:
        case SendStatement():
            return StatementDelivered(**given, account_id=effect.account_id, statement_id=effect.statement_id)
        case SendReminder():
            return ReminderDelivered(**given, account_id=effect.account_id, reminder_id=effect.reminder_id)
        case PlaceAccount():
            return PlacementDelivered(**given, account_id=effect.account_id, placement_id=effect.placement_id)
        case RecallAccount():
            return RecallDelivered(**given, account_id=effect.account_id, placement_id=effect.placement_id)
        case _:
            return None


def deed_of(entry: Entry[CollectionFact], channels: Mapping[str, str]) -> Deed | None:  # noqa: PLR0911 - one case per fact
    """What a fact says the policy did; `channels` by the id of what went out."""
    fact, on = entry.fact, entry.meta.occurred_at.date()
    match fact:
        case StatementWentOut():
            return Deed(on, "statement", 0, channels.get(fact.statement_id, ""), fact.balance_cents)
        case ReminderWentOut():
            return Deed(on, "reminder", fact.level, channels.get(fact.reminder_id, ""), fact.balance_cents)
        case CallAsked():
            return Deed(on, "call", fact.level, "phone")
        case PlacementMade():
            return Deed(on, "placement", cents=fact.placed_cents)
        case BalanceWrittenOff():
            return Deed(on, "write_off", cents=fact.written_off_cents)
        case ReviewAsked():
            return Deed(on, "review", cents=fact.balance_cents)
        case _:
            return None
