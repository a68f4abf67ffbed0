"""What an underpayment is told: what was found, and what persons do about it."""

from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, NonNegativeInt

from services.payments.core.underpaid import Case
from shared.contracts import Message

Why = Annotated[str, Field(min_length=3, max_length=500, description="A person's reason; no patient data.")]
Channel: TypeAlias = Literal["portal", "letter", "fax", "phone", "electronic"]
PayersReference = Annotated[str, Field(max_length=60, description="The payer's number of the dispute or call.")]


class UnderpaymentCommand(Message):
    """A command to one underpayment."""

    underpayment_id: str


class NoteCase(UnderpaymentCommand):
    """The claim was judged. `known` grows with what is known of the claim: an older judgement says nothing."""

    type: Literal["payments.note-case.v1"] = "payments.note-case.v1"
    account_id: str
    claim_id: str
    known: NonNegativeInt
    case: Case


class DisputeUnderpayment(UnderpaymentCommand):
    """The payer was asked for the rest."""

    type: Literal["payments.dispute-underpayment.v1"] = "payments.dispute-underpayment.v1"
    disputed_on: date
    channel: Channel
    reference: PayersReference = ""
    reason: Why


class NoteCorrespondence(UnderpaymentCommand):
    """A letter or call about it, either way."""

    type: Literal["payments.note-correspondence.v1"] = "payments.note-correspondence.v1"
    on: date
    direction: Literal["to_payer", "from_payer"]
    channel: Channel
    reference: PayersReference = ""
    summary: Why


class AcceptUnderpayment(UnderpaymentCommand):
    """What the payer allowed is right after all, or what it paid too much is known: no work is left."""

    type: Literal["payments.accept-underpayment.v1"] = "payments.accept-underpayment.v1"
    reason: Why


class AskUnderpaymentWriteOff(UnderpaymentCommand):
    """It is right, and given up; above the limit another person approves it."""

    type: Literal["payments.ask-underpayment-write-off.v1"] = "payments.ask-underpayment-write-off.v1"
    reason: Why


class DecideUnderpaymentWriteOff(UnderpaymentCommand):
    """The second person's word."""

    type: Literal["payments.decide-underpayment-write-off.v1"] = "payments.decide-underpayment-write-off.v1"
    approved: bool
    reason: Why


class ReopenUnderpayment(UnderpaymentCommand):
    """What was accepted or written off is worked on again."""

    type: Literal["payments.reopen-underpayment.v1"] = "payments.reopen-underpayment.v1"
    reason: Why


class AssignUnderpayment(UnderpaymentCommand):
    """Somebody looks after it."""

    type: Literal["payments.assign-underpayment.v1"] = "payments.assign-underpayment.v1"
    owner: str = Field(max_length=80)
