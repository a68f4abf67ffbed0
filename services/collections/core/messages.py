"""What a collections account is told, and the work it asks for."""

from datetime import date
from typing import Literal, Self, TypeAlias

from pydantic import AwareDatetime, Field, NonNegativeInt, PositiveInt, model_validator

from shared.contracts import (
    Contract,
    Message,
    NonNegativeCents,
    PositiveCents,
    Sealed,
)
from shared.decider import Answer, Effect

Channel: TypeAlias = Literal["letter", "phone", "email", "text", "portal", "agency"]
Purpose: TypeAlias = Literal["statement", "reminder", "final_notice", "plan", "placement", "other"]
ContactPurpose: TypeAlias = Purpose | Literal["validation", "verification", "confirmation", "notice"]
"""Beside the public ones: what the law wants said, which asks for no money. The public log calls these `other`."""
Outcome: TypeAlias = Literal[
    "reached",
    "no_answer",
    "not_connected",
    "left_message",
    "wrong_number",
    "promised_to_pay",
    "refused_to_pay",
    "returned_mail",
    "sent",
]
"""A contact's outcome is a code, never free text: it is public, and free text about a person would be too."""

LetterKind: TypeAlias = Literal["statement", "reminder", "placement", "recall", "notice"]
FailureReason: TypeAlias = Literal[
    "guarantor_missing",
    "guarantor_unreadable",
    "address_missing",
    "seal_broken",
    "letterhead_missing",
    "channel_missing",
    "address_refused",
    "message_refused",
    "bills_do_not_add_up",
]
"""Why nothing could go out. `address_refused`: the other side knows no such address; `message_refused`: it did not take
this message; `bills_do_not_add_up`: what payments told of the bills is not the balance."""


class StartPlan(Message):
    """A guarantor agreed to pay in installments: so many of them, or so much each. `meta.actor` took the agreement."""

    type: Literal["collections.start-plan.v1"] = "collections.start-plan.v1"
    account_id: str = Field(min_length=1)
    plan_id: str = Field(min_length=1)
    installments: PositiveInt | None = None
    installment_cents: PositiveCents | None = None
    first_due_on: date
    channel: Channel = "phone"

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> Self:
        if (self.installments is None) == (self.installment_cents is None):
            msg = "give installments or installment_cents, one of the two"
            raise ValueError(msg)
        return self


class LogContact(Message):
    """A person contacted the guarantor, or (`direction` in) was contacted by them. `meta.actor` is who logs it.

    `reach_id` says where; empty, it is the best known one of the channel. `task_id` is the call that was asked for.
    """

    type: Literal["collections.log-contact.v1"] = "collections.log-contact.v1"
    account_id: str = Field(min_length=1)
    contact_id: str = Field(min_length=1)
    channel: Channel
    purpose: Purpose
    outcome: Outcome
    contacted_at: AwareDatetime
    direction: Literal["in", "out"] = "out"
    party: Literal["consumer", "attorney", "representative", "professional", "other"] = "consumer"
    reach_id: str = ""
    task_id: str = ""
    next_action_on: date | None = None


class Place(Contract):
    """Where the guarantor lives, as their sealed record says: the state and its time zones, never the address."""

    state: str = ""
    zones: tuple[str, ...] = ()
    has_phone: bool = False


class Delivery(Answer):
    """What became of a letter or a file to the agency.

    `withdrawn`: nobody wanted it any more when its turn came, so nothing went out.
    """

    account_id: str
    outcome: Literal["delivered", "failed", "withdrawn"]
    reason: FailureReason | None = None
    place: Place | None = None

    @model_validator(mode="after")
    def _failed_for_a_reason(self) -> Self:
        if (self.outcome == "failed") != (self.reason is not None):
            msg = "a reason goes with an outcome of failed, and only with that"
            raise ValueError(msg)
        return self


class StatementDelivered(Delivery):
    """The answer to SendStatement."""

    type: Literal["collections.statement-delivered.v1"] = "collections.statement-delivered.v1"
    statement_id: str
    pay_request_id: str = ""
    pay_until: AwareDatetime | None = None
    replaces: NonNegativeInt = 0


class ReminderDelivered(Delivery):
    """The answer to SendReminder."""

    type: Literal["collections.reminder-delivered.v1"] = "collections.reminder-delivered.v1"
    reminder_id: str


class PlacementDelivered(Delivery):
    """The answer to PlaceAccount: the agency's folder has it, or not."""

    type: Literal["collections.placement-delivered.v1"] = "collections.placement-delivered.v1"
    placement_id: str


class RecallDelivered(Delivery):
    """The answer to RecallAccount."""

    type: Literal["collections.recall-delivered.v1"] = "collections.recall-delivered.v1"
    placement_id: str


class SendStatement(Effect):
    """Print and mail a statement. `amount_due_cents` is less than the balance where a plan is kept."""

    type: Literal["collections.send-statement.v1"] = "collections.send-statement.v1"
    account_id: str
    statement_id: str
    number: PositiveInt
    balance_cents: PositiveCents
    amount_due_cents: PositiveCents
    dated_on: date
    due_on: date
    sealed_guarantor: Sealed | None
    channel: Channel = "letter"
    reach_id: str = "post"
    sealed_reach: Sealed | None = None  # where to, when it is not the guarantor's own post
    language: str = "en"


class SendReminder(Effect):
    """Print and mail a reminder of the policy's level; the last one may be the final notice before placement."""

    type: Literal["collections.send-reminder.v1"] = "collections.send-reminder.v1"
    account_id: str
    reminder_id: str
    level: PositiveInt
    final: bool
    balance_cents: PositiveCents
    dated_on: date
    due_on: date
    days_overdue: NonNegativeInt
    sealed_guarantor: Sealed | None
    channel: Channel = "letter"
    reach_id: str = "post"
    sealed_reach: Sealed | None = None  # where to, when it is not the guarantor's own post
    language: str = "en"
    template: str = ""
    notice_ends_on: date | None = None  # it carries the validation notice
    charged_cents: NonNegativeCents = 0  # interest and fees in the balance


class PlaceAccount(Effect):
    """Hand the balance to a collection agency."""

    type: Literal["collections.place-account.v1"] = "collections.place-account.v1"
    account_id: str
    placement_id: str
    agency_id: str
    balance_cents: PositiveCents
    claims: NonNegativeInt
    number: PositiveInt = 1  # of its placements since the balance opened
    first_statement_on: date
    due_on: date
    placed_on: date
    sealed_guarantor: Sealed | None


class RecallAccount(Effect):
    """Tell the agency to stop: nothing is owed any more."""

    type: Literal["collections.recall-account.v1"] = "collections.recall-account.v1"
    account_id: str
    placement_id: str
    agency_id: str
    balance_cents: NonNegativeCents
    recalled_on: date


AccountEffect: TypeAlias = SendStatement | SendReminder | PlaceAccount | RecallAccount
