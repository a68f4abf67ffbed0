"""Promises to pay: made within the policy, counted by what comes in, followed up when their day has passed.

A promise ends as kept at once when enough came; else a few days after its day, as the policy gives, as kept in part or
broken. While the policy lets it rest the schedule, nothing that demands money goes out.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from services.collections.core.facts import CollectionFact, ContactMade
from services.collections.core.letters import day_of
from services.collections.core.policy import DunningPolicy
from services.collections.core.state import Account
from services.collections.core.work_facts import (
    PromiseEnded,
    PromiseMade,
    PromiseOutcome,
    PromisePaymentCounted,
    WorkRefused,
)
from services.collections.core.work_messages import CancelPromise, MakePromise
from services.collections.core.work_state import Promise
from shared.contracts import PatientPaymentReceived


def make_promise(policy: DunningPolicy | None, account: Account, command: MakePromise) -> tuple[CollectionFact, ...]:
    """Note the promise, or every reason why it cannot be one. A promise that is open is replaced by it."""
    heard, on = str(command.meta.id), day_of(command.meta.occurred_at)
    refusals = tuple(promise_refusals(policy, account, command))
    if refusals or policy is None:
        return (WorkRefused(account_id=command.account_id, heard=heard, because="; ".join(refusals)),)
    is_contact_of_its_own = not command.contact_id
    made = PromiseMade(
        account_id=command.account_id,
        heard=heard,
        promise_id=command.promise_id,
        promised_cents=command.promised_cents,
        promised_for=command.promised_for,
        follow_up_on=command.promised_for + timedelta(policy.promise_grace_days + 1),
        rests=account.desk.broken < policy.promises_rest_until_broken,
        channel=command.channel,
        contact_id=command.contact_id or command.promise_id,
        made_at=command.meta.occurred_at,
        made_by=command.meta.actor,
    )
    contact = ContactMade(
        account_id=command.account_id,
        contact_id=command.promise_id,
        channel=command.channel,
        purpose="other",
        outcome="promised_to_pay",
        contacted_at=command.meta.occurred_at,
        direction="in",  # it is they who promise: no answer of the gate goes with it
    )
    replaced = () if account.desk.promise is None else (_ended(account, account.desk.promise, "replaced", on),)
    return (*replaced, made, *((contact,) if is_contact_of_its_own else ()))


def promise_refusals(policy: DunningPolicy | None, account: Account, command: MakePromise) -> Iterator[str]:
    """Why a promise is not taken: in words for whoever enters it."""
    episode, desk, on = account.episode, account.desk, day_of(command.meta.occurred_at)
    is_open = desk.promise is not None and desk.promise.promise_id == command.promise_id
    if is_open or any(one.promise_id == command.promise_id for one in desk.promises):
        yield "this promise is known with other content: give the new one an id of its own"
    if policy is None or episode is None or account.owed_cents <= 0:
        yield "nothing is owed"
        return
    if episode.plan is not None:
        yield "a payment plan is kept: it says what is paid and when"
    if episode.placement is not None:
        yield f"the account is with agency {episode.placement.agency_id}: promises are theirs to take"
    if command.promised_cents > account.owed_cents:
        yield f"promised_cents: more than the {account.owed_cents} cents that are owed"
    ahead = (command.promised_for - on).days
    if ahead < 0:
        yield "promised_for: the day has passed"
    if ahead > policy.promise_ahead_days_max:
        yield f"promised_for: {ahead} days ahead, and the policy takes promises up to {policy.promise_ahead_days_max}"
    if command.contact_id and account.contact(command.contact_id) is None:
        yield "contact_id: the account knows no such contact"


def cancel_promise(account: Account, command: CancelPromise) -> tuple[CollectionFact, ...]:
    """End the open promise by word of a person."""
    heard, promise = str(command.meta.id), account.desk.promise
    if promise is None or promise.promise_id != command.promise_id:
        because = "this promise is not open"
        return (WorkRefused(account_id=command.account_id, heard=heard, because=because),)
    ended = _ended(account, promise, command.how, day_of(command.meta.occurred_at))
    return (ended.model_copy(update={"heard": heard}),)


def count_towards_promise(account: Account, payment: PatientPaymentReceived) -> tuple[CollectionFact, ...]:
    """Count a payment towards the open promise, once. A payment of the promise's own moment came before it."""
    promise = account.desk.promise
    if promise is None or payment.meta.occurred_at <= promise.made_at or payment.paid_cents <= 0:
        return ()
    if any(payment_id == payment.payment_id for payment_id, _ in promise.payments):
        return ()
    counted = PromisePaymentCounted(
        account_id=payment.account_id,
        promise_id=promise.promise_id,
        payment_id=payment.payment_id,
        paid_cents=payment.paid_cents,
    )
    paid_cents = promise.paid_cents + payment.paid_cents
    if paid_cents < promise.promised_cents:
        return (counted,)
    kept = PromiseEnded(
        account_id=payment.account_id,
        promise_id=promise.promise_id,
        outcome="kept",
        paid_cents=paid_cents,
        ended_on=day_of(payment.meta.occurred_at),
    )
    return (counted, kept)


def follow_up(account: Account, on: date) -> tuple[CollectionFact, ...]:
    """The promise's day and its grace have passed: what came of it."""
    promise = account.desk.promise
    assert promise is not None, "no promise to follow up"
    outcome: PromiseOutcome = "moot" if account.owed_cents <= 0 else "partly" if promise.payments else "broken"
    return (_ended(account, promise, outcome, on),)


def _ended(account: Account, promise: Promise, outcome: PromiseOutcome, on: date) -> PromiseEnded:
    return PromiseEnded(
        account_id=account.account_id,
        promise_id=promise.promise_id,
        outcome=outcome,
        paid_cents=promise.paid_cents,
        ended_on=on,
    )
