"""The inbox: bad records are buried with reason and position, and their neighbours go on."""

import json
from datetime import timedelta

import pytest

from shared.contracts.wire import Record, to_record
from shared.decider import Due
from shared.inbox import Inbox, Received, join_routes, route
from shared.store.port import Key
from shared.sweep import RESEND_AFTER, Sweep
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


async def test_a_record_in_the_structured_mode_is_the_same_message(machine: Machine) -> None:
    binary = record("a")
    attributes = {name.removeprefix("ce_"): value.decode() for name, value in binary.headers if name.startswith("ce_")}
    whole = json.dumps({**attributes, "datacontenttype": "application/json", "data": json.loads(binary.value)})
    headers = (("content-type", b"application/cloudevents+json; charset=UTF-8"),)
    structured = binary._replace(value=whole.encode(), headers=headers)
    broken = structured._replace(value=b'{"data": "SECRET"}')
    batch = [received(r, n) for n, r in enumerate([structured, binary, broken])]
    await inbox(machine).handle(batch)
    assert (await machine.store.load(TILL, [T1]))[T1].snapshot.state.receipts == ("a",)
    (note,) = await machine.store.notes("dead_letters", None, None, 100)
    assert note["offset"] == 2
    assert "SECRET" not in note["reason"]


async def test_types_that_are_none_of_our_business_are_passed_over(machine: Machine) -> None:
    other = record("a")
    other = other._replace(headers=tuple((k, b"new.thing.v9" if k == "ce_type" else v) for k, v in other.headers))
    await inbox(machine).handle([received(other, 0)])
    assert await machine.store.count_notes("dead_letters") == 0
    assert machine.bus.records == []


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
