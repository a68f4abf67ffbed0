"""The demo's money outside the ledger: cards at the processor's page, checks taken to the bank, refunds of too much."""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from http import HTTPStatus
from typing import Any, NamedTuple

import httpx

from revcycle.refusal import RefusalError

CARD_PERCENT, CASH_PERCENT = 35, 10
FLOAT_CENTS, SHORT_CENTS, SHORT_PERCENT = 10_000, 500, 20
OVERPAID_PERCENT, DISPUTED_PERCENT, DECLINED_PERCENT = 4, 2, 8
OVERPAID_CENTS = 2_000
CARDS_AT_ONCE, SLIP_CHECKS_MAX = 4, 80
"""A slip of more checks than the bank side looks at together would not be matched by itself."""
TRIES = 60
AGAIN_SECONDS = 0.5
SECRET_TRIES, SECRET_SECONDS = 600, 0.1

Token = Callable[[str], str]


class Checks(NamedTuple):
    """What one deposit slip takes to the bank."""

    tenant: str
    slip: str
    cents: int


class Overpaid(NamedTuple):
    """A card payment that was more than was owed, to be given back."""

    tenant: str
    account_id: str
    payment_id: str


@dataclass(slots=True)
class Drawer:
    """The front desk's till of one client on one day."""

    taken_cents: int = 0
    opening: asyncio.Lock = field(default_factory=asyncio.Lock)
    is_open: bool = False


class Client:
    """Asks as any client does: a service that is restarting is asked again, and the Idempotency-Key makes that safe."""

    def __init__(self, http: httpx.AsyncClient, token: Token) -> None:
        self._http, self._token = http, token

    async def ask(
        self, method: str, url: str, tenant: str = "", role: str = "", key: str = "", body: object = None
    ) -> httpx.Response:
        headers = {"authorization": f"Bearer {self._token(f'{tenant}/{role}')}"} if role else {}
        headers |= {"idempotency-key": key} if key else {}
        for attempt in range(TRIES):
            try:
                answer = await self._http.request(method, url, json=body, headers=headers)
            except httpx.TransportError:
                if attempt == TRIES - 1:
                    raise
            else:
                if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                    return answer
            await asyncio.sleep(AGAIN_SECONDS)
        raise RefusalError(f"{url} did not answer in {TRIES} tries")


class CashDesk:
    """Opens the clients' bank accounts, and does with money what guarantors and staff do."""

    def __init__(self, client: Client, payments_url: str, sandbox_url: str) -> None:
        self._client, self._payments, self._sandbox = client, payments_url, sandbox_url
        self._cards = asyncio.Semaphore(CARDS_AT_ONCE)
        self._checks: dict[str, list[int]] = defaultdict(list)
        self._drawers: dict[str, Drawer] = defaultdict(Drawer)
        self._overpaid: list[Overpaid] = []
        self.refused = 0

    async def open_accounts(self, tenants: Sequence[str]) -> None:
        """Each client's account at the sandbox's bank, known to payments by its numbers."""
        for tenant in tenants:
            opened = await self._client.ask("POST", f"{self._sandbox}/bank/{tenant}/account")
            body = {"name": "Operating", **self._said(opened)}
            url = f"{self._payments}/bank/accounts"
            self._said(await self._client.ask("POST", url, tenant, "poster", f"demo-bank-{tenant}", body))

    async def pay(self, tenant: str, account_id: str, what: str, cents: int, today: date) -> None:
        """By card at the processor's page, over the counter, or by a check in the mail: the guarantor's habit."""
        habit = chance(account_id, "card")
        if habit < CARD_PERCENT:
            async with self._cards:
                await self._pay_by_card(tenant, account_id, what, cents)
        elif habit < CARD_PERCENT + CASH_PERCENT:
            await self._pay_over_the_counter(tenant, account_id, what, cents, today)
        else:
            await self._pay_by_check(tenant, account_id, what, cents, today)

    async def close_the_day(self, today: date) -> None:
        """Count the tills, and take the day's checks and bags to the bank."""
        for tenant, cents in self._checks.items():
            for start in range(0, len(cents), SLIP_CHECKS_MAX):
                body = {"slip": slip_of(today, start), "cents": sum(cents[start : start + SLIP_CHECKS_MAX])}
                self._said(await self._client.ask("POST", f"{self._sandbox}/bank/{tenant}/deposits", body=body))
        self._checks.clear()
        for tenant, drawer in self._drawers.items():
            await self._count(tenant, drawer, today)
        self._drawers.clear()

    async def refund(self) -> int:
        """Ask for what guarantors paid too much, back to their cards; how many."""
        asked, self._overpaid = self._overpaid, []
        for one in asked:
            body = {
                "account_id": one.account_id,
                "party": "patient",
                "method": "card",
                "payment_id": one.payment_id,
                "refunded_cents": OVERPAID_CENTS,
                "reason": "paid more than was owed",
            }
            key = f"demo-refund-{one.payment_id}"
            self._said(await self._client.ask("POST", f"{self._payments}/refunds", one.tenant, "poster", key, body))
        return len(asked)

    async def _pay_over_the_counter(self, tenant: str, account_id: str, what: str, cents: int, today: date) -> None:
        drawer, till = self._drawers[tenant], f"{self._payments}/tills/front"
        async with drawer.opening:
            if not drawer.is_open:
                shift = {"float_cents": FLOAT_CENTS}
                opened = await self._client.ask("POST", f"{till}/open", tenant, "poster", f"demo-till-{today}", shift)
                self._said(opened)
                drawer.is_open = True
        body = {"account_id": account_id, "paid_cents": cents, "method": "cash"}
        key = f"demo-{what}-{account_id}"
        self._said(await self._client.ask("POST", f"{till}/payments", tenant, "poster", key, body))
        drawer.taken_cents += cents

    async def _count(self, tenant: str, drawer: Drawer, today: date) -> None:
        """Close the shift by what was counted, which now and then is less, and take the bag to the bank."""
        is_short = chance(f"{tenant}/{today}", "short") < SHORT_PERCENT and drawer.taken_cents > SHORT_CENTS
        bag_cents = drawer.taken_cents - SHORT_CENTS * is_short
        slip, key = f"TILL-{today:%Y%m%d}", f"demo-count-{today}"
        body = {"counted_cash_cents": FLOAT_CENTS + bag_cents, "counted_check_cents": 0, "slip": slip}
        url = f"{self._payments}/tills/front/close"
        self._said(await self._client.ask("POST", url, tenant, "poster", key, body))
        deposit = {"slip": slip, "cents": bag_cents}
        self._said(await self._client.ask("POST", f"{self._sandbox}/bank/{tenant}/deposits", body=deposit))

    async def _pay_by_check(self, tenant: str, account_id: str, what: str, cents: int, today: date) -> None:
        checks = self._checks[tenant]
        slip = slip_of(today, len(checks) // SLIP_CHECKS_MAX * SLIP_CHECKS_MAX)
        checks.append(cents)
        body = {"account_id": account_id, "paid_cents": cents, "method": "check", "deposit_slip": slip}
        key = f"demo-{what}-{account_id}"
        self._said(await self._client.ask("POST", f"{self._payments}/payments", tenant, "poster", key, body))

    async def _pay_by_card(self, tenant: str, account_id: str, what: str, cents: int) -> None:
        """An intent, its secret, and the page of the processor; a declined card is followed by one that works."""
        overpays = what == "full" and chance(account_id, "overpaid") < OVERPAID_PERCENT
        asked_cents = cents + OVERPAID_CENTS * overpays
        body = {"account_id": account_id, "asked_cents": asked_cents, "method": "card"}
        url, key = f"{self._payments}/payment-intents", f"demo-{what}-{account_id}"
        made = self._said(await self._client.ask("POST", url, tenant, "poster", key, body))
        if not made:
            return
        path = f"{url}/{made['intent_id']}"
        secret = await self._secret(f"{path}/client-secret", tenant)
        processor_id = self._said(await self._client.ask("GET", path, tenant, "poster"))["processor_id"]
        page = f"{self._sandbox}/processor/v1/payment_intents/{processor_id}/confirm"
        tokens = (
            ("pm_card_declined", "pm_card_ok") if chance(account_id, "declined") < DECLINED_PERCENT else ("pm_card_ok",)
        )
        for token in tokens:
            body = {"client_secret": secret, "payment_method": token}
            self._said(await self._client.ask("POST", page, body=body))
        if chance(account_id, "disputed") < DISPUTED_PERCENT:
            body = {"cents": asked_cents, "code": "10.4"}
            bank = f"{self._sandbox}/processor/bank/{processor_id}/dispute"
            self._said(await self._client.ask("POST", bank, body=body))
        elif overpays:
            self._overpaid.append(Overpaid(tenant, account_id, f"pay_{made['intent_id']}"))

    async def _secret(self, url: str, tenant: str) -> str:
        """The secret for the guarantor's browser, as soon as the processor has given it."""
        for _ in range(SECRET_TRIES):
            answer = await self._client.ask("GET", url, tenant, "poster")
            if answer.status_code != HTTPStatus.CONFLICT:
                return str(self._said(answer)["client_secret"])
            await asyncio.sleep(SECRET_SECONDS)
        raise RefusalError(f"{url}: the processor gave no secret in {SECRET_TRIES} tries")

    def _said(self, answer: httpx.Response) -> Mapping[str, Any]:
        """What was answered; a refusal is counted, and what it was about goes no further."""
        self.refused += not answer.is_success
        said: Mapping[str, Any] = answer.json() if answer.is_success else {}
        return said


def chance(account_id: str, what: str) -> int:
    """0 to 99, the same for the same account and question."""
    return int.from_bytes(hashlib.sha256(f"{account_id}/{what}".encode()).digest()[:4]) % 100


def slip_of(today: date, start: int) -> str:
    return f"{today:%Y%m%d}-{start}"
