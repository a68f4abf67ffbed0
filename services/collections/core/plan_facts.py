"""What happened to plans and settlements, beyond that one was agreed, broken or fulfilled (`facts.py`)."""

from datetime import date
from typing import Literal, TypeAlias

from pydantic import AwareDatetime, NonNegativeInt, PositiveInt

from services.collections.core.fact_base import AccountFact
from services.collections.core.plan_messages import CancelReason
from services.collections.core.plan_policy import Role
from services.collections.core.plan_state import Arrangement, Authorization, AutopayEnd, Charge, Forgiven, ProposalKind
from services.collections.core.plan_terms import Installment
from shared.contracts import NonNegativeCents, PositiveCents


class PlanNews(AccountFact):
    """`heard` is the id of the command that said it; empty where none did."""

    heard: str = ""


class PlanProposed(PlanNews):
    """Terms are on the table. With `needs` a second person decides before the guarantor can agree."""

    type: Literal["plan-proposed"] = "plan-proposed"
    proposal_id: str
    kind: ProposalKind
    variant: str
    policy: tuple[str, ...]
    owed_cents: PositiveCents
    total_cents: PositiveCents
    installments: tuple[Installment, ...]
    proposed_by: str
    role: Role
    needs: tuple[str, ...]
    expires_on: date
    replaces: str
    down_payment_cents: NonNegativeCents


class PlanOrderRefused(PlanNews):
    """A command that changed nothing, and every reason."""

    type: Literal["plan-order-refused"] = "plan-order-refused"
    command_id: str
    about: str
    reasons: tuple[str, ...]


class ProposalDecided(PlanNews):
    """A second person approved or declined the terms."""

    type: Literal["proposal-decided"] = "proposal-decided"
    proposal_id: str
    approved: bool
    decided_by: str
    reason: str


class PlanArranged(PlanNews):
    """What the plan that began just now was agreed under."""

    type: Literal["plan-arranged"] = "plan-arranged"
    plan_id: str
    arrangement: Arrangement


class PlanRescheduled(PlanNews):
    """The plan goes on with another schedule: begun again after it was missed, or with new care in it."""

    type: Literal["plan-rescheduled"] = "plan-rescheduled"
    plan_id: str
    why: Literal["re_aged", "joined"]
    total_cents: PositiveCents
    installments: tuple[Installment, ...]
    agreed_at: AwareDatetime
    arrangement: Arrangement
    rested_days: NonNegativeInt = 0


class PlanCancelled(PlanNews):
    """The plan ended by somebody's word."""

    type: Literal["plan-cancelled"] = "plan-cancelled"
    plan_id: str
    reason: CancelReason
    balance_cents: NonNegativeCents
    rested_days: NonNegativeInt
    ended_on: date


class AutopayAgreed(PlanNews):
    """Installments may be taken from a card or bank account."""

    type: Literal["autopay-agreed"] = "autopay-agreed"
    plan_id: str
    authorization: Authorization


class AutopayEnded(PlanNews):
    """Nothing is taken any more: they took their leave back, or the card or bank account does not give it."""

    type: Literal["autopay-ended"] = "autopay-ended"
    plan_id: str
    authorization_id: str
    why: AutopayEnd
    reason: str = ""


class InstallmentChargeAsked(PlanNews):
    """Payments is asked to take an installment."""

    type: Literal["installment-charge-asked"] = "installment-charge-asked"
    plan_id: str
    charge: Charge
    authorization: Authorization
    decision_id: str


class InstallmentChargeEnded(PlanNews):
    """What became of a charge; `pending` is on its way."""

    type: Literal["installment-charge-ended"] = "installment-charge-ended"
    plan_id: str
    charge: Charge


class ChargeChased(PlanNews):
    """Nobody answered what became of a charge: a person finds out before anything else is taken."""

    type: Literal["charge-chased"] = "charge-chased"
    plan_id: str
    charge_id: str


class InstallmentMissed(PlanNews):
    """An installment stayed unpaid beyond the grace, and the plan goes on: so many misses are allowed."""

    type: Literal["installment-missed"] = "installment-missed"
    plan_id: str
    number: PositiveInt
    due_on: date
    missed_cents: PositiveCents


class InstallmentReminded(PlanNews):
    """The day to remind of an installment came. Without a notice there was no way that the gate allowed."""

    type: Literal["installment-reminded"] = "installment-reminded"
    plan_id: str
    number: PositiveInt
    notice_id: str


class BreakTold(PlanNews):
    """The day to say that a plan is broken came. Without a notice there was no way that the gate allowed."""

    type: Literal["break-told"] = "break-told"
    notice_id: str
    told_on: date
    not_placed_before: date | None


class MoneyReturned(PlanNews):
    """Money of a payment left again: it does not count to a plan any more."""

    type: Literal["money-returned"] = "money-returned"
    reversal_id: str
    payment_id: str
    returned_cents: PositiveCents


class MoneyRestored(PlanNews):
    """What had left came back."""

    type: Literal["money-restored"] = "money-restored"
    reversal_id: str
    restored_cents: PositiveCents


class SettlementForgiven(PlanNews):
    """The last cent of a settlement is there: the rest is given up."""

    type: Literal["settlement-forgiven"] = "settlement-forgiven"
    forgiven: Forgiven
    clears: bool  # nothing is owed beside it


class SettlementUndone(PlanNews):
    """Money of a settlement left again after the rest had been given up: that is owed again."""

    type: Literal["settlement-undone"] = "settlement-undone"
    plan_id: str
    write_off_id: str
    restored_cents: PositiveCents


PlanFacts: TypeAlias = (
    PlanProposed
    | PlanOrderRefused
    | ProposalDecided
    | PlanArranged
    | PlanRescheduled
    | PlanCancelled
    | AutopayAgreed
    | AutopayEnded
    | InstallmentChargeAsked
    | InstallmentChargeEnded
    | ChargeChased
    | InstallmentMissed
    | InstallmentReminded
    | BreakTold
    | MoneyReturned
    | MoneyRestored
    | SettlementForgiven
    | SettlementUndone
)
