"""The control total, checked all the time: a few aggregates of the books after each other, against their journals.

Each account and provider's ledger is looked at in turn, whoever's it is, and from the beginning again after the last.
That costs three reads for each; `revcycle ledger prove` looks at everything at once, and at remittances too. How many
do not tie out is a number of the service's status until they are found to tie out again.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

from services.payments.proof import AnyDecider, prove_one
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
        self._turn: AsyncIterator[tuple[AnyDecider, Key]] | None = None
        self.rounds = 0

    @property
    def out_of_balance(self) -> int:
        """Accounts and providers' ledgers that did not tie out when they were looked at last."""
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
        """Check so many; a failure of the store starts the round anew."""
        for _ in range(count):
            self._turn = self._turn or self._everything()
            try:
                decider, key = await anext(self._turn)
            except StopAsyncIteration:
                self._turn, self.rounds = None, self.rounds + 1
                return
            except BaseException:
                self._turn = None
                raise
            await self._check(decider, key)

    async def _check(self, decider: AnyDecider, key: Key) -> None:
        found = await prove_one(self._runtime.store, decider, key)
        if not found:
            self._wrong.pop((decider.kind, key), None)
        elif (decider.kind, key) not in self._wrong:
            self._wrong[decider.kind, key] = found[0].what
            self._runtime.log.error("out_of_balance", tenant=key.tenant, kind=decider.kind, reason=found[0].what)

    async def _everything(self) -> AsyncIterator[tuple[AnyDecider, Key]]:
        for decider in self._deciders:
            rows: AsyncIterator[tuple[Key, Any]] = self._runtime.store.scan(decider)
            async for key, _ in rows:
                yield decider, key
