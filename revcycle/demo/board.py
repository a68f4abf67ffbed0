"""The live board: a row per stage, counts and amounts moving while the clock does."""

from datetime import date, datetime

from rich.console import Group
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from revcycle.demo.tally import STAGES, Tally


def dollars(cents: int) -> str:
    """Cents as people read them: $1,234.56, a credit with a minus."""
    sign = "-" if cents < 0 else ""
    return f"{sign}${abs(cents) // 100:,}.{abs(cents) % 100:02}"


def stage_table(tally: Tally) -> Table:
    """Every stage with how many and how much."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Stage")
    table.add_column("Count", justify="right")
    table.add_column("Amount", justify="right")
    for stage in STAGES:
        count = tally.counts[stage.label]
        amount = dollars(tally.cents[stage.label]) if stage.amount else ""
        table.add_row(stage.label, f"{count:,}", amount, style="" if count else "dim")
    owed = [cents for cents in tally.balances.values() if cents > 0]
    table.add_row("Patient balances open now", f"{len(owed):,}", dollars(sum(owed)), style="bold")
    return table


class Board:
    """What the terminal shows while the demo runs."""

    def __init__(self, tally: Tally, first: date, last: date) -> None:
        self._tally, self._first, self._last = tally, first, last
        self.now = first
        self.doing = "starting"

    def move(self, now: datetime, doing: str) -> None:
        self.now, self.doing = now.date(), doing

    def __rich__(self) -> Group:
        days, done = (self._last - self._first).days, (self.now - self._first).days
        head = Text.assemble((f"{self.now:%d %b %Y}", "bold"), f"  day {done} of {days}  ", (self.doing, "dim"))
        return Group(head, ProgressBar(total=days, completed=done, width=60), stage_table(self._tally))
