"""A batch: one payer's list of inquiries in one file, asked again for those without an answer until its time is over.

Answers are matched by trace number. The state knows the positions still open as bits, so 10,000 inquiries are 2,500
characters; who they are lies in the batch's manifest.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Literal, TypeAlias, assert_never

from pydantic import AwareDatetime, Field, NonNegativeInt, PositiveInt, TypeAdapter

from services.eligibility.core.directory import Directory
from shared.contracts import EligibilityBatchClosed, Message, Meta
from shared.decider import Answer, Decider, Effect, Fact
from shared.replaced import replace

WAIT_MAX = timedelta(hours=1)
DOUBLINGS_MAX = 10


class OpenBatch(Message):
    """A list was taken in; its manifest is stored."""

    type: Literal["eligibility.open-batch.v1"] = "eligibility.open-batch.v1"
    batch_id: str
    payer_id: str
    inquiries: PositiveInt
    until: AwareDatetime


class BatchPosted(Answer):
    """The file was handed over; `receipt` None: the clearinghouse or the payer did not take it."""

    type: Literal["eligibility.batch-posted.v1"] = "eligibility.batch-posted.v1"
    batch_id: str
    receipt: str | None


class BatchFetched(Answer):
    """The answers were asked for. `answered`: the positions that have one now, as bits in hex; None: not ready."""

    type: Literal["eligibility.batch-fetched.v1"] = "eligibility.batch-fetched.v1"
    batch_id: str
    answered: str | None
    unmatched: NonNegativeInt = 0


BatchMessage: TypeAlias = OpenBatch | BatchPosted | BatchFetched


class SendBatch(Effect):
    """Write the open inquiries into a 270 file and hand it over."""

    type: Literal["eligibility.send-batch.v1"] = "eligibility.send-batch.v1"
    batch_id: str
    payer_id: str
    attempt: PositiveInt
    positions: str  # as bits in hex


class FetchAnswers(Effect):
    """Ask for the 271 file of a receipt, and give each check its answer."""

    type: Literal["eligibility.fetch-answers.v1"] = "eligibility.fetch-answers.v1"
    batch_id: str
    payer_id: str
    receipt: str
    last: bool = False  # there is no time for another try: what payers could not answer is told as it is


class BatchOpened(Fact):
    """The list as it was taken."""

    type: Literal["batch.opened.v1"] = "batch.opened.v1"
    batch_id: str
    payer_id: str
    inquiries: PositiveInt
    until: AwareDatetime


class BatchSent(Fact):
    """A file of the open inquiries left."""

    type: Literal["batch.sent.v1"] = "batch.sent.v1"
    receipt: str


class BatchNotTaken(Fact):
    """Nobody took the file, or its answer was not ready; tried again."""

    type: Literal["batch.not-taken.v1"] = "batch.not-taken.v1"


class AnswersRead(Fact):
    """A 271 file was read; these positions have their answer."""

    type: Literal["batch.answers-read.v1"] = "batch.answers-read.v1"
    answered: str
    unmatched: NonNegativeInt


class BatchClosed(Fact):
    """All is answered, or time is over."""

    type: Literal["batch.closed.v1"] = "batch.closed.v1"


BatchFact: TypeAlias = BatchOpened | BatchSent | BatchNotTaken | AnswersRead | BatchClosed


@dataclass(frozen=True, slots=True)
class Batch:
    """Where a batch stands. `open` are the positions without an answer, as bits in hex."""

    batch_id: str = ""
    payer_id: str = ""
    inquiries: int = 0
    until: datetime | None = None
    open: str = "0"
    sent: int = 0
    failures: int = 0  # since the last success
    unmatched: int = 0
    receipts: tuple[str, ...] = ()
    status: Literal["none", "open", "closed"] = "none"

    @property
    def unanswered(self) -> int:
        return int(self.open, 16).bit_count()


def decide(directory: Directory, batch: Batch, message: BatchMessage) -> tuple[BatchFact | Effect, ...]:
    match message:
        case OpenBatch():
            return _open(batch, message)
        case BatchPosted():
            return _posted(directory, batch, message)
        case BatchFetched():
            return _fetched(directory, batch, message)
        case _:
            assert_never(message)


def _open(batch: Batch, message: OpenBatch) -> tuple[BatchFact | Effect, ...]:
    if batch.batch_id:
        return ()
    opened = BatchOpened(
        batch_id=message.batch_id, payer_id=message.payer_id, inquiries=message.inquiries, until=message.until
    )
    positions = f"{(1 << message.inquiries) - 1:x}"
    send = SendBatch(batch_id=message.batch_id, payer_id=message.payer_id, attempt=1, positions=positions)
    return (opened, send)


def _posted(directory: Directory, batch: Batch, message: BatchPosted) -> tuple[BatchFact | Effect, ...]:
    now = message.meta.occurred_at
    if message.receipt is None:
        wait = _wait(directory, batch, now)
        return (BatchNotTaken(), _send(batch, batch.open, now + wait)) if _has_time(batch, now + wait) else _closed()
    sent = BatchSent(receipt=message.receipt)
    return (sent, _fetch(batch, message.receipt, now + directory.of(batch.payer_id, now.date()).batch_wait, directory))


def _fetched(directory: Directory, batch: Batch, message: BatchFetched) -> tuple[BatchFact | Effect, ...]:
    now = message.meta.occurred_at
    wait = _wait(directory, batch, now)
    if message.answered is None:
        if not _has_time(batch, now + wait):
            return _closed()
        return (BatchNotTaken(), _fetch(batch, batch.receipts[-1], now + wait, directory))
    read = AnswersRead(answered=message.answered, unmatched=message.unmatched)
    left = int(batch.open, 16) & ~int(message.answered, 16)
    if not left or not _has_time(batch, now + wait):
        return (read, *_closed())
    return (read, _send(batch, f"{left:x}", now + wait))


def _wait(directory: Directory, batch: Batch, now: datetime) -> timedelta:
    """Twice as long after each failure, an hour at most."""
    first = directory.of(batch.payer_id, now.date()).batch_wait
    doubled: timedelta = first * (1 << min(batch.failures, DOUBLINGS_MAX))
    return min(doubled, WAIT_MAX)


def _has_time(batch: Batch, at: datetime) -> bool:
    assert batch.until is not None, "an open batch has an end"
    return at < batch.until


def _send(batch: Batch, positions: str, at: datetime) -> SendBatch:
    return SendBatch(
        batch_id=batch.batch_id, payer_id=batch.payer_id, attempt=batch.sent + 1, positions=positions, not_before=at
    )


def _fetch(batch: Batch, receipt: str, at: datetime, directory: Directory) -> FetchAnswers:
    last = not _has_time(batch, at + _wait(directory, batch, at))
    return FetchAnswers(batch_id=batch.batch_id, payer_id=batch.payer_id, receipt=receipt, last=last, not_before=at)


def _closed() -> tuple[BatchFact, ...]:
    return (BatchClosed(),)


def evolve(batch: Batch, fact: BatchFact) -> Batch:
    """Apply one fact. No rules here, so history always replays."""
    match fact:
        case BatchOpened():
            return replace(
                batch,
                batch_id=fact.batch_id,
                payer_id=fact.payer_id,
                inquiries=fact.inquiries,
                until=fact.until,
                open=f"{(1 << fact.inquiries) - 1:x}",
                status="open",
            )
        case BatchSent():
            return replace(batch, sent=batch.sent + 1, failures=0, receipts=(*batch.receipts, fact.receipt))
        case BatchNotTaken():
            return replace(batch, failures=batch.failures + 1)
        case AnswersRead():
            left = int(batch.open, 16) & ~int(fact.answered, 16)
            failures = 0 if left < int(batch.open, 16) else batch.failures + 1
            return replace(batch, open=f"{left:x}", unmatched=batch.unmatched + fact.unmatched, failures=failures)
        case BatchClosed():
            return replace(batch, status="closed")
        case _:
            assert_never(fact)


def publish(batch: Batch, fact: BatchFact, meta: Meta) -> EligibilityBatchClosed | None:
    """That a batch is over."""
    if not isinstance(fact, BatchClosed):
        return None
    return EligibilityBatchClosed(
        meta=meta,
        batch_id=batch.batch_id,
        inquiries=batch.inquiries,
        answered=batch.inquiries - batch.unanswered,
        unanswered=batch.unanswered,
    )


def batch_decider(directory: Directory) -> Decider[Batch, BatchMessage, BatchFact]:
    """The decider under a payer directory."""
    return Decider(
        service="eligibility",
        kind="batch",
        initial=Batch(),
        decide=partial(decide, directory),
        evolve=evolve,
        publish=publish,
        aggregate_id=lambda message: message.batch_id,
        record_key=lambda batch: batch.batch_id,
        state_codec=TypeAdapter(Batch),
        message_codec=TypeAdapter(Annotated[BatchMessage, Field(discriminator="type")]),
        fact_codec=TypeAdapter(Annotated[BatchFact, Field(discriminator="type")]),
        effect_codec=TypeAdapter(Annotated[SendBatch | FetchAnswers, Field(discriminator="type")]),
        index=lambda batch: {"status": batch.status, "payer_id": batch.payer_id},
    )
