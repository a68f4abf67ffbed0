"""Opens outbound files for claims that are ready. Any number of processes may look: each claim joins only one file."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid5

from services.claims.core import SUBMISSION, Claim, ClaimFact, ClaimMessage
from services.claims.core.content import ClaimType
from services.claims.core.cutoffs import last_cutoff
from services.claims.core.submission import CLAIMS_MAX, OpenSubmission
from services.claims.routing import Routing
from services.claims.tenants import Tenants
from shared.contracts import Meta
from shared.decider import Decider
from shared.runtime import Runtime
from shared.x12.control_numbers import ControlNumbers

NAMESPACE = UUID("0c9b7c2e-6a0e-5c7e-9a51-3e4f0d1b2a77")
QUIET_SECONDS = 0.15
"""A file opens once no further claim came for so long, or when it is full."""


class Lane(NamedTuple):
    """One tenant's connection to one partner."""

    tenant: str
    partner: str


class Batcher:
    """A loop of the service."""

    name = "batcher"
    kind = "claim"

    def __init__(
        self, runtime: Runtime, claim: Decider[Claim, ClaimMessage, ClaimFact], routing: Routing, tenants: Tenants
    ) -> None:
        self._runtime, self._claim, self._routing, self._tenants = runtime, claim, routing, tenants
        self._numbers = ControlNumbers(runtime.store)
        self._waiting: dict[Lane, int] = {}
        self._passed: dict[Lane, datetime] = {}

    async def step(self) -> int:
        """Open a file in every lane where one is called for; how many."""
        return sum([await self._look(lane) for lane in await self._lanes()])

    async def pending(self) -> int:
        """Claims that wait for a file which may open now."""
        return sum([await self._ready(lane) for lane in await self._lanes() if await self._may_leave(lane)])

    async def _lanes(self) -> list[Lane]:
        tenants = await self._tenants.all()
        return [Lane(tenant, partner) for tenant in tenants for partner in self._routing.partners]

    async def _ready(self, lane: Lane) -> int:
        where = {"ready_for": lane.partner}
        return await self._runtime.store.count(self._claim, lane.tenant, where)

    async def _look(self, lane: Lane) -> int:
        """A file opens when it would be full, or when no further claim came since the last look."""
        if not await self._may_leave(lane):
            return 0
        ready = await self._ready(lane)
        grew = ready != self._waiting.get(lane, 0)
        self._waiting[lane] = ready
        if not ready:
            await self._pass_cutoff(lane)
            return 0
        if grew and ready < CLAIMS_MAX:
            await asyncio.sleep(QUIET_SECONDS)
            return 1
        building = {"status": "building", "partner": lane.partner}
        if await self._runtime.store.count(SUBMISSION, lane.tenant, building):
            return 0
        await self._open(lane)
        self._waiting.pop(lane)
        if ready < CLAIMS_MAX:
            await self._pass_cutoff(lane)
        return 1

    async def _may_leave(self, lane: Lane) -> bool:
        """Whether a file may open: always without cutoffs; else once after each, for what was ready then."""
        cutoff = self._cutoff(lane)
        if cutoff is None:
            return not self._routing.partners[lane.partner].cutoffs
        if self._passed.get(lane) == cutoff:
            return False
        key = _cutoff_key(lane, cutoff)
        found = await self._runtime.store.notes("cutoffs", lane.tenant, key[:-1], 1)
        if any(note["id"] == key for note in found):
            self._passed[lane] = cutoff
            return False
        return True

    async def _pass_cutoff(self, lane: Lane) -> None:
        """What becomes ready from now on waits for the next cutoff, whichever process looks."""
        cutoff = self._cutoff(lane)
        if cutoff is not None:
            document = {"partner": lane.partner, "at": self._runtime.wall()}
            await self._runtime.store.note("cutoffs", lane.tenant, _cutoff_key(lane, cutoff), document)
            self._passed[lane] = cutoff

    def _cutoff(self, lane: Lane) -> datetime | None:
        """The last cutoff of a lane's partner; None where it has none."""
        rules = self._routing.partners[lane.partner].cutoffs
        return last_cutoff(rules, self._runtime.clock.now()) if rules else None

    async def _open(self, lane: Lane) -> None:
        """A file for each kind of claims that wait: no file mixes guides."""
        where = {"ready_for": lane.partner}
        found = await self._runtime.store.find(self._claim, lane.tenant, where, None, CLAIMS_MAX)
        by_type: dict[ClaimType, list[str]] = {}
        for key, claim in found:
            by_type.setdefault(claim.content.claim_type if claim.content else "P", []).append(key.id)
        openings = [await self._opening(lane, *of_type) for of_type in sorted(by_type.items(), reverse=True)]
        await self._runtime.shell.transact(SUBMISSION, openings)

    async def _opening(self, lane: Lane, claim_type: ClaimType, candidates: Sequence[str]) -> OpenSubmission:
        number = await self._next_number(lane)
        submission_id = f"sub_{lane.partner}_{number:09d}"
        message_id = uuid5(NAMESPACE, f"{lane.tenant}/{submission_id}")
        meta = Meta(
            id=message_id,
            tenant=lane.tenant,
            occurred_at=self._runtime.clock.now(),
            source="claims",
            subject=f"submission/{submission_id}",
            key=submission_id,
            correlation=message_id,
        )
        return OpenSubmission(
            meta=meta,
            submission_id=submission_id,
            partner=lane.partner,
            candidates=tuple(candidates),
            interchange=number,
            group=number,
            claim_type=claim_type,
        )

    async def _next_number(self, lane: Lane) -> int:
        """ISA13 and GS06, which the partner never saw before, whichever process sends."""
        return await self._numbers.take(f"{lane.tenant}/{lane.partner}", self._runtime.clock.now().year)


def _cutoff_key(lane: Lane, cutoff: datetime) -> str:
    return f"{lane.tenant}/{lane.partner}/{cutoff:%Y%m%dT%H%MZ}"
