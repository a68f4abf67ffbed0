"""Writing the audit log: together, once, in order, whatever the store does; with keys that change meanwhile."""

import asyncio
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from shared.audit import WAITING_MAX, Audit, AuditUnavailableError
from shared.audit_keys import AuditKeys, FileKeys, new_key_file
from shared.audit_log import verify
from shared.auth import Principal
from shared.store.memory import MemoryStore
from shared.store.port import Document
from tests.shared.test_audit_chain import KEYS, TENANT, Ticking, somebody


class Unsteady(MemoryStore):
    """Fails when it is told to: before it wrote, or after, when nobody knows."""

    def __init__(self) -> None:
        super().__init__()
        self.fails: list[str] = []
        self.writes = 0

    async def note_all(self, collection: str, notes: Sequence[tuple[str, str, Document]], /) -> None:
        self.writes += 1
        how = self.fails.pop(0) if self.fails else ""
        await asyncio.sleep(0)
        if how == "half":
            notes = notes[: len(notes) // 2]
        if how != "before":
            await super().note_all(collection, notes)
        if how:
            raise ConnectionError


async def actions(store: MemoryStore, tenant: str = TENANT) -> list[str]:
    return [str(note["action"]) for note in await store.notes("audit", tenant, None, 1000)]


async def test_lines_that_come_together_are_written_together() -> None:
    store = Unsteady()
    audit = Audit(store, Ticking(), KEYS, "claims")
    await asyncio.gather(*(audit.record(somebody(), f"a{n}", "claim/1") for n in range(50)))
    assert store.writes <= 3
    assert await actions(store) == ["audit.open", *(f"a{n}" for n in range(50))]


@pytest.mark.parametrize("how", ["before", "after", "half"])
async def test_what_could_not_be_written_is_told_and_written_later_without_a_gap(how: str) -> None:
    store = Unsteady()
    audit = Audit(store, Ticking(), KEYS, "claims")
    await audit.record(somebody(), "first", "claim/1")
    store.fails = [how]
    told = await asyncio.gather(*(audit.record(somebody(), f"a{n}", "c") for n in range(4)), return_exceptions=True)
    assert any(isinstance(one, AuditUnavailableError) for one in told)
    await audit.record(somebody(), "later", "claim/1")
    assert await actions(store) == ["audit.open", "first", "a0", "a1", "a2", "a3", "later"]
    said = await verify(store, audit, "claims", TENANT)
    assert (said.verified, said.chains_checked) == (True, 1)


async def test_the_house_keeping_writes_what_waits() -> None:
    store = Unsteady()
    audit = Audit(store, Ticking(), KEYS, "claims")
    store.fails = ["before"]
    with pytest.raises(AuditUnavailableError):
        await audit.record(somebody(), "first", "claim/1")
    await audit.anchor()
    assert await actions(store) == ["audit.open", "first"]


async def test_a_store_that_stays_away_makes_no_endless_queue() -> None:
    store = Unsteady()
    audit = Audit(store, Ticking(), KEYS, "claims")
    store.fails = ["before"] * 10_000
    for n in range(WAITING_MAX + 5):
        with pytest.raises(AuditUnavailableError):
            await audit.record(somebody(), f"a{n}", "claim/1")
    store.fails = []
    await audit.anchor()
    assert await store.count_notes("audit") == WAITING_MAX + 1
    assert (await verify(store, audit, "claims", TENANT)).verified


async def test_an_anchor_that_failed_is_written_before_the_next() -> None:
    store = Unsteady()
    audit = Audit(store, Ticking(), KEYS, "claims")
    await audit.record(somebody(), "first", "claim/1")
    store.fails = ["after"]
    with pytest.raises(ConnectionError):
        await audit.anchor()
    await audit.record(somebody(), "second", "claim/1")
    await audit.anchor()
    said = await verify(store, audit, "claims", TENANT)
    assert (said.verified, said.anchors) == (True, 2)


async def test_a_key_is_changed_while_the_log_is_written(tmp_path: Path) -> None:
    file = tmp_path / "audit.json"
    file.write_bytes(new_key_file("2026-07"))
    store = MemoryStore()
    audit = Audit(store, Ticking(), FileKeys(file), "claims")
    await audit.record(somebody(), "first", "claim/1")
    said = json.loads(file.read_text())
    file.write_text(json.dumps({"current": "2026-08", "keys": {**said["keys"], "2026-08": "ab" * 32}}))
    os.utime(file, ns=(1, 1))
    await audit.anchor()
    await audit.record(somebody(), "second", "claim/1")
    notes = await store.notes("audit", TENANT, None, 10)
    assert [(note["action"], note["key_id"]) for note in notes] == [
        ("audit.open", "2026-07"),
        ("first", "2026-07"),
        ("audit.close", "2026-07"),
        ("audit.open", "2026-08"),
        ("second", "2026-08"),
    ]
    verdict = await verify(store, audit, "claims", TENANT)
    assert (verdict.verified, [one["end"] for one in verdict.chains]) == (True, ["closed", "being written"])
    without = Audit(store, Ticking(), AuditKeys("2026-08", {"2026-08": b"\xab" * 32}), "claims")
    assert "a key that is not here" in (await verify(store, without, "claims", TENANT)).faults[0]["what"]


@pytest.mark.parametrize("content", ["", "[]", '{"current": "a"}', '{"current": "a", "keys": {"b": "00"}}'])
def test_a_key_file_that_is_none_says_what_it_should_be(tmp_path: Path, content: str) -> None:
    file = tmp_path / "audit.json"
    file.write_text(content)
    with pytest.raises(ValueError, match="audit key"):
        FileKeys(file)


async def test_texts_that_no_store_can_hold_do_not_stop_the_log() -> None:
    store = MemoryStore()
    audit = Audit(store, Ticking(), KEYS, "claims")
    await audit.record(Principal(TENANT, "pat\ud800", frozenset({"biller"})), "a", "claim/1", "x" * 5000)
    note: dict[str, Any] = dict((await store.notes("audit", TENANT, None, 10))[-1])
    assert (note["actor"], len(note["reason"])) == ("pat?", 500)
