"""What the stack would start, and what it refuses to start."""

import socket
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from revcycle.refusal import Exit, RefusalError
from revcycle.stack.clock import move_clock
from revcycle.stack.layout import Layout
from revcycle.stack.options import DEFAULT_PORTS, MODULES, Options
from revcycle.stack.plan import environment, stages
from revcycle.stack.ports import free_port, is_free, refuse_taken_ports
from revcycle.stack.store_server import cached_binary, store_server
from shared.clock import read_clock_file
from shared.settings import Settings


async def nothing() -> None:
    """Nothing to do between the stages."""


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def test_a_taken_port_is_named_with_the_flag_that_moves_it(taken_port: int) -> None:
    with pytest.raises(RefusalError, match=rf"Port {taken_port} \(claims\) is in use.*--claims-port") as refused:
        refuse_taken_ports({"claims": taken_port, "payments": free_port()})
    assert refused.value.exit_code is Exit.CONFLICT
    assert not is_free(taken_port)


def test_one_port_for_two_parts_is_refused() -> None:
    port = free_port()
    with pytest.raises(RefusalError, match=rf"Port {port} was chosen for claims and for another part"):
        refuse_taken_ports({"claims": port, "payments": port})


def test_given_servers_are_not_started(layout: Layout) -> None:
    given = Options(DEFAULT_PORTS, kafka="kafka:9092", mongo="mongodb://db")
    assert [[spec.name for spec in stage.specs] for stage in stages(given, layout, nothing)] == [[], list(MODULES)]
    assert set(given.ports_used()) == set(MODULES)
    assert set(Options(DEFAULT_PORTS).ports_used()) == {"broker", "store", *MODULES}


def test_every_service_is_told_what_the_settings_ask_for(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment("claims", Options(DEFAULT_PORTS), layout).items():
        monkeypatch.setenv(name, value)
    settings = Settings()  # pyright: ignore[reportCallIssue] - its fields come from the environment
    assert settings.env == "development"
    assert settings.database == "revcycle_claims"
    assert settings.port == DEFAULT_PORTS["claims"]
    assert settings.kafka == "127.0.0.1:19092"
    assert settings.kafka_idempotent is False
    assert settings.clock_file is None


def test_no_secret_has_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REVCYCLE_MASTER_KEY_FILE", raising=False)
    with pytest.raises(ValidationError, match="master_key_file"):
        Settings()  # pyright: ignore[reportCallIssue] - that is the point


def test_options_survive_the_way_through_a_command_line(layout: Layout) -> None:
    options = Options(DEFAULT_PORTS, parts=("claims",), kafka="k:1", partitions=24, as_of=date(2026, 7, 1))
    words = options.arguments()
    assert {"--claims-port=8102", "--only=claims", "--kafka=k:1", "--partitions=24", "--as-of=2026-07-01"} <= set(words)
    assert not any(word.startswith("--mongo=") for word in words)


def test_the_clock_goes_forward_only(layout: Layout) -> None:
    july, august = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC)
    move_clock(layout.clock, july)
    move_clock(layout.clock, august)
    with pytest.raises(RefusalError, match=r"shows 2026-08-01 00:00 and does not go back to 2026-07-01") as refused:
        move_clock(layout.clock, july)
    assert refused.value.exit_code is Exit.REFUSED
    assert read_clock_file(layout.clock) == august
    assert "REVCYCLE_CLOCK_FILE" in environment("claims", Options(DEFAULT_PORTS), layout)


def test_a_stack_goes_on_with_the_store_it_began_with(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVCYCLE_CACHE", str(layout.root / "cache"))
    wheel = store_server(layout.data)
    assert (wheel.folder, wheel.pool_size, wheel.one_core) == (layout.data, 1, True)
    cached_binary().parent.mkdir(parents=True)
    cached_binary().touch()
    rust = store_server(layout.data)
    assert (rust.argv, rust.pool_size, rust.one_core) == ((str(cached_binary()),), None, False)
    (layout.data / "WiredTiger.wt").touch()
    assert store_server(layout.data) == wheel, "what the wheel wrote, the Rust build does not read"
    (layout.data / "WiredTiger.wt").unlink()
    rust.folder.mkdir()
    assert store_server(layout.data) == rust
    cached_binary().unlink()
    with pytest.raises(RefusalError, match="make store"):
        store_server(layout.data)


@pytest.mark.parametrize(("binary", "pool_size"), [(False, "1"), (True, None)])
def test_services_have_as_many_connections_as_the_store_can_use(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, binary: bool, pool_size: str | None
) -> None:
    monkeypatch.setenv("REVCYCLE_CACHE", str(layout.root / "cache"))
    if binary:
        cached_binary().parent.mkdir(parents=True)
        cached_binary().touch()
    told = environment("claims", Options(DEFAULT_PORTS), layout)
    assert told.get("REVCYCLE_MONGO_POOL_SIZE") == pool_size
