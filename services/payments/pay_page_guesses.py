"""How often somebody may come with a link that nobody gave out: a token is not guessed by trying."""

from datetime import datetime

MISSES_A_MINUTE = 20
"""Of one address. A link has 130 bits: this is so that a mistyped one stays cheap, and a search for one is noticed."""
RECORDED_A_MINUTE = 60
ADDRESSES_MAX = 10_000


class Guesses:
    """Counts wrong links by address and minute, in this process."""

    def __init__(self) -> None:
        self._minute: datetime | None = None
        self._misses: dict[str, int] = {}
        self._recorded = 0

    def are_too_many(self, address: str, now: datetime) -> bool:
        """Whether this address had its misses of this minute."""
        self._turn(now)
        return self._misses.get(address, 0) >= MISSES_A_MINUTE

    def miss(self, address: str, now: datetime) -> bool:
        """One more; whether it goes into the audit log, which nobody may fill from outside."""
        self._turn(now)
        if address in self._misses or len(self._misses) < ADDRESSES_MAX:
            self._misses[address] = self._misses.get(address, 0) + 1
        self._recorded += 1
        return self._recorded <= RECORDED_A_MINUTE

    def _turn(self, now: datetime) -> None:
        minute = now.replace(second=0, microsecond=0)
        if minute != self._minute:
            self._minute, self._misses, self._recorded = minute, {}, 0
