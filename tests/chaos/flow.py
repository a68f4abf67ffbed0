"""What flows: waves of claims, days that pass, patients who pay. The same with faults and without."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self, get_args

from aiokafka import AIOKafkaConsumer, TopicPartition

from revcycle.demo.intake import Drop, drop
from revcycle.demo.patients import Patients
from revcycle.demo.tally import Heard
from revcycle.identity import issue_token
from revcycle.stack.topics import SERVICES, partitions_of
from samples.generate import SEED, generate
from shared.auth import Role
from shared.contracts.wire import events_topic
from tests.chaos.plan import Size
from tests.chaos.stack import ChaosStack, EveryWatcher

START = date(2026, 7, 1)
SETTLE_SECONDS_MAX = 600.0
Beside = Callable[[int], Awaitable[None]]


class Ear:
    """Hears what the services say, when it is asked to listen; each event once."""

    def __init__(self, servers: str, told: Callable[[Heard], None]) -> None:
        self._servers, self._told = servers, told
        self._positions: dict[TopicPartition, int] = {}
        self._known: set[str] = set()

    async def listen(self) -> None:
        """To where the topics end now."""
        consumer: Any = AIOKafkaConsumer(bootstrap_servers=self._servers, enable_auto_commit=False)
        await consumer.start()
        try:
            parts = await partitions_of(self._servers, [events_topic(service) for service in SERVICES])
            consumer.assign(parts)
            ends = await consumer.end_offsets(parts)
            for part in parts:
                consumer.seek(part, self._positions.get(part, 0))
            while any([await consumer.position(part) < ends[part] for part in parts]):
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    for record in records:
                        self._hear(record)
            self._positions = {part: await consumer.position(part) for part in parts}
        finally:
            await consumer.stop()

    def _hear(self, record: Any) -> None:
        headers = {name: value.decode() for name, value in record.headers}
        if headers["ce_id"] not in self._known:
            self._known.add(headers["ce_id"])
            self._told(Heard(headers["ce_type"], headers["ce_tenant"], headers["ce_time"], json.loads(record.value)))


class Flow:
    """Plays the rounds on one stack."""

    def __init__(self, stack: ChaosStack, size: Size) -> None:
        self._stack, self._size = stack, size
        self._tokens: dict[str, str] = {}
        payments, collections = (stack.record.url(name) or "" for name in ("payments", "collections"))
        self._patients = Patients(payments, collections, self._token)
        self._ear = Ear(stack.cluster.servers, self._patients.hear)
        self.watcher: EveryWatcher = stack.watcher()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._patients.close()
        await self.watcher.close()

    @property
    def refused(self) -> int:
        """Requests of patients that were refused."""
        return self._patients.refused

    async def play(self, before: Beside, beside: Beside) -> None:
        """All days and their rounds. `before` a round's wave, and `beside` it, somebody may strike.

        The clock moves only when everything is at rest: what happens on a day must not depend on when it happens.
        RefusalError names who does not come to rest.
        """
        paying: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        for number in range(self._size.rounds):
            day, at = divmod(number, self._size.rounds_a_day)
            today = START + timedelta(days=day * self._size.stride_days)
            await before(number)
            if at == 0:
                self._stack.set_clock(datetime.combine(today, time(12), UTC))
                paying = asyncio.ensure_future(self._patients.act(today))
            if number < self._size.waves:
                await asyncio.to_thread(self._drop, number, today)
            await beside(number)
            if at == self._size.rounds_a_day - 1:
                await paying
                await self.settle()
                await self._ear.listen()

    async def settle(self) -> None:
        """Until nothing waits anywhere."""
        await self.watcher.wait(SETTLE_SECONDS_MAX)

    def _drop(self, number: int, day: date) -> None:
        for tenant, content in generate(self._size.claims, seed=SEED + number, start=day).items():
            drop(self._stack.layout.intake / tenant, Drop(tenant, f"wave-{number}.837", content))

    def _token(self, wanted: str) -> str:
        """A token for `tenant/role`, signed once."""
        if wanted not in self._tokens:
            tenant, role = wanted.split("/")
            roles: dict[str, Role] = {name: name for name in get_args(Role)}
            self._tokens[wanted] = issue_token(self._stack.layout, tenant, "chaos", [roles[role]])
        return self._tokens[wanted]
