"""The connection to payers: a 270 out, a 271 back, read into what it amounts to. Performs the `Inquire` effect."""

import uuid
from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from typing import NamedTuple
from uuid import UUID, uuid5

import httpx

from services.eligibility.answers import UNAVAILABLE, outcome_of
from services.eligibility.core import Check, CheckFact, CheckMessage, Inquire, InquiryAnswered, InquiryPutOff, Outcome
from services.eligibility.core.check_messages import AwaitBatch, InquiryResumed
from services.eligibility.core.directory import OPEN_DIRECTORY, Directory
from services.eligibility.payer_limits import Sparing
from services.eligibility.payer_lines import PayerLine, PayerLines
from services.eligibility.settings import EligibilitySettings
from shared.contracts import Message
from shared.decider import Decider, Effect, Pending
from shared.grouped import Grouped
from shared.identity import Individual, PostalAddress, SubscriberIdentity
from shared.runtime import Runtime
from shared.store.port import Document, Key
from shared.worker import Performer, answer_meta
from shared.x12.control_numbers import ControlNumbers
from shared.x12.eligibility import Inquiry270, write_270
from shared.x12.parties import Address, Party, Payer, Person

NUMBERS_A_BLOCK = 200
PARTNER = "270"  # one connection takes the inquiries of all tenants: one count of ISA13
RESUMED_AT_ONCE = 200


class Said(NamedTuple):
    """One conversation: the answer's bytes, None when none came, and whether anything came back in time."""

    trace_number: str
    answer: bytes | None
    answered: bool
    conversation: str


class PayerConnection:
    """Asks payers by HTTP (CAQH CORE style real time). A payer that is slow or down is an outcome, not an error."""

    def __init__(
        self,
        runtime: Runtime,
        settings: EligibilitySettings,
        client: httpx.AsyncClient,
        directory: Directory = OPEN_DIRECTORY,
    ) -> None:
        self._runtime, self._settings, self._client, self._directory = runtime, settings, client, directory
        self.lines = PayerLines(settings.payer_inquiries_max, settings.payer_patience_seconds)
        self.spared: dict[str, Sparing] = {}
        self._numbers = ControlNumbers(runtime.store, NUMBERS_A_BLOCK)
        self._conversations = Grouped[tuple[str, str, Document]](
            lambda notes: runtime.store.note_all("conversations", notes)
        )

    def performers(self) -> Mapping[type[Effect], Performer]:
        return {Inquire: self.inquire, AwaitBatch: self.give_up}

    async def give_up(self, key: Key, pending: Pending) -> Message:
        """No file brought the answer in time."""
        effect = pending.effect
        assert isinstance(effect, AwaitBatch), "the worker was given one performer for each effect"
        meta = answer_meta(key, pending, self._runtime.clock)
        return InquiryAnswered(meta=meta, check_id=effect.check_id, outcome=UNAVAILABLE, final=True)

    async def inquire(self, key: Key, pending: Pending) -> Message:
        """Ask, and keep both sides of the conversation, sealed; or put it off, when the payer is to be spared."""
        effect = pending.effect
        assert isinstance(effect, Inquire), "the worker was given one performer for each effect"
        identity = SubscriberIdentity.model_validate_json(await self._runtime.sealer.open(effect.sealed_subscriber))
        sparing = self._sparing(effect.payer_id)
        if not sparing.circuit.enter():
            return self._put_off(key, pending, effect, sparing)
        well: bool | None = None
        try:
            if wait_seconds := sparing.rate.wait_seconds():
                return self._put_off(key, pending, effect, sparing, wait_seconds)
            if not await self._line(effect.payer_id).turn():
                return self._put_off(key, pending, effect, sparing)
            answered, well = False, False
            try:
                outcome, answered = await self._ask(key, pending, effect, identity)
                well = outcome.status != UNAVAILABLE.status
            finally:
                self.lines.of(effect.payer_id).end(answered=answered)
                self.lines.leave(effect.payer_id)
        finally:
            sparing.leave(answered=well)
            if sparing.idle:
                self.spared.pop(effect.payer_id, None)
        meta = answer_meta(key, pending, self._runtime.clock)
        return InquiryAnswered(meta=meta, check_id=effect.check_id, outcome=outcome)

    def _put_off(
        self, key: Key, pending: Pending, effect: Inquire, sparing: Sparing, wait_seconds: float | None = None
    ) -> Message:
        sparing.put_off(key)
        meta = answer_meta(key, pending, self._runtime.clock)
        return InquiryPutOff(meta=meta, check_id=effect.check_id, times=effect.put_off + 1, wait_seconds=wait_seconds)

    def _sparing(self, payer_id: str) -> Sparing:
        sparing = self.spared.get(payer_id)
        if sparing is None:
            terms = self._directory.of(payer_id, self._today())
            sparing = self.spared[payer_id] = Sparing(terms, self._seconds)
        return sparing

    def _seconds(self) -> float:
        """The business's time, so that what waits for a payer and the payer's own rest go by one clock."""
        return self._runtime.clock.now().timestamp()

    def _line(self, payer_id: str) -> PayerLine:
        return self.lines.of(payer_id, self._directory.of(payer_id, self._today()).inquiries_max)

    def _today(self) -> date:
        return self._runtime.clock.now().date()

    async def _ask(
        self, key: Key, pending: Pending, effect: Inquire, identity: SubscriberIdentity
    ) -> tuple[Outcome, bool]:
        """What came of it, and whether the payer said anything in time."""
        said = await self.converse(key, pending, effect, identity)
        if said.answer is None:
            return UNAVAILABLE.model_copy(update={"conversation": said.conversation}), said.answered
        terms = self._directory.of(effect.payer_id, self._today())
        outcome = outcome_of(said.answer, said.trace_number, effect.service_date, terms, said.conversation)
        return outcome, said.answered

    async def converse(
        self, key: Key, pending: Pending, effect: Inquire, identity: SubscriberIdentity, name: str = ""
    ) -> Said:
        """Send one inquiry and keep what was said. `name` tells inquiries of one effect apart."""
        now = self._runtime.clock.now()
        terms = self._directory.of(effect.payer_id, now.date())
        control_number = await self.take_number()
        trace = uuid5(pending.id, name) if name else pending.id
        inquiry = inquiry_270(effect, identity, trace.hex[:30], self._settings.submitter_id)
        request = write_270(inquiry, control_number, now)
        answer, answered = await self._send(key.tenant, request, terms.timeout_seconds)
        conversation = await self.keep(key, pending.id, request, answer or b"")
        return Said(inquiry.trace_number, answer, answered, conversation)

    async def take_number(self) -> int:
        """The next ISA13 to the clearinghouse, never 0 and never one that was used in a hundred years."""
        return await self._numbers.take(PARTNER, self._runtime.clock.now().year)

    def searched(self) -> list[str]:
        """The payers that are asked about patients whose coverage nobody knows."""
        return self._directory.searched(self._today())

    async def _send(self, tenant: str, request: bytes, timeout_seconds: float) -> tuple[bytes | None, bool]:
        """The answer's bytes, None when there is none; and whether anything came back in time, be it a refusal."""
        headers = {"content-type": "application/edi-x12"}
        # Waiting for a connection is our own doing: only what the payer takes counts as its silence.
        timeout = httpx.Timeout(min(timeout_seconds, self._settings.payer_timeout_seconds), pool=None)
        try:
            answer = await self._client.post(f"/x12/{tenant}", content=request, headers=headers, timeout=timeout)
        except httpx.HTTPError as error:
            self._runtime.log.info("payer_unavailable", error=type(error).__name__)
            return None, not isinstance(error, httpx.TimeoutException)
        return answer.content if answer.status_code == HTTPStatus.OK else None, True

    async def keep(self, key: Key, effect_id: UUID, request: bytes, answer: bytes) -> str:
        """Request and response stay on record, one note for each attempt, as sealed as anything in them."""
        seal = self._runtime.sealer.seal
        said = {
            "at": self._runtime.clock.now(),
            "sealed_request": await seal(key.tenant, key.id, request),
            "sealed_answer": await seal(key.tenant, key.id, answer),
        }
        conversation = f"{key.id}/{effect_id}/{uuid.uuid4()}"
        await self._conversations.add((key.tenant, conversation, said))
        return conversation


class Backlog:
    """Asks again those who were put off, as soon as their payer speaks again. A loop of the service."""

    name = "payer_backlog"
    kind = None

    def __init__(self, runtime: Runtime, check: Decider[Check, CheckMessage, CheckFact], connection: PayerConnection):
        self._runtime, self._check, self._connection = runtime, check, connection

    async def step(self) -> int:
        keys = [key for sparing in self._connection.spared.values() for key in sparing.drain(RESUMED_AT_ONCE)]
        if keys:
            rows = await self._runtime.store.load(self._check, keys)
            resumed = [
                self._resumed(key, pending)
                for key, row in rows.items()
                for pending in row.snapshot.effects.values()
                if isinstance(pending.effect, Inquire) and pending.effect.put_off
            ]
            await self._runtime.shell.transact(self._check, resumed)
        return len(keys)

    async def pending(self) -> int:
        return sum(sparing.owed for sparing in self._connection.spared.values())

    def _resumed(self, key: Key, pending: Pending) -> InquiryResumed:
        meta = answer_meta(key, pending, self._runtime.clock)
        return InquiryResumed(meta=meta.model_copy(update={"id": uuid5(pending.id, "resumed")}), check_id=key.id)


def inquiry_270(effect: Inquire, identity: SubscriberIdentity, trace_number: str, sender_id: str) -> Inquiry270:
    """The question: health benefit plan coverage (service type 30) or what was wanted, as of the date of service."""
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
        service_types=effect.service_types,
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
