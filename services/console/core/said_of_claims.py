"""Claims, their files, papers, answers and appeals: every event of claims in one sentence of our own."""

from services.console.core.reasons import adjustment
from services.console.core.said import Said, counted, dollars, words
from shared.contracts import (
    AcknowledgementArrived,
    AcknowledgementOverdue,
    AppealDecided,
    AttachmentsSent,
    AttachmentWorkFound,
    ClaimAccepted,
    ClaimAppealed,
    ClaimDenied,
    ClaimHeld,
    ClaimPaid,
    ClaimReceived,
    ClaimRejected,
    ClaimRerouted,
    ClaimStatusReported,
    ClaimSubmitted,
    CoverageWorkFound,
    DeadlineNear,
    FileAcknowledgementArrived,
    FileAcknowledgementOverdue,
    FileDelivered,
    FileUndelivered,
    FileWithdrawn,
    FilingDeadlineNear,
    InformationRequested,
    InformationSettled,
    StatusCallDue,
    WriteOffApproved,
)

REJECTED_BY = {"interchange": "the interchange", "syntax": "the file's syntax check", "payer": "the payer"}


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
def _(event: FileWithdrawn) -> Said:
    return Said(f"File {event.submission_id} never left: {event.claims} of its claims are kept from the plan")


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
