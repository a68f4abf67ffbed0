"""Time comes in at the edge: `Clock` is the time of the business, which the demo moves; `Wall` the machine's."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TypeAlias

Wall: TypeAlias = Callable[[], datetime]
"""The machine's own time, for leases and for the age of things; never for a deadline of the business."""


def system_wall() -> datetime:
    return datetime.now(UTC)


class Clock(Protocol):
    """The time of the business: deadlines, statements, `occurred_at` of what enters."""

    def now(self) -> datetime:
        """Aware UTC."""
        ...


class SystemClock:
    """Production: the time is the time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FileClock:
    """Local stack: every process reads one file, `{"now": "2026-07-01T00:00:00Z"}`, and `revcycle sweep` moves it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._changed_ns = -1
        self._now = datetime(1970, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        changed_ns = self._path.stat().st_mtime_ns
        if changed_ns != self._changed_ns:
            self._now = read_clock_file(self._path)
            self._changed_ns = changed_ns
        return self._now


def read_clock_file(path: Path) -> datetime:
    """The time a clock file holds; ValueError when it holds none."""
    now = datetime.fromisoformat(json.loads(path.read_text())["now"])
    if now.tzinfo is None:
        msg = f"{path.name}: the time needs a zone, for example 2026-07-01T00:00:00Z"
        raise ValueError(msg)
    return now.astimezone(UTC)


def write_clock_file(path: Path, now: datetime) -> None:
    """Move the clock: written beside and renamed, so that no reader sees half a file."""
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps({"now": now.astimezone(UTC).isoformat()}))
    draft.replace(path)
