"""The local broker and store, for tests that need the real wire protocol. Started once a session, on free ports."""

import socket
import subprocess
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from revcycle.stack.child import ProcessSpec
from revcycle.stack.layout import Layout
from revcycle.stack.plan import broker, store
from revcycle.stack.ports import free_port


@contextmanager
def serving(spec: ProcessSpec, log: Path) -> Generator[str]:
    """Run one server until the test session ends; yields its address."""
    with log.open("wb") as out:
        process = subprocess.Popen(spec.argv, stdout=out, stderr=subprocess.STDOUT, cwd=spec.cwd)
        try:
            _wait_for(process, spec.port)
            yield spec.url or ""
        finally:
            process.terminate()
            process.wait(10)


def _wait_for(process: subprocess.Popen[bytes], port: int, tries: int = 600) -> None:
    """Until the server accepts connections; fails when it ends instead."""
    for _ in range(tries):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            try:
                process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
            pytest.fail(f"the server ended with {process.returncode}")
        else:
            return
    pytest.fail(f"no server on port {port}")


@pytest.fixture(scope="session")
def mongo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A MongoDB-wire server."""
    folder = tmp_path_factory.mktemp("store")
    layout = Layout(folder)
    layout.data.mkdir(parents=True, exist_ok=True)
    with serving(store(free_port(), layout), folder / "store.log") as url:
        yield url


@pytest.fixture(scope="session")
def kafka_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Kafka-API broker."""
    folder = tmp_path_factory.mktemp("broker")
    with serving(broker(free_port(), Layout(folder)), folder / "broker.log") as url:
        yield url


@pytest.fixture
def database_name() -> str:
    """A database no other test uses."""
    return f"test_{uuid4().hex[:12]}"
