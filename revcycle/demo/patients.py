"""The guarantors of the demo: some pay at once, some a part, some by installments, some never; chosen by hash."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from http import HTTPStatus
from typing import NamedTuple

import httpx

from revcycle.demo.tally import Heard
from revcycle.refusal import RefusalError

AT_ONCE_PERCENT = 45
A_PART_PERCENT = 12
INSTALLMENTS_PERCENT = 10
INSTALLMENTS = 4
PLAN_FROM_CENTS = 10_000
CONNECTIONS = 8
TRIES = 60
AGAIN_SECONDS = 0.5

Token = Callable[[str], str]


class Owes(NamedTuple):
    """Somebody with a statement in hand."""

    tenant: str
    account_id: str
    balance_cents: int


class Promise(NamedTuple):
    """An installment to be paid on a day."""

    due_on: date
    owes: Owes
    number: int
    cents: int


class Patients:
    """Reads statements as they are sent, and pays through the services' own API."""

    def __init__(self, payments_url: str, collections_url: str, token: Token) -> None:
        limits = httpx.Limits(max_connections=CONNECTIONS)
        self._client = httpx.AsyncClient(timeout=60, limits=limits, trust_env=False)
        self._payments, self._collections, self._token = payments_url, collections_url, token
        self._statements: list[Owes] = []
        self._promises: list[Promise] = []
        self._answered: set[tuple[str, str]] = set()
        self.refused = 0

    def hear(self, heard: Heard) -> None:
        """A first statement is read; later ones change nobody's mind."""
        if heard.type == "statement.sent.v1" and heard.body["number"] == 1:
            owes = Owes(heard.tenant, heard.body["account_id"], int(heard.body["balance_cents"]))
            if (owes.tenant, owes.account_id) not in self._answered:
                self._answered.add((owes.tenant, owes.account_id))
                self._statements.append(owes)

    async def act(self, today: date) -> int:
        """Do what guarantors do today; how many of them did something."""
        read, self._statements = self._statements, []
        due = [promise for promise in self._promises if promise.due_on <= today]
        self._promises = [promise for promise in self._promises if promise.due_on > today]
        answers = [self._answer(owes, today) for owes in read]
        await asyncio.gather(*answers, *(self._pay(p.owes, f"plan-{p.number}", p.cents) for p in due))
        return len(read) + len(due)

    def next_promise(self) -> date | None:
        return min((promise.due_on for promise in self._promises), default=None)

    async def close(self) -> None:
        await self._client.aclose()

    async def _answer(self, owes: Owes, today: date) -> None:
        mood = int.from_bytes(hashlib.sha256(owes.account_id.encode()).digest()[:4]) % 100
        if mood < AT_ONCE_PERCENT:
            await self._pay(owes, "full", owes.balance_cents)
        elif mood < AT_ONCE_PERCENT + A_PART_PERCENT:
            await self._pay(owes, "part", max(owes.balance_cents // 2, 1))
        elif mood < AT_ONCE_PERCENT + A_PART_PERCENT + INSTALLMENTS_PERCENT and owes.balance_cents >= PLAN_FROM_CENTS:
            await self._agree(owes, today, keeps=mood % 3 != 0)

    async def _agree(self, owes: Owes, today: date, *, keeps: bool) -> None:
        """A plan of equal installments, the first in two weeks; a third of the guarantors stop after the first."""
        first = today + timedelta(days=14)
        plan = {"account_id": owes.account_id, "installments": INSTALLMENTS, "first_due_on": first.isoformat()}
        if not await self._post(self._collections, "/plans", owes, "plan", plan, "collector"):
            return
        share = -(-owes.balance_cents // INSTALLMENTS)
        for number in range(INSTALLMENTS if keeps else 1):
            cents = min(share, owes.balance_cents - share * number)
            if cents > 0:
                self._promises.append(Promise(first + timedelta(days=30 * number), owes, number + 1, cents))

    async def _pay(self, owes: Owes, what: str, cents: int) -> None:
        payment = {"account_id": owes.account_id, "paid_cents": cents, "method": "card"}
        await self._post(self._payments, "/payments", owes, what, payment, "poster")

    async def _post(self, url: str, path: str, owes: Owes, what: str, body: Mapping[str, object], role: str) -> bool:
        headers = {
            "authorization": f"Bearer {self._token(f'{owes.tenant}/{role}')}",
            "idempotency-key": f"demo-{what}-{owes.account_id}",
        }
        answer = await self._send(f"{url}{path}", body, headers)
        self.refused += not answer.is_success
        return answer.is_success

    async def _send(self, url: str, body: Mapping[str, object], headers: Mapping[str, str]) -> httpx.Response:
        """As any client does: a service that is restarting is asked again, and the Idempotency-Key makes that safe."""
        for attempt in range(TRIES):
            try:
                answer = await self._client.post(url, json=body, headers=headers)
            except httpx.TransportError:
                if attempt == TRIES - 1:
                    raise
            else:
                if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                    return answer
            await asyncio.sleep(AGAIN_SECONDS)
        raise RefusalError(f"{url} did not answer in {TRIES} tries")
