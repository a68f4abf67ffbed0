"""What a claim may be told, and the facts of its life. Events of eligibility and payments are taken as they are."""

from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, NonNegativeInt, PositiveInt

from shared.contracts import (
    AppealDecided,
    AuthorizationGranted,
    AuthorizationRequired,
    ClaimAppealed,
    ClaimRemitted,
    Contract,
    CoverageInactive,
    CoverageVerified,
    EligibilityUnknown,
    HoldReason,
    Message,
    NonNegativeCents,
    Sealed,
)
from shared.decider import Answer, Due

from .claim_notes import DeskMessage
from .claim_restricted import RecordRestriction, ReturnClaim
from .content import ClaimContent, IntakeFinding
from .next_payer import ReportNextPayer
from .rebilling import Found
from .rules_outcome import NOTHING_SAID, Judged


class Identified(Contract):
    """The sealed parts of a claim: all of it, what a coverage check needs, and whom a statement goes to."""

    sealed_identity: Sealed
    sealed_subscriber: Sealed
    sealed_guarantor: Sealed


class Ack(Contract):
    """One claim status of a 277CA. `ack_id` is its file and place, so that a repeat is known.

    `category` is STC01-1, `codes` are `category:status` pairs as received. `submission_id` is None where the
    acknowledgement does not say which file it answers.
    """

    ack_id: str
    submission_id: str | None = None
    category: str
    codes: tuple[str, ...]
    payer_claim_control_number: str | None = None
    received_on: date


class ClaimCommand(Message):
    """A command for one claim."""

    claim_id: str


class ReceiveClaim(ClaimCommand):
    """Take a claim in. Reservations and the reader's findings were made outside; scrubbing happens here.

    `judged` is what the tenant's rules and tables say of the content, which is as the rules left it. `fingerprint` is
    a keyed digest of the whole claim: the same id with another fingerprint is a conflict.
    """

    type: Literal["claims.receive-claim.v1"] = "claims.receive-claim.v1"
    account_id: str
    coverage_id: str
    content: ClaimContent
    identity: Identified
    fingerprint: str
    partner: str
    received_on: date
    origin: str = Field(description="Where it came from: file id and position, or the API.")
    duplicate_of: str | None = None
    control_number_held_by: str | None = None
    findings: tuple[IntakeFinding, ...] = ()
    judged: Judged = NOTHING_SAID
    patient: str = Field(default="", description="A pseudonym: one person under one coverage.")
    qualified_medicare_beneficiary: bool = Field(
        default=False, description="Known already: of the claim that the prior payer decided."
    )


class AssignSubmission(ClaimCommand):
    """Put a ready claim into an outbound file; the first file to ask gets it."""

    type: Literal["claims.assign-submission.v1"] = "claims.assign-submission.v1"
    submission_id: str


class ExcludeClaim(ClaimCommand):
    """The claim cannot be written as an 837: it leaves its file and waits for a person."""

    type: Literal["claims.exclude-claim.v1"] = "claims.exclude-claim.v1"
    submission_id: str
    reason: HoldReason


class RecordTransmission(ClaimCommand):
    """The file that holds the claim was delivered."""

    type: Literal["claims.record-transmission.v1"] = "claims.record-transmission.v1"
    submission_id: str
    interchange: PositiveInt
    group: PositiveInt
    transmitted_on: date
    file_claims: NonNegativeInt = 0
    file_charge_cents: NonNegativeCents = 0


class RecordRefusal(ClaimCommand):
    """A TA1 or 999 refused the file that held the claim."""

    type: Literal["claims.record-refusal.v1"] = "claims.record-refusal.v1"
    submission_id: str
    stage: Literal["interchange", "syntax"]
    codes: tuple[str, ...]


class RecordClaimAck(ClaimCommand):
    """A 277CA says something about the claim."""

    type: Literal["claims.record-claim-ack.v1"] = "claims.record-claim-ack.v1"
    ack: Ack


class HoldClaim(ClaimCommand):
    """A person keeps the claim back. The reason is the person's own words and stays in the claim's history."""

    type: Literal["claims.hold-claim.v1"] = "claims.hold-claim.v1"
    reason: str = Field(min_length=1, max_length=200)


class ReleaseClaim(ClaimCommand):
    """A person lets the claim go: waives what may be waived, or sends a rejected claim again."""

    type: Literal["claims.release-claim.v1"] = "claims.release-claim.v1"
    reason: str = Field(min_length=1, max_length=200)


class CorrectClaim(ClaimCommand):
    """A person mends a claim that is in the house or was rejected: the whole claim again, scrubbed anew."""

    type: Literal["claims.correct-claim.v1"] = "claims.correct-claim.v1"
    coverage_id: str
    content: ClaimContent
    identity: Identified
    partner: str
    duplicate_of: str | None = None
    control_number_held_by: str | None = None
    judged: Judged = NOTHING_SAID
    patient: str = ""


class AnnouncePapers(ClaimCommand):
    """Papers are attached to the claim: it names them when it goes (PWK, as one segment)."""

    type: Literal["claims.announce-papers.v1"] = "claims.announce-papers.v1"
    segment: tuple[str, ...] = Field(min_length=3)


class RecordStanding(ClaimCommand):
    """What keeps the claim in the house because of its providers' standing with the payer, as it is now."""

    type: Literal["claims.record-standing.v1"] = "claims.record-standing.v1"
    holds: tuple[HoldReason, ...]
    network: Literal["in", "out"] | None = None


class RecordCoverageNews(ClaimCommand):
    """Other payers that the claim's own one named, or coverage that was discovered; `source` tells a repeat."""

    type: Literal["claims.record-coverage-news.v1"] = "claims.record-coverage-news.v1"
    source: str
    sequence: NonNegativeInt
    others: tuple[str, ...] = ()
    payer_id: str = ""
    sealed_subscriber: Sealed | None = None


class ReportRebilling(Answer):
    """The claim as it is for the payer it goes to, or why it cannot be made."""

    type: Literal["claims.report-rebilling.v1"] = "claims.report-rebilling.v1"
    claim_id: str
    found: Found
    from_payer_id: str
    to_payer_id: str
    rule: str
    correction: CorrectClaim | None = None
    because: str = Field(default="", description="A sentence, where there is no correction.")


CoverageMessage: TypeAlias = CoverageVerified | CoverageInactive | EligibilityUnknown | AuthorizationRequired
ClaimMessage: TypeAlias = (
    ReceiveClaim
    | ReportNextPayer
    | ReportRebilling
    | RecordStanding
    | RecordRestriction
    | ReturnClaim
    | DeskMessage
    | RecordCoverageNews
    | CoverageVerified
    | CoverageInactive
    | EligibilityUnknown
    | AuthorizationRequired
    | AuthorizationGranted
    | AnnouncePapers
    | AssignSubmission
    | ExcludeClaim
    | RecordTransmission
    | RecordRefusal
    | RecordClaimAck
    | ClaimRemitted
    | HoldClaim
    | ReleaseClaim
    | CorrectClaim
    | ClaimAppealed
    | AppealDecided
    | Due
)
AnyClaimMessage = Annotated[ClaimMessage, Field(discriminator="type")]
