"""The sweep: deadlines become messages.

It sends `Due` to the service's own topic, keyed like everything else of the account, so the whole fleet works deadlines
off in parallel and in order with the account's other news.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

from shared.bus.port import Bus
from shared.clock import Clock, Wall
from shared.contracts import Meta
from shared.contracts.wire import commands_topic, to_record
from shared.decider import Decider, Due
from shared.store.port import Key, Store

PAGE = 500
RESEND_AFTER = timedelta(seconds=20)
"""A deadline still there after this was sent to nobody (the broker forgot, a consumer died): it is sent again."""


class Deadline(NamedTuple):
    """One aggregate's deadline; a repeat of it is the same message."""

    kind: str
    key: Key
    due_at: datetime


class Sweep:
    """Sends what is due at the clock's time; one instance a process, any number of processes."""

    def __init__(self, bus: Bus, store: Store, clock: Clock, wall: Wall) -> None:
        self._bus, self._store, self._clock, self._wall = bus, store, clock, wall
        self._sent: dict[Deadline, datetime] = {}

    async def run(self, decider: Decider[Any, Any, Any]) -> int:
        """Send every deadline at or before now that was not sent a moment ago; how many."""
        now, wall = self._clock.now(), self._wall()
        self._sent = {deadline: at for deadline, at in self._sent.items() if wall - at < RESEND_AFTER}
        sent, after = 0, None
        while page := await self._store.due(decider, now, after, PAGE):
            fresh = [
                (Deadline(decider.kind, key, due_at), record_key)
                for key, due_at, record_key in page
                if Deadline(decider.kind, key, due_at) not in self._sent
            ]
            topic = commands_topic(decider.service)
            await self._bus.send([to_record(topic, due_message(decider, d, key, now)) for d, key in fresh])
            self._sent.update((deadline, wall) for deadline, _ in fresh)
            sent += len(fresh)
            after = page[-1][0]
        return sent


def due_message(decider: Decider[Any, Any, Any], deadline: Deadline, record_key: str, now: datetime) -> Due:
    """The message of a deadline; its id derives from the aggregate and the deadline."""
    name = f"{decider.service}/{decider.kind}/{deadline.key}/{deadline.due_at.isoformat()}"
    message_id: UUID = uuid5(NAMESPACE_URL, name)
    meta = Meta(
        id=message_id,
        tenant=deadline.key.tenant,
        occurred_at=now,
        source=decider.service,
        subject=f"{decider.kind}/{deadline.key.id}",
        key=record_key,
        correlation=message_id,
        actor="clock",
    )
    return Due(meta=meta, aggregate_id=deadline.key.id, kind=decider.kind, due_at=deadline.due_at)
