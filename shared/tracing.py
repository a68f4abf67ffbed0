"""Spans of what a service does, for a collector of the house (OpenTelemetry). Off unless an endpoint is set.

Spans are made when the work is done, with the times of it: the path of a message does not wait for them, and they leave
in batches. They name kinds, types and pseudonymous ids, as log lines do; nothing of a message's content.
"""

import asyncio
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from time import time_ns
from typing import Any, NamedTuple

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import Attributes

from shared.contracts import Meta
from shared.decider import Decided, Decider, Pending
from shared.metrics_tally import name_of
from shared.store.port import Key, Row
from shared.tracing_ids import is_kept, said_in, span_of, trace_of

SECONDS_APART = 3600.0
"""What an aggregate answers so long after its last news is linked to it, even within one story."""


class Work(NamedTuple):
    """What a span is about, and when it was done (nanoseconds since 1970). `error` is a class, never a text."""

    does: str
    kind: SpanKind
    span: int
    began_ns: int
    ended_ns: int
    error: str = ""


class KnownIds(RandomIdGenerator):
    """Gives the next span the id that it must have; spans that have no message get any."""

    def __init__(self) -> None:
        self.next_span: int | None = None

    def generate_span_id(self) -> int:
        known, self.next_span = self.next_span, None
        return super().generate_span_id() if known is None else known


class Share(Sampler):
    """Keeps a share of all traces, chosen by their ids, so that every service keeps the same ones."""

    def __init__(self, share: float) -> None:
        self._share = share

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        del parent_context, name, kind, links, trace_state  # the id alone decides
        decision = Decision.RECORD_AND_SAMPLE if is_kept(trace_id, self._share) else Decision.DROP
        return SamplingResult(decision, attributes)

    def get_description(self) -> str:
        return f"Share{{{self._share:g}}}"


class Tracing:
    """Makes the spans of one process."""

    def __init__(self, service: str, processor: SpanProcessor, share: float = 1.0) -> None:
        self.service, self._ids = service, KnownIds()
        self._provider = TracerProvider(
            sampler=Share(share),
            resource=Resource.create({"service.name": f"revcycle-{service}"}),
            id_generator=self._ids,
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("revcycle")

    async def close(self) -> None:
        """Send what is left; a collector that is away is not waited for long."""
        await asyncio.to_thread(self._provider.shutdown)

    def decided(
        self,
        decider: Decider[Any, Any, Any],
        rows: Mapping[Key, Row[Any]],
        messages: Mapping[Key, Sequence[Any]],
        decided: Mapping[Key, Decided[Any, Any]],
        began_ns: int,
    ) -> None:
        """One span for each message of a round that was written; those of one aggregate follow each other."""
        ended_ns, asked_by = time_ns(), trace.get_current_span().get_span_context()
        for key in decided:
            before = last_news(rows[key])
            subject = f"{decider.kind}/{key.id}"
            for message in messages[key]:
                meta: Meta = message.meta
                links = [*_earlier(before, meta), *([Link(asked_by, {"why": "asked"})] if asked_by.is_valid else ())]
                own, type_ = span_of(meta.id, decider.service, subject), name_of(message.__class__)
                attributes = {"messaging.message.type": type_, **_about(meta, decider.kind, key)}
                work = Work(f"decides {type_}", SpanKind.CONSUMER, own, began_ns, ended_ns)
                self._make(work, meta, said_in(meta), attributes, links)

    def performed(self, decider: Decider[Any, Any, Any], key: Key, pending: Pending, began_ns: int, error: str) -> None:
        """The span of one try of an effect; what is answered to it is said in this span."""
        effect, cause = type(pending.effect).__name__, pending.cause
        parent = span_of(cause.id, decider.service, f"{decider.kind}/{key.id}")
        attributes: dict[str, str | int] = {
            "revcycle.effect": effect,
            "revcycle.attempt": pending.attempts + 1,
            **_about(cause, decider.kind, key),
        }
        links = _long_ago(cause, pending.next_attempt_at, parent)
        own = span_of(pending.id, cause.source, cause.subject)
        work = Work(f"performs {effect}", SpanKind.CLIENT, own, began_ns, time_ns(), error)
        self._make(work, cause, parent, attributes, links)

    @contextmanager
    def request(self, headers: Mapping[str, str]) -> Generator[trace.Span]:
        """The span of an HTTP request, in its caller's trace if it names one. What is decided in it links to it."""
        parent = TraceContextTextMapPropagator().extract(headers)
        with self._tracer.start_as_current_span(
            f"{self.service} HTTP", parent, SpanKind.SERVER, record_exception=False, set_status_on_exception=False
        ) as span:
            yield span

    def _make(self, work: Work, meta: Meta, above: int, attributes: Mapping[str, str | int], links: list[Link]) -> None:
        self._ids.next_span = work.span
        span = self._tracer.start_span(
            f"{self.service} {work.does}",
            trace.set_span_in_context(NonRecordingSpan(_context(meta, above))),
            work.kind,
            attributes,
            links,
            work.began_ns,
        )
        self._ids.next_span = None  # where the trace is not kept, nobody asked for it
        if work.error:
            span.set_status(Status(StatusCode.ERROR, work.error))
        span.end(work.ended_ns)


def open_tracing(service: str, endpoint: str, share: float) -> Tracing:
    """To the collector at `endpoint` (`http://host:4318/v1/traces`)."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    exporter = OTLPSpanExporter(endpoint=endpoint, timeout=5)
    return Tracing(service, BatchSpanProcessor(exporter), share)


def last_news(row: Row[Any]) -> Meta | None:
    """The envelope of an aggregate's newest fact: its outbox holds it until the next write."""
    return Meta.model_validate_json(row.outbox[-1]["meta"]) if row.outbox else None


def _about(meta: Meta, kind: str, key: Key) -> dict[str, str]:
    return {
        "revcycle.kind": kind,
        "revcycle.id": key.id,
        "revcycle.tenant": key.tenant,
        "revcycle.correlation": str(meta.correlation),
    }


def _earlier(before: Meta | None, now: Meta) -> list[Link]:
    """The way back to what the aggregate heard before, where that was another story or long ago."""
    if before is None:
        return []
    seconds = (now.occurred_at - before.occurred_at).total_seconds()
    if before.correlation == now.correlation and seconds < SECONDS_APART:
        return []
    return [Link(_context(before, said_in(before)), {"why": "earlier", "seconds": round(max(seconds, 0))})]


def _long_ago(cause: Meta, at: datetime, span: int) -> list[Link]:
    seconds = (at.astimezone(UTC) - cause.occurred_at).total_seconds()
    return (
        [] if seconds < SECONDS_APART else [Link(_context(cause, span), {"why": "waited", "seconds": round(seconds)})]
    )


def _context(meta: Meta, span: int) -> SpanContext:
    return SpanContext(
        int(trace_of(meta.correlation), 16), span, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED)
    )
