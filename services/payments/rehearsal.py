"""A remittance rehearsed: what posting it would do, claim by claim, with nothing written.

The same deciders run on the stored states, in memory; a claim sees what the ones before it in the file would have done.
"""

import asyncio
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID, uuid5

from services.payments.core.account import AccountDecider
from services.payments.core.account_facts import LedgerFact
from services.payments.core.account_messages import PostRemittedClaim
from services.payments.core.control_number import CONTROL_NUMBER, ForwardRemittedClaim, RouteRemittedClaim
from services.payments.core.provider import PROVIDER, ProviderAdjusted
from services.payments.core.provider_code import ProviderCodePolicy
from services.payments.core.remittance import REMITTANCE, DistributeRemittance, ReceiveRemittance
from services.payments.core.remitted import RemittedClaim
from services.payments.from_x12 import Incoming, Limits, incoming, remitted_claim
from services.payments.matching import told_by_payer_numbers
from services.payments.performers import named_claims, provider_adjustments
from shared.contracts import Message, Meta
from shared.decider import Decided, Decider, Pending, Snapshot
from shared.store.port import Key, Store
from shared.x12.era835 import ClaimPayment, Remittance835, read_835

AnyDecider: TypeAlias = Decider[Any, Any, Any]
NAMESPACE = UUID("6b2f6a34-4d0c-5f0e-9f3b-0a1d5a7c2e11")
YIELD_EVERY = 50


class RehearsedClaim(NamedTuple):
    """What would become of one CLP; `entries` are ledger facts, in order."""

    position: int
    remitted: RemittedClaim | None
    outcome: str
    claim_id: str
    account_id: str
    entries: tuple[LedgerFact, ...] = ()
    denied_cents: int = 0
    owed_before_cents: int = 0
    owed_after_cents: int = 0


class Rehearsed(NamedTuple):
    """What would become of one transaction of the file; `parked` says why, None: it would post."""

    transaction: int
    outcome: str
    incoming: Incoming | None
    claims: tuple[RehearsedClaim, ...]
    adjustments: tuple[ProviderAdjusted, ...]


class Rehearsal:
    """One file, or one stored remittance. States are read when they are first needed, and never written."""

    def __init__(self, store: Store, account: AccountDecider, codes: ProviderCodePolicy, meta: Meta) -> None:
        self._store, self._account, self._codes, self._meta = store, account, codes, meta
        self._states: dict[tuple[str, Key], Snapshot[Any]] = {}

    async def file(self, content: bytes, limits: Limits) -> list[Rehearsed]:
        """Every transaction of a file. X12Error when it cannot be read."""
        eras = await asyncio.to_thread(lambda: [one for one in read_835([content]) if isinstance(one, Remittance835)])
        return [await self.transaction(era, "rehearsal", number, limits) for number, era in enumerate(eras, 1)]

    async def transaction(self, era: Remittance835, file_id: str, number: int, limits: Limits) -> Rehearsed:
        """One transaction. What would be parked is rehearsed as if a person released it, where that is possible."""
        one = incoming(era, file_id, number, limits)
        if one is None:
            return Rehearsed(number, "set aside: it has no payment date (BPR16)", None, (), ())
        outcome = await self._received(one)
        if not one.postable:
            return Rehearsed(number, outcome, one, (), ())
        await self._prepare(CONTROL_NUMBER, {self._key(_number_of(claim)) for claim in era.claims})
        claims = [await self._claim(claim, one, place) for place, claim in enumerate(era.claims, 1)]
        return Rehearsed(number, outcome, one, tuple(claims), await self._adjustments(era, one))

    async def _received(self, one: Incoming) -> str:
        await self._prepare(REMITTANCE, {self._key(one.remittance_id)})
        message = ReceiveRemittance(
            meta=self._named(f"receive/{one.remittance_id}/{one.header.content_hash}"),
            remittance_id=one.remittance_id,
            header=one.header,
            imbalance=one.imbalance,
            postable=one.postable,
        )
        before = self._states[REMITTANCE.kind, self._key(one.remittance_id)].state
        decided = self._run(REMITTANCE, one.remittance_id, message)
        status = decided.snapshot.state.status
        if not decided.entries:
            return f"known already: {before.status}"
        if before.header is not None and status == before.status:
            return f"known already with other content: {before.status}; a person compares"
        return f"parked: {one.imbalance}" if status == "parked" else "posts"

    async def _claim(self, claim: ClaimPayment, one: Incoming, place: int) -> RehearsedClaim:
        if place % YIELD_EVERY == 0:
            await asyncio.sleep(0)  # a long file must not keep everybody else waiting
        remitted = remitted_claim(claim, one.remittance_id, one.header, place)
        meta = self._named(f"route/{one.remittance_id}/{place}/{one.header.content_hash}")
        route = RouteRemittedClaim(meta=meta, remitted=remitted)
        [route] = await told_by_payer_numbers(self._store, self._meta.tenant, (route,))
        decided = self._run(CONTROL_NUMBER, remitted.patient_control_number, route)
        forward = next((item for item in decided.effects if isinstance(item, ForwardRemittedClaim)), None)
        if forward is None:
            return RehearsedClaim(place, remitted, _unrouted(decided), "", "")
        return await self._post(forward, remitted, place)

    async def _post(self, forward: ForwardRemittedClaim, remitted: RemittedClaim, place: int) -> RehearsedClaim:
        key = self._key(forward.account_id)
        await self._prepare(self._account, {key})
        before = self._states[self._account.kind, key].state
        command = PostRemittedClaim(
            meta=self._named(f"post/{forward.claim_id}/{remitted.remittance_id}/{place}"),
            account_id=forward.account_id,
            claim_id=forward.claim_id,
            remitted=remitted,
        )
        decided = self._run(self._account, forward.account_id, command)
        after = decided.snapshot.state
        held = next((item for item in after.held if item.remitted.place == remitted.place), None)
        outcome = f"waits for its {held.waits_for}" if held else "posts" if decided.entries else "posted already"
        item = after.receivables.get(forward.claim_id)
        known = before.receivables.get(forward.claim_id)
        return RehearsedClaim(
            position=place,
            remitted=remitted,
            outcome=outcome,
            claim_id=forward.claim_id,
            account_id=forward.account_id,
            entries=tuple(fact for fact in decided.facts if isinstance(fact, LedgerFact)),
            denied_cents=(item.denied_cents if item else 0) - (known.denied_cents if known else 0),
            owed_before_cents=before.owed_cents,
            owed_after_cents=after.owed_cents,
        )

    async def _adjustments(self, era: Remittance835, one: Incoming) -> tuple[ProviderAdjusted, ...]:
        if not era.provider_adjustments:
            return ()
        effect = DistributeRemittance(remittance_id=one.remittance_id, header=one.header, after=0)
        pending = Pending(self._named(f"adjust/{one.remittance_id}").id, effect, self._meta, self._meta.occurred_at)
        named = await named_claims(self._store, self._meta.tenant, era, one.header.payer_id)
        made = list(
            provider_adjustments(
                self._key(one.remittance_id), pending, one.remittance_id, one.header, era, self._codes, named
            )
        )
        await self._prepare(PROVIDER, {self._key(command.provider_id) for command in made})
        facts = [fact for command in made for fact in self._run(PROVIDER, command.provider_id, command).facts]
        return tuple(fact for fact in facts if isinstance(fact, ProviderAdjusted))

    async def _prepare(self, decider: AnyDecider, keys: Collection[Key]) -> None:
        missing = [key for key in keys if (decider.kind, key) not in self._states]
        if missing:
            rows = await self._store.load(decider, missing)
            self._states |= {(decider.kind, key): row.snapshot for key, row in rows.items()}

    def _run(self, decider: AnyDecider, aggregate_id: str, message: Message) -> Decided[Any, Any]:
        at = decider.kind, self._key(aggregate_id)
        decided = decider.run(self._states[at], (message,))
        self._states[at] = decided.snapshot
        return decided

    def _key(self, aggregate_id: str) -> Key:
        return Key(self._meta.tenant, aggregate_id)

    def _named(self, name: str) -> Meta:
        return self._meta.model_copy(update={"id": uuid5(NAMESPACE, f"{self._meta.tenant}/{name}")})


def _number_of(claim: ClaimPayment) -> str:
    return claim.patient_control_number.strip() or "missing"


def _unrouted(decided: Decided[Any, Any]) -> str:
    """Why no account gets the claim."""
    state = decided.snapshot.state
    if not decided.entries:
        return "routed already"
    if len(state.bearers) > 1:
        return f"waits for a person: {len(state.bearers)} claims carry this control number"
    return "waits: no claim carries this control number"


def totals_of(rehearsed: Sequence[RehearsedClaim]) -> dict[str, int]:
    """What the rehearsed claims come to, in cents, and how many would post."""
    posting = [one for one in rehearsed if one.outcome == "posts"]
    remitted = [one.remitted for one in posting if one.remitted is not None]
    return {
        "claims": len(rehearsed),
        "claims_posting": len(posting),
        "paid_cents": sum(one.paid_cents for one in remitted if one.is_posted),
        "denied_cents": sum(one.denied_cents for one in posting),
        "patient_change_cents": sum(one.owed_after_cents - one.owed_before_cents for one in posting),
    }
