"""How often a service asks the store and the broker: counters, which a loaded machine does not change."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from aiokafka import TopicPartition

from bench.flow.__main__ import contenders_on, fill, run
from bench.flow.cases import cases, traces
from bench.flow.free_store import FreeDatabase
from bench.flow.job import WAITS_MIN, Job, waits
from bench.flow.meters import HEARTBEAT, Meters
from bench.flow.servers import serving
from shared.bus.memory import MemoryBus
from shared.clock import system_wall
from shared.inbox import Inbox, Received
from shared.log import configure_logs
from shared.pipeline import Pipeline
from shared.relay import Relay
from shared.shell import Shell
from shared.store.mongo import MongoStore
from tests.shared.sealing import PlainSealer

MESSAGES = 4000
MONGO_PER_1000_MAX = 16
"""A find, an update and an insert for each kind of aggregate in a lane of 500: 6. Payments keeps three kinds for each
message: the account, whose a control number is, and the claim's life for the reports, which has no journal: 16."""
KAFKA_PER_1000_MAX = 8.0
UNFILLED = 1.5
"""How much more it may be where lanes are not full: a busy broker hands out less than a batch holds."""
BATCH = 1000


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[str, str]]:
    """The bench's own broker, and the store that costs nothing: a slow one would only make smaller batches."""
    with serving("free") as found:
        yield found


def test_every_case_leaves_something_behind() -> None:
    for case in cases().values():
        assert all(trace.document["version"] == 2 and trace.journal for trace in traces(case)), case.name
    assert any(trace.records for trace in traces(cases()["claims"])), "one case at least publishes"


def test_quix_streams_is_left_out_where_there_is_no_store_to_find_in() -> None:
    assert contenders_on("free", ["bare", "quix"]) == ["bare"]


def test_times_are_told_of_so_many_messages_or_not_at_all() -> None:
    assert waits([5.0] * (WAITS_MIN - 1)) == {}
    found = waits([*range(1000)])
    assert (found["p50_ms"], found["waits"]) == (499.5, 1000)
    assert found["p99_ms"] == pytest.approx(990.0, abs=1)


def test_the_backlog_of_a_slow_start_is_nobodys_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [100.0]
    monkeypatch.setattr("bench.flow.job.time.time", lambda: now_s[0])
    nobody: Any = None
    job = Job(nobody, "", nobody, 1_000, Meters(), "")
    job.done([91_000, 99_700])  # it starts late, and is behind
    job.done([99_800])  # caught up: a second later it counts
    now_s[0] = 102.0
    job.done([100_900, 101_500])
    assert job.waited_ms == [500.0]


class Committed:
    """A consumer of a topic in memory."""

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        """There is nobody to tell."""


@pytest.mark.parametrize("name", sorted(cases()))
async def test_full_lanes_cost_no_more_commands_than_the_target(name: str) -> None:
    """The service's own parts on full batches, on a store that counts: the same at every run."""
    case, commands = cases()[name], Counter[str]()
    database: Any = FreeDatabase(commands)
    store, log, sealer = MongoStore(database), configure_logs("bench", "ERROR"), PlainSealer()
    bus = MemoryBus()
    shell = Shell(store, Relay(bus, store, system_wall, "bench"), log)
    if case.seed is not None:
        await shell.transact(case.deciders[0], [one for n in range(2 * BATCH) for one in case.seed(n)])
    commands.clear()
    pipeline = Pipeline(Inbox(shell, bus, sealer, case.routes, log, system_wall), log)
    for first in (0, BATCH):
        records = [case.record(number) for number in range(first, first + BATCH)]
        batch = [Received(case.topic, 0, first + n, r.key, r.value, r.headers) for n, r in enumerate(records)]
        await pipeline.take(batch, Committed())
    await pipeline.drain()
    asked = sum(count for command, count in commands.items() if command != HEARTBEAT)
    assert asked / 2 == (16 if name == "payments" else 6) <= MONGO_PER_1000_MAX


@pytest.mark.slow
@pytest.mark.stack
@pytest.mark.parametrize("name", sorted(cases()))
def test_a_thousand_messages_cost_few_requests(servers: tuple[str, str], name: str) -> None:
    case = cases()[name]
    asyncio.run(fill(servers[0], case, MESSAGES))
    figures = run("ours", case, *servers, MESSAGES)
    assert figures["mongo_per_1000"] <= MONGO_PER_1000_MAX * UNFILLED
    assert figures["kafka_per_1000"] <= KAFKA_PER_1000_MAX
