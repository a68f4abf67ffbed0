"""Settlements: so much now for the whole balance. The rest is given up when the last cent is there, and not before.

A settlement is kept as a plan is: with consent, installments, reminders and grace. One that is broken gave nothing up,
so the whole balance is owed as before. Money that leaves again after the rest was given up brings that back.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from services.collections.core.evolve import evolve
from services.collections.core.facts import BalanceSettled, CollectionFact, PlanFulfilled
from services.collections.core.identity import name
from services.collections.core.letters import Items, day_of
from services.collections.core.plan_facts import SettlementForgiven, SettlementUndone
from services.collections.core.plan_messages import OfferSettlement
from services.collections.core.plan_offers import Judged, dollars
from services.collections.core.plan_policy import PlanConduct, Role, SettlementRules
from services.collections.core.plan_state import Forgiven
from services.collections.core.plan_terms import Installment, amounts, due_days
from services.collections.core.plans import rested_days
from services.collections.core.state import Account
from shared.contracts import Meta, PatientMoneyReversed
from shared.decider import Effect


def judge_settlement(
    rules: SettlementRules, conduct: PlanConduct, account: Account, command: OfferSettlement, on: date
) -> Judged:
    """An offer against the limits. What is refused may never be offered; what needs a second person waits for one."""
    owed_cents, count = account.owed_cents, command.installments
    refused = tuple(_refusals(rules, account, command, on))
    if command.settle_cents >= owed_cents:
        return Judged((), refused, ())
    shares = amounts(command.settle_cents, min(count, command.settle_cents), None)
    days = due_days(command.first_due_on, len(shares), "month", conduct.closed_days, frozenset(conduct.holidays))
    parts = tuple(Installment(day, cents) for day, cents in zip(days, shares, strict=True))
    given_up_cents = owed_cents - command.settle_cents
    needs = tuple(_needs(rules, command.role, given_up_cents, owed_cents))
    return Judged(parts, refused, needs)


def may_approve(rules: SettlementRules | None, role: Role, forgiven_cents: int, owed_cents: int) -> bool:
    """Whether somebody may let another's offer through: whoever may grant as much, or any operator up to most."""
    if rules is None:
        return False
    percent = rules.most_percent if role == "operator" else rules.alone(role)
    return forgiven_cents * 100 <= percent * owed_cents


def finish(tenant: str, account: Account, on: date) -> tuple[CollectionFact, ...]:
    """Give up the rest of a settlement that is paid in full, once the balance that has the money in it is known.

    What was charged since is owed as any other balance.
    """
    episode = account.episode
    plan = None if episode is None else episode.plan
    if episode is None or plan is None or plan.arrangement is None or not plan.arrangement.is_settlement:
        return ()
    if plan.paid_cents < plan.total_cents or account.balance_sequence <= plan.heard_at:
        return ()
    cents = min(plan.forgiven_cents, account.owed_cents)
    fulfilled = PlanFulfilled(
        account_id=account.account_id, plan_id=plan.plan_id, rested_days=rested_days(episode, on), ended_on=on
    )
    if cents <= 0:
        return (fulfilled,)
    write_off_id = name("wof", tenant, account.account_id, "settlement", plan.plan_id)
    payments = tuple(one.payment_id for one in plan.payments)
    forgiven = SettlementForgiven(
        account_id=account.account_id,
        forgiven=Forgiven(plan.plan_id, write_off_id, cents, payments),
        clears=account.owed_cents <= cents,
    )
    ended = (BalanceSettled(account_id=account.account_id),) if forgiven.clears else ()
    return (fulfilled, forgiven, *ended)


def finish_after(account: Account, items: Items, meta: Meta) -> tuple[CollectionFact, ...]:
    """The same, for an account as it is after what was decided just now."""
    plan = None if account.episode is None else account.episode.plan
    if plan is None or not plan.forgiven_cents:
        return ()
    for item in items:
        account = account if isinstance(item, Effect) else evolve(account, item)
    return finish(meta.tenant, account, day_of(meta.occurred_at))


def undo(account: Account, event: PatientMoneyReversed) -> tuple[CollectionFact, ...]:
    """Bring back what was given up for money that left again."""
    return tuple(
        SettlementUndone(
            account_id=event.account_id,
            plan_id=one.plan_id,
            write_off_id=one.write_off_id,
            restored_cents=one.cents,
        )
        for one in account.plans.forgiven
        if event.payment_id in one.payments
    )


def _refusals(rules: SettlementRules, account: Account, command: OfferSettlement, on: date) -> Iterator[str]:
    owed_cents, first_on = account.owed_cents, None if account.episode is None else account.episode.first_statement_on
    if command.settle_cents >= owed_cents:
        yield "nothing_given_up: that is the whole balance; offer a plan"
        return
    if owed_cents < rules.owed_from_cents:
        yield f"balance_too_small: settlements begin at {dollars(rules.owed_from_cents)}"
    if first_on is None or (on - first_on).days < rules.after_days:
        yield f"too_soon: a settlement is offered {rules.after_days} days after the first statement"
    if (owed_cents - command.settle_cents) * 100 > rules.most_percent * owed_cents:
        least = dollars(-(-owed_cents * (100 - rules.most_percent) // 100))
        yield f"too_much_given_up: nobody may give up more than {rules.most_percent} percent: at least {least}"
    if command.installments > rules.installments_max:
        yield f"too_many_installments: at most {rules.installments_max}"
    if command.first_due_on <= on:
        yield "first_installment_in_the_past: the first installment is due after today"
    elif command.first_due_on > on + timedelta(rules.pay_within_days):
        yield f"first_installment_too_late: the first installment is due by {on + timedelta(rules.pay_within_days)}"


def _needs(rules: SettlementRules, role: Role, given_up_cents: int, owed_cents: int) -> Iterator[str]:
    if given_up_cents * 100 > rules.alone(role) * owed_cents:
        yield f"discount: {dollars(given_up_cents)} of {dollars(owed_cents)} is more than {rules.alone(role)} percent"
