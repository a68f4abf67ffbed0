"""What a killed supervisor left is ended, and nothing else is."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from revcycle.stack.layout import Layout
from revcycle.stack.record import (
    Phase,
    ProcessId,
    ProcessRecord,
    ProcessState,
    StackRecord,
    end_leftovers,
    read_record,
    write_record,
)

WAITS_FOR_ITS_INPUT = (sys.executable, "-c", "import sys; sys.stdin.read()")


@pytest.fixture
def leftover() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(WAITS_FOR_ITS_INPUT, stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def recorded(process_id: ProcessId | None) -> ProcessRecord:
    return ProcessRecord(
        name="claims", state=ProcessState.READY, id=process_id, port=8102, url="http://x", log=Path("x.log")
    )


def test_the_very_process_that_was_recorded_is_ended(leftover: subprocess.Popen[bytes]) -> None:
    found = ProcessId.of(leftover.pid)
    assert found is not None
    assert found.command == WAITS_FOR_ITS_INPUT
    assert end_leftovers([recorded(found)]) == ["claims"]
    assert found.alive() is None


@pytest.mark.parametrize(
    "changed", [{"command": ("python", "-m", "services.claims.app")}, {"created_at": 1_000_000.0}], ids=str
)
def test_another_process_with_the_same_number_is_left_alone(
    leftover: subprocess.Popen[bytes], changed: dict[str, object]
) -> None:
    found = ProcessId.of(leftover.pid)
    assert found is not None
    assert end_leftovers([recorded(found.model_copy(update=changed)), recorded(None)]) == []
    assert leftover.poll() is None


def test_a_process_that_is_gone_is_no_process(leftover: subprocess.Popen[bytes]) -> None:
    found = ProcessId.of(leftover.pid)
    assert found is not None
    leftover.kill()
    leftover.wait()
    assert found.alive() is None
    assert ProcessId.of(leftover.pid) is None


def test_the_record_is_read_back_whole(layout: Layout) -> None:
    me = ProcessId.of(os.getpid())
    assert me is not None
    record = StackRecord(phase=Phase.READY, supervisor=me, kafka="k", mongo="m", processes=[recorded(me)])
    write_record(layout.record, record)
    assert read_record(layout.record) == record
    assert record.running()
    assert record.url("claims") == "http://x"
    assert record.url("nobody") is None


@pytest.mark.parametrize("content", ["", '{"phase": "rea', "{}"])
def test_a_record_cut_short_is_no_record(layout: Layout, content: str) -> None:
    layout.record.write_text(content)
    assert read_record(layout.record) is None


def test_keys_are_made_once_and_for_the_owner_only(layout: Layout) -> None:
    master, pseudonym = layout.master_key.read_bytes(), layout.pseudonym_key.read_bytes()
    layout.prepare()
    assert (len(master), len(pseudonym)) == (96, 32)
    assert layout.master_key.read_bytes() == master
    assert layout.master_key.stat().st_mode & 0o777 == 0o600
    assert layout.root.stat().st_mode & 0o777 == 0o700
