"""The inbox: bad records are buried with reason and position, neighbours go on, offsets are committed last."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from aiokafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from shared.decider import Due
from shared.inbox import LANE_RECORDS, Inbox, Received, handle_and_commit, join_routes, lanes, route
from shared.store.port import Key, Write
from shared.sweep import RESEND_AFTER, Sweep
from shared.wire import Record, to_record
from tests.shared.harness import Machine
from tests.shared.sealing import PlainSealer
from tests.shared.till import AT, TILL, Pay, pay

T1 = Key("lakeside", "t1")


@pytest.fixture
def machine() -> Machine:
    return Machine(AT)


def inbox(machine: Machine) -> Inbox:
    routes = join_routes(route(TILL, Pay), route(TILL, Due))
    return Inbox(machine.shell, machine.bus, PlainSealer(), routes, machine.log, machine.clock.wall)


def received(record: Record, offset: int) -> Received:
    return Received(record.topic, 0, offset, record.key, record.value, record.headers)


def record(receipt: str, cents: int = 100) -> Record:
    return to_record("payments.commands.v1", pay(receipt, cents))


async def test_neighbours_of_a_poison_record_go_on(machine: Machine) -> None:
    good = record("a")
    poisons = [
        good._replace(value=b"not json at all"),
        good._replace(value=b"[1, 2]"),
        good._replace(value=b'{"type": "till.pay.v1", "till": "t1", "receipt": "SECRET", "cents": "ten"}'),
        good._replace(value=b"{}"),
        good._replace(headers=()),
        good._replace(headers=tuple((k, b"\xff\xfe") for k, _ in good.headers)),
        good._replace(headers=tuple((k, v) for k, v in good.headers if k != "ce_tenant")),
        good._replace(headers=tuple((k, b"x" if k == "ce_sequence" else v) for k, v in good.headers)),
    ]
    batch = [received(r, n) for n, r in enumerate([good, *poisons, record("b")])]
    await inbox(machine).handle(batch)
    assert (await machine.store.load(TILL, [T1]))[T1].snapshot.state.receipts == ("a", "b")
    notes = await machine.store.notes("dead_letters", None, None, 100)
    assert sorted(n["offset"] for n in notes) == list(range(1, len(poisons) + 1))
    buried = [r for r in machine.bus.records if r.topic == "payments.commands.v1.dlq"]
    assert [r.value for r in buried] == [p.value for p in poisons], "the record is kept as it came"
    reasons = [dict(r.headers)["x-reason"].decode() for r in buried]
    assert reasons[2] == "cents: int_type"
    assert not any("SECRET" in reason for reason in [*reasons, *(n["reason"] for n in notes)])


async def test_types_that_are_none_of_our_business_are_passed_over(machine: Machine) -> None:
    other = record("a")
    other = other._replace(headers=tuple((k, b"new.thing.v9" if k == "ce_type" else v) for k, v in other.headers))
    await inbox(machine).handle([received(other, 0)])
    assert await machine.store.count_notes("dead_letters") == 0
    assert machine.bus.records == []


class Commits:
    """A consumer that remembers what was committed."""

    def __init__(self) -> None:
        self.offsets: list[dict[TopicPartition, int]] = []

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        self.offsets.append(offsets)


async def test_offsets_are_committed_after_an_outage_was_waited_for(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    consumer, waits, fails = Commits(), list[float](), [True, True]
    load = machine.store.load

    async def failing(decider: object, keys: Sequence[Key]) -> object:
        if fails:
            fails.pop()
            raise ConnectionError
        return await load(TILL, keys)

    async def wait(seconds: float) -> None:
        assert consumer.offsets == [], "nothing may be committed before it is stored"
        waits.append(seconds)

    monkeypatch.setattr(machine.store, "load", failing)
    batch = [received(record("a"), 7), received(record("b"), 8)]
    await handle_and_commit(inbox(machine), batch, consumer, machine.log, wait)
    assert consumer.offsets == [{TopicPartition("payments.commands.v1", 0): 9}]
    assert waits == [0.2, 0.4]


@given(st.lists(st.integers(0, 5).map(lambda n: f"key-{n}".encode()), max_size=2 * LANE_RECORDS))
def test_every_record_is_in_one_lane_and_a_key_keeps_its_order(keys: list[bytes]) -> None:
    batch = [Received("t", 0, n, key, b"", ()) for n, key in enumerate(keys)]
    split = lanes(batch)
    assert sorted(r.offset for lane in split for r in lane) == [r.offset for r in batch]
    assert len(split) == (1 if len(batch) <= LANE_RECORDS else 2)
    for key in set(keys):
        of_key = [[r.offset for r in lane if r.key == key] for lane in split]
        assert sorted(map(len, of_key))[:-1] in ([], [0]), "one lane has them all"
        assert all(offsets == sorted(offsets) for offsets in of_key)


async def test_an_outage_in_one_lane_commits_nothing_and_loses_nothing(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other lane is stored by then; the whole batch comes again, and what is known decides nothing."""
    consumer, fails = Commits(), [True]
    count = LANE_RECORDS + 100
    batch = [received(to_record("payments.commands.v1", pay("a", till=f"t{n}")), n) for n in range(count)]
    commit = machine.store.commit

    async def failing(decider: Any, writes: Sequence[Write[Any]]) -> Any:
        if fails:
            fails.pop()
            raise ConnectionError
        return await commit(decider, writes)

    async def wait(_: float) -> None:
        assert consumer.offsets == [], "nothing may be committed before all of it is stored"
        assert 0 < await machine.store.count(TILL, "lakeside", {}) < count

    monkeypatch.setattr(machine.store, "commit", failing)
    await handle_and_commit(inbox(machine), batch, consumer, machine.log, wait)
    assert consumer.offsets == [{TopicPartition("payments.commands.v1", 0): count}]
    rows = await machine.store.load(TILL, [Key("lakeside", f"t{n}") for n in range(count)])
    assert {row.snapshot.state.receipts for row in rows.values()} == {("a",)}
    assert len(machine.bus.records) == count, "each is public once"


async def test_the_sweep_sends_each_deadline_once_until_it_must_be_sent_again(machine: Machine) -> None:
    await machine.shell.transact(TILL, [pay("a"), pay("b", till="t2")])
    machine.bus.records.clear()
    sweep = Sweep(machine.bus, machine.store, machine.clock, machine.clock.wall)
    assert await sweep.run(TILL) == 0
    machine.clock.time += timedelta(days=3)
    assert await sweep.run(TILL) == 2
    assert await sweep.run(TILL) == 0
    machine.clock.wall_time += RESEND_AFTER
    assert await sweep.run(TILL) == 2
    sent = [r for r in machine.bus.records if r.topic == "payments.commands.v1"]
    assert len({dict(r.headers)["ce_id"] for r in sent}) == 2, "a repeat is the same message"
    await inbox(machine).handle([received(r, n) for n, r in enumerate(sent)])
    assert (await machine.store.load(TILL, [T1]))[T1].snapshot.state.nights == 1
    assert await sweep.run(TILL) == 0
