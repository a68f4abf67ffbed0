"""What a service asks of the bus: send records, in order per key, and know that they arrived."""

from collections.abc import Sequence
from typing import Protocol

from shared.contracts.wire import Record


class BusUnavailableError(Exception):
    """The broker cannot be reached or did not confirm: an outage, to be waited for."""


class Bus(Protocol):
    """The sending side. Receiving is `shared.inbox`."""

    async def send(self, records: Sequence[Record], /) -> None:
        """Send all, wait until the broker confirmed each; BusUnavailableError otherwise (some may have arrived)."""
        ...
