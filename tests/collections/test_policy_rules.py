"""Exceptions, decisions, money on its way, charges and limits: what an account answers on behalf of its policy."""

from collections import Counter
from dataclasses import replace
from datetime import date
from itertools import permutations
from typing import Any

import pytest

from services.collections.core import AccountMessage, PolicyBook, make_decider, still_wanted
from services.collections.core.facts import PlacementMade
from services.collections.core.person_facts import PlaceLearned
from services.collections.core.person_messages import NotePerson
from services.collections.core.policy_charges import LateCharge, LawRow, allowed, assess
from services.collections.core.policy_explain import explain, is_warned
from services.collections.core.policy_facts import LateChargeAssessed, LateChargeLookedAt
from services.collections.simulate import live
from services.collections.simulate.past import Input
from shared.contracts import LateChargeRaised, PatientPaymentReceived, ReviewRequested, RiskLimitCrossed
from tests.collections.policy_story import (
    adopts,
    decides,
    described,
    ending,
    excluded,
    failed,
    included,
    level,
    pending,
    policy,
    reminded,
    scored,
)
from tests.collections.story import ACCOUNT, POLICY, SHELF, TENANT, Story, balance, meta, on, payment, start_plan

# Money on its way


def test_a_payment_on_its_way_delays_a_reminder() -> None:
    story = Story().owes(120_00).lives_to(28).tell(pending(28)).lives_to(37)
    assert reminded(story) == []
    assert is_warned(POLICY, story.account, on(37))
    explained = explain(PolicyBook((POLICY,)), TENANT, story.account, on(37))
    assert explained is not None
    assert explained.waits_for == (f"a payment of 120.00 is on its way since {on(28)}",)
    # Nobody heard of it again: after the policy's ten days the reminder goes out.
    assert reminded(story.lives_to(38)) == [(38, 1)]


def test_a_payment_that_failed_is_awaited_no_more() -> None:
    story = Story().owes(120_00).lives_to(28).tell(pending(28)).lives_to(31).tell(failed(31)).lives_to(32)
    assert reminded(story) == [(32, 1)]
    assert story.account.standing.failed_payment == "insufficient_funds"


def test_a_payment_that_came_ends_the_wait_and_the_failure() -> None:
    story = Story().owes(120_00).lives_to(20).tell(failed(20)).lives_to(25).pays("pay_2", 20_00, leaving=100_00)
    assert story.account.standing.failed_payment == ""
    assert story.account.standing.last_payment_on == on(25)
    assert reminded(story.lives_to(30)) == [(30, 1)]


def test_a_payment_nobody_has_placed_delays_a_reminder() -> None:
    unplaced = PatientPaymentReceived(
        meta=meta("unplaced", 25, sequence=9),
        account_id="acct_1",
        payment_id="pay_9",
        method="check",
        paid_cents=50_00,
        applied_cents=0,
        unapplied_cents=50_00,
    )
    story = Story().owes(120_00).lives_to(25).tell(unplaced).lives_to(34)
    assert reminded(story) == []
    assert reminded(story.lives_to(35)) == [(35, 1)]


def test_a_pending_payment_stops_neither_the_first_statement_nor_overdue() -> None:
    story = Story().tell(pending(0)).owes(120_00).lives_to(31)
    assert story.told() == ["0 statement.sent", "30 reminder.sent", "31 balance.overdue"]


def test_a_repeated_statement_waits_for_a_payment_on_its_way_too() -> None:
    story = Story(policy(reminders=(level(90, final=True),))).owes(120_00).lives_to(28).tell(pending(28)).lives_to(40)
    assert story.told() == ["0 statement.sent", "31 balance.overdue", "38 statement.sent"]


def test_news_of_a_payment_come_in_any_order_and_any_number() -> None:
    news: list[AccountMessage] = [pending(3), failed(5), payment(9, "pay_2", 20_00, 3), pending(7, "pay_2")]
    ends = set[Any]()
    for order in permutations(news):
        decided = make_decider(PolicyBook((POLICY,)), SHELF).start(balance(0, 120_00, 1), *order, *order)
        ends.add(decided.snapshot.state.standing)
    assert len(ends) == 1
    (end,) = ends
    assert (end.pending, end.failed_payment, end.last_payment_on) == ((), "", on(9))


# Exceptions


def test_an_excluded_account_is_left_alone_until_somebody_says_so() -> None:
    story = Story().owes(120_00).lives_to(20).tell(excluded(20)).lives_to(200)
    assert story.told() == ["0 statement.sent"]
    assert story.account.status == "excluded"
    assert story.decider.due(story.account) is None
    story.tell(included(200)).lives_to(400)
    # Ten days were missing to the first reminder when it was left alone: they are still to come.
    assert reminded(story)[0] == (210, 1)
    assert story.told()[-1] == "330 account.written-off"


def test_a_letter_under_way_to_an_excluded_account_is_not_wanted_any_more() -> None:
    story = Story().owes(120_00)
    (letter,) = story.account.outgoing
    assert still_wanted(story.account, letter.id, letter.kind)
    assert not still_wanted(story.tell(excluded(0)).account, letter.id, letter.kind)
    assert still_wanted(story.tell(included(0)).account, letter.id, letter.kind)


def test_an_exclusion_ends_on_its_day() -> None:
    story = Story().owes(120_00).lives_to(20).tell(excluded(20, until=on(50))).lives_to(100)
    assert reminded(story) == [(60, 1), (90, 2)]


def test_an_excluded_account_opens_without_a_letter() -> None:
    story = Story().tell(excluded(0)).owes(120_00).lives_to(40)
    assert story.told() == []
    assert story.tell(included(40)).lives_to(41).told() == ["40 statement.sent"]


def test_a_repeated_or_late_exclusion_changes_nothing() -> None:
    story = Story().owes(120_00).tell(excluded(0), included(0)).forgets().tell(excluded(0), included(0))
    assert story.facts == []
    assert story.tell(excluded(0, "exc_2", until=on(0))).facts == []


# Decisions


LEGAL = policy(endings=(ending("legal_review", when={"owed_from_cents": 5_000_00}), ending("placement")))


def review_of(story: Story) -> list[str]:
    return [event.action for event in story.events if isinstance(event, ReviewRequested)]


def test_a_high_balance_is_brought_before_a_person() -> None:
    story = Story(LEGAL).owes(6_000_00).lives_to(200)
    assert review_of(story) == ["legal_review"]
    assert (story.account.status, story.account.work) == ("review", "review: legal_review")
    assert story.decider.due(story.account) is None
    assert Story(LEGAL).owes(600_00).lives_to(125).account.status == "placed"


def test_a_person_places_the_account() -> None:
    story = Story(LEGAL).owes(6_000_00).lives_to(130)
    story.tell(decides(story, "place")).lives_to(131)
    assert story.account.status == "placed"
    assert any(isinstance(fact, PlacementMade) for fact in story.facts)


def test_a_person_gives_the_balance_up() -> None:
    story = Story(LEGAL).owes(6_000_00).lives_to(130)
    story.tell(decides(story, "write_off"))
    assert story.told()[-1] == "130 account.written-off"
    assert story.account.work is None


def test_a_person_waits_and_is_asked_again() -> None:
    story = Story(LEGAL).owes(6_000_00).lives_to(130)
    first = story.account.standing.review
    decision = decides(story, "wait", until=on(160))
    story.tell(decision).lives_to(159)
    assert story.account.work is None
    story.lives_to(165)
    assert review_of(story) == ["legal_review", "legal_review"]
    assert story.account.standing.review != first
    assert story.forgets().tell(decision).facts == []  # a repeat of the old decision decides nothing


def test_a_plan_is_kept_while_a_decision_waits() -> None:
    story = Story(LEGAL).owes(6_000_00).lives_to(130).tell(start_plan(130, 150, installments=12))
    assert story.account.status == "plan"
    assert story.lives_to(140).account.standing.review is not None


def test_a_payment_in_full_ends_the_review() -> None:
    story = Story(LEGAL).owes(6_000_00).lives_to(130).owes(0)
    assert (story.account.status, story.account.work) == ("settled", None)
    assert Story(LEGAL).owes(6_000_00).lives_to(130).owes(0).owes(100_00).account.standing.review is None


# Another policy for what is open


SLOW = replace(POLICY, name="*/2026-07-15", valid_from=on(14), reminders=(level(45), level(70), level(100, final=True)))


def test_an_open_balance_goes_on_under_another_policy() -> None:
    story = Story(POLICY, SLOW).owes(120_00).lives_to(35).tell(adopts(35, SLOW.name)).lives_to(120)
    # The first reminder of day 30 is behind; of the new levels none is.
    assert reminded(story) == [(30, 1), (45, 1), (70, 2), (100, 3)]


def test_levels_whose_day_is_behind_the_last_one_sent_do_not_come_again() -> None:
    quick = replace(POLICY, name="*/2026-07-15", valid_from=on(14), reminders=(level(10), level(20), level(90)))
    story = Story(POLICY, quick).owes(120_00).lives_to(35).tell(adopts(35, quick.name)).lives_to(100)
    assert reminded(story) == [(30, 1), (90, 3)]


def test_a_policy_is_adopted_once_and_only_from_the_book() -> None:
    story = Story(POLICY, SLOW).owes(120_00).lives_to(5).tell(adopts(5, SLOW.name)).forgets()
    assert story.tell(adopts(5, SLOW.name), adopts(5, "*/1999-01-01")).facts == []
    story.tell(adopts(5, POLICY.name)).forgets()
    assert story.tell(adopts(5, SLOW.name)).facts == []  # a repeat does not move it back again


def test_switching_on_reaches_each_account_once_and_some_each_day() -> None:
    """80 balances that nobody was reminded of come under a policy at once: all three reminders are overdue for each."""
    spread = replace(POLICY, name="*/2026-10-01", valid_from=date(2026, 10, 1), spread_days=20)
    quiet = replace(POLICY, reminders=(level(400, final=True),), placement_after_days=500, statement_every_days=400)
    decider, first = make_decider(PolicyBook((quiet, spread)), SHELF), (spread.valid_from - on(0)).days
    per_day, per_account = Counter[date](), Counter[str]()
    for number in range(80):
        account_id = f"acct_{number}"
        opened, adopted = balance(0, 120_00, 1), adopts(first, spread.name)
        told = [
            Input(one.meta.occurred_at, one.model_copy(update={"account_id": account_id})) for one in (opened, adopted)
        ]
        life = live(decider, TENANT, account_id, told, on(first + 25))
        reminders = [deed for deed in life.deeds() if deed.what == "reminder"]
        assert [deed.level for deed in reminders] == [3]
        assert reminders[0].on == max(spread.not_before(account_id), on(first))
        per_day.update(deed.on for deed in reminders)
        per_account[account_id] += len(reminders)
    assert set(per_account.values()) == {1}
    assert max(per_day.values()) <= 10
    assert len(per_day) >= 16


# Interest and fees


LAW = LawRow(
    state="IL",
    kind="interest",
    valid_from=date(2026, 1, 1),
    valid_to=None,
    rate_max_bps=300,
    fee_max_cents=0,
    source="test",
    owner="test",
    confirmed=True,
)
FEE_LAW = replace(LAW, kind="fee", rate_max_bps=0, fee_max_cents=5_00)
INTEREST = LateCharge(name="interest", kind="interest", every_days=30, rate_bps=1200)


def lives_in(state: str) -> NotePerson:
    place = PlaceLearned(account_id=ACCOUNT, state=state, zones=("America/Chicago",), has_phone=False)
    return NotePerson(meta=meta(f"place/{state}", 0), account_id=ACCOUNT, learned=(place,))


def charged(story: Story) -> list[tuple[int, int]]:
    return [(event.raised_on.toordinal() - on(0).toordinal(), event.charge_cents)
            for event in story.events if isinstance(event, LateChargeRaised)]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "state", "day", "found"),
    [
        (LAW, "IL", on(0), True),
        (LAW, "WA", on(0), False),
        (LAW, "", on(0), False),
        (replace(LAW, confirmed=False), "IL", on(0), False),
        (replace(LAW, valid_from=on(1)), "IL", on(0), False),
        (replace(LAW, valid_to=on(-1)), "IL", on(0), False),
        (FEE_LAW, "IL", on(0), False),
    ],
)
def test_only_a_confirmed_row_in_force_allows_interest(row: LawRow, state: str, day: date, found: bool) -> None:
    assert (allowed((row,), state, "interest", day) is not None) == found


def test_interest_is_simple_capped_by_law_and_rounded_down() -> None:
    # 1,000.00 at 3 percent (the law's, not the policy's 12) for 30 of 365 days is 2.4657.
    assessed = assess(INTEREST, (LAW,), "IL", 1_000_00, on(0), on(30))
    assert assessed is not None
    assert (assessed.cents, assessed.law) == (2_46, "IL/interest/2026-01-01")
    assert assess(INTEREST, (LAW,), "IL", 10, on(0), on(30)) is None
    assert assess(INTEREST, (LAW,), "IL", 1_000_00, on(30), on(30)) is None
    fee = LateCharge(name="fee", kind="fee", every_days=30, fee_cents=9_00)
    assert assess(fee, (FEE_LAW,), "IL", 1_000_00, on(0), on(1)) is not None
    assert assess(fee, (LAW,), "IL", 1_000_00, on(0), on(1)) is None


@pytest.mark.parametrize(
    "broken",
    [{"every_days": 0}, {"rate_bps": 0}, {"fee_cents": 5}, {"after_overdue_days": -1}],
)
def test_a_charge_that_is_none_is_refused(broken: dict[str, Any]) -> None:
    assert list(replace(INTEREST, **broken).faults())


def test_nothing_is_charged_without_law() -> None:
    story = Story(policy(late_charges=(INTEREST,))).owes(1_000_00).lives_to(100)
    assert charged(story) == []
    assert not [fact for fact in story.facts if isinstance(fact, LateChargeAssessed)]
    assert [fact for fact in story.facts if isinstance(fact, LateChargeLookedAt)]


def test_interest_is_nothing_new_it_neither_brings_a_statement_nor_puts_off_the_end() -> None:
    law = replace(LAW, rate_max_bps=1200)
    monthly = policy(late_charges=(INTEREST,), laws=(law,))
    story = Story(monthly).owes(10_000_00).tell(lives_in("IL"))
    booked = 0
    for day in range(1, 125):
        story.lives_to(day)
        if (raised := sum(cents for _, cents in charged(story))) > booked:
            booked = raised
            story.owes(10_000_00 + booked)
    assert [day for day, _ in charged(story)] == [60, 90, 120]
    told = [line for line in story.told() if "late" not in line]
    assert told == [
        "0 statement.sent",
        "30 reminder.sent",
        "31 balance.overdue",
        "60 reminder.sent",
        "90 reminder.sent",
        "120 account.placed",
    ]
    # New care is new, whatever was charged beside it.
    newer = Story(monthly).owes(10_000_00).tell(lives_in("IL")).lives_to(70).owes(10_000_00 + 98_63 + 50_00)
    assert "70 statement.sent" in newer.lives_to(71).told()


def test_another_policy_never_charges_for_days_that_were_charged() -> None:
    law = replace(LAW, rate_max_bps=1200)
    first = policy(late_charges=(INTEREST,), laws=(law,), reminders=(), placement_after_days=400)
    other = replace(first, name="*/2026-09-01", late_charges=(replace(INTEREST, name="renamed"),))
    story = Story(first, other).owes(10_000_00).tell(lives_in("IL")).lives_to(70)
    assert charged(story) == [(60, 98_63)]
    story.tell(adopts(70, other.name)).lives_to(105)
    # Thirty days from the day of the change, not from the due date.
    assert charged(story) == [(60, 98_63), (100, 97_65)]


# Limits


def test_a_guarantor_above_the_limit_is_shown_once_and_below_it_again() -> None:
    story = Story(policy(risk_limit_cents=500_00)).owes(400_00).owes(600_00).owes(700_00)
    crossed = [event for event in story.events if isinstance(event, RiskLimitCrossed)]
    assert [(event.above, event.owed_cents) for event in crossed] == [(True, 600_00)]
    assert story.account.standing.above_risk
    story.forgets().owes(0)
    assert [event.above for event in story.events if isinstance(event, RiskLimitCrossed)] == [False]
    assert Story().owes(9_999_99).account.standing.above_risk is False


# What is known


def test_the_newest_description_counts() -> None:
    story = Story().owes(120_00).tell(scored(5, 10), scored(3, 90), scored(5, 10))
    score = story.account.standing.score
    assert score is not None
    assert (score.value, score.scored_on) == (10, on(5))
    story.tell(described(6, segment="self_pay", tags=("vip", "vip")))
    assert (story.account.standing.score, story.account.standing.tags) == (None, ("vip",))
