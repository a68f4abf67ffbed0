"""Why a person may give up money, and how much one may give up alone: dated, sourced configuration."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypeAlias

Side: TypeAlias = Literal["patient", "payer"]
"""Of whose share: what the guarantor owes, or what is open at the payer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOffReason:
    """One reason from a date on. `most_cents` None: no limit but what is open.

    `alone_cents` is what anybody of the desk decides alone; `alone_by_role` names roles that may decide more alone, and
    `approves_by_role` how much a second person of a role may approve. A role that is not named approves nothing; where
    no role is named, whoever may approve at all approves any amount.
    """

    reason: str
    sides: frozenset[str]
    alone_cents: int
    most_cents: int | None
    valid_from: date
    valid_to: date | None
    source: str
    owner: str
    alone_by_role: Mapping[str, int] = field(default_factory=dict[str, int])
    approves_by_role: Mapping[str, int] = field(default_factory=dict[str, int])

    def alone_for(self, roles: Iterable[str]) -> int:
        """How much one person with these roles decides without another."""
        return max(self.alone_cents, *(self.alone_by_role.get(role, 0) for role in roles), 0)

    def may_approve(self, roles: Iterable[str] | None, cents: int) -> bool:
        """Whether a second person with these roles may approve so much. None: from before roles were told."""
        if roles is None or not self.approves_by_role:
            return True
        return cents <= max((self.approves_by_role.get(role, 0) for role in roles), default=0)


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
