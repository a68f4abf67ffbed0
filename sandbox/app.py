"""The sandbox's process: HTTP for real-time inquiries and switches, a loop for the folders. `python -m sandbox.app`."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from pydantic import BaseModel

from sandbox import reviews
from sandbox.bank import Bank
from sandbox.bank_api import bank_routes
from sandbox.chance import Chance
from sandbox.clearinghouse import Clearinghouse, settled
from sandbox.coverage import answer
from sandbox.exchange import Exchange
from sandbox.pay_page import pay_routes
from sandbox.processor import RefusedError, SandboxProcessor
from sandbox.processor_api import Courier, answer_refused, processor_routes
from sandbox.profiles import PayerProfile, read_payers
from sandbox.settings import SandboxSettings
from sandbox.state import State
from shared.clock import Clock
from shared.log import Log, configure_logs
from shared.tasks import end_tasks
from shared.x12.eligibility import Answer271, Inquiry270, read_270, write_271
from shared.x12.envelope import TransactionHeader, walk
from shared.x12.findings import X12Error
from shared.x12.review278 import Review278, read_278
from shared.x12.review278_write import write_278
from shared.x12.status import StatusInquiry276, read_276

MEDIA_TYPE = "application/edi-x12"
MAX_INQUIRY_BYTES = 1 << 20
MAX_BATCH_BYTES = 32 << 20


class Status(BaseModel):
    """Counts only: nothing here says anything about a patient."""

    now: datetime
    settled: bool
    next_due_at: datetime | None
    claims: dict[str, int]
    files_written: dict[str, int]


class Sandbox:
    """Everything the process holds.

    HTTP has connections of its own, so that a big file being taken keeps no inquiry waiting.
    """

    def __init__(self, settings: SandboxSettings, log: Log) -> None:
        self.settings, self.log = settings, log
        self.clock: Clock = settings.clock()
        self.payers = read_payers(settings.sandbox_payers)
        self.state = State(settings.state_folder)
        self._own = State(settings.state_folder)
        self._tries = State(settings.state_folder / "inquiries")
        self._asked: set[str] = set()  # inquiries of files that were answered once
        self._exchange = Exchange(settings.exchange, self._own)
        self.processor = SandboxProcessor(settings.state_folder, settings.processor_file, settings.sandbox_seed)
        self.courier = Courier(self.processor, self.clock, settings.payments_url, log)
        self.clearinghouse = Clearinghouse(self._own, self._exchange, self.payers, settings.sandbox_seed)
        self.bank = Bank(self.state, settings.sandbox_seed)
        self._teller = Clearinghouse(self.state, self._exchange, self.payers, settings.sandbox_seed)

    def close(self) -> None:
        for one in (self.state, self._own, self._tries, self.processor):
            one.close()

    async def run(self) -> None:
        """Look at the folders until cancelled."""
        while True:
            written = await asyncio.to_thread(self._tick)
            if written:
                self.log.info("files_written", count=written)
            await asyncio.sleep(self.settings.tick_seconds)

    def _tick(self) -> int:
        self.clearinghouse.bank.pay_out(self.processor.payouts())
        return self.clearinghouse.tick(self.clock.now())

    def status(self) -> Status:
        now = self.clock.now()
        times = self.state.next_due_at(), self.processor.next_due_at(), self.state.next_list_at()
        due = [at for at in times if at is not None]
        return Status(
            now=now,
            settled=settled(self.state, self._exchange, now) and not self._delivering(now),
            next_due_at=min(due, default=None),
            claims=self.state.stages(),
            files_written=self.state.files_written(),
        )

    def _delivering(self, now: datetime) -> bool:
        """Whether the processor has something to do by now, or webhooks wait for a receiver that was named."""
        return self.processor.is_busy(now) or (self.settings.payments_url is not None and self.processor.waiting() > 0)

    async def inquire(self, tenant: str, content: bytes) -> bytes:
        """The 271 to a 270, the 277 to a 276, or the 278 to a 278.

        Raises HTTPException 400 for what is none of them, 503 when the payer is down.
        """
        match set_of(content):
            case "276":
                return await self._tell_status(tenant, content)
            case "278":
                return await self._review(tenant, content)
            case _:
                return await self._tell_coverage(tenant, content)

    async def _tell_coverage(self, tenant: str, content: bytes) -> bytes:
        inquiries = self._inquiries(content)
        answers = [
            answer(one, self.payers.find(one.payer.id, one.payer.name), self.settings.sandbox_seed, unavailable)
            for one, unavailable in [(one, await self._trouble(tenant, one)) for one in inquiries]
        ]
        first = inquiries[0]
        control = Chance(self.settings.sandbox_seed, first.trace_number).number("interchange") % 999_999_999 + 1
        return write_271(answers, control, self.clock.now())

    async def _tell_status(self, tenant: str, content: bytes) -> bytes:
        try:
            asked = [one for one in read_276([content]) if isinstance(one, StatusInquiry276)]
        except X12Error as error:
            raise HTTPException(400, str(error)) from None
        if not asked:
            raise HTTPException(400, "the interchange holds no inquiry")
        positions = {self.state.position(payer_id) for payer_id in {one.payer.id for one in asked}}
        if "down" in positions:
            raise HTTPException(503, "the payer is down")
        if "slow" in positions:
            await asyncio.sleep(self.settings.sandbox_slow_seconds)
        control = Chance(self.settings.sandbox_seed, asked[0].trace_number).number("interchange") % 999_999_999 + 1
        return await asyncio.to_thread(self._teller.answer_276, tenant, asked, control, self.clock.now())

    async def _review(self, tenant: str, content: bytes) -> bytes:
        try:
            asked = [one for one in read_278([content]) if isinstance(one, Review278)]
        except X12Error as error:
            raise HTTPException(400, str(error)) from None
        if not asked:
            raise HTTPException(400, "the interchange holds no request")
        answers = [await self._decide(tenant, one) for one in asked]
        control = Chance(self.settings.sandbox_seed, asked[0].reference).number("interchange") % 999_999_999 + 1
        return write_278(answers, "SANDBOXCH", "RECEIVER", control, self.clock.now())

    async def _decide(self, tenant: str, asked: Review278) -> Review278:
        payer = self.payers.find(asked.payer.id if asked.payer else "")
        position = self.state.position(payer.id)
        if position == "down":
            raise HTTPException(503, "the payer is down")
        if position == "slow":
            await asyncio.sleep(self.settings.sandbox_slow_seconds)
        subject = f"review/{tenant}/{payer.id}/{asked.reference}"
        name = hashlib.sha256(subject.encode()).hexdigest()
        tries = self._tries.count_try(name) if asked.purpose == reviews.INQUIRY else 0
        return reviews.decide(asked, payer, self.settings.sandbox_seed, tries)

    async def take_batch(self, tenant: str, content: bytes) -> str:
        """Keep a file of inquiries until its answer is fetched; its receipt. Raises HTTPException 400 or 503."""
        inquiries = await asyncio.to_thread(self._inquiries, content)
        if any(self.state.position(payer_id) == "down" for payer_id in {one.payer.id for one in inquiries}):
            raise HTTPException(503, "the payer is down")
        receipt = hashlib.sha256(tenant.encode() + b"/" + content).hexdigest()[:32]
        await asyncio.to_thread(self._batch_file(tenant, receipt).write_bytes, content)
        return receipt

    async def answer_batch(self, tenant: str, receipt: str) -> bytes | None:
        """The 271 file of a receipt, in an order of its own; None when a payer is down. HTTPException 404."""
        file = self._batch_file(tenant, receipt)
        if not receipt.isalnum() or not await asyncio.to_thread(file.exists):
            raise HTTPException(404, "no such receipt")
        inquiries = self._inquiries(await asyncio.to_thread(file.read_bytes))
        if any(self.state.position(payer_id) == "down" for payer_id in {one.payer.id for one in inquiries}):
            return None
        return await asyncio.to_thread(self._answer_all, tenant, inquiries)

    def _answer_all(self, tenant: str, inquiries: list[Inquiry270]) -> bytes:
        seed, answers = self.settings.sandbox_seed, list[Answer271]()
        for one in sorted(inquiries, key=lambda one: hashlib.sha256(one.trace_number.encode()).digest()):
            payer = self.payers.find(one.payer.id, one.payer.name)
            chance = Chance(seed, f"batch/{tenant}/{one.payer.id}/{one.member_id}")
            unavailable = one.trace_number not in self._asked and chance.happens(
                "unavailable", payer.profile.unavailable_percent
            )
            self._asked.add(one.trace_number)
            answers.append(answer(one, payer, seed, unavailable))
        control = Chance(seed, inquiries[0].trace_number).number("interchange") % 999_999_999 + 1
        return write_271(answers, control, self.clock.now())

    def _inquiries(self, content: bytes) -> list[Inquiry270]:
        """Raises HTTPException 400 for what is no 270."""
        try:
            inquiries = [one for one in read_270([content]) if isinstance(one, Inquiry270)]
        except X12Error as error:
            raise HTTPException(400, str(error)) from None
        if not inquiries:
            raise HTTPException(400, "the interchange holds no inquiry")
        return inquiries

    def _batch_file(self, tenant: str, receipt: str) -> Path:
        folder = self.settings.state_folder / "batches"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{hashlib.sha256(tenant.encode()).hexdigest()[:16]}-{receipt}.270"

    async def _trouble(self, tenant: str, inquiry: Inquiry270) -> bool:
        """Be down or slow as the payer is for this member at this try; True when it cannot answer (AAA 42)."""
        payer = self.payers.find(inquiry.payer.id)
        profile, position = payer.profile, self.state.position(payer.id)
        member = hashlib.sha256(f"{tenant}/{payer.id}/{inquiry.member_id}".encode()).hexdigest()
        chance = Chance(self.settings.sandbox_seed, f"trouble/{payer.id}/{inquiry.member_id}")
        tries = self._tries.count_try(member)
        if position == "down" or (tries < profile.down_tries and chance.happens("down", profile.down_percent)):
            raise HTTPException(503, "the payer is down")
        if position == "slow" or (tries < profile.slow_tries and chance.happens("slow", profile.slow_percent)):
            await asyncio.sleep(self.settings.sandbox_slow_seconds)
        return tries < profile.unavailable_tries and chance.happens("unavailable", profile.unavailable_percent)

    def switch(self, payer_id: str, position: Literal["up", "slow", "down"]) -> PayerProfile:
        self.state.switch(payer_id, position)
        return self.payers.find(payer_id)


def set_of(content: bytes) -> str:
    """ST01 of the first transaction set; "" for what cannot be read."""
    try:
        first = next((one for one in walk([content]) if isinstance(one, TransactionHeader)), None)
    except X12Error:
        return ""
    return "" if first is None else first.set_id


def sandbox_of(request: Request) -> Sandbox:
    sandbox: Sandbox = request.app.state.sandbox
    return sandbox


Running = Annotated[Sandbox, Depends(sandbox_of)]


def create_app(settings: SandboxSettings, log: Log) -> FastAPI:
    """The application; its lifespan opens the state and runs the folder loop."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        sandbox = Sandbox(settings, log)
        await asyncio.to_thread(sandbox.clearinghouse.start)
        app.state.sandbox = sandbox
        loops = [asyncio.create_task(sandbox.run()), asyncio.create_task(sandbox.courier.run())]
        for loop in loops:
            loop.add_done_callback(_stop_process_on_failure)
        yield
        await end_tasks(loops)
        sandbox.close()

    app = FastAPI(title="RevCycle sandbox", lifespan=lifespan)
    app.include_router(processor_routes)
    app.include_router(pay_routes)
    app.include_router(bank_routes)
    app.add_exception_handler(RefusedError, answer_refused)
    _add_routes(app)
    return app


def _stop_process_on_failure(loop: "asyncio.Task[None]") -> None:
    """A folder loop that failed must not leave a process behind that only looks alive."""
    if not loop.cancelled() and (error := loop.exception()):
        raise SystemExit(1) from error


def _add_routes(app: FastAPI) -> None:
    @app.post("/x12/{tenant}")
    async def x12(tenant: str, request: Request, sandbox: Running) -> Response:
        content = await request.body()
        if len(content) > MAX_INQUIRY_BYTES:
            raise HTTPException(413, "an inquiry has at most 1 MB")
        return Response(await sandbox.inquire(tenant, content), media_type=MEDIA_TYPE)

    @app.post("/x12/{tenant}/batch", status_code=202)
    async def take_batch(tenant: str, request: Request, sandbox: Running) -> dict[str, str]:
        content = await request.body()
        if len(content) > MAX_BATCH_BYTES:
            raise HTTPException(413, "a file of inquiries has at most 32 MB")
        return {"receipt": await sandbox.take_batch(tenant, content)}

    @app.get("/x12/{tenant}/batch/{receipt}")
    async def answer_batch(tenant: str, receipt: str, sandbox: Running) -> Response:
        answers = await sandbox.answer_batch(tenant, receipt)
        return Response(status_code=204) if answers is None else Response(answers, media_type=MEDIA_TYPE)

    @app.get("/status")
    def status(sandbox: Running) -> Status:
        return sandbox.status()

    @app.get("/health/ready")
    def ready(sandbox: Running) -> dict[str, str]:
        sandbox.state.next_due_at()
        return {"status": "ready"}

    @app.post("/payers/{payer_id}/{position}")
    def switch(payer_id: str, position: Literal["up", "slow", "down"], sandbox: Running) -> dict[str, str]:
        payer = sandbox.switch(payer_id, position)
        return {"payer": payer.id, "name": payer.name, "profile": payer.profile.name, "position": position}


def main() -> None:
    """Serve until told to stop."""
    settings = SandboxSettings()  # pyright: ignore[reportCallIssue] - the environment gives the rest
    log = configure_logs("sandbox", settings.log_level)
    app = create_app(settings, log)
    uvicorn.run(
        app, host=settings.host, port=settings.port, log_config=None, access_log=False, timeout_graceful_shutdown=2
    )


if __name__ == "__main__":
    main()
