"""What users of other systems asked for or were hurt by, by the name of what they wanted."""

from dataclasses import replace
from datetime import date
from itertools import permutations

from services.collections.core import Account, AccountMessage, PolicyBook, ReminderLevel, SendReminder, make_decider
from services.collections.core.person_facts import PlaceLearned
from services.collections.core.person_messages import NotePerson
from services.collections.core.policy_charges import LateCharge, LawRow
from shared.contracts import LateChargeRaised, ReminderSent, StatementSent
from tests.collections.policy_story import failed, level, pending, policy, reminded
from tests.collections.story import ACCOUNT, POLICY, SHELF, TENANT, Story, balance, meta, payment, phone_call, said_on


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


def test_case_60_an_unknown_outcome_that_is_resolved_feeds_the_policy() -> None:
    on_failure = policy(reminders=(level(30, when={"failed_payments": ("insufficient_funds",)}), level(90, final=True)))
    story = Story(on_failure).owes(120_00).lives_to(28).tell(pending(28)).lives_to(36)
    assert reminded(story) == []  # how it ended is not known yet
    assert reminded(story.tell(failed(36)).lives_to(37)) == [(36, 1)]


def test_case_62_interest_stays_due_after_the_principal_is_paid() -> None:
    """Payments posts what collections raise as a charge of its own; the principal's payment does not touch it."""
    interest = LateCharge(name="interest", kind="interest", every_days=30, rate_bps=1200)
    law = LawRow(state="IL", kind="interest", valid_from=date(2026, 1, 1), valid_to=None, rate_max_bps=1200,
                 fee_max_cents=0, source="test", owner="test", confirmed=True)  # fmt: skip
    story = Story(policy(late_charges=(interest,), laws=(law,), reminders=(), placement_after_days=400))
    learned = NotePerson(
        meta=meta("place", 0),
        account_id=ACCOUNT,
        learned=(PlaceLearned(account_id=ACCOUNT, state="IL", zones=("America/Chicago",), has_phone=False),),
    )
    story.owes(10_000_00).tell(learned).lives_to(60)
    (raised,) = (event for event in story.events if isinstance(event, LateChargeRaised))
    assert (said_on(raised), raised.charge_cents) == (60, 98_63)  # 12 percent for 30 days after day 30
    story.owes(10_000_00 + raised.charge_cents).lives_to(70).pays("pay_1", 10_000_00, leaving=raised.charge_cents)
    assert (story.account.owed_cents, story.account.status) == (98_63, "overdue")
    # No interest on interest: nothing more is raised, and what is due is still asked for.
    story.forgets().lives_to(130)
    assert not [event for event in story.events if isinstance(event, LateChargeRaised)]
    assert [event.balance_cents for event in story.events if isinstance(event, StatementSent)][-1] == 98_63


def test_case_63_the_outstanding_of_several_charges_is_correct() -> None:
    story = Story().owes(120_00).lives_to(10).owes(200_00).lives_to(20).pays("pay_1", 120_00, leaving=80_00)
    reminders = [event for event in story.lives_to(60).events if isinstance(event, ReminderSent)]
    assert [event.balance_cents for event in reminders] == [80_00, 80_00]
