"""Who comes to the services from outside: clients, payers that answer, patients, users in a hurry."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from hashlib import md5
from typing import Any
from uuid import UUID

from services.claims.core import SUBMISSION
from services.claims.core.claim_messages import (
    Ack,
    ClaimMessage,
    CorrectClaim,
    HoldClaim,
    Identified,
    RecordClaimAck,
    ReleaseClaim,
)
from services.claims.core.submission import RecordFileAck
from services.claims.core.submission_facts import FileAck
from services.claims.tenants import Tenants
from services.collections.core import StartPlan
from services.payments.core.card_payment import CARD_PAYMENT
from services.payments.core.remittance import REMITTANCE, ReceiveRemittance, ReleaseRemittance
from shared.contracts import Message
from shared.decider import Decider
from shared.shell import ParkedError
from shared.store.port import Key
from tests.simulation.cash import decider_of
from tests.simulation.decisions import Billed, DroppedEra
from tests.simulation.moments import envelope
from tests.simulation.money import CashErrand
from tests.simulation.parts import Claims, Collections, Outside
from tests.simulation.script import DroppedFile, content_for, receive
from tests.simulation.service import Process, Service

GROWING_SECONDS = 0.4
"""Between two pieces of a file: less than a file must lie still before it is taken."""


class People:
    """Everybody outside. What they do in answer to the services depends on what they see, not on when."""

    def __init__(self, outside: Outside, story: int, claims: tuple[Claims, Service], clock: Any) -> None:
        self.outside, self.rng, self.clock = outside, outside.chaos.rng, clock
        self._story, self._told = story, Counter[str]()
        self.claims, self.at_claims = claims
        self._by_claim = {(b.tenant, b.claim_id): b for b in outside.script.billed}
        self._answered: set[Key] = set()
        self._said: set[tuple[str, str]] = set()

    def _meta(self, tenant: str, subject: str, key: str) -> Any:
        """What is said about one thing has the same ids in every seed of a story: its first, its second and so on."""
        about = f"{tenant}/{subject}"
        self._told[about] += 1
        said = md5(f"{self._story}/{about}/{self._told[about]}".encode(), usedforsecurity=False).digest()
        return envelope(UUID(bytes=said, version=4), tenant, subject, key, self.clock.now())

    async def tell(self, service: Service, decider: Decider[Any, Any, Any], message: Message) -> None:
        """A request, repeated until it is answered; an aggregate that is parked keeps it for later."""

        async def request(process: Process) -> None:
            try:
                await process.shell.transact_one(decider, message)
            except ParkedError:
                return

        await service.ask(request)

    async def bill(self, billed: Billed) -> None:
        """A client sends a claim, and sometimes the same claim again under another id."""
        for copy in range(billed.copies + 1):
            await self._send(
                billed,
                f"{billed.claim_id}{'_again' * copy}",
                self._meta(billed.tenant, f"claim/{billed.claim_id}", billed.account_id),
            )

    async def drop(self, file: DroppedFile) -> None:
        """A client's file grows in the folder; it is whole before the services may think so."""
        place, disk = (file.tenant, file.name), self.outside.drop
        for part in (3, 2, 1):
            disk.write(place, file.content[: len(file.content) // part], locked=file.damage == "locked")
            await asyncio.sleep(GROWING_SECONDS)

    async def leave(self, era: DroppedEra) -> None:
        """The clearinghouse writes a file beside and renames it, so that it is whole when it has its name."""
        place, disk = (era.tenant, "eras", era.name), self.outside.exchange
        beside = (era.tenant, "eras", f"{era.name}.tmp")
        for part in (2, 1):
            disk.write(beside, era.content[: len(era.content) // part], locked=era.damage == "locked")
            await asyncio.sleep(GROWING_SECONDS)
        disk.rename(beside, place)

    async def _send(self, billed: Billed, claim_id: str, meta: Any) -> None:
        async def request(process: Process) -> None:
            holders = await process.store.reserve(billed.tenant, "claim", {billed.claim_id: claim_id})
            await Tenants(process.store).remember(billed.tenant)
            holder = holders[billed.claim_id]
            command = receive(meta, billed, claim_id, holder if holder != claim_id else None)
            await process.shell.transact(self.claims.claim, (command,))

        await self.at_claims.ask(request)

    async def answer_files(self) -> int:
        """The partner acknowledges files that lie there, each once for all it matters, twice for all it knows."""
        fresh = [(key, state) for key, state in self.outside.files.items() if key not in self._answered]
        for key, state in fresh:
            self._answered.add(key)
            members = [self._by_claim[key.tenant, member.claim_id] for member in state.members]
            for message in self._acks(key, members):
                decider = SUBMISSION if isinstance(message, RecordFileAck) else self.claims.claim
                for _ in range(self._times()):
                    await self.tell(self.at_claims, decider, message)
        return len(fresh)

    def _times(self) -> int:
        return 2 if self.outside.chaos.chance(0.15) and self.outside.chaos.fault("answered twice") else 1

    def _acks(self, key: Key, members: list[Billed]) -> Iterable[RecordFileAck | RecordClaimAck]:
        refused = [b for b in members if b.accepted == "refused" and self._first(b)]
        meta = self._meta(key.tenant, f"submission/{key.id}", key.id)
        ack = FileAck(ack_id=f"{key.id}/999", kind="999", accepted=not refused, codes=("AK901:R",) if refused else ())
        messages: list[RecordFileAck | RecordClaimAck] = [RecordFileAck(meta=meta, submission_id=key.id, ack=ack)]
        for billed in () if refused else members:
            if billed.accepted == "silent":
                continue
            rejected = billed.accepted == "rejected" and self._first(billed)
            category = "A7" if rejected else "A2"
            status = Ack(
                ack_id=f"{key.id}/{billed.claim_id}",
                submission_id=key.id,
                category=category,
                codes=(f"{category}:20",),
                received_on=self.clock.now().date(),
            )
            meta = self._meta(key.tenant, f"claim/{billed.claim_id}", billed.account_id)
            messages.append(RecordClaimAck(meta=meta, claim_id=billed.claim_id, ack=status))
        if self.outside.chaos.on:
            self.rng.shuffle(messages)
        return messages

    def _first(self, billed: Billed) -> bool:
        """Whether this is the first time that this payer stops the claim; it does so once."""
        place = billed.tenant, billed.claim_id
        if place in self._said:
            return False
        self._said.add(place)
        return True

    async def look_after_claims(self) -> int:
        """A biller works off what is held or was rejected; how many claims that was."""
        done = 0
        for key, state in self.at_claims.store.states(self.claims.claim).items():
            message = self._wish(key, state)
            if message is not None:
                await self.tell(self.at_claims, self.claims.claim, message)
                done += 1
        return done

    def _wish(self, key: Key, state: Any) -> ClaimMessage | None:
        if key.id in self.outside.script.torn:
            return None  # it has to come whole
        rules = {hold.rule for hold in state.holds}
        meta = self._meta(key.tenant, f"claim/{key.id}", state.account_id)
        if state.status == "held" and "duplicate-claim" in rules:
            return None
        if state.status == "held" and "npi-check-digit" in rules:
            return CorrectClaim(
                meta=meta,
                claim_id=key.id,
                coverage_id=state.coverage_id,
                content=content_for(self._by_claim[key], mended=True),
                identity=Identified(
                    sealed_identity="sealed:4", sealed_subscriber="sealed:5", sealed_guarantor="sealed:6"
                ),
                partner=state.partner,
            )
        if state.status in {"held", "rejected"}:
            return ReleaseClaim(meta=meta, claim_id=key.id, reason="simulated")
        return None

    async def meddle(self) -> None:
        """A user acts at a bad moment: holds a claim that is on its way, or corrects and releases one once more."""
        billed = self.rng.choice(self.outside.script.billed)
        meta = self._meta(billed.tenant, f"claim/{billed.claim_id}", billed.account_id)
        hold = HoldClaim(meta=meta, claim_id=billed.claim_id, reason="simulated")
        if Key(billed.tenant, billed.claim_id) in self.at_claims.store.states(self.claims.claim):
            await self.tell(self.at_claims, self.claims.claim, hold)
        await self.look_after_claims()


async def remit(people: People, payments: Service, message: ReceiveRemittance) -> None:
    """A payer's remittance is read, perhaps twice; one that does not balance is released by a person."""
    for _ in range(people._times()):
        await people.tell(payments, REMITTANCE, message)
    chaos = people.outside.chaos
    if chaos.chance(0.2) and chaos.fault("answered wrongly"):
        # The same check once more, saying something else: it is known as such, and posted once.
        other = message.header.model_copy(update={"content_hash": "another"})
        meta = people._meta(message.meta.tenant, message.meta.subject + "/other", message.meta.key)
        await people.tell(payments, REMITTANCE, message.model_copy(update={"meta": meta, "header": other}))
    if message.imbalance is not None:
        meta = people._meta(message.meta.tenant, message.meta.subject, message.meta.key)
        release = ReleaseRemittance(meta=meta, remittance_id=message.remittance_id, reason="simulated")
        await people.tell(payments, REMITTANCE, release)


async def tell_cash(people: People, payments: Service, errand: CashErrand) -> None:
    """Somebody pays, has a payment back, or the bank tells of a deposit. News come twice, in any order."""
    await people.tell(payments, decider_of(errand.first), errand.first)
    news = [one for one in errand.news for _ in range(people._times())]
    if people.outside.chaos.on:
        people.rng.shuffle(news)
    for one in news:
        await people.tell(payments, CARD_PAYMENT, one)
    if people._times() > 1:
        await people.tell(payments, decider_of(errand.first), errand.first)


async def plan(people: People, collections: tuple[Collections, Service], tenant: str, account: str) -> None:
    """A patient agrees to pay in installments, if anything is owed."""
    key = Key(tenant, account)
    if key not in collections[1].store.states(collections[0].collection):
        return
    now = people.clock.now()
    start = StartPlan(
        meta=people._meta(tenant, f"collection/{account}", account),
        account_id=account,
        plan_id=f"plan_{account}",
        installments=3,
        first_due_on=(now + timedelta(days=10)).date(),
    )
    await people.tell(collections[1], collections[0].collection, start)


async def release_parked(services: Iterable[Service]) -> int:
    """Somebody presses the button on whatever is parked; how much that was."""
    found = 0
    for service in services:
        if not service.store.is_anybody_parked:
            continue
        for decider in service.deciders:
            for key, _, _ in await service.store.parked(decider, None):
                found += 1

                async def request(process: Process, decider: Any = decider, key: Key = key) -> None:
                    await process.shell.release(decider, key)

                await service.ask(request)
    await asyncio.sleep(0)
    return found
