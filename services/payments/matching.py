"""Finding the claims that remitted ones mean, and taking a posting off the wrong one: what the rules need to read."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from uuid import uuid5

from pydantic import ValidationError

from services.payments.core.account import AccountDecider
from services.payments.core.account_facts import AnyAccountFact, ClaimAdjudicated
from services.payments.core.account_messages import Shift, UnpostRemittedClaim
from services.payments.core.account_person import shifts_of
from services.payments.core.control_number import (
    CONTROL_NUMBER,
    Bearer,
    ControlNumber,
    RemittedClaimWithdrawn,
    RouteRemittedClaim,
    WithdrawRemittedClaim,
    claim_of_payer_number,
    payer_number_of,
    plain_number,
)
from services.payments.core.remittance import REMITTANCE
from services.payments.core.remitted import RemittedClaim
from services.payments.core.suggesting import Candidate, Person, Suggestion, suggest
from services.payments.vault import RemittanceVault
from shared.contracts import Message
from shared.decider import Pending, Scalar
from shared.identity import Guarantor
from shared.runtime import Runtime
from shared.sealed import SealBrokenError
from shared.store.port import Key, Store
from shared.worker import answer_meta
from shared.x12.era835 import Remittance835, read_835

CANDIDATES_MAX = 50
"""Looked at for each likeness; a charge that more claims have tells little."""


async def told_by_payer_numbers(
    store: Store, tenant: str, routed: Sequence[RouteRemittedClaim]
) -> list[RouteRemittedClaim]:
    """The routes, with the claim that an earlier remittance named by the same CLP07 where CLP01 names none of ours."""
    keys = {Key(tenant, one.remitted.patient_control_number) for one in routed}
    rows = await store.load(CONTROL_NUMBER, keys)
    made: list[RouteRemittedClaim] = []
    for one in routed:
        known = rows[Key(tenant, one.remitted.patient_control_number)].snapshot.state
        payer_number = payer_number_of(one.remitted)
        if known.bearers or not payer_number:
            made.append(one)
        else:
            bearer = await bearer_of_payer_number(store, tenant, payer_number)
            made.append(one.model_copy(update={"by_payer_number": bearer}))
    return made


async def bearer_of_payer_number(store: Store, tenant: str, payer_number: str) -> Bearer | None:
    """The one claim of this number; None where there is none, or more than one."""
    found = await store.find(CONTROL_NUMBER, tenant, {"payer_number": payer_number}, None, 2)
    claims = {claim for _, state in found if (claim := claim_of_payer_number(state, payer_number)) is not None}
    return claims.pop() if len(claims) == 1 else None


async def suggestions(
    runtime: Runtime, account: AccountDecider, vault: RemittanceVault, tenant: str, remitted: RemittedClaim
) -> tuple[Suggestion, ...]:
    """Claims that may be meant. Names are read for this comparison alone, and nothing of them is kept or shown."""
    patient = await _patient_of(runtime.store, vault, tenant, remitted)
    numbers = [state async for state in _alike(runtime.store, tenant, remitted)]
    candidates = [
        Candidate(number, bearer.account_id, billed)
        for number in numbers
        for bearer, billed in zip(number.bearers, number.billed, strict=True)
    ]
    guarantors = await _guarantors(runtime, account, tenant, candidates)
    named = (one._replace(guarantor=guarantors.get(one.account_id, frozenset())) for one in candidates)
    return suggest(remitted, patient, named)


async def _alike(store: Store, tenant: str, remitted: RemittedClaim) -> AsyncIterator[ControlNumber]:
    """Numbers with a claim that has something in common with the remitted one."""
    likenesses: tuple[Mapping[str, Scalar], ...] = (
        {"payer_number": payer_number_of(remitted)},
        {"plain": plain_number(remitted.patient_control_number)},
        {"charge": abs(remitted.charge_cents)},
    )
    seen: set[str] = set()
    own = (await store.load(CONTROL_NUMBER, (Key(tenant, remitted.patient_control_number),))).values()
    for row in own:
        seen.add(remitted.patient_control_number)
        yield row.snapshot.state
    for where in likenesses:
        if not all(where.values()):
            continue
        for key, state in await store.find(CONTROL_NUMBER, tenant, where, None, CANDIDATES_MAX):
            if key.id not in seen:
                seen.add(key.id)
                yield state


async def _patient_of(store: Store, vault: RemittanceVault, tenant: str, remitted: RemittedClaim) -> Person | None:
    """Who the remittance says the patient is (NM1*QC), read from the sealed file."""
    key = Key(tenant, remitted.remittance_id)
    header = (await store.load(REMITTANCE, (key,)))[key].snapshot.state.header
    if header is None:
        return None
    try:
        pieces = await vault.read(tenant, header.file_id)
    except (KeyError, SealBrokenError):
        return None
    return await asyncio.to_thread(_name_in, pieces, header.transaction, remitted.position)


def _name_in(pieces: Sequence[bytes], transaction: int, position: int) -> Person | None:
    eras = (item for item in read_835(pieces) if isinstance(item, Remittance835))
    for number, era in enumerate(eras, 1):
        if number == transaction and position <= len(era.claims):
            patient = era.claims[position - 1].patient
            return None if patient is None else Person(patient.last_name.upper(), patient.first_name.upper())
    return None


async def _guarantors(
    runtime: Runtime, account: AccountDecider, tenant: str, candidates: Sequence[Candidate]
) -> Mapping[str, frozenset[str]]:
    rows = await runtime.store.load(account, {Key(tenant, one.account_id) for one in candidates})
    return {key.id: await _words(runtime, row.snapshot.state.sealed_guarantor) for key, row in rows.items()}


async def _words(runtime: Runtime, sealed: str | None) -> frozenset[str]:
    """The words of a guarantor's name; none where its key was destroyed."""
    if sealed is None:
        return frozenset()
    try:
        guarantor = Guarantor.model_validate_json(await runtime.sealer.open(sealed))
    except (SealBrokenError, ValidationError):
        return frozenset()
    return frozenset(guarantor.name.upper().replace(",", " ").split())


class Withdrawer:
    """Takes a posting off the claim it should not be on."""

    def __init__(self, runtime: Runtime, account: AccountDecider) -> None:
        self._runtime, self._account = runtime, account

    async def withdraw(self, key: Key, pending: Pending) -> Message:
        """Ask the account, and tell what it answered. Safe to repeat: the command's id derives from the effect."""
        effect = pending.effect
        assert isinstance(effect, WithdrawRemittedClaim)
        of = Key(key.tenant, effect.account_id)
        shifts = await self._shifts(of, effect.remitted)
        command_id = uuid5(pending.id, "unpost")
        meta = pending.cause.model_copy(
            update={
                "id": command_id,
                "tenant": key.tenant,
                "source": "payments",
                "subject": f"account/{of.id}",
                "key": of.id,
                "sequence": 0,
                "causation": pending.id,
            }
        )
        command = UnpostRemittedClaim(
            meta=meta,
            account_id=of.id,
            claim_id=effect.claim_id,
            remitted=effect.remitted,
            reason=effect.reason,
            shifts=shifts,
        )
        decided = await self._runtime.shell.transact_one(self._account, command)
        return RemittedClaimWithdrawn(
            meta=answer_meta(key, pending, self._runtime.clock),
            patient_control_number=key.id,
            remitted=effect.remitted,
            because=decided.snapshot.state.answered.get(str(command_id), ""),
        )

    async def _shifts(self, key: Key, remitted: RemittedClaim) -> tuple[Shift, ...]:
        """Where the posting moved patients' money, from what its message made in the journal."""
        entries = await self._runtime.store.history(self._account, key)
        cause = next(
            (
                entry.meta.causation
                for entry in reversed(entries)
                if isinstance(entry.fact, ClaimAdjudicated) and entry.fact.remitted.place == remitted.place
            ),
            None,
        )
        facts: list[AnyAccountFact] = [entry.fact for entry in entries if entry.meta.causation == cause]
        return shifts_of(facts) if cause is not None else ()
