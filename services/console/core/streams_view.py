"""A service's streams as an operator reads them: by topic, with what is behind and how long that takes. Pure."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

from services.console.core.told import object_in, rows_in, told_all

HOUR, MINUTE = 3600, 60


class TopicLag(NamedTuple):
    """One topic of this member of the group: how many of its partitions it has, and how far they are behind."""

    topic: str
    partitions: int
    lag: int


class Stream(NamedTuple):
    """A service's group, and what waits before and behind it."""

    group: str
    joined: bool
    topics: tuple[TopicLag, ...]
    lag: int
    pace: str
    drain: str
    stalled: bool
    outbox: int
    outbox_age: str


def stream_of(body: Mapping[str, Any]) -> Stream:
    """As `/internal/streams` tells it."""
    partitions = rows_in(body, "partitions")
    names = [str(name) for name in cast("list[object]", body.get("topics") or [])]
    lag, drain, pace = int(body.get("lag") or 0), body.get("drain_seconds"), body.get("handled_a_second")
    outbox = object_in(body, "outbox")
    stalled = lag > 0 and pace is not None and not pace
    return Stream(
        str(body.get("group", "")),
        bool(body.get("joined")),
        tuple(_topic(name, partitions) for name in sorted(names)),
        lag,
        "—" if pace is None else f"{pace:,.1f} a second",
        drain_said(lag, drain, stalled=stalled),
        stalled,
        int(outbox.get("aggregates") or 0),
        seconds_said(float(outbox.get("oldest_seconds") or 0)),
    )


def _topic(name: str, partitions: Sequence[Mapping[str, Any]]) -> TopicLag:
    own = [int(one.get("lag") or 0) for one in partitions if one.get("topic") == name]
    return TopicLag(name, len(own), sum(own))


def drain_said(lag: int, drain: object, *, stalled: bool) -> str:
    """How long what waits takes at the pace of the last look."""
    if not lag:
        return "nothing waits"
    if stalled:
        return "nothing moves"
    return seconds_said(float(drain)) if isinstance(drain, int | float) else "look again"


def seconds_said(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min`, `2.5 h`."""
    if seconds < 1:
        return f"{seconds:.1f} s" if seconds else "0 s"
    if seconds < 2 * MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / MINUTE:.0f} min" if seconds < 2 * HOUR else f"{seconds / HOUR:.1f} h"


def parked_of(rows: Sequence[Mapping[str, Any]]) -> list[SimpleNamespace]:
    return told_all(rows, "kind", "id", "reason", "waiting")
