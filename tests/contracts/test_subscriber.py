"""Reading events from outside, on both clients over a broker: once each, places kept, unreadable ones put aside."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shared.contracts import BalanceOverdue, ClaimDenied, ClaimPaid, Event
from shared.contracts.subscriber import Later, RecentIds, SeenInFile, Settings, Subscription, Upcast, read, subscribe
from shared.contracts.subscriber.reading import Raw
from shared.contracts.wire import UnreadableError, events_topic, to_record
from tests.contracts.examples import EXAMPLES

Client: TypeAlias = Literal["aiokafka", "confluent"]
# The broker lets a group wait as long as its members' patience lasts.
QUICK: dict[Client, dict[str, int]] = {
    "aiokafka": {"session_timeout_ms": 6000, "heartbeat_interval_ms": 300},
    "confluent": {"session.timeout.ms": 6000, "heartbeat.interval.ms": 300},
}
DENIED = next(one for one in EXAMPLES if isinstance(one, ClaimDenied))
PAID = next(one for one in EXAMPLES if isinstance(one, ClaimPaid))


def again(event: Event) -> Event:
    """The same content with an id of its own."""
    return event.model_copy(update={"meta": event.meta.model_copy(update={"id": uuid4()})})


def raw(event: Event) -> Raw:
    record = to_record(events_topic(event.meta.source), event)
    return Raw(record.topic, 0, 0, record.key, record.value, record.headers)


def structured(event: Event) -> Raw:
    """The same event as another producer may write it: one JSON object."""
    binary = raw(event)
    attributes = {name.removeprefix("ce_"): value.decode() for name, value in binary.headers if name.startswith("ce_")}
    body = {**attributes, "datacontenttype": "application/json", "data": json.loads(binary.value or b"")}
    return binary._replace(
        value=json.dumps(body).encode(), headers=(("content-type", b"application/cloudevents+json; charset=UTF-8"),)
    )


@dataclass(frozen=True)
class Reader:
    """A program on one client, in a group of its own, with its dead letters."""

    client: Client
    servers: str
    dead_letters: str
    group: str

    def subscribe(self, dead_letters: str | None = None) -> Subscription[ClaimDenied]:
        return subscribe(
            self.servers,
            group=self.group,
            types=(ClaimDenied,),
            client=self.client,
            settings=Settings({}, QUICK[self.client]),
            dead_letters=dead_letters,
        )

    async def buried(self, count: int) -> list[dict[str, str]]:
        """The headers of so many dead letters."""
        dead: Any = AIOKafkaConsumer(self.dead_letters, bootstrap_servers=self.servers, auto_offset_reset="earliest")
        await dead.start()
        letters = [await dead.getone() for _ in range(count)]
        await dead.stop()
        return [{name: value.decode() for name, value in one.headers} for one in letters]


@pytest.fixture
async def topic(kafka_servers: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The claims' topic under a name of this test's own, and one for the dead letters of each client."""
    name = f"claims.{uuid4().hex[:8]}"

    def named(service: str) -> str:
        return f"{name}.{service}"

    monkeypatch.setattr("shared.contracts.subscriber.subscription.events_topic", named)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_servers)
    await admin.start()
    await admin.create_topics([NewTopic(f"{name}.{end}", 1, 1) for end in ("claims", *QUICK)])
    await admin.close()
    return name


async def send(servers: str, topic: str, records: Sequence[Raw]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=servers)
    await producer.start()
    for one in records:
        await producer.send_and_wait(topic, one.value, one.key, headers=list(one.headers))
    await producer.stop()


async def take(events: Subscription[ClaimDenied], count: int) -> list[ClaimDenied]:
    """So many events, each handled."""
    taken: list[ClaimDenied] = []
    async with events:
        async for event in events:
            taken.append(event)
            if len(taken) == count:
                break
    return taken


async def fall(events: Subscription[ClaimDenied], unwanted: Event) -> None:
    """Put one event aside, and break at the next."""
    async with events:
        async for event in events:
            if event != unwanted:
                raise ZeroDivisionError(event.claim_id)
            await events.bury("the account is not ours")


@pytest.mark.stack
async def test_each_event_is_handled_once_and_what_cannot_be_is_put_aside(kafka_servers: str, topic: str) -> None:
    """Two programs' days, one on each client: they read, meet poison, put it aside, fall, and come back."""
    first, paid, second, unwanted, third = (again(one) for one in (DENIED, PAID, DENIED, DENIED, DENIED))
    poison = raw(again(DENIED))._replace(value=b'{"claim_id": "SECRET"')
    unknown = raw(again(DENIED))
    unknown = unknown._replace(headers=[(n, b"claim.denied.v9" if n == "ce_type" else v) for n, v in unknown.headers])
    sent = [raw(first), raw(first), raw(paid), structured(second), poison, unknown, raw(unwanted), raw(third)]
    await send(kafka_servers, f"{topic}.claims", sent)

    async def live(reader: Reader) -> None:
        events = reader.subscribe()
        with pytest.raises(UnreadableError) as caught:
            await take(events, 3)
        assert "SECRET" not in str(caught.value)
        assert (events.tally.handled, events.tally.repeated) == (2, 1)
        events = reader.subscribe(reader.dead_letters)
        with pytest.raises(ZeroDivisionError):
            await fall(events, unwanted)
        assert (events.tally.buried, events.tally.later, events.tally.handled) == (2, 1, 1)
        letters = await reader.buried(2)
        assert [(one["x-origin-offset"], one["x-reason"]) for one in letters] == [
            ("4", "the body is not a JSON object"),
            ("6", "the account is not ours"),
        ]
        assert letters[0]["x-origin-topic"] == f"{topic}.claims"
        assert await take(reader.subscribe(), 1) == [third]

    await asyncio.gather(*(live(Reader(one, kafka_servers, f"{topic}.{one}", uuid4().hex)) for one in QUICK))


def test_either_mode_of_cloudevents_gives_the_same_event() -> None:
    for event in EXAMPLES:
        assert read(raw(event)) == read(structured(event)) == event


@pytest.mark.parametrize("value", [b"", b"[]", b'{"data": 1}', b'{"type": "claim.denied.v1"}'])
def test_a_structured_record_without_a_body_is_refused(value: bytes) -> None:
    with pytest.raises(UnreadableError, match="structured mode"):
        read(structured(DENIED)._replace(value=value))


def test_an_older_type_is_told_as_the_newer_one() -> None:
    def renamed(body: dict[str, Any]) -> dict[str, Any]:
        return {**body, "denied_cents": body["refused_cents"]}

    older = json.loads(raw(DENIED).value or b"")
    older["refused_cents"] = older.pop("denied_cents")
    record = raw(DENIED)._replace(
        value=json.dumps(older).encode(),
        headers=[(n, b"claim.refused.v1" if n == "ce_type" else v) for n, v in raw(DENIED).headers],
    )
    assert read(record) == Later("claim.refused.v1")
    upcasts = {
        "claim.refused.v1": Upcast("claim.refused.v2", renamed),
        "claim.refused.v2": Upcast("claim.denied.v1", dict),
    }
    assert read(record, upcasts) == DENIED
    with pytest.raises(UnreadableError, match=r"body of claim\.refused\.v1 is not what its upcast expects"):
        read(record._replace(value=b"{}"), upcasts)


def test_types_that_are_no_events_are_refused_before_anything_is_asked() -> None:
    for types in ((), (Event,)):
        with pytest.raises(ValueError, match="event classes"):
            subscribe("127.0.0.1:1", group="g", types=types)
    with pytest.raises(ValueError, match="event classes"):
        subscribe("127.0.0.1:1", group="g", types=(BalanceOverdue, Event))


def test_ids_are_remembered_within_a_limit_and_in_a_file_for_good(tmp_path: Path) -> None:
    recent = RecentIds(limit=2)
    for one in "aab":
        recent.remember(one)
    assert (recent.knows("a"), recent.knows("b"), recent.knows("c")) == (True, True, False)
    recent.remember("c")
    assert (recent.knows("a"), recent.knows("c")) == (False, True)
    first = SeenInFile(tmp_path / "seen.db")
    first.remember("a")
    first.remember("a")
    first.close()
    later = SeenInFile(tmp_path / "seen.db")
    assert (later.knows("a"), later.knows("b")) == (True, False)
    later.close()
