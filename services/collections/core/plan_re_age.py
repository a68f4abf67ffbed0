"""A plan goes on with another schedule: begun again once after it was missed or broken, or with later care in it."""

from datetime import date, timedelta

from services.collections.core.facts import CollectionFact
from services.collections.core.plan_facts import PlanRescheduled
from services.collections.core.plan_messages import AcceptProposal, ReAgePlan
from services.collections.core.plan_offers import Terms, frame_of, schedule_of, too_early_or_late
from services.collections.core.plan_policy import PlanConduct, PlanRules
from services.collections.core.plan_state import Arrangement
from services.collections.core.plan_terms import Installment
from services.collections.core.plans import being_placed
from services.collections.core.policy import DunningPolicy
from services.collections.core.state import Account, Plan
from shared.replaced import replace


def join(plan: Plan, account: Account) -> str:
    """Why nothing can join a plan; empty when it can."""
    if plan.arrangement is None or plan.arrangement.is_settlement:
        return "plan_already_active: this plan takes nothing more in; let it end, or cancel it"
    if account.owed_cents <= sum(plan.open_cents(account.owed_cents)):
        return "nothing_to_join: the plan has the whole balance in it already"
    if plan.arrangement.open_charge is not None:
        return "charge_on_its_way: wait for the answer to the charge that was asked for"
    return ""


def re_age(
    rules: PlanRules, dunning: DunningPolicy | None, account: Account, order: ReAgePlan, on: date
) -> tuple[CollectionFact, ...] | str:
    """The rest of a late or broken plan from a new first day on, or why not."""
    conduct = rules.conduct
    if conduct is None or dunning is None or account.owed_cents <= 0:
        return "no_such_plan: there is no plan of an open balance to begin again"
    found = _rest(conduct, account, order.plan_id, on)
    if isinstance(found, str):
        return found
    arrangement, rest_cents, count = found
    if arrangement.re_ages >= conduct.re_ages_max:
        return f"re_aged_before: a plan is begun again {conduct.re_ages_max} time(s) at most"
    frame = frame_of(rules.variant(arrangement.variant), dunning)
    for fault in too_early_or_late(frame, order.first_due_on, on):
        return fault
    terms = Terms(arrangement.variant, order.first_due_on)
    installments = schedule_of(conduct, rest_cents, terms, min(count, rest_cents), on)
    again = replace(arrangement, re_ages=arrangement.re_ages + 1)
    return (rescheduled(order, order.plan_id, "re_aged", installments, again),)


def _rest(  # noqa: PLR0911 - one sentence per refusal
    conduct: PlanConduct, account: Account, plan_id: str, on: date
) -> tuple[Arrangement, int, int] | str:
    """What the plan was agreed under, what is left of it, and in how many installments."""
    episode = account.episode
    assert episode is not None, "a balance that is owed has an episode"
    plan, broken = episode.plan, account.plans.broken(plan_id)
    if plan is not None:
        open_cents = plan.open_cents(account.owed_cents)
        late = any(cents and one.due_on < on for one, cents in zip(plan.installments, open_cents, strict=True))
        if plan.plan_id != plan_id or plan.arrangement is None or plan.arrangement.is_settlement:
            return "no_such_plan: that plan is not being kept, or is one that is not begun again"
        if plan.arrangement.open_charge is not None:
            return "charge_on_its_way: wait for the answer to the charge that was asked for"
        rest_cents = min(account.owed_cents, sum(open_cents))
        count = sum(cents > 0 for cents in open_cents)
        return (plan.arrangement, rest_cents, count) if late else "not_late: every installment that was due is paid"
    if broken is None or broken.arrangement is None or broken.arrangement.is_settlement:
        return "no_such_plan: no such plan was broken"
    if broken.on < episode.opened_on or on > broken.on + timedelta(conduct.re_age_within_days):
        return f"too_late: a broken plan is begun again within {conduct.re_age_within_days} days"
    if episode.placement is not None or being_placed(account, episode):
        return "placed_with_agency: the account is with an agency; recall it first"
    return broken.arrangement, account.owed_cents, max(1, broken.installments_left)


def rescheduled(
    order: ReAgePlan | AcceptProposal,
    plan_id: str,
    why: str,
    installments: tuple[Installment, ...],
    arrangement: Arrangement,
) -> PlanRescheduled:
    """The new schedule. What was missed and reminded of belongs to the old one; a charge under way stays known."""
    under_way = tuple(replace(one, number=0) for one in arrangement.charges if one.is_open)
    return PlanRescheduled.model_validate(
        {
            "account_id": order.account_id,
            "heard": str(order.meta.id),
            "plan_id": plan_id,
            "why": why,
            "total_cents": sum(one.amount_cents for one in installments),
            "installments": installments,
            "agreed_at": order.meta.occurred_at,
            "arrangement": replace(arrangement, missed=(), reminded=(), charges=under_way),
        }
    )
