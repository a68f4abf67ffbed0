"""What a process counts of itself: the right numbers, under names of the program, shown only to who may see them."""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any

import httpx
import pytest
from aiokafka import TopicPartition
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from services.claims.figures import FIGURES as CLAIMS
from services.collections.figures import FIGURES as COLLECTIONS
from services.payments.figures import figures as payments_figures
from shared.auth import NotAuthenticatedError, Principal
from shared.http import bare_app
from shared.inbox import Received
from shared.metrics import Exporter, metrics_of
from shared.metrics_catalogue import PREFIX
from shared.metrics_tally import BOUNDS_SECONDS, OTHER, Figure, Tally
from shared.overload import Gate, Limits
from shared.pipeline import Pipeline
from shared.runtime import Running, Spec
from shared.store.memory import MemoryStore
from shared.worker import Worker
from tests.shared.harness import Machine
from tests.shared.test_inbox import inbox
from tests.shared.till import AT, TILL, Paid, RingBell, pay

TOKEN = "a token of more than twenty-four characters"


class Operators:
    """Knows one operator's token and one biller's."""

    def verify(self, header: str | None) -> Principal:
        if header not in {"Bearer operator", "Bearer biller"}:
            raise NotAuthenticatedError("no token")
        return Principal("lakeside", "pat", frozenset({header.removeprefix("Bearer ")}))


class Away(MemoryStore):
    """A store that does not answer."""

    async def health(self, *_: Any) -> Any:
        raise ConnectionError("mongodb://user:secret@host")


def service(machine: Machine, token_file: Path | None = None, figures: tuple[Figure, ...] = ()) -> Running:
    """A till as a service, on memory; its consumer never joined."""
    consumer: Any = SimpleNamespace(
        joined=False, refused=False, received=0, pipeline=Pipeline(inbox(machine), machine.log), lags=nothing
    )
    runtime: Any = SimpleNamespace(
        shell=machine.shell,
        store=machine.store,
        relay=machine.relay,
        clock=machine.clock,
        wall=machine.clock.wall,
        log=machine.log,
        audit=None,
        authenticator=Operators(),
        settings=SimpleNamespace(metrics_token_file=token_file),
    )
    worker = Worker(machine.shell, TILL, {RingBell: nothing}, machine.clock, machine.clock.wall, machine.log, "one")  # type: ignore[dict-item]
    spec = Spec(name="till", deciders=(TILL,), routes={}, topics=("payments.commands.v1",), figures=figures)
    machine.shell.tally.watch(figures)
    return Running(runtime, spec, consumer, (worker,), ())


async def nothing(*_: Any) -> dict[Any, Any]:
    return {}


async def shown(running: Running) -> dict[str, float]:
    """Every sample of a scrape by its name and labels, without `service`."""
    text, content_type = await Exporter(running, Gate(Limits())).text()
    assert content_type.startswith("text/plain")
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            labels = {name: value for name, value in sorted(sample.labels.items()) if name != "service"}
            assert not sample.name.startswith(PREFIX) or sample.labels["service"] == "till"
            found[f"{sample.name.removeprefix(PREFIX)}{labels or ''}"] = sample.value
    return found


@pytest.fixture
def machine() -> Machine:
    return Machine(AT)


async def test_what_is_decided_is_counted_once_and_a_repeat_as_nothing(machine: Machine) -> None:
    messages = [pay("a"), pay("b"), pay("c", till="t2")]
    await machine.shell.transact(TILL, messages)
    await machine.shell.transact(TILL, messages)
    found = await shown(service(machine))
    assert found["messages_total{'kind': 'till', 'type': 'till.pay.v1'}"] == 6
    assert found["messages_unchanged_total{'kind': 'till'}"] == 3
    assert found["events_total{'kind': 'till', 'type': 'patient-payment.received.v1'}"] == 3
    assert found["batch_seconds_count{'kind': 'till'}"] == 2
    assert found["batch_seconds_bucket{'kind': 'till', 'le': '+Inf'}"] == 2


async def test_what_never_happened_is_shown_as_nothing(machine: Machine) -> None:
    found = await shown(service(machine))
    for name in ("parked_total", "conflicts_total", "publish_postponed_total", "messages_unchanged_total"):
        assert found[f"{name}{{'kind': 'till'}}"] == 0
    assert found["dead_letters_total{'topic': 'payments.commands.v1'}"] == 0
    assert found["effect_failures_total{'effect': 'RingBell', 'kind': 'till'}"] == 0
    assert found["requests_shed_total{'exceeded': 'backlog'}"] == 0
    assert found["store_up"] == found["broker_up"] == found["ready"] == found["live"] == 1


async def test_a_broken_rule_a_lost_race_and_a_bad_record_are_counted(machine: Machine) -> None:
    await machine.shell.transact(TILL, [pay("a", cents=666)])
    bad = Received("payments.commands.v1", 0, 7, b"k", b"{", (("ce_type", b"till.pay.v1"),))
    await inbox(machine).handle([bad])
    found = await shown(service(machine))
    assert found["parked_total{'kind': 'till'}"] == found["parked_aggregates"] == 1
    assert found["waiting_messages"] == 1
    assert found["dead_letters_total{'topic': 'payments.commands.v1'}"] == found["dead_letter_records"] == 1


async def test_deadlines_and_effects_that_wait_are_told_by_how_long(machine: Machine) -> None:
    await machine.shell.transact(TILL, [pay(one) for one in "abc"])  # the third rings a bell
    machine.clock.time = AT + timedelta(hours=30)
    found = await shown(service(machine))
    assert found["effects_due"] == found["deadlines_due"] == 1
    assert found["effect_delay_seconds"] == timedelta(hours=30).total_seconds()
    assert 0 < found["sweep_delay_seconds"] < timedelta(hours=30).total_seconds()


async def test_an_event_that_is_not_public_grows_old(machine: Machine) -> None:
    mark = await machine.relay.begin(TILL, ())
    machine.clock.wall_time += timedelta(seconds=90)
    assert (await shown(service(machine)))["outbox_age_seconds"] == 90
    machine.relay.done(mark)
    assert (await shown(service(machine)))["outbox_age_seconds"] == 0


async def test_a_scrape_is_answered_when_the_store_is_away_and_says_so(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    running = service(machine)
    running.runtime.store = Away(machine.clock.wall_time)  # type: ignore[misc]
    found = await shown(running)
    assert (found["store_up"], found["broker_up"]) == (0, 1)
    assert "effects_due" not in found
    assert "secret" not in capsys.readouterr().err


async def test_the_store_is_asked_once_for_many_scrapes(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    whole = machine.store.health

    async def counted(*words: Any) -> Any:
        asked.append(words)
        return await whole(*words)

    monkeypatch.setattr(machine.store, "health", counted)
    exporter = Exporter(service(machine), Gate(Limits()))
    for _ in range(5):
        await exporter.text()
    assert len(asked) == 1
    machine.clock.wall_time += timedelta(seconds=5)
    await exporter.text()
    assert len(asked) == 2


async def test_records_that_come_again_and_offsets_are_counted_by_partition(machine: Machine) -> None:
    class Commits:
        async def commit(self, offsets: dict[TopicPartition, int]) -> None:
            """Taken."""

    def records(*offsets: int) -> list[Received]:
        return [Received("t.v1", n % 2, n, b"k", b"{}", (("ce_type", b"none.v1"),)) for n in offsets]

    pipeline = Pipeline(inbox(machine), machine.log)
    for batch in (records(0, 1, 2, 3), records(2, 3, 4, 5)):
        await pipeline.take(batch, Commits())
        await pipeline.drain()
    assert pipeline.committed == {("t.v1", 0): 5, ("t.v1", 1): 6}
    assert pipeline.redelivered == 2


async def test_a_batch_is_counted_as_one_however_long_it_is(machine: Machine) -> None:
    """Of the program's own steps, counting takes a handful and one for each aggregate, none for each message."""
    steps: Counter[str] = Counter()

    def count(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename.endswith("metrics_tally.py"):
            steps[frame.f_code.co_name] += 1

    messages = [pay(str(n), till=f"t{n % 10}") for n in range(500)]
    sys.setprofile(count)
    try:
        await machine.shell.transact(TILL, messages)
    finally:
        sys.setprofile(None)
    assert steps["handled"] == steps["written"] == steps["took"] == 1
    assert steps.total() <= 30


# What a label may say.


def test_a_value_that_was_not_declared_is_counted_as_other() -> None:
    def paid(fact: Paid) -> list[tuple[tuple[str, ...], int]]:
        return [((fact.till,), fact.cents)]

    figure = Figure("paid_total", "…", {"till": ("t1",)}, {Paid: paid})
    tally = Tally()
    tally.watch([figure])
    tally._count_figures(
        [Paid(till=till, receipt="r", cents=5, at=AT.astimezone(UTC)) for till in ("t1", "Ann Canary", "t1")]
    )
    assert dict(tally.counts) == {("paid_total", "t1"): 10, ("paid_total", OTHER): 5}


@pytest.mark.parametrize(
    "figures", [CLAIMS, payments_figures(), COLLECTIONS], ids=["claims", "payments", "collections"]
)
def test_a_figure_of_the_business_has_few_series_and_plain_names(figures: tuple[Figure, ...]) -> None:
    for figure in figures:
        assert figure.name.endswith("_total")
        series = 1
        for label, values in figure.labels.items():
            assert re.fullmatch(r"[a-z_]+", label)
            assert all(re.fullmatch(r"[a-z_]+", value) for value in values), label
            series *= len(values)
        assert series <= 60
        assert figure.of, "nothing would ever be counted"
    assert len(metrics_of(figures)) == len(metrics_of(())) + len(figures), "a name is used twice"


def test_durations_fall_into_classes_that_add_up() -> None:
    tally = Tally()
    for seconds in (0.001, 0.005, 0.0051, 100.0):
        tally.took(seconds, "batch_seconds", "till")
    span = tally.spans["batch_seconds", "till"]
    assert (span.classes[0], span.classes[1], span.classes[-1]) == (2, 1, 1)
    assert sum(span.classes) == 4
    assert len(span.classes) == len(BOUNDS_SECONDS) + 1


# The edge.


@pytest.fixture
def app(machine: Machine, tmp_path: Path) -> Iterator[FastAPI]:
    token = tmp_path / "metrics.token"
    token.write_text(TOKEN + "\n")
    app = bare_app("till")
    app.state.running = service(machine, token)
    yield app
    del app.state.running


async def ask(app: FastAPI, path: str, token: str | None = None) -> httpx.Response:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://till", headers=headers) as client:
        return await client.get(path)


async def test_metrics_are_shown_to_prometheus_and_to_operators_only(app: FastAPI) -> None:
    assert (await ask(app, "/metrics")).status_code == 401
    assert (await ask(app, "/metrics", TOKEN[:-1])).status_code == 401
    assert (await ask(app, "/metrics", "biller")).status_code == 403
    for token in (TOKEN, "operator"):
        answer = await ask(app, "/metrics", token)
        assert answer.status_code == 200
        assert "revcycle_ready" in answer.text


async def test_a_request_is_counted_under_its_route_never_under_its_path(app: FastAPI) -> None:
    for path in ("/internal/parked", "/claims/clm_of_ann_canary", "/ready", "/metrics"):
        await ask(app, path, "operator")
    counts = {
        series[1:]: n for series, n in app.state.running.runtime.shell.tally.counts.items() if "requests" in series[0]
    }
    assert counts["GET /ready", "2xx"] == 1
    assert counts["GET /internal/parked", "2xx"] == 1
    assert counts[OTHER, "4xx"] == 1
    assert "canary" not in str(counts)
