"""The shell: one batch is one round trip, losers decide again, and what cannot go on is parked alone."""

from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

import pytest

from shared.bus.port import BusUnavailableError
from shared.contracts import Message
from shared.contracts.wire import Record
from shared.decider import Decider, Fact
from shared.shell import ContentionError, ParkedError
from shared.store.documents import entry_to_document
from shared.store.memory import MemoryStore
from shared.store.port import DOCUMENT_BYTES_MAX, Key, Mark, Refused, Row, Write
from tests.shared.harness import Machine
from tests.shared.till import AT, TILL, pay

S = TypeVar("S")
M = TypeVar("M", bound=Message)
F = TypeVar("F", bound=Fact)

T1, T2 = Key("lakeside", "t1"), Key("lakeside", "t2")


@pytest.fixture
def machine() -> Machine:
    return Machine(AT)


async def total(machine: Machine, key: Key = T1) -> int:
    return (await machine.store.load(TILL, [key]))[key].snapshot.state.total_cents


async def test_a_batch_is_decided_published_and_journaled(machine: Machine) -> None:
    done = await machine.shell.transact(TILL, [pay("a"), pay("b", till="t2"), pay("c")])
    assert {key: len(d.events) for key, d in done.items()} == {T1: 2, T2: 1}
    assert [r.key for r in machine.bus.records] == [b"lakeside/t1", b"lakeside/t1", b"lakeside/t2"]
    assert len(await machine.store.history(TILL, T1)) == 2
    assert await machine.relay.owing([TILL]) == 0


async def test_redelivery_decides_writes_and_publishes_nothing(machine: Machine) -> None:
    await machine.shell.transact(TILL, [pay("a")])
    version = (await machine.store.load(TILL, [T1]))[T1].version
    await machine.shell.transact(TILL, [pay("a"), pay("a")])
    assert (await machine.store.load(TILL, [T1]))[T1].version == version
    assert len(machine.bus.records) == 1


class RacingStore(MemoryStore):
    """The machine's store, where another writer wins the first `races` rounds against t1."""

    def __init__(self, machine: Machine, races: int) -> None:
        self.__dict__.update(machine.store.__dict__)
        self.races, self.loads = races, list[set[Key]]()

    async def load(self, decider: Decider[S, M, F], keys: Collection[Key], /) -> Mapping[Key, Row[S]]:
        self.loads.append(set(keys))
        return await super().load(decider, keys)

    async def commit(self, decider: Decider[S, M, F], writes: Sequence[Write[S]], /) -> Refused:
        if self.races:
            self.races -= 1
            row = (await super().load(TILL, [T1]))[T1]
            rival = TILL.run(row.snapshot, [pay(f"rival-{self.races}", 7)])
            outbox = (*row.outbox, *(entry_to_document(TILL, e) for e in rival.entries))
            write = Write(T1, row.version, rival.snapshot, outbox, mark=Mark("rival", row.version + 1))
            await super().commit(TILL, [write])
        return await super().commit(decider, writes)


async def test_only_losers_of_a_race_are_loaded_and_decided_again(machine: Machine) -> None:
    machine.shell.store = racing = RacingStore(machine, races=2)
    await machine.shell.transact(TILL, [pay("a"), pay("b", till="t2")])
    assert racing.loads == [{T1, T2}, {T1}, {T1}]
    assert (await total(machine), await total(machine, T2)) == (114, 100)
    await machine.shell.transact(TILL, [pay("z")])
    receipts = [r.value for r in machine.bus.records]
    assert sum(b"rival" in value for value in receipts) == 2, "a writer publishes what others left pending"


async def test_losing_every_round_is_an_error_and_loses_nothing(machine: Machine) -> None:
    machine.shell.store = RacingStore(machine, races=1_000)
    with pytest.raises(ContentionError):
        await machine.shell.transact(TILL, [pay("a")])
    machine.shell.store = machine.store
    await machine.shell.transact(TILL, [pay("a")])
    assert await total(machine) % 7 == 100 % 7


async def test_a_bug_in_one_aggregate_parks_it_alone(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    await machine.shell.transact(TILL, [pay("a"), pay("secret-name", 666), pay("b", till="t2")])
    [(key, reason, waiting)] = await machine.store.parked(TILL, "lakeside")
    assert (key, waiting) == (T1, 2)
    assert reason.startswith("BrokenRuleError at till.py:")
    assert await total(machine, T2) == 100
    assert "secret-name" not in capsys.readouterr().err + reason


async def test_messages_wait_behind_a_parked_aggregate_until_it_is_released(machine: Machine) -> None:
    await machine.shell.transact(TILL, [pay("bad", 666)])
    await machine.shell.transact(TILL, [pay("b"), pay("c", till="t2")])
    with pytest.raises(ParkedError):
        await machine.shell.transact_one(TILL, pay("d"))
    assert (await total(machine), await total(machine, T2)) == (0, 100)

    assert await machine.shell.release(TILL, T1) == 3
    assert await machine.store.parked(TILL, None) == [(T1, (await machine.store.parked(TILL, None))[0][1], 3)]

    await machine.store.done_waiting(TILL, T1, [str(pay("bad", 666).meta.id)])  # a person took the poison out
    assert await machine.shell.release(TILL, T1) == 2
    assert await total(machine) == 200
    assert await machine.store.parked(TILL, None) == []


async def test_a_document_that_grows_too_large_is_parked(machine: Machine) -> None:
    await machine.shell.transact(TILL, [pay("x" * DOCUMENT_BYTES_MAX), pay("b", till="t2")])
    assert [(k, r) for k, r, _ in await machine.store.parked(TILL, None)] == [(T1, "document_too_large")]
    assert await total(machine, T2) == 100


async def test_a_broker_outage_postpones_publishing_only(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(records: Sequence[Record]) -> None:
        raise BusUnavailableError

    send = machine.bus.send
    monkeypatch.setattr(machine.bus, "send", refuse)
    await machine.shell.transact(TILL, [pay("a")])
    monkeypatch.setattr(machine.bus, "send", send)
    assert machine.bus.records == []
    await machine.shell.transact(TILL, [pay("b")])
    assert [b'"a"' in r.value or b'"b"' in r.value for r in machine.bus.records] == [True, True]


async def leave_unpublished(machine: Machine, *keys: Key) -> None:
    """What a process leaves that died between its write and its publishing."""
    for key in keys:
        row = (await machine.store.load(TILL, [key]))[key]
        left = TILL.run(row.snapshot, [pay("left", till=key.id)])
        outbox = tuple(entry_to_document(TILL, entry) for entry in left.entries)
        await machine.store.commit(TILL, [Write(key, row.version, left.snapshot, outbox, mark=Mark("dead", 1))])


async def test_what_a_dead_process_left_is_said_once_however_often_its_cause_comes_again(machine: Machine) -> None:
    await leave_unpublished(machine, T1)
    for _ in range(3):
        await machine.shell.transact(TILL, [pay("left", till="t1")])
    assert [b'"left"' in r.value for r in machine.bus.records] == [True]
    assert len(await machine.store.history(TILL, T1)) == 1
    assert await machine.relay.owing([TILL]) == 0


async def test_so_it_is_beside_an_aggregate_that_changes(machine: Machine) -> None:
    await leave_unpublished(machine, T1, T2)
    for receipt in ("b", "c"):
        await machine.shell.transact(TILL, [pay("left", till="t1"), pay(receipt, till="t2")])
    said = [
        (r.key, next(name for name in (b"left", b"b", b"c") if b'"' + name + b'"' in r.value))
        for r in machine.bus.records
    ]
    t1, t2 = b"lakeside/t1", b"lakeside/t2"
    assert said == [(t1, b"left"), (t2, b"left"), (t2, b"b"), (t2, b"c")]


async def test_what_could_not_be_said_stays_owed(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(records: Sequence[Record]) -> None:
        raise BusUnavailableError

    await leave_unpublished(machine, T1)
    send = machine.bus.send
    monkeypatch.setattr(machine.bus, "send", refuse)
    await machine.shell.transact(TILL, [pay("left", till="t1")])
    monkeypatch.setattr(machine.bus, "send", send)
    await machine.shell.transact(TILL, [pay("left", till="t1")])
    assert [b'"left"' in r.value for r in machine.bus.records] == [True]
