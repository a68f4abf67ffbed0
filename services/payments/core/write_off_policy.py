"""Why a person may give up money, and how much one may give up alone: dated, sourced configuration."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

Side: TypeAlias = Literal["patient", "payer"]
"""Of whose share: what the guarantor owes, or what is open at the payer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOffReason:
    """One reason from a date on. `most_cents` None: no limit but what is open."""

    reason: str
    sides: frozenset[str]
    alone_cents: int
    most_cents: int | None
    valid_from: date
    valid_to: date | None
    source: str
    owner: str


@dataclass(frozen=True, slots=True)
class WriteOffPolicy:
    """Every reason, as configured."""

    reasons: tuple[WriteOffReason, ...] = ()

    def find(self, reason: str, on: date) -> WriteOffReason | None:
        """The reason in force on the day; the newest where several are."""
        fitting = (
            one for one in self.reasons if one.reason == reason and one.valid_from <= on <= (one.valid_to or date.max)
        )
        return max(fitting, key=lambda one: one.valid_from, default=None)


NO_WRITE_OFFS = WriteOffPolicy()
"""No reason is known, so nothing is given up by a person."""
