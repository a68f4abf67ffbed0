"""The connection to payers: a 270 out, a 271 back, read into what it amounts to. Performs the `Inquire` effect."""

import asyncio
import uuid
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import TypeVar

import httpx

from services.eligibility.core import Inquire, InquiryAnswered, InquiryPutOff, Outcome
from services.eligibility.payer_lines import PayerLines
from services.eligibility.settings import EligibilitySettings
from shared.contracts import Message
from shared.decider import Effect, Pending
from shared.grouped import Grouped
from shared.identity import Individual, PostalAddress, SubscriberIdentity
from shared.runtime import Runtime
from shared.store.port import Document, Key
from shared.worker import Performer, answer_meta
from shared.x12.eligibility import Answer271, Benefit, Inquiry270, read_271, write_270
from shared.x12.findings import X12Error
from shared.x12.parties import Address, Party, Payer, Person

T = TypeVar("T")

UNAVAILABLE = Outcome(status="unavailable")
UNREADABLE = Outcome(status="unreadable")
NUMBERS_A_BLOCK = 200
ISA13_END = 1_000_000_000  # nine digits
REMAINING = "29"  # EB06: what is left of the period's amount


class PayerConnection:
    """Asks payers by HTTP (CAQH CORE style real time). A payer that is slow or down is an outcome, not an error."""

    def __init__(self, runtime: Runtime, settings: EligibilitySettings, client: httpx.AsyncClient) -> None:
        self._runtime, self._settings, self._client = runtime, settings, client
        self.lines = PayerLines(settings.payer_inquiries_max, settings.payer_patience_seconds)
        self._numbers = iter(range(0))
        self._numbering = asyncio.Lock()
        self._conversations = Grouped[tuple[str, str, Document]](
            lambda notes: runtime.store.note_all("conversations", notes)
        )

    def performers(self) -> Mapping[type[Effect], Performer]:
        return {Inquire: self.inquire}

    async def inquire(self, key: Key, pending: Pending) -> Message:
        """Ask, and keep both sides of the conversation, sealed; or put it off, when the payer says nothing at all."""
        effect = pending.effect
        assert isinstance(effect, Inquire), "the worker was given one performer for one effect"
        identity = SubscriberIdentity.model_validate_json(await self._runtime.sealer.open(effect.sealed_subscriber))
        meta = answer_meta(key, pending, self._runtime.clock)
        if not await self.lines.of(effect.payer_id).turn():
            return InquiryPutOff(meta=meta, check_id=effect.check_id, times=effect.put_off + 1)
        answered = False
        try:
            outcome, answered = await self._ask(key, pending, effect, identity)
        finally:
            self.lines.of(effect.payer_id).end(answered=answered)
            self.lines.leave(effect.payer_id)
        meta = answer_meta(key, pending, self._runtime.clock)
        return InquiryAnswered(meta=meta, check_id=effect.check_id, outcome=outcome)

    async def _ask(
        self, key: Key, pending: Pending, effect: Inquire, identity: SubscriberIdentity
    ) -> tuple[Outcome, bool]:
        """What came of it, and whether the payer said anything."""
        control_number = await self._next_number()
        inquiry = inquiry_270(effect, identity, pending.id.hex[:30], self._settings.submitter_id)
        request = write_270(inquiry, control_number, self._runtime.clock.now())
        answer, answered = await self._send(key.tenant, request)
        await self._keep(key, pending, request, answer or b"")
        return UNAVAILABLE if answer is None else outcome_of(answer, inquiry.trace_number), answered

    async def _send(self, tenant: str, request: bytes) -> tuple[bytes | None, bool]:
        """The answer's bytes, None when there is none; and whether anything came back in time, be it a refusal."""
        headers = {"content-type": "application/edi-x12"}
        try:
            answer = await self._client.post(f"/x12/{tenant}", content=request, headers=headers)
        except httpx.HTTPError as error:
            self._runtime.log.info("payer_unavailable", error=type(error).__name__)
            return None, not isinstance(error, httpx.TimeoutException)
        return answer.content if answer.status_code == HTTPStatus.OK else None, True

    async def _keep(self, key: Key, pending: Pending, request: bytes, answer: bytes) -> None:
        """Request and response stay on record, one note for each attempt, as sealed as anything in them."""
        seal = self._runtime.sealer.seal
        said = {
            "at": self._runtime.clock.now(),
            "sealed_request": await seal(key.tenant, key.id, request),
            "sealed_answer": await seal(key.tenant, key.id, answer),
        }
        await self._conversations.add((key.tenant, f"{key.id}/{pending.id}/{uuid.uuid4()}", said))

    async def _next_number(self) -> int:
        """ISA13, from a block reserved for this process: a number may stay unused, none is used twice."""
        async with self._numbering:
            number = next(self._numbers, None)
            if number is None:
                first = await self._runtime.store.next_number("interchange/270", NUMBERS_A_BLOCK)
                self._numbers = iter(range(first, first + NUMBERS_A_BLOCK))
                number = next(self._numbers)
        return number % ISA13_END


def inquiry_270(effect: Inquire, identity: SubscriberIdentity, trace_number: str, sender_id: str) -> Inquiry270:
    """The question: health benefit plan coverage (service type 30) as of the date of service."""
    patient = identity.patient
    return Inquiry270(
        trace_number=trace_number,
        originator_id=f"9{sender_id}",
        payer=Payer(name=effect.payer_id, id=effect.payer_id),
        provider=Party(name="PROVIDER", npi=effect.billing_npi, entity_type="2"),
        subscriber=person(identity.subscriber),
        member_id=identity.member_id,
        group_number=identity.group_number,
        dependent=None if patient is None else person(patient),
        relationship="" if patient is None else identity.patient_relationship,
        service_date=effect.service_date,
        sender_id=sender_id,
        receiver_id=effect.payer_id[:15],
    )


def person(individual: Individual) -> Person:
    return Person(
        last_name=individual.last_name,
        first_name=individual.first_name,
        middle_name=individual.middle_name,
        suffix=individual.suffix,
        birth_date=individual.birth_date,
        sex=individual.sex,
        address=None if individual.address is None else address(individual.address),
    )


def address(postal: PostalAddress) -> Address:
    return Address(
        line1=postal.line1, line2=postal.line2, city=postal.city, state=postal.state, postal_code=postal.postal_code
    )


def outcome_of(answer: bytes, trace_number: str) -> Outcome:
    """What a 271 amounts to for the person asked about. An odd answer is unknown, never inactive."""
    try:
        answers = [a for a in read_271([answer]) if isinstance(a, Answer271)]
    except X12Error:
        return UNREADABLE
    asked = [a for a in answers if a.trace_number == trace_number]
    if not asked:
        return UNREADABLE
    # A subscriber level that only carries its dependent says nothing; the last level is the person asked about.
    said = next((a for a in reversed(asked) if a.status != "unknown"), asked[-1])
    match said.status:
        case "active":
            return active_outcome(said.benefits)
        case "inactive":
            return Outcome(status="inactive")
        case "rejected":
            codes = [r.code for r in said.rejections] + [r.code for b in said.benefits for r in b.rejections]
            return Outcome(status="rejected", reject_codes=tuple(dict.fromkeys(codes)))
        case "unknown":
            return Outcome(status="no_benefit_stated")


def active_outcome(benefits: Iterable[Benefit]) -> Outcome:
    """Active coverage with the patient's share, as far as the payer said it, in network first."""
    listed = sorted(benefits, key=lambda b: b.in_network is False)
    percent = _first(b.percent for b in listed if b.code == "A")
    needs = [kind for b in listed if b.authorization_required for kind in b.service_types]
    return Outcome(
        status="active",
        authorization_service_types=tuple(dict.fromkeys(needs)),
        copay_cents=_first(b.amount_cents for b in listed if b.code == "B"),
        deductible_remaining_cents=_first(
            b.amount_cents for b in listed if b.code == "C" and b.time_period == REMAINING
        ),
        coinsurance_percent=None if percent is None else f"{(percent * 100).normalize():f}",
    )


def _first(values: Iterable[T | None]) -> T | None:
    return next((value for value in values if value is not None), None)
