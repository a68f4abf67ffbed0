"""How collectors' work is put in order, as dated figures. Given from outside; nothing here is a constant."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, NonNegativeInt, PositiveInt, TypeAdapter

from services.collections.core.messages import Channel
from shared.contracts import Contract, NonNegativeCents

ANY_TENANT = "*"
CauseName: TypeAlias = Literal[
    "complaint",
    "dispute",
    "breach",
    "review",
    "broken_promise",
    "plan_work",
    "call_back",
    "call_asked",
    "failed_payment",
    "undelivered",
    "held",
    "other_work",
    "high_balance",
]
Stage: TypeAlias = Literal["overdue", "reminded", "final"]


class CausePoints(Contract):
    """What brings an account before a person, the queue it is then in, and its points."""

    name: CauseName
    queue: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    points: NonNegativeInt


class PointsFrom(Contract):
    """From a value on, so many points."""

    from_: Annotated[int, Field(alias="from", ge=0)]
    points: NonNegativeInt


class BandFrom(Contract):
    """From so many points on, this band; band 1 is worked first."""

    band: PositiveInt
    from_: Annotated[int, Field(alias="from", ge=0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkPolicy:
    """One version of one tenant's order of work. `name` is shown with whatever it decided."""

    name: str
    tenant: str
    valid_from: date
    causes: tuple[CausePoints, ...]
    high_balance_cents: int
    balance_points: tuple[PointsFrom, ...]
    stage_points: Mapping[Stage, int]
    score_points: tuple[PointsFrom, ...]
    score_within_days: int
    bands: tuple[BandFrom, ...]
    channel_order: tuple[Channel, ...]
    credited_days: int
    contact_cost_cents: Mapping[Channel, int]

    def __post_init__(self) -> None:
        names = [one.name for one in self.causes]
        if len(set(names)) != len(names):
            msg = "causes: one is named twice"
            raise ValueError(msg)
        if not self.bands or min(one.from_ for one in self.bands) > 0:
            msg = "bands: none takes what has 0 points; end with one from 0"
            raise ValueError(msg)
        if len({one.band for one in self.bands}) != len(self.bands):
            msg = "bands: one is named twice"
            raise ValueError(msg)

    def band(self, points: int) -> int:
        """The band of so many points."""
        fit = [one for one in self.bands if one.from_ <= points]
        return max(fit, key=lambda one: one.from_).band


def points_at(steps: tuple[PointsFrom, ...], value: int) -> int:
    """The points of the highest step that fits; 0 below all of them."""
    fit = [one for one in steps if one.from_ <= value]
    return max(fit, key=lambda one: one.from_).points if fit else 0


FIGURES: Mapping[str, TypeAdapter[object]] = {
    "causes": TypeAdapter(tuple[CausePoints, ...]),
    "high_balance_cents": TypeAdapter(NonNegativeCents),
    "balance_points": TypeAdapter(tuple[PointsFrom, ...]),
    "stage_points": TypeAdapter(dict[Stage, NonNegativeInt]),
    "score_points": TypeAdapter(tuple[PointsFrom, ...]),
    "score_within_days": TypeAdapter(PositiveInt),
    "bands": TypeAdapter(tuple[BandFrom, ...]),
    "channel_order": TypeAdapter(tuple[Channel, ...]),
    "credited_days": TypeAdapter(NonNegativeInt),
    "contact_cost_cents": TypeAdapter(dict[Channel, NonNegativeCents]),
}
"""Every figure, and what it may be."""


@dataclass(frozen=True, slots=True)
class WorkBook:
    """Every version of every tenant's order of work."""

    policies: tuple[WorkPolicy, ...]

    def on(self, tenant: str, day: date) -> WorkPolicy:
        """The version in force: the tenant's own if one is, else the common one; the oldest common before them all."""
        for owner in (tenant, ANY_TENANT):
            in_force = [one for one in self.policies if one.tenant == owner and one.valid_from <= day]
            if in_force:
                return max(in_force, key=lambda one: one.valid_from)
        return min((one for one in self.policies if one.tenant == ANY_TENANT), key=lambda one: one.valid_from)

    def __bool__(self) -> bool:
        return bool(self.policies)

    def bands(self) -> tuple[int, ...]:
        """Every band that some version knows, the first to be worked first."""
        return tuple(sorted({one.band for policy in self.policies for one in policy.bands}))

    def queues(self) -> tuple[str, ...]:
        """Every queue that some version knows."""
        return tuple(sorted({one.queue for policy in self.policies for one in policy.causes}))


NO_ORDER = WorkBook(())
"""Where nobody asks for collectors' lists, as in simulations of a policy."""
