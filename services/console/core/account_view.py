"""One guarantor's account as the console shows it: the balance (payments says it) and its dunning (collections does).

Each field is written by one service only, so it does not matter in which order the services are heard.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, TypeAlias, assert_never

from pydantic import Field, TypeAdapter

from services.console.core.moments import Moment, Seen, Timeline, followed, is_repeat, moment_of, remember
from shared.contracts import (
    AccountPlaced,
    AccountRecalled,
    AccountSettled,
    AccountWrittenOff,
    AgencyPaymentReported,
    AssistanceDenied,
    AssistanceEnded,
    AssistanceGranted,
    AssistanceRequested,
    AutopayEnded,
    BalanceOverdue,
    CollectorsEvent,
    ContactLogged,
    Contract,
    CreditBalanceFound,
    GuarantorEvent,
    InstallmentChargeRequested,
    InstallmentMissed,
    JudgmentEntered,
    LateChargeRaised,
    LegalActionEnded,
    LegalActionStarted,
    Meta,
    OtherPartyBilled,
    OtherPartyEnded,
    OtherPartyPaid,
    OtherPartyPaymentReturned,
    OtherPartyReductionAgreed,
    OtherPartyTermsSet,
    PatientBalanceChanged,
    PatientPaymentReceived,
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
from shared.decider import Decider, Effect, Fact, Scalar
from shared.replaced import replace

AccountStage: TypeAlias = Literal[
    "", "statement", "overdue", "plan", "plan_broken", "placed", "recalled", "written_off", "settled"
]
BalanceEvent: TypeAlias = PatientBalanceChanged | PatientPaymentReceived | CreditBalanceFound
OtherPartyEvent: TypeAlias = (
    OtherPartyTermsSet
    | OtherPartyEnded
    | OtherPartyBilled
    | OtherPartyPaid
    | OtherPartyPaymentReturned
    | OtherPartyReductionAgreed
)
AccountMessage: TypeAlias = BalanceEvent | OtherPartyEvent | GuarantorEvent

ACCOUNT_STAGES: tuple[AccountStage, ...] = (
    "statement",
    "overdue",
    "plan",
    "plan_broken",
    "placed",
    "recalled",
    "written_off",
    "settled",
)
MOMENTS_MAX = 300
"""Two years of statements, reminders and payments; older moments are let go and counted."""


class PlanTerms(Contract):
    """The payment plan last agreed."""

    plan_id: str
    total_cents: int
    installments: int
    first_due_on: date


class Statement(Contract):
    """The statement last sent."""

    statement_id: str
    number: int
    balance_cents: int
    sent_on: date
    due_on: date


class AccountChanges(Contract):
    """What one event changes. None leaves things as they are; `…_delta_cents` add up."""

    stage: AccountStage | None = None
    balance_cents: int | None = None
    claims_owing: int | None = None
    credit_cents: int | None = None
    patient_paid_delta_cents: int = 0
    statement: Statement | None = None
    plan: PlanTerms | None = None
    agency_id: str | None = None
    placed_delta_cents: int = 0
    written_off_delta_cents: int = 0


class AccountSeen(Fact):
    """An event about the account was seen for the first time."""

    type: Literal["account-view.seen.v1"] = "account-view.seen.v1"
    account_id: str
    moment: Moment
    changes: AccountChanges


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account, folded. `stage` is collections' word; the balance is payments'."""

    account_id: str = ""
    stage: AccountStage = ""
    reached: tuple[AccountStage, ...] = ()
    balance_cents: int = 0
    claims_owing: int = 0
    ever_owed: bool = False
    credit_cents: int = 0  # as last found
    patient_paid_cents: int = 0
    statement: Statement | None = None
    plan: PlanTerms | None = None
    plans_cents: int = 0
    agency_id: str = ""
    placed_cents: int = 0
    written_off_cents: int = 0
    seen: tuple[Seen, ...] = ()
    moments: tuple[Moment, ...] = ()
    moments_dropped: int = 0

    @property
    def owes(self) -> bool:
        return self.balance_cents > 0

    @property
    def has_paid(self) -> bool:
        return self.patient_paid_cents > 0

    @property
    def credit_found(self) -> bool:
        return self.credit_cents > 0


def decide(view: AccountView, message: AccountMessage) -> tuple[AccountSeen | Effect, ...]:
    """A repeat decides nothing."""
    if is_repeat(view.seen, message.meta):
        return ()
    return (AccountSeen(account_id=message.account_id, moment=moment_of(message), changes=changes_of(message)),)


def changes_of(message: AccountMessage) -> AccountChanges:  # noqa: PLR0911 - one case per kind of event
    """What an event changes in the view, by the service that says it."""
    match message:
        case PatientBalanceChanged():
            return AccountChanges(balance_cents=message.balance_cents, claims_owing=message.claims)
        case PatientPaymentReceived():
            return AccountChanges(patient_paid_delta_cents=message.paid_cents)
        case CreditBalanceFound():
            return AccountChanges(credit_cents=message.credit_cents)
        case PlanStarted() | PlanRescheduled() | PlanBroken() | PlanCancelled() | PlanCompleted():
            return _planned(message)
        case AccountPlaced() | AccountRecalled() | AccountWrittenOff() | AccountSettled():
            return _ended(message)
        case (
            OtherPartyTermsSet()
            | OtherPartyEnded()
            | OtherPartyBilled()
            | OtherPartyPaid()
            | OtherPartyPaymentReturned()
            | OtherPartyReductionAgreed()
        ):
            return AccountChanges()
        case _:
            return _dunned(message)


_Dunned: TypeAlias = (
    CollectorsEvent
    | StatementSent
    | ReminderSent
    | ContactLogged
    | BalanceOverdue
    | ReviewRequested
    | LateChargeRaised
    | RiskLimitCrossed
    | AssistanceRequested
    | AssistanceGranted
    | AssistanceDenied
    | AssistanceEnded
    | AgencyPaymentReported
    | LegalActionStarted
    | JudgmentEntered
    | LegalActionEnded
    | PlanProposed
    | InstallmentMissed
    | InstallmentChargeRequested
    | AutopayEnded
    | SettlementUndone
)


def _dunned(event: _Dunned) -> AccountChanges:
    """What has no figure of its own in the view is a line of the account's story."""
    match event:
        case StatementSent():
            sent = Statement(
                statement_id=event.statement_id,
                number=event.number,
                balance_cents=event.balance_cents,
                sent_on=event.sent_on,
                due_on=event.due_on,
            )
            return AccountChanges(stage="statement", statement=sent)
        case BalanceOverdue():
            return AccountChanges(stage="overdue")
        case SettlementUndone():
            return AccountChanges(written_off_delta_cents=-event.restored_cents)
        case _:
            return AccountChanges()


def _planned(event: PlanStarted | PlanRescheduled | PlanBroken | PlanCancelled | PlanCompleted) -> AccountChanges:
    match event:
        case PlanStarted() | PlanRescheduled():
            terms = PlanTerms(
                plan_id=event.plan_id,
                total_cents=event.total_cents,
                installments=event.installments,
                first_due_on=event.first_due_on,
            )
            return AccountChanges(stage="plan", plan=terms)
        case PlanBroken():
            return AccountChanges(stage="plan_broken")
        case PlanCancelled():
            return AccountChanges(stage="statement")
        case PlanCompleted():
            return AccountChanges(stage="settled")
        case _:
            assert_never(event)


def _ended(event: AccountPlaced | AccountRecalled | AccountWrittenOff | AccountSettled) -> AccountChanges:
    match event:
        case AccountPlaced():
            return AccountChanges(stage="placed", agency_id=event.agency_id, placed_delta_cents=event.placed_cents)
        case AccountRecalled():
            return AccountChanges(stage="recalled", agency_id="")
        case AccountWrittenOff():
            return AccountChanges(stage="written_off", written_off_delta_cents=event.written_off_cents)
        case AccountSettled():
            return AccountChanges(stage="settled")
        case _:
            assert_never(event)


def evolve(view: AccountView, fact: AccountSeen) -> AccountView:
    """Apply one fact. No rules here, so history always replays."""
    timeline = remember(Timeline(view.moments, view.moments_dropped), fact.moment, MOMENTS_MAX)
    return replace(
        _with_money(_with_stage(view, fact.changes), fact.changes),
        account_id=fact.account_id,
        seen=followed(view.seen, fact.moment),
        moments=timeline.moments,
        moments_dropped=timeline.dropped,
    )


def _with_stage(view: AccountView, changes: AccountChanges) -> AccountView:
    stage = view.stage if changes.stage is None else changes.stage
    return replace(
        view,
        stage=stage,
        reached=view.reached if not stage or stage in view.reached else (*view.reached, stage),
        statement=changes.statement or view.statement,
        plan=changes.plan or view.plan,
        agency_id=view.agency_id if changes.agency_id is None else changes.agency_id,
    )


def _with_money(view: AccountView, changes: AccountChanges) -> AccountView:
    balance = view.balance_cents if changes.balance_cents is None else changes.balance_cents
    return replace(
        view,
        balance_cents=balance,
        claims_owing=view.claims_owing if changes.claims_owing is None else changes.claims_owing,
        ever_owed=view.ever_owed or balance > 0,
        credit_cents=view.credit_cents if changes.credit_cents is None else changes.credit_cents,
        patient_paid_cents=view.patient_paid_cents + changes.patient_paid_delta_cents,
        plans_cents=view.plans_cents + (changes.plan.total_cents if changes.plan else 0),
        placed_cents=view.placed_cents + changes.placed_delta_cents,
        written_off_cents=view.written_off_cents + changes.written_off_delta_cents,
    )


def publish(_: AccountView, __: AccountSeen, ___: Meta) -> None:
    """A read side says nothing."""


def index(view: AccountView) -> dict[str, Scalar]:
    """What lists select by. `ever_…` answers the funnel's numbers."""
    return {
        "stage": view.stage,
        "owes": view.owes,
        "credit_found": view.credit_found,
        "ever_owed": view.ever_owed,
        "has_paid": view.has_paid,
        **{f"ever_{stage}": stage in view.reached for stage in ACCOUNT_STAGES},
    }


ACCOUNT_VIEW: Decider[AccountView, AccountMessage, AccountSeen] = Decider(
    service="console",
    kind="account_view",
    initial=AccountView(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    keeps_history=False,
    aggregate_id=lambda message: message.account_id,
    record_key=lambda view: view.account_id,
    state_codec=TypeAdapter(AccountView),
    message_codec=TypeAdapter(Annotated[AccountMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(AccountSeen),
    index=index,
)
