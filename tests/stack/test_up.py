"""The real broker and the real store under the real command line: start, crash of everything, start again, stop."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
from pymongo import AsyncMongoClient, UpdateOne
from pymongo.errors import BulkWriteError
from typer.testing import CliRunner

from revcycle.cli import app
from revcycle.refusal import Exit, RefusalError
from revcycle.stack.layout import Layout
from revcycle.stack.options import DEFAULT_PORTS
from revcycle.stack.ports import free_port
from revcycle.stack.record import StackRecord, read_record
from revcycle.stack.topics import create_topics, topic_names

pytestmark = pytest.mark.stack
RUN = CliRunner()

RUN_SERVERS = """
import json, sys
from pathlib import Path
from revcycle.cli import app
from revcycle.refusal import Exit, RefusalError
from revcycle.stack.layout import Layout
from revcycle.stack.options import Options
from revcycle.stack.up import run_stack
ports = json.loads(sys.argv[2])
run_stack(Options(ports, parts=()), Layout(Path(sys.argv[1])), lambda record: print("ready", flush=True))
"""


class Servers:
    """The stack without services, its supervisor a process of its own."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._ports = {name: free_port() for name in DEFAULT_PORTS}
        self._supervisor: subprocess.Popen[str] | None = None

    def start(self) -> StackRecord:
        argv = [sys.executable, "-c", RUN_SERVERS, str(self.layout.root), json.dumps(self._ports)]
        self._supervisor = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        assert self._supervisor.stdout is not None
        assert self._supervisor.stdout.readline() == "ready\n"
        return self.record()

    def record(self) -> StackRecord:
        record = read_record(self.layout.record)
        assert record is not None
        return record

    def kill_supervisor(self) -> None:
        """With kill -9: it has no chance to stop anything."""
        self._leave(signal.SIGKILL)

    def kill_everything(self) -> None:
        self.kill_supervisor()
        for process in self.record().processes:
            assert process.id is not None
            os.kill(process.id.pid, signal.SIGKILL)
        psutil.wait_procs([p for process in self.record().processes if process.id and (p := process.id.alive())], 10)

    def stop(self) -> int:
        """As Ctrl-C does; the exit code."""
        return self._leave(signal.SIGINT)

    def _leave(self, number: signal.Signals) -> int:
        if self._supervisor is None:
            return 0
        supervisor, self._supervisor = self._supervisor, None
        supervisor.send_signal(number)
        supervisor.communicate(timeout=30)
        return supervisor.returncode


@pytest.fixture
def servers(layout: Layout) -> Iterator[Servers]:
    made = Servers(layout)
    yield made
    made.stop()


def revcycle(layout: Layout, *words: str) -> tuple[int, str]:
    """One command, in this process: its exit code, and what it said."""
    done = RUN.invoke(app, [*words, f"--dir={layout.root}"])
    if isinstance(done.exception, RefusalError):
        return int(done.exception.exit_code), str(done.exception)
    return done.exit_code, done.stdout


async def put(record: StackRecord, balance_cents: int) -> None:
    """One guarded write of a first version; a duplicate key when somebody wrote before."""
    async with AsyncMongoClient[dict[str, Any]](record.mongo) as client:
        guard = {"_id": "acct_1", "version": 0}
        write = UpdateOne(guard, {"$set": {"version": 1, "balance_cents": balance_cents}}, upsert=True)
        await client["books"]["balances"].bulk_write([write], ordered=False)


async def balance_cents(record: StackRecord) -> int:
    async with AsyncMongoClient[dict[str, Any]](record.mongo) as client:
        found = await client["books"]["balances"].find_one({"_id": "acct_1"})
    assert found is not None
    return int(found["balance_cents"])


async def test_the_servers_serve_and_stop(servers: Servers) -> None:
    record = servers.start()
    assert await create_topics(record.kafka, partitions=6) == [], "they are there from the start"
    assert await create_topics(record.kafka, 24, ["wide.events.v1"]) == ["wide.events.v1"]
    assert len(topic_names()) == 16
    await put(record, 12_500)
    with pytest.raises(BulkWriteError) as lost_race:
        await put(record, 99)
    assert [(e["code"], e["keyPattern"]) for e in lost_race.value.details["writeErrors"]] == [(11000, {"_id": 1})]
    assert servers.stop() == 0
    assert [process.id.alive() for process in record.processes if process.id] == [None, None]


async def test_after_kill_9_of_everything_the_data_is_there(servers: Servers) -> None:
    await put(servers.start(), 12_500)
    servers.kill_everything()
    assert await balance_cents(servers.start()) == 12_500


async def test_what_a_killed_supervisor_left_is_ended_before_the_next_start(servers: Servers) -> None:
    before = servers.start()
    await put(before, 12_500)
    servers.kill_supervisor()
    assert revcycle(servers.layout, "status")[0] == Exit.NOT_RUNNING
    after = servers.start()
    assert await balance_cents(after) == 12_500
    assert all(then.id != now.id for then, now in zip(before.processes, after.processes, strict=True))


def test_a_second_stack_in_the_same_directory_is_refused(servers: Servers) -> None:
    servers.start()
    code, said = revcycle(servers.layout, "up")
    assert code == Exit.CONFLICT
    assert "A stack already runs" in said


def test_status_and_stop_talk_to_the_running_stack(servers: Servers) -> None:
    servers.start()
    code, as_json = revcycle(servers.layout, "status", "--json")
    assert code == Exit.DONE
    said = json.loads(as_json)
    assert said["healthy"] is True
    assert [(p["name"], p["ready"], p["restarts"]) for p in said["processes"]] == [
        ("broker", True, 0),
        ("store", True, 0),
    ]
    assert "ready" in revcycle(servers.layout, "status")[1]
    assert revcycle(servers.layout, "stop") == (Exit.DONE, "Stopped.\n")
    assert revcycle(servers.layout, "stop") == (Exit.DONE, "Nothing was running.\n")
    assert revcycle(servers.layout, "status")[0] == Exit.NOT_RUNNING


def test_a_taken_port_is_refused_before_anything_starts(layout: Layout) -> None:
    port = free_port()
    words = ["up", f"--dir={layout.root}", "--only=claims", f"--claims-port={port}", f"--store-port={port}"]
    argv = [sys.executable, "-m", "revcycle", *words]
    refused = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert refused.returncode == Exit.CONFLICT
    assert f"Port {port} was chosen for store and for another part." in refused.stderr
    assert not layout.record.exists()
