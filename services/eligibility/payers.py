"""The connection to payers: a 270 out, a 271 back, read into what it amounts to. Performs the `Inquire` effect."""

import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple
from uuid import UUID, uuid5

import httpx

from services.eligibility.answers import UNAVAILABLE, outcome_of
from services.eligibility.core import Inquire, InquiryAnswered, InquiryPutOff, Outcome
from services.eligibility.core.check_messages import AwaitBatch, InquiryResumed
from services.eligibility.core.directory import OPEN_DIRECTORY, Directory
from services.eligibility.payer_gate import Asked, PayerGate, PutOff
from services.eligibility.payer_limits import Waiting
from services.eligibility.settings import EligibilitySettings
from shared.contracts import Message
from shared.decider import Effect, Pending
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
KIND = "check"


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
        self.gate = PayerGate(directory, settings, runtime.clock, runtime.shell.tally)
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
        said = await self.gate.through(
            effect.payer_id, Waiting(KIND, key), lambda: self._ask(key, pending, effect, identity)
        )
        meta = answer_meta(key, pending, self._runtime.clock)
        if isinstance(said, PutOff):
            times = effect.put_off + 1
            return InquiryPutOff(meta=meta, check_id=effect.check_id, times=times, wait_seconds=said.wait_seconds)
        return InquiryAnswered(meta=meta, check_id=effect.check_id, outcome=said)

    def resume(self, key: Key, pending: Pending) -> InquiryResumed | None:
        """The payer of a check that was put off speaks again."""
        if not isinstance(pending.effect, Inquire) or not pending.effect.put_off:
            return None
        meta = answer_meta(key, pending, self._runtime.clock)
        return InquiryResumed(meta=meta.model_copy(update={"id": uuid5(pending.id, "resumed")}), check_id=key.id)

    async def _ask(self, key: Key, pending: Pending, effect: Inquire, identity: SubscriberIdentity) -> Asked[Outcome]:
        said = await self.converse(key, pending, effect, identity)
        if said.answer is None:
            silence = UNAVAILABLE.model_copy(update={"conversation": said.conversation})
            return Asked(silence, said.answered, well=False)
        terms = self.gate.terms(effect.payer_id)
        outcome = outcome_of(said.answer, said.trace_number, effect.service_date, terms, said.conversation)
        return Asked(outcome, said.answered, well=outcome.status != UNAVAILABLE.status)

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
        answer, answered = await self.exchange(key.tenant, request, terms.timeout_seconds)
        conversation = await self.keep(key, pending.id, request, answer or b"")
        return Said(inquiry.trace_number, answer, answered, conversation)

    async def take_number(self) -> int:
        """The next ISA13 to the clearinghouse, never 0 and never one that was used in a hundred years."""
        return await self._numbers.take(PARTNER, self._runtime.clock.now().year)

    def searched(self) -> list[str]:
        """The payers that are asked about patients whose coverage nobody knows."""
        return self._directory.searched(self.gate.today())

    async def exchange(self, tenant: str, request: bytes, timeout_seconds: float) -> tuple[bytes | None, bool]:
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
