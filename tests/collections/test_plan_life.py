"""A plan from proposal to its end: who may agree to what, what is asked when, and how it ends or begins again."""

from dataclasses import replace
from typing import Any

import pytest

from services.collections.core.dispute_messages import SendNotice
from services.collections.core.facts import PlanAgreed
from services.collections.core.plan_facts import BreakTold, InstallmentReminded
from shared.contracts import InstallmentMissed, PlanBroken, PlanCancelled, PlanProposed, PlanRescheduled, PlanStarted
from tests.collections.plan_story import PLAIN_DAYS, PlanStory, book_with, consent, kept
from tests.collections.story import on


def owing(cents: int = 300_00, day: int = 10) -> PlanStory:
    return PlanStory().owes(cents).lives_to(day).forgets()


def test_what_is_proposed_and_accepted_begins_with_its_consent_on_record() -> None:
    story = owing().proposes(20, installments=3)
    assert story.proposal.status == "offered"
    story.accepts()
    assert story.schedule == [(20, 100_00), (51, 100_00), (82, 100_00)]
    consented = story.arrangement.consent
    assert (consented.by, consented.how, consented.proof) == ("guarantor", "phone", "rec_1")
    assert story.arrangement.policy[-1].startswith("settlement/")
    proposed, started = (one for one in story.events if isinstance(one, PlanProposed | PlanStarted))
    assert isinstance(proposed, PlanProposed)
    assert isinstance(started, PlanStarted)
    assert (proposed.waits, proposed.installments) == (False, 3)
    assert story.account.status == "plan"
    assert story.proposal.status == "accepted"


def test_above_its_limit_another_person_who_supervises_approves() -> None:
    story = owing(600_00)
    story.tell_hardship().proposes(20, variant="hardship", installments=30)
    assert story.proposal.status == "waiting"
    assert story.decider.index(story.account)["plan_waits"] is True
    story.accepts()
    story.decides(actor="collector_1").decides(role="collector")
    assert story.refusals() == ["not_open", "same_person", "not_a_supervisor"]
    story.decides().accepts()
    assert len(story.plan.installments) == 30


def test_what_was_declined_cannot_be_accepted_and_a_counter_proposal_takes_its_place() -> None:
    story = owing(600_00).tell_hardship()
    story.proposes(20, variant="hardship", installments=30).decides(approved=False).accepts()
    assert story.refusals() == ["not_open"]
    story.proposes(20, variant="hardship", installments=24).accepts()
    assert len(story.plan.installments) == 24


def test_a_plan_that_never_pays_off_is_refused_with_what_is_missing() -> None:
    story = owing().proposes(20, installments=3, installment_cents=50_00)
    assert story.refusals() == ["never_pays_off"]
    (refused,) = (one for one in story.account.plans.refused)
    assert "3 times 50.00 come to 150.00, which is less than the balance of 300.00" in refused.reasons[0]


@pytest.mark.parametrize(
    ("terms", "codes"),
    [
        ({"installments": 13}, ["too_many_installments", "installment_too_small"]),
        ({"installment_cents": 5_00}, ["too_many_installments", "installment_too_small"]),
        ({"installments": 2, "variant": "hardship"}, ["not_for_this_balance"]),
        ({"installments": 2, "variant": "yacht"}, ["no_such_plan"]),
        ({"installments": 2, "down_payment_cents": 300_00}, ["down_payment_is_all"]),
        ({}, ["no_terms"]),
    ],
)
def test_terms_outside_the_policy_are_refused_with_every_reason(terms: dict[str, Any], codes: list[str]) -> None:
    assert owing().proposes(20, **terms).refusals() == codes


def test_terms_that_are_stale_are_not_accepted() -> None:
    story = owing().proposes(30, installments=3).lives_to(26)
    assert story.accepts().refusals() == ["expired"]
    story.proposes(40, installments=3).owes(350_00)
    assert story.accepts().forgets().refusals() == []
    assert story.account.status == "open"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"text_version": "plan-terms/1999-01-01"}, "other_text"),
        ({"proof": ""}, "no_proof"),
    ],
)
def test_a_consent_is_to_the_text_in_force_and_can_be_shown(changes: dict[str, str], code: str) -> None:
    story = owing().proposes(20, installments=3)
    assert story.accepts(consent=consent(10, **changes)).refusals() == [code]


def test_what_may_not_be_billed_is_not_planned_or_settled() -> None:
    story = owing().protects(100_00)
    story.proposes(20, installments=3).settles(250_00, 20)
    assert set(story.refusals()) == {"never_billed"}


def test_a_down_payment_is_due_on_the_day_of_acceptance() -> None:
    story = owing().proposes(30, installments=2, down_payment_cents=50_00).lives_to(15)
    story.accepts()
    assert story.schedule == [(15, 50_00), (30, 125_00), (61, 125_00)]


def test_an_installment_is_reminded_of_before_it_is_due_by_a_way_the_gate_allows() -> None:
    story = kept().reaches_by_email().lives_to(16)
    (notice,) = (one for one in story.effects if isinstance(one, SendNotice))
    assert (notice.notice, notice.channel, notice.amount_due_cents, notice.due_on) == (
        "plan_due",
        "email",
        100_00,
        on(20),
    )
    unreachable = kept().lives_to(16)
    reminded = [one for one in unreachable.facts if isinstance(one, InstallmentReminded)]
    assert [one.notice_id for one in reminded] == [""]
    assert unreachable.account.work is None


def test_a_broken_plan_is_said_before_the_account_may_be_placed() -> None:
    story = kept().lives_to(31)
    assert any(isinstance(one, PlanBroken) for one in story.events)
    (told,) = (one for one in story.facts if isinstance(one, BreakTold))
    assert (told.told_on, told.not_placed_before) == (on(31), on(61))
    (notice,) = (one for one in story.effects if isinstance(one, SendNotice))
    assert notice.notice == "plan_broken"


def test_a_miss_that_is_allowed_does_not_break_the_plan_and_the_next_one_does() -> None:
    story = PlanStory(plans=book_with(replace(PLAIN_DAYS, misses_allowed=1))).owes(300_00).lives_to(10)
    story.proposes(20, installments=3).accepts().forgets().lives_to(61)
    assert [one.missed_cents for one in story.events if isinstance(one, InstallmentMissed)] == [100_00]
    assert story.account.status == "plan"
    story.lives_to(62)
    assert story.account.status != "plan"


def test_a_broken_plan_is_begun_again_once() -> None:
    story = kept()
    plan_id = story.plan.plan_id
    story.lives_to(35)
    assert story.account.status != "plan"
    story.re_ages(plan_id, 45)
    assert story.schedule == [(45, 100_00), (76, 100_00), (106, 100_00)]
    (again,) = (one for one in story.events if isinstance(one, PlanRescheduled))
    assert (again.why, again.total_cents) == ("re_aged", 300_00)
    story.lives_to(60)
    assert story.account.status != "plan"
    story.re_ages(plan_id, 70)
    assert story.refusals() == ["re_aged_before"]


def test_a_plan_that_is_not_late_is_not_begun_again_and_a_late_one_is() -> None:
    story = kept().lives_to(15)
    assert story.re_ages(story.plan.plan_id, 40).refusals() == ["not_late"]
    story.lives_to(25)
    story.re_ages(story.plan.plan_id, 40)
    assert story.schedule[0] == (40, 100_00)
    assert story.arrangement.re_ages == 1


def test_later_care_joins_a_plan_by_a_proposal() -> None:
    story = kept().lives_to(20).pays("pay_1", 100_00, leaving=200_00)
    assert story.proposes(30, installments=3).refusals() == ["nothing_to_join"]
    story.owes(260_00)
    story.proposes(30, installments=4).accepts()
    assert story.plan.total_cents == 260_00
    assert [cents for _, cents in story.schedule] == [65_00] * 4
    assert [one.why for one in story.events if isinstance(one, PlanRescheduled)] == ["joined"]
    separate = PlanStory(plans=book_with(replace(PLAIN_DAYS, new_balances="separate"))).owes(300_00).lives_to(10)
    separate.proposes(20, installments=3).accepts().owes(360_00)
    assert separate.proposes(30, installments=3).refusals() == ["plan_already_active"]


def test_a_cancelled_plan_lets_the_schedule_go_on_where_it_stood() -> None:
    story = kept().lives_to(15)
    story.cancels()
    assert [one.reason for one in story.events if isinstance(one, PlanCancelled)] == ["guarantor_asked"]
    assert story.account.episode is not None
    assert story.account.episode.rested_days == 5
    assert story.account.status == "open"


def test_money_beyond_what_is_due_pays_the_next_or_the_last_installments() -> None:
    ahead = kept().lives_to(20).pays("pay_1", 250_00, leaving=50_00)
    assert ahead.account.episode is not None
    assert ahead.account.episode.plan is not None
    assert ahead.account.episode.plan.open_cents(50_00) == (0, 0, 50_00)
    story = PlanStory(plans=book_with(replace(PLAIN_DAYS, extra_pays="last"))).owes(300_00).lives_to(10)
    story.proposes(20, installments=3).accepts().lives_to(20).pays("pay_1", 150_00, leaving=150_00)
    assert story.plan.open_cents(150_00) == (0, 100_00, 50_00)


def test_money_that_left_again_is_missing_in_the_plan_until_it_comes_back() -> None:
    story = kept().lives_to(20).pays("pay_1", 100_00, leaving=200_00)
    story.money_leaves("pay_1", 100_00, leaving=300_00)
    assert story.plan.open_cents(300_00) == (100_00, 100_00, 100_00)
    story.money_comes_back("pay_1", 100_00, leaving=200_00)
    assert story.plan.open_cents(200_00) == (0, 100_00, 100_00)
    story.money_leaves("pay_1", 100_00, leaving=200_00)
    assert story.plan.paid_cents == 100_00


def test_a_plan_is_paid_off_early() -> None:
    story = kept().lives_to(20).pays("pay_1", 300_00, leaving=0)
    assert story.told()[-2:] == ["20 plan.completed", "20 account.settled"]


def test_a_command_that_comes_twice_is_heard_once() -> None:
    story = owing()
    story.proposes(20, installments=3).accepts()
    agreed = [one for one in story.facts if isinstance(one, PlanAgreed)]
    assert len(agreed) == 1
