"""What an account's authorizations may be told, and the facts of their life. Codes are kept as the payer sent them."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import AwareDatetime, Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from services.eligibility.core.check_messages import Rejection
from shared.contracts import AuthorizationRequired, ClaimSubmitted, Contract, Message
from shared.decider import Answer, Due, Effect, Fact

ReviewStatus: TypeAlias = Literal[
    "certified",
    "partly_certified",
    "modified",
    "pended",
    "denied",
    "not_required",
    "contact_payer",
    "cancelled",
    "rejected",
    "unclear",
    "unavailable",
]
"""What an answer amounts to. `unavailable` is none at all; `unclear` one that does not decide."""
Because: TypeAlias = Literal[
    "denied",
    "partly_certified",
    "modified",
    "contact_payer",
    "rejected",
    "unclear",
    "no_answer",
    "payer_takes_none",
    "several_fit",
    "outside_dates",
    "expiring",
    "units_low",
    "units_used_up",
]
AskKind: TypeAlias = Literal["request", "inquiry", "cancel"]
Category: TypeAlias = Literal["AR", "HS", "SC"]
"""UM01: admission review, health services review, specialty care review."""


class ReviewedItem(Contract):
    """One procedure that is asked for: SV1 (or SV2 with a revenue code), with units of `unit` (UN, DA, MJ ...)."""

    qualifier: str = "HC"
    procedure: str
    modifiers: tuple[str, ...] = ()
    revenue_code: str = ""
    units: Decimal | None = None
    unit: str = "UN"


class Servicing(Contract):
    """Who is to deliver the service (NM1*SJ), or where (NM1*FA)."""

    npi: str
    name: str
    first_name: str = ""
    facility: bool = False


class ReviewDetails(Contract):
    """What authorization is asked for. `quantity` is of `quantity_unit` (HSD01: VS visits, DY days, HS hours, UN)."""

    category: Category = "HS"
    service_type: str
    place: str = ""
    urgent: bool = False
    service_from: date
    service_to: date
    diagnoses: tuple[str, ...] = Field(min_length=1)
    items: tuple[ReviewedItem, ...] = ()
    quantity: Decimal | None = None
    quantity_unit: str = ""
    servicing: Servicing | None = None


class ReviewOutcome(Contract):
    """What the payer said: `action` HCR01, `reason` HCR03, number HCR02, the dates and units it authorized.

    `conversation` names the sealed request and answer; None where a person learned it another way.
    """

    status: ReviewStatus
    action: str = ""
    reason: str = ""
    authorization_number: str | None = None
    service_from: date | None = None
    service_to: date | None = None
    units: Decimal | None = None
    unit: str = ""
    rejections: tuple[Rejection, ...] = ()
    conversation: str | None = None


class WaitingClaim(Contract):
    """A claim whose payer wants an authorization, as the coverage answer says it."""

    claim_id: str
    coverage_id: str
    payer_id: str
    service_date: date
    service_types: tuple[str, ...] = ()


class ReviewCommand(Message):
    """A command for one request of an account."""

    account_id: str
    request_id: str


class RequestReview(ReviewCommand):
    """Ask the payer for an authorization; with `recorded`, only keep what a person was told."""

    type: Literal["eligibility.request-review.v1"] = "eligibility.request-review.v1"
    coverage_id: str
    payer_id: str
    requester_npi: str
    requester_name: str
    details: ReviewDetails
    sealed_subscriber: str
    claim: WaitingClaim | None = None
    recorded: ReviewOutcome | None = None


class RecordReview(ReviewCommand):
    """A person learned the payer's decision by telephone, portal or letter."""

    type: Literal["eligibility.record-review.v1"] = "eligibility.record-review.v1"
    outcome: ReviewOutcome


class AskReview(ReviewCommand):
    """Ask the payer about a pended request now, or have a certified one cancelled."""

    type: Literal["eligibility.ask-review.v1"] = "eligibility.ask-review.v1"
    ask: Literal["inquiry", "cancel"]


class ReviewAnswered(Answer):
    """What a 278 brought."""

    type: Literal["eligibility.review-answered.v1"] = "eligibility.review-answered.v1"
    account_id: str
    request_id: str
    ask: AskKind
    attempt: PositiveInt
    outcome: ReviewOutcome


class ReviewPutOff(Answer):
    """The payer was not asked, because it is to be spared; for the `times`-th time in a row.

    `wait_seconds`: when it may be asked again, where that is known.
    """

    type: Literal["eligibility.review-put-off.v1"] = "eligibility.review-put-off.v1"
    account_id: str
    request_id: str
    ask: AskKind
    attempt: PositiveInt
    times: PositiveInt
    wait_seconds: NonNegativeFloat | None = None


class ReviewResumed(Answer):
    """The payer speaks again: what was put off is asked now."""

    type: Literal["eligibility.review-resumed.v1"] = "eligibility.review-resumed.v1"
    account_id: str
    request_id: str
    ask: AskKind
    attempt: PositiveInt


AuthorizationMessage: TypeAlias = (
    RequestReview
    | RecordReview
    | AskReview
    | ReviewAnswered
    | ReviewPutOff
    | ReviewResumed
    | AuthorizationRequired
    | ClaimSubmitted
    | Due
)
AnyAuthorizationMessage = Annotated[AuthorizationMessage, Field(discriminator="type")]


class SendReview(Effect):
    """Send a 278: the request (X217), its cancellation, or an inquiry about it (X215)."""

    type: Literal["eligibility.send-review.v1"] = "eligibility.send-review.v1"
    account_id: str
    request_id: str
    ask: AskKind
    attempt: PositiveInt = 1
    put_off: NonNegativeInt = 0  # how often before, in this attempt


class ReviewOpened(Fact):
    """An authorization is asked for, or was got by a person."""

    type: Literal["authorization.opened.v1"] = "authorization.opened.v1"
    request_id: str
    account_id: str
    coverage_id: str
    payer_id: str
    requester_npi: str
    requester_name: str
    details: ReviewDetails
    sealed_subscriber: str
    opened_at: AwareDatetime


class NeedSeen(Fact):
    """A claim needs an authorization; `source` and `sequence` are those of the coverage answer that says so."""

    type: Literal["authorization.need-seen.v1"] = "authorization.need-seen.v1"
    account_id: str
    claim: WaitingClaim
    source: str
    sequence: NonNegativeInt


class ClaimJoined(Fact):
    """The claim waits for this request."""

    type: Literal["authorization.claim-joined.v1"] = "authorization.claim-joined.v1"
    request_id: str
    claim: WaitingClaim


class ReviewAsked(Fact):
    """The payer is asked about a request again, or to cancel it."""

    type: Literal["authorization.asked.v1"] = "authorization.asked.v1"
    request_id: str
    ask: AskKind
    command_id: UUID | None = None


class AskFailed(Fact):
    """The payer could not answer; it is asked again at `retry_at`, or not any more."""

    type: Literal["authorization.ask-failed.v1"] = "authorization.ask-failed.v1"
    request_id: str
    ask: AskKind
    outcome: ReviewOutcome
    retry_at: AwareDatetime | None = None


class ReviewDecided(Fact):
    """What the payer says now. `news` is False for a pended request that is still pended."""

    type: Literal["authorization.decided.v1"] = "authorization.decided.v1"
    request_id: str
    outcome: ReviewOutcome
    news: bool = True
    inquire_at: AwareDatetime | None = None
    by_person: bool = False
    command_id: UUID | None = None


class ClaimGranted(Fact):
    """A claim may go on, with this number or without any."""

    type: Literal["authorization.claim-granted.v1"] = "authorization.claim-granted.v1"
    request_id: str
    claim: WaitingClaim
    authorization_number: str | None


class AuthorizationWork(Fact):
    """A person must act."""

    type: Literal["authorization.work.v1"] = "authorization.work.v1"
    request_id: str | None
    claim: WaitingClaim | None = None
    coverage_id: str
    payer_id: str
    because: Because
    what: str
    due_on: date | None = None


class UsedLine(Contract):
    """One service line of a claim that names an authorization."""

    procedure: str
    units: Decimal
    service_from: date


class Use(Contract):
    """A claim that went to a payer under an authorization's number; `voids`: it takes an earlier one back."""

    number: str
    payer_id: str
    control_number: str
    claim_id: str
    sequence: NonNegativeInt
    days: PositiveInt
    lines: tuple[UsedLine, ...]
    voids: bool = False


class UseKept(Fact):
    """A claim names a number that is not known here yet: it waits for it."""

    type: Literal["authorization.use-kept.v1"] = "authorization.use-kept.v1"
    use: Use


class UnitsUsed(Fact):
    """A claim that went to the payer uses so many units of a request; nothing, when it was taken back."""

    type: Literal["authorization.units-used.v1"] = "authorization.units-used.v1"
    request_id: str
    control_number: str
    claim_id: str
    sequence: NonNegativeInt
    units: Decimal


class ReviewWishRefused(Fact):
    """What a person asked for is not possible now; `because` says why in our words."""

    type: Literal["authorization.wish-refused.v1"] = "authorization.wish-refused.v1"
    request_id: str
    because: str
    command_id: UUID


AuthorizationFact: TypeAlias = (
    ReviewOpened
    | NeedSeen
    | ClaimJoined
    | ReviewAsked
    | AskFailed
    | ReviewDecided
    | ClaimGranted
    | AuthorizationWork
    | UseKept
    | UnitsUsed
    | ReviewWishRefused
)
AnyAuthorizationFact = Annotated[AuthorizationFact, Field(discriminator="type")]
