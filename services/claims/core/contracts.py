"""What the house agreed with a payer, as far as a claim needs it: dated, sourced data (`policy/contracts.toml`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, NonNegativeInt

from .content import ClaimContent, ContentLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One entry, for services from `valid_from` to `valid_to`. Empty sets: any tenant, payer, biller or claim type.

    What an entry leaves out (None) it does not say. `balance_billing_allowed` is of law and contract together, for a
    provider outside of the network: its source names the law. What the payer agreed to allow is, by line, the cents
    a unit of `allowed_cents` (by procedure, `99213`, or with a modifier, `99213:26`), else `allowed_percent` of the
    charge.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    id: str
    tenants: frozenset[str] = frozenset()
    payer_ids: frozenset[str] = frozenset()
    billing_npis: frozenset[str] = frozenset()
    claim_types: frozenset[str] = frozenset()
    network: Literal["in", "out"] | None = None
    capitated: bool | None = None
    balance_billing_allowed: bool | None = None
    no_surprises_protected: bool | None = None
    allowed_cents: Mapping[str, NonNegativeInt] = field(default_factory=dict[str, int])
    allowed_percent: Annotated[Decimal, Field(ge=0, le=100)] | None = None
    valid_from: date
    valid_to: date | None = None
    source: str
    owner: str

    def holds(self, tenant: str, content: ClaimContent) -> bool:
        """Whether the entry speaks of the claim, by its first day of service."""
        day = content.service_from
        if day is None or day < self.valid_from or (self.valid_to is not None and day > self.valid_to):
            return False
        asked = (
            (self.tenants, tenant),
            (self.payer_ids, content.payer_id),
            (self.billing_npis, content.billing.npi),
            (self.claim_types, content.claim_type),
        )
        return all(not wanted or value in wanted for wanted, value in asked)

    def allows(self, line: ContentLine) -> int | None:
        """What was agreed for a line, in cents; None where the contract does not say. Halves go to the payer."""
        names = (*(f"{line.procedure}:{modifier}" for modifier in line.modifiers), line.procedure)
        priced = next((self.allowed_cents[name] for name in names if name in self.allowed_cents), None)
        if priced is not None:
            return int((Decimal(priced) * (line.units or 1)).to_integral_value(ROUND_DOWN))
        if self.allowed_percent is None or line.charge_cents is None:
            return None
        return int((self.allowed_percent * line.charge_cents / 100).to_integral_value(ROUND_DOWN))


@dataclass(frozen=True, slots=True)
class Terms:
    """What all entries that hold say together; None is unknown. The first that says a thing counts."""

    network: Literal["in", "out"] | None = None
    capitated: bool | None = None
    balance_billing_allowed: bool | None = None
    no_surprises_protected: bool | None = None
    expected_allowed_cents: int | None = None


NOTHING_AGREED = Terms()


def terms_of(contracts: Sequence[Contract], tenant: str, content: ClaimContent | None) -> Terms:
    """The contract's terms for one claim."""
    if content is None:
        return NOTHING_AGREED
    said = [one for one in contracts if one.holds(tenant, content)]
    return Terms(
        network=next((one.network for one in said if one.network is not None), None),
        capitated=next((one.capitated for one in said if one.capitated is not None), None),
        balance_billing_allowed=next(
            (one.balance_billing_allowed for one in said if one.balance_billing_allowed is not None), None
        ),
        no_surprises_protected=next(
            (one.no_surprises_protected for one in said if one.no_surprises_protected is not None), None
        ),
        expected_allowed_cents=_expected(said, content),
    )


def _expected(said: Sequence[Contract], content: ClaimContent) -> int | None:
    """What the payer agreed to allow for the whole claim; None where one of its lines is agreed nowhere."""
    lines = [next((cents for one in said if (cents := one.allows(line)) is not None), None) for line in content.lines]
    known = [cents for cents in lines if cents is not None]
    return sum(known) if known and len(known) == len(lines) else None
