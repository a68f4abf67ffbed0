"""A long piece of work about contracts: reading a fee schedule, a dry run over past remittances, judging them anew.

Its progress is in its state; what a crash interrupts goes on from the last stretch, or is begun again.
"""

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias, assert_never

from pydantic import Field, NonNegativeInt, TypeAdapter

from shared.contracts import Cents, Contract, Event, Message, Meta, NonNegativeCents
from shared.decider import Decider, Effect, Fact, Scalar
from shared.job import Ended, FileRead, JobStatus, RefusedLine, StretchLooked, gets_on, is_running, outcome_of, with_end
from shared.replaced import replace

FOUND_KEPT = 200
"""Claims that a dry run names, the dearest first; all are counted."""
What: TypeAlias = Literal["schedule", "dry_run", "again"]


class WouldBe(Contract):
    """A case that the version would have found, beside what is found now."""

    claim_id: str
    payer_claim_control_number: str
    short_cents: NonNegativeCents
    over_cents: NonNegativeCents
    short_now_cents: NonNegativeCents


class Tally(Contract):
    """What a dry run came to. `newly` are underpaid by the version alone, `no_longer` by what is in force alone."""

    claims: NonNegativeInt = 0
    cases: NonNegativeInt = 0
    underpaid: NonNegativeInt = 0
    overpaid: NonNegativeInt = 0
    newly: NonNegativeInt = 0
    no_longer: NonNegativeInt = 0
    expected_cents: Cents = 0
    allowed_cents: Cents = 0
    short_cents: NonNegativeCents = 0
    over_cents: NonNegativeCents = 0
    short_now_cents: NonNegativeCents = 0
    cannot_say: dict[str, NonNegativeInt] = Field(default_factory=dict)
    found: tuple[WouldBe, ...] = ()

    def plus(self, more: "Tally") -> "Tally":
        """Both together."""
        sums = {
            name: getattr(self, name) + getattr(more, name)
            for name, one in Tally.model_fields.items()
            if one.annotation is int
        }
        reasons = {**self.cannot_say}
        for name, count in more.cannot_say.items():
            reasons[name] = reasons.get(name, 0) + count
        found = sorted((*self.found, *more.found), key=lambda one: (-one.short_cents, one.claim_id))[:FOUND_KEPT]
        return self.model_copy(update={**sums, "cannot_say": reasons, "found": tuple(found)})


NO_TALLY = Tally()


class ReadSchedule(Message):
    """The bytes are stored: read them. `job_id` is of name and content, so the same again is one piece of work."""

    type: Literal["payments.read-schedule.v1"] = "payments.read-schedule.v1"
    job_id: str
    name: str
    size: NonNegativeInt


class TryContract(Message):
    """Say what a version would have found in the remittances that are here."""

    type: Literal["payments.try-contract.v1"] = "payments.try-contract.v1"
    job_id: str
    contract_id: str
    version: NonNegativeInt


class JudgeAgain(Message):
    """Contracts or schedules changed: judge what was remitted anew."""

    type: Literal["payments.judge-again.v1"] = "payments.judge-again.v1"
    job_id: str
    reason: str


class NoteRead(Message):
    """So many rows are read."""

    type: Literal["payments.note-read.v1"] = "payments.note-read.v1"
    job_id: str
    seen: NonNegativeInt


class ScheduleRead(FileRead):
    """The schedule's file is read."""

    type: Literal["payments.schedule-read.v1"] = "payments.schedule-read.v1"


class StretchDone(StretchLooked):
    """A stretch of claims was looked at, with what it came to."""

    type: Literal["payments.contract-stretch.v1"] = "payments.contract-stretch.v1"
    tally: Tally = NO_TALLY


JobMessage: TypeAlias = ReadSchedule | TryContract | JudgeAgain | NoteRead | ScheduleRead | StretchDone


class LoadSchedule(Effect):
    """Read the file."""

    type: Literal["payments.load-schedule.v1"] = "payments.load-schedule.v1"


class LookOn(Effect):
    """Look at the claims after this one."""

    type: Literal["payments.look-on.v1"] = "payments.look-on.v1"
    after: str


class JobBegun(Fact):
    type: Literal["contract-job.begun.v1"] = "contract-job.begun.v1"
    job_id: str
    what: What
    name: str = ""
    size: int = 0
    contract_id: str = ""
    version: int = 0
    reason: str = ""


class JobProgressed(Fact):
    type: Literal["contract-job.progressed.v1"] = "contract-job.progressed.v1"
    seen: int
    tally: Tally = NO_TALLY


class JobEnded(Ended):
    """`failed` says why it came to nothing, if it did."""

    type: Literal["contract-job.ended.v1"] = "contract-job.ended.v1"
    failed: str = ""


JobFact: TypeAlias = JobBegun | JobProgressed | JobEnded


@dataclass(frozen=True, slots=True)
class ContractJob:
    """One piece of work: how far it is, and what came of it. `seen` are rows read, or claims looked at."""

    job_id: str = ""
    what: What = "schedule"
    name: str = ""
    size: int = 0
    contract_id: str = ""
    version: int = 0
    reason: str = ""
    status: JobStatus = "absent"
    seen: int = 0
    rows: int = 0
    refused: tuple[RefusedLine, ...] = ()
    refused_total: int = 0
    failed: str = ""
    tally: Tally = NO_TALLY


def decide(state: ContractJob, message: JobMessage) -> tuple[JobFact | Effect, ...]:
    match message:
        case ReadSchedule() | TryContract() | JudgeAgain():
            return _begin(message) if state.status == "absent" else ()
        case NoteRead():
            return (JobProgressed(seen=message.seen),) if gets_on(state, message.seen) else ()
        case ScheduleRead():
            return (JobEnded(failed=message.reason, **outcome_of(message)),) if is_running(state) else ()
        case StretchDone():
            return _went_on(state, message) if is_running(state) else ()
        case _:
            assert_never(message)


def _begin(message: ReadSchedule | TryContract | JudgeAgain) -> tuple[JobFact | Effect, ...]:
    match message:
        case ReadSchedule():
            begun = JobBegun(job_id=message.job_id, what="schedule", name=message.name, size=message.size)
            return begun, LoadSchedule()
        case TryContract():
            begun = JobBegun(
                job_id=message.job_id, what="dry_run", contract_id=message.contract_id, version=message.version
            )
            return begun, LookOn(after="")
        case JudgeAgain():
            return JobBegun(job_id=message.job_id, what="again", reason=message.reason), LookOn(after="")
        case _:
            assert_never(message)


def _went_on(state: ContractJob, message: StretchDone) -> tuple[JobFact | Effect, ...]:
    progressed = JobProgressed(seen=state.seen + message.looked, tally=message.tally)
    return progressed, JobEnded(failed=message.reason) if message.done else LookOn(after=message.after)


def evolve(state: ContractJob, fact: JobFact) -> ContractJob:
    match fact:
        case JobBegun():
            return ContractJob(
                job_id=fact.job_id,
                what=fact.what,
                name=fact.name,
                size=fact.size,
                contract_id=fact.contract_id,
                version=fact.version,
                reason=fact.reason,
                status="running",
            )
        case JobProgressed():
            return replace(state, seen=fact.seen, tally=state.tally.plus(fact.tally))
        case JobEnded():
            return replace(with_end(state, fact, fact.failed), failed=fact.failed)
        case _:
            assert_never(fact)


def publish(_: ContractJob, __: JobFact, ___: Meta) -> Event | None:
    return None


def _index(state: ContractJob) -> dict[str, Scalar]:
    return {"what": state.what, "status": state.status}


CONTRACT_JOB: Decider[ContractJob, JobMessage, JobFact] = Decider(
    service="payments",
    kind="contract_job",
    initial=ContractJob(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda message: message.job_id,
    record_key=lambda state: state.job_id or "job",
    state_codec=TypeAdapter(ContractJob),
    message_codec=TypeAdapter(Annotated[JobMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Annotated[JobFact, Field(discriminator="type")]),
    effect_codec=TypeAdapter(Annotated[LoadSchedule | LookOn, Field(discriminator="type")]),
    index=_index,
)
