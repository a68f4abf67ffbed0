"""What a party that is neither insurer nor guarantor owes of an account: its terms, and its part of one claim."""

from datetime import date
from typing import Literal, NamedTuple, TypeAlias

from pydantic import NonNegativeInt

from shared.contracts import Contract

OtherKind: TypeAlias = Literal[
    "employer", "attorney", "workers_compensation", "auto_liability", "grant", "research_sponsor", "other"
]


class OtherTerms(Contract):
    """Which part of the guarantor's share a party owes: a percentage of the care of these days, up to a limit.

    `claims` empty: every claim and charge of these days. `limit_cents` None: no limit. `order` says who is asked first
    of several parties. Where the guarantor is not liable, nothing of the share can ever come back to them.
    """

    kind: OtherKind
    percent: int
    limit_cents: NonNegativeInt | None
    covers_from: date
    covers_until: date
    claims: tuple[str, ...] = ()
    order: int = 1
    guarantor_liable: bool = True

    def covers(self, item_id: str, service_date: date) -> bool:
        """Whether this care is the party's."""
        return self.covers_from <= service_date <= self.covers_until and (not self.claims or item_id in self.claims)


class PaidPart(NamedTuple):
    """So many cents of a party's payment, or of a reduction agreed with it."""

    source: str
    cents: int


class OtherShare(NamedTuple):
    """A party's part of one claim or charge: moved there, and what of it was paid or reduced."""

    party_id: str
    moved_cents: int = 0
    paid: tuple[PaidPart, ...] = ()
    reduced: tuple[PaidPart, ...] = ()

    @property
    def settled_cents(self) -> int:
        return sum(one.cents for one in (*self.paid, *self.reduced))

    @property
    def open_cents(self) -> int:
        return self.moved_cents - self.settled_cents


class OtherTaken(NamedTuple):
    """A party's payment: what it was, what went back, and what of the rest is not applied."""

    payment_id: str
    party_id: str
    paid_cents: int
    unapplied_cents: int
    returned_cents: int = 0


def with_part(parts: tuple[PaidPart, ...], source: str, cents: int) -> tuple[PaidPart, ...]:
    """The parts with this source's changed by so many cents; one that comes to nothing is left out."""
    if all(one.source != source for one in parts):
        parts = (*parts, PaidPart(source, 0))
    changed = (one._replace(cents=one.cents + cents) if one.source == source else one for one in parts)
    return tuple(one for one in changed if one.cents)
