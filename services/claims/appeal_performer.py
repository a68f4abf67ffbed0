"""Writes an appeal's packet: the letter from its template, the evidence behind it, sealed into the vault."""

import asyncio
import hashlib

from services.claims.appeal_packet import Correspondents, letter_pdf, packet_zip
from services.claims.core import Claim, ClaimFact, ClaimMessage
from services.claims.core.appeal import APPEAL, Appeal, PacketWritten, RenderPacket
from services.claims.vault import FileVault
from shared.decider import Decider, Pending
from shared.identity import Individual, SubscriberIdentity
from shared.runtime import Runtime
from shared.store.port import Key
from shared.worker import answer_meta

FOLDER = "appeals"
ATTACHED_BYTES_MAX = 25_000_000
"""What one piece of evidence may weigh; the API refuses more."""


def packet_name(appeal_id: str, number: int, suffix: str) -> str:
    """The name under which a packet (`zip`) or its letter (`pdf`) lies in the vault."""
    return f"{appeal_id}.{number}.{suffix}"


class AppealWriter:
    """Performs `RenderPacket`. Safe to repeat: the same appeal gives the same bytes under the same name."""

    def __init__(self, runtime: Runtime, claim: Decider[Claim, ClaimMessage, ClaimFact], vault: FileVault) -> None:
        self._runtime, self._claim, self._vault = runtime, claim, vault

    async def write(self, key: Key, pending: Pending) -> PacketWritten:
        """The letter and the packet; how many pages and bytes it has."""
        assert isinstance(pending.effect, RenderPacket)
        appeal = (await self._runtime.store.load(APPEAL, (key,)))[key].snapshot.state
        claim = await self._claim_of(key.tenant, appeal)
        assert claim.content is not None
        who = await self._who(claim, pending)
        letter, pages = await asyncio.to_thread(letter_pdf, appeal, claim.content, claim.deadline_on, who)
        files = [
            await self._attached(key.tenant, one.file_id, one.sealed_name) for one in appeal.evidence if one.file_id
        ]
        packet = await asyncio.to_thread(packet_zip, letter, files, who.written_on)
        number, name = pending.effect.number, packet_name(key.id, pending.effect.number, "zip")
        await self._vault.put(key.tenant, FOLDER, packet_name(key.id, number, "pdf"), letter)
        await self._vault.put(key.tenant, FOLDER, name, packet)
        return PacketWritten(
            meta=answer_meta(key, pending, self._runtime.clock),
            appeal_id=key.id,
            name=name,
            size=len(packet),
            sha256=hashlib.sha256(packet).hexdigest(),
            pages=pages,
        )

    async def _claim_of(self, tenant: str, appeal: Appeal) -> Claim:
        assert appeal.named is not None
        key = Key(tenant, appeal.named.claim_id)
        return (await self._runtime.store.load(self._claim, (key,)))[key].snapshot.state

    async def _who(self, claim: Claim, pending: Pending) -> Correspondents:
        assert claim.identity is not None
        opened = await self._runtime.sealer.open(claim.identity.sealed_subscriber)
        identity = SubscriberIdentity.model_validate_json(opened)
        return Correspondents(
            patient_name=_name(identity.patient or identity.subscriber),
            member_id=identity.member_id,
            written_on=pending.cause.occurred_at.date(),
            payer_claim_number=claim.payer_claim_control_number or "",
        )

    async def _attached(self, tenant: str, file_id: str | None, sealed_name: str | None) -> tuple[str, bytes]:
        name = (await self._runtime.sealer.open(sealed_name)).decode() if sealed_name else "file"
        parts = [piece async for piece in self._vault.read(tenant, FOLDER, file_id or "")]
        return name, b"".join(parts)


def _name(person: Individual) -> str:
    return " ".join(part for part in (person.first_name, person.last_name) if part)
