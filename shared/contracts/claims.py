"""What the claims service says about a claim, from intake to the payer's decision."""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, Field, NonNegativeInt, PositiveInt

from .base import Cents, Contract, Event, NonNegativeCents, PositiveCents, Sealed


class ClaimEvent(Event):
    """What every event about a claim names."""

    account_id: str
    claim_id: str
    patient_control_number: str = Field(description="CLM01, the number the payer echoes as CLP01; pseudonymous.")


class ClaimReceived(ClaimEvent):
    """A claim was taken in: scrubbed or held, it exists from now on."""

    type: Literal["claim.received.v1"] = "claim.received.v1"
    coverage_id: str
    payer_id: str
    service_from: date
    service_to: date
    charge_cents: NonNegativeCents
    lines: PositiveInt = Field(description="Number of service lines.")
    billing_npi: str
    frequency_code: str = Field(description="CLM05-3: 1 original, 7 replacement, 8 void.")
    sealed_subscriber: Sealed


class HoldReason(Contract):
    """Why the scrubber stopped a claim: the rule that failed and where, never the value."""

    rule: str
    field: str
    message: str


class ClaimHeld(ClaimEvent):
    """The claim does not leave the house until a person mends it."""

    type: Literal["claim.held.v1"] = "claim.held.v1"
    payer_id: str
    charge_cents: NonNegativeCents
    reasons: tuple[HoldReason, ...] = Field(min_length=1)


class SubmittedLine(Contract):
    """One service line as it went to the payer; payments matches the remittance against it."""

    line_control_number: str
    procedure: str
    modifiers: tuple[str, ...] = ()
    charge_cents: NonNegativeCents
    service_from: date
    units: str | None = Field(default=None, description="Exact decimal number of units or minutes, as sent.")
    place_of_service: str = Field(default="", description="Of the line, where it has its own.")
    revenue_code: str = Field(default="", description="SV201, of an institutional line.")
    rendering_npi: str = Field(default="", description="Of the line, where it has its own.")


class ClaimSubmitted(ClaimEvent):
    """The claim left for the payer in an 837 file."""

    type: Literal["claim.submitted.v1"] = "claim.submitted.v1"
    payer_id: str
    billing_npi: str
    charge_cents: NonNegativeCents
    lines: tuple[SubmittedLine, ...] = Field(min_length=1)
    service_from: date
    service_to: date
    frequency_code: str
    submission_id: str
    submitted_on: date
    sealed_guarantor: Sealed
    partner: str = Field(default="", description="The connection it left by.")
    file_claims: NonNegativeInt = Field(default=0, description="Claims in its file.")
    file_charge_cents: NonNegativeCents = Field(default=0, description="What they charge together.")
    authorization_number: str | None = Field(default=None, description="REF*G1: the prior authorization it names.")
    follows_claim_id: str | None = Field(
        default=None, description="The claim of the same services to the payer before this one: they are charged once."
    )
    rendering_npi: str = Field(default="", description="Who rendered the services; empty where the claim names nobody.")
    claim_type: str = Field(default="P", description="P professional, I institutional, D dental.")
    facility_code: str = Field(
        default="", description="Place of service; of an institutional claim the first two digits of its type of bill."
    )
    drg: str = Field(default="", description="HI*DR, of an institutional claim.")
    touches: NonNegativeInt | None = Field(
        default=None,
        description="What persons did to the claim so far, notes and tags too; none where it is not known.",
    )


class ClaimAccepted(ClaimEvent):
    """A 277CA took the claim into adjudication (category A2), or a clearinghouse acknowledged it (A1)."""

    type: Literal["claim.accepted.v1"] = "claim.accepted.v1"
    payer_id: str
    stage: Literal["clearinghouse", "payer"]
    payer_claim_control_number: str | None = None


class ClaimRejected(ClaimEvent):
    """A TA1, 999 or 277CA refused the claim: it was never received, and timely filing keeps running."""

    type: Literal["claim.rejected.v1"] = "claim.rejected.v1"
    payer_id: str
    charge_cents: NonNegativeCents
    stage: Literal["interchange", "syntax", "payer"]
    codes: tuple[str, ...] = Field(description="Status or error codes as received, such as A7:562.")


class DenialReason(Contract):
    """One adjustment that denies: group, claim adjustment reason code and amount."""

    group: str
    reason: str
    amount_cents: Cents


class ClaimPaid(ClaimEvent):
    """The payer adjudicated the claim and nothing of it waits for denial work.

    `outcome` keeps apart what was paid, what came to zero without a denial (zero_paid: deductible, capitation, an
    earlier payer paid more), and what only carries informing adjustments (informational: CO-45, CO-253, OA-23).
    """

    type: Literal["claim.paid.v1"] = "claim.paid.v1"
    payer_id: str
    remittance_id: str
    charge_cents: NonNegativeCents
    paid_cents: Cents
    patient_responsibility_cents: Cents
    outcome: str = Field(default="", description="paid, zero_paid or informational.")
    category: str = Field(default="", description="Of the adjustment that speaks for it, such as contractual.")
    next_action: str = Field(default="", description="The first step, such as bill_patient or check_contract.")
    patient_may_be_billed: bool | None = None
    touches: NonNegativeInt | None = Field(
        default=None,
        description="What persons did to the claim so far, notes and tags too; none where it is not known.",
    )


class ClaimDenied(ClaimEvent):
    """The payer refused all or part: denied_cents waits for a person or an appeal, and nothing is written off."""

    type: Literal["claim.denied.v1"] = "claim.denied.v1"
    payer_id: str
    remittance_id: str
    charge_cents: NonNegativeCents
    paid_cents: Cents
    denied_cents: Cents
    reasons: tuple[DenialReason, ...] = Field(min_length=1)
    outcome: str = Field(default="", description="denied or partly_denied.")
    category: str = Field(default="", description="Of the largest amount refused, such as authorization.")
    root_cause: str = Field(default="", description="Where the fault arose, such as registration.")
    next_action: str = Field(default="", description="The first step of the category's playbook, such as appeal.")
    patient_may_be_billed: bool | None = Field(default=None, description="Whether any cent of group PR may reach them.")
    why: str = Field(default="", description="The adjustment that decided, and the ids of the rules.")
    work_until: date | None = Field(default=None, description="The first deadline of a correction or an appeal.")
    touches: NonNegativeInt | None = Field(
        default=None,
        description="What persons did to the claim so far, notes and tags too; none where it is not known.",
    )


class FilingDeadlineNear(ClaimEvent):
    """The payer's filing limit is close and the claim has not been accepted."""

    type: Literal["claim.filing-deadline-near.v1"] = "claim.filing-deadline-near.v1"
    payer_id: str
    charge_cents: NonNegativeCents
    deadline_on: date
    days_left: NonNegativeInt


class DeadlineNear(ClaimEvent):
    """A deadline after the payer's decision is close, and nothing has met it.

    `kind` is corrected_claim, secondary_filing or appeal (`level` 1 and up, else 0); `rule` the entry it comes from.
    """

    type: Literal["claim.deadline-near.v1"] = "claim.deadline-near.v1"
    payer_id: str
    kind: str
    level: NonNegativeInt
    deadline_on: date
    days_left: NonNegativeInt
    denied_cents: Cents
    rule: str


class AcknowledgementOverdue(ClaimEvent):
    """An answer about the claim did not come in time; told once for each thing awaited.

    `awaits` is claim (a 277CA that takes it for adjudication) or remittance (the payer's decision); `rule` the entry
    that says how long it may take.
    """

    type: Literal["claim.acknowledgement-overdue.v1"] = "claim.acknowledgement-overdue.v1"
    payer_id: str
    charge_cents: NonNegativeCents
    submission_id: str
    awaits: Literal["claim", "remittance"]
    since: AwareDatetime
    expected_by: AwareDatetime
    rule: str


class AcknowledgementArrived(ClaimEvent):
    """What was overdue came, or nothing is awaited any more: the claim was refused, or goes out anew."""

    type: Literal["claim.acknowledgement-arrived.v1"] = "claim.acknowledgement-arrived.v1"
    payer_id: str
    awaits: Literal["claim", "remittance"]


class FileAcknowledgementOverdue(Event):
    """Neither TA1 nor 999 came for an outbound file in time: perhaps the partner never got it."""

    type: Literal["submission.acknowledgement-overdue.v1"] = "submission.acknowledgement-overdue.v1"
    submission_id: str
    partner: str
    sent_at: AwareDatetime
    expected_by: AwareDatetime
    rule: str
    claims: NonNegativeInt = 0
    charge_cents: NonNegativeCents = 0


class FileAcknowledgementArrived(Event):
    """The overdue answer about a file came: `form` is TA1, 999, or 277CA about a claim of it."""

    type: Literal["submission.acknowledgement-arrived.v1"] = "submission.acknowledgement-arrived.v1"
    submission_id: str
    partner: str
    form: str
    accepted: bool


class FileUndelivered(Event):
    """An outbound file did not get to its partner, for the first time. It is tried again for as long as it takes.

    `code` says why in a word, `what` in a sentence for whoever mends the connection; nothing of a patient is in either.
    """

    type: Literal["submission.undelivered.v1"] = "submission.undelivered.v1"
    submission_id: str
    partner: str
    code: str
    what: str
    again_at: AwareDatetime
    claims: NonNegativeInt
    charge_cents: NonNegativeCents


class FileWithdrawn(Event):
    """A file that was written never left: a plan is not to be told of so many `claims` in it (45 CFR 164.522).

    The others leave in another file.
    """

    type: Literal["submission.withdrawn.v1"] = "submission.withdrawn.v1"
    submission_id: str
    partner: str
    claims: PositiveInt


class FileDelivered(Event):
    """A file that had not got to its partner is there now, after so many failures."""

    type: Literal["submission.delivered.v1"] = "submission.delivered.v1"
    submission_id: str
    partner: str
    failures: PositiveInt


class InformationSettled(ClaimEvent):
    """The payer does not wait for information any more: it has it, went on without, or decided."""

    type: Literal["claim.information-settled.v1"] = "claim.information-settled.v1"
    payer_id: str


class StatusCallDue(ClaimEvent):
    """Nothing was heard of a claim on paper, and no machine can ask: somebody is to call, the n-th time."""

    type: Literal["claim.status-call-due.v1"] = "claim.status-call-due.v1"
    payer_id: str
    charge_cents: NonNegativeCents
    since: AwareDatetime
    number: PositiveInt


class ClaimStatusReported(ClaimEvent):
    """A payer answered a status inquiry (276/277). Amounts are what it says: no money moves by them.

    `answer` is pending, finalized, information_requested, received, rejected, not_found, error or unknown; `codes` are
    `category:status` or `category:status:entity` as received.
    """

    type: Literal["claim.status-reported.v1"] = "claim.status-reported.v1"
    payer_id: str
    answer: str
    category: str
    codes: tuple[str, ...]
    payer_claim_control_number: str | None = None
    total_cents: Cents | None = None
    paid_cents: Cents | None = None
    adjudicated_on: date | None = None
    asked_by: str = Field(description="schedule, or person.")


class InformationRequested(ClaimEvent):
    """A payer waits for information from the provider (277 category R): the claim does not move until it has it."""

    type: Literal["claim.information-requested.v1"] = "claim.information-requested.v1"
    payer_id: str
    charge_cents: NonNegativeCents
    codes: tuple[str, ...]
    requested_on: date
    trace: str | None = Field(default=None, description="The payer's number of its request, which the answer echoes.")
    due_on: date | None = Field(default=None, description="Until when the payer wants it (277RFAI, DTP*106).")


class AttachmentWorkFound(ClaimEvent):
    """Papers for a claim need a person: they go by portal, mail or fax, were refused, or nobody attached them yet.

    `because` says why in a word, `what` in a sentence; `due_on` is the day after which they are too late.
    """

    type: Literal["claim.attachment-work.v1"] = "claim.attachment-work.v1"
    payer_id: str
    charge_cents: NonNegativeCents
    because: Literal["portal", "print", "refused", "not_answered", "unwritable"]
    what: str
    due_on: date | None = None


class AttachmentsSent(ClaimEvent):
    """Papers for a claim left for the payer: with a 275, or by hand. `trace` is the payer's number they answer."""

    type: Literal["claim.attachments-sent.v1"] = "claim.attachments-sent.v1"
    payer_id: str
    sending_id: str
    route: Literal["electronic", "mail", "fax", "portal"]
    papers: int = Field(ge=1)
    trace: str | None = None


class ClaimRerouted(ClaimEvent):
    """The claim goes to another payer than before, or again to the same one, by a rule and not by a person.

    `found` is managed_care (the payer's 271 names the plan that takes it), active (in force again) or discovered.
    """

    type: Literal["claim.rerouted.v1"] = "claim.rerouted.v1"
    from_payer_id: str
    payer_id: str
    found: Literal["active", "managed_care", "discovered"]
    after_denial: bool
    rule: str
    because: str


class CoverageWorkFound(ClaimEvent):
    """Coverage was found that a person has to decide about: the claim is not sent anywhere by itself.

    `kind` is cob (other payers beside this one), managed_care, active, discovered, or restricted (the patient paid and
    kept it from the plan after it had left); `payers` are names or ids.
    """

    type: Literal["claim.coverage-work.v1"] = "claim.coverage-work.v1"
    payer_id: str
    kind: Literal["active", "managed_care", "discovered", "cob", "restricted"]
    payers: tuple[str, ...]
    open_cents: NonNegativeCents
    because: str


class ClaimAppealed(ClaimEvent):
    """An appeal of one level went to the payer."""

    type: Literal["claim.appealed.v1"] = "claim.appealed.v1"
    payer_id: str
    appeal_id: str
    level: PositiveInt
    method: str = Field(description="How it went: letter, portal, fax.")
    submitted_on: date
    disputed_cents: NonNegativeCents


class AppealDecided(ClaimEvent):
    """The payer answered an appeal. Money, if any, comes with a remittance; a further level has its own deadline."""

    type: Literal["claim.appeal-decided.v1"] = "claim.appeal-decided.v1"
    payer_id: str
    appeal_id: str
    level: PositiveInt
    outcome: Literal["overturned", "partly_overturned", "upheld", "dismissed", "withdrawn"]
    decided_on: date
    disputed_cents: NonNegativeCents


class WriteOffApproved(ClaimEvent):
    """A second person approved that refused cents of a claim are given up. The ledger is changed by who keeps it."""

    type: Literal["claim.write-off-approved.v1"] = "claim.write-off-approved.v1"
    payer_id: str
    written_off_cents: PositiveCents
    category: str
    requested_by: str
    approved_by: str
