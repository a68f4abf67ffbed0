"""Reading the audit log: pages of it, all of it for an export, and its verification."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from shared.audit import COLLECTION, Audit
from shared.audit_anchors import COLLECTION as ANCHORS
from shared.audit_anchors import HOUSE
from shared.audit_chain import Head
from shared.audit_check import AnchorCheck, ChainCheck, End, Fault
from shared.audit_lines import search_keys
from shared.decider import Scalar
from shared.store.port import Document, Store

PAGE = 1000
CHAINS_MAX = 2000
FAULTS_MAX = 200
FIRST_ID, LAST_ID = "", "\uffff"


class Verdict(NamedTuple):
    """What was checked of one service's log of one tenant. `faults` names the first of `faults_found`."""

    service: str
    verified: bool
    records: int
    anchors: int
    chains_checked: int
    chains: list[dict[str, Any]]
    faults_found: int
    faults: list[dict[str, Any]]


def ids_between(first: date | None, last: date | None) -> tuple[str, str]:
    """The ids of these days, UTC, both included."""
    return (
        FIRST_ID if first is None else _midnight(first),
        LAST_ID if last is None else _midnight(last + timedelta(days=1)),
    )


async def page_of(
    store: Store, tenant: str, where: Mapping[str, Scalar], between: tuple[str, str], limit: int, *, newest_first: bool
) -> Sequence[Document]:
    """Records that fit all of `where`."""
    return await store.find_notes(COLLECTION, tenant, search_keys(where), between, limit, newest_first=newest_first)


async def all_of(store: Store, collection: str, tenant: str, between: tuple[str, str]) -> AsyncIterator[Document]:
    """Every record of the days, those that open and close chains too, oldest first."""
    after = between[0]
    while True:
        page = await store.find_notes(collection, tenant, (), (after, between[1]), PAGE)
        for note in page:
            yield note
        if len(page) < PAGE:
            return
        after = str(page[-1]["id"])


async def verify(
    store: Store, audit: Audit, service: str, tenant: str, outside: Iterable[tuple[str, Head, str]] = ()
) -> Verdict:
    """Read a tenant's whole log in this service, and hold it against its macs, its anchors and what this process knows.

    `outside` are anchors kept elsewhere: writer, number and mac, and who says so.
    """
    keys, live = audit.keys.newer(), audit.heads(tenant)
    writer, own = audit.anchors.head
    anchors = AnchorCheck(keys, tenant)
    async for anchor in all_of(store, ANCHORS, HOUSE, (FIRST_ID, LAST_ID)):
        anchors.read(anchor)
    check = ChainCheck(keys, tenant, anchors.known([*outside, (writer, own, "this process")]))
    async for record in all_of(store, COLLECTION, tenant, (FIRST_ID, LAST_ID)):
        check.read(record)
    ends = check.finish(live)
    faults = check.faults
    return Verdict(
        service=service,
        verified=not faults,
        records=sum(seen.records for seen in check.chains.values()),
        anchors=anchors.found.anchors,
        chains_checked=len(ends),
        chains=[_shown(check, anchors, name, end) for name, end in ends.items()][-CHAINS_MAX:],
        faults_found=len(faults),
        faults=[fault._asdict() for fault in faults[:FAULTS_MAX]],
    )


def _shown(check: ChainCheck, anchors: AnchorCheck, name: str, end: End) -> dict[str, Any]:
    seen, anchored = check.chains[name], anchors.found.ends.get(name)
    return {
        "chain": name,
        "records": seen.records,
        "first_at": seen.first_at,
        "last_at": seen.last_at,
        "anchored": anchored.number if anchored else 0,
        "end": end,
        "faults": sum(fault.chain == name for fault in check.faults),
    }


def _midnight(day: date) -> str:
    return datetime.combine(day, time(), UTC).isoformat(timespec="milliseconds")


__all__ = ["Fault", "Verdict", "all_of", "ids_between", "page_of", "verify"]
