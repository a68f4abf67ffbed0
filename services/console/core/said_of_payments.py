"""Remittances, the ledger, patients' money and deposits: every event of payments in one sentence of our own."""

from services.console.core.reasons import adjustment
from services.console.core.said import Said, counted, dollars, words
from shared.contracts import (
    AdjustmentPosted,
    ClaimRemitted,
    CreditBalanceCleared,
    CreditBalanceFound,
    DepositMatched,
    DepositUnmatched,
    InsuredCorrected,
    OtherPartyBilled,
    OtherPartyEnded,
    OtherPartyPaid,
    OtherPartyPaymentReturned,
    OtherPartyReductionAgreed,
    OtherPartyTermsSet,
    PatientBalanceChanged,
    PatientMoneyRestored,
    PatientMoneyReversed,
    PatientPaymentFailed,
    PatientPaymentPending,
    PatientPaymentReceived,
    PaymentPosted,
    PaymentReversed,
    ProviderAdjustmentPosted,
    RefundIssued,
    RefundVoided,
    RemittanceParked,
    RemittanceReceived,
    UnderpaymentClosed,
    UnderpaymentFound,
    WriteOffPosted,
)


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
def _(event: PatientPaymentPending) -> Said:
    return Said(f"Payment by {event.method} under way", event.pending_cents)


@words.register
def _(event: PatientPaymentFailed) -> Said:
    return Said(f"Payment by {event.method} failed: {event.reason.replace('_', ' ')}")


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
def _(event: UnderpaymentFound) -> Said:
    since = f"; {dollars(event.recovered_cents)} came since" if event.recovered_cents else ""
    contract = f"contract {event.contract_id}, version {event.contract_version}"
    return Said(f"Payer allowed less than {contract} says{since}", event.short_cents)


@words.register
def _(event: UnderpaymentClosed) -> Said:
    came = f"; {dollars(event.recovered_cents)} came" if event.recovered_cents else ""
    return Said(f"Underpayment closed, {event.outcome.replace('_', ' ')}{came}", event.given_up_cents)


@words.register
def _(event: OtherPartyTermsSet) -> Said:
    kind = event.kind.replace("_", " ")
    if event.protected_until is not None:
        return Said(f"Letter of protection of an {kind} until {event.protected_until}: the guarantor is not asked")
    return Said(f"Another party ({kind}) owes {event.percent} % of the guarantor's share", event.limit_cents)


@words.register
def _(event: OtherPartyEnded) -> Said:
    return Said(f"Another party owes nothing further: {event.how}")


@words.register
def _(event: OtherPartyBilled) -> Said:
    return Said(f"Invoice {event.invoice} to another party, due {event.due_on}", event.billed_cents)


@words.register
def _(event: OtherPartyPaid) -> Said:
    return Said(f"Another party paid by {event.method}", event.paid_cents)


@words.register
def _(event: OtherPartyPaymentReturned) -> Said:
    how = "given back" if event.cause == "refund" else "returned by the bank"
    return Said(f"Payment of another party {how}", -event.returned_cents)


@words.register
def _(event: OtherPartyReductionAgreed) -> Said:
    return Said("Reduction agreed with another party", event.reduced_cents)
