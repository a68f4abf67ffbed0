"""The facts of a claim's life, and what it keeps of acknowledgements, coverage answers and decisions."""

from datetime import date
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import Field, NonNegativeInt, PositiveInt

from shared.contracts import Cents, Contract, DenialReason, HoldReason, RemittancePlace
from shared.decider import Fact

from .claim_deadlines import Running
from .claim_messages import Ack, Identified
from .claim_notes import DeskFact
from .claim_restricted import RestrictionNoted
from .content import ClaimContent
from .deadlines import DeadlineKind
from .denial_rules import Category, NextAction, Outcome, RootCause
from .next_payer import NextPayerNoted
from .rebilling import CoverageWorkNoted, PayerChanged, RouteSeen
from .rules_outcome import Judged

CoverageState: TypeAlias = Literal["waiting", "verified", "unknown", "inactive", "authorization_required", "routed"]
"""`routed`: in force, and another payer takes the claim."""
AckOutcome: TypeAlias = Literal["accepted", "forwarded", "rejected", "noted", "contradicted", "late"]
RemitOutcome: TypeAlias = Literal["paid", "denied", "rejected", "reversed", "noted"]


class ClaimTaken(Fact):
    """The claim exists."""

    type: Literal["claim-taken"] = "claim-taken"
    claim_id: str
    account_id: str
    coverage_id: str
    content: ClaimContent
    identity: Identified
    fingerprint: str
    partner: str
    received_on: date
    origin: str
    deadline_on: date | None
    warn_on: tuple[date, ...] = ()
    judged: Judged | None = None
    patient: str = ""
    qualified_medicare_beneficiary: bool = False


class ClaimAmended(Fact):
    """The claim has new content, and whatever stopped or waived the old one is gone.

    `asks_again` says that its coverage is to be checked: it was never asked for, or another one was.
    """

    type: Literal["claim-amended"] = "claim-amended"
    coverage_id: str
    content: ClaimContent
    identity: Identified
    partner: str
    deadline_on: date | None
    warn_on: tuple[date, ...] = ()
    asks_again: bool
    judged: Judged | None = None
    patient: str = ""
    by_itself: bool = False  # the house sends it to the payer that was found, and nobody touched it
    command_id: UUID


class IntakeContradicted(Fact):
    """The same claim id came again with other content; the first one stands."""

    type: Literal["intake-contradicted"] = "intake-contradicted"
    fingerprint: str
    origin: str


class ClaimStopped(Fact):
    """The claim waits for a person."""

    type: Literal["claim-stopped"] = "claim-stopped"
    reasons: tuple[HoldReason, ...]
    waivable: tuple[str, ...] = Field(default=(), description="Rules among the reasons that a person may overrule.")
    words: str = Field(default="", description="A person's own reason; it never leaves the journal.")
    command_id: UUID | None = None


class HoldsLifted(Fact):
    """Reasons of these rules do not stop the claim any more; nothing else is said about the rest."""

    type: Literal["holds-lifted"] = "holds-lifted"
    rules: tuple[str, ...]
    words: str = ""
    command_id: UUID | None = None


class PersonRefused(Fact):
    """What a person asked for is not possible now: the claim is on its way, or breaks a rule nobody may waive."""

    type: Literal["person-refused"] = "person-refused"
    wish: Literal["hold", "release", "correct"]
    rules: tuple[str, ...] = ()
    command_id: UUID


class CoverageNoted(Fact):
    """What eligibility answered; `check` and `sequence` tell a repeat from news."""

    type: Literal["coverage-noted"] = "coverage-noted"
    coverage_id: str
    service_date: date
    answer: CoverageState
    check: str
    sequence: NonNegativeInt
    account_id: str
    route: RouteSeen | None = Field(default=None, description="Who takes the claim instead.")
    qualified_medicare_beneficiary: bool | None = Field(
        default=None, description="None where the answer shows no active coverage, so that it says nothing of it."
    )


class NetworkNoted(Fact):
    """Whether the claim's providers take part in the payer's network, as it is recorded now."""

    type: Literal["network-noted"] = "network-noted"
    network: Literal["in", "out"] | None


class NewsHeard(Fact):
    """News of how things are now (a standing, a restriction) changed something: repeated, it changes nothing more."""

    type: Literal["news-heard"] = "news-heard"
    command_id: UUID


class AuthorizationEntered(Fact):
    """The payer authorized the service, or needs no authorization (`authorization_number` None)."""

    type: Literal["authorization-entered"] = "authorization-entered"
    request_id: str
    authorization_number: str | None
    source: str
    sequence: NonNegativeInt


class PapersAnnounced(Fact):
    """The claim names papers that come with it (PWK), as one segment."""

    type: Literal["papers-announced"] = "papers-announced"
    segment: tuple[str, ...]


class CoverageNewsNoted(Fact):
    """News about coverage that was heard once; `source` and `sequence` tell a repeat."""

    type: Literal["coverage-news-noted"] = "coverage-news-noted"
    source: str
    sequence: NonNegativeInt


class CoverageAwaited(Fact):
    """Nothing stops the claim but the coverage answer."""

    type: Literal["coverage-awaited"] = "coverage-awaited"


class ClaimReadied(Fact):
    """The claim may go out with the next file."""

    type: Literal["claim-readied"] = "claim-readied"
    words: str = ""
    command_id: UUID | None = None


class ClaimBatched(Fact):
    """The claim belongs to an outbound file."""

    type: Literal["claim-batched"] = "claim-batched"
    submission_id: str


class ClaimTransmitted(Fact):
    """The file with the claim was delivered."""

    type: Literal["claim-transmitted"] = "claim-transmitted"
    submission_id: str
    interchange: int
    group: int
    transmitted_on: date
    file_claims: int = 0
    file_charge_cents: int = 0


class AckKept(Fact):
    """An acknowledgement overtook the news that the claim was sent; it waits for it."""

    type: Literal["ack-kept"] = "ack-kept"
    ack: Ack


class ClaimAcknowledged(Fact):
    """What a 277CA means for the claim now."""

    type: Literal["claim-acknowledged"] = "claim-acknowledged"
    ack: Ack
    outcome: AckOutcome


class FileRefused(Fact):
    """The claim's file was refused as a whole."""

    type: Literal["file-refused"] = "file-refused"
    submission_id: str
    stage: Literal["interchange", "syntax"]
    codes: tuple[str, ...]


class Adjudication(Contract):
    """The classifier's answer: outcome, category, first step, the patient, and why. `deciding` are group and reason.

    `ledger_denied_cents` is what the ledger holds as refused, by its own rules.
    """

    outcome: Outcome
    category: Category
    root_cause: RootCause
    next_action: NextAction
    patient_may_be_billed: bool
    patient_reason: str
    why: str
    rules: tuple[str, ...]
    remark_codes: tuple[str, ...] = ()
    deciding: tuple[str, ...] = ()
    ledger_denied_cents: Cents = 0


class Remitted(Contract):
    """What the claim keeps of a payer's decision."""

    remittance_id: str
    sequence: NonNegativeInt
    status: str
    charge_cents: Cents
    paid_cents: Cents
    patient_responsibility_cents: Cents
    denied_cents: Cents
    payer_claim_control_number: str | None = None
    payment_date: date
    reasons: tuple[DenialReason, ...] = ()
    adjudication: Adjudication | None = None
    position: NonNegativeInt = 0
    reverses: RemittancePlace | None = None

    def is_reversed_by(self, other: "Remitted") -> bool:
        """Whether the other one takes this decision back."""
        undone = other.reverses
        return undone is not None and (undone.remittance_id, undone.position) == (self.remittance_id, self.position)


class RemittanceKept(Fact):
    """A payer's decision overtook the news that the claim was sent; it waits for it."""

    type: Literal["remittance-kept"] = "remittance-kept"
    remitted: Remitted
    account_id: str


class ClaimAdjudicated(Fact):
    """What a remittance means for the claim."""

    type: Literal["claim-adjudicated"] = "claim-adjudicated"
    remitted: Remitted
    outcome: RemitOutcome
    stands: RemitOutcome | None = Field(default=None, description="After a reversal: the decision that still stands.")
    deadlines: tuple[Running, ...] = ()


class AppealNoted(Fact):
    """An appeal of this claim was sent, or answered: then `outcome` says how, and `deadlines` is the next level's."""

    type: Literal["appeal-noted"] = "appeal-noted"
    level: PositiveInt
    sequence: NonNegativeInt
    outcome: str | None = None
    deadlines: tuple[Running, ...] = ()


class DeadlineCalledOut(Fact):
    """A deadline comes close and nothing has met it. `warned` counts the policy's days passed."""

    type: Literal["deadline-called-out"] = "deadline-called-out"
    kind: DeadlineKind = "timely_filing"
    level: NonNegativeInt = 0
    rule: str = ""
    deadline_on: date
    days_left: NonNegativeInt
    warned: PositiveInt


ClaimFact: TypeAlias = (
    ClaimTaken
    | NextPayerNoted
    | PayerChanged
    | CoverageWorkNoted
    | CoverageNewsNoted
    | ClaimAmended
    | IntakeContradicted
    | ClaimStopped
    | HoldsLifted
    | PersonRefused
    | CoverageNoted
    | AuthorizationEntered
    | PapersAnnounced
    | NetworkNoted
    | NewsHeard
    | CoverageAwaited
    | ClaimReadied
    | ClaimBatched
    | ClaimTransmitted
    | AckKept
    | ClaimAcknowledged
    | FileRefused
    | RemittanceKept
    | ClaimAdjudicated
    | AppealNoted
    | DeadlineCalledOut
    | DeskFact
    | RestrictionNoted
)
AnyClaimFact = Annotated[ClaimFact, Field(discriminator="type")]
