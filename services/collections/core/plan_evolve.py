"""How facts about plans change an account. No rules here, so history always replays."""

from datetime import date
from typing import Any, Literal, assert_never

from services.collections.core.plan_facts import (
    AutopayAgreed,
    AutopayEnded,
    BreakTold,
    ChargeChased,
    InstallmentChargeAsked,
    InstallmentChargeEnded,
    InstallmentMissed,
    InstallmentReminded,
    MoneyRestored,
    MoneyReturned,
    PlanArranged,
    PlanCancelled,
    PlanFacts,
    PlanOrderRefused,
    PlanProposed,
    PlanRescheduled,
    ProposalDecided,
    SettlementForgiven,
    SettlementUndone,
)
from services.collections.core.plan_state import EMPTY_DESK, EndedPlan, PlanDesk, Proposal, Refusal, Returned
from services.collections.core.state import Account, Plan
from shared.replaced import replace

KEPT = 20
HEARD_KEPT = 100
"""How much of its past an account carries along; the journal keeps everything."""


def evolve_plans(account: Account, fact: PlanFacts) -> Account:
    """Apply one fact."""
    if fact.heard:
        account = _desk(account, heard=(*account.plans.heard, fact.heard)[-HEARD_KEPT:])
    match fact:
        case PlanProposed() | PlanOrderRefused() | ProposalDecided() | BreakTold():
            return replace(account, plans=_talked(account.plans, fact))
        case MoneyReturned() | MoneyRestored() | SettlementForgiven() | SettlementUndone():
            return _money(account, fact)
        case PlanArranged() | PlanRescheduled() | PlanCancelled():
            return _agreed(account, fact)
        case (
            AutopayAgreed()
            | AutopayEnded()
            | InstallmentChargeAsked()
            | InstallmentChargeEnded()
            | ChargeChased()
            | InstallmentMissed()
            | InstallmentReminded()
        ):
            return _kept(account, fact)
        case _:
            assert_never(fact)


def with_plan_ended(account: Account, how: Literal["completed", "broken", "cancelled"], on: date | None) -> Account:
    """The plan of the open episode is over; what is needed to begin it again is remembered."""
    assert account.episode is not None, "a plan ended in no episode"
    plan = account.episode.plan
    assert plan is not None, "no plan ended"
    open_count = sum(cents > 0 for cents in plan.open_cents(account.owed_cents))
    day = on or plan.agreed_at.date()
    ended = EndedPlan(plan.plan_id, how, day, plan.arrangement, open_count)
    account = _desk(account, ended=(*account.plans.ended, ended)[-KEPT:])
    if how != "broken" or plan.arrangement is None:
        return account
    return _desk(account, broken_on=day, told_of_break_on=None)


def without_breaks(account: Account) -> Account:
    """A new episode: what was broken before is over."""
    return _desk(account, broken_on=None, told_of_break_on=None, not_placed_before=None, proposal=None)


def _talked(desk: PlanDesk, fact: PlanProposed | PlanOrderRefused | ProposalDecided | BreakTold) -> PlanDesk:
    match fact:
        case PlanProposed():
            given = {name: getattr(fact, name) for name in Proposal.__dataclass_fields__ if name != "status"}
            return replace(desk, proposal=Proposal(**given, status="waiting" if fact.needs else "offered"))
        case PlanOrderRefused():
            return replace(desk, refused=(*desk.refused, Refusal(fact.command_id, fact.reasons))[-KEPT:])
        case ProposalDecided():
            assert desk.proposal is not None, "nothing was proposed"
            return replace(desk, proposal=replace(desk.proposal, status="approved" if fact.approved else "declined"))
        case BreakTold():
            return replace(desk, told_of_break_on=fact.told_on, not_placed_before=fact.not_placed_before)
        case _:
            assert_never(fact)


def _money(account: Account, fact: MoneyReturned | MoneyRestored | SettlementForgiven | SettlementUndone) -> Account:
    desk = account.plans
    match fact:
        case MoneyReturned():
            back = Returned(fact.reversal_id, fact.payment_id, fact.returned_cents)
            account = _desk(account, returned=(*desk.returned, back)[-KEPT:])
            plan = _plan(account)
            return account if plan is None else _with_plan(account, returned=_sorted((*plan.returned, back)))
        case MoneyRestored():
            left = tuple(one for one in desk.returned if one.reversal_id != fact.reversal_id)
            account = _desk(account, returned=left, restored=(*desk.restored, fact.reversal_id)[-KEPT:])
            plan = _plan(account)
            kept = () if plan is None else tuple(one for one in plan.returned if one.reversal_id != fact.reversal_id)
            return account if plan is None else _with_plan(account, returned=kept)
        case SettlementForgiven():
            account = _desk(account, forgiven=(*desk.forgiven, fact.forgiven)[-KEPT:])
            return replace(account, written_off_cents=account.written_off_cents + fact.forgiven.cents)
        case SettlementUndone():
            left_forgiven = tuple(one for one in desk.forgiven if one.write_off_id != fact.write_off_id)
            account = _desk(account, forgiven=left_forgiven)
            unbooked_cents = max(0, account.written_off_cents - fact.restored_cents)
            return replace(account, written_off_cents=unbooked_cents)
        case _:
            assert_never(fact)


def _agreed(account: Account, fact: PlanArranged | PlanRescheduled | PlanCancelled) -> Account:
    proposal = account.plans.proposal
    match fact:
        case PlanArranged():
            taken = None if proposal is None else replace(proposal, status="accepted")
            return _with_plan(_desk(account, proposal=taken), arrangement=fact.arrangement)
        case PlanRescheduled():
            return _rescheduled(account, fact)
        case PlanCancelled():
            ended = with_plan_ended(account, "cancelled", fact.ended_on)
            assert ended.episode is not None, "a plan was cancelled in no episode"
            rested = ended.episode.rested_days + fact.rested_days
            return replace(ended, episode=replace(ended.episode, plan=None, rested_days=rested))
        case _:
            assert_never(fact)


def _rescheduled(account: Account, fact: PlanRescheduled) -> Account:
    assert account.episode is not None, "a plan goes on in no episode"
    proposal = account.plans.proposal
    if fact.why == "joined" and proposal is not None:
        account = _desk(account, proposal=replace(proposal, status="accepted"))
    plan = Plan(
        plan_id=fact.plan_id,
        total_cents=fact.total_cents,
        installments=fact.installments,
        agreed_at=fact.agreed_at,
        returned=account.plans.returned,
        arrangement=fact.arrangement,
    )
    account = _desk(account, broken_on=None, told_of_break_on=None, not_placed_before=None)
    assert account.episode is not None, "it was there just now"
    rested = account.episode.rested_days + fact.rested_days
    return replace(account, episode=replace(account.episode, plan=plan, rested_days=rested))


def _kept(  # noqa: PLR0911 - one case per fact
    account: Account,
    fact: AutopayAgreed
    | AutopayEnded
    | InstallmentChargeAsked
    | InstallmentChargeEnded
    | ChargeChased
    | InstallmentMissed
    | InstallmentReminded,
) -> Account:
    plan = _plan(account)
    if plan is None or plan.arrangement is None:
        return account
    arrangement = plan.arrangement
    match fact:
        case AutopayAgreed():
            return _with_plan(account, arrangement=replace(arrangement, autopay=fact.authorization))
        case AutopayEnded():
            assert arrangement.autopay is not None, "nothing was taken by itself"
            ended = replace(arrangement.autopay, ended=fact.why)
            return _with_plan(account, arrangement=replace(arrangement, autopay=ended))
        case InstallmentChargeAsked():
            return _with_plan(account, arrangement=replace(arrangement, charges=(*arrangement.charges, fact.charge)))
        case InstallmentChargeEnded():
            charges = tuple(
                fact.charge if one.charge_id == fact.charge.charge_id else one for one in arrangement.charges
            )
            return _with_plan(account, arrangement=replace(arrangement, charges=charges))
        case ChargeChased():
            charges = tuple(
                replace(one, chased=True) if one.charge_id == fact.charge_id else one for one in arrangement.charges
            )
            return _with_plan(account, arrangement=replace(arrangement, charges=charges))
        case InstallmentMissed():
            return _with_plan(account, arrangement=replace(arrangement, missed=(*arrangement.missed, fact.number)))
        case InstallmentReminded():
            return _with_plan(account, arrangement=replace(arrangement, reminded=(*arrangement.reminded, fact.number)))
        case _:
            assert_never(fact)


def _plan(account: Account) -> Plan | None:
    return None if account.episode is None else account.episode.plan


def _with_plan(account: Account, **changes: Any) -> Account:
    assert account.episode is not None, "a plan is of an open balance"
    assert account.episode.plan is not None, "no plan is kept"
    return replace(account, episode=replace(account.episode, plan=replace(account.episode.plan, **changes)))


def _desk(account: Account, **changes: Any) -> Account:
    if account.plans is EMPTY_DESK and not any(changes.values()):
        return account
    return replace(account, plans=replace(account.plans, **changes))


def _sorted(returned: tuple[Returned, ...]) -> tuple[Returned, ...]:
    return tuple(sorted(returned))
