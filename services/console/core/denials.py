"""Denials by reason and payer, folded from the claims that are denied now. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from services.console.core.claim_view import ClaimView
from services.console.core.totals import Sum

NO_REASON = "no reason given"


class Place(NamedTuple):
    """A reason and a payer."""

    reason: str
    payer_id: str


@dataclass(slots=True)
class Denials:
    """How many claims and how much is denied, by reason and payer; a claim counts once, under its first reason."""

    total: Sum = field(default_factory=Sum)
    by_place: dict[Place, Sum] = field(default_factory=dict[Place, Sum])
    by_reason: dict[str, Sum] = field(default_factory=dict[str, Sum])
    by_payer: dict[str, Sum] = field(default_factory=dict[str, Sum])

    def add(self, view: ClaimView) -> None:
        place = place_of(view)
        for sums, name in ((self.by_reason, place.reason), (self.by_payer, place.payer_id)):
            sums.setdefault(name, Sum()).add(view.denied_cents)
        self.by_place.setdefault(place, Sum()).add(view.denied_cents)
        self.total.add(view.denied_cents)

    def cell(self, reason: str, payer_id: str) -> Sum:
        return self.by_place.get(Place(reason, payer_id), Sum())


def place_of(view: ClaimView) -> Place:
    """Where a denied claim is counted: its first reason without its words, and its payer."""
    first = view.reasons[0] if view.reasons else NO_REASON
    return Place(first if first == NO_REASON else first.partition(" ")[0], view.payer_id)


def denials_of(views: Iterable[ClaimView]) -> Denials:
    found = Denials()
    for view in views:
        found.add(view)
    return found


def largest(sums: Mapping[str, Sum]) -> list[str]:
    """Names by amount, the largest first."""
    return sorted(sums, key=lambda name: (-sums[name].cents, name))
