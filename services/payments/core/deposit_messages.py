"""What a deposit is told, and the work it asks for."""

from datetime import date
from typing import Literal, TypeAlias

from pydantic import Field

from services.payments.core.expected import ExpectedKind
from shared.contracts import Contract, Message, PositiveCents
from shared.decider import Answer, Effect

MatchedBy: TypeAlias = Literal["trace", "person"]


class RecordDeposit(Message):
    """The bank says that money came in; `method` is CHK for checks and lockboxes, ACH for transfers."""

    type: Literal["payments.record-deposit.v1"] = "payments.record-deposit.v1"
    deposit_id: str
    bank_account_id: str
    deposited_cents: PositiveCents
    deposited_on: date
    method: Literal["ACH", "CHK", "CASH", ""]
    trace: str = Field(max_length=50)
    bank_reference: str = Field(max_length=80)
    originator: str = Field(default="", max_length=20, description="TRN03 in the transfer's addenda, where it is told.")


class WantedPart(Contract):
    """Which money, and how much of the deposit it is."""

    expected_id: str
    cents: PositiveCents


class MatchDeposit(Message):
    """A person says what the deposit is; several parts for a lockbox."""

    type: Literal["payments.match-deposit.v1"] = "payments.match-deposit.v1"
    deposit_id: str
    parts: tuple[WantedPart, ...] = Field(min_length=1, max_length=500)
    reason: str = Field(min_length=3, max_length=500)


class UnmatchDeposit(Message):
    """A person takes a match back."""

    type: Literal["payments.unmatch-deposit.v1"] = "payments.unmatch-deposit.v1"
    deposit_id: str
    expected_id: str
    reason: str = Field(min_length=3, max_length=500)


class SetDepositAside(Message):
    """A person says that the rest is no payer's and no patient's money: interest, rent, a mistake of the bank."""

    type: Literal["payments.set-deposit-aside.v1"] = "payments.set-deposit-aside.v1"
    deposit_id: str
    reason: str = Field(min_length=3, max_length=500)


class LookAgain(Message):
    """Something with this deposit's trace is expected now."""

    type: Literal["payments.look-again.v1"] = "payments.look-again.v1"
    deposit_id: str


class Candidate(Contract):
    """Money with the deposit's trace that is still missing."""

    expected_id: str
    open_cents: PositiveCents
    sent_on: date
    method: str
    originator: str = ""


class CandidatesFound(Answer):
    type: Literal["payments.candidates-found.v1"] = "payments.candidates-found.v1"
    deposit_id: str
    candidates: tuple[Candidate, ...]


class ExpectedClaimed(Answer):
    """Whether the money was still missing, and so is this deposit now."""

    type: Literal["payments.expected-claimed.v1"] = "payments.expected-claimed.v1"
    deposit_id: str
    expected_id: str
    kind: ExpectedKind
    accepted: bool


class ExpectedReleased(Answer):
    type: Literal["payments.expected-released.v1"] = "payments.expected-released.v1"
    deposit_id: str
    expected_id: str


class FindExpected(Effect):
    """Look for money with this trace."""

    type: Literal["payments.find-expected.v1"] = "payments.find-expected.v1"
    trace: str


class ClaimExpected(Effect):
    """Make this deposit the money that was expected."""

    type: Literal["payments.claim-expected.v1"] = "payments.claim-expected.v1"
    expected_id: str
    cents: PositiveCents


class ReleaseExpected(Effect):
    """The money is missing again."""

    type: Literal["payments.release-expected.v1"] = "payments.release-expected.v1"
    expected_id: str
