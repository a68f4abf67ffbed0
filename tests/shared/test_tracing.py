"""One story is one trace, across services, effects, restarts and months; and nothing of a patient is in a span."""

import json
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.contracts import Message, PatientPaymentReceived
from shared.contracts.wire import from_record, header_map
from shared.decider import Effect, Pending
from shared.http import bare_app
from shared.inbox import codec_of
from shared.log import configure_logs
from shared.relay import Relay
from shared.shell import Shell
from shared.store.port import Key
from shared.tracing import SECONDS_APART, Tracing
from shared.tracing_ids import is_kept, said_in, span_of, traceparent, traceparent_of
from shared.tracing_start import tracing_of
from shared.worker import Performer, Worker, answer_meta
from tests.operations.collector import collecting
from tests.shared.harness import Machine
from tests.shared.test_metrics import service
from tests.shared.till import AT, TILL, RingBell, Rung, pay

SPAN_ATTRIBUTES = {
    "messaging.message.type",
    "revcycle.kind",
    "revcycle.id",
    "revcycle.tenant",
    "revcycle.correlation",
    "revcycle.effect",
    "revcycle.attempt",
    "http.route",
    "http.response.status_code",
}


class Watched:
    """A till whose spans are kept."""

    def __init__(self, share: float = 1.0) -> None:
        self.machine, self.spans = Machine(AT), InMemorySpanExporter()
        self.tracing = Tracing("payments", SimpleSpanProcessor(self.spans), share)
        self.machine.shell.tracing = self.tracing
        self.broken = False

    @property
    def made(self) -> Sequence[ReadableSpan]:
        return self.spans.get_finished_spans()

    async def ring(self, key: Key, pending: Pending) -> Message:
        if self.broken:
            raise ConnectionError("Ann Canary's bell")
        self.machine.log.warning("ringing", kind="bell")
        return Rung(meta=answer_meta(key, pending, self.machine.clock), till=key.id)

    def worker(self) -> Worker:
        performers: dict[type[Effect], Performer] = {RingBell: self.ring}
        machine = self.machine
        return Worker(machine.shell, TILL, performers, machine.clock, machine.clock.wall, machine.log, "one")


@pytest.fixture
async def watched() -> AsyncIterator[Watched]:
    watched = Watched()
    yield watched
    await watched.tracing.close()


def ids(span: ReadableSpan) -> tuple[int, int, int]:
    """Trace, span, and the span above."""
    context, parent = span.get_span_context(), span.parent
    assert context is not None
    assert parent is not None
    return context.trace_id, context.span_id, parent.span_id


async def test_an_effect_and_its_answer_hang_under_the_message_that_asked_for_it(watched: Watched) -> None:
    messages = [pay(receipt) for receipt in "abc"]  # the third rings a bell
    await watched.machine.shell.transact(TILL, messages)
    await watched.worker().run_once()
    by_name = {span.name: span for span in watched.made}
    assert set(by_name) == {
        "payments decides till.pay.v1",
        "payments performs RingBell",
        "payments decides till.rung.v1",
    }
    asked, rang, answered = (ids(span) for span in by_name.values())
    assert {asked[0], rang[0], answered[0]} == {messages[2].meta.correlation.int}
    assert (rang[2], answered[2]) == (asked[1], rang[1])


async def test_another_service_that_hears_of_it_goes_on_in_the_same_trace(watched: Watched) -> None:
    """Nothing is handed over but the record itself; the header says the same to programs that know only that."""
    await watched.machine.shell.transact(TILL, [pay("a")])
    said = watched.machine.bus.records[0]
    meta = from_record(codec_of(PatientPaymentReceived), header_map(said.headers), said.value).meta
    trace, span, _ = ids(watched.made[0])
    assert (meta.correlation.int, said_in(meta)) == (trace, span)
    assert traceparent_of(dict(said.headers)) == f"00-{trace:032x}-{span:016x}-01"


async def test_what_comes_again_is_the_same_span_and_not_one_more(watched: Watched) -> None:
    message = pay("a")
    await watched.machine.shell.transact(TILL, [message])
    await watched.machine.shell.transact(TILL, [message])
    first, again = (ids(span) for span in watched.made)
    assert first == again


async def test_half_a_year_later_another_story_of_the_same_account_leads_back(watched: Watched) -> None:
    first, later = pay("a"), pay("b")
    gap = timedelta(days=180)
    later = later.model_copy(update={"meta": later.meta.model_copy(update={"occurred_at": AT + gap})})
    await watched.machine.shell.transact(TILL, [first])
    after = Machine(AT)  # the process was started anew meanwhile: only the store remembers
    after.store = watched.machine.store
    relay = Relay(after.bus, after.store, after.clock.wall, "second")
    after.shell = Shell(after.store, relay, after.log)
    after.shell.tracing = watched.tracing
    await after.shell.transact(TILL, [later])
    old, new = watched.made
    assert ids(old)[0] != ids(new)[0]
    (link,) = new.links
    assert (link.context.trace_id, link.context.span_id) == ids(old)[:2]
    assert link.attributes == {"why": "earlier", "seconds": gap.total_seconds()}
    assert gap.total_seconds() > SECONDS_APART


async def test_a_request_is_in_its_callers_trace_and_what_it_decides_links_to_it(watched: Watched) -> None:
    caller = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    message = pay("a")
    with watched.tracing.request(caller):
        await watched.machine.shell.transact(TILL, [message])
    decided, request = watched.made
    assert ids(request)[0] == 0x0AF7651916CD43DD8448EB211C80319C
    assert ids(request)[2] == 0xB7AD6B7169203331
    assert ids(decided)[0] == message.meta.correlation.int
    assert [link.context.span_id for link in decided.links] == [ids(request)[1]]


async def test_a_request_is_named_by_its_route(watched: Watched) -> None:
    app = bare_app("till")
    app.state.running = service(watched.machine)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://till") as client:
        await client.get("/claims/ann-canary?name=canary", headers={"traceparent": "canary", "x-reason": "canary"})
        await client.get("/ready")
    assert [span.name for span in watched.made] == ["payments other", "payments GET /ready"]
    assert "canary" not in shown(watched).lower()


async def test_all_services_keep_the_same_traces() -> None:
    """By the id, not by chance."""
    kept = [Watched(0.5), Watched(0.5)]
    messages = [pay(str(n), till=f"t{n}") for n in range(40)]
    for watched in kept:
        await watched.machine.shell.transact(TILL, messages)
    one, other = ({ids(span)[0] for span in watched.made} for watched in kept)
    assert one == other
    assert 5 < len(one) < 35
    assert one == {message.meta.correlation.int for message in messages if is_kept(message.meta.correlation.int, 0.5)}
    ends = {traceparent(message.meta.correlation, 1, 0.5)[-2:] for message in messages}
    assert ends == {"00", "01"}, "the header tells readers which ones"


# Nothing of a patient.


def shown(watched: Watched) -> str:
    return "\n".join(span.to_json() for span in watched.made)


async def test_no_span_holds_what_a_message_says_or_an_error_quotes(watched: Watched) -> None:
    watched.broken = True
    await watched.machine.shell.transact(TILL, [pay(f"{n} Ann Canary") for n in range(3)])
    await watched.worker().run_once()
    await watched.machine.shell.transact(TILL, [pay("Bob Canary", cents=666)])  # a rule breaks, quoting it
    failed = [span for span in watched.made if not span.status.is_ok and span.status.description]
    assert [span.status.description for span in failed] == ["ConnectionError"]
    assert "Canary" not in shown(watched)
    assert {name for span in watched.made for name in span.attributes or {}} <= SPAN_ATTRIBUTES


# Logs.


async def test_a_line_of_a_performer_says_whose_story_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    watched = Watched()
    watched.machine.log = configure_logs("payments", "WARNING")
    messages = [pay(receipt) for receipt in "abc"]
    await watched.machine.shell.transact(TILL, messages)
    await watched.worker().run_once()
    line = json.loads(capsys.readouterr().err)
    cause = messages[2].meta
    assert (line["event"], line["tenant"]) == ("ringing", cause.tenant)
    assert (line["correlation"], line["trace"]) == (str(cause.correlation), cause.correlation.hex)


# Ids.


def test_no_span_is_zero_and_each_answer_has_its_own() -> None:
    cause = UUID(int=1)
    spans = {
        span_of(cause, "claims", "claim/a"),
        span_of(cause, "payments", "claim/a"),
        span_of(cause, "claims", "claim/b"),
    }
    assert len(spans) == 3
    assert 0 not in spans


def test_a_record_without_an_envelope_has_no_trace() -> None:
    assert traceparent_of({"ce_id": b"nonsense", "ce_correlation": b"x"}) is None
    assert traceparent_of({}) is None


# Whether there are any.


async def test_spans_are_made_only_where_they_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tracing_of(None, 1.0, "claims") is None
    with collecting() as collector:
        tracing = tracing_of(collector.url, 1.0, "claims")
        assert tracing is not None
        machine = Machine(AT)
        machine.shell.tracing = tracing
        await machine.shell.transact(TILL, [pay("a")])
        await tracing.close()
    assert [(service, span.name) for service, span in collector.spans()] == [
        ("revcycle-claims", "claims decides till.pay.v1")
    ]
    monkeypatch.setitem(sys.modules, "shared.tracing", None)  # as where the extra is not installed
    with pytest.raises(RuntimeError, match=r"install revcycle-shared\[otel\]"):
        tracing_of("http://localhost:4318/v1/traces", 1.0, "claims")
