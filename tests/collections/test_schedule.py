"""An account's way from the first statement to its end, day by day."""

from dataclasses import replace

from services.collections.core import PlaceAccount, ReminderLevel, SendReminder, SendStatement
from services.collections.core.facts import ReminderPrepared
from shared.contracts import (
    AccountPlaced,
    AccountWrittenOff,
    BalanceOverdue,
    ContactLogged,
    ReminderSent,
    StatementSent,
)
from tests.collections.story import POLICY, Story, at, due, on, said_on


def test_an_unpaid_balance_goes_the_whole_way() -> None:
    story = Story().owes(120_00).lives_to(200)
    assert story.told() == [
        "0 statement.sent",
        "30 reminder.sent",
        "31 balance.overdue",
        "60 reminder.sent",
        "90 reminder.sent",
        "120 account.placed",
        "150 account.written-off",
    ]
    assert story.account.status == "written_off"


def test_a_statement_goes_out_as_soon_as_a_balance_opens() -> None:
    story = Story().owes(120_00)
    (statement,) = story.effects
    assert isinstance(statement, SendStatement)
    assert (statement.number, statement.balance_cents, statement.amount_due_cents) == (1, 120_00, 120_00)
    assert (statement.dated_on, statement.due_on) == (on(0), on(30))
    assert statement.sealed_guarantor == "sealed:guarantor"
    assert story.events == []  # nothing was sent yet: the worker has not answered

    story.delivers()
    sent, contact = story.events
    assert isinstance(sent, StatementSent)
    assert isinstance(contact, ContactLogged)
    assert (sent.number, sent.balance_cents, sent.sent_on, sent.due_on) == (1, 120_00, on(0), on(30))
    assert (contact.contact_id, contact.channel, contact.purpose) == (sent.statement_id, "letter", "statement")
    assert contact.contacted_at == at(0)


def test_reminders_say_their_level_and_how_long_it_is_overdue() -> None:
    story = Story().owes(120_00).lives_to(100)
    reminders = [e for e in story.events if isinstance(e, ReminderSent)]
    assert [(r.level, r.days_overdue) for r in reminders] == [(1, 0), (2, 30), (3, 60)]
    final = [e for e in story.effects if isinstance(e, SendReminder) and e.final]
    assert [e.level for e in final] == [3]
    purposes = [e.purpose for e in story.events if isinstance(e, ContactLogged)]
    assert purposes == ["statement", "reminder", "reminder", "final_notice"]


def test_a_balance_is_overdue_the_day_after_its_due_date() -> None:
    story = Story().owes(120_00).lives_to(31)
    (overdue,) = (e for e in story.events if isinstance(e, BalanceOverdue))
    assert (overdue.due_on, overdue.days_overdue, overdue.balance_cents, said_on(overdue)) == (on(30), 1, 120_00, 31)
    assert story.account.status == "overdue"


def test_a_new_statement_goes_out_each_cycle_when_no_reminder_does() -> None:
    few_reminders = replace(POLICY, reminders=(ReminderLevel(day=90, final=True),))
    story = Story(few_reminders).owes(120_00).lives_to(100)
    numbers = [(said_on(e), e.number) for e in story.events if isinstance(e, StatementSent)]
    assert numbers == [(0, 1), (30, 2), (60, 3)]
    assert [said_on(e) for e in story.events if isinstance(e, ReminderSent)] == [90]


def test_letters_keep_their_distance() -> None:
    # The mail house took the first reminder on day 55 only; the second one was planned for day 60.
    story = Story().owes(120_00).lives_to(29).jumps_to(30).sweeps().jumps_to(55).delivers().lives_to(70)
    assert [said_on(e) for e in story.events if isinstance(e, ReminderSent)] == [55, 62]


def test_the_clock_starts_when_the_statement_went_out() -> None:
    """26 CFR 1.501(r)-6 counts from the first statement provided, not from the wish to send one."""
    story = Story().owes(120_00).jumps_to(10).delivers().lives_to(200)
    assert story.told() == [
        "10 statement.sent",
        "31 balance.overdue",
        "40 reminder.sent",
        "70 reminder.sent",
        "100 reminder.sent",
        "130 account.placed",
        "160 account.written-off",
    ]


def test_a_late_deadline_sends_only_the_highest_reminder() -> None:
    story = Story().owes(120_00).delivers().forgets().jumps_to(200).sweeps()
    (reminder,) = story.effects
    assert isinstance(reminder, SendReminder)
    assert (reminder.level, reminder.final) == (3, True)
    (prepared,) = (f for f in story.facts if isinstance(f, ReminderPrepared))
    assert prepared.skipped == (1, 2)
    assert story.told() == ["200 balance.overdue"]

    # The final notice still gives the days it promises before the agency has the account.
    assert story.lives_to(300).told() == [
        "200 balance.overdue",
        "200 reminder.sent",
        "230 account.placed",
        "260 account.written-off",
    ]


def test_nothing_goes_out_while_an_answer_is_open() -> None:
    story = Story().owes(120_00).delivers().jumps_to(30).sweeps().forgets()
    story.jumps_to(100).sweeps()
    assert story.effects == []
    assert story.told() == ["100 balance.overdue"]


def test_nothing_is_placed_before_the_floor() -> None:
    story = Story(replace(POLICY, reminders=())).owes(120_00).lives_to(119)
    assert story.account.status == "overdue"
    assert story.lives_to(120).account.status == "placed"


def test_a_new_charge_is_stated_soon_and_has_its_own_days_before_placement() -> None:
    story = Story().owes(120_00).lives_to(20).owes(200_00).lives_to(200)
    assert story.told() == [
        "0 statement.sent",
        "20 statement.sent",
        "30 reminder.sent",
        "31 balance.overdue",
        "60 reminder.sent",
        "90 reminder.sent",
        "120 statement.sent",
        "140 account.placed",
        "170 account.written-off",
    ]


def test_a_new_charge_right_after_a_letter_waits_for_the_gap() -> None:
    story = Story().owes(120_00).lives_to(2).owes(200_00).lives_to(20)
    assert story.told() == ["0 statement.sent", "7 statement.sent"]


def test_a_new_charge_after_a_payment_is_seen_though_the_balance_is_lower() -> None:
    story = Story().owes(120_00).lives_to(10).pays("pay_1", 100_00, leaving=20_00).owes(60_00).lives_to(12)
    assert story.told() == ["0 statement.sent", "10 statement.sent"]


def test_the_agency_is_told_what_it_needs() -> None:
    story = Story().owes(120_00).lives_to(120)
    (place,) = (e for e in story.effects if isinstance(e, PlaceAccount))
    assert (place.agency_id, place.balance_cents, place.claims) == ("agency_1", 120_00, 1)
    assert (place.first_statement_on, place.due_on, place.placed_on) == (on(0), on(30), on(120))
    (placed,) = (e for e in story.events if isinstance(e, AccountPlaced))
    assert (placed.placement_id, placed.placed_cents) == (place.placement_id, 120_00)
    agency_contacts = [e.purpose for e in story.events if isinstance(e, ContactLogged) and e.channel == "agency"]
    assert agency_contacts == ["placement"]


def test_a_small_balance_is_written_off_instead_of_stated() -> None:
    story = Story().owes(4_99)
    (written_off,) = story.events
    assert isinstance(written_off, AccountWrittenOff)
    assert (written_off.written_off_cents, written_off.reason) == (4_99, "small_balance")
    assert story.effects == []
    assert Story().owes(5_00).events == []


def test_a_balance_that_became_small_is_not_reminded_any_more() -> None:
    story = Story().owes(120_00).delivers().jumps_to(12).owes(2_00).forgets().lives_to(60)
    assert story.told() == ["30 account.written-off"]


def test_the_book_catches_up_with_a_write_off_and_nothing_starts() -> None:
    story = Story().owes(120_00).lives_to(150).forgets().owes(0)
    assert (story.events, story.effects) == ([], [])
    assert story.account.status == "written_off"
    assert story.account.owed_cents == 0
    assert story.lives_to(300).events == []


def test_a_new_charge_after_a_write_off_opens_a_new_episode() -> None:
    story = Story().owes(120_00).lives_to(150)
    # Payments has not booked the write-off yet, and a new charge of 30.00 comes first.
    story.forgets().owes(150_00)
    (statement,) = story.effects
    assert isinstance(statement, SendStatement)
    assert statement.balance_cents == 30_00
    story.delivers().owes(30_00)
    assert (story.account.owed_cents, story.account.written_off_cents) == (30_00, 0)


def test_payment_in_full_stops_everything() -> None:
    story = Story().owes(120_00).lives_to(40).forgets().pays("pay_1", 120_00, leaving=0)
    assert story.told() == ["40 account.settled"]
    assert story.decider.due(story.account) is None
    assert story.lives_to(300).told() == ["40 account.settled"]
    assert story.account.status == "settled"


def test_a_balance_that_opens_again_starts_anew() -> None:
    story = Story().owes(120_00).lives_to(40).owes(0).jumps_to(50).forgets().owes(80_00).lives_to(80)
    assert story.told() == ["50 statement.sent", "80 reminder.sent"]
    (statement,) = (e for e in story.events if isinstance(e, StatementSent))
    assert statement.number == 2  # of the account, not of the episode


def test_a_payment_after_placement_recalls_the_account() -> None:
    story = Story().owes(120_00).lives_to(125).forgets().owes(0)
    assert story.told() == ["125 account.recalled", "125 account.settled"]
    story.delivers()
    assert story.account.outgoing == ()


def test_a_placement_that_crosses_a_payment_is_recalled() -> None:
    story = Story().owes(120_00).lives_to(119).jumps_to(120).sweeps().owes(0).forgets().delivers()
    assert story.told() == ["120 account.placed", "120 account.recalled"]
    assert story.delivers().account.outgoing == ()


def test_a_letter_that_crosses_a_payment_is_logged_and_starts_nothing() -> None:
    story = Story().owes(120_00).owes(0).forgets().jumps_to(1).delivers()
    assert story.told() == ["1 statement.sent"]
    assert story.account.status == "settled"
    assert story.decider.due(story.account) is None


def test_a_deadline_sent_twice_is_taken_once() -> None:
    story = Story().owes(120_00).delivers().jumps_to(30)
    deadline = story.decider.due(story.account)
    assert deadline is not None
    story.forgets().tell(due(deadline, 30), due(deadline, 30))
    assert len(story.effects) == 1
