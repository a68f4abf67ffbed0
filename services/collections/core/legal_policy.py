"""What a suit needs before it may be filed: dated, sourced configuration of each client."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalTerms:
    """One version. `least_cents`: no suit for less. `approvals` of other people than the one who proposed it.

    `approves_by_role` is how much a person of a role may approve; a role that is not named approves nothing.
    `approval_days` is how long an approval holds: after that the case is looked at again.
    """

    version: str
    valid_from: date
    least_cents: int
    approvals: int
    approval_days: int
    approves_by_role: Mapping[str, int]

    def __post_init__(self) -> None:
        if self.approvals < 1 or self.least_cents < 0 or self.approval_days < 1 or not self.approves_by_role:
            raise ValueError("a suit has an approval by another person, by roles that are named, for some days")

    def may_approve(self, roles: Sequence[str], cents: int) -> bool:
        return cents <= max((self.approves_by_role.get(role, 0) for role in roles), default=0)


@dataclass(frozen=True, slots=True)
class LegalBook:
    """Every client's terms; `*` is the common file."""

    terms: Mapping[str, Sequence[LegalTerms]] = field(default_factory=dict[str, Sequence[LegalTerms]])

    def find(self, tenant: str, on: date) -> LegalTerms | None:
        """The terms in force on a day; None: no suit is filed."""
        own = self.terms.get(tenant) or self.terms.get("*", ())
        return max((one for one in own if one.valid_from <= on), key=lambda one: one.valid_from, default=None)
