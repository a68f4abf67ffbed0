"""Payment plans."""

from dataclasses import replace
from datetime import date

import pytest
from pydantic import ValidationError

from services.collections.core import ReminderLevel, SendStatement
from services.collections.core.facts import PlanAgreed, PlanPaymentCounted, PlanRefused
from services.collections.core.plan_terms import months_later
from services.collections.core.plans import installments_of
from shared.contracts import ContactLogged, PlanBroken, PlanStarted, StatementSent
from tests.collections.story import POLICY, Story, on, payment, start_plan


def test_a_plan_rests_the_reminders_while_it_is_kept() -> None:
    story = Story().owes(300_00).lives_to(10).tell(start_plan(10, 20, installments=3)).forgets()
    story.lives_to(20).pays("pay_1", 100_00, leaving=200_00)
    story.lives_to(51).pays("pay_2", 100_00, leaving=100_00)
    story.lives_to(82).pays("pay_3", 100_00, leaving=0)
    assert story.told() == ["30 statement.sent", "60 statement.sent", "82 plan.completed", "82 account.settled"]


def test_a_plan_is_announced_and_logged_as_a_contact() -> None:
    story = Story().owes(300_00).delivers().forgets().tell(start_plan(0, 20, installments=4))
    started, contact = story.events
    assert isinstance(started, PlanStarted)
    assert isinstance(contact, ContactLogged)
    assert (started.total_cents, started.installments, started.first_due_on) == (300_00, 4, on(20))
    assert (contact.purpose, contact.channel, contact.meta.actor) == ("plan", "phone", "collector_1")
    assert story.account.status == "plan"


def test_a_statement_under_a_plan_asks_for_the_installment_only() -> None:
    story = Story().owes(300_00).lives_to(10).tell(start_plan(10, 35, installments=3)).forgets().lives_to(30)
    (statement,) = story.effects
    assert isinstance(statement, SendStatement)
    assert (statement.balance_cents, statement.amount_due_cents, statement.due_on) == (300_00, 100_00, on(35))


def test_a_missed_installment_breaks_the_plan_after_its_grace_and_the_schedule_goes_on_where_it_stood() -> None:
    story = Story().owes(300_00).lives_to(10).tell(start_plan(10, 20, installments=3)).forgets()
    story.lives_to(140)
    # Due on day 20, ten days of grace: broken on day 31, after 21 days of rest. Reminders of day 30, 60 and 90 follow.
    assert story.told() == [
        "30 statement.sent",
        "31 plan.broken",
        "51 reminder.sent",
        "52 balance.overdue",
        "81 reminder.sent",
        "111 reminder.sent",
    ]
    (broken,) = (e for e in story.events if isinstance(e, PlanBroken))
    assert (broken.missed_cents, broken.balance_cents) == (100_00, 300_00)
    assert story.lives_to(180).told()[-2:] == ["141 account.placed", "171 account.written-off"]


def test_a_late_payment_within_the_grace_keeps_the_plan() -> None:
    story = Story().owes(300_00).lives_to(10).tell(start_plan(10, 20, installments=3))
    story.lives_to(30).pays("pay_1", 100_00, leaving=200_00).lives_to(50)
    assert story.account.status == "plan"


def test_paying_ahead_counts() -> None:
    story = Story().owes(300_00).lives_to(10).tell(start_plan(10, 20, installments=3))
    story.pays("pay_1", 250_00, leaving=50_00).lives_to(80)
    assert story.account.status == "plan"


def test_a_new_charge_does_not_break_a_plan_that_is_paid() -> None:
    story = Story().owes(300_00).lives_to(10).tell(start_plan(10, 20, installments=3))
    story.lives_to(20).pays("pay_1", 100_00, leaving=200_00).owes(350_00).lives_to(50)
    assert story.account.status == "plan"
    story.pays("pay_2", 200_00, leaving=150_00)
    assert story.told()[-1] == "50 plan.completed"
    assert story.account.status == "open"


def test_late_insurer_money_counts_for_the_plan() -> None:
    story = Story().owes(300_00).lives_to(10).tell(start_plan(10, 20, installments=3)).owes(200_00).lives_to(45)
    assert story.account.status == "plan"


def test_a_payment_that_comes_twice_counts_once() -> None:
    story = Story().owes(300_00).lives_to(10).tell(start_plan(10, 20, installments=3))
    once = payment(20, "pay_1", 100_00, 5)
    story.tell(once, once)
    plan = story.account.episode.plan if story.account.episode is not None else None
    assert plan is not None
    assert plan.paid_cents == 100_00


def test_a_payment_from_before_the_plan_does_not_count_to_it() -> None:
    story = Story().owes(300_00).lives_to(10).tell(start_plan(10, 20, installments=3))
    story.forgets().tell(payment(9, "pay_0", 100_00, 5))
    # A clock that stands still gives payment and plan the same moment: the plan's total is net of the payment.
    story.tell(payment(10, "pay_0", 100_00, 5))
    assert not any(isinstance(fact, PlanPaymentCounted) for fact in story.facts)


def test_a_plan_asked_for_twice_is_agreed_once() -> None:
    plan = start_plan(0, 20, installments=3)
    story = Story().owes(300_00).tell(plan).forgets().tell(plan)
    assert story.facts == []


def test_the_same_plan_id_with_other_terms_is_refused_and_kept() -> None:
    story = Story().owes(300_00).tell(start_plan(0, 20, installments=3)).forgets()
    other = start_plan(0, 20, installments=4)
    story.tell(other, other)
    assert refused(story) == [("plan_id_used_for_other_terms",)]


@pytest.mark.parametrize(
    ("installments", "installment_cents", "first_due", "reasons"),
    [
        (13, None, 20, ("too_many_installments", "installment_too_small")),
        (None, 1, 20, ("too_many_installments", "installment_too_small")),
        (None, 24_99, 20, ("too_many_installments", "installment_too_small")),
        (3, None, -1, ("first_installment_in_the_past",)),
        (3, None, 46, ("first_installment_too_late",)),
    ],
)
def test_a_plan_outside_the_policy_is_refused_with_every_reason(
    installments: int | None, installment_cents: int | None, first_due: int, reasons: tuple[str, ...]
) -> None:
    plan = start_plan(0, first_due, installments=installments, installment_cents=installment_cents)
    story = Story().owes(310_00).delivers().forgets().tell(plan)
    assert refused(story) == [reasons]
    assert story.events == []
    assert story.account.status == "open"


def test_a_plan_is_refused_where_there_is_nothing_to_plan() -> None:
    assert refused(Story().tell(start_plan(0, 20, installments=3))) == [("no_balance_owed",)]
    twice = (
        Story()
        .owes(300_00)
        .tell(start_plan(0, 20, "plan_1", installments=3), start_plan(0, 20, "plan_2", installments=2))
    )
    assert refused(twice) == [("plan_already_active",)]
    placed = Story().owes(300_00).lives_to(120).tell(start_plan(120, 130, installments=3))
    assert refused(placed) == [("placed_with_agency",)]
    being_placed = Story().owes(300_00).lives_to(119).jumps_to(120).sweeps().tell(start_plan(120, 130, installments=3))
    assert refused(being_placed) == [("placed_with_agency",)]


def test_a_reminder_under_way_when_a_plan_is_agreed_does_not_count() -> None:
    story = Story().owes(300_00).lives_to(29).jumps_to(30).sweeps().tell(start_plan(30, 40, installments=3))
    story.forgets().delivers("withdrawn")
    assert story.events == []
    story.lives_to(100)
    assert story.told() == [
        "31 statement.sent",
        "51 plan.broken",
        "51 reminder.sent",
        "52 balance.overdue",
        "81 reminder.sent",
    ]


def test_installments_add_up_to_the_total() -> None:
    shared_out = installments_of(100_00, start_plan(0, 20, installments=3))
    assert [i.amount_cents for i in shared_out] == [33_34, 33_33, 33_33]
    given = installments_of(100_00, start_plan(0, 20, installment_cents=40_00))
    assert [i.amount_cents for i in given] == [40_00, 40_00, 20_00]


def test_installments_are_a_month_apart() -> None:
    assert months_later(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert months_later(date(2026, 1, 31), 2) == date(2026, 3, 31)
    assert months_later(date(2026, 12, 15), 1) == date(2027, 1, 15)


def test_a_plan_says_its_terms_one_way() -> None:
    with pytest.raises(ValidationError):
        start_plan(0, 20, installments=3, installment_cents=50_00)
    with pytest.raises(ValidationError):
        start_plan(0, 20)


def test_a_plan_made_before_the_first_statement_went_out_rests_nothing() -> None:
    few = replace(POLICY, reminders=(ReminderLevel(day=90, final=True),))
    story = Story(few).owes(300_00).tell(start_plan(0, 5, installments=3)).jumps_to(2).delivers().lives_to(200)
    assert [e.number for e in story.events if isinstance(e, StatementSent)] == [1, 2, 3, 4]
    assert any(isinstance(f, PlanAgreed) for f in story.facts)


def refused(story: Story) -> list[tuple[str, ...]]:
    return [f.reasons for f in story.facts if isinstance(f, PlanRefused)]
