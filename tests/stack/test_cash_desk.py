"""What the demo's guarantors pay with arrives whole: cards at the page, checks and bags at the bank, too much back."""

import asyncio
import json
from collections import defaultdict
from datetime import date
from typing import Any

import httpx
from rich.console import Console

from revcycle.demo.cash import FLOAT_CENTS, OVERPAID_CENTS, CashDesk, Client
from revcycle.report import cash_table

TODAY = date(2026, 7, 20)


class World:
    """Services and sandbox as the desk sees them: what was asked, and the first answer of a secret is that it waits."""

    def __init__(self) -> None:
        self.asked: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.waited: set[str] = set()
        self.away = True

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if self.away:
            self.away = False
            return httpx.Response(503)
        if path.endswith("/client-secret") and path not in self.waited:
            self.waited.add(path)
            return httpx.Response(409)
        body = json.loads(request.content or b"{}")
        self.asked[
            f"{request.method} {path.replace(path.split('/')[2], '*', 1) if 'intents/' in path else path}"
        ].append(body)
        said = {"intent_id": f"int_{body.get('account_id')}", "client_secret": "s", "processor_id": "pi_1"}
        return httpx.Response(200, json=said)


async def played(world: World) -> CashDesk:
    transport = httpx.MockTransport(world.answer)
    async with httpx.AsyncClient(transport=transport) as http:
        desk = CashDesk(Client(http, lambda wanted: wanted), "http://payments", "http://sandbox")
        await desk.open_accounts(["lakeside"])
        accounts = [f"acct_{number}" for number in range(200)]
        await asyncio.gather(*(desk.pay("lakeside", one, "full", 1_000, TODAY) for one in accounts))
        await desk.close_the_day(TODAY)
        await desk.close_the_day(TODAY)
        await desk.refund()
    return desk


def test_every_cent_is_at_the_page_in_the_bag_or_on_a_slip() -> None:
    world = World()
    desk = asyncio.run(played(world))
    assert desk.refused == 0
    checks, bags = world.asked["POST /payments"], world.asked["POST /tills/front/payments"]
    cards = world.asked["POST /payment-intents"]
    assert len(checks) + len(bags) + len(cards) == 200
    assert min(len(checks), len(bags), len(cards)) > 0
    slips: dict[str, int] = defaultdict(int)
    for one in checks:
        slips[one["deposit_slip"]] += one["paid_cents"]
    brought = {one["slip"]: one["cents"] for one in world.asked["POST /bank/lakeside/deposits"]}
    bag = brought.pop(f"TILL-{TODAY:%Y%m%d}")
    assert brought == slips
    [count] = world.asked["POST /tills/front/close"]
    assert count["counted_cash_cents"] - FLOAT_CENTS == bag
    assert len(world.asked["POST /tills/front/open"]) == 1
    assert bag in {sum(one["paid_cents"] for one in bags) - short for short in (0, 500)}
    too_much = [one for one in cards if one["asked_cents"] == 1_000 + OVERPAID_CENTS]
    assert 0 < len(world.asked["POST /refunds"]) <= len(too_much)


def test_the_cash_book_is_shown_beside_the_ledger() -> None:
    summary = {"card_payments": {"count": 3, "cents": 12_300}}
    cash = {"proved": False, "summary": summary, "balances_cents": {"patient_money": -12_300, "processor": 12_300}}
    proof = {"cash": cash, "totals": {"received_cents": 12_000}}
    console = Console(record=True, width=100)
    console.print(cash_table({"lakeside": proof}))
    shown = console.export_text()
    for row in (
        "Card payments                    3  $123.00",
        "by the cash book     $123.00",
        "by the ledger        $120.00",
    ):
        assert " ".join(row.split()) in " ".join(shown.split())
    assert "NO" in shown
