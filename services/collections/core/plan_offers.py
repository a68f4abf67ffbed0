"""What may be offered, and why the rest may not: one pure judgement, for choices, proposals and counter-proposals.

Every refusal is a code and a sentence with its figures, so that whoever hears no knows what would be a yes.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from services.collections.core.plan_policy import PlanConduct, PlanRules, PlanVariant, Role
from services.collections.core.plan_terms import Every, Installment, amounts, due_days, months_later
from services.collections.core.policy import DunningPolicy
from services.collections.core.policy_conditions import hear
from services.collections.core.schedule import situation
from services.collections.core.state import Account

A_MONTH = {"month": 1, "two_weeks": 2, "week": 4}
"""Installments in a month: limits are those of monthly plans."""
FIRST_DUE_DAYS = 30
INSTALLMENTS_MOST = 600
"""Longer than anyone lives with: a schedule is not even written down."""


class Terms(NamedTuple):
    """What is wanted: so many installments, or so much each, or both."""

    variant: str
    first_due_on: date
    installments: int | None = None
    installment_cents: int | None = None
    down_payment_cents: int = 0
    every: Every = "month"


class Frame(NamedTuple):
    """The figures of a kind of plan, with the dunning policy's where it says none."""

    installments_max: int
    installment_min_cents: int
    first_due_within_days: int
    grace_days: int


class Judged(NamedTuple):
    """The schedule, if there can be one, why it is refused, and why a second person decides."""

    installments: tuple[Installment, ...]
    refused: tuple[str, ...]
    needs: tuple[str, ...]


class Choice(NamedTuple):
    """One way to pay in parts, as it would begin today; `refused` says why it may not be taken."""

    choice: str
    terms: Terms
    total_cents: int
    installments: tuple[Installment, ...]
    refused: tuple[str, ...]
    needs: tuple[str, ...]


def plan_offers(
    rules: PlanRules, dunning: DunningPolicy | None, account: Account, on: date, role: Role, obstacles: tuple[str, ...]
) -> tuple[Choice, ...]:
    """Every length of every kind of plan, as it would be today. `obstacles` stand in the way of all of them."""
    if dunning is None or account.owed_cents <= 0:
        return ()
    return tuple(
        _choice(rules, dunning, account, variant, length, on, role, obstacles)
        for variant in rules.variants
        for length in variant.lengths
    )


def judge_plan(
    rules: PlanRules, dunning: DunningPolicy, account: Account, terms: Terms, on: date, role: Role
) -> Judged:
    """Terms against the policy: by whom they are proposed says how far they go alone."""
    variant, conduct = rules.variant(terms.variant), rules.conduct
    if variant is None or conduct is None:
        known = ", ".join(one.name for one in rules.variants) or "none"
        return Judged((), (f"no_such_plan: there is no kind of plan of that name here; there are: {known}",), ())
    frame = frame_of(variant, dunning)
    refused = [*_not_for(variant, account, on), *_down_payment(variant, account.owed_cents, terms)]
    rest_cents = account.owed_cents - terms.down_payment_cents
    if rest_cents <= 0:
        return Judged((), tuple(refused), ())
    count, installment_cents = _shape(rest_cents, terms)
    refused += _outside(frame, terms, rest_cents, count, installment_cents, on)
    if role == "guarantor" and not variant.self_service:
        refused.append("ask_us: this kind of plan is agreed with a person: call us")
    if count > INSTALLMENTS_MOST:
        return Judged((), tuple(refused), ())
    return Judged(
        schedule_of(conduct, account.owed_cents, terms, count, on),
        tuple(refused),
        tuple(_needs(variant, terms, count, installment_cents)),
    )


def frame_of(variant: PlanVariant | None, dunning: DunningPolicy) -> Frame:
    """What a variant says, else what the dunning policy says; without a variant the latter alone."""
    own = (
        (None, None, None, None)
        if variant is None
        else (
            variant.installments_max,
            variant.installment_min_cents,
            variant.first_due_within_days,
            variant.grace_days,
        )
    )
    common = (
        dunning.plan_installments_max,
        dunning.plan_installment_min_cents,
        dunning.plan_first_due_within_days,
        dunning.plan_grace_days,
    )
    return Frame(*(ours if mine is None else mine for mine, ours in zip(own, common, strict=True)))


def schedule_of(conduct: PlanConduct, total_cents: int, terms: Terms, count: int, on: date) -> tuple[Installment, ...]:
    """What is due when: the part that is due at once, if any, and the installments. It adds up to the total."""
    parts = amounts(total_cents - terms.down_payment_cents, count, terms.installment_cents)
    days = due_days(terms.first_due_on, len(parts), terms.every, conduct.closed_days, frozenset(conduct.holidays))
    at_once = (Installment(on, terms.down_payment_cents),) if terms.down_payment_cents else ()
    return (*at_once, *(Installment(day, cents) for day, cents in zip(days, parts, strict=True)))


def first_day(frame: Frame, on: date) -> date:
    """When the first installment is due unless somebody wants another day: a month from now, or sooner by policy."""
    return min(months_later(on, 1), on + timedelta(frame.first_due_within_days))


def too_early_or_late(frame: Frame, first_due_on: date, on: date) -> Iterator[str]:
    """Whether the first day is one that the policy allows."""
    if first_due_on <= on:
        yield "first_installment_in_the_past: the first installment is due after today"
    elif (first_due_on - on).days > frame.first_due_within_days:
        latest = on + timedelta(frame.first_due_within_days)
        yield f"first_installment_too_late: the first installment is due by {latest}"


def _shape(rest_cents: int, terms: Terms) -> tuple[int, int]:
    """How many installments it takes, and how much each of them is (the last may be less or a few cents more)."""
    if terms.installment_cents is not None:
        return -(-rest_cents // terms.installment_cents), terms.installment_cents
    count = terms.installments or 1
    return count, rest_cents // count


def _not_for(variant: PlanVariant, account: Account, on: date) -> Iterator[str]:
    assert account.episode is not None, "a balance that is owed has an episode"
    heard = hear(variant.when, situation(account, account.episode.opened_on))
    for clause in heard.clauses:
        if clause.window is None or not clause.window.covers(on):
            yield f"not_for_this_balance: {variant.name} is for others: {clause.text}"


def _down_payment(variant: PlanVariant, owed_cents: int, terms: Terms) -> Iterator[str]:
    wanted_cents = -(-owed_cents * variant.down_payment_percent // 100)
    if terms.down_payment_cents >= owed_cents:
        yield "down_payment_is_all: that pays the whole balance: no plan is needed"
    elif terms.down_payment_cents < wanted_cents:
        yield f"down_payment_too_small: at least {dollars(wanted_cents)} at once"


def _outside(
    frame: Frame, terms: Terms, rest_cents: int, count: int, installment_cents: int, on: date
) -> Iterator[str]:
    most, least_cents = limits(frame, terms.every)
    if terms.installments is not None and count > terms.installments:
        together = dollars(terms.installments * installment_cents + terms.down_payment_cents)
        yield (
            f"never_pays_off: {terms.installments} times {dollars(installment_cents)} come to {together}, "
            f"which is less than the balance of {dollars(rest_cents + terms.down_payment_cents)}"
        )
    if count > most:
        needed = dollars(-(-rest_cents // most))
        yield f"too_many_installments: {count} are more than {most}; pay at least {needed} each"
    if installment_cents < min(least_cents, rest_cents):
        yield f"installment_too_small: {dollars(installment_cents)} is less than {dollars(least_cents)}"
    yield from too_early_or_late(frame, terms.first_due_on, on)


def limits(frame: Frame, every: Every) -> tuple[int, int]:
    """The most installments, and the least cents of one, for how often they come."""
    often = A_MONTH[every]
    return frame.installments_max * often, -(-frame.installment_min_cents // often)


def _needs(variant: PlanVariant, terms: Terms, count: int, installment_cents: int) -> Iterator[str]:
    often = A_MONTH[terms.every]
    if count > variant.alone_installments_max * often:
        yield f"long: {count} installments are more than {variant.alone_installments_max * often} that one may grant"
    least_cents = -(-variant.alone_installment_min_cents // often)
    if installment_cents < least_cents:
        yield f"small: {dollars(installment_cents)} is less than {dollars(least_cents)} that one may grant"


def _choice(
    rules: PlanRules,
    dunning: DunningPolicy,
    account: Account,
    variant: PlanVariant,
    length: int,
    on: date,
    role: Role,
    obstacles: tuple[str, ...],
) -> Choice:
    terms = Terms(
        variant=variant.name,
        first_due_on=first_day(frame_of(variant, dunning), on),
        installments=length,
        down_payment_cents=-(-account.owed_cents * variant.down_payment_percent // 100),
    )
    judged = judge_plan(rules, dunning, account, terms, on, role)
    return Choice(
        choice=f"{variant.name}-{length}",
        terms=terms,
        total_cents=account.owed_cents,
        installments=judged.installments,
        refused=(*obstacles, *judged.refused),
        needs=judged.needs,
    )


def dollars(cents: int) -> str:
    """12345 is 123.45, as a sentence says it."""
    return f"{cents // 100:,}.{cents % 100:02}"
