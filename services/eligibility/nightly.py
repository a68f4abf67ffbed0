"""Makes the nightly list: finds the checks that are due, and asks about them in files, or one by one.

Performs `GatherNight`. What stands on the list is kept before anything is asked, so a repeat asks for the same.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from pydantic import TypeAdapter

from services.eligibility.batch_intake import BatchDecider, BatchIntake
from services.eligibility.batches import CheckDecider
from services.eligibility.core import Check, InquiryPolicy, RequestCheck
from services.eligibility.core.night import GatherNight, NightBook, NightGathered, NightTerms, wanted
from shared.contracts import Contract, Message, Meta
from shared.decider import Effect, Pending
from shared.runtime import Runtime
from shared.store.port import Key
from shared.worker import Performer, answer_meta

PAGE = 500
BEFORE_THE_NEXT = timedelta(hours=1)


class NightItem(Contract):
    """A check on the list, and the claims that wait for its answer."""

    check_id: str
    payer_id: str
    claims: tuple[str, ...] = ()


class NightList(Contract):
    """What a night asks about, and how many more there were."""

    items: tuple[NightItem, ...]
    left: int


LIST = TypeAdapter(NightList)


class Nightly:
    """Looks through a tenant's checks, and asks."""

    def __init__(
        self, runtime: Runtime, check: CheckDecider, batch: BatchDecider, policy: InquiryPolicy, book: NightBook
    ) -> None:
        self._runtime, self._check, self._batch, self._policy, self._book = runtime, check, batch, policy, book

    def performers(self) -> Mapping[type[Effect], Performer]:
        return {GatherNight: self.gather}

    async def gather(self, key: Key, pending: Pending) -> Message:
        """The list of a night: payers that take files get one each, the others are asked one by one."""
        effect = pending.effect
        assert isinstance(effect, GatherNight), "the worker was given one performer for one effect"
        found = await self._list(key.tenant, pending.id, effect.on)
        by_payer: dict[str, list[NightItem]] = {}
        for item in found.items:
            by_payer.setdefault(item.payer_id, []).append(item)
        made: list[str] = []
        for payer_id, items in by_payer.items():
            made += await self._ask(key, pending, payer_id, items)
        meta = answer_meta(key, pending, self._runtime.clock)
        return NightGathered(meta=meta, asked=len(found.items), left=found.left, batches=tuple(made))

    async def _ask(self, key: Key, pending: Pending, payer_id: str, items: Sequence[NightItem]) -> list[str]:
        """The batches that were made for a payer."""
        terms = self._policy.directory.of(payer_id, self._runtime.clock.now().date())
        answered = answer_meta(key, pending, self._runtime.clock)

        def meta(command_id: UUID, subject: str, record_key: str) -> Meta:
            return answered.model_copy(
                update={"id": command_id, "subject": subject, "key": record_key, "causation": pending.id}
            )

        intake = BatchIntake(self._runtime, key.tenant, self._check, self._batch, pending.id, meta)
        made: list[str] = []
        for part, start in enumerate(range(0, len(items), terms.batch_inquiries_max)):
            until = min(intake.until(terms), self._ends(key.tenant)) if terms.batch else None
            commands = [
                RequestCheck(
                    meta=intake.meta(f"{name}/{n}", f"check/{check_id}", check.account_id),
                    request_id=name if not n else f"{name}.{n}",
                    reason="batch",
                    account_id=check.account_id,
                    coverage_id=check.coverage_id,
                    payer_id=check.payer_id,
                    billing_npi=check.billing_npi,
                    service_date=check.service_date,
                    sealed_subscriber=check.sealed_subscriber,
                    service_types=check.service_types,
                    claim_id=claim_id,
                    batch_until=until,
                )
                for item, check_id, check in await self._loaded(
                    key.tenant, items[start : start + terms.batch_inquiries_max]
                )
                for name in [f"night_{uuid5(pending.id, check_id).hex[:20]}"]
                for n, claim_id in enumerate(item.claims or (None,))
            ]
            if until is None:
                await self._runtime.shell.transact(self._check, commands)
                continue
            batch = await intake.take(intake.batch_id(payer_id, part), payer_id, commands, until)
            made += [batch.batch_id] if batch.batch_id else []
        return made

    def _ends(self, tenant: str) -> datetime:
        """Payers are tried until the next list is near: what has no answer then stands on it again."""
        now = self._runtime.clock.now()
        return self._book.of(tenant, now.date()).next_after(now) - BEFORE_THE_NEXT

    async def _loaded(self, tenant: str, items: Sequence[NightItem]) -> list[tuple[NightItem, str, Check]]:
        keys = {item.check_id: Key(tenant, item.check_id) for item in items}
        rows = await self._runtime.store.load(self._check, set(keys.values()))
        return [(item, item.check_id, rows[keys[item.check_id]].snapshot.state) for item in items]

    async def _list(self, tenant: str, effect_id: UUID, on: date) -> NightList:
        """What the night asks about: as it was kept, or found now."""
        name = f"night/{effect_id}"
        try:
            return LIST.validate_json(b"".join([one async for one in self._runtime.store.read_blob(tenant, name)]))
        except KeyError:
            found = await self._find(tenant, self._book.of(tenant, on), on)

        async def chunks() -> AsyncIterator[bytes]:
            yield LIST.dump_json(found)

        await self._runtime.store.put_blob(tenant, name, chunks())
        return found

    async def _find(self, tenant: str, terms: NightTerms, on: date) -> NightList:
        """Services ahead, the nearest first, then claims that wait, the oldest first."""
        ahead = [on + timedelta(days=n) for n in range(1, terms.ahead_days + 1)]
        back = [on - timedelta(days=n) for n in range(terms.back_days + 1)]
        due = [
            *await self._among(tenant, "service_date", ahead, terms, on),
            *await self._among(tenant, "waits_for_night", back, terms, on),
        ]
        return NightList(items=tuple(due[: terms.inquiries_max]), left=max(len(due) - terms.inquiries_max, 0))

    async def _among(
        self, tenant: str, index: str, days: Collection[date], terms: NightTerms, on: date
    ) -> list[NightItem]:
        found: list[tuple[date, NightItem]] = []
        values, after = [day.isoformat() for day in days], None
        while page := await self._runtime.store.find_among(self._check, tenant, index, values, after, PAGE):
            for key, check in page:
                if why := wanted(terms, self._policy, check, on):
                    claims = check.told if why == "waiting" else ()
                    found.append(
                        (check.service_date, NightItem(check_id=key.id, payer_id=check.payer_id, claims=claims))
                    )
            after = page[-1][0].id
        return [item for _, item in sorted(found, key=lambda one: (one[0], one[1].check_id))]
