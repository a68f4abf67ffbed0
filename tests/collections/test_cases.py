"""What users of other systems asked for or were hurt by, by the name of what they wanted."""

from dataclasses import replace
from datetime import date
from itertools import permutations

from services.collections.core import Account, AccountMessage, PolicyBook, ReminderLevel, SendReminder, make_decider
from shared.contracts import ReminderSent
from tests.collections.story import POLICY, SHELF, TENANT, Story, balance, payment, phone_call, said_on


def reminded_on(story: Story) -> list[int]:
    return [said_on(e) for e in story.events if isinstance(e, ReminderSent)]


def state_after(messages: list[AccountMessage]) -> Account:
    return make_decider(PolicyBook((POLICY,)), SHELF).start(*messages).snapshot.state


def test_case_53_reminders_at_7_30_60_90_days_then_collections() -> None:
    levels = tuple(ReminderLevel(day=day, final=day == 90) for day in (7, 30, 60, 90))
    story = Story(replace(POLICY, reminders=levels)).owes(120_00).lives_to(125)
    assert reminded_on(story) == [7, 30, 60, 90]
    assert story.account.status == "placed"


def test_case_54_a_documented_retry_really_happens() -> None:
    story = Story().owes(120_00).lives_to(29).jumps_to(30).sweeps().delivers("failed", "address_missing")
    assert reminded_on(story) == []
    assert reminded_on(story.lives_to(44)) == [30 + POLICY.retry_after_days]


def test_case_55_a_partially_paid_balance_is_still_reminded() -> None:
    story = Story().owes(120_00).lives_to(20).pays("pay_1", 50_00, leaving=70_00).lives_to(30)
    (reminder,) = (e for e in story.events if isinstance(e, ReminderSent))
    assert (said_on(reminder), reminder.balance_cents) == (30, 70_00)


def test_case_56_reminding_one_balance_does_not_suppress_another() -> None:
    story = Story().owes(120_00).lives_to(30).owes(200_00).lives_to(60)
    reminders = [e for e in story.events if isinstance(e, ReminderSent)]
    assert [(r.level, r.balance_cents) for r in reminders] == [(1, 120_00), (2, 200_00)]


def test_case_57_credits_net_before_reminding() -> None:
    story = Story().owes(120_00).lives_to(20).owes(-30_00).forgets().lives_to(100)
    assert (story.events, story.effects) == ([], [])
    assert Story().owes(-5_00).lives_to(100).events == []


def test_case_58_the_same_state_however_often_and_in_whatever_order_events_arrive() -> None:
    newest, older = balance(0, 120_00, 4), balance(0, 90_00, 3)
    messages: list[AccountMessage] = [newest, older, payment(0, "pay_1", 30_00, 2), phone_call(0, "call_1")]
    orders = [list(order) for order in permutations(messages)]
    assert {state_after(order * 2).owed_cents for order in orders} == {120_00}
    # An older balance that comes first opened its episode at that amount; one that comes later is not even noted.
    assert len({state_after(order * 2) for order in orders if order.index(newest) < order.index(older)}) == 1


def test_case_59_settings_belong_to_a_tenant() -> None:
    own = replace(
        POLICY, name="northgate/2026-01-01", tenant="northgate", reminders=(ReminderLevel(day=45, final=True),)
    )
    assert reminded_on(Story(POLICY, own, tenant="northgate").owes(120_00).lives_to(100)) == [45]
    assert reminded_on(Story(POLICY, own, tenant=TENANT).owes(120_00).lives_to(100)) == [30, 60, 90]


def test_case_61_the_process_has_an_end() -> None:
    story = Story().owes(120_00).lives_to(150)
    assert story.told()[-2:] == ["120 account.placed", "150 account.written-off"]
    assert story.decider.due(story.account) is None


def test_an_open_episode_keeps_the_policy_it_began_with() -> None:
    stricter = replace(
        POLICY, name="*/2026-07-15", valid_from=date(2026, 7, 15), reminders=(ReminderLevel(day=40, final=True),)
    )
    story = Story(POLICY, stricter).owes(120_00).lives_to(60)
    assert reminded_on(story) == [30, 60]
    later = Story(POLICY, stricter).jumps_to(20).owes(120_00).lives_to(70)
    assert reminded_on(later) == [60]


def test_a_repeat_of_a_letter_has_the_same_name() -> None:
    names = [
        [e.reminder_id for e in Story().owes(120_00).lives_to(90).effects if isinstance(e, SendReminder)] for _ in "ab"
    ]
    assert names[0] == names[1]
    assert len(set(names[0])) == 3
