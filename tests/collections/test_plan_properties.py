"""Plans under whatever happens in whatever order: what is agreed adds up, nothing is taken twice, nothing is lost."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from services.collections.core import AccountMessage, CollectionFact
from services.collections.core.plan_terms import Counted, Installment, amounts, covered, due_days
from services.collections.core.state import Plan
from shared.contracts import PatientMoneyReversed, PatientPaymentReceived
from shared.decider import Snapshot
from tests.collections.plan_checks import plan_faults
from tests.collections.plan_story import PlanStory
from tests.collections.story import DAY_0, meta, on, payment

FEW = settings(max_examples=30)
METHODS: tuple[Literal["card", "ach"] | None, ...] = (None, "card", "ach")


class PlanLife(PlanStory):
    """A story with plans that remembers every message it was told, and on which day each fact came."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[AccountMessage] = []
        self.history: list[tuple[date, CollectionFact]] = []

    def tell(self, *messages: AccountMessage) -> "PlanLife":
        for message in messages:
            run = self.decider.run(self.snapshot, (message,))
            self.snapshot = run.snapshot
            self.messages.append(message)
            self.history += [(entry.meta.occurred_at.date(), entry.fact) for entry in run.entries]
            self.events.extend(run.events)
        return self

    def make(self, move: tuple[str, int, int]) -> None:
        what, days, n = move
        self.lives_to(self.today + days)
        owed_cents = max(0, self.account.balance_cents)
        plan = None if self.account.episode is None else self.account.episode.plan
        if what in {"owe", "pay", "repeat"}:
            self._money(what, owed_cents, n)
        elif what in {"propose", "accept", "settle", "again"}:
            self._agrees(what, owed_cents, n)
        elif plan is not None:
            self._keeps(what, plan, owed_cents, n)

    def _money(self, what: str, owed_cents: int, n: int) -> None:
        if what == "owe":
            self.owes(owed_cents + 60_00 * (n + 1))
        elif what == "repeat":
            self.tell(*self.messages[n : n + 1])
        elif cents := min(owed_cents, 20_00 * (n + 1)):
            self.pays(f"pay_{self.sequence}", cents, leaving=owed_cents - cents)

    def _agrees(self, what: str, owed_cents: int, n: int) -> None:
        if what == "propose":
            self.proposes(self.today + 10 + n, installments=1 + n, role="collector")
        elif what == "settle" and owed_cents:
            self.settles(max(1, owed_cents * 7 // 10), self.today + 10, role="operator", installments=1 + n % 2)
        elif what == "accept" and self.account.plans.proposal is not None:
            self.accepts(autopay=METHODS[n % 3])
        elif what == "again" and self.account.plans.ended:
            self.re_ages(self.account.plans.ended[-1].plan_id, self.today + 10)

    def _keeps(self, what: str, plan: Plan, owed_cents: int, n: int) -> None:
        if what == "card":
            self.sets_autopay(METHODS[n % 3])
        elif what == "cancel" and n == 0:
            self.cancels()
        elif what == "answer" and plan.arrangement is not None and plan.arrangement.charges:
            self._answers(plan.arrangement.charges[-1].cents, n)
        elif what == "leave" and plan.payments:
            last = plan.payments[-1]
            self.money_leaves(last.payment_id, last.cents, leaving=owed_cents + last.cents)

    def _answers(self, cents: int, n: int) -> None:
        if n % 4 == 0 and cents <= self.account.balance_cents:
            self.charge_is_paid()
        elif n % 4 == 1:
            self.charge_is_pending()
        else:
            self.charge_fails(("insufficient_funds", "stolen_card")[n % 2])


WHAT = ("owe", "pay", "propose", "accept", "accept", "settle", "card", "cancel", "again", "answer", "answer", "leave")
MOVES: st.SearchStrategy[list[tuple[str, int, int]]] = st.lists(
    st.tuples(st.sampled_from((*WHAT, "repeat", "live")), st.sampled_from((0, 1, 5, 11, 30)), st.integers(0, 7)),
    min_size=3,
    max_size=14,
)


def life(moves: list[tuple[str, int, int]]) -> PlanLife:
    lived = PlanLife()
    lived.owes(300_00)
    for move in (("propose", 5, 2), ("accept", 0, 1), *moves):
        lived.make(move)
    return lived


LIVES = MOVES.map(life)


@FEW
@given(LIVES)
def test_what_must_hold_of_plans_holds_whatever_happens(lived: PlanLife) -> None:
    """Installments add up, no second charge of one, none while one has no answer, no demand or placement while kept."""
    assert list(plan_faults(lived.decider, lived.history)) == []


@FEW
@given(LIVES)
def test_redelivery_decides_nothing_and_state_is_the_fold_of_the_facts(lived: PlanLife) -> None:
    again = lived.decider.run(lived.snapshot, lived.messages)
    assert not again.changed
    assert lived.decider.fold(fact for _, fact in lived.history) == lived.account
    codec = lived.decider.state_codec
    assert codec.validate_python(codec.dump_python(lived.account, mode="json"), strict=False) == lived.account
    facts = lived.decider.fact_codec
    for _, fact in lived.history:
        assert facts.validate_python(facts.dump_python(fact, mode="json"), strict=False) == fact


@FEW
@given(LIVES, st.lists(st.integers(0, 60), max_size=3))
def test_batching_is_invisible(lived: PlanLife, cuts: list[int]) -> None:
    bounds = [0, *sorted(min(cut, len(lived.messages)) for cut in cuts), len(lived.messages)]
    snapshot: Snapshot[Any] = Snapshot(lived.decider.initial)
    for start, end in pairwise(bounds):
        snapshot = lived.decider.run(snapshot, lived.messages[start:end]).snapshot
    assert snapshot == lived.snapshot


def news(n: int) -> list[PatientPaymentReceived | PatientMoneyReversed]:
    """Three payments of a plan, and one of them left again."""
    paid = [payment(20 + k, f"pay_{k}", 30_00 + 10_00 * k, 10 + k) for k in range(3)]
    back = PatientMoneyReversed(
        meta=meta("left", 24, sequence=20),
        account_id=paid[0].account_id,
        payment_id=f"pay_{n}",
        reversal_id="rev",
        reversed_cents=20_00,
        cause="ach_return",
    )
    return [*paid, back]


@FEW
@given(st.permutations(range(4)), st.lists(st.integers(0, 3), max_size=4), st.integers(0, 2))
def test_any_order_and_repetition_of_money_makes_the_same_plan(order: list[int], twice: list[int], n: int) -> None:
    plans = []
    for places in (list(range(4)), [*order, *twice]):
        story = PlanStory().owes(300_00).lives_to(10).proposes(20, installments=3).accepts().jumps_to(25)
        story.tell(*(news(n)[place] for place in places))
        plans.append(story.plan)
    assert plans[0] == plans[1]
    assert plans[0].paid_cents == 30_00 + 40_00 + 50_00 - 20_00


@given(st.integers(1, 10_000_00), st.integers(1, 60), st.none() | st.integers(1, 500_00))
def test_installments_add_up_and_the_last_takes_the_remainder(total: int, count: int, each: int | None) -> None:
    count = min(count, total)
    if each is not None:
        count = -(-total // each)
    parts = amounts(total, count, each) if count < 10_000 else (total,)
    assert sum(parts) == total
    assert min(parts) >= 1
    assert len(set(parts[:-1])) <= 1
    assert each is None or parts[-1] <= each or len(parts) == 1


@given(
    st.lists(st.integers(1, 100_00), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 200), st.integers(1, 150_00)), max_size=6),
    st.integers(0, 300_00),
    st.sampled_from(("next", "last")),
)
def test_money_covers_as_much_as_it_is_wherever_it_goes(
    parts: list[int], paid: list[tuple[int, int]], other: int, extra: Any
) -> None:
    installments = tuple(Installment(DAY_0 + timedelta(30 * n), cents) for n, cents in enumerate(parts))
    payments = tuple(Counted(f"pay_{n}", cents, on(day)) for n, (day, cents) in enumerate(paid))
    left = covered(installments, payments, other, extra)
    money = other + sum(cents for _, cents in paid)
    assert sum(left) == max(0, sum(parts) - money)
    assert covered(installments, tuple(reversed(payments)), other, extra) == left


@given(
    st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    st.integers(1, 40),
    st.sampled_from(("month", "two_weeks", "week")),
    st.sampled_from(("as_is", "next", "previous")),
)
def test_due_days_rise_and_banks_work_on_them(first: date, count: int, every: Any, closed: Any) -> None:
    holidays = frozenset({date(2026, 1, 1), date(2026, 12, 25), date(2027, 1, 1)})
    days = due_days(first, count, every, closed, holidays)
    assert len(days) == count
    assert all(later > earlier for earlier, later in pairwise(days))
    if closed != "as_is":
        assert all(day.weekday() < 5 and day not in holidays for day in days)


def test_a_month_without_the_day_has_its_last_day_and_the_day_comes_back() -> None:
    days = due_days(date(2026, 1, 31), 4, "month", "as_is", frozenset())
    assert days == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]
    moved = due_days(date(2026, 1, 31), 3, "month", "next", frozenset())
    assert moved == [date(2026, 2, 2), date(2026, 3, 2), date(2026, 3, 31)]
