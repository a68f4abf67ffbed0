"""What a patient will probably owe: from the payer's benefits and the charge, or as a good-faith estimate."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from services.eligibility.core.benefit_terms import Benefits, Share
from services.eligibility.core.benefits import HEALTH_PLAN
from shared.business_days import after_business_days
from shared.contracts import Cents, Contract

INDIVIDUAL = "IND"


class Step(Contract):
    """One part of the patient's share, in the order it was worked out."""

    what: Literal["copay", "deductible", "coinsurance", "out_of_pocket_limit"]
    cents: Cents


class Estimate(Contract):
    """The patient's share of one service. Where a part is not known, it lies between two amounts.

    `basis`: the allowed amount where it was given, else the charge, which is an upper bound. `assumed` and `unknown`
    are sentences.
    """

    patient_cents: Cents | None
    at_least_cents: Cents
    at_most_cents: Cents
    plan_cents: Cents | None
    basis_cents: Cents
    basis: Literal["allowed", "charge"]
    steps: tuple[Step, ...] = ()
    assumed: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def estimate(
    benefits: Benefits,
    charge_cents: int,
    *,
    allowed_cents: int | None = None,
    service_type: str = HEALTH_PLAN,
    network: Literal["in", "out"] = "in",
) -> Estimate:
    """The share of one service of a type, in or out of network. Cents; ValueError when they make no sense."""
    basis_cents = charge_cents if allowed_cents is None else allowed_cents
    if charge_cents < 0 or basis_cents < 0:
        raise ValueError("charge and allowed amount are not negative")
    if network == "in" and basis_cents > charge_cents:
        raise ValueError("a payer allows no more than was charged: check which amount is which")
    if benefits.standing != "active":
        return _unknown(basis_cents, allowed_cents, f"coverage is {benefits.standing}: nothing says what the plan pays")
    if benefits.qualified_medicare_beneficiary:
        why = "a qualified Medicare beneficiary owes no cost sharing (42 U.S.C. 1396a(n)(3))"
        return _known(basis_cents, allowed_cents, (), (why,))
    find = _Finder(benefits.shares, service_type, network)
    limit = find.share("out_of_pocket")
    left = None if limit is None else limit.remaining_cents
    copay = find.share("copay")
    if copay is not None and copay.cents is not None:
        steps = (Step(what="copay", cents=min(copay.cents, basis_cents)),)
        return _limited(basis_cents, allowed_cents, steps, left, ("a copay is all the patient owes for this service",))
    return _by_deductible(find, basis_cents, allowed_cents, left)


@dataclass(frozen=True, slots=True)
class _Finder:
    """The share that fits best: of the service type itself, of one person, said for this network."""

    shares: Sequence[Share]
    service_type: str
    network: str

    def share(self, kind: str) -> Share | None:
        fitting = [one for one in self.shares if one.kind == kind and not one.procedure and self._fits(one)]
        return min(fitting, key=self._distance, default=None)

    def _fits(self, one: Share) -> bool:
        types = one.service_types
        # A copay is of the kind of visit it names; deductible, coinsurance and limit of the plan hold for all of it.
        of_plan = not types or HEALTH_PLAN in types
        named = self.service_type in types or (of_plan and one.kind != "copay")
        return named and one.network in {self.network, "both", "unknown"}

    def _distance(self, one: Share) -> tuple[bool, bool, bool]:
        return (
            self.service_type not in one.service_types,
            one.network != self.network,
            one.coverage_level not in {INDIVIDUAL, ""},
        )


def _by_deductible(find: _Finder, basis_cents: int, allowed_cents: int | None, left: int | None) -> Estimate:
    deductible, coinsurance = find.share("deductible"), find.share("coinsurance")
    unknown: list[str] = []
    if deductible is None or deductible.remaining_cents is None:
        unknown.append("the payer did not say what is left of the deductible")
    if coinsurance is None or coinsurance.percent is None:
        unknown.append("the payer did not say the coinsurance")
    owed = 0 if deductible is None else min(deductible.remaining_cents or 0, basis_cents)
    percent = Decimal(0) if coinsurance is None else Decimal(coinsurance.percent or 0)
    steps = (
        Step(what="deductible", cents=owed),
        Step(what="coinsurance", cents=percent_of(basis_cents - owed, percent)),
    )
    if not unknown:
        return _limited(basis_cents, allowed_cents, steps, left, ())
    at_least = _capped(sum(one.cents for one in steps), left) if deductible and deductible.remaining_cents else 0
    return Estimate(
        patient_cents=None,
        at_least_cents=at_least,
        at_most_cents=_capped(basis_cents, left),
        plan_cents=None,
        basis_cents=basis_cents,
        basis="charge" if allowed_cents is None else "allowed",
        unknown=tuple(unknown),
    )


def percent_of(cents: int, percent: Decimal) -> int:
    """A share of an amount, to the nearest cent, halves up."""
    return int((Decimal(cents) * percent / 100).quantize(Decimal(1), ROUND_HALF_UP))


def _capped(cents: int, left: int | None) -> int:
    return cents if left is None else min(cents, left)


def _limited(
    basis_cents: int, allowed_cents: int | None, steps: tuple[Step, ...], left: int | None, assumed: tuple[str, ...]
) -> Estimate:
    """Nobody pays more than is left of the out-of-pocket limit."""
    owed = sum(one.cents for one in steps)
    if left is None:
        note = "the payer told no out-of-pocket limit"
        return _known(basis_cents, allowed_cents, steps, (*assumed, note))
    if owed > left:
        steps = (*steps, Step(what="out_of_pocket_limit", cents=left - owed))
    return _known(basis_cents, allowed_cents, steps, assumed)


def _known(basis_cents: int, allowed_cents: int | None, steps: tuple[Step, ...], assumed: tuple[str, ...]) -> Estimate:
    patient = sum(one.cents for one in steps)
    if allowed_cents is None:
        assumed = (*assumed, "the allowed amount is not known: worked out on the charge, which is the most it can be")
    return Estimate(
        patient_cents=patient,
        at_least_cents=patient if allowed_cents is not None else 0,
        at_most_cents=patient,
        plan_cents=basis_cents - patient,
        basis_cents=basis_cents,
        basis="charge" if allowed_cents is None else "allowed",
        steps=steps,
        assumed=assumed,
    )


def _unknown(basis_cents: int, allowed_cents: int | None, why: str) -> Estimate:
    return Estimate(
        patient_cents=None,
        at_least_cents=0,
        at_most_cents=basis_cents,
        plan_cents=None,
        basis_cents=basis_cents,
        basis="charge" if allowed_cents is None else "allowed",
        unknown=(why,),
    )


# Good-faith estimates


@dataclass(frozen=True, slots=True)
class GoodFaithPolicy:
    """Figures in force when the service was scheduled.

    `due` are (scheduled ahead at least, due within), both in business days.
    """

    dispute_threshold_cents: int
    dispute_days: int
    due: tuple[tuple[int, int], ...]
    due_on_request: int
    holidays: frozenset[date]


class ExpectedItem(Contract):
    """One item or service of the estimate, with who bills it."""

    npi: str
    code: str
    units: int = 1
    expected_cents: Cents


class GoodFaithEstimate(Contract):
    """What a patient without coverage, or who does not use it, is told to expect (45 CFR 149.610).

    `due_on` is the last day to give it; None when the service was scheduled too late for one to be due.
    """

    scheduled_on: date
    service_date: date
    due_on: date | None
    total_cents: Cents
    by_provider: tuple[tuple[str, Cents], ...]
    items: tuple[ExpectedItem, ...]
    dispute_threshold_cents: Cents
    dispute_days: int


def good_faith_estimate(
    items: Sequence[ExpectedItem], scheduled_on: date, service_date: date, policy: GoodFaithPolicy, *, requested: bool
) -> GoodFaithEstimate:
    """Sums by provider and in all, and the day it is due. ValueError for dates out of order, amounts below 0."""
    if service_date < scheduled_on:
        raise ValueError(f"the service on {service_date} lies before it was scheduled on {scheduled_on}")
    if any(one.expected_cents < 0 or one.units < 1 for one in items):
        raise ValueError("an item costs nothing less than nothing, and is done at least once")
    by_provider: dict[str, int] = {}
    for one in items:
        by_provider[one.npi] = by_provider.get(one.npi, 0) + one.expected_cents
    return GoodFaithEstimate(
        scheduled_on=scheduled_on,
        service_date=service_date,
        due_on=_due_on(scheduled_on, service_date, policy, requested=requested),
        total_cents=sum(by_provider.values()),
        by_provider=tuple(sorted(by_provider.items())),
        items=tuple(items),
        dispute_threshold_cents=policy.dispute_threshold_cents,
        dispute_days=policy.dispute_days,
    )


def _due_on(scheduled_on: date, service_date: date, policy: GoodFaithPolicy, *, requested: bool) -> date | None:
    if requested:
        return after_business_days(scheduled_on, policy.due_on_request, policy.holidays)
    for ahead, within in sorted(policy.due, reverse=True):
        if after_business_days(scheduled_on, ahead, policy.holidays) <= service_date:
            return after_business_days(scheduled_on, within, policy.holidays)
    return None


def disputable(estimated: GoodFaithEstimate, billed_cents: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """The providers whose bill exceeds their estimate so far that the patient may dispute it, by how many cents.

    A provider that bills without an estimate exceeds nothing here: it had none to give.
    """
    told = dict(estimated.by_provider)
    excess: Iterable[tuple[str, int]] = (
        (npi, billed - told[npi]) for npi, billed in sorted(billed_cents.items()) if npi in told
    )
    return tuple((npi, more) for npi, more in excess if more >= estimated.dispute_threshold_cents)
