"""Members of one consumer group over a real broker and a real store, and a stream of payments that they handle."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, TopicPartition

from revcycle.stack.topics import create_topics, partitions_of
from shared.bus.kafka import KafkaBus
from shared.consumer import Consumer
from shared.contracts.wire import Record, commands_topic, dead_letter_topic, events_topic, to_record
from shared.inbox import Inbox, Received, route
from shared.log import configure_logs
from shared.relay import Relay
from shared.settings import Settings
from shared.shell import Shell
from shared.store.connect import connect, disconnect
from shared.store.mongo import MongoStore
from shared.store.port import Key
from shared.tasks import end_tasks
from tests.servers import Kafka
from tests.shared.harness import HandClock
from tests.shared.sealing import PlainSealer
from tests.shared.till import AT, TILL, Pay, pay

TENANT = "lakeside"
PARTITIONS = 6
TILLS = 12
CENTS = 1_000
CHUNK = 20
AHEAD_MAX = 200
PATIENCE_SECONDS = 90


class News:
    """Tells whoever waits that something changed."""

    def __init__(self) -> None:
        self._changed = asyncio.Condition()

    async def tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def until(self, so: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS), self._changed:
            await self._changed.wait_for(so)


class WatchedInbox(Inbox):
    """Says when it has handled something, and remembers what."""

    def __init__(self, group: "Group", shell: Shell, bus: KafkaBus) -> None:
        super().__init__(shell, bus, PlainSealer(), route(group.decider, Pay), group.log, group.clock.wall)
        self._group = group
        self.handled: list[tuple[int, int]] = []

    async def handle(self, records: Sequence[Received]) -> None:
        await super().handle(records)
        self.handled += [(record.partition, record.offset) for record in records]
        await self._group.news.tell()


@dataclass
class Member:
    """One process of the service, as far as its group can tell."""

    inbox: WatchedInbox
    _parts: AsyncExitStack

    @property
    def handled(self) -> set[tuple[int, int]]:
        """Partitions and offsets."""
        return set(self.inbox.handled)

    async def stop(self) -> None:
        """As SIGTERM does: finish the batch in hand, commit it, leave."""
        await self._parts.aclose()


@dataclass
class Group:
    """A service of its own: topics, consumer group and tills that no other test uses."""

    kafka: Kafka
    store: MongoStore
    bus: KafkaBus
    members: list[Member] = field(default_factory=list[Member])
    news: News = field(default_factory=News)
    sent: int = 0
    poisoned: int = 0

    def __post_init__(self) -> None:
        self.service = f"till-{uuid4().hex[:12]}"
        self.decider = replace(TILL, service=self.service)
        self.clock, self.log = HandClock(AT), configure_logs("test", "ERROR")
        self.topic = commands_topic(self.service)

    def receive(self) -> Record:
        """The next payment."""
        till = f"t{self.sent % TILLS}"
        self.sent += 1
        return to_record(self.topic, pay(f"r{self.sent}", CENTS + self.sent, till))

    async def until_taken_over(self, left: Member, by: Member) -> None:
        """Until one member has handled something new in every partition that another had when it left."""
        partitions = {partition for partition, _ in left.handled}
        await self.news.until(lambda: partitions <= {partition for partition, _ in by.handled - left.handled})

    async def until_further(self, count: int) -> None:
        """Until so many more records are handled, in every partition of the topic."""
        before = Counter(partition for partition, _ in self.handled())

        def so() -> bool:
            now = Counter(partition for partition, _ in self.handled())
            return all(now[partition] >= before[partition] + count for partition in range(PARTITIONS))

        await self.news.until(so)

    async def join(self) -> Member:
        """Another member."""
        parts = AsyncExitStack()
        bus = KafkaBus(self.kafka.servers, self.service, idempotent=self.kafka.idempotent)
        await bus.start()
        parts.push_async_callback(bus.stop)
        relay = Relay(bus, self.store, self.clock.wall, uuid4().hex)
        inbox = WatchedInbox(self, Shell(self.store, relay, self.log), bus)
        settings: Settings = Settings.model_construct(
            kafka=self.kafka.servers, kafka_session_timeout_ms=2000, kafka_fetch_wait_ms=100, batch_records=50
        )
        consumer = Consumer(settings, self.service, [self.topic], inbox, self.log)
        await consumer.start()
        parts.push_async_callback(consumer.stop)
        member = Member(inbox, parts)
        self.members.append(member)
        return member

    def handled(self) -> set[tuple[int, int]]:
        """Positions that some member has handled."""
        return {position for member in self.members for position in member.inbox.handled}

    @asynccontextmanager
    async def streaming(self) -> AsyncGenerator[None]:
        """Payments flow while the block runs; at its end every record that was sent is handled."""
        enough = asyncio.Event()
        stream = asyncio.create_task(self._stream(enough))
        try:
            yield
            enough.set()
            await self.news.tell()
            await stream
            await self.news.until(lambda: len(self.handled()) == self.sent + self.poisoned)
        finally:
            await end_tasks((stream,))

    async def _stream(self, enough: asyncio.Event) -> None:
        """Send until it is enough, never far ahead of what was handled; one record is no payment."""
        while not enough.is_set():
            await self.bus.send([self.receive() for _ in range(CHUNK)])
            if not self.poisoned:
                self.poisoned = 1
                await self.bus.send([self.receive()._replace(value=b"no payment")])
                self.sent -= 1
            await self.news.until(lambda: enough.is_set() or self.sent - len(self.handled()) < AHEAD_MAX)

    async def book(self) -> dict[str, int]:
        """What the tills hold, in cents, and how often they were paid."""
        rows = await self.store.load(self.decider, [Key(TENANT, f"t{n}") for n in range(TILLS)])
        states = [row.snapshot.state for row in rows.values()]
        return {
            "cents": sum(state.total_cents for state in states),
            "receipts": sum(len(state.receipts) for state in states),
            "different": len({receipt for state in states for receipt in state.receipts}),
        }

    def expected_book(self) -> dict[str, int]:
        return {
            "cents": CENTS * self.sent + self.sent * (self.sent + 1) // 2,
            "receipts": self.sent,
            "different": self.sent,
        }

    async def said(self) -> dict[str, set[bytes]]:
        """Every event on the topic: the contents that were published under one id."""
        found: dict[str, set[bytes]] = {}
        for record in await read_all(self.kafka.servers, events_topic(self.service)):
            headers = dict(record.headers)
            found.setdefault(headers["ce_id"].decode(), set()).add(record.value or b"")
        return found


async def read_all(servers: str, topic: str) -> list[Any]:
    """Every record of a topic, partition after partition, in the order of its offsets."""
    consumer: Any = AIOKafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False)
    await consumer.start()
    found: dict[TopicPartition, list[Any]] = {part: [] for part in await partitions_of(servers, [topic])}
    try:
        consumer.assign(list(found))
        await consumer.seek_to_beginning()
        ends = await consumer.end_offsets(list(found))
        while any([await consumer.position(part) < end for part, end in ends.items()]):
            for part, records in (await consumer.getmany(timeout_ms=200)).items():
                found[part] += records
    finally:
        await consumer.stop()
    return [record for part in sorted(found) for record in found[part]]


@asynccontextmanager
async def a_group(kafka: Kafka, mongo_url: str, database: str) -> AsyncGenerator[Group]:
    """A group without members yet; those who still are members at the end leave."""
    client = connect(mongo_url)
    bus = KafkaBus(kafka.servers, "test", idempotent=kafka.idempotent)
    group = Group(kafka, MongoStore(client[database]), bus)
    topics = [group.topic, dead_letter_topic(group.topic), events_topic(group.service)]
    await create_topics(kafka.servers, PARTITIONS, topics)
    await group.store.prepare([group.decider])
    await bus.start()
    try:
        yield group
    finally:
        for member in group.members:
            await member.stop()
        await bus.stop()
        await disconnect(client)
