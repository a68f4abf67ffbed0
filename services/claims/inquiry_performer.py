"""Asks payers what became of a claim: a 276 out, over HTTP or as a file; a 277 back, read into a status.

What was said stays on record, sealed. A payer that is slow, down or says nothing usable is an answer, not an error.
"""

import asyncio
import uuid
from collections import Counter
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

import httpx

from services.claims.core import Claim, ClaimFact, ClaimMessage
from services.claims.core.content import ClaimContent
from services.claims.core.inquiry import answer_to, status_of, trace_of
from services.claims.core.watch_messages import (
    AskStatus,
    ClaimStatus,
    InquiryAnswered,
    InquiryPutOff,
    InquirySent,
    Problem,
)
from services.claims.delivery import NotDeliveredError, hand_over
from services.claims.identity import IDENTITY, Identity
from services.claims.routing import Partner, Routing
from services.claims.sftp import upload
from shared.contracts import Message
from shared.decider import Decider, Pending
from shared.grouped import Grouped
from shared.runtime import Runtime
from shared.sealed import SealBrokenError
from shared.store.port import Document, Key
from shared.worker import answer_meta
from shared.x12.control_numbers import ControlNumbers
from shared.x12.findings import X12Error
from shared.x12.parties import Named, Payer
from shared.x12.status import StatusInquiry276, StatusResponse277, read_277, write_276

PARTNER = "276"
"""One connection takes the inquiries of all tenants: one count of ISA13."""
TIMEOUT_SECONDS = 20.0
"""CAQH CORE: a real-time answer takes 20 seconds at most."""
COLLECTION = "conversations"


class Found(NamedTuple):
    """What an answer amounts to."""

    status: ClaimStatus | None
    problem: Problem | None


class StatusInquirer:
    """Performs `AskStatus`. `client` leads to the real-time connection; without one no question goes over HTTP."""

    def __init__(
        self,
        runtime: Runtime,
        claim: Decider[Claim, ClaimMessage, ClaimFact],
        routing: Routing,
        exchange: Path,
        client: httpx.AsyncClient | None,
    ) -> None:
        self._runtime, self._claim, self._routing = runtime, claim, routing
        self._exchange, self._client = exchange, client
        self._numbers = ControlNumbers(runtime.store, 50)
        self._asking: Counter[str] = Counter()
        self._conversations = Grouped[tuple[str, str, Document]](
            lambda notes: runtime.store.note_all(COLLECTION, notes)
        )

    async def ask(self, key: Key, pending: Pending) -> Message:
        """Ask once; or put it off, while the payer is asked enough already. Repeated, it is one question more."""
        effect = pending.effect
        assert isinstance(effect, AskStatus)
        meta = answer_meta(key, pending, self._runtime.clock)
        if self._asking[effect.payer_id] >= effect.inquiries_max:
            return InquiryPutOff(meta=meta, claim_id=key.id, number=effect.number)
        self._asking[effect.payer_id] += 1
        try:
            return await self._ask(key, pending, effect)
        finally:
            self._asking[effect.payer_id] -= 1
            if not self._asking[effect.payer_id]:
                del self._asking[effect.payer_id]

    async def _ask(self, key: Key, pending: Pending, effect: AskStatus) -> Message:
        state = (await self._runtime.store.load(self._claim, (key,)))[key].snapshot.state
        meta = answer_meta(key, pending, self._runtime.clock)
        try:
            request = await self._request(key, state, effect)
        except (SealBrokenError, X12Error):
            return InquiryAnswered(meta=meta, claim_id=key.id, number=effect.number, problem="unreadable_claim")
        if effect.transport == "file":
            return await self._hand_over(key, pending, effect, state, request)
        assert self._client is not None, "without a real-time connection the book asks by file"
        answer = await self._post(self._client, key.tenant, request)
        source = await self._keep(key, pending, request, answer or b"")
        found = Found(None, "unavailable") if answer is None else _found(answer, state, effect.number, source)
        return InquiryAnswered(
            meta=meta, claim_id=key.id, number=effect.number, status=found.status, problem=found.problem
        )

    async def _request(self, key: Key, state: Claim, effect: AskStatus) -> bytes:
        assert state.content is not None
        assert state.identity is not None
        opened = IDENTITY.validate_json(await self._runtime.sealer.open(state.identity.sealed_identity))
        now = self._runtime.clock.now()
        number = await self._numbers.take(PARTNER, now.year)
        submitter = self._routing.submitter_of(key.tenant, state.partner)
        receiver = self._routing.partners[state.partner].receiver.id
        asked = inquiry_276(state, state.content, opened, effect.number, submitter.name, submitter.id)
        return write_276([asked], number, now, submitter.id, receiver)

    async def _post(self, client: httpx.AsyncClient, tenant: str, request: bytes) -> bytes | None:
        """The answer's bytes; None when none came in time, or a refusal did."""
        headers = {"content-type": "application/edi-x12"}
        try:
            answer = await client.post(f"/x12/{tenant}", content=request, headers=headers)
        except httpx.HTTPError as error:
            self._runtime.log.info("payer_unavailable", error=type(error).__name__)
            return None
        return answer.content if answer.status_code == HTTPStatus.OK else None

    async def _hand_over(
        self, key: Key, pending: Pending, effect: AskStatus, state: Claim, request: bytes
    ) -> InquirySent | InquiryAnswered:
        """Leave the question where the partner takes files. One that lies there already is not asked twice."""
        meta = answer_meta(key, pending, self._runtime.clock)
        partner = self._routing.partners[state.partner]
        try:
            await self._leave(partner, key.tenant, f"{pending.id.hex}.276", request)
        except NotDeliveredError:
            return InquiryAnswered(meta=meta, claim_id=key.id, number=effect.number, problem="unavailable")
        await self._keep(key, pending, request, b"")
        return InquirySent(meta=meta, claim_id=key.id, number=effect.number)

    async def _leave(self, partner: Partner, tenant: str, name: str, request: bytes) -> None:
        if partner.transport == "sftp":
            assert partner.sftp is not None
            fault = await upload(partner.sftp, name, request)
            if fault is not None:
                raise NotDeliveredError(*fault)
            return
        folder = self._exchange / tenant
        await asyncio.to_thread(_leave_once, folder, name, request)

    async def _keep(self, key: Key, pending: Pending, request: bytes, answer: bytes) -> str:
        """Question and answer stay on record, one note for each attempt, sealed; gives the note's name."""
        seal = self._runtime.sealer.seal
        said: Document = {
            "at": self._runtime.clock.now(),
            "sealed_request": await seal(key.tenant, key.id, request),
            "sealed_answer": await seal(key.tenant, key.id, answer),
        }
        conversation = f"{key.id}/{pending.id}/{uuid.uuid4()}"
        await self._conversations.add((key.tenant, conversation, said))
        return conversation


def _leave_once(folder: Path, name: str, request: bytes) -> None:
    """A repeat has another control number: what lies there, or was taken, is the question already."""
    places = (folder / "to_payer" / name, *(folder / "taken").glob(f"*{name}"))
    if not any(place.exists() for place in places):
        hand_over(folder, name, request)


def inquiry_276(
    state: Claim, content: ClaimContent, identity: Identity, number: int, submitter: str, submitter_id: str
) -> StatusInquiry276:
    """The question about one claim, by every number that the payer may know it by."""
    billing, patient = content.billing, identity.patient
    return StatusInquiry276(
        trace_number=trace_of(state.claim_id, number),
        payer=Payer(name=content.payer_name or content.payer_id, id=content.payer_id, id_qualifier="PI"),
        receiver=Named(submitter, id_qualifier="46", id=submitter_id, entity_type="2"),
        provider=Named(
            billing.name, billing.first_name, id_qualifier="XX", id=billing.npi, entity_type=billing.entity_type
        ),
        subscriber=identity.subscriber.person,
        member_id=identity.subscriber.member_id,
        dependent=patient,
        patient_control_number=content.patient_control_number,
        payer_claim_control_number=state.payer_claim_control_number or "",
        bill_type=content.type_of_bill,
        charge_cents=content.charge_cents,
        service_from=content.service_from,
        service_to=content.service_to,
    )


def _found(answer: bytes, state: Claim, number: int, source: str) -> Found:
    """What the answer says of our claim."""
    try:
        responses = [one for one in read_277([answer]) if isinstance(one, StatusResponse277)]
    except X12Error:
        return Found(None, "unreadable")
    return found_in(responses, state, number, source)


def found_in(responses: list[StatusResponse277], state: Claim, number: int, source: str) -> Found:
    """The status of our claim among the responses of an answer."""
    assert state.content is not None
    trace = trace_of(state.claim_id, number)
    response = answer_to(responses, trace, state.content.patient_control_number, state.payer_claim_control_number)
    status = None if response is None else status_of(response, source)
    return Found(status, None if status is not None else "no_match")
