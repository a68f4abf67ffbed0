"""The nightly list: what a tenant's house asks payers about by itself, while nobody works.

One aggregate for each tenant. It sleeps until news give it something to ask about: a claim whose payer could not
answer, or a check made ahead of a service. Then it looks through the checks once a night, as long as there is reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Annotated, Literal, TypeAlias, assert_never
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, Field, NonNegativeInt, TypeAdapter

from services.eligibility.core.check import InquiryPolicy, may_answer_later
from services.eligibility.core.check_state import Check
from services.eligibility.core.dated import Dated, terms_on
from shared.contracts import CoverageChecked, EligibilityUnknown, Meta
from shared.decider import Answer, Decider, Due, Effect, Fact
from shared.replaced import replace

KIND = "night"
ID = "nightly"
"""The one aggregate of a tenant."""


@dataclass(frozen=True, slots=True)
class NightTerms:
    """When a tenant's list is made, and what stands on it.

    `at` is of the zone. Services within `eve_days` are asked about the night before, whatever is known; those within
    `ahead_days` when the last answer is `older_than_days` old. Claims whose payer could not answer are asked about for
    `back_days` after their service. `inquiries_max` in one night; what is more waits for the next. 0 is none at all.
    """

    at: time = time(1)
    zone: str = "UTC"
    eve_days: int = 1
    ahead_days: int = 14
    older_than_days: int = 7
    back_days: int = 30
    inquiries_max: int = 10_000

    def today(self, now: datetime) -> date:
        """The day of the tenant's zone."""
        return now.astimezone(ZoneInfo(self.zone)).date()

    def next_after(self, now: datetime) -> datetime:
        """The first night's hour after a moment, in UTC."""
        day, zone = self.today(now), ZoneInfo(self.zone)
        nights = (datetime.combine(day + timedelta(days=n), self.at, zone).astimezone(UTC) for n in range(3))
        return next(one for one in nights if one > now)


@dataclass(frozen=True, slots=True)
class NightBook:
    """Every tenant's terms through time; a tenant without an entry on a day has the default's."""

    tenants: Mapping[str, Sequence[Dated[NightTerms]]]
    default: Sequence[Dated[NightTerms]] = ()

    def of(self, tenant: str, on: date) -> NightTerms:
        """The terms of a tenant on a day."""
        return terms_on(self.tenants, self.default, tenant, on) or NightTerms()


class NightGathered(Answer):
    """The list was made: `asked` so many, `left` for the next night; `batches` are those that go out in files."""

    type: Literal["eligibility.night-gathered.v1"] = "eligibility.night-gathered.v1"
    asked: NonNegativeInt
    left: NonNegativeInt
    batches: tuple[str, ...] = ()


NightMessage: TypeAlias = CoverageChecked | EligibilityUnknown | NightGathered | Due


class GatherNight(Effect):
    """Look through the tenant's checks, and ask about those that are due."""

    type: Literal["eligibility.gather-night.v1"] = "eligibility.gather-night.v1"
    on: date


class NightWanted(Fact):
    """There is something to ask about: at `at`, and until `last_day` has come."""

    type: Literal["night.wanted.v1"] = "night.wanted.v1"
    at: AwareDatetime
    last_day: date | None = None


class NightBegun(Fact):
    """The night's hour has come."""

    type: Literal["night.begun.v1"] = "night.begun.v1"
    on: date
    at: AwareDatetime


class NightEnded(Fact):
    """What the night asked."""

    type: Literal["night.ended.v1"] = "night.ended.v1"
    asked: NonNegativeInt
    left: NonNegativeInt
    batches: tuple[str, ...] = ()


NightFact: TypeAlias = NightWanted | NightBegun | NightEnded


@dataclass(frozen=True, slots=True)
class Night:
    """When the next list is made, None: when there is reason to; and what the last one was."""

    next_at: datetime | None = None
    last_day: date | None = None  # the last day of service that somebody asked about ahead
    on: date | None = None  # the day of the last list
    ran_at: datetime | None = None
    asked: int = 0
    left: int = 0
    batches: tuple[str, ...] = ()


NightDecider: TypeAlias = Decider[Night, NightMessage, NightFact]


def decide(
    book: NightBook, policy: InquiryPolicy, night: Night, message: NightMessage
) -> tuple[NightFact | Effect, ...]:
    match message:
        case CoverageChecked():
            return _ahead(book, night, message)
        case EligibilityUnknown():
            return _waiting(book, policy, night, message)
        case Due():
            return _come(book, night, message)
        case NightGathered():
            ended = NightEnded(asked=message.asked, left=message.left, batches=message.batches)
            return (ended, *_another(book, night, message))
        case _:
            assert_never(message)


def _ahead(book: NightBook, night: Night, message: CoverageChecked) -> tuple[NightFact, ...]:
    """Somebody asked about a service still to come: it is asked about again before its day."""
    terms, day = _terms(book, message.meta), message.service_date
    if not terms.inquiries_max or day <= terms.today(message.meta.occurred_at):
        return ()
    if night.last_day is not None and day <= night.last_day:
        return ()  # until that day there is a list every night
    at = night.next_at or terms.next_after(message.meta.occurred_at)
    return (NightWanted(at=at, last_day=max(day, night.last_day or day)),)


def _waiting(
    book: NightBook, policy: InquiryPolicy, night: Night, message: EligibilityUnknown
) -> tuple[NightFact, ...]:
    """A claim's payer could not answer, and may answer a list at night."""
    now, terms = message.meta.occurred_at, _terms(book, message.meta)
    if night.next_at is not None or not terms.inquiries_max:
        return ()
    if message.service_date < terms.today(now) - timedelta(days=terms.back_days):
        return ()
    if not _may_answer(policy, message):
        return ()
    at = terms.next_after(now)
    if night.ran_at is not None and night.ran_at >= at:
        return ()  # a repeat, or late news: the list of that night has seen it
    return (NightWanted(at=at, last_day=night.last_day),)


def _may_answer(policy: InquiryPolicy, message: EligibilityUnknown) -> bool:
    if message.reason == "inquiry_rejected":
        return not policy.retry_codes.isdisjoint(message.reject_codes)
    terms = policy.directory.of(message.payer_id, message.meta.occurred_at.date())
    known = message.cause is None or (message.cause == "no_real_time_eligibility" and terms.batch)
    return message.reason == "payer_unavailable" and known


def _come(book: NightBook, night: Night, message: Due) -> tuple[NightFact | Effect, ...]:
    now = message.meta.occurred_at
    if message.kind != KIND or night.next_at is None or night.next_at > now:
        return ()
    on = _terms(book, message.meta).today(now)
    return (NightBegun(on=on, at=now), GatherNight(on=on))


def _another(book: NightBook, night: Night, message: NightGathered) -> tuple[NightFact, ...]:
    """Another night, while there are services ahead or inquiries left. What waits again says so itself."""
    if night.next_at is not None:
        return ()
    now, terms = message.meta.occurred_at, _terms(book, message.meta)
    ahead = night.last_day is not None and night.last_day > terms.today(now)
    return (NightWanted(at=terms.next_after(now), last_day=night.last_day),) if ahead or message.left else ()


def _terms(book: NightBook, meta: Meta) -> NightTerms:
    return book.of(meta.tenant, meta.occurred_at.date())


def wanted(terms: NightTerms, policy: InquiryPolicy, check: Check, on: date) -> Literal["ahead", "waiting"] | None:
    """Why a check stands on the list of a day; None when it does not. What is under way is never asked twice."""
    if check.is_open or not check.account_id or check.outcome is None:
        return None
    if not policy.directory.of(check.payer_id, on).may_be_asked:
        return None
    if check.service_date > on:
        return "ahead" if _is_old(terms, check, on) else None
    since = on - timedelta(days=terms.back_days)
    answerable = may_answer_later(policy, check.outcome, check.payer_id, on)
    return "waiting" if answerable and check.service_date >= since else None


def _is_old(terms: NightTerms, check: Check, on: date) -> bool:
    """Tomorrow's are asked about once more; those further ahead when their answer is old. Never twice in a day."""
    days = (check.service_date - on).days
    age = None if check.answered_at is None else (on - terms.today(check.answered_at)).days
    if days > terms.ahead_days or age == 0:
        return False
    return days <= terms.eve_days or age is None or age >= terms.older_than_days


def evolve(night: Night, fact: NightFact) -> Night:
    """Apply one fact. No rules here, so history always replays."""
    match fact:
        case NightWanted():
            return replace(night, next_at=fact.at, last_day=fact.last_day)
        case NightBegun():
            return replace(night, next_at=None, on=fact.on, ran_at=fact.at)
        case NightEnded():
            return replace(night, asked=fact.asked, left=fact.left, batches=fact.batches)
        case _:
            assert_never(fact)


def publish(night: Night, fact: NightFact, meta: Meta) -> None:
    """Nothing: its checks and batches tell what comes of it."""


def night_decider(book: NightBook, policy: InquiryPolicy) -> NightDecider:
    """The decider under the tenants' terms."""
    return Decider(
        service="eligibility",
        kind=KIND,
        initial=Night(),
        decide=partial(decide, book, policy),
        evolve=evolve,
        publish=publish,
        aggregate_id=lambda _: ID,
        record_key=lambda _: ID,
        state_codec=TypeAdapter(Night),
        message_codec=TypeAdapter(Annotated[NightMessage, Field(discriminator="type")]),
        fact_codec=TypeAdapter(Annotated[NightFact, Field(discriminator="type")]),
        effect_codec=TypeAdapter(GatherNight),
        due=lambda night: night.next_at,
    )
