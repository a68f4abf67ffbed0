"""Who performs the effects of payments: reading files, distributing remittances, forwarding claims to accounts."""

import asyncio
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple
from uuid import uuid5

from services.payments.core.account import AccountDecider
from services.payments.core.account_messages import PostRemittedClaim
from services.payments.core.control_number import (
    CONTROL_NUMBER,
    ForwardRemittedClaim,
    RemittedClaimForwarded,
    RouteRemittedClaim,
    WithdrawRemittedClaim,
)
from services.payments.core.inbound_file import INBOUND_FILE, FileUnreadable, ReadRemittanceFile, TransactionsRead
from services.payments.core.provider import PROVIDER, NamedClaim, PostProviderAdjustment, plain_reference
from services.payments.core.provider_code import ProviderCodePolicy
from services.payments.core.remittance import (
    REMITTANCE,
    DistributeRemittance,
    Header,
    ReceiveRemittance,
    RemittanceDistributed,
)
from services.payments.from_x12 import (
    Incoming,
    content_hash,
    corrections,
    incoming,
    present,
    provider_of,
    remitted_claim,
)
from services.payments.manual import essence_of, known_checks, placed
from services.payments.matching import Withdrawer, bearer_of_payer_number, told_by_payer_numbers
from services.payments.payees import NO_PAYEES, Payees, limits_of
from services.payments.slices import slice_of
from services.payments.vault import RemittanceVault
from shared.contracts import Message, Meta
from shared.decider import Effect, Pending
from shared.grouped import Grouped
from shared.runtime import Runtime
from shared.store.port import Key, Store
from shared.worker import Performer, answer_meta
from shared.x12.era835 import ClaimPayment, Remittance835, read_835
from shared.x12.findings import Finding, X12Error

TRANSACTIONS_A_STEP = 50
CLAIMS_A_STEP = 2000
CLAIMS_A_BATCH = 200
READERS_MAX = 4
"""Files whose reading goes on where it stopped; one more begins from its start again."""


class Stretch(NamedTuple):
    """Some transactions of a file, from one position on; `fault` is what ended the reading early."""

    transactions: Sequence[Remittance835]
    findings: int
    ended: bool
    fault: Finding | None


class Performers:
    """Performs every effect of the service; each may be repeated, because the core knows what it has seen."""

    def __init__(
        self,
        runtime: Runtime,
        account: AccountDecider,
        vault: RemittanceVault,
        codes: ProviderCodePolicy,
        payees: Payees = NO_PAYEES,
    ) -> None:
        self._runtime, self._account, self._vault = runtime, account, vault
        self._codes, self._payees = codes, payees
        self._posting = Grouped(self._post)
        self._readers: dict[tuple[Key, int], Reader] = {}

    def by_kind(self) -> Mapping[str, Mapping[type[Effect], Performer]]:
        return {
            INBOUND_FILE.kind: {ReadRemittanceFile: self.read_file},
            REMITTANCE.kind: {DistributeRemittance: self.distribute},
            CONTROL_NUMBER.kind: {
                ForwardRemittedClaim: self.forward,
                WithdrawRemittedClaim: Withdrawer(self._runtime, self._account).withdraw,
            },
        }

    async def read_file(self, key: Key, pending: Pending) -> Message:
        """Make remittances of a stretch of transactions, and say how far it went."""
        effect = pending.effect
        assert isinstance(effect, ReadRemittanceFile)
        stretch = await self._stretch(key, effect.file_id, effect.after)
        await self._receive(key, pending, effect, stretch.transactions)
        meta = answer_meta(key, pending, self._runtime.clock)
        if stretch.fault is not None and not stretch.transactions:
            await self._quarantine(key, effect.file_id, stretch.fault.code, stretch.fault)
            reason = f"{stretch.fault.code}: {stretch.fault.message}"
            return FileUnreadable(meta=meta, file_id=effect.file_id, reason=reason, position=place_of(stretch.fault))
        return TransactionsRead(
            meta=meta,
            file_id=effect.file_id,
            upto=effect.after + len(stretch.transactions),
            claims=sum(len(era.claims) for era in stretch.transactions),
            findings=stretch.findings,
            done=stretch.ended and stretch.fault is None,
        )

    async def _stretch(self, key: Key, file_id: str, after: int) -> Stretch:
        """The next transactions. A file is read on from where it was left, unless another process left it there."""
        reader = self._readers.pop((key, after), None)
        if reader is None:
            reader = Reader(handed_over(deque(await self._vault.read(key.tenant, file_id))))
        stretch = await asyncio.to_thread(reader.stretch, after)
        if not stretch.ended and len(self._readers) < READERS_MAX:
            self._readers[key, reader.position] = reader
        return stretch

    async def _receive(
        self, key: Key, pending: Pending, effect: ReadRemittanceFile, eras: Sequence[Remittance835]
    ) -> None:
        received: list[ReceiveRemittance] = []
        read: list[Incoming] = []
        limits = limits_of(self._payees, key.tenant, self._runtime.clock.now().date())
        for number, era in enumerate(eras, effect.after + 1):
            one = incoming(era, effect.file_id, number, limits)
            if one is None:
                await self._quarantine(key, f"{effect.file_id}/{number}", "FILE:payment-date", None)
                continue
            read.append(one._replace(header=one.header.model_copy(update={"essence": essence_of(era)})))
        for read_one, known in zip(read, await known_checks(self._runtime.store, key.tenant, "835", read), strict=True):
            one, number = placed(read_one, known, "835"), read_one.header.transaction
            meta = _derived(pending, key, f"receive/{number}", f"remittance/{one.remittance_id}", one.remittance_id)
            received.append(
                ReceiveRemittance(
                    meta=meta,
                    remittance_id=one.remittance_id,
                    header=one.header,
                    imbalance=one.imbalance,
                    postable=one.postable,
                )
            )
        await self._runtime.shell.transact(REMITTANCE, received)

    async def distribute(self, key: Key, pending: Pending) -> Message:
        """Route a stretch of a remittance's claims; after the last one, its provider-level adjustments."""
        effect = pending.effect
        assert isinstance(effect, DistributeRemittance)
        header = effect.header
        era = await stored_transaction(self._vault, key.tenant, header)
        upto = min(effect.after + CLAIMS_A_STEP, len(era.claims))
        for start in range(effect.after, upto, CLAIMS_A_BATCH):
            places = range(start, min(start + CLAIMS_A_BATCH, upto))
            routed = [await self._route(key, pending, effect, era, place) for place in places]
            routed = await told_by_payer_numbers(self._runtime.store, key.tenant, routed)
            await self._runtime.shell.transact(CONTROL_NUMBER, routed)
        done = upto == len(era.claims)
        if done and era.provider_adjustments:
            named = await named_claims(self._runtime.store, key.tenant, era, header.payer_id)
            adjustments = provider_adjustments(key, pending, effect.remittance_id, header, era, self._codes, named)
            await self._runtime.shell.transact(PROVIDER, list(adjustments))
        meta = answer_meta(key, pending, self._runtime.clock)
        return RemittanceDistributed(meta=meta, remittance_id=effect.remittance_id, upto=upto, done=done)

    async def _route(
        self, key: Key, pending: Pending, effect: DistributeRemittance, era: Remittance835, place: int
    ) -> RouteRemittedClaim:
        claim = era.claims[place]
        corrected = await self._seal(key.tenant, claim)
        remitted = remitted_claim(claim, effect.remittance_id, effect.header, place + 1, corrected)
        number = remitted.patient_control_number
        meta = _derived(pending, key, f"route/{place + 1}", f"control_number/{number}", number)
        return RouteRemittedClaim(meta=meta, remitted=remitted)

    async def _seal(self, tenant: str, claim: ClaimPayment) -> str | None:
        """Who the payer says the patient is, sealed for whoever mends the coverage."""
        named = corrections(claim)
        if named is None:
            return None
        return await self._runtime.sealer.seal(tenant, claim.patient_control_number, json.dumps(named).encode())

    async def forward(self, key: Key, pending: Pending) -> Message:
        """Post a claim on its account. Claims that are forwarded at the same time are posted in one batch."""
        effect = pending.effect
        assert isinstance(effect, ForwardRemittedClaim)
        meta = _derived(pending, key, "post", f"account/{effect.account_id}", effect.account_id)
        await self._posting.add(
            PostRemittedClaim(
                meta=meta, account_id=effect.account_id, claim_id=effect.claim_id, remitted=effect.remitted
            )
        )
        return RemittedClaimForwarded(
            meta=answer_meta(key, pending, self._runtime.clock),
            patient_control_number=effect.remitted.patient_control_number,
        )

    async def _post(self, commands: Sequence[PostRemittedClaim]) -> None:
        await self._runtime.shell.transact(self._account, commands)

    async def _quarantine(self, key: Key, name: str, code: str, fault: Finding | None) -> None:
        """Make visible what could not be taken in; its bytes stay in the vault."""
        document = {
            "kind": "remittance_file",
            "file_id": key.id,
            "at": self._runtime.wall(),
            "code": code,
            "reason": fault.message if fault else "The transaction has no payment date (BPR16) and no DTM*405.",
            "segment_number": fault.segment_number if fault else 0,
            "byte_offset": fault.byte_offset if fault else 0,
        }
        await self._runtime.store.note("quarantine", key.tenant, name, document)
        self._runtime.log.warning("file_not_whole", tenant=key.tenant, file_id=key.id, reason=code)


def handed_over(pieces: deque[bytes]) -> Iterator[bytes]:
    """The pieces in order; each is let go of when it was read."""
    while pieces:
        yield pieces.popleft()


class Reader:
    """One file, read from its beginning to its end in stretches. Blocking: run it in a thread."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.position = 0
        self._items = iter(read_835(pieces))

    def stretch(self, after: int) -> Stretch:
        """The transactions after this position: so many, or those of so many claims, whichever come first."""
        found: list[Remittance835] = []
        findings = claims = 0
        try:
            for item in self._items:
                if isinstance(item, Finding):
                    findings += self.position >= after
                    continue
                self.position += 1
                if self.position <= after:
                    continue
                found.append(item)
                findings += len(item.findings)
                claims += len(item.claims)
                if len(found) == TRANSACTIONS_A_STEP or claims >= CLAIMS_A_STEP:
                    return Stretch(found, findings, ended=False, fault=None)
        except X12Error as error:
            return Stretch(found, findings, ended=True, fault=error.finding)
        return Stretch(found, findings, ended=True, fault=None)


async def stored_transaction(vault: RemittanceVault, tenant: str, header: Header) -> Remittance835:
    """One transaction of a kept file: cut out of it, and read up to where that gives anything else than before."""
    stream = vault.stream(tenant, header.file_id)
    cut = await slice_of(stream, header.transaction)
    await stream.aclose()
    era = None if cut is None else await asyncio.to_thread(_only, cut)
    if era is not None and content_hash(era) == header.content_hash:
        return era
    pieces = await vault.read(tenant, header.file_id)
    return await asyncio.to_thread(transaction_at, pieces, header.transaction)


def _only(content: bytes) -> Remittance835 | None:
    try:
        return next((one for one in read_835([content]) if isinstance(one, Remittance835)), None)
    except X12Error:
        return None


def transaction_at(pieces: Iterable[bytes], number: int) -> Remittance835:
    """One transaction of a file that was read before. Blocking: run it in a thread."""
    transactions = (item for item in read_835(pieces) if isinstance(item, Remittance835))
    return next(islice(transactions, number - 1, None))


async def named_claims(store: Store, tenant: str, era: Remittance835, payer_id: str) -> Mapping[str, NamedClaim]:
    """The claims that the references of a remittance's adjustments name, by plain reference.

    A reference is the claim's number at the payer (CLP07) or ours (CLP01), of this remittance or of an earlier one.
    """
    references = [one.reference.strip() for one in era.provider_adjustments]
    wanted = {plain_reference(one): one for one in references if one}
    here = {
        plain_reference(number): claim.patient_control_number
        for claim in era.claims
        for number in (claim.payer_claim_control_number, claim.patient_control_number)
    }
    numbers = {plain: here.get(plain, reference) for plain, reference in wanted.items()}
    rows = await store.load(CONTROL_NUMBER, {Key(tenant, number) for number in numbers.values()})
    found: dict[str, NamedClaim] = {}
    for plain, number in numbers.items():
        bearers = rows[Key(tenant, number)].snapshot.state.bearers
        if len(bearers) == 1:
            [(account_id, claim_id)] = bearers
            found[plain] = NamedClaim(patient_control_number=number, claim_id=claim_id, account_id=account_id)
        elif (bearer := await bearer_of_payer_number(store, tenant, f"{payer_id}|{wanted[plain]}")) is not None:
            found[plain] = NamedClaim(
                patient_control_number=here.get(plain, ""), claim_id=bearer.claim_id, account_id=bearer.account_id
            )
        elif plain in here:
            found[plain] = NamedClaim(patient_control_number=number)
    return found


def provider_adjustments(
    key: Key,
    pending: Pending,
    remittance_id: str,
    header: Header,
    era: Remittance835,
    codes: ProviderCodePolicy,
    named: Mapping[str, NamedClaim],
) -> Iterator[PostProviderAdjustment]:
    """Every PLB amount of a remittance, counted from 1."""
    for line, one in enumerate(era.provider_adjustments, 1):
        provider_id = provider_of(one, era)
        rule = codes.classify(one.code, header.payment_date)
        yield PostProviderAdjustment(
            meta=_derived(pending, key, f"provider/{line}", f"provider/{provider_id}", provider_id),
            provider_id=provider_id,
            remittance_id=remittance_id,
            line=line,
            payer_id=header.payer_id,
            code=one.code,
            reference=one.reference,
            amount_cents=present(one.amount_cents),
            payment_date=header.payment_date,
            account=rule.account,
            nets=rule.nets,
            claim=named.get(plain_reference(one.reference)),
        )


def place_of(fault: Finding) -> str:
    return f"segment {fault.segment_number}, byte {fault.byte_offset}"


def _derived(pending: Pending, key: Key, name: str, subject: str, record_key: str) -> Meta:
    """The envelope of a command that an effect sends; its id derives from the effect, so a repeat is the same."""
    return pending.cause.model_copy(
        update={
            "id": uuid5(pending.id, name),
            "tenant": key.tenant,
            "source": "payments",
            "subject": subject,
            "key": record_key,
            "sequence": 0,
            "causation": pending.id,
        }
    )
