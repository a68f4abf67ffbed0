"""What must be true of topics, journals and book when all is over."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic_core import from_json

from revcycle.replay import database_of
from revcycle.stack.topics import SERVICES, topic_names
from shared.contracts import Meta
from shared.contracts.wire import Record, events_topic, header_map, make_record
from shared.store.connect import connect, disconnect
from tests.kafka.group import read_all

SHOWN = 20
COLUMNS = ("charge_cents", "paid_cents", "adjusted_cents", "insurance_cents", "denied_cents")
PATIENTS = ("patient_cents", "patient_paid_cents", "written_off_cents")
"""Which of these a patient's share is in hangs on the day of the first statement; their sum does not."""

Book = Mapping[str, Mapping[str, int]]
"""Cents of each account (`tenant/id`), by column."""


class Line(NamedTuple):
    """A fact in a journal, and the record that its event is."""

    aggregate: str  # kind/tenant/id
    number: int
    fact_id: str
    record: Record | None
    """Its id is the fact's."""


@dataclass(frozen=True, slots=True)
class Log:
    """What one service said, in the order of its topic's partitions, and what it has on record."""

    service: str
    said: Sequence[Record]
    journal: Sequence[Line]
    facts: Mapping[str, int]
    """How many facts made each aggregate, as its document says."""


@dataclass(slots=True)
class Findings:
    """What was lost and what was doubled, in words; empty when nothing was."""

    lost: list[str] = field(default_factory=list[str])
    doubled: list[str] = field(default_factory=list[str])
    wrong: list[str] = field(default_factory=list[str])
    """Neither: dead letters, a ledger that does not tie out, somebody who was refused."""

    @property
    def good(self) -> bool:
        return not (self.lost or self.doubled or self.wrong)


def audit_log(log: Log, found: Findings) -> None:
    """No gap, no contradictory duplicate, nothing on record that was not said, nothing said that is not on record."""
    contents: dict[str, Record] = {}
    heard: dict[str, int] = defaultdict(int)
    for record in log.said:
        headers = header_map(record.headers)
        event_id, stream = headers["ce_id"], f"{headers['ce_tenant']}/{headers['ce_subject']}"
        if event_id in contents:
            if contents[event_id] != record:
                found.doubled.append(f"{log.service}: event {event_id} was said with two contents")
            continue
        contents[event_id] = record
        sequence = int(headers["ce_sequence"])
        if sequence <= heard[stream]:
            found.doubled.append(f"{log.service}: {stream} has two events {sequence}, or they are out of order")
        elif sequence != heard[stream] + 1:
            found.lost.append(f"{log.service}: {stream} goes from event {heard[stream]} to {sequence}")
        heard[stream] = max(sequence, heard[stream])
    _audit_journal(log, contents, found)


def _audit_journal(log: Log, contents: Mapping[str, Record], found: Findings) -> None:
    numbers: dict[str, set[int]] = defaultdict(set)
    on_record, facts = set[str](), set[str]()
    for line in log.journal:
        numbers[line.aggregate].add(line.number)
        if line.fact_id in facts:
            found.doubled.append(f"{log.service}: {line.aggregate} decided a message twice")
        facts.add(line.fact_id)
        if line.record is None:
            continue
        on_record.add(line.fact_id)
        if line.fact_id not in contents:
            found.lost.append(f"{log.service}: event {line.fact_id} of {line.aggregate} is on record and was not said")
        elif contents[line.fact_id] != line.record:
            found.doubled.append(f"{log.service}: event {line.fact_id} was said otherwise than it is on record")
    found.lost += [f"{log.service}: event {one} was said and is not on record" for one in contents.keys() - on_record]
    for aggregate, count in log.facts.items():
        if numbers[aggregate] != set(range(1, count + 1)):
            found.lost.append(f"{log.service}: {aggregate} has {count} facts, {len(numbers[aggregate])} on record")


def compare_books(book: Book, undisturbed: Book, found: Findings) -> None:
    """To the cent, account by account and column by column: less is lost, more is doubled."""
    for account in sorted({*book, *undisturbed}):
        mine, theirs = book.get(account, {}), undisturbed.get(account, {})
        for column in sorted({*mine, *theirs}):
            difference = mine.get(column, 0) - theirs.get(column, 0)
            if difference:
                words = f"account {account}: {column} is {mine.get(column, 0)}, undisturbed {theirs.get(column, 0)}"
                (found.lost if difference < 0 else found.doubled).append(words)


def compare_ends(claims: Mapping[str, str], undisturbed: Mapping[str, str], found: Findings) -> None:
    """Each claim is there once and ends as it does without faults."""
    found.lost += [f"claim {claim} is missing" for claim in sorted(undisturbed.keys() - claims.keys())]
    found.doubled += [f"claim {claim} is not in the input" for claim in sorted(claims.keys() - undisturbed.keys())]
    found.wrong += [
        f"claim {claim} ends as {claims[claim]}, undisturbed {status}"
        for claim, status in sorted(undisturbed.items())
        if claims.get(claim, status) != status
    ]


def columns_of(receivables: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """An account's columns, added up from its claims and charges; what the patient's share became is one sum."""
    items = list(receivables)
    sums = {name: sum(int(item.get(name, 0)) for item in items) for name in COLUMNS}
    return {**sums, "patients_cents": sum(int(item.get(name, 0)) for item in items for name in PATIENTS)}


class Outcome(NamedTuple):
    """Everything that a stack held when it had come to rest."""

    logs: Sequence[Log]
    book: Book
    claims: Mapping[str, str]
    dead_letters: int

    @property
    def events(self) -> int:
        return sum(len({header_map(r.headers)["ce_id"] for r in log.said}) for log in self.logs)

    @property
    def records(self) -> int:
        return sum(len(log.said) for log in self.logs)


async def read_outcome(servers: str, mongo: str) -> Outcome:
    """Read topics from their beginning, journals and states whole."""
    client = connect(mongo)
    try:
        logs = [await _read_log(servers, client[database_of(service)], service) for service in SERVICES]
        book = {
            f"{d['tenant']}/{d['id']}": columns_of(from_json(d["state"])["receivables"].values())
            async for d in client[database_of("payments")]["account"].find()
        }
        claims = {
            f"{d['tenant']}/{d['id']}": from_json(d["state"])["status"]
            async for d in client[database_of("claims")]["claim"].find()
        }
    finally:
        await disconnect(client)
    dead = [await read_all(servers, topic) for topic in topic_names() if topic.endswith(".dlq")]
    return Outcome(logs, book, claims, sum(map(len, dead)))


async def _read_log(servers: str, database: Any, service: str) -> Log:
    topic = events_topic(service)
    records = await read_all(servers, topic)
    said = [Record(topic, r.key, r.value, tuple((n, v) for n, v in r.headers)) for r in records]
    journal = [_line(topic, document) async for document in database["journal"].find()]
    facts: dict[str, int] = {}
    for kind in sorted({line.aggregate.split("/", 1)[0] for line in journal}):
        async for d in database[kind].find({}, {"tenant": True, "id": True, "facts": True}):
            facts[f"{kind}/{d['tenant']}/{d['id']}"] = d["facts"]
    return Log(service, said, journal, facts)


def _line(topic: str, document: Mapping[str, Any]) -> Line:
    meta = Meta.model_validate_json(document["meta"])
    event = document["event"]
    record = None if event is None else make_record(topic, meta, document["type"], event.encode())
    aggregate = f"{document['kind']}/{document['tenant']}/{document['aggregate_id']}"
    return Line(aggregate, document["number"], str(meta.id), record)
