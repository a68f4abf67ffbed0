"""What a process counts of its own work: plain numbers, added batch by batch, read when somebody asks.

Nothing here knows a monitoring system: a dictionary costs the path of a message a thousandth of what deciding it does.
`shared.metrics` makes Prometheus series of it. Labels are names out of the program (kinds, types, topics, routes),
never anything a message brings.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple, TypeAlias

from shared.decider import Decided, Entry

BOUNDS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper ends of the classes of a duration."""

Series: TypeAlias = tuple[str, ...]
"""A metric's name, then the values of its labels in the order of its declaration."""


class Span:
    """Durations of one series: how many fell into each class, and what they add up to."""

    __slots__ = ("classes", "seconds")

    def __init__(self) -> None:
        self.classes = [0] * (len(BOUNDS_SECONDS) + 1)
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        self.classes[bisect_left(BOUNDS_SECONDS, seconds)] += 1
        self.seconds += seconds


class Figure(NamedTuple):
    """A number of the business that a service counts as its facts are written.

    `labels` names every value that a label may have: another one is counted as `other`. `of` gives for a class of fact
    what one of them adds: the labels' values and how much.
    """

    name: str
    help: str
    labels: Mapping[str, Sequence[str]]
    of: Mapping[type[Any], Callable[[Any], Iterable[tuple[tuple[str, ...], int]]]]


OTHER = "other"


class Tally:
    """One process's counts since it started."""

    def __init__(self) -> None:
        self.counts: Counter[Series] = Counter()
        self.spans: dict[Series, Span] = {}
        self._figures: dict[type[Any], list[Figure]] = {}

    def watch(self, figures: Iterable[Figure]) -> None:
        """Count these numbers of the business, too."""
        for figure in figures:
            for kind in figure.of:
                self._figures.setdefault(kind, []).append(figure)

    def add(self, *series: str, by: int = 1) -> None:
        self.counts[series] += by

    def took(self, seconds: float, *series: str) -> None:
        span = self.spans.get(series)
        if span is None:
            span = self.spans[series] = Span()
        span.add(seconds)

    def handled(self, kind: str, messages: Iterable[object]) -> None:
        """A batch was decided and written."""
        classes: Counter[type[object]] = Counter([type(message) for message in messages])
        for cls, count in classes.items():
            self.counts["messages_total", kind, name_of(cls)] += count

    def written(self, kind: str, decided: Iterable[Decided[Any, Any]]) -> None:
        """What a round made of some aggregates is in the store: their facts and events count."""
        entries: list[Entry[Any]] = list(chain.from_iterable(one.entries for one in decided))
        events: Counter[type[object]] = Counter([type(entry.event) for entry in entries if entry.event is not None])
        for cls, count in events.items():
            self.counts["events_total", kind, name_of(cls)] += count
        if self._figures:
            self._count_figures([entry.fact for entry in entries if type(entry.fact) in self._figures])

    def _count_figures(self, facts: Iterable[Any]) -> None:
        for fact in facts:
            kind: type[Any] = fact.__class__
            for figure in self._figures[kind]:
                known = figure.labels.values()
                for values, amount in figure.of[kind](fact):
                    kept = (v if v in allowed else OTHER for v, allowed in zip(values, known, strict=True))
                    self.counts[(figure.name, *kept)] += amount


_NAMES: dict[type[Any], str] = {}


def name_of(cls: type[Any]) -> str:
    """The versioned type of a class of messages; of one that has none, its name."""
    name = _NAMES.get(cls)
    if name is None:
        field = getattr(cls, "model_fields", {}).get("type")
        name = _NAMES[cls] = (
            str(field.default) if field is not None and isinstance(field.default, str) else cls.__name__
        )
    return name
