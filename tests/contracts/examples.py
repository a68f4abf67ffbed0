"""One example of every public event, as the golden files hold it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from shared.contracts import (
    AccountPlaced,
    AccountRecalled,
    AccountSettled,
    AccountWrittenOff,
    AcknowledgementArrived,
    AcknowledgementOverdue,
    Adjustment,
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
    CreditBalanceFound,
    DeadlineNear,
    DenialReason,
    DepositMatched,
    DepositUnmatched,
    EligibilityBatchClosed,
    EligibilityUnknown,
    EnrollmentChanged,
    Event,
    FileAcknowledgementArrived,
    FileAcknowledgementOverdue,
    FilingDeadlineNear,
    HoldReason,
    InformationRequested,
    LineDecision,
    Meta,
    OtherCoverageFound,
    OtherPayer,
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
    StandingSpan,
    StatementSent,
    SubmittedLine,
    WriteOffApproved,
)

AT = datetime(2026, 7, 1, 12, tzinfo=UTC)
ACCOUNT = "acct_abcdefghijklmnopqrstuvwxyz"
CLAIM = "clm_abcdefghijklmnopqrstuvwxyz"
COVERAGE = "cov_abcdefghijklmnopqrstuvwxyz"
PCN = "PCN0001"
REMITTANCE = "rem_abcdefghijklmnopqrstuvwxyz"
SEALED = "sealed:AAAA"
DAY = date(2026, 6, 15)


def meta(source: str, subject: str, key: str = ACCOUNT) -> Meta:
    return Meta(
        id=uuid5(NAMESPACE_URL, f"{source}/{subject}"),
        tenant="lakeside",
        occurred_at=AT,
        source=source,
        subject=subject,
        key=key,
        sequence=1,
        causation=uuid5(NAMESPACE_URL, "cause"),
        correlation=uuid5(NAMESPACE_URL, "intake"),
        actor="system",
    )


CHECK = meta("eligibility", f"check/{ACCOUNT}.{COVERAGE}.{DAY}")
PROVIDER = meta("eligibility", "provider/1234567893.60054", key="1234567893")
BATCH = meta("eligibility", "batch/eb_0123", key="eb_0123")
CLAIM_META = meta("claims", f"claim/{CLAIM}")
LEDGER = meta("payments", f"account/{ACCOUNT}")
REFUND = meta("payments", "refund/ref_1")
DEPOSIT = meta("payments", "deposit/dep_1", "dep_1")
BALANCE = meta("collections", f"collection/{ACCOUNT}")
ANSWER: dict[str, Any] = {
    "meta": CHECK,
    "account_id": ACCOUNT,
    "claim_id": CLAIM,
    "coverage_id": COVERAGE,
    "payer_id": "60054",
    "service_date": DAY,
}
AUTHORIZATION = meta("eligibility", f"authorization/{ACCOUNT}")
OF_REVIEW: dict[str, Any] = {
    "meta": AUTHORIZATION,
    "account_id": ACCOUNT,
    "coverage_id": COVERAGE,
    "payer_id": "60054",
    "request_id": "auth_0123",
}
COVERED = {name: value for name, value in ANSWER.items() if name != "claim_id"}
OF_CLAIM: dict[str, Any] = {"meta": CLAIM_META, "account_id": ACCOUNT, "claim_id": CLAIM, "patient_control_number": PCN}
SUBMISSION = "sub_clearinghouse_260000001"
OF_WATCH: dict[str, Any] = {**OF_CLAIM, "meta": meta("claims", f"watch/{CLAIM}"), "payer_id": "60054"}
PAPERS = meta("claims", f"papers/{CLAIM}")
OF_FILE: dict[str, Any] = {
    "meta": meta("claims", f"file_watch/{SUBMISSION}", key=SUBMISSION),
    "submission_id": SUBMISSION,
}
POSTED: dict[str, Any] = {"meta": LEDGER, "account_id": ACCOUNT, "claim_id": CLAIM, "remittance_id": REMITTANCE}
OWED: dict[str, Any] = {"meta": BALANCE, "account_id": ACCOUNT}

EXAMPLES: tuple[Event, ...] = (
    CoverageVerified(**ANSWER, copay_cents=2500, deductible_remaining_cents=120_000, coinsurance_percent="20"),
    CoverageInactive(**ANSWER),
    EligibilityUnknown(**ANSWER, reason="inquiry_rejected", reject_codes=("75",)),
    AuthorizationRequired(**ANSWER, service_types=("2",)),
    AuthorizationGranted(**{**ANSWER, "meta": AUTHORIZATION}, request_id="auth_0123", authorization_number="AUTH0001"),
    AuthorizationDecided(
        **OF_REVIEW,
        status="certified",
        action="A1",
        authorization_number="AUTH0001",
        service_from=DAY,
        service_to=DAY + timedelta(days=60),
        units="12",
        unit="VS",
    ),
    AuthorizationWorkFound(
        **OF_REVIEW, claim_id=CLAIM, because="denied", what="The payer did not certify the service.", due_on=DAY
    ),
    CoverageChecked(
        **COVERED, request_id="req_0123", reason="person", status="unknown", because="rejected", reject_codes=("75",)
    ),
    OtherCoverageFound(**COVERED, payers=(OtherPayer(name="ANOTHER PLAN", payer_id="RC103", primacy="primary"),)),
    CoverageDiscovered(**COVERED, balance_cents=12_500, plan_type="hmo", sealed_subscriber=SEALED),
    EnrollmentChanged(
        meta=PROVIDER,
        npi="1234567893",
        payer_id="60054",
        transaction="835",
        state="enrolled",
        effective_from=DAY,
    ),
    ProviderStandingChanged(
        meta=PROVIDER,
        npi="1234567893",
        payer_id="60054",
        spans=(
            StandingSpan(first=DAY, last=DAY, action="route", because="supervised", route_to_npi="1003000126"),
            StandingSpan(first=DAY + timedelta(days=1), action="send", because="credentialed"),
        ),
        otherwise="hold",
    ),
    EligibilityBatchClosed(meta=BATCH, batch_id="eb_0123", inquiries=3, answered=2, unanswered=1),
    ClaimReceived(
        **OF_CLAIM,
        coverage_id=COVERAGE,
        payer_id="60054",
        service_from=DAY,
        service_to=DAY,
        charge_cents=10_000,
        lines=1,
        billing_npi="1234567893",
        frequency_code="1",
        sealed_subscriber=SEALED,
    ),
    ClaimHeld(
        **OF_CLAIM,
        payer_id="60054",
        charge_cents=10_000,
        reasons=(HoldReason(rule="npi-check-digit", field="billing.npi", message="Correct the provider's NPI."),),
    ),
    ClaimSubmitted(
        **OF_CLAIM,
        payer_id="60054",
        billing_npi="1234567893",
        charge_cents=10_000,
        lines=(
            SubmittedLine(
                line_control_number="1", procedure="99213", modifiers=("25",), charge_cents=10_000, service_from=DAY
            ),
        ),
        service_from=DAY,
        service_to=DAY,
        frequency_code="1",
        submission_id="sub_1",
        submitted_on=DAY,
        sealed_guarantor=SEALED,
    ),
    ClaimAccepted(**OF_CLAIM, payer_id="60054", stage="payer", payer_claim_control_number="ICN1"),
    ClaimRejected(**OF_CLAIM, payer_id="60054", charge_cents=10_000, stage="payer", codes=("A7:562",)),
    ClaimPaid(
        **OF_CLAIM,
        payer_id="60054",
        remittance_id=REMITTANCE,
        charge_cents=10_000,
        paid_cents=6_000,
        patient_responsibility_cents=2_000,
        outcome="paid",
        category="patient_responsibility",
        next_action="bill_patient",
        patient_may_be_billed=True,
    ),
    ClaimDenied(
        **OF_CLAIM,
        payer_id="60054",
        remittance_id=REMITTANCE,
        charge_cents=10_000,
        paid_cents=0,
        denied_cents=10_000,
        reasons=(DenialReason(group="CO", reason="197", amount_cents=10_000),),
        outcome="denied",
        category="authorization",
        root_cause="authorization",
        next_action="find_authorization",
        patient_may_be_billed=False,
        why="Read from CO-197 of 100.00 on line 1 (authorization); first step by authorization.",
        work_until=DAY,
    ),
    FilingDeadlineNear(**OF_CLAIM, payer_id="60054", charge_cents=10_000, deadline_on=DAY, days_left=14),
    ClaimRerouted(
        **OF_CLAIM,
        from_payer_id="60054",
        payer_id="60055",
        found="managed_care",
        after_denial=False,
        rule="managed-care-before-sending",
        because="The payer's 271 names the plan that manages the patient's care and takes the claim.",
    ),
    CoverageWorkFound(
        **OF_CLAIM,
        payer_id="60054",
        kind="cob",
        payers=("OTHER PLAN secondary",),
        open_cents=10_000,
        because="The payer's 271 names other payers: find out who pays first, and correct the claim's coverages.",
    ),
    DeadlineNear(
        **OF_CLAIM,
        payer_id="60054",
        kind="appeal",
        level=1,
        deadline_on=DAY,
        days_left=14,
        denied_cents=10_000,
        rule="any-appeal-1",
    ),
    ClaimAppealed(
        **OF_CLAIM,
        payer_id="60054",
        appeal_id=f"{CLAIM}.1",
        level=1,
        method="letter",
        submitted_on=DAY,
        disputed_cents=10_000,
    ),
    AppealDecided(
        **OF_CLAIM,
        payer_id="60054",
        appeal_id=f"{CLAIM}.1",
        level=1,
        outcome="upheld",
        decided_on=DAY,
        disputed_cents=10_000,
    ),
    WriteOffApproved(
        **OF_CLAIM,
        payer_id="60054",
        written_off_cents=10_000,
        category="timely_filing",
        requested_by="person/ann",
        approved_by="person/bob",
    ),
    AcknowledgementOverdue(
        **OF_WATCH,
        charge_cents=10_000,
        submission_id=SUBMISSION,
        awaits="claim",
        since=AT,
        expected_by=AT + timedelta(days=5),
        rule="claim-any",
    ),
    AcknowledgementArrived(**OF_WATCH, awaits="claim"),
    FileAcknowledgementOverdue(
        **OF_FILE, sent_at=AT, expected_by=AT + timedelta(hours=24), rule="file-any", partner="clearinghouse"
    ),
    FileAcknowledgementArrived(**OF_FILE, partner="clearinghouse", form="999", accepted=True),
    ClaimStatusReported(
        **OF_WATCH,
        answer="finalized",
        category="F1",
        codes=("F1:65",),
        payer_claim_control_number="ICN1",
        total_cents=10_000,
        paid_cents=8_000,
        adjudicated_on=DAY,
        asked_by="schedule",
    ),
    InformationRequested(**OF_WATCH, charge_cents=10_000, codes=("R3:287",), requested_on=DAY),
    AttachmentsSent(
        **{**OF_WATCH, "meta": PAPERS}, sending_id="att_clearinghouse_260000002", route="electronic", papers=1
    ),
    AttachmentWorkFound(
        **{**OF_WATCH, "meta": PAPERS},
        charge_cents=10_000,
        because="portal",
        what="This payer takes papers in its portal only: upload them there, and say so here.",
        due_on=DAY,
    ),
    RemittanceReceived(
        meta=meta("payments", f"remittance/{REMITTANCE}", REMITTANCE),
        remittance_id=REMITTANCE,
        payer_id="60054",
        trace_number="TRN1",
        payment_cents=6_000,
        payment_date=DAY,
        claims=1,
    ),
    RemittanceParked(
        meta=meta("payments", f"remittance/{REMITTANCE}", REMITTANCE),
        remittance_id=REMITTANCE,
        payer_id="60054",
        trace_number="TRN1",
        payment_cents=6_000,
        equation="payment 6000 is not claims paid 4000 minus provider adjustments 0",
        claims=1,
    ),
    ClaimRemitted(
        **POSTED,
        patient_control_number=PCN,
        payer_id="60054",
        payer_claim_control_number="ICN1",
        status="1",
        charge_cents=10_000,
        paid_cents=6_000,
        patient_responsibility_cents=2_000,
        denied_cents=0,
        adjustments=(
            Adjustment(group="CO", reason="45", amount_cents=2_000),
            Adjustment(group="PR", reason="2", amount_cents=2_000),
        ),
        payment_date=DAY,
        remark_codes=("MA01",),
        lines=(
            LineDecision(
                line_control_number="1",
                procedure="99213",
                modifiers=("25",),
                charge_cents=10_000,
                paid_cents=6_000,
                adjustments=(
                    Adjustment(group="CO", reason="45", amount_cents=2_000),
                    Adjustment(group="PR", reason="2", amount_cents=2_000),
                ),
                remark_codes=("N130",),
            ),
        ),
        filing_code="MB",
        forwarded_to="61044",
    ),
    PaymentPosted(**POSTED, paid_cents=6_000),
    AdjustmentPosted(**POSTED, group="CO", reason="45", amount_cents=2_000),
    PaymentReversed(**POSTED, reversed_cents=6_000),
    PatientBalanceChanged(meta=LEDGER, account_id=ACCOUNT, balance_cents=2_000, claims=1, sealed_guarantor=SEALED),
    PatientPaymentReceived(
        meta=LEDGER,
        account_id=ACCOUNT,
        payment_id="pay_1",
        method="card",
        paid_cents=2_500,
        applied_cents=2_000,
        unapplied_cents=500,
    ),
    CreditBalanceFound(meta=LEDGER, account_id=ACCOUNT, claim_id=CLAIM, credit_cents=500),
    ProviderAdjustmentPosted(
        meta=meta("payments", "provider/1234567893", "1234567893"),
        provider_id="1234567893",
        remittance_id=REMITTANCE,
        code="WO",
        line=1,
        amount_cents=5_000,
    ),
    PatientMoneyReversed(
        meta=LEDGER,
        account_id=ACCOUNT,
        payment_id="pay_1",
        reversal_id="rev_1",
        reversed_cents=500,
        cause="chargeback",
    ),
    PatientMoneyRestored(meta=LEDGER, account_id=ACCOUNT, payment_id="pay_1", reversal_id="rev_1", restored_cents=500),
    RefundIssued(
        meta=REFUND,
        account_id=ACCOUNT,
        refund_id="ref_1",
        party="patient",
        method="card",
        refunded_cents=500,
        payment_id="pay_1",
    ),
    RefundVoided(meta=REFUND, account_id=ACCOUNT, refund_id="ref_1", refunded_cents=500),
    DepositMatched(
        meta=DEPOSIT,
        deposit_id="dep_1",
        remittance_id=REMITTANCE,
        matched_cents=6_000,
        unapplied_cents=0,
        by="trace",
    ),
    DepositUnmatched(meta=DEPOSIT, deposit_id="dep_1", remittance_id=REMITTANCE, unmatched_cents=6_000),
    StatementSent(**OWED, statement_id="stm_1", number=1, balance_cents=2_000, sent_on=DAY, due_on=DAY),
    ReminderSent(**OWED, level=1, balance_cents=2_000, days_overdue=30),
    ContactLogged(**OWED, contact_id="con_1", channel="letter", purpose="statement", outcome="sent", contacted_at=AT),
    BalanceOverdue(**OWED, balance_cents=2_000, due_on=DAY, days_overdue=1),
    PlanStarted(**OWED, plan_id="plan_1", total_cents=2_000, installments=4, first_due_on=DAY),
    PlanBroken(**OWED, plan_id="plan_1", missed_cents=500, balance_cents=1_500),
    PlanCompleted(**OWED, plan_id="plan_1"),
    AccountPlaced(**OWED, agency_id="agency", placement_id="plc_1", placed_cents=2_000),
    AccountRecalled(**OWED, agency_id="agency", placement_id="plc_1", balance_cents=0),
    AccountWrittenOff(**OWED, write_off_id="wo_1", written_off_cents=2_000, reason="bad_debt"),
    AccountSettled(**OWED),
)
