"""The days of a plan that is kept: its reminders, charges, misses and end. Nothing is stored twice."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal, NamedTuple, TypeAlias

from services.collections.core.plan_state import Arrangement
from services.collections.core.state import Account, Plan

PlanStep: TypeAlias = Literal["PLAN_CHARGE", "PLAN_CHASE", "PLAN_REMIND", "PLAN_MISS", "BREAK_PLAN", "PLAN_TELL"]


class Open(NamedTuple):
    """An installment with something open; numbers begin with 1."""

    number: int
    due_on: date
    cents: int


def open_ones(plan: Plan, owed_cents: int) -> tuple[Open, ...]:
    """Every installment with something open, in order."""
    counted = enumerate(zip(plan.installments, plan.open_cents(owed_cents), strict=True), start=1)
    return tuple(Open(number, one.due_on, cents) for number, (one, cents) in counted if cents)


def plan_days(plan: Plan, owed_cents: int, grace_days: int) -> Iterator[tuple[PlanStep, date]]:
    """The steps of a plan that is kept, each with its first day. `grace_days` is a plain plan's.

    An installment is not missed while a charge for it is on its way, or will be tried again.
    """
    ahead, arrangement = open_ones(plan, owed_cents), plan.arrangement
    if not ahead:
        return
    if arrangement is None:
        yield "BREAK_PLAN", ahead[0].due_on + timedelta(grace_days + 1)
        return
    charge = arrangement.open_charge
    if charge is not None and not charge.chased:
        yield "PLAN_CHASE", charge.answer_by + timedelta(1)
    charge_on = _charge_on(arrangement, ahead[0])
    if charge_on is not None:
        yield "PLAN_CHARGE", charge_on
    if charge is None:
        step, on = _missed_on(arrangement, ahead)
        yield step, on if charge_on is None else max(on, charge_on + timedelta(1))
    if arrangement.remind_days_before and ahead[0].number not in arrangement.reminded:
        yield "PLAN_REMIND", ahead[0].due_on - timedelta(arrangement.remind_days_before)


def tell_on(account: Account) -> date | None:
    """When it must be said that the plan of the open balance is broken; None when it was said, or there is none."""
    desk = account.plans
    return None if desk.told_of_break_on is not None else desk.broken_on


def _charge_on(arrangement: Arrangement, first: Open) -> date | None:
    """When the first open installment is taken, or tried again; None while it is not, or an answer is awaited.

    One that was taken already is not taken again, whatever became of the money.
    """
    if arrangement.autopay is None or arrangement.autopay.ended or arrangement.open_charge is not None:
        return None
    tries = arrangement.tries(first.number)
    return tries[-1].retry_on if tries else first.due_on


def _missed_on(arrangement: Arrangement, ahead: tuple[Open, ...]) -> tuple[PlanStep, date]:
    """The next miss, and whether it breaks the plan. The last installments stay open no longer than another grace."""
    grace = timedelta(arrangement.grace_days + 1)
    late = [one for one in ahead if one.number in arrangement.missed]
    coming = [one for one in ahead if one.number not in arrangement.missed]
    if not coming:
        return "BREAK_PLAN", late[-1].due_on + 2 * grace
    return "PLAN_MISS" if len(late) < arrangement.misses_allowed else "BREAK_PLAN", coming[0].due_on + grace
