"""Papers on their way: a claim learns that they come, a 275 or a packet is written, kept and handed over.

Every step may be repeated: what was built is kept under its name and built no second time.
"""

import asyncio
import base64
import hashlib
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import uuid5

from services.claims.attachment_cover import Addressed, cover_pdf, packet_zip
from services.claims.attachment_rules import TRANSMISSION, AttachmentBook
from services.claims.core import Claim, ClaimFact, ClaimMessage
from services.claims.core.claim_additions import MAY_ANNOUNCE, PWK_MAX
from services.claims.core.claim_messages import AnnouncePapers
from services.claims.core.papers import PAPERS, Papers
from services.claims.core.papers_messages import (
    BuildSending,
    DeliverSending,
    NamePaper,
    Paper,
    PaperNamed,
    Sending,
    SendingBuilt,
    SendingDelivered,
)
from services.claims.core.watch_file import FileWatchDecider, WatchFile
from services.claims.delivery import NotDeliveredError, deliver, hand_over
from services.claims.identity import IDENTITY, Identity, patient_of
from services.claims.routing import Routing
from services.claims.sent_files import PAPERS as SENT_FILES
from services.claims.to_x12 import claim837_of
from services.claims.vault import FileVault
from shared.decider import Decider, Pending, Snapshot
from shared.runtime import Runtime
from shared.sealed import SealBrokenError
from shared.store.port import Document, Key
from shared.worker import answer_meta
from shared.x12.attachment275 import SOLICITED, UNSOLICITED, Attachment, Set275
from shared.x12.attachment275_write import write_275
from shared.x12.claim837 import Claim837
from shared.x12.claim_status import Status
from shared.x12.control_numbers import ControlNumbers
from shared.x12.findings import X12Error
from shared.x12.parties import Named, Party

FOLDER = "papers"
SUFFIX = {"electronic": "275", "mail": "zip", "fax": "zip"}
EXTENSIONS = {"pdf": "pdf", "jpeg": "jpg", "png": "png", "tiff": "tif", "text": "txt", "ccda": "xml"}


class PaperSenders(NamedTuple):
    """Whose papers go, by which partner, on which terms, and who watches their files."""

    claim: Decider[Claim, ClaimMessage, ClaimFact]
    routing: Routing
    book: AttachmentBook
    file_watch: FileWatchDecider


class PapersPerformer:
    """Performs the effects of papers."""

    def __init__(self, runtime: Runtime, senders: PaperSenders, vault: FileVault, exchange: Path) -> None:
        self._runtime, self._vault, self._exchange = runtime, vault, exchange
        self._claim, self._routing, self._book, self._file_watch = senders
        self._numbers = ControlNumbers(runtime.store)

    async def name(self, key: Key, pending: Pending) -> PaperNamed:
        """Let the claim name the paper, unless it does already or left without it."""
        assert isinstance(pending.effect, NamePaper)
        paper = await self._paper(key, pending.effect.number)
        snapshot = await self._claim_of(key)
        own = await self._own_pwk(snapshot.state)
        if paper.control_number in own:
            claim = snapshot.state
            gone = claim.was_sent and claim.status not in MAY_ANNOUNCE
            return self._named(key, pending, paper, announced=True, events=snapshot.events, gone=gone)
        if len(own) + len(snapshot.state.papers) < PWK_MAX:
            meta = pending.cause.model_copy(
                update={"id": uuid5(pending.id, "announce"), "subject": f"claim/{key.id}", "sequence": 0}
            )
            command = AnnouncePapers(meta=meta, claim_id=key.id, segment=pwk_of(paper))
            snapshot = (await self._runtime.shell.transact_one(self._claim, command)).snapshot
        announced = pwk_of(paper) in snapshot.state.papers
        return self._named(key, pending, paper, announced=announced, events=snapshot.events)

    def _named(
        self, key: Key, pending: Pending, paper: Paper, *, announced: bool, events: int, gone: bool = False
    ) -> PaperNamed:
        meta = answer_meta(key, pending, self._runtime.clock)
        return PaperNamed(
            meta=meta, claim_id=key.id, number=paper.number, announced=announced, events=events, gone=gone
        )

    async def build(self, key: Key, pending: Pending) -> SendingBuilt:
        """Write the sending and keep it; a claim or document that cannot be opened or carried is told by a code."""
        assert isinstance(pending.effect, BuildSending)
        state = await self._papers(key)
        sending = state.sending(pending.effect.number)
        assert sending is not None, "an effect names a sending of its claim"
        claim = (await self._claim_of(key)).state
        number = await self._next_number(key, claim, sending)
        sending_id = f"att_{claim.partner}_{number:09d}" if number else f"att_{key.id}_{sending.number}"
        code, content = "", b""
        try:
            content = await self._write(key, claim, state, sending, number)
        except SealBrokenError:
            code = "SEAL:broken"
        except X12Error as error:
            code = error.finding.code
        if content:
            await self._vault.put(key.tenant, FOLDER, sending_id, content)
        if content and number:
            place: Document = {"claim_id": key.id, "sending_id": sending_id}
            await self._runtime.store.note(SENT_FILES, key.tenant, file_name(claim.partner, number), place)
        return SendingBuilt(
            meta=answer_meta(key, pending, self._runtime.clock),
            claim_id=key.id,
            number=sending.number,
            sending_id=sending_id,
            partner=claim.partner,
            interchange=number,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            code=code,
        )

    async def deliver(self, key: Key, pending: Pending) -> SendingDelivered:
        """Hand the kept file over. The watchdog of files hears of a 275, and misses its 999 when none comes."""
        assert isinstance(pending.effect, DeliverSending)
        sending = (await self._papers(key)).sending(pending.effect.number)
        assert sending is not None, "an effect names a sending of its claim"
        meta = answer_meta(key, pending, self._runtime.clock)
        content = await self._read(key.tenant, sending.sending_id)
        folder, code = self._exchange / key.tenant, ""
        if sending.route != "electronic":
            desk = folder / "paper" / sending.partner
            await asyncio.to_thread(hand_over, desk, f"{sending.sending_id}.{SUFFIX[sending.route]}", content)
            return SendingDelivered(meta=meta, claim_id=key.id, number=sending.number)
        try:
            await deliver(self._routing.partners[sending.partner], folder, sending.sending_id, content, ".275")
        except NotDeliveredError as fault:
            self._runtime.log.warning("papers_undelivered", tenant=key.tenant, reason=fault.code)
            code = fault.code
        if not code:
            watched = meta.model_copy(
                update={"id": uuid5(pending.id, "watch"), "subject": f"file_watch/{sending.sending_id}"}
            )
            await self._runtime.shell.transact(
                self._file_watch,
                (WatchFile(meta=watched, submission_id=sending.sending_id, partner=sending.partner),),
            )
        return SendingDelivered(meta=meta, claim_id=key.id, number=sending.number, code=code)

    async def _next_number(self, key: Key, claim: Claim, sending: Sending) -> int:
        """ISA13 of a 275: of the same count as the partner's files of claims, so that no acknowledgement fits two."""
        if sending.route != "electronic":
            return 0
        return await self._numbers.take(f"{key.tenant}/{claim.partner}", self._runtime.clock.now().year)

    async def _write(self, key: Key, claim: Claim, state: Papers, sending: Sending, number: int) -> bytes:
        assert claim.content is not None
        identity = await self._identity(claim)
        whole = claim837_of(claim.content, identity)
        papers = [one for one in state.papers if one.number in sending.papers]
        documents = [await self._read(key.tenant, one.file_id) for one in papers]
        now = self._runtime.clock.now()
        if sending.route != "electronic":
            who = await self._addressed(claim, whole, now.date())
            cover = await asyncio.to_thread(cover_pdf, claim.content, sending, papers, who, now.date())
            named = [
                (f"{n:02d}-{one.control_number}.{EXTENSIONS[one.form]}", document)
                for n, (one, document) in enumerate(zip(papers, documents, strict=True), 1)
            ]
            return await asyncio.to_thread(packet_zip, cover, named, now.date())
        formats = self._book.of(claim.content.payer_id, now.date()).formats
        submitter = self._routing.submitter_of(key.tenant, claim.partner)
        partner = self._routing.partners[claim.partner]
        attachments = tuple(
            attachment_of(one, document, sending, formats[one.form], now.date())
            for one, document in zip(papers, documents, strict=True)
        )
        one = set_of(whole, sending, attachments, submitter, now, f"{number:09d}")
        return await asyncio.to_thread(
            write_275, [one], submitter.id, partner.receiver.id, number, now, partner.usage_of(key.tenant)
        )

    async def _addressed(self, claim: Claim, whole: Claim837, on: date) -> Addressed:
        patient = patient_of(whole)
        assert claim.content is not None
        return Addressed(
            patient_name=" ".join(part for part in (patient.first_name, patient.last_name) if part),
            member_id=whole.subscriber.member_id,
            payer_claim_number=claim.payer_claim_control_number or "",
            fax=self._book.of(claim.content.payer_id, on).fax,
        )

    async def _own_pwk(self, claim: Claim) -> set[str]:
        """The control numbers of papers that the claim named when it came in."""
        if claim.identity is None:
            return set()
        try:
            identity = await self._identity(claim)
        except SealBrokenError:
            return set()
        return {one[6] for one in identity.extras if one[0] == "PWK" and len(one) > 6}

    async def _identity(self, claim: Claim) -> Identity:
        assert claim.identity is not None
        return IDENTITY.validate_json(await self._runtime.sealer.open(claim.identity.sealed_identity))

    async def _papers(self, key: Key) -> Papers:
        return (await self._runtime.store.load(PAPERS, (key,)))[key].snapshot.state

    async def _paper(self, key: Key, number: int) -> Paper:
        paper = (await self._papers(key)).paper(number)
        assert paper is not None, "an effect names a paper of its claim"
        return paper

    async def _claim_of(self, key: Key) -> Snapshot[Claim]:
        return (await self._runtime.store.load(self._claim, (key,)))[key].snapshot

    async def _read(self, tenant: str, name: str) -> bytes:
        return b"".join([piece async for piece in self._vault.read(tenant, FOLDER, name)])


def pwk_of(paper: Paper) -> tuple[str, ...]:
    """PWK of a paper: what it is, how it goes, and the number it goes under."""
    return ("PWK", paper.report_type, TRANSMISSION[paper.route], "", "", "AC", paper.control_number)


def file_name(partner: str, number: int) -> str:
    """Under which name a sent 275 is found again by what its acknowledgement quotes."""
    return f"{partner}/{number:09d}"


def attachment_of(paper: Paper, document: bytes, sending: Sending, report_format: str, on: date) -> Attachment:
    """Loop 2000A: under the paper's own number, or under the payer's with the question as it came."""
    return Attachment(
        trace_number=sending.trace or paper.control_number,
        trace_type="2" if sending.trace else "1",
        statuses=tuple(
            Status(one.category, one.code, one.entity, code_list=one.code_list) for one in sending.questions[:1]
        ),
        line_control_number=paper.line_control_number,
        submitted_on=on,
        report_format=report_format,
        content=base64.b64encode(document),
    )


def set_of(
    claim: Claim837,
    sending: Sending,
    attachments: tuple[Attachment, ...],
    submitter: Party,
    at: datetime,
    reference: str,
) -> Set275:
    """The 275 of one claim: unsolicited, or in answer to its payer's request."""
    patient, billing = patient_of(claim), claim.billing
    days = [one.service_from for one in claim.lines if one.service_from]
    ends = [one.service_to or one.service_from for one in claim.lines]
    return Set275(
        purpose=SOLICITED if sending.trace else UNSOLICITED,
        reference=reference,
        on=at.date(),
        payer=Named(claim.payer.name or claim.payer.id, id_qualifier="PI", id=claim.payer.id, entity_type="2"),
        submitter=Named(submitter.name, id_qualifier="46", id=submitter.id, entity_type="2"),
        provider=Party(
            name=billing.name,
            first_name=billing.first_name,
            npi=billing.npi,
            entity_type=billing.entity_type,
            address=billing.address,
        ),
        patient=patient,
        member_id=claim.subscriber.member_id,
        patient_control_number=claim.patient_control_number,
        service_from=claim.statement_from or min(days, default=None),
        service_to=claim.statement_to or max((one for one in ends if one), default=None),
        attachments=attachments,
    )
