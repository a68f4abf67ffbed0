"""Statements, contacts, plans and agencies: every event of collections in one sentence of our own."""

from services.console.core.said import Said, counted, words
from shared.contracts import (
    AccountPlaced,
    AccountRecalled,
    AccountSettled,
    AccountWrittenOff,
    AgencyPaymentReported,
    AgencyRemittanceReceived,
    AssistanceDenied,
    AssistanceEnded,
    AssistanceGranted,
    AssistanceRequested,
    AutopayEnded,
    BalanceOverdue,
    ContactLogged,
    InstallmentChargeRequested,
    InstallmentMissed,
    JudgmentEntered,
    LateChargeRaised,
    LegalActionEnded,
    LegalActionStarted,
    PlanBroken,
    PlanCancelled,
    PlanCompleted,
    PlanProposed,
    PlanRescheduled,
    PlanStarted,
    ReminderSent,
    ReviewRequested,
    RiskLimitCrossed,
    SettlementUndone,
    StatementSent,
)

AUTOPAY_ENDED = {
    "revoked": "they took their leave back",
    "hard_decline": "the card or bank account does not give it",
    "returned": "the money was taken back",
    "tried_enough": "it was tried as often as allowed",
}
WRITTEN_OFF_AS = {
    "bad_debt": "bad debt",
    "small_balance": "a small balance",
    "bankruptcy": "discharged in bankruptcy",
    "deceased": "owed by somebody who died without an estate",
    "settlement": "the rest of a settlement",
    "administrative": "given up for an administrative reason",
}


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
def _(event: PlanProposed) -> Said:
    waits = "waits for a second person" if event.waits else f"open until {event.expires_on}"
    if event.kind == "settlement":
        return Said(f"Settlement offered, {waits}; given up if it is paid", event.forgiven_cents)
    return Said(f"Payment plan proposed: {counted(event.installments, 'installment')}, {waits}", event.total_cents)


@words.register
def _(event: InstallmentMissed) -> Said:
    return Said(f"Installment {event.number} of the plan missed, was due {event.due_on}", event.missed_cents)


@words.register
def _(event: PlanRescheduled) -> Said:
    why = "begun again" if event.why == "re_aged" else "takes in later care"
    parts = counted(event.installments, "installment")
    return Said(f"Payment plan {why}: {parts}, first due {event.first_due_on}", event.total_cents)


@words.register
def _(event: PlanCancelled) -> Said:
    return Said(f"Payment plan cancelled: {event.reason.replace('_', ' ')}", event.balance_cents)


@words.register
def _(event: InstallmentChargeRequested) -> Said:
    return Said(f"Installment {event.number} is taken by {event.method}, try {event.attempt}", event.charge_cents)


@words.register
def _(event: AutopayEnded) -> Said:
    return Said(f"Installments are not taken by themselves any more: {AUTOPAY_ENDED[event.why]}")


@words.register
def _(event: SettlementUndone) -> Said:
    return Said("Settlement undone: its money left again, and the rest is owed", event.restored_cents)


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
def _(event: ReviewRequested) -> Said:
    return Said(f"Waits for a person's decision: {event.action.replace('_', ' ')}", event.balance_cents)


@words.register
def _(event: LateChargeRaised) -> Said:
    return Said(f"Charged {event.kind} for being late, by {event.law}", event.charge_cents)


@words.register
def _(_: AssistanceRequested) -> Said:
    return Said("Asked for financial assistance; nothing asks for money meanwhile")


@words.register
def _(event: AssistanceGranted) -> Said:
    days = f"{event.covers_from} to {event.covers_until}"
    return Said(f"Granted financial assistance: {event.discount_percent} percent of what is owed for care from {days}")


@words.register
def _(_: AssistanceDenied) -> Said:
    return Said("Financial assistance was denied")


@words.register
def _(event: AssistanceEnded) -> Said:
    how = {"withdrawn": "withdrawn", "lapsed": "closed: documents did not come", "revoked": "taken back"}[event.how]
    return Said(f"Financial assistance {how}")


@words.register
def _(event: RiskLimitCrossed) -> Said:
    side = "over" if event.above else "under"
    return Said(f"Now {side} the limit of {event.limit_cents // 100} dollars owed", event.owed_cents)


@words.register
def _(_: AccountSettled) -> Said:
    return Said("Settled: nothing is owed any more")


@words.register
def _(event: AgencyRemittanceReceived) -> Said:
    paid = counted(event.payments, "payment")
    return Said(f"Agency {event.agency_id} accounted for {paid}, {event.trace}", event.net_cents)


@words.register
def _(event: AgencyPaymentReported) -> Said:
    return Said(f"Paid to agency {event.agency_id}", event.paid_cents)


@words.register
def _(event: LegalActionStarted) -> Said:
    return Said(f"Suit filed on {event.filed_on}", event.claimed_cents)


@words.register
def _(event: JudgmentEntered) -> Said:
    return Said(f"Judgment of {event.judged_on}", event.judgment_cents)


@words.register
def _(event: LegalActionEnded) -> Said:
    return Said(f"Suit over: {event.how}")
