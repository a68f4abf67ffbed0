"""The guarantors of the demo: some pay at once, a part, by installments, some promise, some never; chosen by hash."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from http import HTTPStatus
from typing import NamedTuple

import httpx

from revcycle.demo.cash import CashDesk, Client, Token
from revcycle.demo.tally import Heard

AT_ONCE_PERCENT = 45
A_PART_PERCENT = 12
INSTALLMENTS_PERCENT = 10
PROMISES_PERCENT = 6
PROMISED_IN_DAYS, PAID_IN_DAYS = 12, 7
INSTALLMENTS = 4
PLAN_FROM_CENTS = 10_000
CONNECTIONS = 8


class Owes(NamedTuple):
    """Somebody with a statement in hand."""

    tenant: str
    account_id: str
    balance_cents: int


class Promise(NamedTuple):
    """An installment, or what was promised, to be paid on a day."""

    due_on: date
    owes: Owes
    number: int
    cents: int


class Patients:
    """Reads statements as they are sent, and pays through the services' own API."""

    def __init__(self, payments_url: str, collections_url: str, token: Token, sandbox_url: str | None = None) -> None:
        """Without a sandbox there is neither bank nor processor: everybody's card was taken elsewhere."""
        limits = httpx.Limits(max_connections=CONNECTIONS)
        self._http = httpx.AsyncClient(timeout=60, limits=limits, trust_env=False)
        self._client = Client(self._http, token)
        self._desk = None if sandbox_url is None else CashDesk(self._client, payments_url, sandbox_url)
        self._payments, self._collections = payments_url, collections_url
        self._statements: list[Owes] = []
        self._promises: list[Promise] = []
        self._answered: set[tuple[str, str]] = set()
        self._refused = 0

    @property
    def refused(self) -> int:
        """Requests that were refused: none in a good run."""
        return self._refused + (self._desk.refused if self._desk else 0)

    async def open_accounts(self, tenants: Sequence[str]) -> None:
        if self._desk is not None:
            await self._desk.open_accounts(tenants)

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
        refunds = await self._desk.refund() if self._desk else 0
        answers = [self._answer(owes, today) for owes in read]
        await asyncio.gather(*answers, *(self._pay(p.owes, f"plan-{p.number}", p.cents, today) for p in due))
        if self._desk is not None:
            await self._desk.close_the_day(today)
        return len(read) + len(due) + refunds

    def next_promise(self) -> date | None:
        return min((promise.due_on for promise in self._promises), default=None)

    async def close(self) -> None:
        await self._http.aclose()

    async def _answer(self, owes: Owes, today: date) -> None:
        mood = int.from_bytes(hashlib.sha256(owes.account_id.encode()).digest()[:4]) % 100
        if mood < AT_ONCE_PERCENT:
            await self._pay(owes, "full", owes.balance_cents, today)
        elif mood < AT_ONCE_PERCENT + A_PART_PERCENT:
            await self._pay(owes, "part", max(owes.balance_cents // 2, 1), today)
        elif mood < AT_ONCE_PERCENT + A_PART_PERCENT + INSTALLMENTS_PERCENT and owes.balance_cents >= PLAN_FROM_CENTS:
            await self._agree(owes, today, keeps=mood % 3 != 0)

        elif 0 <= mood - (AT_ONCE_PERCENT + A_PART_PERCENT + INSTALLMENTS_PERCENT) < PROMISES_PERCENT:
            await self._promise(owes, today, keeps=mood % 3 != 0)

    async def _promise(self, owes: Owes, today: date, *, keeps: bool) -> None:
        """Half of it within two weeks, said on the telephone; a third of them forget it."""
        cents = max(owes.balance_cents // 2, 1)
        until = today + timedelta(days=PROMISED_IN_DAYS)
        promise = {"promised_cents": cents, "promised_for": until.isoformat()}
        path = f"/accounts/{owes.account_id}/promises"
        if await self._post(self._collections, path, owes, "promise", promise, "collector") and keeps:
            self._promises.append(Promise(today + timedelta(days=PAID_IN_DAYS), owes, 1, cents))

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

    async def _pay(self, owes: Owes, what: str, cents: int, today: date) -> None:
        if self._desk is not None:
            await self._desk.pay(owes.tenant, owes.account_id, what, cents, today)
            return
        payment = {"account_id": owes.account_id, "paid_cents": cents, "method": "card"}
        await self._post(self._payments, "/payments", owes, what, payment, "poster")

    async def _post(self, url: str, path: str, owes: Owes, what: str, body: Mapping[str, object], role: str) -> bool:
        key = f"demo-{what}-{owes.account_id}"
        answer = await self._client.ask("POST", f"{url}{path}", owes.tenant, role, key, body)
        if answer.status_code == HTTPStatus.CONFLICT and await self._owes_less(owes):
            return False  # a payer's decision was quicker than the guarantor: there is nothing to say any more
        self._refused += not answer.is_success
        return answer.is_success

    async def _owes_less(self, owes: Owes) -> bool:
        """Whether the balance has fallen since the statement that they hold in hand."""
        url = f"{self._collections}/accounts/{owes.account_id}"
        answer = await self._client.ask("GET", url, owes.tenant, "collector")
        return answer.is_success and int(answer.json()["owed_cents"]) < owes.balance_cents
