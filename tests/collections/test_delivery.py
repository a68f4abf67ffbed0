"""What could not go out: it waits for a person, is tried again, and no step is taken on a letter that never left."""

from services.collections.core import SendReminder, SendStatement, still_wanted
from services.collections.core.facts import DeliveryFailed
from shared.contracts import ContactLogged, StatementSent
from tests.collections.story import Story, balance, on, start_plan


def test_a_statement_without_a_guarantor_becomes_work() -> None:
    story = Story().owes(120_00, guarantor=None).delivers("failed", "guarantor_missing")
    assert story.account.work == "statement: guarantor_missing"
    assert story.events == []


def test_what_failed_is_tried_again_with_the_same_number() -> None:
    story = Story().owes(120_00).delivers("failed", "address_missing").forgets().lives_to(13)
    assert story.effects == []
    story.lives_to(14)
    (statement,) = story.effects
    assert isinstance(statement, SendStatement)
    assert (statement.number, statement.dated_on, statement.due_on) == (1, on(14), on(44))
    assert story.account.work is None
    assert story.lives_to(44).told() == ["14 statement.sent", "44 reminder.sent"]


def test_a_guarantor_that_comes_later_is_written_to_at_once() -> None:
    story = Story().owes(120_00, guarantor=None).delivers("failed", "guarantor_missing").jumps_to(3).forgets()
    story.owes(120_00, guarantor="sealed:found").sweeps()
    (statement,) = story.effects
    assert isinstance(statement, SendStatement)
    assert statement.sealed_guarantor == "sealed:found"


def test_a_guarantor_once_known_is_kept() -> None:
    story = Story().owes(120_00, guarantor="sealed:known").owes(130_00, guarantor=None)
    assert story.account.sealed_guarantor == "sealed:known"


def test_no_final_notice_no_placement() -> None:
    story = Story().owes(120_00).lives_to(89).jumps_to(90)
    for day in range(90, 200):
        story.jumps_to(day).sweeps().delivers("failed", "address_missing")
    assert story.account.episode is not None
    assert story.account.episode.placement is None
    assert story.account.status == "overdue"
    assert {f.retry_on for f in story.facts if isinstance(f, DeliveryFailed)} == {
        on(day) for day in range(104, 204, 14)
    }


def test_a_failed_letter_is_no_contact() -> None:
    story = Story().owes(120_00).delivers("failed", "seal_broken")
    assert not any(isinstance(e, ContactLogged) for e in story.events)


def test_a_placement_that_fails_is_tried_again() -> None:
    story = Story().owes(120_00).lives_to(119).jumps_to(120).sweeps().delivers("failed", "guarantor_unreadable")
    assert story.account.work == "placement: guarantor_unreadable"
    assert story.forgets().lives_to(134).told() == ["134 account.placed"]
    assert story.account.work is None


def test_a_settled_account_needs_no_work() -> None:
    story = Story().owes(120_00).delivers("failed", "address_missing").owes(0)
    assert (story.account.work, story.account.status) == (None, "settled")


def test_a_letter_is_wanted_as_long_as_its_episode_is_open() -> None:
    story = Story().owes(120_00)
    (statement,) = story.effects
    assert isinstance(statement, SendStatement)
    assert still_wanted(story.account, statement.statement_id, "statement")
    assert not still_wanted(story.account, statement.statement_id, "reminder")
    story.owes(0)
    assert not still_wanted(story.account, statement.statement_id, "statement")
    story.delivers("withdrawn")
    assert story.events[-1].meta.subject == "collection/acct_1"
    assert not any(isinstance(e, StatementSent) for e in story.events)


def test_a_letter_with_an_amount_that_is_not_owed_any_more_is_written_anew() -> None:
    story = Story().owes(120_00).owes(150_00)
    (old,) = story.effects
    assert isinstance(old, SendStatement)
    assert not still_wanted(story.account, old.statement_id, "statement")
    story.delivers("withdrawn").forgets().sweeps()
    (new,) = story.effects
    assert isinstance(new, SendStatement)
    assert (new.number, new.balance_cents, new.dated_on) == (1, 150_00, on(0))


def test_a_reminder_is_not_wanted_under_a_plan() -> None:
    story = Story().owes(120_00).lives_to(29).jumps_to(30).sweeps()
    reminder = story.effects[-1]
    assert isinstance(reminder, SendReminder)
    assert still_wanted(story.account, reminder.reminder_id, "reminder")
    story.tell(start_plan(30, 40, installments=2))
    assert not still_wanted(story.account, reminder.reminder_id, "reminder")


def test_a_recall_is_always_wanted() -> None:
    story = Story().owes(120_00).lives_to(120).owes(0)
    (recall,) = story.account.outgoing
    assert still_wanted(story.account, recall.id, "recall")


def test_numbers_are_not_used_twice_when_a_withdrawn_statement_is_overtaken() -> None:
    story = Story().owes(120_00).owes(0).owes(80_00)
    numbers = [e.number for e in story.effects if isinstance(e, SendStatement)]
    ids = {e.statement_id for e in story.effects if isinstance(e, SendStatement)}
    assert numbers == [1, 2]
    assert len(ids) == 2


def test_an_older_balance_is_ignored() -> None:
    story = Story().tell(balance(5, 80_00, 9)).forgets().tell(balance(1, 120_00, 3), balance(5, 80_00, 9))
    assert (story.facts, story.account.balance_cents) == ([], 80_00)
