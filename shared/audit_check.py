"""Verifying the audit log, pure: fed with one tenant's records in the order of their ids, it names every fault.

What is found: a changed field, a missing record (in the middle, or at the end before what was anchored or what the
process that writes it knows), records swapped, inserted, forged or copied from another tenant, a chain that is gone or
was replaced. What cannot be found from the database alone is a cut of the last seconds before a process was killed,
as long as no anchor was written after them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias

from shared.audit_anchors import HOUSE
from shared.audit_chain import CLOSED, NO_HEAD, OPENED, Head, label_of, mac_of, record_id, same
from shared.audit_keys import AuditKeys
from shared.store.port import Document

End: TypeAlias = Literal["closed", "being written", "not closed"]


class Fault(NamedTuple):
    """What is wrong with which chain, at which of its numbers."""

    chain: str
    number: int
    what: str


@dataclass(slots=True)
class ChainSeen:
    """What was read of one chain so far."""

    head: Head = NO_HEAD
    records: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    closed: bool = False
    at_anchor: str = ""  # the mac that lay at the anchored number


@dataclass(slots=True)
class Anchored:
    """What the anchors say: the end of each of the tenant's chains, and what was wrong with them."""

    ends: dict[str, Head] = field(default_factory=dict[str, Head])
    heads: dict[str, Head] = field(default_factory=dict[str, Head])  # last anchor by writer
    closed: set[str] = field(default_factory=set[str])
    faults: list[Fault] = field(default_factory=list[Fault])
    anchors: int = 0


class AnchorCheck:
    """Reads all anchors of a service, in the order of their ids."""

    def __init__(self, keys: AuditKeys, tenant: str) -> None:
        self._keys, self._tenant = keys, tenant
        self._macs: dict[tuple[str, int], str] = {}
        self._seen: list[tuple[str, Head, str]] = []
        self.found = Anchored()

    def read(self, anchor: Mapping[str, Any]) -> None:
        writer, number, found = str(anchor.get("writer")), _number(anchor), self.found
        found.anchors += 1
        last = found.heads.get(writer, NO_HEAD)
        faults = found.faults
        key = self._keys.of(anchor.get("key_id"))
        name = str(anchor.get("id"))
        if key is None:
            faults.append(Fault(writer, number, "an anchor names a key that is not here"))
        elif not same(anchor.get("mac"), mac_of(anchor, HOUSE, name, key)) or not _well_placed(anchor, "writer"):
            faults.append(Fault(writer, number, "an anchor was changed or forged"))
        else:
            label = label_of(self._tenant, key)
            for chain, (whose, at, mac) in anchor["heads"].items():
                if same(whose, label):
                    found.ends[chain] = max(found.ends.get(chain, NO_HEAD), Head(int(at), str(mac)))
            self._seen += [(other, Head(int(at), str(mac)), writer) for other, (at, mac) in anchor["seen"].items()]
            if anchor["closing"]:
                found.closed.add(writer)
        if number <= last.number:
            faults.append(Fault(writer, number, "an anchor is there twice, or in another's place"))
        elif number > last.number + 1:
            faults.append(Fault(writer, last.number + 1, f"{_missing(last.number, number)} of the anchors"))
        elif not same(anchor.get("previous"), last.mac):
            faults.append(Fault(writer, number, "an anchor does not follow the one before it"))
        found.heads[writer] = Head(number, str(anchor.get("mac")))
        self._macs[writer, number] = str(anchor.get("mac"))

    def known(self, outside: Iterable[tuple[str, Head, str]]) -> Anchored:
        """What was found, and whether every anchor is there that somebody saw: (writer, anchor, who says so)."""
        for writer, head, by in (*self._seen, *outside):
            if head.number and not same(self._macs.get((writer, head.number)), head.mac):
                what = f"the anchor that {by} knows is missing or another: the end was cut off, or all was replaced"
                self.found.faults.append(Fault(writer, head.number, what))
        return self.found


class ChainCheck:
    """Reads a tenant's records, in the order of their ids."""

    def __init__(self, keys: AuditKeys, tenant: str, anchored: Anchored) -> None:
        self._keys, self._tenant, self._anchored = keys, tenant, anchored
        self.chains: dict[str, ChainSeen] = {}
        self.faults: list[Fault] = list(anchored.faults)

    def read(self, record: Document) -> None:
        name, number = str(record.get("chain", "")), _number(record)
        if not name or number < 1:
            self._say(name or "none", number, f"the record {record.get('id')} belongs to no chain")
            return
        seen = self.chains.setdefault(name, ChainSeen())
        self._judge(record, name, number, seen)
        seen.records += 1
        seen.first_at = seen.first_at or record.get("at")
        seen.last_at = record.get("at")
        if number > seen.head.number:
            seen.head = Head(number, str(record.get("mac")))
        anchor = self._anchored.ends.get(name)
        if anchor is not None and anchor.number == number:
            seen.at_anchor = str(record.get("mac"))

    def _judge(self, record: Document, name: str, number: int, seen: ChainSeen) -> None:
        key = self._keys.of(record.get("key_id"))
        if key is None:
            self._say(name, number, "the record names a key that is not here")
        elif not same(record.get("mac"), mac_of(record, self._tenant, str(record.get("id")), key)):
            self._say(name, number, "the record was changed, forged, or is another tenant's")
        elif not _well_placed(record, "chain"):
            self._say(name, number, "the record lies where it was not written")
        if seen.closed:
            self._say(name, number, "the record comes after the end of its chain")
        if number <= seen.head.number:
            self._say(name, number, "the record is there twice, or in another's place")
        elif number > seen.head.number + 1:
            self._say(name, seen.head.number + 1, _missing(seen.head.number, number))
        elif not same(record.get("previous"), seen.head.mac):
            self._say(name, number, "the record does not follow the one before it")
        if (number == 1) != (record.get("action") == OPENED and record.get("kind") == "chain"):
            self._say(name, number, "a chain opens with its first record only")
        seen.closed = seen.closed or (record.get("action") == CLOSED and record.get("kind") == "chain")

    def finish(self, live: Mapping[str, Head]) -> dict[str, End]:
        """Compare with the anchors and with what the process knows of its own chains; how each chain ends."""
        for name, end in self._anchored.ends.items():
            seen = self.chains.get(name)
            if seen is None:
                self._say(name, end.number, f"the chain of {end.number} records is gone")
            elif seen.head.number < end.number:
                self._say(
                    name, seen.head.number + 1, f"{_missing(seen.head.number, end.number + 1)}: the end was cut off"
                )
            elif not same(seen.at_anchor, end.mac):
                self._say(name, end.number, "the chain is another than the one that was anchored")
        for name, head in live.items():
            seen = self.chains.get(name)
            if seen is None or seen.head.number < head.number:
                number = seen.head.number if seen else 0
                self._say(
                    name, number + 1, f"{_missing(number, head.number + 1)}: the process that writes it knows more"
                )
        return {
            name: "closed" if seen.closed else "being written" if name in live else "not closed"
            for name, seen in self.chains.items()
        }

    def _say(self, chain: str, number: int, what: str) -> None:
        self.faults.append(Fault(chain, number, what))


def _well_placed(record: Mapping[str, Any], chain: str) -> bool:
    at, name = record.get("at"), record.get(chain)
    return isinstance(at, datetime) and record.get("id") == record_id(at, str(name), _number(record))


def _number(record: Mapping[str, Any]) -> int:
    number = record.get("number")
    return number if isinstance(number, int) else 0


def _missing(last: int, next_number: int) -> str:
    first, end = last + 1, next_number - 1
    return f"record {first} is missing" if first == end else f"records {first} to {end} are missing"
