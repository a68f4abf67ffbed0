"""Levels with conditions and branches: which one comes when, and which policies are refused, with what to do."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.collections.core import PolicyBook, PolicyError, ReminderLevel
from services.collections.core.policy_conditions import (
    ALWAYS,
    Condition,
    Score,
    Situation,
    Window,
    contradictions,
    hear,
)
from shared.contracts import ContactLogged
from tests.collections.policy_story import ending, failed, level, policy, reminded, scored
from tests.collections.story import DAY_0, POLICY, TENANT, Story, on

SITUATION = Situation(
    owed_cents=120_00,
    unpaid=2,
    opened_on=on(0),
    segment="self_pay",
    practice="north",
    tags=frozenset({"vip"}),
    score=Score(value=40, scored_on=on(5)),
    last_payment_on=on(10),
    failed_payment="insufficient_funds",
)


@pytest.mark.parametrize(
    ("given", "window"),
    [
        ({}, ALWAYS),
        ({"owed_from_cents": 120_00}, ALWAYS),
        ({"owed_from_cents": 120_01}, None),
        ({"owed_below_cents": 120_00}, None),
        ({"owed_below_cents": 120_01}, ALWAYS),
        ({"unpaid_from": 2, "unpaid_below": 3}, ALWAYS),
        ({"unpaid_from": 3}, None),
        ({"segments": ("self_pay", "insured")}, ALWAYS),
        ({"segments": ("insured",)}, None),
        ({"practices": ("north",)}, ALWAYS),
        ({"practices": ("south",)}, None),
        ({"tags": ("vip",)}, ALWAYS),
        ({"tags": ("vip", "staff")}, None),
        ({"without_tags": ("vip",)}, None),
        ({"without_tags": ("staff",)}, ALWAYS),
        ({"failed_payments": ("insufficient_funds",)}, ALWAYS),
        ({"failed_payments": ("card_declined",)}, None),
        ({"score_from": 40}, Window(on(5), date.max)),
        ({"score_from": 41}, None),
        ({"score_below": 41, "score_within_days": 30}, Window(on(5), on(35))),
        ({"age_from_days": 30}, Window(begins=on(30))),
        ({"age_below_days": 30}, Window(ends=on(29))),
        ({"no_payment_for_days": 20}, Window(begins=on(30))),
        ({"paid_within_days": 20}, Window(on(10), on(30))),
        ({"paid_within_days": 10, "age_from_days": 30}, None),
        ({"paid_within_days": 30, "age_from_days": 30}, Window(on(30), on(40))),
    ],
)
def test_a_condition_says_on_which_days_it_holds(given: dict[str, Any], window: Window | None) -> None:
    assert hear(Condition(**given), SITUATION).window == window


def test_what_is_not_known_holds_for_nothing() -> None:
    unknown = Situation(owed_cents=1, unpaid=1, opened_on=on(0))
    for condition in (
        Condition(score_from=0),
        Condition(score_below=101),
        Condition(paid_within_days=9999),
        Condition(failed_payments=("x",)),
    ):
        assert hear(condition, unknown).window is None
    assert hear(Condition(no_payment_for_days=20), unknown).window == Window(begins=on(20))


def test_a_condition_gives_its_reasons_in_words() -> None:
    heard = hear(Condition(owed_from_cents=500_00, score_from=30, age_from_days=60), SITUATION)
    assert heard.reasons(on(9)) == (
        "owed 120.00 is 500.00 or more: no",
        f"open for 60 days or more: not before {on(60)}",
        f"a score of 30 or more (it is 40, of {on(5)}): yes",
    )


@pytest.mark.parametrize(
    "given",
    [
        {"owed_from_cents": 100, "owed_below_cents": 100},
        {"unpaid_from": 3, "unpaid_below": 2},
        {"age_from_days": 30, "age_below_days": 30},
        {"score_from": 50, "score_below": 50},
        {"score_from": 200},
        {"tags": ("a",), "without_tags": ("a",)},
        {"no_payment_for_days": 30, "paid_within_days": 20},
    ],
)
def test_a_condition_that_can_never_hold_is_found(given: dict[str, Any]) -> None:
    assert list(contradictions(Condition(**given)))


def test_a_reminder_before_the_due_date() -> None:
    before_due = policy(reminders=(level(-7, counts_from="due"), level(45), level(90, final=True)))
    assert reminded(Story(before_due).owes(120_00).lives_to(100)) == [(23, 1), (45, 2), (90, 3)]


def test_the_due_date_counts_from_what_the_statement_printed() -> None:
    """The statement was written on day 0 and due on day 30; the mail house took it on day 10."""
    before_due = policy(reminders=(level(-7, counts_from="due"), level(60, final=True)))
    assert reminded(Story(before_due).owes(120_00).jumps_to(10).delivers().lives_to(80)) == [(23, 1), (70, 2)]


def test_a_level_is_passed_over_when_its_condition_does_not_hold() -> None:
    by_balance = policy(reminders=(level(30), level(60, when={"owed_from_cents": 500_00}), level(90, final=True)))
    assert reminded(Story(by_balance).owes(120_00).lives_to(100)) == [(30, 1), (90, 3)]
    assert reminded(Story(by_balance).owes(900_00).lives_to(100)) == [(30, 1), (60, 2), (90, 3)]


def test_a_partial_payment_moves_an_account_to_the_levels_of_its_balance() -> None:
    by_balance = policy(reminders=(level(30), level(60, when={"owed_from_cents": 500_00}), level(90, final=True)))
    story = Story(by_balance).owes(900_00).lives_to(40).pays("pay_1", 600_00, leaving=300_00).lives_to(100)
    assert reminded(story) == [(30, 1), (90, 3)]


def test_a_level_waits_for_the_day_on_which_its_condition_begins_to_hold() -> None:
    quiet = policy(reminders=(level(30, when={"no_payment_for_days": 30}), level(90, final=True)))
    paid_late = Story(quiet).owes(900_00).lives_to(20).pays("pay_1", 100_00, leaving=800_00).lives_to(100)
    assert reminded(paid_late) == [(50, 1), (90, 2)]


def test_the_last_failed_payment_has_a_level_of_its_own() -> None:
    on_failure = policy(reminders=(level(30, when={"failed_payments": ("insufficient_funds",)}), level(90, final=True)))
    assert reminded(Story(on_failure).owes(120_00).lives_to(100)) == [(90, 2)]
    assert reminded(Story(on_failure).owes(120_00).lives_to(20).tell(failed(20)).lives_to(100)) == [(30, 1), (90, 2)]


def test_a_score_that_grew_old_says_nothing() -> None:
    fresh = {"score_below": 50, "score_within_days": 30}
    by_score = policy(reminders=(level(45, when=fresh), level(90, final=True)))
    assert reminded(Story(by_score).owes(120_00).tell(scored(0, 20)).lives_to(100)) == [(90, 2)]
    assert reminded(Story(by_score).owes(120_00).lives_to(20).tell(scored(20, 20)).lives_to(100)) == [(45, 1), (90, 2)]


def test_a_level_may_wait_longer_after_the_contact_before_it() -> None:
    slow = policy(reminders=(level(30), level(60, wait_days=25), level(90, final=True)))
    story = Story(slow).owes(120_00).lives_to(29).jumps_to(30).sweeps().jumps_to(45).delivers().lives_to(100)
    assert reminded(story) == [(45, 1), (70, 2), (90, 3)]


def test_a_level_names_what_comes_after_it() -> None:
    branches = policy(
        reminders=(
            level(30, name="poor", when={"owed_below_cents": 50_00}, then="give_up"),
            level(37, name="first"),
            level(90, final=True),
        ),
        endings=(ending("placement", name="place"), ending("write_off", 150, name="give_up")),
    )
    # `give_up` is no ending for anybody else: the first one takes them all.
    assert Story(branches).owes(40_00).lives_to(200).told()[-1] == "150 account.written-off"
    assert reminded(Story(branches).owes(40_00).lives_to(200)) == [(30, 1)]
    assert "120 account.placed" in Story(branches).owes(400_00).lives_to(200).told()


def test_a_level_goes_out_by_its_own_channel_with_its_fallback() -> None:
    by_phone = policy(reminders=(level(30), level(60, channels=("email", "letter")), level(90, final=True)))
    story = Story(by_phone).owes(120_00).lives_to(65)
    channels = [event.channel for event in story.events if isinstance(event, ContactLogged)]
    assert channels == ["letter", "letter", "letter"]  # no e-mail address is known


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"reminders": (level(30, name="a"), level(60, name="b", then="a"))}, r"b: then: 'a' comes before it, a loop"),
        ({"reminders": (level(30, name="a", then="a"), level(60))}, r"a: then: 'a' comes before it, a loop"),
        ({"reminders": (level(30, then="nowhere"),)}, r"there is no step 'nowhere'; there are: placement"),
        (
            {"reminders": (level(30, then="c"), level(60, name="b"), level(90, name="c"))},
            r"reminders: b: nobody gets there",
        ),
        ({"endings": (ending("placement", when={"owed_from_cents": 1}),)}, r"endings: placement: a gap"),
        ({"endings": (ending("placement"), ending("write_off"))}, r"write_off: nobody gets there"),
        ({"endings": (ending("placement", 89),)}, r"day 89 is below placement_floor_days"),
        ({"endings": (ending("write_off", 89),)}, r"day 89 is before the last reminder"),
        ({"endings": (ending("write_off", agency_id="agency_2"),)}, r"only a placement has an agency"),
        ({"reminders": (level(30, name="a"), level(60, name="a"))}, r"a: a name that is used twice"),
        ({"reminders": (level(30), level(60, wait_days=40))}, r"level 2: day 60 is less than 40 days after"),
        ({"reminders": (level(30, wait_days=3),)}, r"wait_days: less than letter_gap_days \(7\)"),
        ({"reminders": (level(30, channels=()),)}, r"channels: name at least one"),
        ({"reminders": (level(30, channels=("letter", "letter")),)}, r"channels: .* each once"),
        ({"reminders": (level(-3),)}, r"before the statement nothing is owed"),
        ({"reminders": (level(30, when={"score_from": 9, "score_below": 9}),)}, r"level 1: when: score from 9"),
        ({"reminders": (level(-25, counts_from="due"),)}, r"letter_gap_days or more after the letter before"),
        ({"pending_payment_wait_days": -1}, r"pending_payment_wait_days: not negative"),
        ({"activation_approvals": 3}, r"activation_approvals: 0 \(none\), 1"),
    ],
)
def test_a_policy_is_refused_with_where_and_what_to_do(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(PolicyError, match=fault):
        policy(**changes)


def test_every_fault_of_a_policy_is_told_at_once() -> None:
    with pytest.raises(PolicyError) as refused:
        policy(letter_gap_days=0, reminders=(level(30, then="nowhere"),), small_balance_cents=-1)
    assert str(refused.value).count(";") >= 2


def test_a_second_policy_is_chosen_by_conditions_that_explain_themselves() -> None:
    poor = policy(name=f"{TENANT}.poor/2026-01-01", tenant=TENANT, variant="poor", applies=Condition(score_below=20))
    rich = replace(poor, name=f"{TENANT}.rich/2026-01-01", variant="rich", rank=5, applies=Condition(tags=("vip",)))
    book = PolicyBook((POLICY, poor, rich))
    chosen = book.choose(TENANT, on(6), SITUATION)
    assert chosen.policy == rich
    assert [(one.policy, one.applies) for one in chosen.considered] == [(rich.name, True)]
    nobody = replace(SITUATION, tags=frozenset[str]())
    chosen = book.choose(TENANT, on(6), nobody)
    assert chosen.policy == POLICY
    assert [one.applies for one in chosen.considered] == [False, False, True]
    assert chosen.considered[1].reasons == (f"a score below 20 (it is 40, of {on(5)}): no",)
    assert book.choose("northgate", on(6), SITUATION).policy == POLICY


def test_the_newest_version_of_a_variant_counts() -> None:
    old = policy(name=f"{TENANT}.v/2026-01-01", tenant=TENANT, variant="v", applies=Condition(owed_from_cents=1))
    new = replace(old, name=f"{TENANT}.v/2026-07-01", valid_from=DAY_0)
    book = PolicyBook((POLICY, old, new))
    assert book.choose(TENANT, on(0), SITUATION).policy == new
    assert book.choose(TENANT, on(-1), replace(SITUATION, opened_on=on(-1))).policy == old


def test_an_account_keeps_the_policy_it_was_chosen_at_its_opening() -> None:
    big = policy(
        name=f"{TENANT}.big/2026-01-01",
        tenant=TENANT,
        variant="big",
        applies=Condition(owed_from_cents=500_00),
        reminders=(ReminderLevel(day=45, final=True),),
    )
    story = Story(POLICY, big).owes(900_00).lives_to(20).pays("pay_1", 800_00, leaving=100_00).lives_to(50)
    assert reminded(story) == [(45, 1)]
    assert story.decider.due(story.account) is not None
