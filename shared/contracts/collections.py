"""What the collections service says: statements, reminders, plans, placement and the end of a balance."""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, Field, NonNegativeInt, PositiveInt

from .base import Event, NonNegativeCents, PositiveCents, Sealed


class CollectionEvent(Event):
    """What every event about a guarantor's balance names."""

    account_id: str


class StatementSent(CollectionEvent):
    """A statement went out; `due_on` is what the guarantor was told."""

    type: Literal["statement.sent.v1"] = "statement.sent.v1"
    statement_id: str
    number: PositiveInt
    balance_cents: PositiveCents
    sent_on: date
    due_on: date
    pay_request_id: str = Field(default="", description="Of the payment link on it; the link itself stays secret.")
    pay_until: AwareDatetime | None = Field(default=None, description="How long the link is good.")
    replaces: NonNegativeInt = Field(default=0, description="The number of the statement that it corrects; 0: none.")


class ReminderSent(CollectionEvent):
    """A reminder of the policy's level went out."""

    type: Literal["reminder.sent.v1"] = "reminder.sent.v1"
    level: PositiveInt
    balance_cents: PositiveCents
    days_overdue: NonNegativeInt


class ContactLogged(CollectionEvent):
    """Somebody was contacted, or tried to be, about the balance."""

    type: Literal["contact.logged.v1"] = "contact.logged.v1"
    contact_id: str
    channel: Literal["letter", "phone", "email", "text", "portal", "agency"]
    purpose: Literal["statement", "reminder", "final_notice", "plan", "placement", "other"]
    outcome: str
    contacted_at: AwareDatetime


class BalanceOverdue(CollectionEvent):
    """The due date of the first statement passed and the balance is still owed."""

    type: Literal["balance.overdue.v1"] = "balance.overdue.v1"
    balance_cents: PositiveCents
    due_on: date
    days_overdue: PositiveInt


class PlanStarted(CollectionEvent):
    """The guarantor agreed to pay in installments; reminders rest while the plan is kept."""

    type: Literal["plan.started.v1"] = "plan.started.v1"
    plan_id: str
    total_cents: PositiveCents
    installments: PositiveInt
    first_due_on: date
    forgiven_cents: NonNegativeCents = Field(
        default=0, description="Of a settlement: given up when the last cent is there."
    )


class PlanBroken(CollectionEvent):
    """An installment was not paid within the policy's grace."""

    type: Literal["plan.broken.v1"] = "plan.broken.v1"
    plan_id: str
    missed_cents: PositiveCents
    balance_cents: NonNegativeCents


class PlanCompleted(CollectionEvent):
    """The plan's balance is paid."""

    type: Literal["plan.completed.v1"] = "plan.completed.v1"
    plan_id: str


class AccountPlaced(CollectionEvent):
    """The balance was placed with a collection agency."""

    type: Literal["account.placed.v1"] = "account.placed.v1"
    agency_id: str
    placement_id: str
    placed_cents: PositiveCents


class AccountRecalled(CollectionEvent):
    """The placement ended: the agency returned the account or it was settled."""

    type: Literal["account.recalled.v1"] = "account.recalled.v1"
    agency_id: str
    placement_id: str
    balance_cents: NonNegativeCents


class AccountWrittenOff(CollectionEvent):
    """The balance was given up, by the policy or a person; payments books what is still open of it.

    `bad_debt` is still owed, and what is paid of it later takes the write-off back. Nothing else is asked for again.
    """

    type: Literal["account.written-off.v1"] = "account.written-off.v1"
    write_off_id: str
    written_off_cents: PositiveCents
    reason: Literal["bad_debt", "small_balance", "bankruptcy", "deceased", "settlement", "administrative"]


class AccountSettled(CollectionEvent):
    """Nothing is owed any more."""

    type: Literal["account.settled.v1"] = "account.settled.v1"


class ReviewRequested(CollectionEvent):
    """The policy's reminders are over: a person decides what becomes of the balance, such as whether to go to court."""

    type: Literal["account.review-requested.v1"] = "account.review-requested.v1"
    review_id: str
    action: Literal["legal_review", "person"]
    balance_cents: PositiveCents


class LateChargeRaised(CollectionEvent):
    """Interest or a fee for being late, as a dated row of law allows it; payments posts it as a charge of its own."""

    type: Literal["late-charge.raised.v1"] = "late-charge.raised.v1"
    charge_id: str
    kind: Literal["interest", "fee"]
    charge_cents: PositiveCents
    raised_on: date
    law: str = Field(description="Which row of the law's configuration allows it.")
    sealed_guarantor: Sealed


class RiskLimitCrossed(CollectionEvent):
    """What a guarantor owes went over the practice's limit, or under it again: for a person to see, never a block."""

    type: Literal["account.risk-limit-crossed.v1"] = "account.risk-limit-crossed.v1"
    above: bool
    owed_cents: NonNegativeCents
    limit_cents: PositiveCents


class AssistanceRequested(CollectionEvent):
    """Somebody asked for help with what they owe, or brought what was missing. Nothing asks for money meanwhile."""

    type: Literal["assistance.requested.v1"] = "assistance.requested.v1"
    application_id: str


class AssistanceGranted(CollectionEvent):
    """A part of the guarantor's share is forgiven for care in these days; payments gives it up, paid or not."""

    type: Literal["assistance.granted.v1"] = "assistance.granted.v1"
    application_id: str
    discount_percent: int = Field(ge=1, le=100)
    covers_from: date
    covers_until: date
    refund_at_least_cents: NonNegativeCents = Field(description="Less than this was paid too much: it is not refunded.")


class AssistanceDenied(CollectionEvent):
    """The client's policy grants nothing, or a person decided so."""

    type: Literal["assistance.denied.v1"] = "assistance.denied.v1"
    application_id: str


class AssistanceEnded(CollectionEvent):
    """It was withdrawn, what was missing never came, or help was taken back: payments undoes what it gave up for it."""

    type: Literal["assistance.ended.v1"] = "assistance.ended.v1"
    application_id: str
    how: Literal["withdrawn", "lapsed", "revoked"]


class AgencyRemittanceReceived(Event):
    """An agency accounted for what it collected: its own sums, which agreed with its lines.

    net = gross less what it kept of that as its fee, and less its fees for what guarantors paid the practice directly.
    """

    type: Literal["agency-remittance.received.v1"] = "agency-remittance.received.v1"
    remittance_id: str
    agency_id: str
    trace: str = Field(description="Of its check or transfer, as the bank will show it.")
    payments: NonNegativeInt
    gross_cents: NonNegativeCents
    fee_cents: NonNegativeCents
    net_cents: NonNegativeCents
    received_on: date


class AgencyPaymentReported(CollectionEvent):
    """A guarantor paid the agency; payments posts it to the account, whole. The fee is the practice's cost."""

    type: Literal["agency-payment.reported.v1"] = "agency-payment.reported.v1"
    agency_id: str
    placement_id: str
    remittance_id: str
    payment_id: str
    paid_cents: PositiveCents
    fee_cents: NonNegativeCents = Field(description="By the contract, of this payment.")
    received_on: date


class LegalActionStarted(CollectionEvent):
    """A suit was filed: it was proposed, approved by another person, and allowed by the compliance gate that day."""

    type: Literal["legal-action.started.v1"] = "legal-action.started.v1"
    case_id: str
    filed_on: date
    claimed_cents: PositiveCents


class JudgmentEntered(CollectionEvent):
    """A court decided for the practice."""

    type: Literal["legal-action.judgment-entered.v1"] = "legal-action.judgment-entered.v1"
    case_id: str
    judged_on: date
    judgment_cents: PositiveCents


class LegalActionEnded(CollectionEvent):
    """The suit is over: the judgment was satisfied, or the suit was dismissed or withdrawn."""

    type: Literal["legal-action.ended.v1"] = "legal-action.ended.v1"
    case_id: str
    how: Literal["satisfied", "dismissed", "withdrawn"]


class PlanProposed(CollectionEvent):
    """Terms of a plan or settlement are on the table. `waits`: a second person decides before anybody can agree."""

    type: Literal["plan.proposed.v1"] = "plan.proposed.v1"
    proposal_id: str
    kind: Literal["plan", "settlement"]
    total_cents: PositiveCents
    forgiven_cents: NonNegativeCents = Field(description="Of a settlement: given up when the last cent is there.")
    installments: PositiveInt
    waits: bool
    expires_on: date


class InstallmentMissed(CollectionEvent):
    """An installment was not paid within the grace, and the plan goes on."""

    type: Literal["plan.installment-missed.v1"] = "plan.installment-missed.v1"
    plan_id: str
    number: PositiveInt
    due_on: date
    missed_cents: PositiveCents


class PlanRescheduled(CollectionEvent):
    """A plan goes on with another schedule: begun again after it was missed or broken, or with later care in it."""

    type: Literal["plan.rescheduled.v1"] = "plan.rescheduled.v1"
    plan_id: str
    why: Literal["re_aged", "joined"]
    total_cents: PositiveCents
    installments: PositiveInt
    first_due_on: date


class PlanCancelled(CollectionEvent):
    """A plan ended by somebody's word, neither kept nor broken."""

    type: Literal["plan.cancelled.v1"] = "plan.cancelled.v1"
    plan_id: str
    reason: Literal["guarantor_asked", "entered_in_error", "paid_elsewhere", "bankruptcy", "other"]
    balance_cents: NonNegativeCents


class InstallmentChargeRequested(CollectionEvent):
    """An installment is to be taken from the card or bank account that the guarantor authorized; payments takes it.

    Its payment is `pay_` and the charge's id, whatever becomes of it. The same charge asked for again is the same one.
    """

    type: Literal["plan.charge-requested.v1"] = "plan.charge-requested.v1"
    plan_id: str
    charge_id: str
    number: PositiveInt
    attempt: PositiveInt
    charge_cents: PositiveCents
    method: Literal["card", "ach"]
    authorization_id: str
    sealed_token: Sealed


class AutopayEnded(CollectionEvent):
    """Installments are not taken by themselves any more; unless that was asked for, a person asks for another way."""

    type: Literal["plan.autopay-ended.v1"] = "plan.autopay-ended.v1"
    plan_id: str
    why: Literal["revoked", "hard_decline", "returned", "tried_enough"]


class SettlementUndone(CollectionEvent):
    """Money of a settlement left again after the rest was given up: payments takes that write-off back."""

    type: Literal["settlement.undone.v1"] = "settlement.undone.v1"
    plan_id: str
    write_off_id: str
    restored_cents: PositiveCents
