"""Run a module with a wall clock that another process may set wrong: `python skewed.py OFFSET_FILE MODULE`.

The file holds seconds, to be added to the machine's time; without a file nothing is added. The services know the
machine's time by `shared.clock` alone; their libraries by `time.time`.
"""

import runpy
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import shared.clock

MACHINES_TIME = time.time


class Offset:
    """Seconds by which the clock is wrong. Read again only when the file changed."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._changed_ns = 0
        self._seconds = 0.0

    def seconds(self) -> float:
        try:
            changed_ns = self._file.stat().st_mtime_ns
        except FileNotFoundError:
            return 0.0
        if changed_ns != self._changed_ns:
            self._seconds, self._changed_ns = float(self._file.read_text()), changed_ns
        return self._seconds


def set_clock_wrong(file: Path, seconds: float) -> None:
    """From now on, processes that read this file see another time. Renamed into place: nobody reads half of it."""
    draft = file.with_suffix(".tmp")
    draft.write_text(str(seconds))
    draft.replace(file)


def put_clock_right(file: Path) -> None:
    file.unlink(missing_ok=True)


def run_skewed(file: Path, module: str) -> None:
    """Run the module as the main program, on that clock."""
    offset = Offset(file)

    def wall() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=offset.seconds())

    shared.clock.system_wall = wall
    time.time = lambda: MACHINES_TIME() + offset.seconds()
    sys.argv = [module]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    run_skewed(Path(sys.argv[1]), sys.argv[2])
