"""Every public event in one sentence of our own, with the amount it is about. No sealed field is ever read here."""

from functools import singledispatch
from typing import NamedTuple

from services.console.core.reasons import adjustment
from shared.contracts import (
    AccountPlaced,
    AccountRecalled,
    AccountSettled,
    AccountWrittenOff,
    AcknowledgementArrived,
    AcknowledgementOverdue,
    AdjustmentPosted,
    AppealDecided,
    AttachmentsSent,
    AttachmentWorkFound,
    AuthorizationDecided,
    AuthorizationGranted,
    AuthorizationRequired,
    AuthorizationWorkFound,
    BalanceOverdue,
    ClaimAccepted,
    ClaimAppealed,
    ClaimDenied,
    ClaimHeld,
    ClaimPaid,
    ClaimReceived,
    ClaimRejected,
    ClaimRemitted,
    ClaimRerouted,
    ClaimStatusReported,
    ClaimSubmitted,
    ContactLogged,
    CoverageChecked,
    CoverageDiscovered,
    CoverageInactive,
    CoverageVerified,
    CoverageWorkFound,
    CreditBalanceCleared,
    CreditBalanceFound,
    DeadlineNear,
    DepositMatched,
    DepositUnmatched,
    EligibilityBatchClosed,
    EligibilityUnknown,
    EnrollmentChanged,
    Event,
    FileAcknowledgementArrived,
    FileAcknowledgementOverdue,
    FileDelivered,
    FileUndelivered,
    FilingDeadlineNear,
    InformationRequested,
    InformationSettled,
    InsuredCorrected,
    OtherCoverageFound,
    PatientBalanceChanged,
    PatientMoneyRestored,
    PatientMoneyReversed,
    PatientPaymentReceived,
    PaymentPosted,
    PaymentReversed,
    PlanBroken,
    PlanCompleted,
    PlanStarted,
    ProviderAdjustmentPosted,
    ProviderStandingChanged,
    RefundIssued,
    RefundVoided,
    ReminderSent,
    RemittanceParked,
    RemittanceReceived,
    StatementSent,
    StatusCallDue,
    WriteOffApproved,
    WriteOffPosted,
)


class Said(NamedTuple):
    """A sentence, and the amount it is about."""

    text: str
    cents: int | None = None


UNKNOWN_BECAUSE = {
    "payer_unavailable": "the payer did not answer",
    "inquiry_rejected": "the payer refused the inquiry",
    "answer_unreadable": "the answer could not be read",
    "no_benefit_stated": "the answer stated no benefit",
}
REJECTED_BY = {"interchange": "the interchange", "syntax": "the file's syntax check", "payer": "the payer"}
WRITTEN_OFF_AS = {"bad_debt": "bad debt", "small_balance": "a small balance"}


def dollars(cents: int) -> str:
    """`$1,234.56`; a credit carries a minus sign."""
    return f"{'−' if cents < 0 else ''}${abs(cents) // 100:,}.{abs(cents) % 100:02}"


def counted(n: int, one: str, many: str | None = None) -> str:
    """`1 claim`, `2 claims`."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


@singledispatch
def words(event: Event) -> Said:
    """An event nobody wrote a sentence for is called by its type."""
    return Said(str(getattr(event, "type", "event")))


@words.register
def _(event: CoverageVerified) -> Said:
    shares = [
        None if event.copay_cents is None else f"copay {dollars(event.copay_cents)}",
        None
        if event.deductible_remaining_cents is None
        else f"deductible left {dollars(event.deductible_remaining_cents)}",
        None if event.coinsurance_percent is None else f"coinsurance {event.coinsurance_percent} %",
    ]
    known = ", ".join(share for share in shares if share is not None)
    return Said(f"Coverage active on {event.service_date}" + (f": {known}" if known else ""))


@words.register
def _(event: CoverageInactive) -> Said:
    return Said(f"Coverage not in force on {event.service_date}")


@words.register
def _(event: EligibilityUnknown) -> Said:
    codes = f" (AAA {', '.join(event.reject_codes)})" if event.reject_codes else ""
    return Said(f"Coverage unknown: {UNKNOWN_BECAUSE[event.reason]}{codes}")


@words.register
def _(event: AuthorizationRequired) -> Said:
    kinds = ", ".join(event.service_types)
    return Said(f"Coverage active; the payer wants an authorization for service type {kinds}")


@words.register
def _(event: AuthorizationGranted) -> Said:
    if event.authorization_number is None:
        return Said("The payer needs no authorization for this service")
    return Said(f"Authorization {event.authorization_number} is there")


@words.register
def _(event: AuthorizationDecided) -> Said:
    number = f", number {event.authorization_number}" if event.authorization_number else ""
    return Said(f"Request for authorization to payer {event.payer_id}: {event.status.replace('_', ' ')}{number}")


@words.register
def _(event: AuthorizationWorkFound) -> Said:
    return Said(event.what)


@words.register
def _(event: CoverageChecked) -> Said:
    because = f" ({event.because.replace('_', ' ')})" if event.because else ""
    return Said(f"Coverage asked for on {event.service_date}: {event.status}{because}")


@words.register
def _(event: OtherCoverageFound) -> Said:
    payers = counted(len(event.payers), "other payer")
    return Said(f"The payer names {payers} for {event.service_date}: find out who pays first")


@words.register
def _(event: CoverageDiscovered) -> Said:
    return Said(f"Coverage found with payer {event.payer_id} on {event.service_date}", event.balance_cents)


@words.register
def _(event: EnrollmentChanged) -> Said:
    state = event.state.replace("_", " ")
    return Said(f"Enrollment of {event.npi} with {event.payer_id} for {event.transaction}: {state}")


@words.register
def _(event: ProviderStandingChanged) -> Said:
    spans = counted(len(event.spans), "span")
    return Said(f"Claims of {event.npi} to {event.payer_id}: {spans}, otherwise {event.otherwise}")


@words.register
def _(event: EligibilityBatchClosed) -> Said:
    inquiries = counted(event.inquiries, "inquiry", "inquiries")
    return Said(f"Batch of {inquiries} closed: {event.answered:,} answered, {event.unanswered:,} not")


@words.register
def _(event: ClaimReceived) -> Said:
    kind = {"7": "Replacement claim", "8": "Void of a claim"}.get(event.frequency_code, "Claim")
    return Said(
        f"{kind} received for payer {event.payer_id}: {counted(event.lines, 'service line')}", event.charge_cents
    )


@words.register
def _(event: ClaimHeld) -> Said:
    reasons = "; ".join(f"{r.message.rstrip('.')} ({r.field})" for r in event.reasons)
    return Said(f"Held by the scrubber: {reasons}", event.charge_cents)


@words.register
def _(event: ClaimSubmitted) -> Said:
    return Said(f"Submitted to payer {event.payer_id} on {event.submitted_on}", event.charge_cents)


@words.register
def _(event: ClaimAccepted) -> Said:
    by = "the payer" if event.stage == "payer" else "the clearinghouse"
    number = event.payer_claim_control_number
    return Said(f"Accepted by {by}" + (f", payer's number {number}" if number else ""))


@words.register
def _(event: ClaimRejected) -> Said:
    codes = ", ".join(event.codes)
    return Said(f"Rejected by {REJECTED_BY[event.stage]}" + (f": {codes}" if codes else ""), event.charge_cents)


@words.register
def _(event: ClaimPaid) -> Said:
    share = dollars(event.patient_responsibility_cents)
    return Said(f"Paid by payer {event.payer_id}; the patient's share is {share}", event.paid_cents)


@words.register
def _(event: ClaimDenied) -> Said:
    reasons = "; ".join(adjustment(r.group, r.reason) for r in event.reasons)
    return Said(f"Denied by payer {event.payer_id}: {reasons}", event.denied_cents)


@words.register
def _(event: FilingDeadlineNear) -> Said:
    if event.deadline_on < event.meta.occurred_at.date():
        return Said(f"Filing deadline {event.deadline_on} has passed", event.charge_cents)
    return Said(f"Filing deadline {event.deadline_on} is {counted(event.days_left, 'day')} away", event.charge_cents)


@words.register
def _(event: DeadlineNear) -> Said:
    what = {"corrected_claim": "a corrected claim", "secondary_filing": "the next payer's claim"}.get(event.kind)
    what = what or f"an appeal of level {event.level}"
    away = f"is {counted(event.days_left, 'day')} away" if event.days_left else "is today or has passed"
    return Said(f"Deadline {event.deadline_on} for {what} {away}", event.denied_cents)


@words.register
def _(event: ClaimRerouted) -> Said:
    how = "Sent anew to" if event.from_payer_id == event.payer_id else f"Moved from payer {event.from_payer_id} to"
    return Said(f"{how} payer {event.payer_id}: {event.because}")


@words.register
def _(event: CoverageWorkFound) -> Said:
    return Said(f"Coverage to look into ({', '.join(event.payers)}): {event.because}", event.open_cents)


AWAITED = {"claim": "The payer's acknowledgement (277CA)", "remittance": "The payer's remittance"}


@words.register
def _(event: AcknowledgementOverdue) -> Said:
    return Said(f"{AWAITED[event.awaits]} did not come by {event.expected_by:%Y-%m-%d}", event.charge_cents)


@words.register
def _(event: AcknowledgementArrived) -> Said:
    return Said(f"{AWAITED[event.awaits]} is overdue no more")


@words.register
def _(event: FileAcknowledgementOverdue) -> Said:
    return Said(f"No 999 for file {event.submission_id} to {event.partner} by {event.expected_by:%Y-%m-%d %H:%M} UTC")


@words.register
def _(event: FileAcknowledgementArrived) -> Said:
    verdict = "accepted" if event.accepted else "refused"
    return Said(f"The overdue answer about file {event.submission_id} came: {event.form}, {verdict}")


@words.register
def _(event: FileUndelivered) -> Said:
    return Said(f"File {event.submission_id} did not get to {event.partner}: {event.what}")


@words.register
def _(event: FileDelivered) -> Said:
    return Said(f"File {event.submission_id} got to {event.partner} after {event.failures} failures")


@words.register
def _(event: StatusCallDue) -> Said:
    return Said(f"Nothing heard of the claim on paper since {event.since:%Y-%m-%d}: call the payer")


@words.register
def _(_event: InformationSettled) -> Said:
    return Said("The payer waits for no information any more")


@words.register
def _(event: ClaimStatusReported) -> Said:
    codes = ", ".join(event.codes[:3])
    return Said(f"Payer {event.payer_id} says: {event.answer.replace('_', ' ')} ({codes})", event.paid_cents)


@words.register
def _(event: InformationRequested) -> Said:
    codes = ", ".join(event.codes[:3])
    return Said(f"Payer {event.payer_id} waits for information about the claim ({codes})", event.charge_cents)


@words.register
def _(event: AttachmentsSent) -> Said:
    papers = "1 paper" if event.papers == 1 else f"{event.papers} papers"
    return Said(f"{papers} for the claim sent to payer {event.payer_id} ({event.route})")


@words.register
def _(event: AttachmentWorkFound) -> Said:
    return Said(event.what, event.charge_cents)


@words.register
def _(event: ClaimAppealed) -> Said:
    return Said(f"Appeal of level {event.level} sent to payer {event.payer_id} by {event.method}", event.disputed_cents)


@words.register
def _(event: AppealDecided) -> Said:
    outcome = event.outcome.replace("_", " ")
    return Said(f"Appeal of level {event.level} decided by payer {event.payer_id}: {outcome}", event.disputed_cents)


@words.register
def _(event: WriteOffApproved) -> Said:
    return Said("Write-off approved by a second person", event.written_off_cents)


@words.register
def _(event: RemittanceReceived) -> Said:
    return Said(f"Remittance from payer {event.payer_id} for {counted(event.claims, 'claim')}", event.payment_cents)


@words.register
def _(event: RemittanceParked) -> Said:
    return Said(f"Remittance parked, nothing of it posted: {event.equation}", event.payment_cents)


@words.register
def _(event: ClaimRemitted) -> Said:
    kind = "Reversal of a decision posted" if event.status == "22" else "Payer's decision posted"
    reasons = "; ".join(
        f"{adjustment(a.group, a.reason)} {dollars(a.amount_cents)}" for a in event.adjustments if a.amount_cents
    )
    return Said(kind + (f": {reasons}" if reasons else ""), event.charge_cents)


@words.register
def _(event: PaymentPosted) -> Said:
    return Said("Payer's payment posted to the ledger", event.paid_cents)


@words.register
def _(event: AdjustmentPosted) -> Said:
    return Said(f"Adjustment posted: {adjustment(event.group, event.reason)}", event.amount_cents)


@words.register
def _(event: PaymentReversed) -> Said:
    return Said("Payer took its payment back", -event.reversed_cents)


@words.register
def _(event: PatientBalanceChanged) -> Said:
    if event.balance_cents == 0:
        return Said("Patient balance is nothing", 0)
    return Said(f"Patient balance now, over {counted(event.claims, 'claim')}", event.balance_cents)


@words.register
def _(event: PatientPaymentReceived) -> Said:
    spare = f"; {dollars(event.unapplied_cents)} unapplied" if event.unapplied_cents else ""
    return Said(f"Patient paid by {event.method}{spare}", event.paid_cents)


@words.register
def _(event: CreditBalanceFound) -> Said:
    return Said("Credit found: somebody paid too much", -event.credit_cents)


@words.register
def _(_: CreditBalanceCleared) -> Said:
    return Said("Credit is gone", 0)


@words.register
def _(event: ProviderAdjustmentPosted) -> Said:
    return Said(f"Provider-level adjustment {event.code}", event.amount_cents)


@words.register
def _(event: WriteOffPosted) -> Said:
    if event.written_off_cents < 0:
        return Said(f"Write-off of the {event.side}'s share taken back", event.written_off_cents)
    return Said(f"A person gave up of the {event.side}'s share: {event.reason}", event.written_off_cents)


@words.register
def _(_: InsuredCorrected) -> Said:
    return Said("The payer names another patient or insured than was billed")


@words.register
def _(event: PatientMoneyReversed) -> Said:
    causes = {"refund": "refunded", "chargeback": "charged back", "void": "voided"}
    return Said(f"Patient's payment {causes.get(event.cause, 'returned by the bank')}", -event.reversed_cents)


@words.register
def _(event: PatientMoneyRestored) -> Said:
    return Said("Patient's payment is there again", event.restored_cents)


@words.register
def _(event: RefundIssued) -> Said:
    return Said(f"Refund to the {event.party} issued by {event.method}", -event.refunded_cents)


@words.register
def _(event: RefundVoided) -> Said:
    return Said("Refund voided", event.refunded_cents)


@words.register
def _(event: DepositMatched) -> Said:
    spare = f"; {dollars(event.unapplied_cents)} of it unexplained" if event.unapplied_cents else ""
    return Said(f"Bank deposit matched with its remittance{spare}", event.matched_cents)


@words.register
def _(event: DepositUnmatched) -> Said:
    return Said("Bank deposit taken off its remittance", -event.unmatched_cents)


@words.register
def _(event: StatementSent) -> Said:
    return Said(f"Statement {event.number} sent, due {event.due_on}", event.balance_cents)


@words.register
def _(event: ReminderSent) -> Said:
    late = counted(event.days_overdue, "day")
    return Said(f"Reminder, level {event.level}, {late} overdue", event.balance_cents)


@words.register
def _(event: ContactLogged) -> Said:
    purpose = event.purpose.replace("_", " ")
    return Said(f"Contact by {event.channel} about {purpose}: {event.outcome.replace('_', ' ')}")


@words.register
def _(event: BalanceOverdue) -> Said:
    return Said(f"Overdue since {event.due_on}, {counted(event.days_overdue, 'day')}", event.balance_cents)


@words.register
def _(event: PlanStarted) -> Said:
    parts = counted(event.installments, "installment")
    return Said(f"Payment plan started: {parts}, first due {event.first_due_on}", event.total_cents)


@words.register
def _(event: PlanBroken) -> Said:
    return Said("Payment plan broken: an installment was missed", event.missed_cents)


@words.register
def _(_: PlanCompleted) -> Said:
    return Said("Payment plan completed")


@words.register
def _(event: AccountPlaced) -> Said:
    return Said(f"Placed with agency {event.agency_id}", event.placed_cents)


@words.register
def _(event: AccountRecalled) -> Said:
    return Said(f"Recalled from agency {event.agency_id}", event.balance_cents)


@words.register
def _(event: AccountWrittenOff) -> Said:
    return Said(f"Written off as {WRITTEN_OFF_AS[event.reason]}", event.written_off_cents)


@words.register
def _(_: AccountSettled) -> Said:
    return Said("Settled: nothing is owed any more")
