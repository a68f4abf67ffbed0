"""What every view remembers of an event: one moment of a timeline, and how far each source was followed."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from pydantic import AwareDatetime

from services.console.core.wording import words
from shared.contracts import Contract, Event, Meta


class Moment(Contract):
    """One event in our own words. Sealed fields never enter it; `cents` is the amount the event is about, if any."""

    at: AwareDatetime
    service: str
    type: str
    subject: str
    sequence: int
    event_id: UUID
    causation: UUID | None = None
    correlation: UUID | None = None
    actor: str
    text: str
    cents: int | None = None
    claim_id: str | None = None
    account_id: str | None = None
    remittance_id: str | None = None


class Seen(Contract):
    """How far one subject of one service was followed: everything up to `sequence` is in the view."""

    source: str
    subject: str
    sequence: int


class Timeline(NamedTuple):
    """The newest moments, oldest first, and how many older ones were let go."""

    moments: tuple[Moment, ...]
    dropped: int


def moment_of(event: Event) -> Moment:
    """The event as a timeline shows it."""
    meta = event.meta
    said = words(event)
    return Moment(
        at=meta.occurred_at,
        service=meta.source,
        type=str(getattr(event, "type", "")),
        subject=meta.subject,
        sequence=meta.sequence,
        event_id=meta.id,
        causation=meta.causation,
        correlation=meta.correlation,
        actor=meta.actor,
        text=said.text,
        cents=said.cents,
        claim_id=getattr(event, "claim_id", None),
        account_id=getattr(event, "account_id", None),
        remittance_id=getattr(event, "remittance_id", None),
    )


def is_repeat(seen: Iterable[Seen], meta: Meta) -> bool:
    """Each subject is delivered in order, so what is not beyond its last sequence was here before."""
    last = next((s.sequence for s in seen if (s.source, s.subject) == (meta.source, meta.subject)), 0)
    return meta.sequence <= last


def followed(seen: tuple[Seen, ...], moment: Moment) -> tuple[Seen, ...]:
    """The same, one event further. Sorted, so that the order in which services were heard leaves no trace."""
    others = [s for s in seen if (s.source, s.subject) != (moment.service, moment.subject)]
    now = Seen(source=moment.service, subject=moment.subject, sequence=moment.sequence)
    return tuple(sorted((*others, now), key=lambda s: (s.source, s.subject)))


def place_of(moment: Moment) -> tuple[datetime, str, str, int]:
    """Where a moment stands among others: by time, then by a fixed order, so that arrival does not matter."""
    return (moment.at, moment.service, moment.subject, moment.sequence)


def has(moments: Sequence[Moment], moment: Moment) -> bool:
    """Whether a moment is among these, which are in their order."""
    place = place_of(moment)
    at = bisect_left(moments, place, key=place_of)
    return at < len(moments) and place_of(moments[at]) == place


def remember(timeline: Timeline, moment: Moment, limit: int) -> Timeline:
    """A moment takes its place; the oldest goes when there are more than `limit`."""
    at = bisect_left(timeline.moments, place_of(moment), key=place_of)
    moments = (*timeline.moments[:at], moment, *timeline.moments[at:])
    gone = max(len(moments) - limit, 0)
    return Timeline(moments[gone:], timeline.dropped + gone)


def in_causal_order(moments: Iterable[Moment]) -> list[Moment]:
    """By time; at the same time, what was caused stands after its cause.

    A whole chain of answers carries the time of what began it, so time alone does not tell the story.
    """
    by_id = {moment.event_id: moment for moment in moments}

    def depth(moment: Moment) -> int:
        steps, cause = 0, moment.causation
        while cause is not None and cause in by_id and by_id[cause].at == moment.at and steps < len(by_id):
            steps, cause = steps + 1, by_id[cause].causation
        return steps

    return sorted(by_id.values(), key=lambda m: (m.at, depth(m), *place_of(m)[1:]))
