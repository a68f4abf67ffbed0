"""A 271 read into typed benefits: what is covered when, and what the patient pays. Nothing that was sent is lost.

`read_benefits` sorts the EB loops of one person's answer; each stays in `lines` as it came, so what no rule here
understands is still there. Whether coverage is in force is said only where the answer says it: an odd answer is
"unknown", never "inactive". Codes are those of 005010X279A1, loop 2110; their meanings are in our own words.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Literal

from services.eligibility.core.benefit_terms import (
    Benefits,
    Line,
    ManagedCare,
    Need,
    Needs,
    Network,
    PlanType,
    Share,
    ShareKind,
    Span,
    Standing,
)
from services.eligibility.core.directory import DEFAULT, PayerTerms
from shared.contracts import OtherPayer, UnknownCause
from shared.x12.eligibility import Answer271, Benefit, BenefitDate, Party

HEALTH_PLAN = "30"
ACTIVE = frozenset({"1", "2", "3", "4", "5"})
INACTIVE = frozenset({"6", "7", "8"})
SPAN_DATES = frozenset({"291", "307"})  # plan, eligibility: a period, or its first day
SPAN_BEGINS = frozenset({"346", "356", "348"})
SPAN_ENDS = frozenset({"347", "357", "349"})
SHARES: dict[str, ShareKind] = {"A": "coinsurance", "B": "copay", "C": "deductible", "G": "out_of_pocket"}
PERIOD_TOTALS = frozenset({"21", "22", "23", "25"})  # of years: calendar, service, contract
YEAR_TO_DATE = "24"
REMAINING = frozenset({"29", "33"})
PLAN_TYPES: dict[str, PlanType] = {
    "HM": "hmo",
    "HN": "hmo",
    "PS": "pos",
    "PR": "ppo",
    "EP": "epo",
    "IN": "fee_for_service",
    "MA": "fee_for_service",
    "MB": "fee_for_service",
}
MANAGED = frozenset({"HM", "HN", "PS", "PR", "EP"})
PRIMACY: dict[str, Literal["primary", "secondary", "tertiary", "unknown"]] = {
    "PRP": "primary",
    "SEP": "secondary",
    "TTP": "tertiary",
}
PAYER_ENTITIES = frozenset({"PR", "PRP", "SEP", "TTP", "X3", "GP", "IN"})
ORGANIZATION = "2"


def read_benefits(answer: Answer271, on: date | None = None, terms: PayerTerms = DEFAULT) -> Benefits:
    """Everything one answer says. `on` is the service date, `terms` those of the payer that answered."""
    spans = tuple(_spans(answer))
    standing, cause = standing_on(spans, on)
    listed = answer.benefits
    plan_type = _plan_type(listed)
    return Benefits(
        standing=standing,
        cause=cause,
        spans=spans,
        plan=next((one.plan for one in listed if one.code in ACTIVE and one.plan), ""),
        plan_type=plan_type,
        primary_care_provider=any(one.code == "L" for one in listed),
        shares=tuple(_shares(listed)),
        authorization=tuple(_authorization(listed)),
        referral=_referral(listed, plan_type),
        other_payers=tuple(_other_payers(listed, terms)),
        managed_care=_managed_care(listed, terms),
        qualified_medicare_beneficiary=any(one.insurance_type == "QM" for one in listed),
        lines=tuple(map(line_of, listed)),
    )


# In force or not


def standing_on(spans: Sequence[Span], on: date | None) -> tuple[Standing, UnknownCause | None]:
    """Whether coverage is in force on a date. What does not decide it is unknown, with the cause where there is one.

    The health plan as a whole decides. Without a word about it, a service type that is active shows coverage; one that
    is inactive shows nothing about the others.
    """
    whole = [one for one in spans if not one.service_types or HEALTH_PLAN in one.service_types]
    active = [one for one in whole if one.standing == "active"] or [one for one in spans if one.standing == "active"]
    inactive = [one for one in whole if one.standing == "inactive"]
    holding = [one for one in active if on is None or one.holds(on)]
    # What a payer says without dates is said of the day asked about, unless another span says so with dates.
    ended = [one for one in inactive if on is None or one.holds(on) or _ended_before(one, on)]
    if holding and not ended:
        return "active", None
    if holding:
        dated = [one for one in holding if one.first or one.last]
        past = all(one.last is not None and on is not None and one.last < on for one in ended)
        return ("active", None) if dated or past else ("unknown", "contradictory")
    if ended:
        return "inactive", None
    if active:
        return "unknown", "dates_exclude_service_date"
    return "unknown", "limited_scope" if any(one.standing == "inactive" for one in spans) else None


def _ended_before(span: Span, on: date) -> bool:
    """An inactive span that tells when coverage ended, before the day asked about."""
    return span.last is not None and span.last < on


def _spans(answer: Answer271) -> Iterator[Span]:
    """Each EB that says active or inactive, with its own dates or those of the person's loop."""
    for one in answer.benefits:
        if one.code in ACTIVE or one.code in INACTIVE:
            first, last = _period([*one.dates, *answer.dates] if not _period_said(one.dates) else one.dates)
            yield Span(
                standing="active" if one.code in ACTIVE else "inactive",
                first=first,
                last=last,
                service_types=one.service_types,
                plan=one.plan,
                insurance_type=one.insurance_type,
            )


def _period_said(dates: Iterable[BenefitDate]) -> bool:
    return any(one.qualifier in SPAN_DATES | SPAN_BEGINS | SPAN_ENDS for one in dates)


def _period(dates: Iterable[BenefitDate]) -> tuple[date | None, date | None]:
    """First and last day. A plan or eligibility date that is a single day is a first day; its end is open."""
    first: date | None = None
    last: date | None = None
    for one in dates:
        if one.qualifier in SPAN_DATES and one.first is not None:
            first = one.first
            last = one.last if one.last != one.first else last
        elif one.qualifier in SPAN_BEGINS and one.first is not None:
            first = one.first
        elif one.qualifier in SPAN_ENDS and one.first is not None:
            last = one.first
    return first, last


# What the patient pays


def _shares(benefits: Iterable[Benefit]) -> Iterator[Share]:
    """Copays and coinsurance as they are; the parts of a deductible or limit put together."""
    limits: dict[tuple[str, ...], list[Benefit]] = {}
    for one in benefits:
        kind = SHARES.get(one.code)
        if kind in {"copay", "coinsurance"}:
            yield _plain_share(kind, one)
        elif kind is not None:
            key = (one.code, network_of(one), one.coverage_level, one.procedure, *one.service_types)
            limits.setdefault(key, []).append(one)
    for group in limits.values():
        yield _limit(group)


def _plain_share(kind: ShareKind, one: Benefit) -> Share:
    return Share(
        kind=kind,
        service_types=one.service_types,
        network=network_of(one),
        coverage_level=one.coverage_level,
        period=one.time_period,
        cents=one.amount_cents,
        percent=None if one.percent is None else f"{(one.percent * 100).normalize():f}",
        procedure=one.procedure,
    )


def _limit(group: Sequence[Benefit]) -> Share:
    """A deductible or out-of-pocket limit; an amount without a period is the total."""
    total = _amount(one for one in group if one.time_period in PERIOD_TOTALS or not one.time_period)
    met = _amount(one for one in group if one.time_period == YEAR_TO_DATE)
    remaining = _amount(one for one in group if one.time_period in REMAINING)
    if total is not None and met is None and remaining is not None and remaining <= total:
        met = total - remaining
    elif total is not None and remaining is None and met is not None and met <= total:
        remaining = total - met
    elif total is None and met is not None and remaining is not None:
        total = met + remaining
    head = group[0]
    return Share(
        kind=SHARES[head.code],
        service_types=head.service_types,
        network=network_of(head),
        coverage_level=head.coverage_level,
        period=next((one.time_period for one in group if one.time_period in PERIOD_TOTALS), ""),
        total_cents=total,
        met_cents=met,
        remaining_cents=remaining,
        procedure=head.procedure,
    )


def _amount(benefits: Iterable[Benefit]) -> int | None:
    return next((one.amount_cents for one in benefits if one.amount_cents is not None), None)


def network_of(one: Benefit) -> Network:
    """EB12: yes, no, both (W), or not said."""
    if not one.network_applies:
        return "both"
    return "unknown" if one.in_network is None else "in" if one.in_network else "out"


# What is needed before the service


def _authorization(benefits: Iterable[Benefit]) -> Iterator[Needs]:
    """EB11, each answer once, with the service types it was given for."""
    said: dict[Need, dict[str, None]] = {}
    for one in benefits:
        if one.authorization_required is not None:
            need: Need = "yes" if one.authorization_required else "no"
            said.setdefault(need, {}).update(dict.fromkeys(one.service_types))
    for need, types in said.items():
        yield Needs(need=need, because="stated", service_types=tuple(types))


def _referral(benefits: Iterable[Benefit], plan_type: PlanType | None) -> Needs:
    """A referral of the primary care provider: an HMO and a POS plan want one, a PPO and fee for service do not.

    A POS plan wants it for its in-network benefits. An EPO differs from plan to plan. A payer that restricts services
    to a named provider (N) says it outright.
    """
    restricted = [one for one in benefits if one.code == "N"]
    if restricted:
        types = dict.fromkeys(kind for one in restricted for kind in one.service_types)
        return Needs(need="yes", because="stated", service_types=tuple(types))
    match plan_type:
        case "hmo" | "pos":
            return Needs(need="yes", because="plan_type")
        case "ppo" | "fee_for_service":
            return Needs(need="no", because="plan_type")
        case "epo" | None:
            return Needs(need="unknown", because="not_stated")


def _plan_type(benefits: Sequence[Benefit]) -> PlanType | None:
    """Of the active coverage; of another EB of this payer's own plan where that does not say it."""
    own = sorted((one for one in benefits if one.code not in {"R", "MC"}), key=lambda one: one.code not in ACTIVE)
    return next((PLAN_TYPES[one.insurance_type] for one in own if one.insurance_type in PLAN_TYPES), None)


# Others


def _other_payers(benefits: Iterable[Benefit], terms: PayerTerms) -> Iterator[OtherPayer]:
    """EB*R: payers beside this one. Those a Medicaid agency names as its managed care are not others."""
    seen: set[tuple[str, str]] = set()
    for one in benefits:
        for code, party in one.entities if one.code == "R" else ():
            if code not in PAYER_ENTITIES or (party.name, party.id) in seen or _manages(one, code, terms):
                continue
            seen.add((party.name, party.id))
            yield OtherPayer(
                name=party.name,
                payer_id=party.id,
                primacy=PRIMACY.get(code, "unknown"),
                insurance_type=one.insurance_type,
            )


def _managed_care(benefits: Iterable[Benefit], terms: PayerTerms) -> ManagedCare | None:
    """The organization that a Medicaid agency names as the coordinator (MC), or as a managed plan's payer."""
    for one in benefits:
        for code, party in one.entities:
            if _manages(one, code, terms) and party.entity_type == ORGANIZATION:
                return _managed(party, terms)
    return None


def _manages(one: Benefit, entity: str, terms: PayerTerms) -> bool:
    if terms.kind != "medicaid":
        return False
    managed = one.insurance_type in MANAGED and entity in PAYER_ENTITIES
    return one.code == "MC" or ((one.code in ACTIVE or one.code == "R") and managed)


def _managed(party: Party, terms: PayerTerms) -> ManagedCare:
    identifier = party.id or party.npi
    return ManagedCare(name=party.name, identifier=identifier, route_to_payer_id=terms.route_of(identifier, party.name))


def line_of(one: Benefit) -> Line:
    """An EB loop as it came."""
    return Line(
        code=one.code,
        coverage_level=one.coverage_level,
        service_types=one.service_types,
        insurance_type=one.insurance_type,
        plan=one.plan,
        time_period=one.time_period,
        amount_cents=one.amount_cents,
        percent=None if one.percent is None else str(one.percent),
        quantity_qualifier=one.quantity_qualifier,
        quantity=None if one.quantity is None else str(one.quantity),
        authorization_required=one.authorization_required,
        in_network=one.in_network,
        network_applies=one.network_applies,
        procedure_qualifier=one.procedure_qualifier,
        procedure=one.procedure,
        modifiers=one.modifiers,
        dates=tuple((d.qualifier, d.first, d.last) for d in one.dates),
        messages=one.messages,
        entities=tuple((code, named_as(party), *_identifier(party)) for code, party in one.entities),
        rejections=tuple((r.code, r.follow_up, r.loop, r.valid) for r in one.rejections),
        extras=one.extras,
    )


def named_as(party: Party) -> str:
    return " ".join(part for part in (party.first_name, party.middle_name, party.name, party.suffix) if part)


def _identifier(party: Party) -> tuple[str, str]:
    return ("XX", party.npi) if party.npi else (party.id_qualifier, party.id)
