"""The watchdog over one outbound file: a TA1 or 999 has to come back, or nobody knows that the partner has it.

Closed by a 999 whatever it says, by a TA1 that refuses, or by a 277CA about a claim of the file. A TA1 that accepts is
noted: the interchange arrived, and its 999 is still owed.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, Literal, TypeAlias, assert_never

from pydantic import AwareDatetime, Field, TypeAdapter

from shared.contracts import (
    ClaimSubmitted,
    Contract,
    Event,
    FileAcknowledgementArrived,
    FileAcknowledgementOverdue,
    Message,
    Meta,
)
from shared.decider import Decider, Due, Fact, named_by
from shared.replaced import replace

from .watch_policy import WatchBook

KIND = "file_watch"
AnswerForm: TypeAlias = Literal["TA1", "999", "277CA"]


class NoteFileAnswer(Message):
    """An acknowledgement speaks of this file."""

    type: Literal["claims.note-file-answer.v1"] = "claims.note-file-answer.v1"
    submission_id: str
    form: AnswerForm
    accepted: bool


class WatchFile(Message):
    """A file left that holds no claims, such as papers for one (275): its TA1 or 999 is owed all the same."""

    type: Literal["claims.watch-file.v1"] = "claims.watch-file.v1"
    submission_id: str
    partner: str


FileWatchMessage: TypeAlias = ClaimSubmitted | WatchFile | NoteFileAnswer | Due


class FileAnswer(Contract):
    """What came back about the file."""

    form: AnswerForm
    accepted: bool

    @property
    def closes(self) -> bool:
        """Whether nothing is owed for the file any more."""
        return self.form != "TA1" or not self.accepted


class FileWatched(Fact):
    """The file left the house; `rule` is the entry that says until when an answer may take."""

    type: Literal["file-watched"] = "file-watched"
    submission_id: str
    partner: str
    sent_at: AwareDatetime
    expected_by: AwareDatetime | None
    rule: str
    claims: int = 0
    charge_cents: int = 0


class FileOverdue(Fact):
    """Nothing came back in time."""

    type: Literal["file-overdue"] = "file-overdue"


class FileAnswered(Fact):
    """Something came back; `ends_alarm` when it was missed until now."""

    type: Literal["file-answered"] = "file-answered"
    submission_id: str
    answer: FileAnswer
    ends_alarm: bool = False


FileWatchFact: TypeAlias = FileWatched | FileOverdue | FileAnswered


@dataclass(frozen=True, slots=True)
class FileWatch:
    """One file. `overdue` says that its answer was missed and still is."""

    submission_id: str = ""
    partner: str = ""
    sent_at: datetime | None = None
    expected_by: datetime | None = None
    rule: str = ""
    overdue: bool = False
    answers: tuple[FileAnswer, ...] = ()
    claims: int = 0
    charge_cents: int = 0

    @property
    def answered(self) -> bool:
        return any(one.closes for one in self.answers)


def decide(book: WatchBook, state: FileWatch, message: FileWatchMessage) -> tuple[FileWatchFact, ...]:
    """Answer one message."""
    match message:
        case ClaimSubmitted():
            return _watch(book, state, message)
        case WatchFile():
            return _watch_papers(book, state, message)
        case NoteFileAnswer():
            answer = FileAnswer(form=message.form, accepted=message.accepted)
            if answer in state.answers:
                return ()
            ends_alarm = state.overdue and answer.closes
            return (FileAnswered(submission_id=message.submission_id, answer=answer, ends_alarm=ends_alarm),)
        case Due():
            due_at = due(state)
            if message.kind != KIND or due_at is None or due_at > message.meta.occurred_at:
                return ()
            return (FileOverdue(),)
        case _:
            assert_never(message)


def _watch(book: WatchBook, state: FileWatch, message: ClaimSubmitted) -> tuple[FileWatchFact, ...]:
    """The first claim of a file to say that it was sent; the others say the same."""
    if state.sent_at is not None:
        return ()
    sent_at = message.meta.occurred_at
    expected_by, rule = book.expected_by("file", message.partner, sent_at)
    watched = FileWatched(
        submission_id=message.submission_id,
        partner=message.partner,
        sent_at=sent_at,
        expected_by=expected_by,
        rule=rule,
        claims=message.file_claims,
        charge_cents=message.file_charge_cents,
    )
    return (watched,)


def _watch_papers(book: WatchBook, state: FileWatch, message: WatchFile) -> tuple[FileWatchFact, ...]:
    """As long as for files of claims: the same partner answers them."""
    if state.sent_at is not None:
        return ()
    sent_at = message.meta.occurred_at
    expected_by, rule = book.expected_by("file", message.partner, sent_at)
    watched = FileWatched(
        submission_id=message.submission_id,
        partner=message.partner,
        sent_at=sent_at,
        expected_by=expected_by,
        rule=rule,
    )
    return (watched,)


def evolve(state: FileWatch, fact: FileWatchFact) -> FileWatch:
    """Apply one fact."""
    match fact:
        case FileWatched():
            return replace(
                state,
                submission_id=fact.submission_id,
                partner=fact.partner,
                sent_at=fact.sent_at,
                expected_by=fact.expected_by,
                rule=fact.rule,
                claims=fact.claims,
                charge_cents=fact.charge_cents,
            )
        case FileOverdue():
            return replace(state, overdue=True)
        case FileAnswered():
            overdue = state.overdue and not fact.ends_alarm
            answers = (*state.answers, fact.answer)
            return replace(state, submission_id=fact.submission_id, answers=answers, overdue=overdue)
        case _:
            assert_never(fact)


def due(state: FileWatch) -> datetime | None:
    """When its answer is missed, if it was not missed already."""
    return None if state.answered or state.overdue else state.expected_by


def publish(state: FileWatch, fact: FileWatchFact, meta: Meta) -> Event | None:
    """An alarm, and its end."""
    if state.sent_at is None or state.expected_by is None:
        return None
    named = {"meta": meta, "submission_id": state.submission_id, "partner": state.partner}
    match fact:
        case FileOverdue():
            when = {"sent_at": state.sent_at, "expected_by": state.expected_by, "rule": state.rule}
            held = {"claims": state.claims, "charge_cents": state.charge_cents}
            return FileAcknowledgementOverdue.model_validate({**named, **when, **held})
        case FileAnswered() if fact.ends_alarm:
            return FileAcknowledgementArrived.model_validate(
                {**named, "form": fact.answer.form, "accepted": fact.answer.accepted}
            )
        case _:
            return None


FileWatchDecider: TypeAlias = Decider[FileWatch, FileWatchMessage, FileWatchFact]


def make_file_watch(book: WatchBook) -> FileWatchDecider:
    """The file's watchdog with the given figures."""
    return Decider(
        service="claims",
        kind=KIND,
        initial=FileWatch(),
        decide=partial(decide, book),
        evolve=evolve,
        publish=publish,
        aggregate_id=named_by("submission_id"),
        record_key=lambda state: state.submission_id or "submission",
        state_codec=TypeAdapter(FileWatch),
        message_codec=TypeAdapter(Annotated[FileWatchMessage, Field(discriminator="type")]),
        fact_codec=TypeAdapter(Annotated[FileWatchFact, Field(discriminator="type")]),
        index=lambda state: {"overdue": state.overdue, "partner": state.partner},
        due=due,
    )
