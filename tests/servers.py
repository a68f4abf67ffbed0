"""The broker and the store, for tests that need the real wire protocol. Started once a session, on free ports.

`pytest --kafka=apache` runs what talks to a broker on Apache Kafka instead of the local one, and nothing else.
"""

import asyncio
import os
import signal
import subprocess
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from bench.flow.servers import server
from revcycle.kafka.cluster import plan_cluster, prepare, wait_until_whole
from revcycle.refusal import RefusalError
from revcycle.stack.layout import Layout
from revcycle.stack.plan import broker, store
from revcycle.stack.ports import free_port

BROKER_FIXTURES = {"kafka", "each_kafka", "own_kafka", "apache_kafka", "three_brokers"}
"""A test that asks for one of these, itself or through another fixture, talks to a broker."""


@dataclass(frozen=True, slots=True)
class Kafka:
    """A broker to test on, and what it can."""

    servers: str
    idempotent: bool  # whether it knows idempotent producers


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--kafka",
        choices=("local", "apache"),
        default=os.environ.get("REVCYCLE_TEST_KAFKA", "local"),
        help="the broker to test on; apache: Apache Kafka, and only the tests that talk to a broker",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On Apache Kafka, leave out whatever talks to no broker: it has been tested without."""
    if config.getoption("--kafka") != "apache":
        return
    others = [item for item in items if not BROKER_FIXTURES.intersection(getattr(item, "fixturenames", ()))]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in set(others)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`each_kafka`: the local broker and Apache Kafka, or only the latter where it was asked for."""
    if "each_kafka" in metafunc.fixturenames:
        chosen = ["apache"] if metafunc.config.getoption("--kafka") == "apache" else ["local", "apache"]
        metafunc.parametrize("each_kafka", chosen, indirect=True, scope="session")


@pytest.fixture(scope="session")
def mongo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A MongoDB-wire server."""
    folder = tmp_path_factory.mktemp("store")
    layout = Layout(folder)
    layout.data.mkdir(parents=True, exist_ok=True)
    spec = store(free_port(), layout)
    with server(spec, folder / "store.log"):
        yield spec.url


@contextmanager
def local_broker(folder: Path) -> Generator[Kafka]:
    """The local stack's broker, which knows no idempotent producer."""
    spec = broker(free_port(), Layout(folder))
    with server(spec, folder / "broker.log"):
        yield Kafka(spec.url, idempotent=False)


@pytest.fixture(scope="session")
def local_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """The local stack's broker."""
    with local_broker(tmp_path_factory.mktemp("broker")) as running:
        yield running


class Brokers:
    """An Apache Kafka cluster whose brokers a test may kill and start again."""

    def __init__(self, folder: Path, count: int) -> None:
        self._folder = folder
        self._cluster = plan_cluster(folder, count)
        self._specs = dict(enumerate(prepare(self._cluster, quick=True), start=1))
        self._running = dict[int, ExitStack]()
        self._processes = dict[int, subprocess.Popen[bytes]]()
        self.servers = self._cluster.servers

    def start(self, *numbers: int) -> None:
        """Start these brokers, and return when every broker of the cluster is known to it."""
        with ThreadPoolExecutor(len(numbers)) as pool:
            list(pool.map(self._start, numbers))
            # A loop of its own, in a thread of its own: a fixture may run where a test's loop exists already.
            pool.submit(asyncio.run, wait_until_whole(self._cluster)).result()

    def _start(self, number: int) -> None:
        spec, running = self._specs[number], ExitStack()
        self._processes[number] = running.enter_context(server(spec, self._folder / f"{spec.name}.log"))
        self._running[number] = running

    def kill(self, *numbers: int) -> None:
        """With kill -9, at once."""
        for number in numbers:
            self._processes[number].send_signal(signal.SIGKILL)
        for number in numbers:
            self._running.pop(number).close()

    def stop(self) -> None:
        """What still runs, together: one that waited for the others would wait in vain."""
        for process in self._processes.values():
            process.terminate()
        for running in self._running.values():
            running.close()


@contextmanager
def apache(folder: Path, count: int, *, required: bool) -> Generator[Brokers]:
    """A running cluster. Where it cannot be had, the test fails when it was asked for, and else is skipped."""
    try:
        brokers = Brokers(folder, count)
    except RefusalError as refusal:
        if required:
            pytest.fail(str(refusal))
        pytest.skip(str(refusal))
    try:
        brokers.start(*range(1, count + 1))
        yield brokers
    finally:
        brokers.stop()


@pytest.fixture(scope="session")
def apache_kafka(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """Apache Kafka with one broker; skipped, saying why, where it cannot be run."""
    asked_for = request.config.getoption("--kafka") == "apache"
    with apache(tmp_path_factory.mktemp("apache"), 1, required=asked_for) as brokers:
        yield Kafka(brokers.servers, idempotent=True)


@pytest.fixture(scope="module")
def three_brokers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Brokers]:
    """Apache Kafka with three brokers, for faults; only where Apache Kafka was asked for."""
    if request.config.getoption("--kafka") != "apache":
        pytest.skip("three brokers of Apache Kafka start only with --kafka=apache (make test-kafka)")
    with apache(tmp_path_factory.mktemp("three"), 3, required=True) as brokers:
        yield brokers


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> Kafka:
    """The broker that was chosen, and what it can."""
    chosen: Kafka = request.getfixturevalue(f"{request.config.getoption('--kafka')}_kafka")
    return chosen


@pytest.fixture
def own_kafka(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A broker with nothing on it: a service reads its topics from the beginning, whichever test wrote to them."""
    folder = tmp_path_factory.mktemp("own")
    if request.config.getoption("--kafka") == "apache":
        with apache(folder, 1, required=True) as brokers:
            yield Kafka(brokers.servers, idempotent=True)
    else:
        with local_broker(folder) as running:
            yield running


@pytest.fixture(scope="session")
def each_kafka(request: pytest.FixtureRequest) -> Kafka:
    """Every broker that can be run here, one after the other."""
    found: Kafka = request.getfixturevalue(f"{request.param}_kafka")
    return found


@pytest.fixture(scope="session")
def kafka_servers(kafka: Kafka) -> str:
    """A Kafka-API broker's address."""
    return kafka.servers


@pytest.fixture
def database_name() -> str:
    """A database no other test uses."""
    return f"test_{uuid4().hex[:12]}"
