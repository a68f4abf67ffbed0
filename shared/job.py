"""A long piece of work with progress, as an aggregate: what every kind of job has in common. Pure.

Its progress is in its state; what a crash interrupts is begun again, or goes on from the last stretch. What a job is
about and what comes of it are messages and facts of its own; how far it is, which rows of a file it left out, and how
it ended is the same for all of them.
"""

from collections.abc import Iterable
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

from pydantic import NonNegativeInt

from shared.contracts import Contract
from shared.decider import Answer, Fact
from shared.replaced import replace

REFUSED_KEPT = 100
"""Rows that were left out and are named; all are counted."""
JobStatus: TypeAlias = Literal["absent", "running", "done", "refused"]


class RefusedLine(Contract):
    """A row of a file that was left out: its number, its column, and what is wrong, never its content."""

    row: NonNegativeInt
    column: str
    message: str


class LeftOut(Protocol):
    """A row that a reader of files could not take."""

    @property
    def row(self) -> int: ...
    @property
    def column(self) -> str: ...
    @property
    def message(self) -> str: ...


class FileRead(Answer):
    """So many rows are in the table, and these were left out; or `reason` says why the file is none."""

    job_id: str
    rows: NonNegativeInt
    refused: tuple[RefusedLine, ...] = ()
    refused_total: NonNegativeInt = 0
    reason: str = ""


class StretchLooked(Answer):
    """A stretch was looked at, up to the claim `after`; `done` when there are no more."""

    job_id: str
    after: str
    looked: NonNegativeInt
    done: bool
    reason: str = ""


class Ended(Fact):
    """Nothing is left to do."""

    rows: int = 0
    refused: tuple[RefusedLine, ...] = ()
    refused_total: int = 0


class JobState(Protocol):
    """What the state of a job has. `seen` are rows read, or claims looked at; `rows` those in the table now."""

    @property
    def status(self) -> JobStatus: ...
    @property
    def seen(self) -> int: ...
    @property
    def rows(self) -> int: ...
    @property
    def refused(self) -> tuple[RefusedLine, ...]: ...
    @property
    def refused_total(self) -> int: ...


J = TypeVar("J", bound=JobState)


def is_running(state: JobState) -> bool:
    """Whether there is work left."""
    return state.status == "running"


def gets_on(state: JobState, seen: int) -> bool:
    """Whether so many is more than was known of a job that runs."""
    return is_running(state) and seen > state.seen


def refused_lines(left_out: Iterable[LeftOut]) -> tuple[RefusedLine, ...]:
    """Rows that were left out, as they are told."""
    return tuple(RefusedLine(row=one.row, column=one.column, message=one.message) for one in left_out)


def outcome_of(read: FileRead) -> dict[str, Any]:
    """What the end of a job says of the file that was read."""
    return {"rows": read.rows, "refused": read.refused[:REFUSED_KEPT], "refused_total": read.refused_total}


def with_end(state: J, fact: Ended, why_not: str) -> J:
    """The job when nothing is left to do; `why_not` says why it came to nothing, if it did."""
    status: JobStatus = "refused" if why_not else "done"
    return replace(state, status=status, rows=fact.rows, refused=fact.refused, refused_total=fact.refused_total)
