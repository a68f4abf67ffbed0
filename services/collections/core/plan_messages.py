"""What an account is told of plans and settlements: proposals, decisions, consent, autopay, money that left again."""

from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import AwareDatetime, Field, PositiveInt, StringConstraints

from services.collections.core.plan_policy import Method, Role
from services.collections.core.plan_terms import Every
from shared.contracts import (
    Contract,
    Message,
    NonNegativeCents,
    PatientMoneyRestored,
    PatientMoneyReversed,
    PositiveCents,
    Sealed,
)

VariantName: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Reason: TypeAlias = Annotated[str, StringConstraints(min_length=3, max_length=200)]
CancelReason: TypeAlias = Literal["guarantor_asked", "entered_in_error", "paid_elsewhere", "bankruptcy", "other"]
"""A code, never free text: it is public."""


class ConsentGiven(Contract):
    """Who agreed, how and when, to which version of the text; `proof` is the id of the recording or paper."""

    by: Literal["guarantor", "representative"] = "guarantor"
    how: Literal["phone", "web", "paper"]
    at: AwareDatetime
    text_version: str = Field(min_length=1, max_length=80)
    proof: str = Field(default="", max_length=80)


class AutopayGiven(Contract):
    """The leave to take each installment on its day. The processor's token, never a number, and only sealed."""

    method: Method
    sealed_token: Sealed
    consent: ConsentGiven


class PlanOrder(Message):
    """What somebody wants of an account's plans; `meta.actor` is who."""

    account_id: str = Field(min_length=1)


class ProposePlan(PlanOrder):
    """Terms for a plan: so many installments, or so much each, or both. A newer proposal takes the place of an older.

    Where a plan is kept already the proposal is to put the whole balance into it.
    """

    type: Literal["collections.propose-plan.v1"] = "collections.propose-plan.v1"
    proposal_id: str = Field(min_length=1)
    variant: VariantName = "standard"
    installments: Annotated[PositiveInt, Field(le=600)] | None = None
    installment_cents: PositiveCents | None = None
    down_payment_cents: NonNegativeCents = 0
    first_due_on: date
    every: Every = "month"
    role: Role


class OfferSettlement(PlanOrder):
    """So much for the whole balance, at once or in a few installments a month apart."""

    type: Literal["collections.offer-settlement.v1"] = "collections.offer-settlement.v1"
    proposal_id: str = Field(min_length=1)
    settle_cents: PositiveCents
    installments: Annotated[PositiveInt, Field(le=24)] = 1
    first_due_on: date
    role: Role


class DecideProposal(PlanOrder):
    """A second person's word about terms that one may not agree to alone."""

    type: Literal["collections.decide-proposal.v1"] = "collections.decide-proposal.v1"
    proposal_id: str = Field(min_length=1)
    approved: bool
    role: Role
    reason: Reason


class AcceptProposal(PlanOrder):
    """The guarantor agrees to the terms on the table; the plan begins. `meta.actor` recorded it."""

    type: Literal["collections.accept-proposal.v1"] = "collections.accept-proposal.v1"
    proposal_id: str = Field(min_length=1)
    consent: ConsentGiven
    autopay: AutopayGiven | None = None


class CancelPlan(PlanOrder):
    """The plan ends without being kept or broken: the schedule goes on where it stood."""

    type: Literal["collections.cancel-plan.v1"] = "collections.cancel-plan.v1"
    plan_id: str = Field(min_length=1)
    reason: CancelReason


class ReAgePlan(PlanOrder):
    """Begin the rest of a late or broken plan again, from a new first day."""

    type: Literal["collections.re-age-plan.v1"] = "collections.re-age-plan.v1"
    plan_id: str = Field(min_length=1)
    first_due_on: date
    role: Role


class SetAutopay(PlanOrder):
    """Another card or bank account for the plan that is kept, or (None) none any more: they took their leave back."""

    type: Literal["collections.set-autopay.v1"] = "collections.set-autopay.v1"
    plan_id: str = Field(min_length=1)
    autopay: AutopayGiven | None


PlanMessage: TypeAlias = (
    ProposePlan
    | OfferSettlement
    | DecideProposal
    | AcceptProposal
    | CancelPlan
    | ReAgePlan
    | SetAutopay
    | PatientMoneyReversed
    | PatientMoneyRestored
)
"""Everything that only concerns plans."""
