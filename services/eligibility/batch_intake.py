"""Makes a batch of inquiries: each asked of its check, and those that open one written into the batch's manifest."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID, uuid5

from services.eligibility.batches import CheckDecider, Item, put_manifest
from services.eligibility.core import RequestCheck
from services.eligibility.core.batch import Batch, BatchFact, BatchMessage, OpenBatch
from services.eligibility.core.check_messages import AwaitBatch
from services.eligibility.core.directory import PayerTerms
from shared.contracts import Meta
from shared.decider import Decider
from shared.runtime import Runtime
from shared.store.port import Key

CHUNK = 500
BatchDecider: TypeAlias = Decider[Batch, BatchMessage, BatchFact]
MetaOf: TypeAlias = Callable[[UUID, str, str], Meta]
"""The envelope of a command: of its id, its subject and its record's key."""


class Made(NamedTuple):
    """A batch that was made; `batch_id` None: every one of its checks is under way already, and was `joined`."""

    batch_id: str | None
    payer_id: str
    inquiries: int
    joined: int
    until: datetime

    def shown(self) -> dict[str, Any]:
        return self._asdict()


class BatchIntake:
    """Takes inquiries in: every id derives from `list_id`, so a repeat takes nothing twice."""

    def __init__(
        self, run: Runtime, tenant: str, check: CheckDecider, batch: BatchDecider, list_id: UUID, meta: MetaOf
    ) -> None:
        self._run, self._tenant, self._check, self._batch = run, tenant, check, batch
        self._list_id, self._meta = list_id, meta

    def meta(self, name: str, subject: str, key: str) -> Meta:
        """The envelope of one of the list's commands."""
        return self._meta(uuid5(self._list_id, name), subject, key)

    def batch_id(self, payer_id: str, part: int) -> str:
        """The id of the list's batch of a payer."""
        return f"eb_{uuid5(self._list_id, f'{payer_id}/{part}').hex[:20]}"

    def until(self, terms: PayerTerms) -> datetime:
        """For so long the payer is tried."""
        return self._run.clock.now() + terms.batch_retry

    async def take(self, batch_id: str, payer_id: str, commands: Sequence[RequestCheck], until: datetime) -> Made:
        """One batch. A check that is under way already is joined, and answers who asks here too."""
        for start in range(0, len(commands), CHUNK):
            await self._run.shell.transact(self._check, commands[start : start + CHUNK])
        items = await self._items(commands)
        if items:
            key = Key(self._tenant, batch_id)
            if (await self._run.store.load(self._batch, (key,)))[key].version == 0:
                await put_manifest(self._run, self._tenant, batch_id, items)
            meta = self.meta(batch_id, f"batch/{batch_id}", batch_id)
            opened = OpenBatch(meta=meta, batch_id=batch_id, payer_id=payer_id, inquiries=len(items), until=until)
            await self._run.shell.transact_one(self._batch, opened)
        return Made(batch_id if items else None, payer_id, len(items), len(commands) - len(items), until)

    async def _items(self, commands: Sequence[RequestCheck]) -> list[Item]:
        """Those whose own request opened the inquiry."""
        keys = {command.check_id: Key(self._tenant, command.check_id) for command in commands}
        rows = await self._run.store.load(self._check, set(keys.values()))
        return [
            Item(
                check_id=command.check_id,
                effect_id=effect_id,
                payer_id=command.payer_id,
                billing_npi=command.billing_npi,
                service_date=command.service_date,
                service_types=command.service_types,
                sealed_subscriber=command.sealed_subscriber,
            )
            for command in commands
            for effect_id, one in rows[keys[command.check_id]].snapshot.effects.items()
            if isinstance(one.effect, AwaitBatch) and one.effect.request_id == command.request_id
        ]
