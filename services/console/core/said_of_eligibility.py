"""Coverage, authorizations and providers' standing: every event of eligibility in one sentence of our own."""

from services.console.core.said import Said, counted, dollars, words
from shared.contracts import (
    AuthorizationDecided,
    AuthorizationGranted,
    AuthorizationRequired,
    AuthorizationWorkFound,
    CoverageChecked,
    CoverageDiscovered,
    CoverageInactive,
    CoverageVerified,
    EligibilityBatchClosed,
    EligibilityUnknown,
    EnrollmentChanged,
    OtherCoverageFound,
    ProviderStandingChanged,
)

UNKNOWN_BECAUSE = {
    "payer_unavailable": "the payer did not answer",
    "inquiry_rejected": "the payer refused the inquiry",
    "answer_unreadable": "the answer could not be read",
    "no_benefit_stated": "the answer stated no benefit",
}


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
