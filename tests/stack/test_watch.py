"""`revcycle status --watch`: how fast each service works, and when it is done."""

from io import StringIO

import pytest
from rich.console import Console

from revcycle.commands.stack import status_table
from revcycle.commands.watch import Pace, drain_text, speed, watch_stack
from revcycle.stack.record import Phase
from revcycle.stack.status import ProcessStatus, StackStatus


def found(received: int, lag: int) -> StackStatus:
    numbers = {"received": received, "lag": lag}
    claims = ProcessStatus(
        name="claims",
        state="ready",
        ready=True,
        url="u",
        pid=1,
        restarts=0,
        last_exit=None,
        log="l",
        numbers=dict(numbers),
    )
    broker = claims.model_copy(update={"name": "broker", "numbers": None})
    return StackStatus(phase=Phase.READY, healthy=True, kafka="k", mongo="m", processes=[broker, claims])


def test_it_shows_the_stack_again_and_again_until_it_is_interrupted() -> None:
    looks = [found(100, 50), found(300, 40)]
    screen, rests = StringIO(), list[float]()

    def rest(seconds: float) -> None:
        rests.append(seconds)
        if len(rests) == 2:
            raise KeyboardInterrupt

    watch_stack(lambda: looks[len(rests)], 2.0, status_table, Console(file=screen, width=200), rest)
    assert rests == [2.0, 2.0]
    text = screen.getvalue()
    assert "records/s" in text
    assert "drains in" in text
    assert "claims" in text


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [(Pace(0, 100), Pace(2, 300), 100), (Pace(0, 100), Pace(2, 100), 0), (Pace(0, 100), Pace(2, 7), 0)],
    ids=["works", "rests", "started anew"],
)
def test_records_a_second(before: Pace, after: Pace, expected: float) -> None:
    assert speed(before, after) == expected


@pytest.mark.parametrize(
    ("per_second", "lag", "expected"),
    [(10.0, 50, "5 s"), (0.0, 50, "never"), (0.0, 0, "0 s"), (None, 50, ""), (10.0, None, "")],
)
def test_when_the_lag_is_gone(per_second: float | None, lag: int | None, expected: str) -> None:
    assert drain_text(per_second, lag) == expected
