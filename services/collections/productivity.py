"""What collectors did, by collector and day: contacts, conversations, promises, what came of them, and money.

A payment is counted for the collector who had the last contact or promise before it, if that was not longer ago than
the policy's `credited_days`. Whether they caused it nobody knows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from services.collections.core import CollectionFact
from services.collections.core.asking import SPOKEN
from services.collections.core.facts import ContactMade
from services.collections.core.policy_facts import PaymentNoted
from services.collections.core.work_facts import AccountNoteAdded, ComplaintAnswered, PromiseEnded, PromiseMade
from services.collections.core.work_state import NOT_KEPT, WENT_OUT
from shared.decider import Entry

SYSTEM = "system"
WHOLE_BPS = 10_000


@dataclass(slots=True)
class Done:
    """What one collector did on one day. Promises kept and not kept are counted on the day they ended."""

    contacts: int = 0
    spoken: int = 0
    promises: int = 0
    kept: int = 0
    not_kept: int = 0
    collected_cents: int = 0
    notes: int = 0
    complaints_answered: int = 0

    @property
    def kept_rate_bps(self) -> int | None:
        """Kept of those that were followed up, in hundredths of a percent; None where there was none."""
        ended = self.kept + self.not_kept
        return self.kept * WHOLE_BPS // ended if ended else None


class Touch(NamedTuple):
    """The last time that a collector had to do with the guarantor."""

    by: str
    on: date


class Productivity:
    """Counts account by account; `days` is what was counted so far, by collector and day."""

    def __init__(self, credited_days: int, from_on: date, until_on: date) -> None:
        self._credited, self._from, self._until = timedelta(credited_days), from_on, until_on
        self.days: dict[tuple[str, date], Done] = {}

    def count(self, history: Iterable[Entry[CollectionFact]]) -> None:
        """Count one account's whole history, oldest first."""
        touch: Touch | None = None
        makers = dict[str, str]()
        for entry in history:
            fact, on, by = entry.fact, entry.meta.occurred_at.date(), entry.meta.actor
            if isinstance(fact, PaymentNoted):
                self._paid(touch, fact)
                continue
            touch = self._touched(touch, fact, on, by)
            if isinstance(fact, PromiseMade):
                makers[fact.promise_id] = fact.made_by
            if isinstance(fact, PromiseEnded):
                self._ended(makers.get(fact.promise_id, SYSTEM), fact)

    def _of(self, by: str, on: date) -> Done:
        """The line of a collector and day; one that counts for nobody outside the days asked for."""
        if by == SYSTEM or not self._from <= on <= self._until:
            return Done()
        return self.days.setdefault((by, on), Done())

    def _touched(self, touch: Touch | None, fact: CollectionFact, on: date, by: str) -> Touch | None:
        match fact:
            case ContactMade() if fact.outcome != WENT_OUT and by != SYSTEM:
                done = self._of(by, on)
                done.contacts += 1
                done.spoken += fact.outcome in SPOKEN
                return Touch(by, on)
            case PromiseMade():
                self._of(fact.made_by, on).promises += 1
                return Touch(fact.made_by, on)
            case AccountNoteAdded():
                self._of(by, on).notes += 1
            case ComplaintAnswered():
                self._of(by, on).complaints_answered += 1
            case _:
                pass
        return touch

    def _paid(self, touch: Touch | None, fact: PaymentNoted) -> None:
        if touch is not None and touch.on <= fact.paid_on <= touch.on + self._credited:
            self._of(touch.by, fact.paid_on).collected_cents += fact.paid_cents

    def _ended(self, maker: str, fact: PromiseEnded) -> None:
        if fact.outcome == "kept":
            self._of(maker, fact.ended_on).kept += 1
        elif fact.outcome in NOT_KEPT:
            self._of(maker, fact.ended_on).not_kept += 1
