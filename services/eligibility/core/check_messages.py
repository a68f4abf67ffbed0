"""What a coverage check may be told, and what it asks of the outside."""

from datetime import date
from typing import Literal, TypeAlias

from pydantic import AwareDatetime, NonNegativeFloat, NonNegativeInt, PositiveInt

from shared.contracts import Cents, CheckReason, ClaimReceived, Contract, Message, OtherPayer, UnknownCause
from shared.decider import Answer, Effect


class Rejection(Contract):
    """One AAA as the payer sent it: AAA03, AAA04, the guide's loop, and whether AAA01 called the request valid."""

    code: str
    follow_up: str = ""
    loop: str = ""
    valid: bool = False


class Outcome(Contract):
    """What the payer's answer amounts to. `unavailable` is no answer at all, or AAA 42; `not_asked` no question.

    `cause` says more of a status that leaves coverage unknown. `conversation` names the sealed request and answer.
    """

    status: Literal["active", "inactive", "rejected", "unavailable", "unreadable", "no_benefit_stated", "not_asked"]
    reject_codes: tuple[str, ...] = ()
    authorization_service_types: tuple[str, ...] = ()  # EB11 = Y
    copay_cents: Cents | None = None
    deductible_remaining_cents: Cents | None = None
    coinsurance_percent: str | None = None
    cause: UnknownCause | None = None
    rejections: tuple[Rejection, ...] = ()
    plan: str | None = None
    plan_type: str | None = None
    referral_required: bool | None = None
    covered_from: date | None = None
    covered_to: date | None = None
    managed_care: str | None = None  # the organization a Medicaid agency names
    route_to_payer_id: str | None = None  # who takes its claims
    other_payers: tuple[OtherPayer, ...] = ()
    qualified_medicare_beneficiary: bool = False
    conversation: str | None = None


class InquiryAnswered(Answer):
    """The payer connection's answer to one inquiry. `final`: whoever asked has tried often enough."""

    type: Literal["eligibility.inquiry-answered.v1"] = "eligibility.inquiry-answered.v1"
    check_id: str
    outcome: Outcome
    final: bool = False


class InquiryPutOff(Answer):
    """The payer was not asked, because it says nothing to those before; for the `times`-th time in a row.

    `wait_seconds`: when it may be asked again, where that is known.
    """

    type: Literal["eligibility.inquiry-put-off.v1"] = "eligibility.inquiry-put-off.v1"
    check_id: str
    times: PositiveInt
    wait_seconds: NonNegativeFloat | None = None


class InquiryResumed(Answer):
    """The payer speaks again: what was put off is asked now."""

    type: Literal["eligibility.inquiry-resumed.v1"] = "eligibility.inquiry-resumed.v1"
    check_id: str


class RequestCheck(Message):
    """Ask the payer, or ask it again: for a person, a list, a denial or an account nobody pays.

    `claim_id` is the claim that is to hear the answer, if one is. `batch_until`: it goes out in a file of many, whose
    answer is waited for until then, and not in real time.
    """

    type: Literal["eligibility.request-check.v1"] = "eligibility.request-check.v1"
    request_id: str
    reason: CheckReason
    account_id: str
    coverage_id: str
    payer_id: str
    billing_npi: str
    service_date: date
    sealed_subscriber: str
    service_types: tuple[str, ...] = ("30",)
    claim_id: str | None = None
    batch_until: AwareDatetime | None = None

    @property
    def check_id(self) -> str:
        return id_of(self.account_id, self.coverage_id, self.service_date)


CheckMessage: TypeAlias = ClaimReceived | InquiryAnswered | InquiryPutOff | InquiryResumed | RequestCheck


class Inquire(Effect):
    """Send a 270 to the payer and read its 271."""

    type: Literal["eligibility.inquire.v1"] = "eligibility.inquire.v1"
    check_id: str
    attempt: PositiveInt
    put_off: NonNegativeInt = 0  # how often before, in this attempt
    payer_id: str
    billing_npi: str
    service_date: date
    sealed_subscriber: str
    service_types: tuple[str, ...] = ("30",)


class AwaitBatch(Effect):
    """The answer comes with that of a file; performed, it says that none came in time."""

    type: Literal["eligibility.await-batch.v1"] = "eligibility.await-batch.v1"
    check_id: str
    request_id: str


def check_id(claim: ClaimReceived) -> str:
    """Account, coverage and date of service: claims that share them share one inquiry."""
    return id_of(claim.account_id, claim.coverage_id, claim.service_from)


def id_of(account_id: str, coverage_id: str, service_date: date) -> str:
    return f"{account_id}.{coverage_id}.{service_date.isoformat()}"
