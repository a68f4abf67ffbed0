"""What `/metrics` shows: a process's counts and how it is now, as Prometheus series.

The path of a message only adds to a dictionary (`shared.metrics_tally`). Series are made when somebody asks; what the
store and the broker must be asked for is asked at most every few seconds, however many ask.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

from shared.letters import open_count
from shared.metrics_catalogue import METRICS, PREFIX, Metric
from shared.metrics_tally import BOUNDS_SECONDS, Figure, Series, Span
from shared.overload import Gate
from shared.runtime import Running, Watching
from shared.store.documents import NEVER

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric as Family

KEPT = timedelta(seconds=4)
"""Less than any scrape interval, and so much that a second scraper costs nothing."""
PART_SECONDS = 3.0
SHED = ("requests_in_progress", "uploading_bytes", "backlog")
Gauges: TypeAlias = dict[Series, float]


@runtime_checkable
class Measuring(Protocol):
    """A loop that has gauges of its own, and series that are shown before there is anything to count."""

    def gauges(self) -> Iterable[tuple[Series, float]]: ...

    def series(self) -> Iterable[Series]: ...


class Exporter:
    """Makes the text of `/metrics` of one process."""

    def __init__(self, running: Running, gate: Gate) -> None:
        self.running, self._gate = running, gate
        self._metrics = metrics_of(running.spec.figures)
        self._asked: Gauges = {}
        self._asked_at: datetime = NEVER
        self._asking = asyncio.Lock()

    async def text(self) -> tuple[bytes, str]:
        """The answer to a scrape, and its content type."""
        from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
        from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

        await self._ask()
        registry = CollectorRegistry()
        for collector in (self, ProcessCollector(registry=None), PlatformCollector(registry=None)):
            registry.register(collector)
        GCCollector(registry=registry)
        return generate_latest(registry), CONTENT_TYPE_LATEST

    def describe(self) -> list[Any]:
        """Nothing beforehand: the registry need not look through everything to learn the names."""
        return []

    def collect(self) -> "Iterator[Family]":
        """Every series as it is now."""
        service = self.running.spec.name
        samples: dict[str, dict[Series, float | Span]] = defaultdict(dict)
        for series, value in self._series():
            samples[series[0]][series[1:]] = value
        for name, metric in self._metrics.items():
            if name in samples:
                yield _family(name, metric, service, samples[name])

    def _series(self) -> "Iterator[tuple[Series, float | Span]]":
        tally = self.running.runtime.shell.tally
        for primed in self._primed():
            yield primed, Span() if self._metrics[primed[0]].kind == "histogram" else 0
        yield from tally.counts.items()
        yield from tally.spans.items()
        yield from self._own().items()
        yield from self._asked.items()

    def _primed(self) -> Iterator[Series]:
        """What is shown as nothing before anything of it happened: an alert on it must see it change."""
        spec = self.running.spec
        for decider in spec.deciders:
            for name in PRIMED_BY_KIND:
                yield name, decider.kind
        for topic in spec.topics:
            yield "dead_letters_total", topic
        for exceeded in SHED:
            yield "requests_shed_total", exceeded
        for worker in self.running.workers:
            for kind, effect in worker.performed:
                yield "effect_seconds", kind, effect
                yield "effect_failures_total", kind, effect
        for loop in self.running.loops:
            if isinstance(loop, Measuring):
                yield from loop.series()
        for figure in spec.figures:
            yield from _combinations(figure)

    def _own(self) -> Gauges:
        """What the process knows of itself without asking anybody."""
        running, consumer = self.running, self.running.consumer
        found: Gauges = {
            ("ready",): int(running.serves),
            ("live",): int(running.watchdog.stalled(running.runtime.wall()) is None),
            ("consumer_joined",): int(consumer.joined),
            ("records_handled_total",): consumer.pipeline.handled,
            ("records_redelivered_total",): consumer.pipeline.redelivered,
            ("batch_retries_total",): consumer.pipeline.retries,
            ("outbox_age_seconds",): running.runtime.relay.oldest_seconds(),
            ("out_of_balance",): sum(loop.out_of_balance for loop in running.loops if isinstance(loop, Watching)),
        }
        for (topic, partition), offset in consumer.pipeline.committed.items():
            found["consumer_offset_total", topic, str(partition)] = offset
        for exceeded, count in self._gate.shed.items():
            found["requests_shed_total", exceeded] = count
        for loop in running.loops:
            if isinstance(loop, Measuring):
                found |= dict(loop.gauges())
        return found

    async def _ask(self) -> None:
        """Ask store and broker, one scrape for all that come together; a part that is away is missing and says so."""
        async with self._asking:
            now = self.running.runtime.wall()
            if now - self._asked_at < KEPT:
                return
            parts = await asyncio.gather(*(_answer(part, self.running) for part in PARTS))
            self._asked = {series: value for part in parts for series, value in part.items()}
            self._asked_at = now


Part: TypeAlias = Callable[[Running], Awaitable[Gauges]]


async def _store(running: Running) -> Gauges:
    store, deciders = running.runtime.store, running.spec.deciders
    now = running.runtime.clock.now()
    health = await store.health(deciders, now)
    outlooks = [await store.outlook(decider) for decider in deciders]
    due_at = min((o.next_due_at for o in outlooks if o.next_due_at is not None), default=now)
    effect_at = min((o.next_effect_at for o in outlooks if o.next_effect_at is not None), default=now)
    return {
        ("effects_due",): health.effects_due,
        ("effects_stuck",): health.effects_stuck,
        ("deadlines_due",): health.deadlines_due,
        ("parked_aggregates",): health.parked,
        ("waiting_messages",): health.waiting,
        ("dead_letter_records",): await open_count(store),
        ("quarantined_files",): await store.count_notes("quarantine"),
        ("outbox_aggregates",): await running.runtime.relay.owing(deciders),
        ("sweep_delay_seconds",): max((now - due_at).total_seconds(), 0.0),
        ("effect_delay_seconds",): max((now - effect_at).total_seconds(), 0.0),
        ("store_up",): 1,
    }


async def _broker(running: Running) -> Gauges:
    lags = await running.consumer.lags()
    found: Gauges = {("consumer_lag_records", topic, str(part)): lag for (topic, part), lag in lags.items()}
    return found | {("broker_up",): int(not running.consumer.refused)}


async def _loops(running: Running) -> Gauges:
    return {("loop_pending", loop.name): await loop.pending() for loop in running.loops}


PARTS: Mapping[Part, Gauges] = {_store: {("store_up",): 0}, _broker: {("broker_up",): 0}, _loops: {}}
"""Who is asked, and what is said of one that does not answer."""
PRIMED_BY_KIND = (
    "messages_unchanged_total",
    "conflicts_total",
    "parked_total",
    "publish_postponed_total",
    "batch_seconds",
)


async def _answer(part: Part, running: Running) -> Gauges:
    try:
        async with asyncio.timeout(PART_SECONDS):
            return await part(running)
    except Exception as error:  # noqa: BLE001 - a scrape is answered whatever is away; what is missing tells it
        running.runtime.log.warning("scrape_incomplete", kind=part.__name__, error=type(error).__name__)
        return PARTS[part]


def metrics_of(figures: Iterable[Figure]) -> dict[str, Metric]:
    """The metrics of a service: those of all, and its own."""
    return {**METRICS, **{one.name: Metric("counter", one.help, tuple(one.labels)) for one in figures}}


def _combinations(figure: Figure) -> Iterator[Series]:
    found: list[Series] = [(figure.name,)]
    for values in figure.labels.values():
        found = [(*series, value) for series in found for value in values]
    yield from found


def _family(name: str, metric: Metric, service: str, samples: Mapping[Series, float | Span]) -> "Family":
    from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

    labels = ("service", *metric.labels)
    family: CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily
    match metric.kind:
        case "histogram":
            family = HistogramMetricFamily(PREFIX + name, metric.help, labels=labels)
            for values, span in samples.items():
                assert isinstance(span, Span), "a histogram is made of durations"
                family.add_metric((service, *values), _buckets(span), span.seconds)
            return family
        case "counter":
            family = CounterMetricFamily(PREFIX + name, metric.help, labels=labels)
        case "gauge":
            family = GaugeMetricFamily(PREFIX + name, metric.help, labels=labels)
    for values, value in samples.items():
        assert not isinstance(value, Span), "a number, where no durations are declared"
        family.add_metric((service, *values), value)
    return family


def _buckets(span: Span) -> list[tuple[str, float]]:
    reached, found = 0, list[tuple[str, float]]()
    for bound, count in zip((*map(str, BOUNDS_SECONDS), "+Inf"), span.classes, strict=True):
        reached += count
        found.append((bound, reached))
    return found
