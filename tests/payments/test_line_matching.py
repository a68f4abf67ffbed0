"""Which billed line a remitted one answers."""

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.payments.core.account_facts import ContractualAdjusted, MovedToPatient
from services.payments.core.line_matching import BilledLine, match_lines
from services.payments.core.remitted import RemittedLine
from tests.payments.kit import PROPERTY, adjustments, decision, submitted
from tests.payments.kit import given as after
from tests.payments.kit import remitted as posted

DAY = date(2026, 6, 1)


def billed(number: str, procedure: str, cents: int, *modifiers: str) -> BilledLine:
    return BilledLine(number, procedure, modifiers, cents, DAY)


def line(procedure: str, cents: int, *modifiers: str, echo: str = "", **more: Any) -> RemittedLine:
    return RemittedLine(
        line_control_number=echo, procedure=procedure, modifiers=modifiers, charge_cents=cents, paid_cents=0, **more
    )


def test_case_30_a_modifier_that_the_payer_drops_still_finds_its_line() -> None:
    ours = (billed("1", "99213", 10_000, "25"), billed("2", "81002", 2_000))
    assert match_lines(ours, (line("81002", 2_000), line("99213", 10_000))) == (2, 1)


def test_the_echoed_number_tells_only_with_something_that_agrees() -> None:
    ours = (billed("A1", "99213", 10_000), billed("A2", "81002", 2_000))
    assert match_lines(ours, (line("99213", 9_000, echo="A1"),)) == (1,)
    assert match_lines(ours, (line("81002", 2_000, echo="A1"),)) == (2,)
    assert match_lines(ours, (line("J0696", 500, echo="A1"),)) == (0,)


def test_modifiers_decide_between_lines_of_one_procedure() -> None:
    ours = (billed("1", "20610", 5_000, "RT"), billed("2", "20610", 5_000, "LT"))
    assert match_lines(ours, (line("20610", 5_000, "LT"), line("20610", 5_000, "RT"))) == (2, 1)


def test_the_code_that_was_billed_tells_when_another_was_paid() -> None:
    ours = (billed("1", "99215", 20_000), billed("2", "99213", 10_000))
    assert match_lines(ours, (line("99213", 20_000, original_procedure="99215"),)) == (1,)


def test_equal_lines_are_used_in_order_and_a_third_is_the_claims() -> None:
    ours = (billed("1", "97110", 4_000), billed("2", "97110", 4_000))
    assert match_lines(ours, (line("97110", 4_000),) * 3) == (1, 2, 0)


def test_another_charge_is_only_taken_where_one_line_could_be_meant() -> None:
    two = (billed("1", "97110", 4_000), billed("2", "97110", 5_000))
    assert match_lines(two[:1], (line("97110", 4_500),)) == (1,)
    assert match_lines(two, (line("97110", 4_500),)) == (0,)


def test_entries_name_the_line_as_it_was_billed() -> None:
    claim = submitted(charge_cents=12_000)
    lines = tuple(
        claim.lines[0].model_copy(update={"line_control_number": n, "procedure": code, "charge_cents": cents})
        for n, code, cents in (("1", "81002", 2_000), ("2", "99213", 10_000))
    )
    remitted_lines = (
        line("99213", 10_000).model_copy(update={"paid_cents": 8_000, "adjustments": adjustments({"PR-2": 2_000})}),
        line("81002", 2_000).model_copy(update={"paid_cents": 1_500, "adjustments": adjustments({"CO-45": 500})}),
    )
    content = decision("rem_1", 9_500, charge_cents=12_000).model_copy(update={"lines": remitted_lines})
    decided = after(claim.model_copy(update={"lines": lines})).when(posted(content))
    assert [f.line for f in decided.facts if isinstance(f, MovedToPatient)] == [2]
    assert [f.line for f in decided.facts if isinstance(f, ContractualAdjusted)] == [1]


CODES, CENTS = st.sampled_from(("99213", "97110", "20610")), st.sampled_from((1_000, 2_000))
MODIFIERS = st.sampled_from(((), ("25",), ("RT",), ("LT",)))


@st.composite
def billed_lines(draw: st.DrawFn) -> tuple[BilledLine, ...]:
    count = draw(st.integers(0, 6))
    return tuple(billed(str(n), draw(CODES), draw(CENTS), *draw(MODIFIERS)) for n in range(1, count + 1))


@PROPERTY
@given(billed_lines(), st.randoms(use_true_random=False), st.data())
def test_a_line_is_never_used_twice_and_an_exact_answer_finds_every_line(
    ours: tuple[BilledLine, ...], random: Any, data: st.DataObject
) -> None:
    answers = [line(one.procedure, one.charge_cents, *one.modifiers, echo=one.line_control_number) for one in ours]
    random.shuffle(answers)
    extra = [
        line(data.draw(CODES), data.draw(CENTS), *data.draw(MODIFIERS)) for _ in range(data.draw(st.integers(0, 3)))
    ]
    found = match_lines(ours, (*answers, *extra))
    used = [n for n in found if n]
    assert len(used) == len(set(used))
    assert [ours[n - 1].line_control_number for n in found[: len(answers)]] == [
        one.line_control_number for one in answers
    ]
