"""Stories under policies that use levels with conditions, endings, exceptions and news of money."""

from dataclasses import replace
from datetime import date
from typing import Any

from services.collections.core import DunningPolicy
from services.collections.core.policy_conditions import Condition
from services.collections.core.policy_levels import Ending, ReminderLevel
from services.collections.core.policy_messages import (
    AdoptPolicy,
    DecideReview,
    DescribeAccount,
    ExcludeAccount,
    IncludeAccount,
)
from shared.contracts import PatientPaymentFailed, PatientPaymentPending, ReminderSent
from tests.collections.story import ACCOUNT, POLICY, Story, meta, on, said_on


def policy(**changes: Any) -> DunningPolicy:
    """The stories' policy with other figures."""
    return replace(POLICY, **changes)


def level(day: int, **more: Any) -> ReminderLevel:
    when = more.pop("when", {})
    return ReminderLevel(day=day, when=Condition(**when), **more)


def ending(action: Any, day: int = 120, **more: Any) -> Ending:
    when = more.pop("when", {})
    return Ending(action=action, day=day, when=Condition(**when), **more)


def reminded(story: Story) -> list[tuple[int, int]]:
    """Each reminder: the day, and its level."""
    return [(said_on(event), event.level) for event in story.events if isinstance(event, ReminderSent)]


def described(day: int, **given: Any) -> DescribeAccount:
    return DescribeAccount(meta=meta(f"describe/{day}/{given}", day, actor="collector_1"), account_id=ACCOUNT, **given)


def scored(day: int, score: int) -> DescribeAccount:
    return described(day, score=score, scored_on=on(day))


def excluded(day: int, exclusion_id: str = "exc_1", until: date | None = None) -> ExcludeAccount:
    return ExcludeAccount(
        meta=meta(f"exclude/{exclusion_id}", day, actor="collector_1"),
        account_id=ACCOUNT,
        exclusion_id=exclusion_id,
        reason="service_recovery",
        until=until,
    )


def included(day: int, exclusion_id: str = "exc_1") -> IncludeAccount:
    return IncludeAccount(
        meta=meta(f"include/{exclusion_id}", day, actor="collector_1"), account_id=ACCOUNT, exclusion_id=exclusion_id
    )


def pending(day: int, payment_id: str = "pay_1", cents: int = 120_00) -> PatientPaymentPending:
    return PatientPaymentPending(
        meta=meta(f"pending/{payment_id}/{day}", day, sequence=1),
        account_id=ACCOUNT,
        payment_id=payment_id,
        method="ach",
        pending_cents=cents,
    )


def failed(day: int, payment_id: str = "pay_1", reason: str = "insufficient_funds") -> PatientPaymentFailed:
    return PatientPaymentFailed(
        meta=meta(f"failed/{payment_id}/{day}", day, sequence=2),
        account_id=ACCOUNT,
        payment_id=payment_id,
        method="ach",
        reason=reason,
    )


def decides(story: Story, decision: Any, until: date | None = None) -> DecideReview:
    """The decision of the review that is open."""
    review = story.account.standing.review
    assert review is not None, "nobody asked for a decision"
    return DecideReview(
        meta=meta(f"decide/{review.review_id}/{decision}", story.today, actor="supervisor_1"),
        account_id=ACCOUNT,
        review_id=review.review_id,
        decision=decision,
        until=until,
    )


def adopts(day: int, name: str) -> AdoptPolicy:
    by = meta(f"adopt/{name}", day, actor="operator_1")
    return AdoptPolicy(meta=by, account_id=ACCOUNT, episode=1, policy=name)
