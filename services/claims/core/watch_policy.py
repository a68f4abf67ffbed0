"""How long an answer may take, and when a payer is asked: dated, sourced figures, given from outside."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias

Awaited: TypeAlias = Literal["file", "claim", "remittance"]
"""TA1 or 999 for a file; a 277CA that takes the claim for adjudication; the payer's decision (835)."""
ClaimStage: TypeAlias = Literal["claim", "remittance"]
Transport: TypeAlias = Literal["http", "file", "none"]
ANY = "*"


@dataclass(frozen=True, slots=True)
class Expectation:
    """How long one kind of answer may take. `of` is the partner for files, else the payer; "*" holds for all others."""

    id: str
    awaits: Awaited
    amount: int
    unit: Literal["hours", "days"]
    valid_from: date
    source: str
    owner: str
    of: str = ANY
    valid_to: date | None = None
    assumed: bool = False

    @property
    def span(self) -> timedelta:
        return timedelta(hours=self.amount) if self.unit == "hours" else timedelta(days=self.amount)


@dataclass(frozen=True, slots=True)
class InquiryTerms:
    """When and how a payer is asked about its claims (276): first so many days after the claim came to a stage.

    Then every so many days until the claim is decided; after a question that failed, `retry_hours` later. A file of
    ours that is not answered for `answer_within_hours` failed. "none": the payer takes no inquiry.
    """

    id: str
    stage: ClaimStage
    first_after_days: int
    every_days: int
    transport: Transport
    valid_from: date
    source: str
    owner: str
    of: str = ANY
    valid_to: date | None = None
    retry_hours: int = 4
    answer_within_hours: int = 48
    inquiries_max: int = 10


@dataclass(frozen=True, slots=True)
class WatchBook:
    """Every entry; which one counts is asked for a day.

    `on_paper` are the partners that take claims on paper: nothing acknowledges those, and they are asked about by a
    person.
    """

    expectations: tuple[Expectation, ...]
    inquiries: tuple[InquiryTerms, ...]
    on_paper: frozenset[str] = frozenset()

    def expects(self, awaits: Awaited, of: str, on: date) -> Expectation | None:
        """The entry in force that names the payer or partner, or else the one for all."""
        found = (one for one in self.expectations if one.awaits == awaits and _holds(one, of, on))
        return max(found, key=lambda one: (one.of != ANY, one.valid_from), default=None)

    def expected_by(self, awaits: Awaited, of: str, at: datetime) -> tuple[datetime | None, str]:
        """Until when an answer to what began at `at` may take, and the entry that says so."""
        if awaits == "file" and of in self.on_paper:
            return None, ""
        entry = self.expects(awaits, of, at.date())
        return (None, "") if entry is None else (at + entry.span, entry.id)

    def terms(self, stage: ClaimStage, payer_id: str, on: date) -> InquiryTerms | None:
        """How a payer is asked about a claim in a stage; None where it is not asked."""
        found = (one for one in self.inquiries if one.stage == stage and _holds(one, payer_id, on))
        entry = max(found, key=lambda one: (one.of != ANY, one.valid_from), default=None)
        return None if entry is None or entry.transport == "none" else entry


def _holds(entry: Expectation | InquiryTerms, of: str, on: date) -> bool:
    return entry.of in (ANY, of) and entry.valid_from <= on and (entry.valid_to is None or on <= entry.valid_to)


def ids_used_twice(entries: Iterable[Expectation | InquiryTerms]) -> set[str]:
    """Ids that more than one entry has."""
    return {id_ for id_, count in Counter(one.id for one in entries).items() if count > 1}
