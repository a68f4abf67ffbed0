"""Records and stored documents by the thousand: each a true one, with the numbers in it changed.

Deciding a claim's life takes a millisecond; a million of them only have to be there. Every number in an id has a fixed
width, so one that was decided for real becomes the next by replacing bytes, in the BSON as well.
"""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import bson
from aiokafka import AIOKafkaProducer
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient

from bench.flow.cases import TENANT, Case
from shared.contracts.wire import Record
from shared.decider import Decider
from shared.store.documents import NEVER, entry_to_document, fields_of, journal_document, outbox_of
from shared.store.mongo import journal_id
from shared.store.port import Key, Mark, Write
from tests.contracts.examples import AT

TEMPLATE = 100_000_000
"""The number that the templates are made with: nine digits, which nothing else in them has."""
PAGE = 1000
FILLERS = 2
"""Connections that fill the store: while one encodes a page, the store works for the other."""


def renumbered(made: bytes, number: int) -> bytes:
    """The same bytes for another number below a billion."""
    return made.replace(b"%09d" % TEMPLATE, b"%09d" % number)


def records(case: Case, numbers: Sequence[int]) -> Iterator[Record]:
    """A case's main message for these accounts; each with an id of its own."""
    made = case.record(TEMPLATE)
    told = dict(made.headers)["ce_id"]
    for number in numbers:
        headers = [(name, renumbered(value, number)) for name, value in made.headers if name != "ce_id"]
        headers.append(("ce_id", str(UUID(int=UUID(told.decode()).int ^ number)).encode()))
        yield Record(made.topic, renumbered(made.key, number), renumbered(made.value, number), tuple(headers))


async def produce(kafka: str, case: Case, numbers: range) -> None:
    """Send them all, as fast as the broker takes them."""
    async with AIOKafkaProducer(bootstrap_servers=kafka, linger_ms=5, max_batch_size=256 * 1024) as producer:
        for page in pages(numbers):
            sent: list[asyncio.Future[Any]] = [
                await producer.send(r.topic, value=r.value, key=r.key, headers=list(r.headers))
                for r in records(case, page)
            ]
            await asyncio.gather(*sent)


def stored(case: Case, *, handled: bool) -> dict[str, list[bytes]]:
    """What the store has of the template's claim, as BSON by collection: before its main message, or after it."""
    decider: Decider[Any, Any, Any] = case.deciders[0]
    before = [*case.seed(TEMPLATE)] if case.seed else []
    decided = decider.run(decider.start().snapshot, [*before, *([case.message(TEMPLATE)] if handled else [])])
    key = Key(TENANT, decider.aggregate_id(case.message(TEMPLATE)))
    entries = tuple(entry_to_document(decider, entry) for entry in decided.entries)
    write = Write(key, 0, decided.snapshot, (), decided.started, decided.answered, mark=Mark("bench", 1))
    free: dict[str, Any] = {"lease_until": NEVER, "lease_owner": "", "effects": {}}
    row: dict[str, Any] = {"_id": str(key), **fields_of(decider, write), **outbox_of(write), **free}
    lines = [
        {"_id": journal_id(decider.kind, key, e["number"]), **journal_document(decider, key, e, AT)} for e in entries
    ]
    return {decider.kind: [bson.encode(row)], "journal": [bson.encode(line) for line in lines]}


def fill(mongo: str, database: str, case: Case, numbers: range, *, handled: bool, journal_every: int = 1) -> None:
    """Put the claims with these numbers into the store, as if each had been lived through.

    Every so many of them has its lines in the journal too: they are three quarters of the time and the space, and
    nothing that a message does looks at another claim's.
    """
    made = stored(case, handled=handled)
    with MongoClient[Any](mongo) as client, ThreadPoolExecutor(FILLERS) as fillers:

        def put(page: range) -> None:
            for collection, templates in made.items():
                of = page[::journal_every] if collection == "journal" else page
                documents = [RawBSONDocument(renumbered(one, number)) for number in of for one in templates]
                client[database][collection].insert_many(documents, ordered=False)

        for _ in fillers.map(put, pages(numbers)):
            pass  # what failed is raised here


def pages(numbers: range) -> Iterator[range]:
    """The numbers in pieces that one request holds."""
    for first in range(numbers.start, numbers.stop, PAGE):
        yield range(first, min(first + PAGE, numbers.stop))
