"""The steps of a plan: the reminder before an installment, a miss that is allowed, the word that it is broken."""

from datetime import timedelta

from services.collections.core.asking import Plea, Route, find_way
from services.collections.core.dispute_facts import NoticePrepared
from services.collections.core.dispute_messages import NoticeKind, SendNotice
from services.collections.core.facts import CollectionFact
from services.collections.core.identity import name
from services.collections.core.letters import Items, Today, later_than
from services.collections.core.messages import Channel
from services.collections.core.person_facts import StepHeld
from services.collections.core.plan_charges import ask_charge, chase
from services.collections.core.plan_days import Open, open_ones
from services.collections.core.plan_facts import BreakTold, InstallmentMissed, InstallmentReminded
from services.collections.core.schedule import Action
from services.collections.core.state import Account, Episode, Plan

BREAK_CHANNELS: tuple[Channel, ...] = ("letter", "email")


def take_plan_step(today: Today, account: Account, episode: Episode, action: Action) -> Items:
    """Every step of a plan but its end."""
    if action is Action.PLAN_TELL:
        return tell_break(today, account)
    plan = episode.plan
    assert plan is not None, "no plan is kept"
    match action:
        case Action.PLAN_CHARGE:
            return ask_charge(today, account, plan)
        case Action.PLAN_CHASE:
            return chase(account, plan)
        case Action.PLAN_MISS:
            return miss(account, plan)
        case _:
            return remind(today, account, plan)


def miss(account: Account, plan: Plan) -> Items:
    """An installment stayed unpaid beyond the grace, and the plan allows for that."""
    arrangement = plan.arrangement
    assert arrangement is not None, "a plain plan is broken by its first miss"
    found = next(one for one in open_ones(plan, account.owed_cents) if one.number not in arrangement.missed)
    missed = InstallmentMissed(
        account_id=account.account_id,
        plan_id=plan.plan_id,
        number=found.number,
        due_on=found.due_on,
        missed_cents=found.cents,
    )
    return (missed,)


def remind(today: Today, account: Account, plan: Plan) -> Items:
    """Remind of the next installment by a way that the gate allows. It is a courtesy: without a way it is left out."""
    conduct = today.plans.on(today.tenant, today.on).conduct
    coming = open_ones(plan, account.owed_cents)[0]
    channels: tuple[Channel, ...] = () if conduct is None or coming.due_on < today.on else conduct.remind_channels
    key = (plan.plan_id, plan.agreed_at, coming.number)
    made, notice_id = _notice(today, account, channels, "plan_due", key, coming)
    reminded = InstallmentReminded(
        account_id=account.account_id, plan_id=plan.plan_id, number=coming.number, notice_id=notice_id
    )
    return (*made, reminded)


def tell_break(today: Today, account: Account) -> Items:
    """Say that the plan is broken and the whole balance is due. Placement waits for it, and some days more."""
    broken = account.plans.ended[-1]
    conduct = today.plans.on(today.tenant, today.on).conduct
    made, notice_id = _notice(today, account, BREAK_CHANNELS, "plan_broken", (broken.plan_id, broken.on), None)
    days = 0 if conduct is None else conduct.placement_after_break_days
    told = BreakTold(
        account_id=account.account_id,
        notice_id=notice_id,
        told_on=today.on,
        not_placed_before=today.on + timedelta(days),
    )
    return (*made, told)


def _notice(
    today: Today,
    account: Account,
    channels: tuple[Channel, ...],
    kind: NoticeKind,
    key: tuple[object, ...],
    coming: Open | None,
) -> tuple[Items, str]:
    """The notice and its id; the gate's answers alone, and no id, where there is no way to send it."""
    asked = find_way(today.asker, account, Plea(action=kind, channels=channels))
    facts: tuple[CollectionFact, ...] = tuple(one for one in asked.facts if not isinstance(one, StepHeld))
    if asked.route is None:
        return facts, ""
    notice_id = name("ntc", today.tenant, account.account_id, kind, *key)
    prepared = NoticePrepared(
        account_id=account.account_id,
        notice_id=notice_id,
        notice=kind,
        dispute_id="",
        channel=asked.route.channel,
        reach_id=asked.route.reach.id,
        decision_id=asked.route.decision_id,
    )
    return (*facts, prepared, _send(today, account, asked.route, notice_id, kind, coming)), notice_id


def _send(
    today: Today, account: Account, route: Route, notice_id: str, kind: NoticeKind, coming: Open | None
) -> SendNotice:
    return SendNotice(
        account_id=account.account_id,
        notice_id=notice_id,
        notice=kind,
        balance_cents=account.owed_cents,
        amount_due_cents=account.owed_cents if coming is None else min(coming.cents, account.owed_cents),
        due_on=today.on if coming is None else coming.due_on,
        dated_on=today.on,
        sealed_guarantor=account.sealed_guarantor,
        channel=route.channel,
        reach_id=route.reach.id,
        sealed_reach=route.reach.sealed,
        language=account.person.language,
        not_before=later_than(today, route),
    )
