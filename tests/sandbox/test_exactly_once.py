"""A file is taken once and given once, wherever the process is killed."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from samples.generate import generate
from sandbox.profiles import read_payers
from sandbox.state import State
from shared.x12.acks import ClaimAck277CA, read_277ca
from tests.sandbox.desk import START, claim, desk, file
from tests.sandbox.plain835 import read


def test_a_drafted_file_that_was_not_renamed_is_delivered_at_the_next_start(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        one.state.add_file("lakeside", "acks", "a.999", "999", b"content")
        (pending,) = one.state.unwritten()
        draft = tmp_path / "exchange/lakeside/.drafts" / f"{pending.id:06d}-a.999"
        draft.parent.mkdir(parents=True)
        (tmp_path / "exchange/lakeside/acks").mkdir(parents=True)
        draft.write_bytes(b"content")
        one.state.mark_drafted(pending.id)
    with desk(tmp_path) as again:
        assert again.files("999") == [b"content"]
        assert again.state.unwritten() == []


def test_a_file_that_was_renamed_and_taken_is_not_given_again(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        one.state.add_file("lakeside", "acks", "a.999", "999", b"content")
        one.state.mark_drafted(one.state.unwritten()[0].id)
    with desk(tmp_path) as again:
        assert again.files("999") == []
        assert again.state.files_written() == {"999": 1}


def test_a_half_written_draft_is_written_again(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        one.state.add_file("lakeside", "acks", "a.999", "999", b"content")
        draft = tmp_path / "exchange/lakeside/.drafts/000001-a.999"
        draft.parent.mkdir(parents=True)
        draft.write_bytes(b"con")
    with desk(tmp_path) as again:
        assert again.files("999") == [b"content"]


def test_a_file_taken_but_not_moved_is_moved_at_the_next_start_and_not_taken_again(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        one.state.add_intake("lakeside", "a.837")
        one.drop(file([claim()]))
    with desk(tmp_path) as again:
        again.clearinghouse.tick(START)
        assert again.state.stages() == {}
        assert [path.name for path in (tmp_path / "exchange/lakeside/taken").iterdir()] == ["000001-a.837"]


def test_a_file_moved_but_not_noted_leaves_its_name_free(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        one.state.add_intake("lakeside", "a.837")
    with desk(tmp_path) as again:
        again.drop(file([claim()]))
        again.clearinghouse.tick(START)
        assert again.state.stages() == {"received": 1}


STEPS = [
    "add_intake",
    "add_claim",
    "add_file",
    "mark_moved",
    "answered",
    "remitted",
    "set_balance",
    "mark_drafted",
    "mark_written",
]


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
def test_a_process_that_dies_before_any_step_of_its_bookkeeping_changes_nothing(tmp_path: Path, step: str) -> None:
    calm, broken = (_few(tmp_path / name, dies_at) for name, dies_at in (("calm", ""), ("broken", step)))
    assert calm == broken
    assert {told[0] for told in calm} >= {"remittance", "paid", "told", ".999"}


def _few(root: Path, dies_at: str) -> Counter[tuple[str, ...]]:
    """A small book; a process dies before `dies_at`, three times on every day, each time at a later call."""
    _drop(root, claims=12)
    for days in (0, 1, 25, 60):
        now = START + timedelta(days=days)
        for calls in range(3 if dies_at else 0):
            _live(root, now, dies_at=dies_at, calls=calls)
        _live(root, now)
    return Counter(_told(root))


@pytest.mark.slow
def test_a_run_with_kills_ends_with_the_book_of_an_undisturbed_run(tmp_path: Path) -> None:
    """A process of its own for every stretch of time, ended by SIGKILL again and again in the middle of its work."""
    calm, killed = _book(tmp_path / "calm", kills=0), _book(tmp_path / "killed", kills=6)
    assert calm == killed
    assert sum(calm.values()) > 200


def _book(root: Path, kills: int) -> Counter[tuple[str, ...]]:
    """What every claim was told and paid over 60 days, each as often as it was told."""
    _drop(root, claims=100)
    for days in (0, 1, 25, 60):
        now = START + timedelta(days=days)
        for life in range(kills):
            _live(root, now, files_until_killed=life)
        _live(root, now)
    return Counter(_told(root))


def _drop(root: Path, claims: int) -> None:
    for tenant, content in generate(claims).items():
        folder = root / "exchange" / tenant / "to_payer"
        folder.mkdir(parents=True)
        (folder / "a.837").write_bytes(content)


def _live(root: Path, now: datetime, files_until_killed: int | None = None, dies_at: str = "", calls: int = 0) -> None:
    """One process works until it is done, is killed when it has given so many more files, or dies at a step."""
    before = _collect(root)
    process = os.fork()
    if not process:
        try:
            with desk(root, read_payers(), seed=2026) as one:
                if dies_at:
                    _die_at(one.state, dies_at, calls)
                one.clearinghouse.tick(now)
        finally:
            os._exit(0)
    ended, pause = (0, 0), Event()
    while files_until_killed is not None and not ended[0] and _collect(root) < before + files_until_killed:
        ended = os.waitpid(process, os.WNOHANG)
        pause.wait(0.001)
    if not ended[0]:
        if files_until_killed is not None:
            pause.wait(0.02)
            os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
    _collect(root)


def _die_at(state: State, step: str, calls: int) -> None:
    """End this process before that step, after so many calls of it that succeed."""
    proper, left = getattr(state, step), iter(range(calls))

    def die(*values: object) -> object:
        if next(left, None) is None:
            os._exit(9)
        return proper(*values)

    setattr(state, step, die)


def _collect(root: Path) -> int:
    """Take the files away, as a client does: one that is given twice is then there twice. Gives how many there are."""
    collected = root / "collected"
    collected.mkdir(exist_ok=True)
    count = len(list(collected.iterdir()))
    for folder in ("acks", "eras"):
        for path in (root / "exchange").glob(f"*/{folder}/*"):
            path.rename(collected / f"{count:04d}-{path.name}")
            count += 1
    return count


def _told(root: Path) -> Iterator[tuple[str, ...]]:
    for path in (root / "collected").iterdir():
        content = path.read_bytes()
        if path.suffix == ".835":
            for remittance in read(content):
                yield "remittance", remittance.trace, str(remittance.amount)
                yield from (("paid", *claim.elements[:4]) for claim in remittance.claims)
        elif path.suffix == ".277ca":
            told = (one for one in read_277ca([content]) if isinstance(one, ClaimAck277CA))
            yield from (("told", one.patient_control_number, one.statuses[0].category) for one in told)
        else:
            yield path.suffix, path.name.split("-")[1]
