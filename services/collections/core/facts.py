"""What happened to a collections account: private, complete, for the journal and for `evolve`."""

from datetime import date
from typing import Literal, TypeAlias

from pydantic import AwareDatetime, NonNegativeInt, PositiveInt

from services.collections.core.agency_account import AgencyFacts
from services.collections.core.dispute_facts import DisputeFacts
from services.collections.core.fact_base import AccountFact
from services.collections.core.messages import Channel, ContactPurpose, FailureReason, LetterKind
from services.collections.core.person_facts import GateFacts, PersonFacts
from services.collections.core.plan_facts import PlanFacts
from services.collections.core.policy_facts import PolicyFact
from services.collections.core.work_facts import WorkFacts
from shared.contracts import Cents, Contract, NonNegativeCents, PositiveCents, Sealed

WriteOffReason: TypeAlias = Literal[
    "bad_debt", "small_balance", "bankruptcy", "deceased", "settlement", "administrative"
]
"""As `AccountWrittenOff` says it: only bad debt is still owed."""
PlanRefusal: TypeAlias = Literal[
    "no_balance_owed",
    "plan_already_active",
    "placed_with_agency",
    "too_many_installments",
    "installment_too_small",
    "first_installment_in_the_past",
    "first_installment_too_late",
    "plan_id_used_for_other_terms",
]


class BalanceNoted(AccountFact):
    """What payments says is owed; the newest by its sequence counts."""

    type: Literal["balance-noted"] = "balance-noted"
    balance_cents: Cents
    claims: NonNegativeInt
    sequence: NonNegativeInt
    sealed_guarantor: Sealed | None
    written_off_cents: NonNegativeCents  # given up by us, and not in this balance yet


class EpisodeOpened(AccountFact):
    """A balance opened: one run of the policy begins."""

    type: Literal["episode-opened"] = "episode-opened"
    number: PositiveInt
    policy: str
    opened_on: date
    tenant: str = ""


class StatementPrepared(AccountFact):
    """A statement was handed to the worker."""

    type: Literal["statement-prepared"] = "statement-prepared"
    statement_id: str
    episode: PositiveInt
    number: PositiveInt
    balance_cents: PositiveCents
    due_on: date
    channel: Channel = "letter"
    reach_id: str = "post"
    decision_id: str = ""


class ReminderPrepared(AccountFact):
    """A reminder was handed to the worker. Lower levels whose day had passed unsent are skipped for good."""

    type: Literal["reminder-prepared"] = "reminder-prepared"
    reminder_id: str
    episode: PositiveInt
    level: PositiveInt
    final: bool
    skipped: tuple[PositiveInt, ...]
    balance_cents: PositiveCents
    days_overdue: NonNegativeInt
    channel: Channel = "letter"
    reach_id: str = "post"
    decision_id: str = ""
    notice_ends_on: date | None = None  # it carries the validation notice


class PlacementPrepared(AccountFact):
    """A placement was handed to the worker."""

    type: Literal["placement-prepared"] = "placement-prepared"
    placement_id: str
    episode: PositiveInt
    agency_id: str
    balance_cents: PositiveCents
    decision_id: str = ""


class StatementWentOut(AccountFact):
    """The mail house has the statement."""

    type: Literal["statement-went-out"] = "statement-went-out"
    statement_id: str
    episode: PositiveInt
    number: PositiveInt
    balance_cents: PositiveCents
    sent_on: date
    due_on: date
    pay_request_id: str = ""  # of the payment link on it
    pay_until: AwareDatetime | None = None
    replaces: NonNegativeInt = 0  # the number of the statement that it corrects


class ReminderWentOut(AccountFact):
    """The mail house has the reminder."""

    type: Literal["reminder-went-out"] = "reminder-went-out"
    reminder_id: str
    episode: PositiveInt
    level: PositiveInt
    final: bool
    balance_cents: PositiveCents
    days_overdue: NonNegativeInt
    sent_on: date


class PlacementMade(AccountFact):
    """The agency has the account."""

    type: Literal["placement-made"] = "placement-made"
    placement_id: str
    episode: PositiveInt
    agency_id: str
    placed_cents: PositiveCents
    placed_on: date


class PlacementRecalled(AccountFact):
    """The account was taken back from the agency."""

    type: Literal["placement-recalled"] = "placement-recalled"
    placement_id: str
    agency_id: str
    balance_cents: NonNegativeCents


class RecallSent(AccountFact):
    """The agency's folder has the recall."""

    type: Literal["recall-sent"] = "recall-sent"
    placement_id: str


class DeliveryFailed(AccountFact):
    """A letter or file could not go out; it waits for a person, and is tried again on `retry_on`."""

    type: Literal["delivery-failed"] = "delivery-failed"
    letter_id: str
    kind: LetterKind
    episode: NonNegativeInt  # 0 for a recall, which belongs to none
    reason: FailureReason
    retry_on: date


class DeliveryWithdrawn(AccountFact):
    """A letter or file was not wanted any more when its turn came."""

    type: Literal["delivery-withdrawn"] = "delivery-withdrawn"
    letter_id: str
    kind: LetterKind


class RetryAllowed(AccountFact):
    """New guarantor data came: what failed may be tried again at once."""

    type: Literal["retry-allowed"] = "retry-allowed"


class DeadlineWorkedOff(AccountFact):
    """What was due on this day is done, or under way; the next deadline is a later day."""

    type: Literal["deadline-worked-off"] = "deadline-worked-off"
    worked_on: date


class ContactMade(AccountFact):
    """Somebody was contacted, or tried to be. `decision_id` is the gate's; what came from the person has none."""

    type: Literal["contact-made"] = "contact-made"
    contact_id: str
    channel: Channel
    purpose: ContactPurpose
    outcome: str
    contacted_at: AwareDatetime
    direction: Literal["in", "out"] = "out"
    reach_id: str = ""
    party: str = "consumer"
    decision_id: str = ""
    breach: str = ""  # the rule of the gate it was made against
    next_action_on: date | None = None


class BecameOverdue(AccountFact):
    """The first statement's due date passed unpaid."""

    type: Literal["became-overdue"] = "became-overdue"
    balance_cents: PositiveCents
    due_on: date
    days_overdue: PositiveInt


class PlannedInstallment(Contract):
    """One installment of a plan."""

    due_on: date
    amount_cents: PositiveCents


class PlanAgreed(AccountFact):
    """A plan began; letters that demand money rest."""

    type: Literal["plan-agreed"] = "plan-agreed"
    plan_id: str
    terms: str
    total_cents: PositiveCents
    installments: tuple[PlannedInstallment, ...]
    agreed_at: AwareDatetime
    forgiven_cents: NonNegativeCents = 0  # of a settlement: given up when the last cent is there


class PlanRefused(AccountFact):
    """A plan was asked for that the policy does not allow."""

    type: Literal["plan-refused"] = "plan-refused"
    plan_id: str
    terms: str
    reasons: tuple[PlanRefusal, ...]


class PlanPaymentCounted(AccountFact):
    """A guarantor's payment was counted towards the plan."""

    type: Literal["plan-payment-counted"] = "plan-payment-counted"
    plan_id: str
    payment_id: str
    paid_cents: PositiveCents
    paid_on: date = date.min
    sequence: NonNegativeInt = 0  # of the news, in payments' account


class PlanMissed(AccountFact):
    """An installment stayed unpaid beyond the grace: the plan ended, and the schedule goes on where it stood."""

    type: Literal["plan-missed"] = "plan-missed"
    plan_id: str
    missed_cents: PositiveCents
    balance_cents: NonNegativeCents
    rested_days: NonNegativeInt  # how long the schedule stood still for the plan
    ended_on: date | None = None


class PlanFulfilled(AccountFact):
    """Everything the plan asked for is paid."""

    type: Literal["plan-fulfilled"] = "plan-fulfilled"
    plan_id: str
    rested_days: NonNegativeInt
    ended_on: date | None = None


class BalanceWrittenOff(AccountFact):
    """The balance was given up, by the policy, a court or a person: this run of the policy is over."""

    type: Literal["balance-written-off"] = "balance-written-off"
    write_off_id: str
    written_off_cents: PositiveCents
    reason: WriteOffReason


class BalanceSettled(AccountFact):
    """Nothing is owed any more: this run of the policy is over."""

    type: Literal["balance-settled"] = "balance-settled"


CollectionFact: TypeAlias = (
    BalanceNoted
    | EpisodeOpened
    | StatementPrepared
    | ReminderPrepared
    | PlacementPrepared
    | StatementWentOut
    | ReminderWentOut
    | PlacementMade
    | PlacementRecalled
    | RecallSent
    | DeliveryFailed
    | DeliveryWithdrawn
    | RetryAllowed
    | DeadlineWorkedOff
    | ContactMade
    | BecameOverdue
    | PlanAgreed
    | PlanRefused
    | PlanPaymentCounted
    | PlanMissed
    | PlanFulfilled
    | BalanceWrittenOff
    | BalanceSettled
    | PlanFacts
    | PolicyFact
    | PersonFacts
    | GateFacts
    | DisputeFacts
    | AgencyFacts
    | WorkFacts
)
