"""Coordination of benefits: in which order a patient's coverages pay, and why.

The order among group plans is that of the NAIC Coordination of Benefits Model Regulation (MDL-120, section 6): who is
not a dependent before who is; for a child the court order, then custody, then the birthday rule; active employment
before retired, and both before continuation; then who covered longer. Medicare's place is told by the Secondary Payer
rules (42 CFR part 411), TRICARE pays after all but Medicaid (32 CFR 199.8), Medicaid after all (42 CFR 433.139).
What is not known is asked for, never guessed: the result is then a refusal, with a sentence for each thing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal, TypeAlias

from shared.contracts import Contract

CoverageKind: TypeAlias = Literal[
    "group", "individual", "medicare", "medicare_advantage", "medicaid", "tricare", "workers_comp", "auto"
]
Custody: TypeAlias = Literal["custodial", "step_of_custodial", "noncustodial", "step_of_noncustodial"]
CUSTODY: tuple[Custody, ...] = ("custodial", "step_of_custodial", "noncustodial", "step_of_noncustodial")
MEDICARES = frozenset({"medicare", "medicare_advantage"})
GROUPS = frozenset({"group", "individual"})


class KnownCoverage(Contract):
    """One coverage, with what its place depends on. `first` and `last` are the days it is in force, open if None.

    `relationship` is the patient's to the subscriber. `employment` is the subscriber's with the employer that sponsors
    the plan. `custody` tells whose plan it is when a child's parents live apart. `accident_related`: of workers'
    compensation and auto coverage, whether this service belongs to the accident.
    """

    coverage_id: str
    kind: CoverageKind
    relationship: Literal["self", "spouse", "child", "other"] = "self"
    first: date | None = None
    last: date | None = None
    subscriber_birth_date: date | None = None
    employment: Literal["active", "retired", "cobra"] | None = None
    employer_size: int | None = None
    court_ordered: bool = False
    custody: Custody | None = None
    accident_related: bool = False


class MedicareBasis(Contract):
    """Why the patient has Medicare; of end-stage renal disease, the first month of eligibility by it."""

    reason: Literal["age", "disability", "esrd"]
    esrd_from: date | None = None


class Placed(Contract):
    """A coverage in its place, from 1; `because` is a sentence, `source` the rule."""

    coverage_id: str
    position: int
    because: str
    source: str


class LeftOut(Contract):
    """A coverage that does not pay for this service, and why."""

    coverage_id: str
    because: str


class Order(Contract):
    """The order of payment on a service date; empty with `refusals` when it cannot be told."""

    service_date: date
    placed: tuple[Placed, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    refusals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CobPolicy:
    """The Secondary Payer figures in force on the service date."""

    working_aged_employees_min: int
    disability_employees_min: int
    esrd_months: int


Rank: TypeAlias = tuple[int, ...]


def order_of(
    coverages: Sequence[KnownCoverage], on: date, policy: CobPolicy, medicare: MedicareBasis | None = None
) -> Order:
    """Who pays first, second, and so on for a service on a date."""
    if refusals := tuple(_conflicts(coverages, medicare, on)):
        return Order(service_date=on, refusals=refusals)
    left_out = tuple(
        LeftOut(coverage_id=one.coverage_id, because=why) for one in coverages if (why := _absent(one, on))
    )
    paying = [one for one in coverages if not _absent(one, on)]
    if missing := tuple(_missing(paying, on, policy, medicare)):
        return Order(service_date=on, left_out=left_out, refusals=missing)
    ranked = sorted(paying, key=lambda one: _rank(one, paying, on, policy, medicare))
    if ties := tuple(_ties(ranked, {c.coverage_id: _rank(c, paying, on, policy, medicare) for c in ranked})):
        return Order(service_date=on, left_out=left_out, refusals=ties)
    placed = tuple(
        Placed(coverage_id=one.coverage_id, position=place, because=because, source=source)
        for place, one in enumerate(ranked, 1)
        for because, source in [_why(one, paying, on, policy, medicare)]
    )
    return Order(service_date=on, placed=placed, left_out=left_out)


# What stands in the way


def _conflicts(coverages: Sequence[KnownCoverage], medicare: MedicareBasis | None, on: date) -> Iterable[str]:
    seen: set[str] = set()
    for one in coverages:
        if one.coverage_id in seen:
            yield f"{one.coverage_id} is listed twice: keep the one that is right"
        seen.add(one.coverage_id)
        if one.first and one.last and one.last < one.first:
            yield f"{one.coverage_id} ends on {one.last}, before it begins on {one.first}: correct its dates"
    here = [one for one in coverages if not _absent(one, on)]
    for kind, named in (("medicaid", "Medicaid"), ("tricare", "TRICARE")):
        if sum(one.kind == kind for one in here) > 1:
            yield f"two coverages are {named} on {on}: a patient has one; end the other"
    if sum(one.kind in MEDICARES for one in here) > 1:
        yield f"Medicare and Medicare Advantage are both in force on {on}: one takes the other's place; end one"
    if sum(one.court_ordered for one in here) > 1:
        yield "two coverages are marked as ordered by a court: one order holds; unmark the other"
    if medicare is not None and medicare.reason == "esrd" and medicare.esrd_from is None:
        yield "Medicare by end-stage renal disease: say the first month of eligibility (esrd_from)"


def _absent(one: KnownCoverage, on: date) -> str:
    """Why a coverage does not pay; empty when it does."""
    if one.first is not None and on < one.first:
        return f"not in force before {one.first}"
    if one.last is not None and one.last < on:
        return f"ended on {one.last}"
    if one.kind in {"workers_comp", "auto"} and not one.accident_related:
        return "pays for the accident only, which this service does not belong to"
    return ""


def _missing(
    paying: Sequence[KnownCoverage], on: date, policy: CobPolicy, medicare: MedicareBasis | None
) -> Iterable[str]:
    """What the order depends on and nobody said."""
    groups = [one for one in paying if one.kind == "group"]
    if groups and any(one.kind in MEDICARES for one in paying):
        if medicare is None:
            yield "say why the patient has Medicare (age, disability, end-stage renal disease): the order depends on it"
        else:
            yield from (why for one in groups if (why := _unsized(one, on, policy, medicare)))
    children = [one for one in groups if one.relationship == "child" and not one.court_ordered]
    if len(children) > 1:
        apart = [one for one in children if one.custody is not None]
        if apart and len(apart) < len(children):
            yield "the parents live apart: say the custody of each parent's plan"
        elif not apart:
            yield from (
                f"{one.coverage_id}: say the subscriber's birth date, for the birthday rule"
                for one in children
                if one.subscriber_birth_date is None
            )


def _unsized(one: KnownCoverage, on: date, policy: CobPolicy, medicare: MedicareBasis) -> str:
    if _in_esrd_months(on, policy, medicare) or medicare.reason == "esrd":
        return ""
    if one.employment is None:
        return f"{one.coverage_id}: say whether the subscriber is employed, retired or on continuation"
    if one.employment == "active" and one.employer_size is None:
        return f"{one.coverage_id}: say how many employees the employer has"
    return ""


def _ties(ranked: Sequence[KnownCoverage], ranks: Mapping[str, Rank]) -> Iterable[str]:
    for one, other in pairwise(ranked):
        if ranks[one.coverage_id] == ranks[other.coverage_id]:
            yield (
                f"{one.coverage_id} and {other.coverage_id} have the same claim to be first: "
                "say from when each covers the patient, or ask the payers"
            )


# Ranks and reasons


def _rank(
    one: KnownCoverage,
    paying: Sequence[KnownCoverage],
    on: date,
    policy: CobPolicy,
    medicare: MedicareBasis | None,
) -> Rank:
    """Smaller pays earlier."""
    match one.kind:
        case "workers_comp":
            return (0,)
        case "auto":
            return (1,)
        case "medicare" | "medicare_advantage":
            return (3,)
        case "tricare":
            return (8,)
        case "medicaid":
            return (9,)
        case "group" | "individual":
            after = any(c.kind in MEDICARES for c in paying) and not pays_before_medicare(one, on, policy, medicare)
            return (4 if after else 2, *_among_plans(one))


def _among_plans(one: KnownCoverage) -> Rank:
    dependent = one.relationship != "self"
    child: Rank = (0, 0, 0, 0)
    if one.relationship == "child":
        birthday = (0, 0) if one.custody or one.subscriber_birth_date is None else _birthday(one.subscriber_birth_date)
        child = (0 if one.court_ordered else 1, CUSTODY.index(one.custody) if one.custody else 0, *birthday)
    employment = {"active": 0, None: 0, "retired": 1, "cobra": 2}[one.employment]
    since = one.first.toordinal() if one.first else date.max.toordinal()
    return (int(dependent), *child, employment, int(one.kind == "individual"), since)


def _birthday(born: date) -> tuple[int, int]:
    """Month and day; the year does not count."""
    return born.month, born.day


def pays_before_medicare(one: KnownCoverage, on: date, policy: CobPolicy, medicare: MedicareBasis | None) -> bool:
    """Whether a plan pays before Medicare: by current employment with an employer large enough, or in ESRD's months."""
    if one.kind != "group" or medicare is None:
        return False
    if _in_esrd_months(on, policy, medicare):
        return True
    size, active = one.employer_size or 0, one.employment == "active"
    match medicare.reason:
        case "age":
            by_patient_or_spouse = one.relationship in {"self", "spouse"}
            return active and by_patient_or_spouse and size >= policy.working_aged_employees_min
        case "disability":
            return active and size >= policy.disability_employees_min
        case "esrd":
            return False


def _in_esrd_months(on: date, policy: CobPolicy, medicare: MedicareBasis) -> bool:
    if medicare.reason != "esrd" or medicare.esrd_from is None:
        return False
    months = (on.year - medicare.esrd_from.year) * 12 + on.month - medicare.esrd_from.month
    return 0 <= months < policy.esrd_months


def _why(
    one: KnownCoverage,
    paying: Sequence[KnownCoverage],
    on: date,
    policy: CobPolicy,
    medicare: MedicareBasis | None,
) -> tuple[str, str]:
    """The rule that gives a coverage its place, and its source."""
    match one.kind:
        case "workers_comp":
            return "workers' compensation pays for the injury before health coverage", "42 CFR 411.40; state law"
        case "auto":
            return "auto medical coverage pays for the accident before health coverage", "42 CFR 411.50; state law"
        case "medicaid":
            return "Medicaid pays after every other coverage", "42 CFR 433.139"
        case "tricare":
            return "TRICARE pays after every coverage but Medicaid", "32 CFR 199.8"
        case "medicare" | "medicare_advantage":
            return _why_medicare(paying, on, policy, medicare)
        case "group" | "individual":
            return _why_plan(one, paying, on, policy, medicare)


def _why_medicare(
    paying: Sequence[KnownCoverage], on: date, policy: CobPolicy, medicare: MedicareBasis | None
) -> tuple[str, str]:
    if any(pays_before_medicare(one, on, policy, medicare) for one in paying):
        return "Medicare is secondary to the employer's plan", "42 CFR 411.20"
    if any(one.kind in GROUPS for one in paying):
        return "no plan meets a Secondary Payer rule, so Medicare pays before it", "42 CFR 411.20"
    return "Medicare pays before what is left", "42 CFR 411.20"


def _why_plan(
    one: KnownCoverage,
    paying: Sequence[KnownCoverage],
    on: date,
    policy: CobPolicy,
    medicare: MedicareBasis | None,
) -> tuple[str, str]:
    if any(c.kind in MEDICARES for c in paying):
        return _why_beside_medicare(one, on, policy, medicare)
    others = [c for c in paying if c.kind in GROUPS and c is not one]
    if not others:
        return "no other plan pays at its level", "NAIC MDL-120 section 6"
    return _why_among_plans(one, others), "NAIC MDL-120 section 6"


def _why_beside_medicare(
    one: KnownCoverage, on: date, policy: CobPolicy, medicare: MedicareBasis | None
) -> tuple[str, str]:
    if not pays_before_medicare(one, on, policy, medicare):
        return "it pays after Medicare: no Secondary Payer rule puts it first", "42 CFR 411.20"
    assert medicare is not None, "only then does a plan pay before Medicare"
    match medicare.reason:
        case "age":
            return f"current employment, {policy.working_aged_employees_min} employees or more", "42 CFR 411.172"
        case "disability":
            return f"current employment, {policy.disability_employees_min} employees or more", "42 CFR 411.204"
        case "esrd":
            return f"within the first {policy.esrd_months} months of end-stage renal disease", "42 CFR 411.162"


def _why_among_plans(one: KnownCoverage, others: Sequence[KnownCoverage]) -> str:
    if one.court_ordered or any(c.court_ordered for c in others):
        mine = "a court ordered this parent to provide coverage"
        return mine if one.court_ordered else "a court ordered another coverage to pay first"
    if any((c.relationship == "self") != (one.relationship == "self") for c in others):
        own = one.relationship == "self"
        return "the patient is its subscriber" if own else "the patient is a dependent on it, a subscriber elsewhere"
    if one.relationship == "child" and (one.custody or one.subscriber_birth_date):
        birthday = "birthday rule: the parent whose birthday comes earlier in the year pays first"
        return f"custody: the plan is the {one.custody.replace('_', ' ')} parent's" if one.custody else birthday
    if any(c.employment != one.employment for c in others):
        return f"employment: {one.employment or 'active'}; active pays before retired, and continuation last"
    return f"length of coverage: since {one.first}; the longer pays first"
