"""Taking installments: once, again where that helps and is allowed, and never while an answer is awaited."""

from dataclasses import replace

import pytest

from services.collections.core.plan_facts import InstallmentChargeAsked
from services.collections.core.plan_messages import SetAutopay
from services.collections.plan_policies import plan_book
from shared.contracts import AutopayEnded, InstallmentChargeRequested, PlanBroken
from tests.collections.plan_story import PLAIN_DAYS, RULES, PlanStory, book_with, consent, kept


def charges(story: PlanStory) -> list[tuple[int, int, int]]:
    """Number, attempt and cents of every charge asked for."""
    asked = [one for one in story.events if isinstance(one, InstallmentChargeRequested)]
    return [(one.number, one.attempt, one.charge_cents) for one in asked]


def taken(method: str = "card") -> PlanStory:
    return kept(autopay=method).lives_to(20)


def test_an_installment_is_asked_for_on_its_day_and_counts_when_it_is_paid() -> None:
    story = taken()
    assert charges(story) == [(1, 1, 100_00)]
    (asked,) = (one for one in story.events if isinstance(one, InstallmentChargeRequested))
    assert asked.sealed_token == "sealed:pm_1"
    story.charge_is_paid().lives_to(50)
    assert story.account.status == "plan"
    story.lives_to(51)
    assert charges(story) == [(1, 1, 100_00), (2, 1, 100_00)]


def test_nothing_else_is_taken_while_an_answer_is_awaited_and_a_person_asks_for_it() -> None:
    story = taken().lives_to(60)
    assert charges(story) == [(1, 1, 100_00)]
    assert story.account.plan_work == "autopay: no answer"
    assert story.decider.index(story.account)["needs_work"] is True
    assert story.account.status == "plan"


def test_a_soft_decline_is_tried_again_as_often_as_allowed_and_then_the_plan_has_its_grace() -> None:
    story = taken().charge_fails("insufficient_funds").lives_to(23)
    assert charges(story) == [(1, 1, 100_00), (1, 2, 100_00)]
    story.charge_fails("insufficient_funds").lives_to(30)
    assert charges(story)[-1] == (1, 3, 100_00)
    story.charge_fails("insufficient_funds").lives_to(30)
    assert [one.why for one in story.events if isinstance(one, AutopayEnded)] == ["tried_enough"]
    story.lives_to(31)
    assert any(isinstance(one, PlanBroken) for one in story.events)


@pytest.mark.parametrize("reason", ["stolen_card", "R02", "something_new"])
def test_a_hard_or_unknown_decline_is_not_tried_again_and_another_way_is_asked_for(reason: str) -> None:
    story = taken().charge_fails(reason).lives_to(30)
    assert len(charges(story)) == 1
    assert story.account.plan_work == "autopay: hard_decline"
    story.sets_autopay("card").lives_to(30)
    assert len(charges(story)) == 1  # that installment was tried: it is paid by hand, or missed
    assert story.arrangement.autopay is not None
    assert story.arrangement.autopay.ended == ""


def test_a_bank_debit_on_its_way_holds_everything_and_its_return_is_tried_once_more() -> None:
    story = taken("ach").charge_is_pending().lives_to(40)
    assert story.account.status == "plan"
    story.charge_fails("R01").lives_to(43)
    assert charges(story) == [(1, 1, 100_00), (1, 2, 100_00)]
    story.charge_fails("R01").lives_to(60)
    assert len(charges(story)) == 2


def test_what_was_paid_otherwise_is_not_taken() -> None:
    story = kept(autopay="card").lives_to(15).pays("pay_check", 60_00, leaving=240_00).lives_to(20)
    assert charges(story) == [(1, 1, 40_00)]


def test_a_leave_that_was_taken_back_ends_it_and_without_rules_there_is_none() -> None:
    story = kept(autopay="card")
    story.sets_autopay(None).lives_to(25)
    assert charges(story) == []
    assert [one.why for one in story.events if isinstance(one, AutopayEnded)] == ["revoked"]
    production = PlanStory(plans=plan_book()).owes(300_00).lives_to(10)
    assert production.proposes(20, installments=3).accepts(autopay="card").refusals() == ["no_autopay_offered"]
    other = kept()
    given = other.authorization().model_copy(update={"consent": consent(10, text_version="old")})
    other.order(SetAutopay, plan_id=other.plan.plan_id, autopay=given)
    assert other.refusals() == ["other_authorization_text"]


def test_money_that_was_taken_and_left_again_is_not_taken_a_second_time() -> None:
    story = taken("ach").charge_is_paid().lives_to(25).money_leaves(charge_of(20), 100_00, leaving=300_00)
    assert [one.why for one in story.events if isinstance(one, AutopayEnded)] == ["returned"]
    story.sets_autopay("ach").lives_to(30)
    assert len(charges(story)) == 1


def charge_of(day: int) -> str:
    """The payment of the only charge of the usual story on a day."""
    return taken().lives_to(day).arrangement.charges[-1].payment_id


def test_nothing_is_taken_from_whom_the_gate_protects() -> None:
    story = kept(autopay="card").protects(100_00).lives_to(40)
    assert charges(story) == []
    assert story.account.hold("plan_charge") is not None


def test_a_charge_stands_on_a_decision_of_the_gate() -> None:
    (asked,) = (one for one in taken().facts if isinstance(one, InstallmentChargeAsked))
    assert asked.decision_id


def test_a_card_that_may_not_be_tried_is_refused() -> None:
    assert RULES.autopay is not None
    story = PlanStory(plans=book_with(PLAIN_DAYS, replace(RULES.autopay, attempts={"ach": 1}))).owes(300_00)
    assert story.proposes(20, installments=3).accepts(autopay="card").refusals() == ["method_not_offered"]
