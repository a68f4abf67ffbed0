"""A long piece of work for the rules: reading a reference file, or a dry run of a rule over past claims.

Its progress is in its state; what a crash interrupts is begun again, or goes on from the last stretch.
"""

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias, assert_never

from pydantic import Field, NonNegativeInt, TypeAdapter

from shared.contracts import Contract, Event, Message, Meta
from shared.decider import Decider, Effect, Fact
from shared.job import Ended, FileRead, JobStatus, RefusedLine, StretchLooked, gets_on, is_running, outcome_of, with_end
from shared.replaced import replace

IDS_KEPT = 500
"""Claims that a dry run names for each rule; all are counted."""

What: TypeAlias = Literal["reference", "dry_run"]


class Difference(Contract):
    """What a rule would have done otherwise: how many claims, and the first of them by id."""

    rule: str
    effect: Literal["held", "no_longer_held", "changed", "tagged"]
    claims: NonNegativeInt
    claim_ids: tuple[str, ...] = ()


class ReadReferenceFile(Message):
    """The bytes are stored: read them. `job_id` is the file's id, so the same content twice is one piece of work."""

    type: Literal["claims.read-reference-file.v1"] = "claims.read-reference-file.v1"
    job_id: str
    kind: str
    name: str
    size: NonNegativeInt


class TryRule(Message):
    """Say what a version of a rule would have changed in the claims that are here."""

    type: Literal["claims.try-rule.v1"] = "claims.try-rule.v1"
    job_id: str
    rule_id: str
    version: NonNegativeInt


class NoteProgress(Message):
    """So many rows are read, or claims looked at."""

    type: Literal["claims.note-progress.v1"] = "claims.note-progress.v1"
    job_id: str
    seen: NonNegativeInt


class ReportReference(FileRead):
    """The reference file is read."""

    type: Literal["claims.report-reference.v1"] = "claims.report-reference.v1"


class ReportTried(StretchLooked):
    """A stretch of claims was looked at, with what differs there."""

    type: Literal["claims.report-tried.v1"] = "claims.report-tried.v1"
    differences: tuple[Difference, ...] = ()


JobMessage: TypeAlias = ReadReferenceFile | TryRule | NoteProgress | ReportReference | ReportTried


class LoadReference(Effect):
    """Read the file."""

    type: Literal["load-reference"] = "load-reference"


class TryOn(Effect):
    """Look at the claims after this one."""

    type: Literal["try-on"] = "try-on"
    after: str


class JobBegun(Fact):
    """There is work to do."""

    type: Literal["job-begun"] = "job-begun"
    job_id: str
    what: What
    kind: str = ""
    name: str = ""
    size: int = 0
    rule_id: str = ""
    version: int = 0


class Progressed(Fact):
    """So much is done."""

    type: Literal["progressed"] = "progressed"
    seen: int
    differences: tuple[Difference, ...] = ()


class JobEnded(Ended):
    """Nothing is left to do; `reason` says why it came to nothing, if it did."""

    type: Literal["job-ended"] = "job-ended"
    reason: str = ""


JobFact: TypeAlias = JobBegun | Progressed | JobEnded


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work: what it is about, how far it is, and what came of it.

    `seen` are rows read or claims looked at; `rows` those that are in the table now.
    """

    job_id: str = ""
    what: What = "reference"
    kind: str = ""
    name: str = ""
    size: int = 0
    rule_id: str = ""
    version: int = 0
    status: JobStatus = "absent"
    seen: int = 0
    rows: int = 0
    refused: tuple[RefusedLine, ...] = ()
    refused_total: int = 0
    reason: str = ""
    differences: tuple[Difference, ...] = ()


def decide(state: Job, message: JobMessage) -> tuple[JobFact | Effect, ...]:
    """Answer one message."""
    match message:
        case ReadReferenceFile():
            return _read(state, message)
        case TryRule():
            return _try(state, message)
        case NoteProgress():
            return (Progressed(seen=message.seen),) if gets_on(state, message.seen) else ()
        case ReportReference():
            return (JobEnded(reason=message.reason, **outcome_of(message)),) if is_running(state) else ()
        case ReportTried():
            return _tried(state, message)
        case _:
            assert_never(message)


def _read(state: Job, message: ReadReferenceFile) -> tuple[JobFact | Effect, ...]:
    if state.status != "absent":
        return ()
    begun = JobBegun(job_id=message.job_id, what="reference", kind=message.kind, name=message.name, size=message.size)
    return (begun, LoadReference())


def _try(state: Job, message: TryRule) -> tuple[JobFact | Effect, ...]:
    if state.status != "absent":
        return ()
    begun = JobBegun(job_id=message.job_id, what="dry_run", rule_id=message.rule_id, version=message.version)
    return (begun, TryOn(after=""))


def _tried(state: Job, message: ReportTried) -> tuple[JobFact | Effect, ...]:
    if not is_running(state):
        return ()
    progressed = Progressed(seen=state.seen + message.looked, differences=message.differences)
    if message.done:
        return (progressed, JobEnded(reason=message.reason))
    return (progressed, TryOn(after=message.after))


def evolve(state: Job, fact: JobFact) -> Job:
    """Apply one fact."""
    match fact:
        case JobBegun():
            return Job(
                job_id=fact.job_id,
                what=fact.what,
                kind=fact.kind,
                name=fact.name,
                size=fact.size,
                rule_id=fact.rule_id,
                version=fact.version,
                status="running",
            )
        case Progressed():
            return replace(state, seen=fact.seen, differences=_summed(state.differences, fact.differences))
        case JobEnded():
            return replace(with_end(state, fact, fact.reason), reason=fact.reason)
        case _:
            assert_never(fact)


def _summed(known: tuple[Difference, ...], new: tuple[Difference, ...]) -> tuple[Difference, ...]:
    found = {(one.rule, one.effect): one for one in known}
    for one in new:
        before = found.get((one.rule, one.effect))
        found[one.rule, one.effect] = one if before is None else _both(before, one)
    return tuple(found[key] for key in sorted(found))


def _both(before: Difference, more: Difference) -> Difference:
    claim_ids = (*before.claim_ids, *more.claim_ids)[:IDS_KEPT]
    return before.model_copy(update={"claims": before.claims + more.claims, "claim_ids": claim_ids})


def publish(_state: Job, _fact: JobFact, _meta: Meta) -> Event | None:
    """Work on rules is the tenant's own business."""
    return None


JOB: Decider[Job, JobMessage, JobFact] = Decider(
    service="claims",
    kind="rules_job",
    initial=Job(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda message: message.job_id,
    record_key=lambda state: state.job_id or "job",
    state_codec=TypeAdapter(Job),
    message_codec=TypeAdapter(Annotated[JobMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Annotated[JobFact, Field(discriminator="type")]),
    effect_codec=TypeAdapter(Annotated[LoadReference | TryOn, Field(discriminator="type")]),
    index=lambda state: {"what": state.what},
)
