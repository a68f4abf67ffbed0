"""The bus without a broker: topics are lists. Rules and simulations run on it."""

from collections.abc import Sequence

from shared.contracts.wire import Record


class MemoryBus:
    """Implements `Bus`; `records` holds everything sent, in order."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    async def send(self, records: Sequence[Record], /) -> None:
        self.records.extend(records)
