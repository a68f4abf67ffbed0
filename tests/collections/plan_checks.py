"""What must hold of the plans in a journal, whatever happened in which order."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from services.collections.core import Account
from services.collections.core.facts import (
    CollectionFact,
    PlacementMade,
    PlacementPrepared,
    PlanAgreed,
    ReminderPrepared,
)
from services.collections.core.person_facts import CallAsked, WishJudged
from services.collections.core.plan_facts import (
    InstallmentChargeAsked,
    InstallmentChargeEnded,
    PlanNews,
    PlanRescheduled,
    SettlementForgiven,
)
from services.collections.core.policy_facts import LateChargeAssessed

NEVER_WHILE_KEPT = (ReminderPrepared, PlacementPrepared, PlacementMade, CallAsked, LateChargeAssessed)


def plan_faults(decider: Any, history: Sequence[tuple[date, CollectionFact]]) -> Iterator[str]:
    """Every fault of one account's plans. `history` are its facts with their days, oldest first."""
    if not any(isinstance(fact, PlanAgreed | PlanNews) for _, fact in history):
        return
    state: Account = decider.initial
    seen, allowed = set[tuple[str, str]](), set[str]()
    for on, fact in history:
        if isinstance(fact, WishJudged) and fact.allowed:
            allowed.add(fact.decision_id)
        yield from _while_kept(state, fact, on)
        yield from _of_terms(state, fact)
        yield from _of_charges(state, fact, seen, allowed)
        state = decider.evolve(state, fact)
        if state.episode is not None and state.episode.plan is not None:
            yield from _kept(state)


def _of_terms(state: Account, fact: CollectionFact) -> Iterator[str]:
    if isinstance(fact, PlanAgreed | PlanRescheduled):
        days = [one.due_on for one in fact.installments]
        if sum(one.amount_cents for one in fact.installments) != fact.total_cents:
            yield "its installments do not add up"
        if days != sorted(set(days)):
            yield "its installments are not in order"
    if isinstance(fact, SettlementForgiven) and not 0 < fact.forgiven.cents <= max(state.owed_cents, 0):
        yield "more was given up than was owed"


def _of_charges(state: Account, fact: CollectionFact, seen: set[tuple[str, str]], allowed: set[str]) -> Iterator[str]:
    if isinstance(fact, InstallmentChargeAsked):
        yield from _asked(state, fact, allowed)
    if not isinstance(fact, InstallmentChargeAsked | InstallmentChargeEnded):
        return
    told = (fact.charge.charge_id, fact.charge.outcome)
    if told in seen:
        yield f"a charge was {told[1]} twice"
    seen.add(told)


def _while_kept(state: Account, fact: CollectionFact, on: date) -> Iterator[str]:
    kept = state.episode is not None and state.episode.plan is not None
    if kept and isinstance(fact, NEVER_WHILE_KEPT):
        yield f"{fact.type} while a plan was kept"
    floor = state.plans.not_placed_before
    if isinstance(fact, PlacementPrepared) and floor is not None and on < floor:
        yield "placed before the days that the word of the broken plan promised"


def _asked(state: Account, fact: InstallmentChargeAsked, allowed: set[str]) -> Iterator[str]:
    assert state.episode is not None
    assert state.episode.plan is not None
    arrangement, charge = state.episode.plan.arrangement, fact.charge
    assert arrangement is not None
    if arrangement.open_charge is not None:
        yield "a charge was asked for while another had no answer"
    if any(one.outcome == "paid" for one in arrangement.tries(charge.number)):
        yield "an installment was taken twice"
    if charge.cents > state.owed_cents:
        yield "more was asked for than is owed"
    if fact.decision_id not in allowed:
        yield "a charge stands on no decision of the gate that allowed it"


def _kept(state: Account) -> Iterator[str]:
    assert state.episode is not None
    plan = state.episode.plan
    assert plan is not None
    open_cents = plan.open_cents(state.owed_cents)
    if any(not 0 <= cents <= one.amount_cents for cents, one in zip(open_cents, plan.installments, strict=True)):
        yield "an installment has more or less open than it is"
