"""The collections account: which rule answers which message."""

from datetime import date, datetime, timedelta
from functools import partial
from typing import Annotated, assert_never

from pydantic import Field, TypeAdapter

from services.collections.core.balance import change_balance, is_small, mark_overdue, write_off
from services.collections.core.evolve import evolve
from services.collections.core.facts import CollectionFact, ContactMade, DeadlineWorkedOff
from services.collections.core.letters import (
    Items,
    Today,
    day_of,
    placement_answered,
    prepare_placement,
    prepare_reminder,
    prepare_statement,
    recall_answered,
    reminder_answered,
    statement_answered,
)
from services.collections.core.messages import (
    AccountEffect,
    AccountMessage,
    Delivery,
    LogContact,
    PlacementDelivered,
    RecallDelivered,
    ReminderDelivered,
    StartPlan,
    StatementDelivered,
    account_of,
)
from services.collections.core.plans import break_plan, count_payment, start_plan
from services.collections.core.policy import DunningPolicy, PolicyBook
from services.collections.core.publish import publish
from services.collections.core.schedule import Action, due_at, next_step
from services.collections.core.state import Account, Episode
from shared.contracts import PatientBalanceChanged, PatientPaymentReceived
from shared.decider import Decider, Due, Effect

STEPS_MAX = 10
"""A deadline takes a few steps at most: each either ends something or waits for an answer."""


def decide(book: PolicyBook, account: Account, message: AccountMessage) -> Items:  # noqa: PLR0911 - one case per message
    """Every branch on the message is here."""
    match message:
        case PatientBalanceChanged():
            return change_balance(book, account, message)
        case PatientPaymentReceived():
            return count_payment(account, message)
        case StartPlan():
            return start_plan(_policy(book, account), account, message)
        case LogContact():
            return log_contact(account, message)
        case StatementDelivered():
            return statement_answered(account, message, _retry_on(book, account, message))
        case ReminderDelivered():
            return reminder_answered(account, message, _retry_on(book, account, message))
        case PlacementDelivered():
            return placement_answered(account, message, _retry_on(book, account, message))
        case RecallDelivered():
            return recall_answered(account, message, _retry_on(book, account, message))
        case Due():
            return work_off(book, account, message)
        case _:
            assert_never(message)


def log_contact(account: Account, command: LogContact) -> Items:
    """Keep what a person reports; once."""
    if account.contact(command.contact_id) is not None:
        return ()
    contact = ContactMade(
        account_id=command.account_id,
        contact_id=command.contact_id,
        channel=command.channel,
        purpose=command.purpose,
        outcome=command.outcome,
        contacted_at=command.contacted_at,
    )
    return (contact,)


def work_off(book: PolicyBook, account: Account, due: Due) -> Items:
    """Take every step whose day has come. At most one of them goes out: the next one waits for its answer.

    A deadline may come late, after the clock jumped: what is overdue is taken in order, never in a flood. One that is
    not the account's deadline any more is passed over; the sweep sends the one that is.
    """
    on, policy = day_of(due.meta.occurred_at), _policy(book, account)
    if policy is None or due.due_at != due_at(policy, account) or due.due_at > due.meta.occurred_at:
        return ()
    worked_off = DeadlineWorkedOff(account_id=account.account_id, worked_on=on)
    made: list[CollectionFact | AccountEffect] = [worked_off]
    account = evolve(account, worked_off)
    for _ in range(STEPS_MAX):
        step = next_step(policy, account)
        if account.episode is None or step is None or step.on > on:
            return tuple(made)
        items = take(Today(policy, due.meta.tenant, on), account, account.episode, step.action)
        made.extend(items)
        for item in items:
            account = account if isinstance(item, Effect) else evolve(account, item)
    msg = "a deadline does not end"
    raise AssertionError(msg)


def take(today: Today, account: Account, episode: Episode, action: Action) -> Items:  # noqa: PLR0911 - one case per action
    """One step of the policy. What is not worth a letter is given up instead of sending one."""
    if action in {Action.PLACE, Action.REMIND, Action.STATE} and is_small(today.policy, account, episode):
        return write_off(today, account, episode, "small_balance")
    match action:
        case Action.BREAK_PLAN:
            return break_plan(account, episode, today.on)
        case Action.MARK_OVERDUE:
            return mark_overdue(today, account, episode)
        case Action.WRITE_OFF:
            return write_off(today, account, episode, "bad_debt")
        case Action.PLACE:
            return prepare_placement(today, account, episode)
        case Action.REMIND:
            return prepare_reminder(today, account, episode)
        case Action.STATE:
            return prepare_statement(today, account, episode)
        case _:
            assert_never(action)


def make_decider(book: PolicyBook) -> Decider[Account, AccountMessage, CollectionFact]:
    """The decider under a book of policies."""

    def due(account: Account) -> datetime | None:
        policy = _policy(book, account)
        return None if policy is None else due_at(policy, account)

    return Decider(
        service="collections",
        kind="collection",
        initial=Account(),
        decide=partial(decide, book),
        evolve=evolve,
        publish=publish,
        aggregate_id=account_of,
        record_key=lambda account: account.account_id,
        state_codec=TypeAdapter(Account),
        message_codec=TypeAdapter(Annotated[AccountMessage, Field(discriminator="type")]),
        fact_codec=TypeAdapter(Annotated[CollectionFact, Field(discriminator="type")]),
        effect_codec=TypeAdapter(Annotated[AccountEffect, Field(discriminator="type")]),
        index=lambda account: {"status": account.status, "needs_work": account.work is not None},
        due=due,
    )


def _policy(book: PolicyBook, account: Account) -> DunningPolicy | None:
    return None if account.episode is None else book.named(account.episode.policy)


def _retry_on(book: PolicyBook, account: Account, answer: Delivery) -> date:
    policy = _policy(book, account)
    return day_of(answer.meta.occurred_at) + timedelta(1 if policy is None else policy.retry_after_days)
