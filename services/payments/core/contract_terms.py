"""What a payer's contract says, as a person writes it down: versions with their terms, figures and days.

Every figure is the customer's own, with its owner, its source and the days it holds for. No schedule and no code text
is shipped. A service is priced by the first term that it fits; terms marked `part` are only used by others.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

from pydantic import ConfigDict, Field, PositiveInt

from shared.contracts import Contract

CHARGE = "charge"
"""In `lesser_of` and `greater_of`: what was billed."""
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$")]
Code = Annotated[str, Field(pattern=r"^[A-Z0-9]{1,7}$")]
CodePattern = Annotated[
    str,
    Field(
        pattern=r"^[A-Z0-9]{1,7}(\*|-[A-Z0-9]{1,7})?$",
        description="A code, a range such as 97000-97799, or a beginning such as J*.",
    ),
]
Modifier = Annotated[str, Field(pattern=r"^[A-Z0-9]{2}$")]
Npi = Annotated[str, Field(pattern=r"^[0-9]{10}$")]
Text = Annotated[str, Field(min_length=3, max_length=200)]
RateCents = Annotated[int, Field(strict=True, gt=0, le=99_999_999_99, description="Integer cents.")]
Percent = Annotated[Decimal, Field(gt=0, le=1000, max_digits=8, decimal_places=4)]
CODES_MAX = 200


class Written(Contract):
    """Part of a contract as a person sends it: a field that is not known is a mistake, and is refused."""

    model_config = ConfigDict(extra="forbid", strict=False)


class Select(Written):
    """Which services a term is about. What is empty asks nothing; everything that is given must fit."""

    procedures: tuple[CodePattern, ...] = Field(default=(), max_length=CODES_MAX)
    not_procedures: tuple[CodePattern, ...] = Field(default=(), max_length=CODES_MAX)
    modifiers: tuple[Modifier, ...] = Field(default=(), max_length=20, description="At least one of them.")
    not_modifiers: tuple[Modifier, ...] = Field(default=(), max_length=20, description="None of them.")
    revenue_codes: tuple[CodePattern, ...] = Field(default=(), max_length=CODES_MAX)
    drgs: tuple[CodePattern, ...] = Field(default=(), max_length=CODES_MAX)
    places_of_service: tuple[Code, ...] = Field(default=(), max_length=40)
    rendering_npis: tuple[Npi, ...] = Field(default=(), max_length=CODES_MAX)

    @property
    def is_everything(self) -> bool:
        return self == EVERYTHING


EVERYTHING = Select()
Units: TypeAlias = Literal["each", "once"]


class TermBase(Written):
    id: Name
    select: Select = EVERYTHING
    part: bool = Field(default=False, description="Only used by other terms: no service is priced by it alone.")


class ScheduleTerm(TermBase):
    """So many percent of a fee schedule's price."""

    method: Literal["percent_of_schedule"]
    schedule: Name
    percent: Percent
    units: Units = "each"
    units_most: PositiveInt | None = None


class FixedTerm(TermBase):
    """A fee of the contract itself, for each unit or once a line."""

    method: Literal["fixed_fee"]
    fee_cents: RateCents
    units: Units = "each"
    units_most: PositiveInt | None = None


class ChargeTerm(TermBase):
    """So many percent of what was billed."""

    method: Literal["percent_of_charge"]
    percent: Percent


class StopLoss(Written):
    """Above so much charge the case is paid by percent: of what is above it, or of the whole charge instead."""

    threshold_cents: RateCents
    percent: Percent
    of: Literal["excess", "total"]


class CaseTerm(TermBase):
    """One rate for all its services of a bill: flat, by DRG, or a base rate times the DRG's weight."""

    method: Literal["case_rate"]
    rate_cents: RateCents | None = None
    rates: dict[Code, RateCents] = Field(default_factory=dict, max_length=1000)
    base_cents: RateCents | None = None
    weights: dict[Code, Annotated[Decimal, Field(gt=0, le=200, max_digits=9, decimal_places=5)]] = Field(
        default_factory=dict, max_length=1000
    )
    stop_loss: StopLoss | None = None


class DayRate(Written):
    """From this day of the stay on, a day costs so much."""

    from_day: PositiveInt
    rate_cents: RateCents


class PerDiemTerm(TermBase):
    """A rate for each day, for all its services of a bill: days are the units of lines, or between the bill's dates."""

    method: Literal["per_diem"]
    rates: tuple[DayRate, ...] = Field(min_length=1, max_length=20)
    days: Literal["units", "dates"]
    day_revenue_codes: tuple[CodePattern, ...] = Field(
        default=(), max_length=40, description="With units: of which lines; empty: of all."
    )


class ChooseTerm(TermBase):
    """The lesser, or the greater, of other terms and of the charge."""

    method: Literal["lesser_of", "greater_of"]
    of: tuple[Name, ...] = Field(min_length=2, max_length=5)


class NoPriceTerm(TermBase):
    """Services that the contract names and has no figure for: nothing can be expected of them."""

    method: Literal["no_price"]
    because: Literal["not_covered", "by_report", "capitated"]


Term: TypeAlias = Annotated[
    ScheduleTerm | FixedTerm | ChargeTerm | CaseTerm | PerDiemTerm | ChooseTerm | NoPriceTerm,
    Field(discriminator="method"),
]


class ModifierRule(Written):
    """What a modifier does to the fee of a unit; without a percent it is by report, and nothing can be said.

    A modifier that a schedule's row prices itself is not applied again.
    """

    modifiers: tuple[Modifier, ...] = Field(min_length=1, max_length=20)
    percent: Percent | None


class Reduction(Written):
    """Several procedures on one day: the dearest is paid by the first percent, the next by the second, and so on.

    The last percent holds for all that follow. With `each_unit` every unit has a rank of its own.
    """

    id: Name
    select: Select
    percents: tuple[Annotated[Decimal, Field(gt=0, le=100, max_digits=7, decimal_places=4)], ...] = Field(
        min_length=2, max_length=10
    )
    each_unit: bool = False


class Scope(Written):
    """Whose claims the version is about. Of several contracts that fit, the one that asks most decides."""

    payer_ids: tuple[Annotated[str, Field(min_length=1, max_length=80)], ...] = Field(
        min_length=1, max_length=40, description="As claims name the payer, and as its remittances do (TRN03)."
    )
    billing_npis: tuple[Npi, ...] = Field(default=(), max_length=CODES_MAX)
    plans: tuple[Code, ...] = Field(default=(), max_length=40, description="Claim filing indicator (CLP06).")
    claim_types: tuple[Literal["P", "I", "D"], ...] = ()
    places_of_service: tuple[Code, ...] = Field(default=(), max_length=40)

    @property
    def narrowness(self) -> int:
        """How many things it asks beside the payer."""
        return sum(map(bool, (self.billing_npis, self.plans, self.claim_types, self.places_of_service)))


class DisputeRule(Written):
    """Until when the payer hears of an underpayment: so many days from its first or its latest decision."""

    days: Annotated[int, Field(strict=True, gt=0, le=3660)]
    counts_from: Literal["first", "latest"] = "latest"
    source: Text


class Tolerance(Written):
    """What is let go, where the contract's owner wants other figures than the house's."""

    line_cents: Annotated[int, Field(strict=True, ge=0, le=100_000)]
    claim_cents: Annotated[int, Field(strict=True, ge=0, le=1_000_000)]


class VersionBody(Written):
    """One version of a contract."""

    name: Text
    valid_from: date
    valid_to: date | None = None
    owner: Text
    source: Text
    scope: Scope
    terms: tuple[Term, ...] = Field(min_length=1, max_length=100)
    modifiers: tuple[ModifierRule, ...] = Field(default=(), max_length=40)
    reductions: tuple[Reduction, ...] = Field(default=(), max_length=20)
    facility_places: tuple[Code, ...] | None = Field(
        default=None, max_length=60, description="Places of service priced as a facility; without it, the house's."
    )
    dispute: DisputeRule | None = None
    tolerance: Tolerance | None = None

    @property
    def last_day(self) -> date:
        return self.valid_to or date.max

    def term(self, term_id: str) -> Term:
        return next(one for one in self.terms if one.id == term_id)


class InForce(Written):
    """A version of a contract by its id and number: what a price is explained with."""

    contract_id: str
    version: PositiveInt
    body: VersionBody

    @property
    def label(self) -> str:
        return f"contract {self.contract_id}, version {self.version}"
