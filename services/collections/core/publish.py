"""What others may know of an account: pseudonymous, and only what happened."""

from services.collections.core.dispute_facts import DisputeOpened, DisputeResolved
from services.collections.core.facts import (
    BalanceSettled,
    BalanceWrittenOff,
    BecameOverdue,
    CollectionFact,
    ContactMade,
    PlacementMade,
    PlacementRecalled,
    PlanAgreed,
    PlanFulfilled,
    PlanMissed,
    ReminderWentOut,
    StatementWentOut,
)
from services.collections.core.messages import ContactPurpose, Purpose
from services.collections.core.plan_facts import PlanNews
from services.collections.core.plan_publish import publish_plans
from services.collections.core.policy_facts import PolicyNews
from services.collections.core.policy_publish import publish_policy
from services.collections.core.state import Account
from services.collections.core.work_facts import WorkFact
from services.collections.core.work_publish import publish_work
from shared.contracts import (
    AccountPlaced,
    AccountRecalled,
    AccountSettled,
    AccountWrittenOff,
    BalanceOverdue,
    CollectionsEvent,
    ContactLogged,
    Meta,
    PlanBroken,
    PlanCompleted,
    PlanStarted,
    ReminderSent,
    StatementSent,
)


def publish(_: Account, fact: CollectionFact, meta: Meta) -> CollectionsEvent | None:  # noqa: C901, PLR0911, PLR0912 - one case per event
    """The public event of a fact; most facts are nobody else's business."""
    match fact:
        case StatementWentOut():
            return _statement_sent(fact, meta)
        case ReminderWentOut():
            return _reminder_sent(fact, meta)
        case ContactMade():
            return _contact_logged(fact, meta)
        case BecameOverdue():
            return _balance_overdue(fact, meta)
        case PlanAgreed():
            return _plan_started(fact, meta)
        case PlanMissed():
            return _plan_broken(fact, meta)
        case PlanFulfilled():
            return PlanCompleted(meta=meta, account_id=fact.account_id, plan_id=fact.plan_id)
        case PlacementMade():
            return _account_placed(fact, meta)
        case PlacementRecalled():
            return _account_recalled(fact, meta)
        case BalanceWrittenOff():
            return _account_written_off(fact, meta)
        case BalanceSettled():
            return AccountSettled(meta=meta, account_id=fact.account_id)
        case PlanNews():
            return publish_plans(fact, meta)
        case PolicyNews():
            return publish_policy(fact, meta)
        case WorkFact() | DisputeOpened() | DisputeResolved():
            return publish_work(fact, meta)
        case _:
            return None


def _statement_sent(fact: StatementWentOut, meta: Meta) -> StatementSent:
    return StatementSent(
        meta=meta,
        account_id=fact.account_id,
        statement_id=fact.statement_id,
        number=fact.number,
        balance_cents=fact.balance_cents,
        sent_on=fact.sent_on,
        due_on=fact.due_on,
        pay_request_id=fact.pay_request_id,
        pay_until=fact.pay_until,
        replaces=fact.replaces,
    )


def _reminder_sent(fact: ReminderWentOut, meta: Meta) -> ReminderSent:
    return ReminderSent(
        meta=meta,
        account_id=fact.account_id,
        level=fact.level,
        balance_cents=fact.balance_cents,
        days_overdue=fact.days_overdue,
    )


def _contact_logged(fact: ContactMade, meta: Meta) -> ContactLogged:
    return ContactLogged(
        meta=meta,
        account_id=fact.account_id,
        contact_id=fact.contact_id,
        channel=fact.channel,
        purpose=_public(fact.purpose),
        outcome=fact.outcome,
        contacted_at=fact.contacted_at,
    )


def _balance_overdue(fact: BecameOverdue, meta: Meta) -> BalanceOverdue:
    return BalanceOverdue(
        meta=meta,
        account_id=fact.account_id,
        balance_cents=fact.balance_cents,
        due_on=fact.due_on,
        days_overdue=fact.days_overdue,
    )


def _plan_started(fact: PlanAgreed, meta: Meta) -> PlanStarted:
    return PlanStarted(
        meta=meta,
        account_id=fact.account_id,
        plan_id=fact.plan_id,
        total_cents=fact.total_cents,
        installments=len(fact.installments),
        first_due_on=fact.installments[0].due_on,
        forgiven_cents=fact.forgiven_cents,
    )


def _plan_broken(fact: PlanMissed, meta: Meta) -> PlanBroken:
    return PlanBroken(
        meta=meta,
        account_id=fact.account_id,
        plan_id=fact.plan_id,
        missed_cents=fact.missed_cents,
        balance_cents=fact.balance_cents,
    )


def _account_placed(fact: PlacementMade, meta: Meta) -> AccountPlaced:
    return AccountPlaced(
        meta=meta,
        account_id=fact.account_id,
        agency_id=fact.agency_id,
        placement_id=fact.placement_id,
        placed_cents=fact.placed_cents,
    )


def _account_recalled(fact: PlacementRecalled, meta: Meta) -> AccountRecalled:
    return AccountRecalled(
        meta=meta,
        account_id=fact.account_id,
        agency_id=fact.agency_id,
        placement_id=fact.placement_id,
        balance_cents=fact.balance_cents,
    )


def _account_written_off(fact: BalanceWrittenOff, meta: Meta) -> AccountWrittenOff:
    return AccountWrittenOff(
        meta=meta,
        account_id=fact.account_id,
        write_off_id=fact.write_off_id,
        written_off_cents=fact.written_off_cents,
        reason=fact.reason,
    )


def _public(purpose: ContactPurpose) -> Purpose:
    """What the law wants said is nobody else's business."""
    match purpose:
        case "validation" | "verification" | "confirmation" | "notice":
            return "other"
        case _:
            return purpose
