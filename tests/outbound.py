"""pyx12 judges what leaves as 837P and 837I in any test: a plugin of every run.

Whatever the service writes is noted. Of claims that look alike one is kept, and at the end of the run those that are
left are judged together, in a file of the same writer for each kind and usage: seconds, whatever the number of files.
What pyx12 complains of fails the run, with the test that wrote it. Where several processes share a run, each hands
over what it kept, and the first judges all of it. `REVCYCLE_JUDGE=off` leaves it out.
"""

import os
import pickle
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any

import pytest

from shared.x12.claim837 import Batch837, Claim837

PERFORMER = "services.claims.submission_performer"
JUDGED = ("P", "I")
"""Kinds of claims that pyx12 has a map for."""
Writer = Callable[[Batch837], bytes]
Verdict = tuple[bool, set[tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Kept:
    """A claim that looks like none before it, who wrote it first, and the batch it was in without its claims."""

    batch: Batch837
    claim: Claim837
    test: str


@dataclass(slots=True)
class Outbound:
    """What was written, by kind and usage."""

    seen: set[str] = field(default_factory=set[str])
    kept: dict[tuple[str, str], list[Kept]] = field(default_factory=dict[tuple[str, str], list[Kept]])
    claims: int = 0

    def note(self, kind: str, writer: Writer, batch: Batch837, test: str) -> None:
        """Keep the claims of a file that have something no claim had before."""
        envelope = replace(batch, claims=())
        for claim in batch.claims:
            self.claims += 1
            self._keep(kind, writer, Kept(envelope, claim, test))

    def _keep(self, kind: str, writer: Writer, one: Kept) -> None:
        looks = set(patterns(f"{kind}{one.batch.usage}", writer(replace(one.batch, claims=(one.claim,)))))
        if not looks <= self.seen:
            self.seen |= looks
            self.kept.setdefault((kind, one.batch.usage), []).append(one)

    def absorb(self, other: "Outbound", writers: Mapping[Any, Writer]) -> None:
        """Take over what another process kept, as far as nothing here looks like it."""
        self.claims += other.claims
        for (kind, _), kept in sorted(other.kept.items()):
            for one in kept:
                self._keep(kind, writers[kind], one)

    def faults(self, writers: Mapping[Any, Writer], judge: Callable[[bytes], Verdict]) -> Iterator[str]:
        """A sentence for each claim that is not accepted, found by halves; none where all together are."""
        for (kind, _), kept in sorted(self.kept.items()):
            yield from _faults(kind, kept, writers[kind], judge)


def _faults(kind: str, kept: list[Kept], writer: Writer, judge: Callable[[bytes], Verdict]) -> Iterator[str]:
    accepted, complaints = judge(writer(replace(kept[0].batch, claims=tuple(one.claim for one in kept))))
    if accepted and not complaints:
        return
    if len(kept) == 1:
        if complaints and complaints <= FOREIGN.get(kept[0].test, set()):
            return
        yield f"{kept[0].test}: 837{kind}, {sorted(complaints)}"
        return
    half = len(kept) // 2
    yield from _faults(kind, kept[:half], writer, judge)
    yield from _faults(kind, kept[half:], writer, judge)


def patterns(of: str, content: bytes) -> Iterator[str]:
    """How each segment looks, and beside which it stands: codes as they are, other text by its letters and length."""
    before = ""
    for segment in content.decode().replace("\n", "").split("~"):
        elements = segment.split("*")
        if elements[0] in {"ISA", "GS", "SE", "GE", "IEA", "ST", "HL"}:
            elements = elements[:1]
        looks = "*".join("" if not one else ":".join(_look(part) for part in one.split(":")) for one in elements)
        yield f"{of}|{looks}"
        yield f"{of}|{before}>{elements[0]}"
        before = elements[0]


def _look(text: str) -> str:
    if len(text) <= 2:
        return text if not text.isdigit() else "0" * len(text)
    number = text.replace(".", "").isdigit()
    return f"{'9' if number else 'A' if text.isalpha() else 'X'}{len(text) // 16}"


FOREIGN = {
    "tests/claims/test_service.py::test_normalised_samples_flow_the_whole_way": {
        ("CLM", "5:2", "1"),  # an ambulance sample without the facility's qualifier
        ("NM1", "3"),  # another payer that is not named
        ("AMT", "1"),  # AMT*F2, which 5010 does not have
        ("PWK", "2", "7"),  # a line's CMN indicator (CT, AD), which pyx12 takes for the other PWK of a line
    },
}
"""Public samples are sent on as they came; these faults they brought with them, and the last is pyx12's own."""

OUTBOUND = Outbound()
RUNNING: dict[str, str] = {}


def pytest_runtest_setup(item: pytest.Item) -> None:
    RUNNING["test"] = item.nodeid


def pytest_collection_finish() -> None:
    """Listen to the writers, where any test has to do with them."""
    performer = sys.modules.get(PERFORMER)
    if performer is None or os.environ.get("REVCYCLE_JUDGE") == "off":
        return
    writers: dict[Any, Writer] = performer.WRITERS
    ORIGINAL.update(writers)
    for kind in JUDGED:
        writers[kind] = _listening(kind, writers[kind])


ORIGINAL: dict[Any, Writer] = {}


def plain_writers() -> Mapping[Any, Writer]:
    """The writers nobody listens to."""
    return ORIGINAL or import_module(PERFORMER).WRITERS


def _listening(kind: str, writer: Writer) -> Writer:
    def write(batch: Batch837) -> bytes:
        content = writer(batch)  # one that cannot be written leaves by no file, and is not noted
        OUTBOUND.note(kind, writer, batch, RUNNING.get("test", "no test"))
        return content

    return write


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Another process of this run has ended: what it kept came with its farewell."""
    handed = getattr(node, "workeroutput", {}).get(HANDED)
    if handed is not None:
        OUTBOUND.absorb(pickle.loads(handed), plain_writers())


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if not OUTBOUND.kept:
        return
    farewell: dict[str, bytes] | None = getattr(session.config, "workeroutput", None)
    if farewell is None:
        judge_all(session)
    else:
        farewell[HANDED] = pickle.dumps(OUTBOUND)


HANDED = "outbound"


def judge_all(session: pytest.Session) -> None:
    """What any process of this run wrote."""
    from tests.x12.judge import judged_by_pyx12

    try:
        FAULTS.extend(OUTBOUND.faults(plain_writers(), judged_by_pyx12))
    except pytest.skip.Exception:
        NOTES.append("pyx12 is not installed: no outbound 837 was judged")
        return
    kept = sum(len(one) for one in OUTBOUND.kept.values())
    NOTES.append(f"pyx12 judged {kept} outbound claims, alike for {OUTBOUND.claims}: {len(FAULTS)} refused")
    if FAULTS and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


FAULTS: list[str] = []
NOTES: list[str] = []


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for line in (*NOTES, *FAULTS):
        terminalreporter.write_line(line)
