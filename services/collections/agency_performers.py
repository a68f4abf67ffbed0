"""Between accounts, placements and agencies: who hears what, and the files that go out to an agency.

Each may be performed again: a placement is opened once, a record is in one file, and a file that was written, or that
the agency took, is not written a second time.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from uuid import UUID, uuid5

from pydantic import ValidationError

from services.collections.agency_writing import OutFile, unwritable_of, written_once
from services.collections.core import (
    Account,
    AccountMessage,
    CollectionFact,
    PlaceAccount,
    PlacementDelivered,
    RecallAccount,
    RecallDelivered,
    still_wanted,
)
from services.collections.core.agency import (
    AgencyDecider,
    DroppedTold,
    Enqueue,
    FileWritten,
    RecordRef,
    TellDropped,
    WriteFile,
)
from services.collections.core.agency_account import AgencyTold, HearAgency, TellAgency
from services.collections.core.agency_policy import AgencyBook, held_until
from services.collections.core.asking import Asker
from services.collections.core.gate_shelf import RuleShelf
from services.collections.core.letters import may_leave
from services.collections.core.messages import FailureReason
from services.collections.core.placement import PlacementCommand, PlacementDecider
from services.collections.core.placement_messages import (
    EndPlacement,
    OpenPlacement,
    PlacementDone,
    QueueRecord,
    RecordsDropped,
    RecordsFiled,
    TellAccountOfAgency,
    TellPlacement,
)
from services.collections.core.placement_state import PlacedAccount
from services.collections.performers import OutgoingMail, UndeliverableError, address_of
from services.collections.places import place_of
from services.collections.render import Letterhead
from shared.contracts import Message, Meta
from shared.decider import Decider, Effect, Pending
from shared.identity import Guarantor
from shared.runtime import Runtime
from shared.sealed import SealBrokenError
from shared.store.port import Key
from shared.worker import Performer, answer_meta

Accounts = Decider[Account, AccountMessage, CollectionFact]


@dataclass(frozen=True, slots=True)
class AgencyPerformers:
    """Everything that is asked of others about agencies. `mail` serves agencies that nobody has configured."""

    runtime: Runtime
    book: AgencyBook
    accounts: Accounts
    placements: PlacementDecider
    agencies: AgencyDecider
    rules: RuleShelf
    mail: OutgoingMail
    letterheads: Mapping[str, Letterhead]
    exchange: Path

    def of_accounts(self) -> Mapping[type[Effect], Performer]:
        return {PlaceAccount: self.place, RecallAccount: self.recall, TellAgency: self.tell}

    def by_kind(self) -> Mapping[str, Mapping[type[Effect], Performer]]:
        return {
            self.placements.kind: {QueueRecord: self.queue, TellAccountOfAgency: self.tell_account},
            self.agencies.kind: {WriteFile: self.write, TellDropped: self.drop},
        }

    async def place(self, key: Key, pending: Pending) -> Message:
        """Open the placement, unless nobody wants it any more, the gate forbids it by now, or nobody can be named."""
        effect = pending.effect
        assert isinstance(effect, PlaceAccount)
        terms = self.book.find(key.tenant, effect.agency_id, effect.placed_on)
        if terms is None:
            return await self.mail.place_account(key, pending)
        if not (await self._placed(key.tenant, effect.placement_id)).placement_id:
            rows = await self.runtime.store.load(self.accounts, (key,))
            if not self._may_go(key, rows[key].snapshot.state, effect.placement_id):
                return self._delivered(key, pending, effect, "withdrawn")
        try:
            guarantor = await self._guarantor(effect.sealed_guarantor)
            address_of(guarantor)
        except UndeliverableError as error:
            return self._delivered(key, pending, effect, "failed", error.reason)
        assert effect.sealed_guarantor is not None, "it was opened just now"
        command = OpenPlacement(
            meta=self._meta(key, pending, "open", "placement", effect.placement_id),
            placement_id=effect.placement_id,
            account_id=effect.account_id,
            agency_id=effect.agency_id,
            terms=terms.version,
            number=effect.number,
            placed_cents=effect.balance_cents,
            claims=effect.claims,
            first_statement_on=effect.first_statement_on,
            due_on=effect.due_on,
            placed_on=effect.placed_on,
            held_until=held_until(terms, effect.placed_on),
            sealed_guarantor=effect.sealed_guarantor,
        )
        await self._to_placement(command)
        answer = self._delivered(key, pending, effect, "delivered")
        return answer.model_copy(update={"place": place_of(guarantor)})

    async def recall(self, key: Key, pending: Pending) -> Message:
        """End the placement. One that went out as a single record is recalled by one."""
        effect = pending.effect
        assert isinstance(effect, RecallAccount)
        if not (await self._placed(key.tenant, effect.placement_id)).placement_id:
            return await self.mail.recall_account(key, pending)
        account = (await self.runtime.store.load(self.accounts, (key,)))[key].snapshot.state
        paid = effect.balance_cents == 0 and account.ended == "settled"
        command = EndPlacement(
            meta=self._meta(key, pending, "end", "placement", effect.placement_id),
            placement_id=effect.placement_id,
            how="paid" if paid else "recalled",
            balance_cents=effect.balance_cents,
            ended_on=effect.recalled_on,
        )
        await self._to_placement(command)
        return RecallDelivered(
            meta=answer_meta(key, pending, self.runtime.clock),
            account_id=effect.account_id,
            outcome="delivered",
            placement_id=effect.placement_id,
        )

    async def tell(self, key: Key, pending: Pending) -> Message:
        effect = pending.effect
        assert isinstance(effect, TellAgency)
        if (await self._placed(key.tenant, effect.placement_id)).placement_id:
            command = TellPlacement(
                meta=self._meta(key, pending, "tell", "placement", effect.placement_id),
                placement_id=effect.placement_id,
                what=effect.what,
                reference=effect.reference,
                cents=effect.cents,
                on=effect.on,
            )
            await self._to_placement(command)
        return AgencyTold(meta=answer_meta(key, pending, self.runtime.clock), account_id=effect.account_id)

    async def queue(self, key: Key, pending: Pending) -> Message:
        effect = pending.effect
        assert isinstance(effect, QueueRecord)
        command = Enqueue(
            meta=self._meta(key, pending, "queue", "agency", effect.agency_id),
            agency_id=effect.agency_id,
            record=RecordRef(placement_id=effect.placement_id, number=effect.number, kind=effect.kind),
        )
        await self.runtime.shell.transact_one(self.agencies, command)
        return PlacementDone(meta=answer_meta(key, pending, self.runtime.clock), placement_id=key.id)

    async def tell_account(self, key: Key, pending: Pending) -> Message:
        effect = pending.effect
        assert isinstance(effect, TellAccountOfAgency)
        command = HearAgency(
            meta=self._meta(key, pending, "hear", "collection", effect.account_id),
            account_id=effect.account_id,
            placement_id=effect.placement_id,
            agency_id=effect.agency_id,
            news=effect.news,
            reaches=effect.reaches,
        )
        await self.runtime.shell.transact_one(self.accounts, command)
        return PlacementDone(meta=answer_meta(key, pending, self.runtime.clock), placement_id=key.id)

    async def drop(self, key: Key, pending: Pending) -> Message:
        effect = pending.effect
        assert isinstance(effect, TellDropped)
        command = RecordsDropped(
            meta=self._meta(key, pending, "drop", "placement", effect.placement_id),
            placement_id=effect.placement_id,
            numbers=effect.numbers,
        )
        await self._to_placement(command)
        return DroppedTold(meta=answer_meta(key, pending, self.runtime.clock), agency_id=key.id)

    async def write(self, key: Key, pending: Pending) -> Message:
        """Write the file and say so to its placements. What lies there already, or was taken, stays as it is."""
        effect = pending.effect
        assert isinstance(effect, WriteFile)
        out = await self._out_file(key, effect)
        folder = self.exchange / key.tenant / "agency" / effect.agency_id / "out"
        content = await asyncio.to_thread(written_once, folder / out.name, out.content())
        numbers: dict[str, list[int]] = {}
        for record in effect.records:
            numbers.setdefault(record.placement_id, []).append(record.number)
        commands = [
            RecordsFiled(
                meta=self._meta(key, pending, f"filed/{placement_id}", "placement", placement_id),
                placement_id=placement_id,
                numbers=tuple(one for one in own if one not in unwritable_of(out, placement_id)),
                file=out.name,
                unwritable=tuple(unwritable_of(out, placement_id)),
            )
            for placement_id, own in numbers.items()
        ]
        await self.runtime.shell.transact(self.placements, commands)
        self.runtime.log.info("agency_file_written", tenant=key.tenant, agency=effect.agency_id, lines=len(out.lines))
        return FileWritten(
            meta=answer_meta(key, pending, self.runtime.clock),
            agency_id=effect.agency_id,
            number=effect.number,
            name=out.name,
            lines=len(out.lines),
            placed_cents=out.cents["placement"],
            digest=hashlib.sha256(content).hexdigest(),
            unwritable=len(out.wrong),
        )

    async def _out_file(self, key: Key, effect: WriteFile) -> OutFile:
        terms = self.book.find(key.tenant, effect.agency_id, effect.written_on) or self.book.newest(
            key.tenant, effect.agency_id
        )
        if terms is None:
            msg = "the agency is configured no more: enter it again until everything it has is recalled"
            raise LookupError(msg)
        head = self.letterheads.get(key.tenant)
        client = key.tenant if head is None else head.name
        out = OutFile(terms.format, effect.agency_id, client, effect.number, effect.written_on)
        keys = [Key(key.tenant, one) for one in dict.fromkeys(record.placement_id for record in effect.records)]
        rows = await self.runtime.store.load(self.placements, keys)
        for ref in effect.records:
            placed = rows[Key(key.tenant, ref.placement_id)].snapshot.state
            record = placed.record(ref.number)
            assert record is not None, "a placement makes its records before it queues them"
            out.add(placed, record, await self._named(placed) if ref.kind == "placement" else None)
        return out

    async def _named(self, placed: PlacedAccount) -> Guarantor | None:
        try:
            return await self._guarantor(placed.sealed_guarantor)
        except UndeliverableError:
            return None

    async def _guarantor(self, sealed: str | None) -> Guarantor:
        if sealed is None:
            raise UndeliverableError("guarantor_missing")
        try:
            return Guarantor.model_validate_json(await self.runtime.sealer.open(sealed))
        except SealBrokenError:
            raise UndeliverableError("seal_broken") from None
        except ValidationError:
            raise UndeliverableError("guarantor_unreadable") from None

    async def _placed(self, tenant: str, placement_id: str) -> PlacedAccount:
        key = Key(tenant, placement_id)
        return (await self.runtime.store.load(self.placements, (key,)))[key].snapshot.state

    async def _to_placement(self, command: PlacementCommand) -> None:
        await self.runtime.shell.transact_one(self.placements, command)

    def _may_go(self, key: Key, account: Account, placement_id: str) -> bool:
        now = self.runtime.clock.now()
        asker = Asker(self.rules.on(key.tenant, now.date()), key.tenant, now, placement_id)
        return still_wanted(account, placement_id, "placement") and may_leave(asker, account, placement_id, "placement")

    def _delivered(
        self,
        key: Key,
        pending: Pending,
        effect: PlaceAccount,
        outcome: Literal["delivered", "failed", "withdrawn"],
        reason: FailureReason | None = None,
    ) -> PlacementDelivered:
        return PlacementDelivered(
            meta=answer_meta(key, pending, self.runtime.clock),
            account_id=effect.account_id,
            outcome=outcome,
            reason=reason,
            placement_id=effect.placement_id,
        )

    def _meta(self, key: Key, pending: Pending, name: str, kind: str, aggregate_id: str) -> Meta:
        """The envelope of a command that an effect sends; its id derives from the effect, so a repeat is the same."""
        made: UUID = uuid5(pending.id, name)
        changes: dict[str, Any] = {
            "id": made,
            "tenant": key.tenant,
            "occurred_at": max(self.runtime.clock.now(), pending.cause.occurred_at),
            "source": "collections",
            "subject": f"{kind}/{aggregate_id}",
            "key": aggregate_id,
            "sequence": 0,
            "causation": pending.id,
        }
        return pending.cause.model_copy(update=changes)
