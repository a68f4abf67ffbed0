"""Counting from outside: everything the services say on their topics, each event once."""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer

from revcycle.stack.topics import SERVICES, partitions_of
from shared.contracts.wire import dead_letter_topic, events_topic

POLL_MS = 200
QUIET_SECONDS = 1.0


class Stage(NamedTuple):
    """One row of the board: the events it counts, and the amount they carry."""

    label: str
    types: tuple[str, ...]
    amount: str | None = None
    only: tuple[str, str] | None = None  # a field and the value it must have
    once: str | None = None  # a field: of all events with one value of it, only the first counts


STAGES = (
    Stage("Claims received", ("claim.received.v1",), "charge_cents", once="claim_id"),
    Stage("Held by the scrubber", ("claim.held.v1",), "charge_cents"),
    Stage("Coverage verified", ("coverage.verified.v1",)),
    Stage("Coverage inactive", ("coverage.inactive.v1",)),
    Stage("Coverage unknown", ("eligibility.unknown.v1",)),
    Stage("Authorization required", ("authorization.required.v1",)),
    Stage("Submitted to payers", ("claim.submitted.v1",), "charge_cents"),
    Stage("Accepted by payers", ("claim.accepted.v1",), None, ("stage", "payer")),
    Stage("Rejected", ("claim.rejected.v1",), "charge_cents"),
    Stage("Paid", ("claim.paid.v1",), "paid_cents"),
    Stage("Denied", ("claim.denied.v1",), "denied_cents"),
    Stage("Payer payments posted", ("payment.posted.v1",), "paid_cents"),
    Stage("Adjustments posted", ("adjustment.posted.v1",), "amount_cents"),
    Stage("Payments reversed", ("payment.reversed.v1",), "reversed_cents"),
    Stage("Remittances parked", ("remittance.parked.v1",), "payment_cents"),
    Stage("Statements sent", ("statement.sent.v1",), "balance_cents"),
    Stage("Reminders sent", ("reminder.sent.v1",), "balance_cents"),
    Stage("Contacts logged", ("contact.logged.v1",)),
    Stage("Promises to pay", ("promise.made.v1",), "promised_cents"),
    Stage("Of them kept", ("promise.ended.v1",), "paid_cents", ("outcome", "kept")),
    Stage("Patient payments", ("patient-payment.received.v1",), "paid_cents"),
    Stage("Of them by card", ("patient-payment.received.v1",), "paid_cents", ("method", "card")),
    Stage("Refunds issued", ("refund.issued.v1",), "refunded_cents"),
    Stage("Deposits reassociated", ("deposit.matched.v1",), "matched_cents"),
    Stage("Balances overdue", ("balance.overdue.v1",), "balance_cents"),
    Stage("Payment plans started", ("plan.started.v1",), "total_cents"),
    Stage("Payment plans broken", ("plan.broken.v1",), "missed_cents"),
    Stage("Placed with the agency", ("account.placed.v1",), "placed_cents"),
    Stage("Written off", ("account.written-off.v1",), "written_off_cents"),
)


class Heard(NamedTuple):
    """One event, as an outsider reads it."""

    type: str
    tenant: str
    occurred_at: str
    body: Mapping[str, Any]


@dataclass(slots=True)
class Tally:
    """What was heard so far. A repeat (same id) changes nothing."""

    events: Counter[str] = field(default_factory=Counter[str])
    counts: Counter[str] = field(default_factory=Counter[str])
    cents: Counter[str] = field(default_factory=Counter[str])
    held: Counter[str] = field(default_factory=Counter[str])
    balances: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    tenants: set[str] = field(default_factory=set[str])
    repeats: int = 0
    dead_letters: int = 0
    _seen: set[str] = field(default_factory=set[str])
    _once: set[tuple[str, str, str]] = field(default_factory=set[tuple[str, str, str]])
    _stages: dict[str, list[Stage]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for stage in STAGES:
            for type_ in stage.types:
                self._stages[type_].append(stage)

    def hear(self, event_id: str, heard: Heard) -> bool:
        """Count an event; False when it was counted before."""
        if event_id in self._seen:
            self.repeats += 1
            return False
        self._seen.add(event_id)
        self.tenants.add(heard.tenant)
        self.events[heard.type] += 1
        for stage in self._stages.get(heard.type, ()):
            if self._counts(stage, heard):
                self.counts[stage.label] += 1
                self.cents[stage.label] += int(heard.body[stage.amount]) if stage.amount else 0
        if heard.type == "claim.held.v1":
            self.held.update({reason["rule"] for reason in heard.body["reasons"]})
        if heard.type == "patient-balance.changed.v1":
            self.balances[heard.tenant, heard.body["account_id"]] = int(heard.body["balance_cents"])
        return True

    def _counts(self, stage: Stage, heard: Heard) -> bool:
        """A claim whose coverage became another one is announced again, and was received once."""
        if stage.only is not None and heard.body.get(stage.only[0]) != stage.only[1]:
            return False
        if stage.once is None:
            return True
        key = (stage.label, heard.tenant, str(heard.body[stage.once]))
        first = key not in self._once
        self._once.add(key)
        return first


async def listen(servers: str, tally: Tally, told: Callable[[Heard], None]) -> None:
    """Read every event topic from its beginning until cancelled; `told` hears each event once."""
    consumer: Any = AIOKafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False, fetch_max_wait_ms=POLL_MS)
    await consumer.start()
    try:
        topics = [events_topic(service) for service in SERVICES]
        topics += [dead_letter_topic(topic) for topic in topics]
        consumer.assign(await partitions_of(servers, topics))
        await consumer.seek_to_beginning()
        while True:
            for partition, records in (await consumer.getmany(timeout_ms=POLL_MS)).items():
                for record in records:
                    _count(record, tally, told, dead=partition.topic.endswith(".dlq"))
    finally:
        await consumer.stop()


async def hear_to_the_end(tally: Tally) -> None:
    """Until nothing new was heard for a while: the listener has reached the topics' ends."""
    heard = -1
    while heard != tally.events.total():
        heard = tally.events.total()
        await asyncio.sleep(QUIET_SECONDS)


def _count(record: Any, tally: Tally, told: Callable[[Heard], None], *, dead: bool) -> None:
    if dead:
        tally.dead_letters += 1
        return
    headers = {name: value.decode() for name, value in record.headers}
    heard = Heard(headers["ce_type"], headers["ce_tenant"], headers["ce_time"], json.loads(record.value))
    if tally.hear(headers["ce_id"], heard):
        told(heard)
