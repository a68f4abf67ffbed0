"""What a billing client pays the billing company: dated contracts, and what each of them says.

A rate is in basis points (1 % is 100). Which money counts as collected is said by its kind as the cash receipts book
has it; a kind's takebacks and refunds count with it, so that nothing is charged for money that did not stay.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, model_validator

from services.payments.core.movements import CashKind

Counted: TypeAlias = Literal["payer", "patient", "other"]
KINDS: Mapping[Counted, tuple[CashKind, ...]] = MappingProxyType(
    {
        "payer": ("payer_payment", "payer_takeback", "payer_refund"),
        "patient": ("patient_payment", "patient_refund", "patient_return"),
        "other": ("other_payment", "other_return"),
    }
)
BASIS_POINTS = 10_000


class Tier(BaseModel):
    """From so much collected in a month on, another rate."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    from_cents: NonNegativeInt
    basis_points: int = Field(ge=0, le=BASIS_POINTS)


class FeeContract(BaseModel):
    """One contract, in force from a day to a day (both counted; without an end it goes on).

    `tiers` begin at 0 cents. `marginal`: each rate is for what lies in its tier; `whole`: the tier that is reached
    gives the rate of everything. `minimum_cents` is charged a month where percentage, claims and statements come to
    less.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    contract: str = Field(min_length=1, max_length=80)
    valid_from: date
    valid_to: date | None = None
    source: str = Field(min_length=3, description="Where it is written down, such as the signed agreement.")
    owner: str = Field(min_length=2, description="Who keeps it.")
    issuer: str = Field(default="", max_length=80, description="The billing company, as its statements name it.")
    client: str = Field(default="", max_length=80, description="The client, as its statements name it.")
    collected: frozenset[Counted] = frozenset({"payer", "patient", "other"})
    methods_left_out: frozenset[str] = Field(default=frozenset(), description="Patients' money by these is no basis.")
    tiers: tuple[Tier, ...] = ()
    tier_method: Literal["marginal", "whole"] = "marginal"
    per_claim_cents: NonNegativeInt = 0
    per_statement_cents: NonNegativeInt = 0
    minimum_cents: NonNegativeInt = 0
    setup_cents: NonNegativeInt = Field(default=0, description="Once, in the month in which the contract begins.")
    four_eyes: bool = Field(default=True, description="A month is closed by another person than the one who asks.")

    @model_validator(mode="after")
    def _sound(self) -> "FeeContract":
        starts = [tier.from_cents for tier in self.tiers]
        if starts and (starts[0] != 0 or any(a >= b for a, b in pairwise(starts))):
            msg = "tiers begin at 0 cents and grow"
            raise ValueError(msg)
        if self.valid_to is not None and self.valid_to < self.valid_from:
            msg = "valid_to is before valid_from"
            raise ValueError(msg)
        return self

    @property
    def kinds(self) -> frozenset[CashKind]:
        """The cash that is its basis."""
        return frozenset(kind for counted in self.collected for kind in KINDS[counted])


class Share(NamedTuple):
    """What one tier asks for: so much of the basis at a rate."""

    basis_cents: int
    basis_points: int
    fee_cents: int


def shares(contract: FeeContract, basis_cents: int) -> Iterator[Share]:
    """The percentage of what was collected, tier by tier. A month that took more back than it brought is a credit.

    Each share is rounded half up to a cent, away from zero where it is a credit, so that taking back what was charged
    alone gives back what was charged.
    """
    if not contract.tiers or not basis_cents:
        return
    if basis_cents < 0:
        yield _share(basis_cents, contract.tiers[0].basis_points)
    elif contract.tier_method == "whole":
        yield _share(basis_cents, next(t for t in reversed(contract.tiers) if t.from_cents <= basis_cents).basis_points)
    else:
        ends = [*(tier.from_cents for tier in contract.tiers[1:]), basis_cents]
        for tier, end in zip(contract.tiers, ends, strict=True):
            if part_cents := max(0, min(end, basis_cents) - tier.from_cents):
                yield _share(part_cents, tier.basis_points)


def _share(cents: int, basis_points: int) -> Share:
    sign = -1 if cents < 0 else 1
    return Share(cents, basis_points, sign * ((abs(cents) * basis_points * 2 + BASIS_POINTS) // (2 * BASIS_POINTS)))


@dataclass(frozen=True, slots=True)
class FeeContracts:
    """A client's contracts. ValueError for two that are in force on one day."""

    contracts: tuple[FeeContract, ...] = ()

    def __post_init__(self) -> None:
        ordered = sorted(self.contracts, key=lambda one: one.valid_from)
        for earlier, later in pairwise(ordered):
            if earlier.valid_to is None or earlier.valid_to >= later.valid_from:
                msg = f"fee contracts {earlier.contract} and {later.contract} are in force on the same day"
                raise ValueError(msg)

    def on(self, day: date) -> FeeContract | None:
        """The contract in force on a day; a month goes by the one of its last day."""
        return next((one for one in self.contracts if one.valid_from <= day <= (one.valid_to or day)), None)


NO_FEES = FeeContracts()
