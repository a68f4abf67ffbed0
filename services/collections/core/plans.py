"""Payment plans: agreed within the policy, kept by payments, broken by a missed installment."""

from datetime import date, datetime, timedelta

from services.collections.core.evolve import evolve
from services.collections.core.facts import (
    CollectionFact,
    ContactMade,
    PlanAgreed,
    PlanFulfilled,
    PlanMissed,
    PlannedInstallment,
    PlanPaymentCounted,
    PlanRefusal,
    PlanRefused,
)
from services.collections.core.letters import day_of
from services.collections.core.messages import StartPlan
from services.collections.core.plan_terms import months_later
from services.collections.core.policy import DunningPolicy
from services.collections.core.state import Account, Episode
from shared.contracts import PatientPaymentReceived


def terms_of(command: StartPlan) -> str:
    """What was asked for, in one line: a repeat asks for the same."""
    return f"{command.installments}/{command.installment_cents}/{command.first_due_on.isoformat()}"


def start_plan(policy: DunningPolicy | None, account: Account, command: StartPlan) -> tuple[CollectionFact, ...]:
    """Agree to a plan, or refuse it with every reason. `policy` is the open episode's; None when nothing is owed."""
    terms = terms_of(command)
    if account.plan_request(command.plan_id, terms) is not None:
        return ()
    reasons = refusals(policy, account, command)
    if reasons:
        refused = PlanRefused(account_id=command.account_id, plan_id=command.plan_id, terms=terms, reasons=reasons)
        return (refused,)
    agreed = PlanAgreed(
        account_id=command.account_id,
        plan_id=command.plan_id,
        terms=terms,
        total_cents=account.owed_cents,
        installments=installments_of(account.owed_cents, command),
        agreed_at=command.meta.occurred_at,
    )
    contact = ContactMade(
        account_id=command.account_id,
        contact_id=command.plan_id,
        channel=command.channel,
        purpose="plan",
        outcome="reached",
        contacted_at=command.meta.occurred_at,
        direction="in",  # it is they who agree: no answer of the gate goes with it
    )
    return (agreed, contact)


def refusals(policy: DunningPolicy | None, account: Account, command: StartPlan) -> tuple[PlanRefusal, ...]:
    """Why a plan is not allowed; empty when it is."""
    episode = account.episode
    if any(request.plan_id == command.plan_id for request in account.plan_requests):
        return ("plan_id_used_for_other_terms",)
    if policy is None or episode is None:
        return ("no_balance_owed",)
    if episode.plan is not None:
        return ("plan_already_active",)
    if episode.placement is not None or being_placed(account, episode):
        return ("placed_with_agency",)
    count = _count(account.owed_cents, command)
    amount_cents = command.installment_cents or account.owed_cents // count
    days_ahead = (command.first_due_on - day_of(command.meta.occurred_at)).days
    checks: tuple[tuple[bool, PlanRefusal], ...] = (
        (count > policy.plan_installments_max, "too_many_installments"),
        (amount_cents < policy.plan_installment_min_cents, "installment_too_small"),
        (days_ahead < 0, "first_installment_in_the_past"),
        (days_ahead > policy.plan_first_due_within_days, "first_installment_too_late"),
    )
    return tuple(reason for broken, reason in checks if broken)


def installments_of(total_cents: int, command: StartPlan) -> tuple[PlannedInstallment, ...]:
    """The schedule: a month apart, adding up to the total to the cent."""
    count = _count(total_cents, command)
    if command.installment_cents is not None:
        rest_cents = total_cents - command.installment_cents * (count - 1)
        amounts = [command.installment_cents] * (count - 1) + [rest_cents]
    else:
        share_cents, extra_cents = divmod(total_cents, count)
        amounts = [share_cents + (n < extra_cents) for n in range(count)]
    return tuple(
        PlannedInstallment(due_on=months_later(command.first_due_on, n), amount_cents=amount_cents)
        for n, amount_cents in enumerate(amounts)
    )


def count_payment(account: Account, payment: PatientPaymentReceived) -> tuple[CollectionFact, ...]:
    """Count a guarantor's payment towards the plan. Without a plan the balance itself says everything.

    A payment of the plan's own moment may be in its total already; if it is not, the balance falls and counts instead.
    """
    episode = account.episode
    plan = episode.plan if episode is not None else None
    if episode is None or plan is None or payment.meta.occurred_at <= plan.agreed_at:
        return ()
    if any(one.payment_id == payment.payment_id for one in plan.payments):
        return ()
    counted = PlanPaymentCounted(
        account_id=payment.account_id,
        plan_id=plan.plan_id,
        payment_id=payment.payment_id,
        paid_cents=payment.paid_cents,
        paid_on=day_of(payment.meta.occurred_at),
        sequence=payment.meta.sequence,
    )
    after = evolve(account, counted)
    assert after.episode is not None, "a payment ends no episode"
    assert after.episode.plan is not None, "a payment is counted to a plan"
    if plan.forgiven_cents or after.episode.plan.paid_cents < plan.total_cents:
        return (counted,)  # a settlement waits for its balance too: `settlement.finish`
    return (counted, *fulfil(account, payment.meta.occurred_at))


def fulfil(account: Account, at: datetime) -> tuple[CollectionFact, ...]:
    """End the plan as kept, if there is one."""
    episode = account.episode
    if episode is None or episode.plan is None:
        return ()
    on = day_of(at)
    fulfilled = PlanFulfilled(
        account_id=account.account_id,
        plan_id=episode.plan.plan_id,
        rested_days=rested_days(episode, on),
        ended_on=on,
    )
    return (fulfilled,)


def break_plan(account: Account, episode: Episode, on: date) -> tuple[CollectionFact, ...]:
    """End the plan as broken: the schedule goes on where it stood when the plan began."""
    assert episode.plan is not None, "no plan to break"
    unpaid = episode.plan.first_unpaid(account.owed_cents)
    assert unpaid is not None, "a plan whose schedule is covered is not broken"
    missed = PlanMissed(
        account_id=account.account_id,
        plan_id=episode.plan.plan_id,
        missed_cents=unpaid[1],
        balance_cents=account.owed_cents,
        rested_days=rested_days(episode, on),
        ended_on=on,
    )
    return (missed,)


def rested_days(episode: Episode, on: date) -> int:
    """Days the schedule stood still; before the first statement there is nothing to rest."""
    if episode.plan is None or episode.first_statement_on is None:
        return 0
    since = max(day_of(episode.plan.agreed_at), episode.first_statement_on)
    return max(0, (on - since) // timedelta(days=1))


def _count(total_cents: int, command: StartPlan) -> int:
    if command.installments is not None:
        return command.installments
    assert command.installment_cents is not None, "the command says one of the two"
    return -(-total_cents // command.installment_cents)


def being_placed(account: Account, episode: Episode) -> bool:
    return any((letter.kind, letter.episode) == ("placement", episode.number) for letter in account.outgoing)
