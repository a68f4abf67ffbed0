"""Late fees and interest: never more than a policy asks and a dated row of law allows. Without a row, nothing.

The charge is posted by payments as a charge of its own, so interest stays due after the principal is paid, and the book
ties out with it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal, NamedTuple, TypeAlias

from pydantic import ConfigDict

ChargeKind: TypeAlias = Literal["interest", "fee"]
BASIS_POINTS = 10_000
DAYS_OF_YEAR = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class LateCharge:
    """What a policy wants for being late: interest at a yearly rate, or a fee, every so many days once overdue."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=False)

    name: str
    kind: ChargeKind
    every_days: int
    rate_bps: int = 0  # a year, simple interest on the principal: 100 is one percent
    fee_cents: int = 0
    after_overdue_days: int = 0

    def faults(self) -> Iterator[str]:
        """Why it is no charge; nothing when it is one."""
        if self.every_days < 1:
            yield "every_days: at least 1"
        if self.after_overdue_days < 0:
            yield "after_overdue_days: not negative"
        wanted, other = ("rate_bps", "fee_cents") if self.kind == "interest" else ("fee_cents", "rate_bps")
        if getattr(self, wanted) <= 0:
            yield f"{wanted}: above 0 for {self.kind}"
        if getattr(self, other):
            yield f"{other}: not for {self.kind}; take it out"


@dataclass(frozen=True, slots=True, kw_only=True)
class LawRow:
    """What the law of one state allows, from when until when. `confirmed`: somebody has read it and says so.

    `version` names the row in what is charged, so that anyone can tell later by which row it was.
    """

    state: str
    kind: ChargeKind
    valid_from: date
    valid_to: date | None = None
    rate_max_bps: int
    fee_max_cents: int
    source: str
    owner: str
    confirmed: bool

    @property
    def version(self) -> str:
        return f"{self.state}/{self.kind}/{self.valid_from}"

    def holds(self, state: str, kind: ChargeKind, day: date) -> bool:
        in_force = self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)
        return in_force and self.confirmed and (self.state, self.kind) == (state, kind)


class Assessed(NamedTuple):
    """A charge and the row that allows it."""

    cents: int
    law: str


def allowed(laws: Iterable[LawRow], state: str, kind: ChargeKind, day: date) -> LawRow | None:
    """The newest confirmed row that is in force for a state; None when the law is not known to allow it."""
    rows = [row for row in laws if row.holds(state, kind, day)]
    return max(rows, key=lambda row: row.valid_from, default=None)


def assess(
    charge: LateCharge, laws: Sequence[LawRow], state: str, principal_cents: int, since: date, on: date
) -> Assessed | None:
    """What is charged on a day for the days since the last charge; None when nothing may be, or it is not a cent.

    Interest is simple, on the principal alone, and rounded down: never more than the row allows.
    """
    row = allowed(laws, state, charge.kind, on)
    if row is None or principal_cents <= 0 or on <= since:
        return None
    if charge.kind == "fee":
        cents = min(charge.fee_cents, row.fee_max_cents)
    else:
        rate_bps = min(charge.rate_bps, row.rate_max_bps)
        cents = principal_cents * rate_bps * (on - since).days // (BASIS_POINTS * DAYS_OF_YEAR)
    return Assessed(cents, row.version) if cents > 0 else None
