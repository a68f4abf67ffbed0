"""Conditions of a dunning policy: what must be true of an account, during which days, and how a person is told.

A condition is data; every field that is given must hold. What depends on the day (an age, a last payment, a score that
grows old) is answered with the days on which it holds, so that a schedule needs no daily look at every account.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar, NamedTuple

from pydantic import ConfigDict


class Window(NamedTuple):
    """Calendar days (UTC) on which something holds, both of them in it."""

    begins: date = date.min
    ends: date = date.max

    def covers(self, day: date) -> bool:
        return self.begins <= day <= self.ends


ALWAYS = Window()


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A propensity to pay, 0 to 100, as somebody computed it, and the day it is of."""

    value: int
    scored_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What conditions are asked about: nothing in it names a person. Amounts are integer cents.

    `unpaid` counts claims and charges with something owed by the patient. `failed_payment` is the reason of the last
    payment that failed, empty when a later one came in.
    """

    owed_cents: int
    unpaid: int
    opened_on: date
    segment: str = ""
    practice: str = ""
    tags: frozenset[str] = frozenset()
    score: Score | None = None
    last_payment_on: date | None = None
    failed_payment: str = ""


class Clause(NamedTuple):
    """What one field of a condition says: a sentence, and the days on which it holds, if any."""

    text: str
    window: Window | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a condition says of a situation. Without a clause it always holds."""

    clauses: tuple[Clause, ...]

    @property
    def window(self) -> Window | None:
        """The days on which every clause holds; None when there is none."""
        begins, ends = date.min, date.max
        for clause in self.clauses:
            if clause.window is None:
                return None
            begins, ends = max(begins, clause.window.begins), min(ends, clause.window.ends)
        return Window(begins, ends) if begins <= ends else None

    def holds(self, day: date) -> bool:
        return self.window is not None and self.window.covers(day)

    def reasons(self, day: date) -> tuple[str, ...]:
        """Each clause as a sentence, with whether it holds on a day."""
        return tuple(f"{clause.text}: {_said(clause.window, day)}" for clause in self.clauses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What must be true. Bounds called `from` are in it, those called `below` are not. An empty list says nothing."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=False)

    owed_from_cents: int | None = None
    owed_below_cents: int | None = None
    unpaid_from: int | None = None
    unpaid_below: int | None = None
    age_from_days: int | None = None  # since the balance opened
    age_below_days: int | None = None
    segments: tuple[str, ...] = ()  # one of them
    practices: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()  # every one of them
    without_tags: tuple[str, ...] = ()  # none of them
    score_from: int | None = None
    score_below: int | None = None
    score_within_days: int | None = None  # an older score says nothing
    no_payment_for_days: int | None = None
    paid_within_days: int | None = None
    failed_payments: tuple[str, ...] = ()  # the last payment failed for one of these reasons

    @property
    def is_empty(self) -> bool:
        return self is ANYTHING or self == ANYTHING


ANYTHING = Condition()


NO_CLAUSES = Verdict(())


def hear(condition: Condition, situation: Situation) -> Verdict:
    """Ask a condition about a situation."""
    return NO_CLAUSES if condition is ANYTHING else Verdict(tuple(_clauses(condition, situation)))


def contradictions(condition: Condition) -> Iterator[str]:
    """Why a condition can never hold; nothing when it can."""
    for name in ("owed", "unpaid", "age", "score"):
        at_least, below = (_bound(condition, name, end) for end in ("from", "below"))
        if at_least is not None and below is not None and at_least >= below:
            yield f"{name} from {at_least} and below {below} is nothing; raise the one or lower the other"
    both = sorted({*condition.tags} & {*condition.without_tags})
    if both:
        yield f"tags and without_tags both name {', '.join(both)}; take it out of one"
    waits, paid = condition.no_payment_for_days, condition.paid_within_days
    if waits is not None and paid is not None and waits > paid:
        yield f"no payment for {waits} days and one within {paid} is nothing; take one out"
    bounds = (condition.score_from, condition.score_below)
    if any(bound is not None and not 0 <= bound <= 101 for bound in bounds):
        yield "a score goes from 0 to 100"


def _bound(condition: Condition, name: str, end: str) -> int | None:
    suffix = {"owed": "_cents", "age": "_days"}.get(name, "")
    found: int | None = getattr(condition, f"{name}_{end}{suffix}")
    return found


def _clauses(condition: Condition, situation: Situation) -> Iterator[Clause]:
    for name, ask in ASKED.items():
        wanted = getattr(condition, name)
        if wanted is not None and wanted != ():
            yield ask(wanted, situation, condition)


def _plain(text: str, *, holds: bool) -> Clause:
    return Clause(text, ALWAYS if holds else None)


def _age_from(days: int, situation: Situation, _: Condition) -> Clause:
    return Clause(f"open for {days} days or more", Window(begins=situation.opened_on + timedelta(days)))


def _age_below(days: int, situation: Situation, _: Condition) -> Clause:
    return Clause(f"open for less than {days} days", Window(ends=situation.opened_on + timedelta(days - 1)))


def _no_payment(days: int, situation: Situation, _: Condition) -> Clause:
    since = situation.last_payment_on or situation.opened_on
    return Clause(f"no payment for {days} days", Window(begins=max(since, situation.opened_on) + timedelta(days)))


def _paid_within(days: int, situation: Situation, _: Condition) -> Clause:
    text, paid_on = f"a payment within {days} days", situation.last_payment_on
    return Clause(text, None if paid_on is None else Window(paid_on, paid_on + timedelta(days)))


def _scored(situation: Situation, condition: Condition, text: str, *, holds: bool) -> Clause:
    score, within = situation.score, condition.score_within_days
    if score is None:
        return Clause(f"{text} (there is none)", None)
    last = date.max if within is None else score.scored_on + timedelta(within)
    return Clause(
        f"{text} (it is {score.value}, of {score.scored_on})", Window(score.scored_on, last) if holds else None
    )


def _score_from(wanted: int, situation: Situation, condition: Condition) -> Clause:
    holds = situation.score is not None and situation.score.value >= wanted
    return _scored(situation, condition, f"a score of {wanted} or more", holds=holds)


def _score_below(wanted: int, situation: Situation, condition: Condition) -> Clause:
    holds = situation.score is not None and situation.score.value < wanted
    return _scored(situation, condition, f"a score below {wanted}", holds=holds)


def _score_within(days: int, situation: Situation, condition: Condition) -> Clause:
    return _scored(situation, condition, f"a score not older than {days} days", holds=True)


def dollars(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


ASKED: Mapping[str, Callable[[Any, Situation, Condition], Clause]] = {
    "owed_from_cents": lambda w, s, _: _plain(
        f"owed {dollars(s.owed_cents)} is {dollars(w)} or more", holds=s.owed_cents >= w
    ),
    "owed_below_cents": lambda w, s, _: _plain(
        f"owed {dollars(s.owed_cents)} is below {dollars(w)}", holds=s.owed_cents < w
    ),
    "unpaid_from": lambda w, s, _: _plain(f"{s.unpaid} unpaid is {w} or more", holds=s.unpaid >= w),
    "unpaid_below": lambda w, s, _: _plain(f"{s.unpaid} unpaid is below {w}", holds=s.unpaid < w),
    "age_from_days": _age_from,
    "age_below_days": _age_below,
    "segments": lambda w, s, _: _plain(f"segment {s.segment or 'none'} is of {', '.join(w)}", holds=s.segment in w),
    "practices": lambda w, s, _: _plain(f"practice {s.practice or 'none'} is of {', '.join(w)}", holds=s.practice in w),
    "tags": lambda w, s, _: _plain(f"tagged {', '.join(w)}", holds=set(w) <= s.tags),
    "without_tags": lambda w, s, _: _plain(f"not tagged {', '.join(w)}", holds=not set(w) & s.tags),
    "score_from": _score_from,
    "score_below": _score_below,
    "score_within_days": _score_within,
    "no_payment_for_days": _no_payment,
    "paid_within_days": _paid_within,
    "failed_payments": lambda w, s, _: _plain(
        f"last payment failed ({s.failed_payment or 'none did'}) is of {', '.join(w)}", holds=s.failed_payment in w
    ),
}
"""Every field of a condition and how it is asked, in the order in which the answers are told."""


def _said(window: Window | None, day: date) -> str:
    if window is None:
        return "no"
    if window.covers(day):
        return "yes"
    return f"not before {window.begins}" if day < window.begins else f"not after {window.ends}"
