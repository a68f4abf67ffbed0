"""`revcycle status --watch`: the same table again and again, with how fast each service works and when it is done."""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from rich.console import Console
from rich.live import Live
from rich.table import Table

if TYPE_CHECKING:
    from revcycle.stack.status import StackStatus


class Pace(NamedTuple):
    """How far a service was at a moment of this machine."""

    at: float
    received: int


def watch_stack(
    ask: Callable[[], "StackStatus"],
    every_seconds: float,
    draw: Callable[["StackStatus", Mapping[str, tuple[str, str]]], Table],
    console: Console | None = None,
    rest: Callable[[float], None] = time.sleep,
) -> None:
    """Until Ctrl-C."""
    before: Mapping[str, Pace] = {}
    with Live(console=console or Console(), auto_refresh=False) as live:
        try:
            while True:
                found, now = ask(), time.monotonic()
                live.update(draw(found, pace_cells(found, before, now)), refresh=True)
                before = paces(found, now)
                rest(every_seconds)
        except KeyboardInterrupt:
            return


def paces(found: "StackStatus", now: float) -> dict[str, Pace]:
    """How far each service is."""
    received = {process.name: (process.numbers or {}).get("received") for process in found.processes}
    return {name: Pace(now, count) for name, count in received.items() if isinstance(count, int)}


def pace_cells(found: "StackStatus", before: Mapping[str, Pace], now: float) -> dict[str, tuple[str, str]]:
    """Of each process, records a second since the last look, and when its lag is gone at that pace."""
    after = paces(found, now)
    speeds = {name: speed(before[name], pace) for name, pace in after.items() if name in before}
    return {
        one.name: (rate_text(speeds.get(one.name)), drain_text(speeds.get(one.name), (one.numbers or {}).get("lag")))
        for one in found.processes
    }


def speed(before: Pace, after: Pace) -> float:
    """Records a second; a process that was started anew counts from nothing again."""
    seconds = max(after.at - before.at, 0.001)
    return max(after.received - before.received, 0) / seconds


def rate_text(per_second: float | None) -> str:
    return "" if per_second is None else f"{per_second:.0f}"


def drain_text(per_second: float | None, lag: object) -> str:
    """In words where nothing moves."""
    if not isinstance(lag, int) or per_second is None:
        return ""
    if lag == 0:
        return "0 s"
    return f"{lag / per_second:.0f} s" if per_second > 0 else "never"
