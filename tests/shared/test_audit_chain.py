"""Tampering with a stored audit log: whatever is changed, moved, left out or put in is found."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.audit import Audit
from shared.audit_chain import AuditKey, Head, seal
from shared.audit_keys import AuditKeys
from shared.audit_log import Verdict, verify
from shared.auth import Principal
from shared.store.memory import MemoryStore
from shared.store.port import Document

TENANT, OTHER = "lakeside", "northgate"
KEYS = AuditKeys("k1", {"k1": b"1" * 32})
Log = list[Document]


class Ticking:
    """A machine's time that goes on with every look."""

    def __init__(self) -> None:
        self.time = datetime(2026, 7, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.time += timedelta(milliseconds=300)
        return self.time


def somebody(tenant: str = TENANT) -> Principal:
    return Principal(tenant, "pat@lakeside", frozenset({"biller"}))


class House:
    """A service's log: one process that ended, one killed after it was anchored, one that runs."""

    def __init__(self) -> None:
        self.store, self.wall = MemoryStore(), Ticking()
        self.ended, self.killed, self.alive = (Audit(self.store, self.wall, KEYS, "claims") for _ in range(3))

    async def live(self) -> "House":
        for audit in (self.ended, self.killed, self.alive):
            for n in range(3):
                await audit.record(somebody(), "claim.hold", f"claim/{n}", "the chart is missing")
                await audit.record(somebody(OTHER), "claim.read", f"claim/{n}")
            if audit is self.ended:
                await audit.close()
            else:
                await audit.anchor()
        return self

    def log(self) -> Log:
        """The tenant's stored records, for a test to tamper with."""
        return [note for note in self.notes("audit").values() if note["tenant"] == TENANT]

    def notes(self, collection: str) -> dict[str, Document]:
        return self.store._notes[collection]

    async def verdict(self) -> Verdict:
        return await verify(self.store, self.alive, "claims", TENANT)


@pytest.fixture
async def house() -> House:
    return await House().live()


async def test_a_log_that_nobody_touched_is_verified_chain_by_chain(house: House) -> None:
    said = await house.verdict()
    assert (said.verified, said.faults) == (True, [])
    assert [(one["records"], one["anchored"], one["end"]) for one in said.chains] == [
        (5, 5, "closed"),
        (4, 4, "not closed"),
        (4, 4, "being written"),
    ]
    other = await verify(house.store, house.alive, "claims", OTHER)
    assert (other.verified, other.records) == (True, 13)


def chain_of(log: Log, which: int) -> Log:
    names = list(dict.fromkeys(note["chain"] for note in log))
    return [note for note in log if note["chain"] == names[which]]


def put(house: House, note: Document, **changes: Any) -> None:
    changed = {**note, **changes}
    house.notes("audit")[changed["id"]] = changed


def remove(house: House, *notes: Document) -> None:
    for note in notes:
        del house.notes("audit")[note["id"]]


def change_field(house: House) -> None:
    put(house, house.log()[2], reason="nobody knows")


def change_search_values(house: House) -> None:
    put(house, house.log()[2], keys=[])


def delete_in_the_middle(house: House) -> None:
    remove(house, house.log()[2])


def cut_the_end_of_one_that_ended(house: House) -> None:
    remove(house, *chain_of(house.log(), 0)[-2:])


def cut_the_end_of_one_that_was_killed(house: House) -> None:
    remove(house, chain_of(house.log(), 1)[-1])


def cut_the_end_of_one_that_runs(house: House) -> None:
    remove(house, chain_of(house.log(), 2)[-1])


def swap_two(house: House) -> None:
    one, two = chain_of(house.log(), 0)[1:3]
    put(house, one, id=two["id"])
    put(house, two, id=one["id"])


def insert_a_copy(house: House) -> None:
    put(house, house.log()[2], id=house.log()[2]["id"] + "x")


def insert_without_a_chain(house: House) -> None:
    put(house, {"tenant": TENANT, "id": "2026-07-01T00:00:01.000+00:00/x", "action": "a", "subject": "b"})


def forge_a_record_with_another_key(house: House) -> None:
    one = house.log()[2]
    bare = {name: value for name, value in one.items() if name not in {"mac", "id", "tenant"}}
    put(house, one, **seal({**bare, "actor": "someone else"}, TENANT, one["id"], AuditKey("k1", b"2" * 32)))


def replace_a_chain_by_one_of_another_key(house: House) -> None:
    previous = ""
    for one in chain_of(house.log(), 0):
        bare = {name: value for name, value in one.items() if name not in {"mac", "id", "tenant"}}
        sealed = seal({**bare, "previous": previous}, TENANT, one["id"], AuditKey("mine", b"2" * 32))
        put(house, one, **sealed)
        previous = sealed["mac"]


def delete_a_chain(house: House) -> None:
    remove(house, *chain_of(house.log(), 0))


def take_a_record_of_another_tenant(house: House) -> None:
    others = [note for note in house.notes("audit").values() if note["tenant"] == OTHER]
    put(house, others[1], tenant=TENANT)


def delete_a_chain_and_the_anchor_that_names_it(house: House) -> None:
    delete_a_chain(house)
    del house.notes("audit_anchors")[next(iter(house.notes("audit_anchors")))]


def cut_the_end_and_the_anchor_of_one_that_was_killed(house: House) -> None:
    remove(house, chain_of(house.log(), 1)[-1])
    del house.notes("audit_anchors")[sorted(house.notes("audit_anchors"))[1]]


def change_an_anchor(house: House) -> None:
    first = next(iter(house.notes("audit_anchors").values()))
    first["closing"] = not first["closing"]


def delete_the_whole_log(house: House) -> None:
    house.notes("audit").clear()
    house.notes("audit_anchors").clear()


TAMPERING: Sequence[Callable[[House], None]] = (
    change_field,
    change_search_values,
    delete_in_the_middle,
    cut_the_end_of_one_that_ended,
    cut_the_end_of_one_that_was_killed,
    cut_the_end_of_one_that_runs,
    swap_two,
    insert_a_copy,
    insert_without_a_chain,
    forge_a_record_with_another_key,
    replace_a_chain_by_one_of_another_key,
    delete_a_chain,
    take_a_record_of_another_tenant,
    delete_a_chain_and_the_anchor_that_names_it,
    cut_the_end_and_the_anchor_of_one_that_was_killed,
    change_an_anchor,
    delete_the_whole_log,
)


@pytest.mark.parametrize("tamper", TAMPERING, ids=lambda one: one.__name__)
async def test_tampering_is_found(house: House, tamper: Callable[[House], None]) -> None:
    tamper(house)
    said = await house.verdict()
    assert not said.verified
    assert said.faults_found > 0


FIELDS = (
    *("at", "chain", "number", "previous", "key_id", "mac", "actor", "roles", "action", "subject", "reason", "kind"),
    *("log", "outcome", "address", "keys"),
)


def other(value: Any) -> Any:
    """A value of the same kind that is another."""
    if isinstance(value, datetime):
        return value + timedelta(milliseconds=1)
    if isinstance(value, list):
        return [*value, "x"]
    return value + 1 if isinstance(value, int) else f"{value}x"


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_one_change_or_deletion_is_found(data: st.DataObject) -> None:
    house = asyncio.run(House().live())
    collection = data.draw(st.sampled_from(["audit", "audit_anchors"]))
    # The newest anchor is not stored elsewhere; the process that wrote it lives, and knows it.
    notes = [n for n in house.notes(collection).values() if n["tenant"] in {TENANT, "-"}]
    note = data.draw(st.sampled_from(notes))
    field = data.draw(st.sampled_from([f for f in FIELDS if f in note] + ["delete"]))
    if field == "delete":
        del house.notes(collection)[note["id"]]
    else:
        note[field] = other(note[field])
    assert not asyncio.run(house.verdict()).verified, (collection, note["number"], field)


async def test_a_copy_of_the_anchors_tells_of_an_end_that_was_cut_with_all_anchors_after_it() -> None:
    copies: list[tuple[str, Document]] = []
    store, wall = MemoryStore(), Ticking()
    audit = Audit(store, wall, KEYS, "claims", lambda name, anchor: copies.append((name, anchor)))
    for n in range(2):
        await audit.record(somebody(), "claim.hold", f"claim/{n}")
        await audit.anchor()
    _, last = copies[-1]
    for collection in ("audit", "audit_anchors"):
        notes = store._notes[collection]
        del notes[max(notes)]
    later = Audit(store, wall, KEYS, "claims")  # the process that knew is gone
    assert (await verify(store, later, "claims", TENANT)).verified
    outside = [(str(last["writer"]), Head(int(last["number"]), str(last["mac"])), "the copy")]
    said = await verify(store, later, "claims", TENANT, outside)
    assert not said.verified
    assert "the copy" in said.faults[0]["what"]
