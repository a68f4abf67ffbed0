"""What holds for every account under every policy, with exceptions, decisions and news of money in between."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from services.collections.core import AccountMessage, PlaceAccount, SendReminder
from services.collections.core.facts import ReminderWentOut
from services.collections.core.policy_facts import ReviewAsked
from shared.decider import Snapshot
from tests.collections.policy_story import (
    decides,
    ending,
    excluded,
    failed,
    included,
    level,
    pending,
    policy,
    scored,
)
from tests.collections.story import POLICY, on
from tests.collections.test_properties import Life

POLICIES = st.sampled_from(
    [
        POLICY,
        policy(
            reminders=(
                level(-7, counts_from="due", name="early", when={"score_below": 50}),
                level(37, name="first", wait_days=10),
                level(60, name="poor", when={"owed_below_cents": 100_00}, then="give_up"),
                level(70, name="failed", when={"failed_payments": ("insufficient_funds",)}),
                level(90, name="final", final=True, when={"no_payment_for_days": 20}),
            ),
            endings=(
                ending("legal_review", name="court", when={"owed_from_cents": 250_00}),
                ending("write_off", 130, name="give_up", when={"score_below": 20, "score_within_days": 200}),
                ending("placement", 140),
            ),
        ),
    ]
)


class Turn(NamedTuple):
    """One thing that happens, after some days."""

    what: Literal["owe", "pay", "score", "pending", "failed", "exclude", "include", "decide", "live", "repeat"]
    days: int
    n: int


TURNS = st.lists(
    st.builds(
        Turn,
        st.sampled_from(
            ["owe", "pay", "score", "pending", "failed", "exclude", "include", "decide", "live", "live", "repeat"]
        ),
        st.sampled_from([0, 1, 9, 31, 70]),
        st.integers(0, 9),
    ),
    max_size=18,
)


def lived(chosen: Any, turns: list[Turn]) -> Life:
    life = Life(chosen)
    life.owes(300_00 if len(turns) % 2 else 80_00)
    for turn in turns:
        life.lives_by_deadlines(life.today + turn.days)
        life.tell(*told(life, turn))
    return life


def told(life: Life, turn: Turn) -> list[AccountMessage]:
    """What the account hears; money changes the balance itself."""
    day, n = life.today, turn.n
    if turn.what == "owe":
        life.owes((0, 80_00, 300_00)[n % 3])
    elif turn.what == "pay":
        life.pays(f"pay_{n}", 20_00, leaving=max(0, life.account.balance_cents - 20_00))
    until = on(day + 20) if n % 2 else None
    orders: dict[str, Callable[[], list[AccountMessage]]] = {
        "score": lambda: [scored(day, 10 * n)],
        "pending": lambda: [pending(day, f"pay_{n}")],
        "failed": lambda: [failed(day, f"pay_{n}")],
        "exclude": lambda: [excluded(day, f"exc_{n}", until=until)],
        "include": lambda: [included(day, f"exc_{n}")],
        "decide": lambda: decided(life, ("place", "write_off", "wait")[n % 3]),
        "repeat": lambda: life.messages[n : n + 1],
    }
    return orders.get(turn.what, list)()


def decided(life: Life, choice: str) -> list[AccountMessage]:
    if life.account.standing.review is None:
        return []
    return [decides(life, choice, until=on(life.today + 9) if choice == "wait" else None)]


LIVES = st.builds(lived, POLICIES, TURNS)


@given(LIVES)
def test_redelivery_decides_nothing_and_state_is_the_fold(life: Life) -> None:
    assert not life.decider.run(life.snapshot, life.messages).changed
    assert life.decider.fold(life.told_facts) == life.account
    codec = life.decider.state_codec
    assert codec.validate_python(codec.dump_python(life.account, mode="json"), strict=False) == life.account


@given(LIVES, st.lists(st.integers(0, 60), max_size=3))
def test_batching_is_invisible(life: Life, cuts: list[int]) -> None:
    bounds = [0, *sorted(min(cut, len(life.messages)) for cut in cuts), len(life.messages)]
    snapshot = Snapshot(life.decider.initial)
    for start, end in pairwise(bounds):
        snapshot = life.decider.run(snapshot, life.messages[start:end]).snapshot
    assert snapshot == life.snapshot


@given(LIVES)
def test_nothing_is_demanded_while_money_is_on_its_way_or_the_account_is_left_alone(life: Life) -> None:
    snapshot = Snapshot(life.decider.initial)
    for message in life.messages:
        before = snapshot.state
        decided = life.decider.run(snapshot, (message,))
        snapshot = decided.snapshot
        if any(isinstance(effect, SendReminder | PlaceAccount) for effect in decided.effects):
            today = message.meta.occurred_at.date()
            assert before.standing.exclusion is None or before.standing.exclusion.until == today
            assert all((today - one.since_on).days >= 10 for one in before.standing.pending)


@given(LIVES)
def test_levels_rise_and_every_account_ends_or_waits_for_a_person(life: Life) -> None:
    levels = dict[int, list[int]]()
    for fact in life.told_facts:
        if isinstance(fact, ReminderWentOut):
            levels.setdefault(fact.episode, []).append(fact.level)
    assert all(reached == sorted(set(reached)) for reached in levels.values())
    life.lives_by_deadlines(life.today + 3 * 365)
    waits = life.account.standing.exclusion is not None or life.account.work is not None or life.account.holds
    assert life.account.status in {"clear", "settled", "written_off"} or waits or life.account.standing.review
    asked = [fact.review_id for fact in life.told_facts if isinstance(fact, ReviewAsked)]
    assert len(asked) == len(set(asked))
