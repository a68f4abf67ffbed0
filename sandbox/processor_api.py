"""HTTP of the emulated card processor, and the delivery of its webhooks."""

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl

import httpx
from fastapi import APIRouter, Header, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from sandbox.processor import RefusedError, SandboxProcessor
from shared.clock import Clock
from shared.log import Log

FORM_BYTES_MAX = 16 * 1024
PAUSE_SECONDS = 0.2

processor_routes = APIRouter(prefix="/processor")

Key = Annotated[str, Header(alias="Idempotency-Key", max_length=200)]
Authorization = Annotated[str, Header(max_length=300)]


class Confirmation(BaseModel):
    """What the processor's page in the guarantor's browser sends."""

    client_secret: str = Field(max_length=200)
    payment_method: str = Field(max_length=60)


class DisputeBody(BaseModel):
    cents: int = Field(gt=0)
    code: str = Field(max_length=10)


async def _form(request: Request) -> Mapping[str, str]:
    content = await request.body()
    if len(content) > FORM_BYTES_MAX:
        raise HTTPException(413, "a request has at most 16 KB")
    return dict(parse_qsl(content.decode(errors="replace"), max_num_fields=100))


def _of(request: Request) -> tuple[SandboxProcessor, datetime]:
    sandbox = request.app.state.sandbox
    clock: Clock = sandbox.clock
    processor: SandboxProcessor = sandbox.processor
    return processor, clock.now()


async def answer_refused(_: Request, error: Exception) -> JSONResponse:
    """A refusal in the shape of Stripe's errors."""
    assert isinstance(error, RefusedError), "registered for this class only"
    return JSONResponse({"error": {"code": error.code}}, error.status)


@processor_routes.post("/v1/payment_intents")
async def create_intent(request: Request, idempotency_key: Key = "", authorization: Authorization = "") -> Any:
    processor, now = _of(request)
    processor.authorize(authorization)
    return await asyncio.to_thread(processor.create_intent, await _form(request), idempotency_key, now)


@processor_routes.post("/v1/refunds")
async def create_refund(request: Request, idempotency_key: Key = "", authorization: Authorization = "") -> Any:
    processor, now = _of(request)
    processor.authorize(authorization)
    return await asyncio.to_thread(processor.create_refund, await _form(request), idempotency_key, now)


@processor_routes.post("/v1/payment_intents/{intent_id}/confirm")
def confirm(request: Request, intent_id: str, body: Confirmation) -> Any:
    """The guarantor pays; the answer never holds what only the merchant may know."""
    processor, now = _of(request)
    made = processor.confirm(intent_id, body.client_secret, body.payment_method, now)
    return {"id": made["id"], "status": made["status"]}


@processor_routes.post("/bank/{intent_id}/dispute")
def dispute(request: Request, intent_id: str, body: DisputeBody) -> Any:
    """The guarantor's bank takes money back: a chargeback, or a return with an R code."""
    processor, now = _of(request)
    return processor.dispute(intent_id, body.cents, body.code, now)


@processor_routes.post("/bank/disputes/{dispute_id}/{outcome}")
def decide(request: Request, dispute_id: str, outcome: Literal["won", "lost"]) -> Any:
    processor, now = _of(request)
    return processor.decide_dispute(dispute_id, outcome, now)


class Courier:
    """Delivers webhooks until their receiver takes them."""

    def __init__(self, processor: SandboxProcessor, clock: Clock, url: str | None, log: Log) -> None:
        self._processor, self._clock, self._url, self._log = processor, clock, url, log

    async def run(self) -> None:
        """Work until cancelled; a receiver that is away is tried again."""
        async with httpx.AsyncClient(timeout=10) as client:
            while True:
                await asyncio.to_thread(self._processor.tick, self._clock.now())
                if self._url is None or not await self.deliver(client):
                    await asyncio.sleep(PAUSE_SECONDS)

    async def deliver(self, client: httpx.AsyncClient) -> int:
        """One round over what waits; how many were taken."""
        taken = 0
        for one in await asyncio.to_thread(self._processor.outgoing):
            headers = {"Stripe-Signature": self._processor.signed(one, int(time.time()))}
            url = f"{self._url}/webhooks/processor/{one.tenant}"
            try:
                answer = await client.post(url, content=one.body, headers=headers)
            except httpx.HTTPError as error:
                self._log.warning("webhook_not_delivered", error=type(error).__name__)
                return taken
            went_well = answer.status_code < 300
            self._processor.delivered(one.id, taken=went_well)
            taken += went_well
        return taken
