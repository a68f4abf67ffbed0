"""What a balance does: it opens an episode of the policy, ends it, or is given up."""

from services.collections.core.evolve import evolve
from services.collections.core.facts import (
    BalanceNoted,
    BalanceSettled,
    BecameOverdue,
    EpisodeOpened,
    RetryAllowed,
    WriteOffReason,
)
from services.collections.core.letters import Books, Items, Today, day_of, prepare_statement, recall
from services.collections.core.plans import fulfil
from services.collections.core.policy import DunningPolicy
from services.collections.core.schedule import situation
from services.collections.core.state import Account, Episode
from services.collections.core.write_off import given_up
from shared.contracts import PatientBalanceChanged


def change_balance(books: Books, account: Account, message: PatientBalanceChanged) -> Items:
    """Take over the absolute balance. One that is older than what is known already says nothing new."""
    if message.meta.sequence <= account.balance_sequence:
        return ()
    noted = BalanceNoted(
        account_id=message.account_id,
        balance_cents=message.balance_cents,
        claims=message.claims,
        sequence=message.meta.sequence,
        sealed_guarantor=message.sealed_guarantor or account.sealed_guarantor,
        written_off_cents=still_unbooked_cents(account, message.balance_cents),
    )
    after = evolve(account, noted)
    if after.episode is None:
        return (noted, *_open(books, after, message)) if after.owed_cents > 0 else (noted,)
    if after.owed_cents <= 0:
        return (noted, *_settle(after, after.episode, message))
    if after.episode.retry_on is not None and message.sealed_guarantor is not None:
        return (noted, RetryAllowed(account_id=message.account_id))
    return (noted,)


def still_unbooked_cents(account: Account, balance_cents: int) -> int:
    """How much of what we gave up is not in the new balance yet.

    Payments books a write-off some time after it was told. Until its balance drops by at least that much, or to
    nothing, what was given up is still in it, and must not open an episode again.
    """
    booked = balance_cents <= 0 or account.balance_cents - balance_cents >= account.written_off_cents
    return 0 if booked else account.written_off_cents


def write_off(today: Today, account: Account, episode: Episode, reason: WriteOffReason) -> Items:
    """Give the balance up. An agency that has it keeps it: bad debt is still owed, it is only not expected."""
    return given_up(today.tenant, account, episode, reason)


def is_small(policy: DunningPolicy, account: Account, episode: Episode) -> bool:
    """Not worth a letter: under the policy's threshold, and nobody is paying it off."""
    return account.owed_cents <= policy.small_balance_cents and episode.plan is None


def mark_overdue(today: Today, account: Account, episode: Episode) -> Items:
    """The first statement's due date has passed."""
    assert episode.due_on is not None, "overdue without a due date"
    overdue = BecameOverdue(
        account_id=account.account_id,
        balance_cents=account.owed_cents,
        due_on=episode.due_on,
        days_overdue=(today.on - episode.due_on).days,
    )
    return (overdue,)


def _open(books: Books, account: Account, message: PatientBalanceChanged) -> Items:
    on = day_of(message.meta.occurred_at)
    policy = books.policies.choose(message.meta.tenant, on, situation(account, on)).policy
    today = books.today(policy, message.meta)
    opened = EpisodeOpened(
        account_id=account.account_id,
        number=account.episodes + 1,
        policy=today.policy.name,
        opened_on=on,
        tenant=today.tenant,
    )
    account = evolve(account, opened)
    episode = account.episode
    assert episode is not None, "it was opened just now"
    if is_small(today.policy, account, episode):
        return (opened, *write_off(today, account, episode, "small_balance"))
    if account.standing.exclusion is not None or policy.not_before(account.account_id) > on:
        return (opened,)
    return (opened, *prepare_statement(today, account, episode))


def _settle(account: Account, episode: Episode, message: PatientBalanceChanged) -> Items:
    at = message.meta.occurred_at
    placement = episode.placement
    recalled = () if placement is None else recall(account, placement.placement_id, placement.agency_id, day_of(at))
    return (*fulfil(account, at), *recalled, BalanceSettled(account_id=account.account_id))
