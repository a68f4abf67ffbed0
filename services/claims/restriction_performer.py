"""Brings what a patient keeps from the plan to the claims of the coverage that are here already."""

from collections.abc import AsyncIterator, Sequence
from uuid import uuid5

from services.claims.core import Claim
from services.claims.core.claim_restricted import RecordRestriction
from services.claims.core.edits import SELF_PAY, restricted
from services.claims.core.edits_base import Restriction
from services.claims.core.rules_restriction import RESTRICTION, RestrictionTold, TellRestriction
from services.claims.past_services import ClaimDecider
from shared.contracts import Meta
from shared.decider import Pending
from shared.runtime import Runtime
from shared.store.port import Key
from shared.worker import answer_meta

PAGE = 200


class RestrictionTeller:
    """Performs `TellRestriction`."""

    def __init__(self, runtime: Runtime, claim: ClaimDecider) -> None:
        self._runtime, self._claim = runtime, claim

    async def tell(self, key: Key, pending: Pending) -> RestrictionTold:
        """Every claim of the coverage hears what is kept from the plan now. Safe to repeat: it is no news then."""
        assert isinstance(pending.effect, TellRestriction), "the worker was given one performer for one effect"
        rows = await self._runtime.store.load(RESTRICTION, (key,))
        in_force = rows[key].snapshot.state.in_force
        told = 0
        async for page in self._pages(key):
            messages = [one for claim in page for one in _news(key, pending, claim, in_force)]
            await self._runtime.shell.transact(self._claim, messages)
            told += len(messages)
        meta = answer_meta(key, pending, self._runtime.clock)
        return RestrictionTold(meta=meta, coverage_id=key.id, claims=told)

    async def _pages(self, key: Key) -> AsyncIterator[Sequence[Claim]]:
        after: str | None = None
        while page := await self._runtime.store.find(self._claim, key.tenant, {"coverage_id": key.id}, after, PAGE):
            yield [state for _, state in page]
            if len(page) < PAGE:
                return
            after = page[-1][0].id


def _news(key: Key, pending: Pending, claim: Claim, in_force: tuple[Restriction, ...]) -> Sequence[RecordRestriction]:
    """Nothing for a claim that no restriction concerns, now or before."""
    holds = restricted(claim.content, in_force) if claim.content else ()
    if not holds and not claim.kept_from_plan and all(one.rule != SELF_PAY for one in claim.holds):
        return ()
    meta: Meta = pending.cause.model_copy(
        update={
            "id": uuid5(pending.id, claim.claim_id),
            "tenant": key.tenant,
            "source": "claims",
            "subject": f"claim/{claim.claim_id}",
            "key": claim.account_id or "unassigned",
            "sequence": 0,
            "causation": pending.id,
        }
    )
    return (RecordRestriction(meta=meta, claim_id=claim.claim_id, holds=holds),)
