"""Agencies as a client has them: who takes which accounts, how files look, what they earn, and when they give back.

Everything is dated, sourced configuration; a placement keeps the version it was made under, so a newer contract changes
no fee of an older placement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal, NamedTuple, TypeAlias

from services.collections.core.agency_format import FileFormat

Meaning: TypeAlias = Literal[
    "worked", "promise", "disputed", "deceased", "bankruptcy", "attorney", "uncollectible", "paid", "legal"
]
"""What an agency's own status code means to us."""
Paid: TypeAlias = Literal["collected", "direct"]
"""Whom the guarantor paid: the agency, or the practice while the agency had the account."""
BPS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeTier:
    """A part of a contract's fees; the first tier that fits counts. None: whichever it is."""

    bps: int
    flat_cents: int = 0
    paid: Paid | None = None
    placement: int | None = None  # 1: first placement, 2: second, ...
    legal: bool | None = None
    age_from_days: int = 0  # of the debt on the day of its placement
    age_below_days: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.bps <= BPS or self.flat_cents < 0:
            raise ValueError("a fee is 0 to 10000 basis points, and no flat amount below 0")


class Work(NamedTuple):
    """What a fee depends on beside the amount."""

    paid: Paid
    placement: int
    legal: bool
    age_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """One version of the terms with one agency."""

    version: str
    agency_id: str
    name: str
    valid_from: date
    valid_to: date | None
    format: FileFormat
    fees: tuple[FeeTier, ...]
    statuses: Mapping[str, Meaning]
    remits: Literal["net", "gross"] = "net"
    segments: frozenset[str] = frozenset()  # empty: all
    states: frozenset[str] = frozenset()  # where it may collect; empty: everywhere
    least_cents: int = 0
    hold_days: int = 0  # after so many days it gives back what is not paid; 0: never by itself
    pays_after_recall_days: int = 0  # so long what was under way when it was recalled is still taken, with its fee
    send_hour: int = 6  # UTC; when a day's file is written
    then: str = ""  # who has the account next, when this agency gave it back

    def __post_init__(self) -> None:
        if not self.fees:
            raise ValueError("fees: say what the agency earns")
        if self.then == self.agency_id:
            raise ValueError("then: an agency does not follow itself")
        if min(self.hold_days, self.pays_after_recall_days, self.least_cents) < 0 or not 0 <= self.send_hour < 24:
            raise ValueError("days and cents are not below 0, and send_hour is an hour of the day")

    def fee_cents(self, cents: int, work: Work) -> int:
        """What a payment of so many cents costs, half a cent up, never more than the payment; 0 where no tier fits."""
        for tier in self.fees:
            if _fits(tier, work):
                return min(cents, (cents * tier.bps + BPS // 2) // BPS + tier.flat_cents)
        return 0


def _fits(tier: FeeTier, work: Work) -> bool:
    asked = ((tier.paid, work.paid), (tier.placement, work.placement), (tier.legal, work.legal))
    in_age = tier.age_from_days <= work.age_days and (
        tier.age_below_days is None or work.age_days < tier.age_below_days
    )
    return in_age and all(wanted is None or wanted == found for wanted, found in asked)


@dataclass(frozen=True, slots=True)
class AgencyBook:
    """Every client's agencies with all their versions; `*` is the common file."""

    agencies: Mapping[str, Sequence[Agency]] = field(default_factory=dict[str, Sequence[Agency]])

    def find(self, tenant: str, agency_id: str, on: date) -> Agency | None:
        """The terms in force on a day; None where the client has no such agency then."""
        fitting = (one for one in self._of(tenant) if one.agency_id == agency_id and _in_force(one, on))
        return max(fitting, key=lambda one: one.valid_from, default=None)

    def newest(self, tenant: str, agency_id: str) -> Agency | None:
        """The newest terms there are, in force or over: somebody still has to be told."""
        found = (one for one in self._of(tenant) if one.agency_id == agency_id)
        return max(found, key=lambda one: one.valid_from, default=None)

    def named(self, tenant: str, version: str) -> Agency | None:
        """The terms that a placement was made under."""
        return next((one for one in self._of(tenant) if one.version == version), None)

    def known(self, tenant: str) -> tuple[str, ...]:
        """The ids of a client's agencies, whenever they were its."""
        return tuple(dict.fromkeys(one.agency_id for one in self._of(tenant)))

    def is_known(self, tenant: str, agency_id: str) -> bool:
        return agency_id in self.known(tenant)

    def _of(self, tenant: str) -> Sequence[Agency]:
        return (*self.agencies.get("*", ()), *self.agencies.get(tenant, ()))


NO_AGENCIES = AgencyBook()


class Choice(NamedTuple):
    """Which agency takes an account (None: none does), and why others do not."""

    agency_id: str | None
    why_not: str = ""


class Placing(NamedTuple):
    """What an account is, as far as an agency asks."""

    owed_cents: int
    segment: str
    state: str
    returned_by: tuple[str, ...]


def choose(book: AgencyBook, tenant: str, wanted: str, placing: Placing, on: date) -> Choice:
    """The agency that the policy names, or the one after it where that one had it before or does not take it.

    An agency that nobody has configured takes everything once: its file is one record an account.
    """
    whys: list[str] = []
    agency_id, seen = wanted, set[str]()
    while agency_id and agency_id not in seen:
        seen.add(agency_id)
        terms = book.find(tenant, agency_id, on)
        if terms is None:
            why = "its contract is not in force" if book.is_known(tenant, agency_id) else ""
            follows = ""
        else:
            why, follows = _declines(terms, placing), terms.then
        if agency_id in placing.returned_by:
            why = "it gave the account back"
        if not why:
            return Choice(agency_id)
        whys.append(f"{agency_id}: {why}")
        agency_id = follows
    return Choice(None, "; ".join(whys))


def _declines(terms: Agency, placing: Placing) -> str:
    if placing.owed_cents < terms.least_cents:
        return f"it takes nothing below {terms.least_cents} cents"
    if terms.segments and placing.segment not in terms.segments:
        return "the account is of another segment"
    if terms.states and placing.state not in terms.states:
        return "it may not collect in the guarantor's state"
    return ""


def _in_force(terms: Agency, on: date) -> bool:
    return terms.valid_from <= on <= (terms.valid_to or date.max)


def held_until(terms: Agency, placed_on: date) -> date | None:
    """The day on which the agency has to give back what it has not collected; None: it may keep it."""
    return placed_on + timedelta(terms.hold_days) if terms.hold_days else None
