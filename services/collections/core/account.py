"""The collections account: which rule answers which message."""

from datetime import date, datetime, timedelta
from functools import partial
from typing import Annotated, assert_never

from pydantic import Field, TypeAdapter

from services.collections.core.account_messages import AccountMessage, AnyAccountEffect, account_of
from services.collections.core.agency_account import AgencyTold, HearAgency
from services.collections.core.agency_policy import NO_AGENCIES, AgencyBook
from services.collections.core.agency_rules import hear_agency, place_with_agency, told_of_balance, told_of_payment
from services.collections.core.answers import (
    placement_answered,
    recall_answered,
    reminder_answered,
    statement_answered,
)
from services.collections.core.balance import change_balance, is_small, mark_overdue, write_off
from services.collections.core.dispute_messages import (
    AddEvidence,
    NoticeDelivered,
    OpenDispute,
    ResolveDispute,
    SendVerification,
    TellOfAssistance,
)
from services.collections.core.disputes import hear_dispute, hear_message
from services.collections.core.evolve import evolve
from services.collections.core.facts import CollectionFact, DeadlineWorkedOff
from services.collections.core.gate_shelf import RuleShelf
from services.collections.core.letters import (
    Books,
    Items,
    Today,
    day_of,
    prepare_reminder,
    prepare_statement,
)
from services.collections.core.messages import (
    Delivery,
    LogContact,
    PlacementDelivered,
    RecallDelivered,
    ReminderDelivered,
    StartPlan,
    StatementDelivered,
)
from services.collections.core.person_messages import AskGate, HearInbound, NotePerson, ReportDelivery
from services.collections.core.person_rules import ask_gate, log_contact, missed_calls, note_person, report_delivery
from services.collections.core.plan_charges import charge_news
from services.collections.core.plan_messages import PlanOrder
from services.collections.core.plan_policy import NO_PLANS, PlanBook
from services.collections.core.plan_rules import hear_plan
from services.collections.core.plan_steps import take_plan_step
from services.collections.core.plans import break_plan, count_payment, start_plan
from services.collections.core.policy import DunningPolicy, PolicyBook
from services.collections.core.policy_messages import AccountOrder
from services.collections.core.policy_rules import (
    ask_review,
    charge_late,
    hear_of,
    note_payment,
    resume,
    with_risk,
)
from services.collections.core.promises import count_towards_promise, follow_up
from services.collections.core.publish import publish
from services.collections.core.schedule import Action, due_at, next_step
from services.collections.core.settlement import finish_after
from services.collections.core.state import Account, Episode
from services.collections.core.work_facts import AccountCameBack
from services.collections.core.work_messages import WorkCommand
from services.collections.core.work_policy import NO_ORDER, WorkBook
from services.collections.core.work_rank import work_index
from services.collections.core.work_rules import hear_work
from shared.contracts import (
    PatientBalanceChanged,
    PatientMoneyRestored,
    PatientMoneyReversed,
    PatientPaymentFailed,
    PatientPaymentPending,
    PatientPaymentReceived,
)
from shared.decider import Decider, Due, Effect

STATE: TypeAdapter[Account] = TypeAdapter(Account)
MESSAGE: TypeAdapter[AccountMessage] = TypeAdapter(Annotated[AccountMessage, Field(discriminator="type")])
FACT: TypeAdapter[CollectionFact] = TypeAdapter(Annotated[CollectionFact, Field(discriminator="type")])
EFFECT: TypeAdapter[AnyAccountEffect] = TypeAdapter(Annotated[AnyAccountEffect, Field(discriminator="type")])
"""Built once: a decider is made for every book of policies that is tried."""
WORTH_A_LETTER = frozenset({Action.REVIEW, Action.PLACE, Action.REMIND, Action.STATE})
STEPS_MAX = 10
"""A deadline takes a few steps at most: each either ends something or waits for an answer."""


def decide(books: Books, account: Account, message: AccountMessage) -> Items:  # noqa: C901, PLR0911, PLR0912 - one case per message
    """Every branch on the message is here."""
    match message:
        case PatientBalanceChanged():
            changed = with_risk(books.policies, account, message, change_balance(books, account, message))
            agency = told_of_balance(books, account, message, changed)
            return (*changed, *finish_after(account, changed, message.meta), *agency)
        case PatientPaymentReceived():
            paid = (
                *note_payment(account, message),
                *charge_news(books, account, message),
                *count_payment(account, message),
            )
            paid = (*paid, *finish_after(account, paid, message.meta))
            told = told_of_payment(books, account, message, paid)
            return (*paid, *count_towards_promise(account, message), *told)
        case StartPlan():
            return start_plan(_policy(books, account), account, message)
        case LogContact():
            return log_contact(books.asker(message.meta, message.account_id), account, message)
        case NotePerson():
            return note_person(account, message)
        case HearAgency():
            return hear_agency(account, message)
        case AgencyTold():
            return ()
        case AskGate():
            return ask_gate(books.asker(message.meta, message.account_id), account, message)
        case HearInbound():
            return hear_message(books, account, message)
        case ReportDelivery():
            return report_delivery(account, message)
        case OpenDispute() | AddEvidence() | SendVerification() | ResolveDispute() | NoticeDelivered():
            return hear_dispute(books, account, message)
        case TellOfAssistance():
            return hear_dispute(books, account, message)
        case StatementDelivered():
            return statement_answered(account, message, _retry_on(books, account, message))
        case ReminderDelivered():
            return reminder_answered(account, message, _retry_on(books, account, message))
        case PlacementDelivered():
            return placement_answered(account, message, _retry_on(books, account, message))
        case RecallDelivered():
            return recall_answered(account, message, _retry_on(books, account, message))
        case WorkCommand():
            return hear_work(_policy(books, account), account, message)
        case AccountOrder():
            return hear_of(books, account, message)
        case PatientPaymentPending() | PatientPaymentFailed():
            return (*hear_of(books, account, message), *charge_news(books, account, message))
        case PlanOrder() | PatientMoneyReversed() | PatientMoneyRestored():
            return hear_plan(books, account, message)
        case Due():
            return work_off(books, account, message)
        case _:
            assert_never(message)


def work_off(books: Books, account: Account, due: Due) -> Items:
    """Take every step whose day has come. At most one of them goes out: the next one waits for its answer.

    A deadline may come late, after the clock jumped: what is overdue is taken in order, never in a flood. One that is
    not the account's deadline any more is passed over; the sweep sends the one that is.
    """
    on, policy = day_of(due.meta.occurred_at), _policy(books, account)
    if due.due_at != due_at(policy, account) or due.due_at > due.meta.occurred_at:
        return ()
    worked_off = DeadlineWorkedOff(account_id=account.account_id, worked_on=on)
    made: list[CollectionFact | AnyAccountEffect] = [worked_off, *missed_calls(account, due.meta.occurred_at)]
    for item in made:
        account = account if isinstance(item, Effect) else evolve(account, item)
    for _ in range(STEPS_MAX):
        policy = _policy(books, account)
        step = next_step(policy, account)
        if step is None or step.on > on:
            return tuple(made)
        items = _worked_off(books, account, step.action, due)
        made.extend(items)
        for item in items:
            account = account if isinstance(item, Effect) else evolve(account, item)
    msg = "a deadline does not end"
    raise AssertionError(msg)


def _worked_off(books: Books, account: Account, action: Action, due: Due) -> Items:
    policy, episode = _policy(books, account), account.episode
    if policy is None or episode is None:
        return come_to(account, action, day_of(due.meta.occurred_at))
    return take(books.today(policy, due.meta), account, episode, action)


def come_to(account: Account, action: Action, on: date) -> Items:
    """A collector's day has come."""
    if action is Action.FOLLOW_UP:
        return follow_up(account, on)
    assert action is Action.COME_BACK, "only an open balance has steps of a policy"
    return (AccountCameBack(account_id=account.account_id, came_back_on=on),)


def take(today: Today, account: Account, episode: Episode, action: Action) -> Items:  # noqa: C901, PLR0911, PLR0912 - one case per action
    """One step of the policy. What is not worth a letter is given up instead of sending one."""
    if action in WORTH_A_LETTER and is_small(today.policy, account, episode):
        return write_off(today, account, episode, "small_balance")
    match action:
        case Action.RESUME:
            return resume(account, today.on)
        case Action.BREAK_PLAN:
            return break_plan(account, episode, today.on)
        case Action.PLAN_CHARGE | Action.PLAN_CHASE | Action.PLAN_MISS | Action.PLAN_REMIND | Action.PLAN_TELL:
            return take_plan_step(today, account, episode, action)
        case Action.MARK_OVERDUE:
            return mark_overdue(today, account, episode)
        case Action.CHARGE:
            return charge_late(today, account, episode)
        case Action.REVIEW:
            return ask_review(today, account, episode)
        case Action.WRITE_OFF:
            return write_off(today, account, episode, "bad_debt")
        case Action.PLACE:
            return place_with_agency(today, account, episode)
        case Action.REMIND:
            return prepare_reminder(today, account, episode)
        case Action.STATE:
            return prepare_statement(today, account, episode)
        case Action.FOLLOW_UP | Action.COME_BACK:
            return come_to(account, action, today.on)
        case _:
            assert_never(action)


def make_decider(
    book: PolicyBook,
    rules: RuleShelf,
    work: WorkBook = NO_ORDER,
    plans: PlanBook = NO_PLANS,
    agencies: AgencyBook = NO_AGENCIES,
) -> Decider[Account, AccountMessage, CollectionFact]:
    """The decider under a book of policies, the rules of the compliance gate, and the order of collectors' work."""
    books = Books(book, rules, plans, agencies)

    def due(account: Account) -> datetime | None:
        return due_at(_policy(books, account), account)

    return Decider(
        service="collections",
        kind="collection",
        initial=Account(),
        decide=partial(decide, books),
        evolve=evolve,
        publish=publish,
        aggregate_id=account_of,
        record_key=lambda account: account.account_id,
        state_codec=STATE,
        message_codec=MESSAGE,
        fact_codec=FACT,
        effect_codec=EFFECT,
        index=lambda account: {
            "status": account.status,
            "needs_work": bool(account.work or account.plan_work or account.call_tasks),
            "disputed": bool(account.debt.open_disputes),
            **work_index(work, account),
            "plan_waits": account.plans.proposal is not None and account.plans.proposal.status == "waiting",
        },
        due=due,
    )


def _policy(books: Books, account: Account) -> DunningPolicy | None:
    return None if account.episode is None else books.policies.named(account.episode.policy)


def _retry_on(books: Books, account: Account, answer: Delivery) -> date:
    policy = _policy(books, account)
    return day_of(answer.meta.occurred_at) + timedelta(1 if policy is None else policy.retry_after_days)
