"""A house with the emulated card processor beside it, its webhooks delivered as late and as often as a test wants."""

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.processor import RefusedError, SandboxProcessor
from services.payments.processor import Intent, ProcessorRefusedError, intent_form
from services.payments.settings import PaymentsSettings
from tests.payments.cashier import Cashier, make_cashier
from tests.payments.world import TENANT, make_settings

COMMON = "a webhook secret of the sandbox, shared"
CHARGE = {
    "account_id": "acct_1",
    "charge_cents": 5_000,
    "description_code": "99213",
    "service_date": "2026-06-20",
    "guarantor": {"name": "Ann Canary"},
}
INTENT = {"account_id": "acct_1", "asked_cents": 5_000, "method": "card"}


class InProcess:
    """The port on the emulated processor in this process."""

    def __init__(self, processor: SandboxProcessor, cashier: Cashier) -> None:
        self.processor, self.cashier = processor, cashier

    async def create_intent(self, tenant: str, intent_id: str, cents: int, method: str, account_id: str) -> Intent:
        form = intent_form(tenant, intent_id, cents, method, account_id)
        made = self._asked(lambda: self.processor.create_intent(form, f"i{intent_id}", self.cashier.clock.now()))
        return Intent(made["id"], made["client_secret"])

    async def charge_stored(
        self, tenant: str, intent_id: str, cents: int, method: str, account_id: str, token: str
    ) -> Intent:
        form = intent_form(tenant, intent_id, cents, method, account_id)
        form |= {"payment_method": token, "confirm": "true", "off_session": "true"}
        made = self._asked(lambda: self.processor.create_intent(form, f"i{intent_id}", self.cashier.clock.now()))
        return Intent(made["id"], made["client_secret"])

    async def create_refund(self, tenant: str, refund_id: str, processor_id: str, cents: int) -> str:
        form = {
            "payment_intent": processor_id,
            "amount": str(cents),
            "metadata[refund_id]": refund_id,
            "metadata[tenant]": tenant,
        }
        made = self._asked(lambda: self.processor.create_refund(form, f"r{refund_id}", self.cashier.clock.now()))
        return str(made["id"])

    def _asked(self, ask: Any) -> Mapping[str, Any]:
        try:
            made: Mapping[str, Any] = ask()
        except RefusedError as error:
            raise ProcessorRefusedError(error.code) from None
        return made


class Till:
    """A house with the emulated processor beside it."""

    def __init__(self, root: Path) -> None:
        secrets = root / "processor.toml"
        secrets.write_text(f'["*"]\napi_key = "sk_of_the_sandbox_00"\nwebhook_secrets = ["{COMMON}"]\n')
        self.cashier = make_cashier(root, settings_of(root, secrets))
        self.processor = SandboxProcessor(root / "sandbox", secrets, 2026)
        self.cashier.use_processor(InProcess(self.processor, self.cashier))

    async def pay(self, token: str = "pm_card_ok", **changes: Any) -> dict[str, Any]:
        """A guarantor pays in the browser; the intent as the service shows it, its webhooks still on their way."""
        made = await self.cashier.made("/payment-intents", {**INTENT, **changes})
        intent = await self.cashier.get(f"/payment-intents/{made['intent_id']}")
        path = f"/payment-intents/{made['intent_id']}/client-secret"
        secret = (await self.cashier.get(path, "poster"))["client_secret"]
        self.processor.confirm(intent["processor_id"], secret, token, self.cashier.clock.now())
        return dict(intent)

    async def deliver(self, times: int = 1, shuffle: int | None = None) -> None:
        """Every webhook that waits, as often and in the order the test wants."""
        waiting = self.processor.outgoing(1000) * times
        if shuffle is not None:
            random.Random(shuffle).shuffle(waiting)
        for one in waiting:
            at = int(self.cashier.world.runtime.wall().timestamp())
            headers = {"Stripe-Signature": self.processor.signed(one, at)}
            answer = await self.cashier.raw("POST", f"/webhooks/processor/{one.tenant}", one.body, headers)
            assert answer.json() == {"status": "taken"}
            self.processor.delivered(one.id, taken=True)
        await self.cashier.settle()

    async def shown(self, intent: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = await self.cashier.get(f"/payment-intents/{intent['intent_id']}")
        return found

    async def owed(self) -> int:
        return int((await self.cashier.get("/accounts/acct_1"))["balance_cents"])


def settings_of(root: Path, secrets: Path) -> PaymentsSettings:
    return make_settings(root, processor_file=secrets, sandbox_url="http://sandbox")


def body_of(**changes: Any) -> bytes:
    intent = {
        "id": "pi_1",
        "amount_received": 5_000,
        "currency": "usd",
        "metadata": {"intent_id": "i1", "tenant": TENANT},
    }
    intent |= changes.pop("object", {})
    event = {"id": "evt_1", "type": "payment_intent.succeeded", "created": 1_780_000_000, "data": {"object": intent}}
    return json.dumps(event | changes).encode()
