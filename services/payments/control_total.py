"""The control total, checked all the time: a few aggregates of the books after each other, against their journals.

Each account, provider's ledger and part of the cash book is looked at in turn, whoever's it is, and from the beginning
again after the last. That costs three reads for each; `revcycle ledger prove` looks at everything at once, and at
remittances too. How many do not tie out is a number of the service's status until they are found to tie out again.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from services.payments.journal_check import AnyDecider
from services.payments.proof import prove_one
from shared.runtime import Runtime
from shared.store.documents import NEVER
from shared.store.port import Key

EVERY = timedelta(seconds=10)
AT_A_TIME = 20


class ControlTotal:
    """A loop of the service. It never asks to be called again at once, so it is never what a service waits for."""

    name = "control_total"
    kind = None

    def __init__(self, runtime: Runtime, deciders: Sequence[AnyDecider]) -> None:
        self._runtime, self._deciders = runtime, tuple(deciders)
        self._wrong: dict[tuple[str, Key], str] = {}
        self._next = NEVER
        self._kind = 0
        self._after: Key | None = None
        self.rounds = 0

    @property
    def out_of_balance(self) -> int:
        """How many of them did not tie out when they were looked at last."""
        return len(self._wrong)

    async def step(self) -> int:
        """Look at the next few, if it is time to."""
        if self._runtime.wall() >= self._next:
            self._next = self._runtime.wall() + EVERY
            await self.look(AT_A_TIME)
        return 0

    async def pending(self) -> int:
        return 0

    async def look(self, count: int) -> None:
        """Check so many of one kind, from where the last look ended."""
        decider = self._deciders[self._kind]
        page: Sequence[tuple[Key, Any]] = await self._runtime.store.scan(decider, self._after, count)
        for key, _ in page:
            await self._check(decider, key)
            self._after = key
        if len(page) < count:
            self._after, self._kind = None, (self._kind + 1) % len(self._deciders)
            self.rounds += self._kind == 0

    async def _check(self, decider: AnyDecider, key: Key) -> None:
        found = await prove_one(self._runtime.store, decider, key)
        if not found:
            self._wrong.pop((decider.kind, key), None)
        elif (decider.kind, key) not in self._wrong:
            self._wrong[decider.kind, key] = found[0].what
            self._runtime.log.error("out_of_balance", tenant=key.tenant, kind=decider.kind, reason=found[0].what)
