"""What an account answers on behalf of its policy: news of money, exceptions, decisions, charges and limits."""

from datetime import date, timedelta
from typing import TypeVar, assert_never

from services.collections.core.asking import may_act
from services.collections.core.balance import write_off
from services.collections.core.evolve import evolve
from services.collections.core.facts import CollectionFact
from services.collections.core.gate import Act
from services.collections.core.identity import name
from services.collections.core.letters import Books, Items, Today, day_of
from services.collections.core.policy import DunningPolicy, PolicyBook
from services.collections.core.policy_charges import LateCharge, assess
from services.collections.core.policy_facts import (
    AccountDescribed,
    AccountExcluded,
    ExclusionEnded,
    LateChargeAssessed,
    LateChargeLookedAt,
    PaymentFailureNoted,
    PaymentNoted,
    PaymentPendingNoted,
    PolicyAdopted,
    ReviewAsked,
    ReviewDecided,
    RiskChanged,
)
from services.collections.core.policy_messages import (
    AdoptPolicy,
    DecideReview,
    DescribeAccount,
    ExcludeAccount,
    IncludeAccount,
    PolicyMessage,
)
from services.collections.core.policy_standing import PAYMENTS_KEPT, FailedAt, PaidOn, Standing
from services.collections.core.schedule import charge_days, charged_from, ending_of, planned_on
from services.collections.core.state import Account, Episode
from shared.contracts import PatientBalanceChanged, PatientPaymentFailed, PatientPaymentPending, PatientPaymentReceived
from shared.decider import Effect

Kept = TypeVar("Kept", PaidOn, FailedAt)


def hear_of(books: Books, account: Account, message: PolicyMessage) -> Items:  # noqa: PLR0911 - one case per message
    """Every branch on what concerns the policy alone."""
    match message:
        case DescribeAccount():
            return describe(account, message)
        case ExcludeAccount():
            return exclude(account, message)
        case IncludeAccount():
            return end_exclusion(account, message.exclusion_id, day_of(message.meta.occurred_at))
        case DecideReview():
            return decide_review(books, account, message)
        case AdoptPolicy():
            return adopt(books.policies, account, message)
        case PatientPaymentPending():
            return note_pending(account, message)
        case PatientPaymentFailed():
            return note_failure(account, message)
        case _:
            assert_never(message)


def describe(account: Account, command: DescribeAccount) -> Items:
    """Take over what is known of the guarantor. What is older than that says nothing new."""
    known_at = account.standing.described_at
    if known_at is not None and command.meta.occurred_at <= known_at:
        return ()
    described = AccountDescribed(
        account_id=command.account_id,
        segment=command.segment,
        practice=command.practice,
        tags=tuple(sorted(set(command.tags))),
        score=command.score,
        scored_on=command.scored_on,
        described_at=command.meta.occurred_at,
    )
    return (described,)


def exclude(account: Account, command: ExcludeAccount) -> Items:
    """Leave the account alone, once for each order. A second exclusion takes the place of the first."""
    on, standing = day_of(command.meta.occurred_at), account.standing
    is_known = command.exclusion_id in {*standing.exclusions, *standing.ended_exclusions}
    if is_known or (command.until is not None and command.until <= on):
        return ()
    excluded = AccountExcluded(
        account_id=command.account_id,
        exclusion_id=command.exclusion_id,
        reason=command.reason,
        since_on=on if standing.exclusion is None else min(on, standing.exclusion.since_on),
        until=command.until,
    )
    return (excluded,)


def end_exclusion(account: Account, exclusion_id: str, on: date) -> Items:
    """The policy goes on where it stood: the days in between do not count. An end that comes early is remembered."""
    standing, episode = account.standing, account.episode
    if exclusion_id in standing.ended_exclusions:
        return ()
    current, rested_days = standing.exclusion, 0
    rests = episode is not None and episode.first_statement_on is not None and episode.plan is None
    if current is not None and current.exclusion_id == exclusion_id and rests:
        assert episode is not None, "it rests"
        assert episode.first_statement_on is not None, "it rests"
        rested_days = max(0, (on - max(current.since_on, episode.first_statement_on)).days)
    ended = ExclusionEnded(account_id=account.account_id, exclusion_id=exclusion_id, rested_days=rested_days)
    return (ended,)


def resume(account: Account, on: date) -> Items:
    """The day of the exclusion's end has come."""
    assert account.standing.exclusion is not None, "no exclusion to end"
    return end_exclusion(account, account.standing.exclusion.exclusion_id, on)


def note_payment(account: Account, payment: PatientPaymentReceived) -> Items:
    """A payment came in: the last activity, and the end of its being on its way."""
    paid = PaidOn(day_of(payment.meta.occurred_at), payment.payment_id)
    if not _is_news(account.standing.payments, paid):
        return ()
    noted = PaymentNoted(
        account_id=payment.account_id,
        payment_id=payment.payment_id,
        paid_on=paid.on,
        paid_cents=payment.paid_cents,
        unapplied_cents=payment.unapplied_cents,
    )
    return (noted,)


def note_pending(account: Account, event: PatientPaymentPending) -> Items:
    """Money is on its way, unless it came or failed meanwhile: events of two sources come in any order."""
    standing, on = account.standing, day_of(event.meta.occurred_at)
    later = (one for one in standing.failures if one.at >= event.meta.occurred_at)
    failed = any(one.payment_id == event.payment_id for one in later)
    known = any(one.payment_id == event.payment_id for one in standing.pending)
    if failed or known or standing.has_paid(event.payment_id):
        return ()
    oldest = standing.payments[0].on if len(standing.payments) == PAYMENTS_KEPT else date.min
    if on < oldest:
        return ()  # so old that whether it came is not remembered; a payment takes days, not years
    noted = PaymentPendingNoted(
        account_id=event.account_id, payment_id=event.payment_id, pending_cents=event.pending_cents, since_on=on
    )
    return (noted,)


def note_failure(account: Account, event: PatientPaymentFailed) -> Items:
    """A payment failed: its reason is a condition of the policy, and it is awaited no more."""
    if not _is_news(account.standing.failures, FailedAt(event.meta.occurred_at, event.payment_id, event.reason)):
        return ()
    noted = PaymentFailureNoted(
        account_id=event.account_id,
        payment_id=event.payment_id,
        reason=event.reason,
        failed_at=event.meta.occurred_at,
    )
    return (noted,)


def _is_news(kept: tuple[Kept, ...], item: Kept) -> bool:
    """Whether it is not kept already, and not older than everything that is."""
    return item not in kept and (len(kept) < PAYMENTS_KEPT or item > kept[0])


def decide_review(books: Books, account: Account, command: DecideReview) -> Items:
    """A person decided. The first decision of a review stands."""
    review, episode = account.standing.review, account.episode
    if review is None or episode is None or (review.review_id, review.decided) != (command.review_id, ""):
        return ()
    on = day_of(command.meta.occurred_at)
    decided = ReviewDecided(
        account_id=account.account_id,
        review_id=review.review_id,
        decision=command.decision,
        until=None if command.until is None else max(command.until, on + timedelta(1)),
    )
    if command.decision != "write_off":
        return (decided,)
    today = books.today(books.policies.named(episode.policy), command.meta)
    return (decided, *write_off(today, account, episode, "bad_debt"))


def ask_review(today: Today, account: Account, episode: Episode) -> Items:
    """Bring the account before a person."""
    found = ending_of(today.policy, account, episode)
    assert found is not None, "an account leaves its policy after a statement only"
    number = account.standing.reviews + 1
    asked = ReviewAsked(
        account_id=account.account_id,
        review_id=name("rev", today.tenant, account.account_id, number),
        episode=episode.number,
        action=found[0].action,
        ending=found[0].title,
        policy=today.policy.name,
        balance_cents=account.owed_cents,
        asked_on=today.on,
    )
    return (asked,)


def adopt(book: PolicyBook, account: Account, command: AdoptPolicy) -> Items:
    """Go on under another policy of the book. Levels whose day is behind the last one sent count as sent.

    What was due long ago comes once, as its highest level, on the account's share of the new policy's first days.
    """
    episode = account.episode
    names = {policy.name for policy in book.policies} - {*account.standing.adopted}
    if episode is None or episode.number != command.episode or command.policy not in names:
        return ()
    adopted = PolicyAdopted(
        account_id=account.account_id,
        episode=episode.number,
        policy=command.policy,
        level=_level_reached(book.named(episode.policy), book.named(command.policy), episode),
        adopted_on=day_of(command.meta.occurred_at),
    )
    return (adopted,)


def _level_reached(old: DunningPolicy, new: DunningPolicy, episode: Episode) -> int:
    if episode.level == 0 or episode.first_statement_on is None:
        return 0
    reached_on = planned_on(old, episode, old.reminders[episode.level - 1])
    return sum(planned_on(new, episode, level) <= reached_on for level in new.reminders)


def charge_late(today: Today, account: Account, episode: Episode) -> Items:
    """Interest and fees whose day has come, as far as the law's rows allow; else it was only looked at."""
    assert episode.due_on is not None, "late without a due date"
    days = charge_days(today.policy, account, episode.due_on)
    due = [charge for charge in today.policy.late_charges if days[charge.name] <= today.on]
    charged = tuple(_charged(today, account, episode, charge) for charge in due)
    if not any(isinstance(one, LateChargeAssessed) for one in charged):
        return charged
    leave = may_act(today.asker, account, Act.LATE_FEE, "charge")
    return (*leave.facts, *charged) if leave.allowed else leave.facts


def _charged(today: Today, account: Account, episode: Episode, charge: LateCharge) -> CollectionFact:
    assert episode.due_on is not None, "late without a due date"
    standing, last = account.standing, account.standing.charge(charge.name)
    since = charged_from(standing, charge, episode.due_on) if last is None else last.on
    principal_cents = principal(standing, account.owed_cents)
    sealed_guarantor = account.sealed_guarantor
    found = assess(charge, today.policy.laws, account.person.state, principal_cents, since, today.on)
    if found is None or sealed_guarantor is None:
        return LateChargeLookedAt(account_id=account.account_id, charge=charge.name, looked_on=today.on)
    return LateChargeAssessed(
        account_id=account.account_id,
        charge_id=name("chg", today.tenant, account.account_id, episode.number, charge.name, today.on),
        charge=charge.name,
        kind=charge.kind,
        charge_cents=found.cents,
        principal_cents=principal_cents,
        since_on=since,
        assessed_on=today.on,
        law=found.law,
        sealed_guarantor=sealed_guarantor,
    )


def principal(standing: Standing, owed_cents: int) -> int:
    """What interest may be asked for: the least that stood open since the last charge, without earlier charges."""
    now_cents = max(0, owed_cents - standing.charged_cents)
    return now_cents if standing.principal_low_cents is None else min(now_cents, standing.principal_low_cents)


def with_risk(book: PolicyBook, before: Account, event: PatientBalanceChanged, items: Items) -> Items:
    """Add whether what is owed crossed the policy's limit. It is for a person to see, and blocks nothing."""
    if not items:
        return ()
    account = before
    for item in items:
        account = account if isinstance(item, Effect) else evolve(account, item)
    episode = account.episode
    on = day_of(event.meta.occurred_at)
    policy = book.on(event.meta.tenant, on) if episode is None else book.named(episode.policy)
    limit_cents = policy.risk_limit_cents
    owed_cents = max(0, account.owed_cents)
    above = 0 < limit_cents <= owed_cents
    if above == account.standing.above_risk or limit_cents == 0:
        return items
    changed = RiskChanged(account_id=account.account_id, above=above, owed_cents=owed_cents, limit_cents=limit_cents)
    return (*items, changed)
