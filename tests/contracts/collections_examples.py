"""One example of every public event of collections, as the golden files hold it."""

from typing import Any

from shared.contracts import (
    AccountPlaced,
    AccountRecalled,
    AccountSettled,
    AccountWrittenOff,
    AssistanceDenied,
    AssistanceEnded,
    AssistanceGranted,
    AssistanceRequested,
    BalanceOverdue,
    ContactLogged,
    Event,
    LateChargeRaised,
    PlanBroken,
    PlanCompleted,
    PlanStarted,
    ReminderSent,
    ReviewRequested,
    RiskLimitCrossed,
    StatementSent,
)
from tests.contracts.example_meta import ACCOUNT, AT, DAY, SEALED, meta

BALANCE = meta("collections", f"collection/{ACCOUNT}")
OWED: dict[str, Any] = {"meta": BALANCE, "account_id": ACCOUNT}

EXAMPLES: tuple[Event, ...] = (
    StatementSent(
        **OWED,
        statement_id="stm_1",
        number=1,
        balance_cents=2_000,
        sent_on=DAY,
        due_on=DAY,
        pay_request_id="preq_1",
        pay_until=AT,
    ),
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
    ReviewRequested(**OWED, review_id="rev_1", action="legal_review", balance_cents=200_000),
    LateChargeRaised(
        **OWED,
        charge_id="chg_1",
        kind="interest",
        charge_cents=150,
        raised_on=DAY,
        law="IL/interest/2026-01-01",
        sealed_guarantor=SEALED,
    ),
    AssistanceRequested(**OWED, application_id="fap_1"),
    AssistanceGranted(
        **OWED,
        application_id="fap_1",
        discount_percent=75,
        covers_from=DAY,
        covers_until=DAY,
        refund_at_least_cents=500,
    ),
    AssistanceDenied(**OWED, application_id="fap_1"),
    AssistanceEnded(**OWED, application_id="fap_1", how="revoked"),
    RiskLimitCrossed(**OWED, above=True, owed_cents=200_000, limit_cents=150_000),
)
