"""Promises to pay: what they rest, what is counted, and what becomes of them."""

from dataclasses import replace
from typing import Any
from uuid import uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.collections.core.facts import ReminderWentOut
from services.collections.core.work_facts import PromiseEnded, PromiseMade, WorkRefused
from services.collections.core.work_messages import CancelPromise, MakePromise, PutOffAccount, WorkMessage
from shared.contracts import PatientPaymentPending
from tests.collections.story import ACCOUNT, NAMESPACE, POLICY, Story, meta, on, payment, phone_call, start_plan


def promise(day: int, cents: int, until: int, name: str = "prm_1", **given: Any) -> MakePromise:
    """A promise as a collector enters it."""
    return MakePromise(
        meta=meta(f"promise/{name}/{day}", day, actor="ann"),
        account_id=ACCOUNT,
        promise_id=name,
        promised_cents=cents,
        promised_for=on(until),
        **given,
    )


def owing(cents: int = 300_00, day: int = 35) -> Story:
    """An account whose first reminder has gone out."""
    story = Story().owes(cents).lives_to(day)
    return story.forgets()


def outcomes(story: Story) -> list[tuple[str, int]]:
    return [(fact.outcome, (fact.ended_on - on(0)).days) for fact in story.facts if isinstance(fact, PromiseEnded)]


def reminders(story: Story) -> list[int]:
    return [(fact.sent_on - on(0)).days for fact in story.facts if isinstance(fact, ReminderWentOut)]


def test_a_promise_rests_dunning_until_its_grace_is_over_and_is_then_broken() -> None:
    story = owing(day=55).tell(promise(55, 100_00, 70)).lives_to(73)
    assert reminders(story) == []  # the second reminder was due on day 60
    assert story.account.desk.promise is not None
    story.lives_to(80)
    assert outcomes(story) == [("broken", 74)]
    assert reminders(story) == [74]


def test_enough_money_keeps_it_at_once() -> None:
    story = owing().tell(promise(35, 100_00, 45)).jumps_to(38).pays("pay_1", 60_00, leaving=240_00)
    assert outcomes(story) == []
    story.jumps_to(40).pays("pay_2", 40_00, leaving=200_00)
    assert outcomes(story) == [("kept", 40)]
    assert story.account.desk.promise is None


def test_what_came_in_part_is_said_and_counts_as_not_kept() -> None:
    story = owing().tell(promise(35, 100_00, 40)).jumps_to(36).pays("pay_1", 60_00, leaving=240_00).lives_to(50)
    assert outcomes(story) == [("partly", 44)]
    assert story.account.desk.broken == 1
    assert story.account.desk.promises[-1].paid_cents == 60_00


def test_a_payment_before_the_promise_counts_nothing_and_one_counts_once() -> None:
    early, late = payment(34, "pay_0", 100_00, 7), payment(36, "pay_1", 60_00, 8)
    story = owing().tell(promise(35, 100_00, 45), early, late, late)
    assert story.account.desk.promise is not None
    assert story.account.desk.promise.paid_cents == 60_00


def test_a_debit_on_its_way_is_waited_for() -> None:
    pending = PatientPaymentPending(
        meta=meta("pending/ach_1", 44, sequence=9),
        account_id=ACCOUNT,
        payment_id="ach_1",
        method="ach",
        pending_cents=100_00,
    )
    story = owing().tell(promise(35, 100_00, 42)).lives_to(44)
    story.tell(pending).lives_to(50)
    assert outcomes(story) == []
    story.pays("ach_1", 100_00, leaving=200_00)
    assert outcomes(story) == [("kept", 50)]


def test_a_promise_of_a_debt_that_somebody_else_paid_is_moot() -> None:
    story = owing().tell(promise(35, 100_00, 40)).jumps_to(37).owes(0).lives_to(50)
    assert outcomes(story) == [("moot", 44)]
    assert story.account.desk.broken == 0
    assert story.account.status == "settled"


def test_the_payment_may_come_after_the_balance_that_it_settled() -> None:
    """Two events of one payment, in the other order."""
    story = owing().tell(promise(35, 300_00, 40)).jumps_to(37).owes(0)
    story.tell(payment(37, "pay_1", 300_00, 99))
    assert outcomes(story) == [("kept", 37)]


def test_after_two_broken_ones_no_promise_rests_anything() -> None:
    story = owing()
    for number, day in enumerate((35, 41, 47), start=1):
        story.lives_to(day).tell(promise(day, 50_00, day + 1, f"prm_{number}")).lives_to(day + 5)
    made = [fact.rests for fact in story.facts if isinstance(fact, PromiseMade)]
    assert made == [True, True, False]
    assert story.account.desk.broken == 3


def test_another_promise_replaces_it_and_a_person_can_take_it_back() -> None:
    story = owing().tell(promise(35, 100_00, 40)).tell(promise(36, 50_00, 45, "prm_2"))
    assert outcomes(story) == [("replaced", 36)]
    story.jumps_to(37).tell(
        CancelPromise(meta=meta("cancel", 37), account_id=ACCOUNT, promise_id="prm_2", how="withdrawn")
    )
    assert outcomes(story)[1:] == [("withdrawn", 37)]
    assert story.account.desk.broken == 0


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (promise(35, 400_00, 40), "more than the 30000 cents"),
        (promise(35, 100_00, 30), "the day has passed"),
        (promise(35, 100_00, 90), "55 days ahead"),
        (promise(35, 100_00, 40, contact_id="con_9"), "no such contact"),
        (promise(35, 100_00, 40, version=9), "changed it meanwhile"),
    ],
)
def test_what_is_no_promise_is_refused_with_why(command: MakePromise, why: str) -> None:
    story = owing().tell(command)
    (refused,) = story.facts
    assert isinstance(refused, WorkRefused)
    assert why in refused.because
    assert story.account.desk.because(str(command.meta.id)) == refused.because
    assert story.account.desk.promise is None


def test_nobody_promises_what_is_not_owed_or_is_in_a_plan() -> None:
    paid = owing().owes(0).forgets().tell(promise(35, 1_00, 40))
    assert [fact.because for fact in paid.facts if isinstance(fact, WorkRefused)] == ["nothing is owed"]
    planned = owing().tell(start_plan(35, 40, installments=3)).forgets().tell(promise(35, 100_00, 40))
    assert "a payment plan is kept" in "".join(fact.because for fact in planned.facts if isinstance(fact, WorkRefused))


def test_a_promise_made_in_a_call_is_no_contact_of_its_own() -> None:
    story = owing().tell(phone_call(35, "con_1")).forgets().tell(promise(35, 100_00, 40, contact_id="con_1"))
    assert [fact.type for fact in story.facts] == ["promise-made"]
    alone = owing().tell(promise(35, 100_00, 40))
    assert [fact.type for fact in alone.facts] == ["promise-made", "contact-made"]
    assert alone.account.contacts[-1].direction == "in"


def test_a_repeat_says_nothing_also_when_it_was_refused() -> None:
    command, bad = promise(35, 100_00, 40), promise(35, 900_00, 40, "prm_9")
    story = owing().tell(command, bad).forgets().tell(command, bad)
    assert story.facts == []


def test_dunning_goes_on_at_once_where_the_policy_lets_no_promise_rest_it() -> None:
    strict = replace(POLICY, promises_rest_until_broken=0)
    story = Story(strict).owes(300_00).lives_to(55).forgets().tell(promise(55, 100_00, 70)).lives_to(62)
    assert reminders(story) == [60]


WISHES = st.lists(
    st.one_of(
        st.tuples(st.just("promise"), st.integers(1, 400), st.integers(0, 20)),
        st.tuples(st.just("pay"), st.integers(1, 200), st.integers(0, 3)),
        st.tuples(st.just("wait"), st.integers(1, 20), st.just(0)),
        st.tuples(st.just("put_off"), st.integers(1, 20), st.just(0)),
    ),
    max_size=8,
)


@given(WISHES)
def test_whatever_is_promised_ends_once_and_the_state_is_the_fold_of_the_journal(
    wishes: list[tuple[str, int, int]],
) -> None:
    story, messages = owing(), list[WorkMessage]()
    for number, (what, amount, days) in enumerate(wishes):
        day = story.today
        if what == "promise":
            messages.append(promise(day, amount * 100, day + days, f"prm_{number}"))
            story.tell(messages[-1])
        elif what == "pay":
            story.pays(f"pay_{number}", amount * 100, leaving=max(0, story.account.balance_cents - amount * 100))
        elif what == "put_off":
            message_id = uuid5(NAMESPACE, f"put_off/{number}")
            envelope = meta(f"put-off/{number}", day).model_copy(update={"id": message_id})
            story.tell(PutOffAccount(meta=envelope, account_id=ACCOUNT, until=on(day + amount)))
        else:
            story.lives_to(day + amount)
    before = story.account
    for message in messages:
        story.tell(message)
    assert story.account == before
    story.lives_to(story.today + 60)
    made = [fact.promise_id for fact in story.facts if isinstance(fact, PromiseMade)]
    ended = [fact.promise_id for fact in story.facts if isinstance(fact, PromiseEnded)]
    assert sorted(made) == sorted(ended)
    assert story.account.desk.promise is None
    assert story.account.desk.put_off_until is None or story.account.episode is not None
