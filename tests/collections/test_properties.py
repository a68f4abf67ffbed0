"""What holds for every account, whatever it is told and however often."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Literal, NamedTuple, TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from services.collections.core import (
    Account,
    AccountMessage,
    CollectionFact,
    DunningPolicy,
    RecallAccount,
    ReminderLevel,
)
from services.collections.core.facts import (
    BecameOverdue,
    EpisodeOpened,
    PlacementMade,
    PlanAgreed,
    PlanFulfilled,
    PlanMissed,
    ReminderWentOut,
    StatementWentOut,
)
from shared.contracts import AccountPlaced, ContactLogged, PatientBalanceChanged, ReminderSent, StatementSent
from shared.decider import Decided, Due, Snapshot
from tests.collections.story import DAY_0, POLICY, Story, at, payment, phone_call, start_plan

Run: TypeAlias = Decided[Account, CollectionFact]


class Move(NamedTuple):
    """One thing that happens; `days` pass before it."""

    what: Literal["owe", "pay", "plan", "call", "sweep", "deliver", "fail", "withdraw", "repeat", "live"]
    days: int
    cents: int
    n: int


OPENING = st.builds(
    Move, st.just("owe"), st.just(0), st.sampled_from([80_00, 120_00, 300_00, 300_00, 3_00]), st.just(1)
)
NEXT = st.builds(
    Move,
    st.sampled_from(
        [
            "live",
            "live",
            "sweep",
            "sweep",
            "deliver",
            "deliver",
            "owe",
            "pay",
            "plan",
            "call",
            "fail",
            "withdraw",
            "repeat",
        ]
    ),
    st.sampled_from([0, 1, 7, 11, 30, 31, 60, 120]),
    st.sampled_from([-10_00, 0, 3_00, 80_00, 120_00, 300_00]),
    st.integers(0, 9),
)
# Most lives begin with a balance and go on for a while: an account that nothing happens to proves nothing.
LONG = st.tuples(OPENING, st.lists(NEXT, min_size=4, max_size=25)).map(lambda parts: [parts[0], *parts[1]])
MOVES: st.SearchStrategy[list[Move]] = LONG | st.lists(NEXT, max_size=8)
POLICIES = st.sampled_from(
    [
        POLICY,
        replace(POLICY, reminders=()),
        replace(POLICY, letter_gap_days=1, reminders=tuple(ReminderLevel(day=day) for day in (7, 30, 60, 90))),
        replace(POLICY, statement_every_days=10, plan_grace_days=0, retry_after_days=1, write_off_after_days=0),
    ]
)


class Life(Story):
    """A story that remembers every message it was told."""

    def __init__(self, policy: DunningPolicy) -> None:
        super().__init__(policy)
        self.messages: list[AccountMessage] = []
        self.runs: list[Run] = []

    def tell(self, *messages: AccountMessage) -> "Life":
        for message in messages:
            run = self.decider.run(self.snapshot, (message,))
            self.snapshot = run.snapshot
            self.messages.append(message)
            self.runs.append(run)
        return self

    def make(self, move: Move) -> None:
        if move.what == "live":
            self.lives_by_deadlines(self.today + move.days)
        else:
            self.jumps_to(self.today + move.days)
            self.happens(move)

    def happens(self, move: Move) -> None:
        match move.what:
            case "owe":
                self.owes(move.cents, guarantor="sealed:guarantor" if move.n % 2 else None)
            case "pay":
                self.pays(f"pay_{self.sequence}", 40_00, leaving=max(0, self.account.balance_cents - 40_00))
            case "plan":
                self.tell(start_plan(self.today, self.today + move.n, f"plan_{move.n}", installments=1 + move.n % 4))
            case "call":
                self.tell(phone_call(self.today, f"call_{move.n}"))
            case "sweep" | "live":
                self.sweeps()
            case "deliver":
                self.delivers()
            case "fail":
                self.delivers("failed", "address_missing")
            case "withdraw":
                self.delivers("withdrawn")
            case "repeat":
                self.tell(*self.messages[move.n : move.n + 1])

    def lives_by_deadlines(self, day: int) -> None:
        """Like `lives_to`, but only the days on which something is due are looked at."""
        self.delivers()
        while (deadline := self.decider.due(self.account)) is not None and deadline <= at(day):
            self.jumps_to(max(self.today, (deadline.date() - DAY_0).days)).sweeps().delivers()
        self.jumps_to(day)

    @property
    def told_facts(self) -> list[CollectionFact]:
        return [fact for run in self.runs for fact in run.facts]


def life(policy: DunningPolicy, moves: list[Move]) -> Life:
    lived = Life(policy)
    for move in moves:
        lived.make(move)
    return lived


LIVES = st.builds(life, POLICIES, MOVES)


@given(LIVES, st.lists(st.integers(0, 60), max_size=4))
def test_batching_is_invisible(lived: Life, cuts: list[int]) -> None:
    whole = lived.decider.start(*lived.messages)
    bounds = [0, *sorted(min(cut, len(lived.messages)) for cut in cuts), len(lived.messages)]
    snapshot, entries = Snapshot(lived.decider.initial), list[Any]()
    for start, end in pairwise(bounds):
        part = lived.decider.run(snapshot, lived.messages[start:end])
        snapshot = part.snapshot
        entries.extend(part.entries)
    assert snapshot == whole.snapshot == lived.snapshot
    assert tuple(entries) == whole.entries


@given(LIVES)
def test_redelivery_decides_nothing(lived: Life) -> None:
    again = lived.decider.run(lived.snapshot, lived.messages)
    assert not again.changed
    assert again.snapshot == lived.snapshot


@given(LIVES)
def test_state_is_the_fold_of_the_facts(lived: Life) -> None:
    assert lived.decider.fold(lived.told_facts) == lived.account
    codec = lived.decider.state_codec
    assert codec.validate_python(codec.dump_python(lived.account, mode="json"), strict=False) == lived.account


@given(LIVES)
def test_ids_are_unique(lived: Life) -> None:
    ids = [e.meta.id for run in lived.runs for e in run.entries] + [p.id for run in lived.runs for p in run.started]
    assert len(ids) == len(set(ids))
    sequences = [e.event.meta.sequence for run in lived.runs for e in run.entries if e.event is not None]
    assert sequences == list(range(1, len(sequences) + 1))


@given(LIVES)
def test_a_deadline_that_was_worked_off_is_over(lived: Life) -> None:
    for message, run in zip(lived.messages, lived.runs, strict=True):
        if isinstance(message, Due) and run.changed:
            deadline = lived.decider.due(run.snapshot.state)
            assert deadline is None or deadline > message.meta.occurred_at


@given(LIVES)
def test_every_account_comes_to_rest(lived: Life) -> None:
    """However long the outside world was away, the rest of the way takes a bounded number of steps.

    It ends, or a person is asked: the compliance gate may hold what only a person can set right.
    """
    lived.delivers()
    before = len(lived.messages)
    lived.lives_by_deadlines(lived.today + 3 * 365)
    assert len(lived.messages) - before < 80
    assert lived.decider.due(lived.account) is None
    assert lived.account.status in {"clear", "settled", "written_off"} or lived.account.work is not None


@given(st.sampled_from([POLICY]), MOVES, st.sampled_from([40_00, 80_00, 300_00]), st.integers(0, 300_00))
def test_a_payment_and_its_balance_may_come_in_either_order(
    policy: DunningPolicy, moves: list[Move], paid_cents: int, leaving_cents: int
) -> None:
    states: list[Account] = []
    for payment_first in (True, False):
        lived = life(policy, moves)
        lived.jumps_to(lived.today + 1)
        paid = payment(lived.today, "pay_last", paid_cents, lived.sequence + 1)
        lived.sequence += 1
        if payment_first:
            lived.tell(paid).owes(leaving_cents)
        else:
            lived.owes(leaving_cents).tell(paid)
        states.append(lived.account)
    assert states[0] == states[1]


@given(LIVES)
def test_an_older_balance_changes_nothing(lived: Life) -> None:
    older = [m for m in lived.messages if isinstance(m, PatientBalanceChanged)]
    assert not lived.decider.run(lived.snapshot, older).changed


@given(LIVES)
def test_nobody_is_written_to_who_owes_nothing(lived: Life) -> None:
    for run in lived.runs:
        if any(not isinstance(effect, RecallAccount) for effect in run.effects):
            assert run.snapshot.state.owed_cents > 0
            assert run.snapshot.state.episode is not None


@given(LIVES)
def test_letters_of_an_episode_keep_their_distance(lived: Life) -> None:
    policy = lived.decider.decide.args[0].policies.policies[0]  # type: ignore[attr-defined]
    sent: dict[int, list[date]] = {}
    for fact in lived.told_facts:
        if isinstance(fact, StatementWentOut | ReminderWentOut):
            sent.setdefault(fact.episode, []).append(fact.sent_on)
    for days in sent.values():
        assert all(later - earlier >= timedelta(policy.letter_gap_days) for earlier, later in pairwise(days))


@given(LIVES)
def test_each_level_is_reminded_once_and_overdue_is_said_once(lived: Life) -> None:
    levels, overdue, episode = dict[int, list[int]](), list[int](), 0
    for fact in lived.told_facts:
        if isinstance(fact, EpisodeOpened):
            episode = fact.number
        if isinstance(fact, ReminderWentOut):
            levels.setdefault(fact.episode, []).append(fact.level)
        if isinstance(fact, BecameOverdue):
            overdue.append(episode)
    assert all(reminded == sorted(set(reminded)) for reminded in levels.values())
    assert len(overdue) == len(set(overdue))


@given(LIVES)
def test_nothing_is_placed_before_its_time(lived: Life) -> None:
    """120 days from the first statement that went out, and the days that the final notice promised."""
    first: dict[int, date] = {}
    final: dict[int, date] = {}
    for fact in lived.told_facts:
        if isinstance(fact, StatementWentOut):
            first.setdefault(fact.episode, fact.sent_on)
        if isinstance(fact, ReminderWentOut) and fact.final:
            final[fact.episode] = fact.sent_on
        if isinstance(fact, PlacementMade):
            assert fact.placed_on >= first[fact.episode] + timedelta(120)
            assert fact.placed_on >= final.get(fact.episode, date.min) + timedelta(30)


@given(LIVES)
def test_every_contact_is_logged_when_it_happened(lived: Life) -> None:
    for run in lived.runs:
        logged = [e for e in run.events if isinstance(e, ContactLogged)]
        made = [e for e in run.events if isinstance(e, StatementSent | ReminderSent | AccountPlaced)]
        assert len(made) <= len(logged)
        assert all(e.contacted_at <= e.meta.occurred_at for e in logged)


@given(LIVES)
def test_installments_add_up_to_the_plan(lived: Life) -> None:
    for fact in lived.told_facts:
        if isinstance(fact, PlanAgreed):
            assert sum(item.amount_cents for item in fact.installments) == fact.total_cents
            assert all(b.due_on > a.due_on for a, b in pairwise(fact.installments))


@given(LIVES)
def test_a_plan_that_began_is_broken_or_completed_or_goes_on(lived: Life) -> None:
    facts = lived.told_facts
    begun = sum(isinstance(fact, PlanAgreed) for fact in facts)
    ended = sum(isinstance(fact, PlanMissed | PlanFulfilled) for fact in facts)
    assert begun - ended == (lived.account.status == "plan")
