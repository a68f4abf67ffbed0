"""What a breaker of each process's own costs at most: the figure of docs/adr/0011."""

from hypothesis import given
from hypothesis import strategies as st

from services.eligibility.payer_limits import PROBES, Circuit

STEPS = st.lists(st.tuples(st.sampled_from(["ask", "fail", "pass"]), st.floats(0, 90)), max_size=200)


@given(steps=STEPS, failures=st.integers(1, 6), under_way=st.integers(1, 8), rest=st.sampled_from([10.0, 60.0]))
def test_a_payer_that_is_down_is_asked_in_vain_so_often_at_most(
    steps: list[tuple[str, float]], failures: int, under_way: int, rest: float
) -> None:
    now = 0.0
    circuit = Circuit(failures, rest, lambda: now)
    asked = open_inquiries = 0
    for step, seconds in steps:
        match step:
            case "ask" if open_inquiries < under_way and circuit.enter():
                asked += 1
                open_inquiries += 1
            case "fail" if open_inquiries:
                circuit.leave(answered=False)
                open_inquiries -= 1
            case "pass":
                now += seconds
            case _:
                pass
        assert asked <= failures - 1 + under_way + PROBES * (now // rest)


def test_the_bound_is_reached_and_a_restart_pays_the_first_part_again() -> None:
    now, failures, under_way, rest = 0.0, 10, 25, 60.0

    def ask_all(circuit: Circuit) -> int:
        asked = sum(circuit.enter() for _ in range(under_way))
        for _ in range(asked):
            circuit.leave(answered=False)
        return asked

    circuit = Circuit(failures, rest, lambda: now)
    for _ in range(failures - 1):
        assert circuit.enter()
        circuit.leave(answered=False)
    assert failures - 1 + ask_all(circuit) == 34
    for minute in range(1, 4):
        now = minute * rest
        assert ask_all(circuit) == PROBES
    assert ask_all(Circuit(failures, rest, lambda: now)) == under_way
