"""Settlements: by whom how much may be given up, when the rest is, and what brings it back."""

from dataclasses import replace
from typing import Any

import pytest

from services.collections.core.plan_policy import Role
from services.collections.core.policy_levels import Ending
from services.collections.plan_policies import plan_book
from shared.contracts import AccountWrittenOff, PlanCompleted, PlanProposed, PlanStarted, SettlementUndone
from tests.collections.plan_story import POLICY, PlanStory, payment

LONG = replace(POLICY, endings=(Ending(action="person", day=300),))


def owing(cents: int = 500_00, day: int = 61) -> PlanStory:
    """A balance old enough to settle."""
    return PlanStory(LONG).owes(cents).lives_to(day).forgets()


def settled(**terms: int) -> PlanStory:
    story = owing()
    story.settles(400_00, 80, role="operator", **terms).accepts()
    story.forgets()
    return story


def test_the_rest_is_given_up_when_the_last_cent_is_there_and_not_before() -> None:
    story = settled(installments=2)
    assert (story.plan.total_cents, story.plan.forgiven_cents) == (400_00, 100_00)
    story.lives_to(80).pays("pay_1", 200_00, leaving=300_00)
    assert not any(isinstance(one, AccountWrittenOff) for one in story.events)
    story.lives_to(110).pays("pay_2", 200_00, leaving=100_00)
    (given_up,) = (one for one in story.events if isinstance(one, AccountWrittenOff))
    assert (given_up.written_off_cents, given_up.reason) == (100_00, "settlement")
    assert story.account.status == "settled"
    assert story.account.owed_cents == 0
    assert story.told()[-3:] == ["110 plan.completed", "110 account.written-off", "110 account.settled"]


def test_the_balance_may_be_heard_before_the_payment() -> None:
    story = settled().lives_to(80)
    story.sequence += 1
    paid = payment(80, "pay_1", 400_00, story.sequence)
    story.owes(100_00)
    assert not any(isinstance(one, PlanCompleted) for one in story.events)
    story.tell(paid)
    assert story.account.status == "settled"
    story.tell(paid)
    assert sum(isinstance(one, AccountWrittenOff) for one in story.events) == 1


def test_care_that_came_later_is_still_owed() -> None:
    story = settled().lives_to(80).owes(550_00).pays("pay_1", 400_00, leaving=150_00)
    assert [one.written_off_cents for one in story.events if isinstance(one, AccountWrittenOff)] == [100_00]
    assert story.account.owed_cents == 50_00
    assert story.account.status != "settled"


def test_a_broken_settlement_restores_the_whole_debt() -> None:
    story = settled().lives_to(86)
    assert story.account.status != "plan"
    assert story.account.owed_cents == 500_00
    assert story.account.written_off_cents == 0


def test_money_that_leaves_again_brings_back_what_was_given_up() -> None:
    story = settled().lives_to(80).pays("pay_1", 400_00, leaving=100_00)
    story.owes(0).money_leaves("pay_1", 400_00, leaving=400_00)
    (undone,) = (one for one in story.events if isinstance(one, SettlementUndone))
    (given_up,) = (one for one in story.events if isinstance(one, AccountWrittenOff))
    assert (undone.write_off_id, undone.restored_cents) == (given_up.write_off_id, 100_00)
    story.owes(500_00)
    assert story.account.owed_cents == 500_00
    assert story.account.status == "open"


@pytest.mark.parametrize(
    ("role", "cents", "status"),
    [
        ("collector", 450_00, "offered"),
        ("collector", 449_99, "waiting"),
        ("operator", 350_00, "offered"),
        ("operator", 349_99, "waiting"),
    ],
)
def test_what_each_role_may_grant_alone(role: Role, cents: int, status: str) -> None:
    story = owing().settles(cents, 80, role=role)
    assert story.proposal.status == status


def test_above_the_limit_another_person_approves_and_above_the_most_nobody_may() -> None:
    story = owing().settles(300_00, 80)
    story.accepts().decides(actor="collector_1").decides().accepts()
    assert story.refusals() == ["not_open", "same_person"]
    assert story.account.status == "plan"
    assert owing().settles(249_99, 80).refusals() == ["too_much_given_up"]


@pytest.mark.parametrize(
    ("story", "cents", "terms", "codes"),
    [
        (owing(), 500_00, {}, ["nothing_given_up"]),
        (owing(90_00), 85_00, {}, ["balance_too_small"]),
        (owing(day=10), 450_00, {}, ["too_soon", "first_installment_too_late"]),
        (owing(), 450_00, {"installments": 4}, ["too_many_installments"]),
    ],
)
def test_an_offer_outside_the_limits_is_refused(
    story: PlanStory, cents: int, terms: dict[str, Any], codes: list[str]
) -> None:
    assert story.settles(cents, 80, **terms).refusals() == codes


def test_what_may_not_be_billed_is_never_settled() -> None:
    assert owing().protects(100_00).settles(450_00, 80).refusals() == ["never_billed"]


def test_an_offer_says_what_is_given_up() -> None:
    story = owing().settles(450_00, 80).accepts()
    proposed = next(one for one in story.events if isinstance(one, PlanProposed))
    started = next(one for one in story.events if isinstance(one, PlanStarted))
    assert (proposed.kind, proposed.forgiven_cents, started.forgiven_cents) == ("settlement", 50_00, 50_00)


def test_a_client_that_adopted_no_limits_settles_nothing() -> None:
    story = PlanStory(LONG, plans=plan_book()).owes(500_00).lives_to(61)
    assert story.settles(450_00, 80).refusals() == ["no_settlements_offered"]
