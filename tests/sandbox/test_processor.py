"""The emulated card processor: each key once, tokens, disputes, payouts that add up, webhooks until they are taken."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from sandbox.processor import RefusedError, SandboxProcessor
from sandbox.processor_api import Courier
from shared.clock import SystemClock
from shared.log import configure_logs

NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)
FORM = {"amount": "5000", "currency": "usd", "metadata[intent_id]": "i1", "metadata[tenant]": "lakeside"}


@pytest.fixture
def processor(tmp_path: Path) -> SandboxProcessor:
    secrets = tmp_path / "processor.toml"
    secrets.write_text('["*"]\napi_key = "sk_of_the_sandbox_00"\nwebhook_secrets = ["common"]\n')
    return SandboxProcessor(tmp_path / "state", secrets, 2026)


def paid(processor: SandboxProcessor, token: str = "pm_card_ok") -> dict[str, object]:
    intent = processor.create_intent(FORM, "k1", NOW)
    return processor.confirm(intent["id"], intent["client_secret"], token, NOW)


def test_a_key_is_used_for_one_request(processor: SandboxProcessor) -> None:
    assert processor.create_intent(FORM, "k1", NOW) == processor.create_intent(FORM, "k1", NOW)
    with pytest.raises(RefusedError, match="idempotency_key_in_use"):
        processor.create_intent({**FORM, "amount": "1"}, "k1", NOW)
    with pytest.raises(RefusedError, match="invalid_api_key"):
        processor.authorize("Bearer x")


def test_nothing_is_paid_without_the_secret_or_refunded_above_what_is_left(processor: SandboxProcessor) -> None:
    intent = processor.create_intent(FORM, "k1", NOW)
    with pytest.raises(RefusedError, match="client_secret_invalid"):
        processor.confirm(intent["id"], "guess", "pm_card_ok", NOW)
    paid(processor)
    refund = {"payment_intent": intent["id"], "amount": "3000", "metadata[refund_id]": "r"}
    processor.create_refund(refund, "k2", NOW)
    with pytest.raises(RefusedError, match="charge_already_refunded"):
        processor.create_refund(refund, "k3", NOW)


def test_a_payout_is_what_came_in_less_fees_and_disputes(processor: SandboxProcessor) -> None:
    intent = paid(processor)
    processor.dispute(str(intent["id"]), 1_000, "10.4", NOW)
    assert processor.tick(NOW + timedelta(1)) == 0
    assert processor.tick(NOW + timedelta(2)) == 1
    assert processor.tick(NOW + timedelta(3)) == 0
    events = {json.loads(one.body)["id"]: json.loads(one.body) for one in processor.outgoing()}
    [payout] = [one["data"]["object"] for one in events.values() if one["type"] == "payout.paid"]
    assert (
        payout["amount"] == sum(line["net"] for line in payout["balance_transactions"]) == 5_000 - 175 - 1_000 - 1_500
    )


async def test_webhooks_go_out_until_they_are_taken(processor: SandboxProcessor) -> None:
    paid(processor)
    answers = iter([503, *[200] * 10])
    seen: list[str] = []

    def receive(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        assert request.headers["Stripe-Signature"].startswith("t=")
        return httpx.Response(next(answers))

    courier = Courier(processor, SystemClock(), "http://payments", configure_logs("test", "ERROR"))
    async with httpx.AsyncClient(transport=httpx.MockTransport(receive)) as client:
        while processor.waiting():
            await courier.deliver(client)
    assert set(seen) == {"http://payments/webhooks/processor/lakeside"}
    assert len(seen) >= 2


def test_a_payout_is_due_two_days_after_its_money_and_until_it_is_made(processor: SandboxProcessor) -> None:
    paid(processor)
    due = NOW + timedelta(2)
    assert (processor.next_due_at(), processor.is_busy(NOW), processor.is_busy(due)) == (due, False, True)
    processor.tick(due)
    assert (processor.next_due_at(), processor.is_busy(due)) == (None, False)
    [payout] = processor.payouts()
    assert payout["amount"] == 5_000 - 175
