"""The facts of a submission, and what they are made of."""

from typing import Literal, TypeAlias

from pydantic import AwareDatetime, PositiveInt

from shared.contracts import Contract, NonNegativeCents
from shared.decider import Fact

from .content import ClaimType

Telling: TypeAlias = Literal["transmitted", "refused", "withdrawn"]
AckKind: TypeAlias = Literal["TA1", "999"]


class Member(Contract):
    """One claim in the file."""

    claim_id: str
    account_id: str
    patient_control_number: str
    charge_cents: NonNegativeCents


class FileAck(Contract):
    """What a TA1 or 999 says about the file. `codes` are notes and error codes as received; `ack_id` tells a repeat."""

    ack_id: str
    kind: AckKind
    accepted: bool
    codes: tuple[str, ...] = ()


class SubmissionOpened(Fact):
    """The file has its numbers and its candidates."""

    type: Literal["submission-opened"] = "submission-opened"
    submission_id: str
    partner: str
    candidates: tuple[str, ...]
    interchange: int
    group: int
    created_at: AwareDatetime
    claim_type: ClaimType = "P"


class SubmissionBuilt(Fact):
    """The file's members and bytes are settled for good."""

    type: Literal["submission-built"] = "submission-built"
    members: tuple[Member, ...]
    size: int
    sha256: str


class SubmissionEmptied(Fact):
    """No candidate joined: there is no file."""

    type: Literal["submission-emptied"] = "submission-emptied"


class SubmissionDelivered(Fact):
    """The file was handed over."""

    type: Literal["submission-delivered"] = "submission-delivered"
    delivered_at: AwareDatetime


class SubmissionWithdrawn(Fact):
    """The file never leaves; its claims may join others."""

    type: Literal["submission-withdrawn"] = "submission-withdrawn"
    claims: PositiveInt  # that are kept from their plan


class DeliveryFailed(Fact):
    """The file did not get to its partner; it is tried again at `again_at`."""

    type: Literal["delivery-failed"] = "delivery-failed"
    code: str
    message: str
    attempt: PositiveInt
    again_at: AwareDatetime


class ClaimsTold(Fact):
    """Every claim of the file knows."""

    type: Literal["claims-told"] = "claims-told"
    telling: Telling


class FileAcknowledged(Fact):
    """What the partner said about the file."""

    type: Literal["file-acknowledged"] = "file-acknowledged"
    ack: FileAck


SubmissionFact: TypeAlias = (
    SubmissionOpened
    | SubmissionBuilt
    | SubmissionEmptied
    | SubmissionDelivered
    | SubmissionWithdrawn
    | DeliveryFailed
    | ClaimsTold
    | FileAcknowledged
)
