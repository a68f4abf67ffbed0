"""Batches of inquiries: a list in, a 270 file out, its 271 file back, each answer to its own check by trace number."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import date, datetime
from http import HTTPStatus
from uuid import UUID, uuid5

import httpx
from pydantic import TypeAdapter

from services.eligibility.answers import outcome_of_answer
from services.eligibility.core import Check, CheckFact, CheckMessage, Inquire, InquiryAnswered, InquiryPolicy, Outcome
from services.eligibility.core.batch import BatchFetched, BatchPosted, FetchAnswers, SendBatch
from services.eligibility.core.check import worth_another_try
from services.eligibility.payers import PayerConnection, inquiry_270
from services.eligibility.settings import EligibilitySettings
from shared.contracts import Contract, Message
from shared.decider import Decider, Effect, Pending
from shared.identity import SubscriberIdentity
from shared.runtime import Runtime
from shared.store.port import Key
from shared.worker import Performer, answer_meta
from shared.x12.eligibility import Answer271, Inquiry270, read_271, write_270, write_271
from shared.x12.findings import X12Error

CHUNK = 500
SECONDS_MAX = 45.0  # shorter than the worker's lease
POSITION_DIGITS = 6
CheckDecider = Decider[Check, CheckMessage, CheckFact]


class Item(Contract):
    """One inquiry of a batch: its check, and the open effect of it that waits for the answer."""

    check_id: str
    effect_id: UUID
    payer_id: str
    billing_npi: str
    service_date: date
    service_types: tuple[str, ...]
    sealed_subscriber: str


ITEMS = TypeAdapter(list[Item])


def manifest_name(batch_id: str) -> str:
    return f"batch/{batch_id}/manifest"


async def put_manifest(runtime: Runtime, tenant: str, batch_id: str, items: Sequence[Item]) -> None:
    """Keep who is in a batch, by position. Identifiers in it are sealed."""

    async def chunks() -> AsyncIterator[bytes]:
        yield ITEMS.dump_json(list(items))

    await runtime.store.put_blob(tenant, manifest_name(batch_id), chunks())


async def read_manifest(runtime: Runtime, tenant: str, batch_id: str) -> list[Item]:
    """Who is in a batch, by position. KeyError when there is none."""
    content = b"".join([chunk async for chunk in runtime.store.read_blob(tenant, manifest_name(batch_id))])
    return ITEMS.validate_json(content)


def trace_of(batch_id: str, position: int) -> str:
    """TRN02 of an inquiry: its batch and its position in it."""
    return f"{batch_id.removeprefix('eb_')}{position:0{POSITION_DIGITS}d}"


def position_of(batch_id: str, trace_number: str) -> int | None:
    """The position a trace number names; None when it is of another batch, or of none."""
    prefix, digits = batch_id.removeprefix("eb_"), trace_number[-POSITION_DIGITS:]
    if trace_number[:-POSITION_DIGITS] != prefix or not (digits.isascii() and digits.isdigit()):
        return None
    return int(digits)


def positions_in(bits: str) -> Iterator[int]:
    """The positions that are set."""
    number, position = int(bits, 16), 0
    while number:
        if number & 1:
            yield position
        number, position = number >> 1, position + 1


class BatchConnection:
    """Hands files of inquiries to the clearinghouse and fetches their answers (CAQH CORE style batch)."""

    def __init__(
        self,
        runtime: Runtime,
        settings: EligibilitySettings,
        client: httpx.AsyncClient,
        check: CheckDecider,
        policy: InquiryPolicy,
        connection: PayerConnection,
    ) -> None:
        self._runtime, self._settings, self._client = runtime, settings, client
        self._check, self._policy, self._connection = check, policy, connection

    def performers(self) -> Mapping[type[Effect], Performer]:
        return {SendBatch: self.send, FetchAnswers: self.fetch}

    async def send(self, key: Key, pending: Pending) -> Message:
        """One transaction set for each open inquiry, in one file."""
        effect = pending.effect
        assert isinstance(effect, SendBatch), "the worker was given one performer for each effect"
        items = await read_manifest(self._runtime, key.tenant, effect.batch_id)
        inquiries = [await self._inquiry(effect, items, position) for position in positions_in(effect.positions)]
        now = self._runtime.clock.now()
        content = await asyncio.to_thread(write_270, inquiries, await self._connection.take_number(), now)
        await self._keep(key.tenant, effect.batch_id, f"270-{effect.attempt}", content)
        receipt = await self._post(key.tenant, content)
        meta = answer_meta(key, pending, self._runtime.clock)
        return BatchPosted(meta=meta, batch_id=effect.batch_id, receipt=receipt)

    async def _inquiry(self, effect: SendBatch, items: Sequence[Item], position: int) -> Inquiry270:
        item = items[position]
        identity = SubscriberIdentity.model_validate_json(await self._runtime.sealer.open(item.sealed_subscriber))
        inquire = Inquire(
            check_id=item.check_id,
            attempt=1,
            payer_id=item.payer_id,
            billing_npi=item.billing_npi,
            service_date=item.service_date,
            sealed_subscriber="",
            service_types=item.service_types,
        )
        return inquiry_270(inquire, identity, trace_of(effect.batch_id, position), self._settings.submitter_id)

    async def _post(self, tenant: str, content: bytes) -> str | None:
        headers = {"content-type": "application/edi-x12"}
        timeout = httpx.Timeout(SECONDS_MAX, pool=None)
        try:
            answer = await self._client.post(f"/x12/{tenant}/batch", content=content, headers=headers, timeout=timeout)
            receipt = answer.json()["receipt"] if answer.status_code == HTTPStatus.ACCEPTED else None
        except (httpx.HTTPError, json.JSONDecodeError, KeyError, TypeError) as error:
            self._runtime.log.info("batch_not_taken", error=type(error).__name__)
            return None
        return receipt if isinstance(receipt, str) and receipt.isalnum() else None

    async def fetch(self, key: Key, pending: Pending) -> Message:
        """The file's answers, matched by trace number; what a payer could not answer yet stays open."""
        effect = pending.effect
        assert isinstance(effect, FetchAnswers), "the worker was given one performer for each effect"
        content = await self._get(key.tenant, effect.receipt)
        answered, unmatched = 0, 0
        if content is not None:
            await self._keep(key.tenant, effect.batch_id, f"271-{effect.receipt}", content)
            answered, unmatched = await self._tell(key, pending, effect, content)
        meta = answer_meta(key, pending, self._runtime.clock)
        bits = None if content is None else f"{answered:x}"
        return BatchFetched(meta=meta, batch_id=effect.batch_id, answered=bits, unmatched=unmatched)

    async def _get(self, tenant: str, receipt: str) -> bytes | None:
        timeout = httpx.Timeout(SECONDS_MAX, pool=None)
        try:
            answer = await self._client.get(f"/x12/{tenant}/batch/{receipt}", timeout=timeout)
        except httpx.HTTPError as error:
            self._runtime.log.info("batch_not_ready", error=type(error).__name__)
            return None
        return answer.content if answer.status_code == HTTPStatus.OK else None

    async def _tell(self, key: Key, pending: Pending, effect: FetchAnswers, content: bytes) -> tuple[int, int]:
        """Each check its answer; the positions that have one, as bits, and how many answers are of no inquiry here."""
        items = await read_manifest(self._runtime, key.tenant, effect.batch_id)
        said, unmatched = await asyncio.to_thread(answers_by_position, effect.batch_id, content, len(items))
        answered, listed = 0, list(said.items())
        for start in range(0, len(listed), CHUNK):
            part = listed[start : start + CHUNK]
            outcomes = await asyncio.gather(
                *(self._outcome(key.tenant, items[position], answer, final=effect.last) for position, answer in part)
            )
            told = [(position, one) for (position, _), one in zip(part, outcomes, strict=True) if one is not None]
            messages = [self._answer_to(items[position], outcome, key, pending) for position, outcome in told]
            await self._runtime.shell.transact(self._check, messages)
            answered |= sum(1 << position for position, _ in told)
        return answered, unmatched

    def _answer_to(self, item: Item, outcome: Outcome, key: Key, pending: Pending) -> CheckMessage:
        own = {"id": uuid5(item.effect_id, "answer"), "causation": item.effect_id}
        meta = answer_meta(key, pending, self._runtime.clock).model_copy(update=own)
        return InquiryAnswered(meta=meta, check_id=item.check_id, outcome=outcome, final=True)

    async def _outcome(self, tenant: str, item: Item, answer: Answer271, *, final: bool) -> Outcome | None:
        """None while the payer may still answer."""
        now = self._runtime.clock.now()
        terms = self._policy.directory.of(item.payer_id, now.date())
        outcome = outcome_of_answer(answer, item.service_date, terms)
        if worth_another_try(self._policy, outcome) and not final:
            return None
        conversation = await self._keep_one(tenant, item, answer, now)
        return outcome.model_copy(update={"conversation": conversation})

    async def _keep_one(self, tenant: str, item: Item, answer: Answer271, now: datetime) -> str:
        """The conversation of one check: its own inquiry and answer as files of their own."""
        identity = SubscriberIdentity.model_validate_json(await self._runtime.sealer.open(item.sealed_subscriber))
        inquire = Inquire(
            check_id=item.check_id,
            attempt=1,
            payer_id=item.payer_id,
            billing_npi=item.billing_npi,
            service_date=item.service_date,
            sealed_subscriber="",
            service_types=item.service_types,
        )
        inquiry = inquiry_270(inquire, identity, answer.trace_number, self._settings.submitter_id)
        number = await self._connection.take_number()
        return await self._connection.keep(
            Key(tenant, item.check_id), item.effect_id, write_270(inquiry, number, now), write_271(answer, number, now)
        )

    async def _keep(self, tenant: str, batch_id: str, name: str, content: bytes) -> None:
        """The file itself, sealed."""
        sealed = await self._runtime.sealer.seal(tenant, batch_id, content)

        async def chunks() -> AsyncIterator[bytes]:
            yield sealed.encode()

        await self._runtime.store.put_blob(tenant, f"batch/{batch_id}/{name}", chunks())


def answers_by_position(batch_id: str, content: bytes, count: int) -> tuple[dict[int, Answer271], int]:
    """The answers of a 271 file by the position of their inquiry, whatever their order, and how many match none.

    Where several levels of one inquiry answer, the last that says something is the person asked about.
    """
    said: dict[int, Answer271] = {}
    unmatched = 0
    try:
        for one in read_271([content]):
            if not isinstance(one, Answer271):
                continue
            position = position_of(batch_id, one.trace_number or one.reference)
            if position is None or position >= count:
                unmatched += 1
            elif position not in said or one.status != "unknown":
                said[position] = one
    except X12Error:
        return said, unmatched
    return said, unmatched
