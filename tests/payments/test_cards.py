"""Card and bank payments from intent to bank deposit, on the emulated processor: webhooks late, twice, out of order."""

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.processor import RefusedError, SandboxProcessor
from services.payments.core.card_payment import CARD_PAYMENT, CardMessage
from services.payments.core.card_payment_messages import PaymentBooked, RequestCardPayment
from services.payments.core.cash import CashAccount, cash_balances
from services.payments.processor import (
    Intent,
    ProcessorRefusedError,
    SignatureRefusedError,
    check_signature,
    read_accounts,
    secret_of,
    signature,
)
from services.payments.settings import PaymentsSettings
from services.payments.webhooks import read_event, told
from shared.contracts import Meta
from shared.decider import Effect
from tests.payments.bank_files import ACCOUNT, ROUTING
from tests.payments.cashier import Cashier, make_cashier
from tests.payments.kit import PROPERTY, meta
from tests.payments.world import ISSUER, TENANT

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
        form = {
            "amount": str(cents),
            "currency": "usd",
            "payment_method_types[]": "us_bank_account" if method == "ach" else "card",
            "metadata[intent_id]": intent_id,
            "metadata[tenant]": tenant,
        }
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
    return PaymentsSettings(
        env="development",
        kafka="unused:9092",
        mongo="unused",
        jwks_file=root / "jwks.json",
        issuer=ISSUER,
        master_key_file=root / "master",
        pseudonym_key_file=root / "pseudonym",
        exchange=root / "exchange",
        processor_file=secrets,
        sandbox_url="http://sandbox",
    )


@pytest.fixture
async def till(tmp_path: Path) -> Till:
    made = Till(tmp_path)
    await made.cashier.made("/charges", CHARGE)
    return made


async def test_case_49_a_double_click_pays_once_and_replayed_webhooks_create_one_payment(till: Till) -> None:
    clicks = [await till.cashier.made("/payment-intents", INTENT, key="click") for _ in range(2)]
    assert len({one["intent_id"] for one in clicks}) == 1
    path = f"/payment-intents/{clicks[0]['intent_id']}"
    secret = (await till.cashier.get(f"{path}/client-secret"))["client_secret"]
    processor_id = (await till.cashier.get(path))["processor_id"]
    for _ in range(2):
        till.processor.confirm(processor_id, secret, "pm_card_ok", till.cashier.clock.now())
    await till.deliver(times=3, shuffle=7)
    assert till.cashier.world.counted()["PatientPaymentReceived"] == 1
    assert await till.owed() == 0
    assert await till.cashier.proof() == {"processor": 4_825, "processor_fees": 175, "patient_money": -5_000}


async def test_a_declined_card_moves_nothing_and_another_one_pays(till: Till) -> None:
    intent = await till.pay("pm_card_declined")
    await till.deliver()
    assert ((await till.shown(intent))["status"], (await till.shown(intent))["failure"]) == ("failed", "card_declined")
    secret = (await till.cashier.get(f"/payment-intents/{intent['intent_id']}/client-secret"))["client_secret"]
    till.processor.confirm(intent["processor_id"], secret, "pm_card_ok", till.cashier.clock.now())
    await till.deliver()
    assert ((await till.shown(intent))["status"], await till.owed()) == ("paid", 0)


async def test_a_bank_debit_is_money_only_when_it_arrived_and_may_still_come_back(till: Till) -> None:
    intent = await till.pay("pm_bank_late_r10", method="ach")
    await till.deliver()
    assert ((await till.shown(intent))["status"], await till.owed()) == ("pending", 5_000)
    for days, status, owed in ((3, "paid", 0), (3, "charged_back", 5_000)):
        await till.cashier.days(days)
        till.processor.tick(till.cashier.clock.now())
        await till.deliver(times=2)
        assert ((await till.shown(intent))["status"], await till.owed()) == (status, owed)
    assert (await till.shown(intent))["disputes"][0]["code"] == "R10"
    balances = await till.cashier.proof()
    assert balances.get("patient_money", 0) == 0


async def test_a_debit_returned_before_it_arrived_was_never_money(till: Till) -> None:
    intent = await till.pay("pm_bank_r01", method="ach")
    await till.cashier.days(3)
    till.processor.tick(till.cashier.clock.now())
    await till.deliver(shuffle=1)
    assert ((await till.shown(intent))["failure"], await till.owed()) == ("R01", 5_000)
    assert await till.cashier.proof() == {}


@pytest.mark.parametrize(("outcome", "owed"), [("won", 0), ("lost", 5_000)])
async def test_a_chargeback_is_won_or_lost(till: Till, outcome: Any, owed: int) -> None:
    intent = await till.pay()
    await till.deliver()
    dispute = till.processor.dispute(intent["processor_id"], 5_000, "10.4", till.cashier.clock.now())
    await till.deliver()
    assert ((await till.shown(intent))["status"], await till.owed()) == ("disputed", 5_000)
    till.processor.decide_dispute(dispute["id"], outcome, till.cashier.clock.now())
    await till.deliver(times=2)
    assert await till.owed() == owed
    await till.cashier.proof()


async def test_everything_at_once_and_backwards_comes_to_the_same(till: Till) -> None:
    intent = await till.pay()
    dispute = till.processor.dispute(intent["processor_id"], 2_000, "10.4", till.cashier.clock.now())
    till.processor.decide_dispute(dispute["id"], "lost", till.cashier.clock.now())
    await till.deliver(times=2, shuffle=3)
    assert ((await till.shown(intent))["status"], await till.owed()) == ("charged_back", 2_000)
    assert (await till.cashier.proof())["patient_money"] == -3_000


async def test_refunds_in_part_and_whole_go_back_to_the_card_and_never_above_what_is_free(till: Till) -> None:
    intent = await till.pay(asked_cents=8_000)
    await till.deliver()
    payment = f"pay_{intent['intent_id']}"
    refund = {
        "account_id": "acct_1",
        "party": "patient",
        "method": "card",
        "payment_id": payment,
        "reason": "paid twice",
    }
    first = await till.cashier.made("/refunds", {**refund, "refunded_cents": 1_000}, key="r1")
    again = await till.cashier.made("/refunds", {**refund, "refunded_cents": 1_000}, key="r1")
    assert first["refund_id"] == again["refund_id"]
    await till.cashier.made("/refunds", {**refund, "refunded_cents": 2_000})
    too_much = await till.cashier.made("/refunds", {**refund, "refunded_cents": 1})
    assert "0 that are available" in (await till.cashier.get(f"/refunds/{too_much['refund_id']}"))["failure"]
    await till.deliver(times=2)
    shown = await till.cashier.get(f"/refunds/{first['refund_id']}")
    assert (shown["status"], await till.owed()) == ("cleared", 0)
    assert till.cashier.world.counted()["RefundIssued"] == 2
    assert (await till.cashier.proof())["patient_money"] == -5_000


async def test_a_chargeback_after_a_refund_takes_what_is_there_and_the_rest_is_seen(till: Till) -> None:
    intent = await till.pay(asked_cents=6_000)
    await till.deliver()
    refund = {"account_id": "acct_1", "party": "patient", "method": "card", "reason": "paid too much"}
    await till.cashier.made("/refunds", {**refund, "payment_id": f"pay_{intent['intent_id']}", "refunded_cents": 1_000})
    till.processor.dispute(intent["processor_id"], 6_000, "10.4", till.cashier.clock.now())
    await till.deliver()
    assert await till.owed() == 5_000
    [odd] = await till.cashier.get("/payment-intents?odd=true")
    assert "less could be taken back" in odd["odd"][0]
    await till.cashier.proof()


async def test_a_payout_with_fees_meets_its_deposit_and_the_processor_owes_nothing(till: Till) -> None:
    await till.pay()
    await till.deliver()
    await till.cashier.days(2)
    assert till.processor.tick(till.cashier.clock.now()) == 1
    await till.deliver(times=2)
    account = {"name": "Operating", "routing_number": ROUTING, "account_number": ACCOUNT}
    account_id = (await till.cashier.made("/bank/accounts", account))["bank_account_id"]
    [payout] = await till.cashier.get("/payouts")
    deposit = {
        "bank_account_id": account_id,
        "deposited_cents": payout["payout_cents"],
        "deposited_on": till.cashier.clock.at.date().isoformat(),
        "trace": payout["trace"],
        "bank_reference": "B1",
    }
    await till.cashier.made("/bank/deposits", deposit)
    shown = await till.cashier.get(f"/payouts/{payout['payout_id']}")
    assert (shown["bank"], shown["fee_cents"], shown["lines"][0]["net_cents"]) == ("received", 175, 4_825)
    assert await till.cashier.proof() == {"bank": 4_825, "processor_fees": 175, "patient_money": -5_000}


async def test_whoever_holds_the_link_pays_several_bills_once(till: Till) -> None:
    cashier = till.cashier
    await cashier.made("/charges", CHARGE | {"charge_cents": 2_500})
    link = (await cashier.made("/payment-requests", {"account_id": "acct_1"}))["link"]
    for key in ("a", "a", "b"):
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        answer = await cashier.raw("POST", link, b'{"method": "card"}', headers)
        assert (answer.status_code, answer.json()["asked_cents"]) == (202, 7_500)
        await cashier.settle()
    secret = (await cashier.raw("GET", f"{link}/client-secret")).json()["client_secret"]
    [intent] = await cashier.get("/payment-intents")
    till.processor.confirm(intent["processor_id"], secret, "pm_card_ok", cashier.clock.now())
    await till.deliver(times=2)
    assert (await till.owed(), (await cashier.raw("GET", link)).json()["paid_cents"]) == (0, 7_500)
    await cashier.proof()


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


@pytest.mark.parametrize("how", ["another secret", "another tenant's", "changed", "old", "future", "none", "garbage"])
async def test_a_webhook_that_was_not_signed_just_now_for_this_client_is_refused(till: Till, how: str) -> None:
    intent = await till.pay()
    [one, *_] = till.processor.outgoing()
    at = int(till.cashier.world.runtime.wall().timestamp())
    secret, body = secret_of(COMMON, TENANT), one.body
    sent = at + {"old": -400, "future": 400}.get(how, 0)
    key = {"another secret": "whsec_x", "another tenant's": secret_of(COMMON, "northgate")}.get(how, secret)
    header = {"none": "", "garbage": "t=x,v1=y"}.get(how, f"t={sent},v1={signature(key, sent, body)}")
    body = body.replace(b"5000", b"9000") if how == "changed" else body
    answer = await till.cashier.raw("POST", f"/webhooks/processor/{TENANT}", body, {"Stripe-Signature": header})
    assert answer.status_code == 400
    assert ((await till.shown(intent))["status"], await till.cashier.proof()) == ("waiting", {})


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{}", "kept"),
        (b"not json", "kept"),
        (body_of(object={"metadata": {}}), "kept"),
        (body_of(object={"metadata": {"intent_id": "i1", "tenant": "northgate"}}), "kept"),
        (body_of(object={"metadata": {"intent_id": "../x", "tenant": TENANT}}), "kept"),
        (body_of(object={"amount_received": -5}), "kept"),
        (body_of(object={"amount_received": 1.5}), "kept"),
        (body_of(), "kept"),
        (body_of(type="customer.created"), "passed_over"),
    ],
)
async def test_what_is_signed_and_cannot_be_used_is_kept_and_moves_nothing(
    till: Till, body: bytes, status: str
) -> None:
    at = int(till.cashier.world.runtime.wall().timestamp())
    header = f"t={at},v1=00,v1={signature(secret_of(COMMON, TENANT), at, body)}"
    answer = await till.cashier.raw("POST", f"/webhooks/processor/{TENANT}", body, {"Stripe-Signature": header})
    assert (answer.status_code, answer.json()["status"]) == (200, status)
    kept = await till.cashier.world.store.notes("quarantine", TENANT, None, 10)
    assert len(kept) == (status == "kept")
    assert await till.cashier.proof() == {}


@pytest.mark.parametrize("wrong", [{"currency": "eur"}, {"amount_received": 5_001}, {"id": "pi_other"}])
async def test_money_nobody_asked_for_is_kept_for_a_person(till: Till, wrong: dict[str, Any]) -> None:
    made = await till.cashier.made("/payment-intents", INTENT)
    intent = await till.cashier.get(f"/payment-intents/{made['intent_id']}")
    about = {"id": intent["processor_id"], "metadata": {"intent_id": intent["intent_id"], "tenant": TENANT}} | wrong
    body, at = body_of(object=about), int(till.cashier.world.runtime.wall().timestamp())
    header = f"t={at},v1={signature(secret_of(COMMON, TENANT), at, body)}"
    await till.cashier.raw("POST", f"/webhooks/processor/{TENANT}", body, {"Stripe-Signature": header})
    await till.cashier.settle()
    assert [one["intent_id"] for one in await till.cashier.get("/payment-intents?odd=true")] == [intent["intent_id"]]
    assert (await till.owed(), await till.cashier.proof()) == (5_000, {})


async def test_without_an_account_at_the_processor_no_card_is_taken(tmp_path: Path) -> None:
    cashier = make_cashier(tmp_path)
    assert (await cashier.post("/payment-intents", INTENT)).status_code == 409


def test_an_account_for_everybody_is_refused_in_production(tmp_path: Path) -> None:
    file = tmp_path / "processor.toml"
    file.write_text('["*"]\napi_key = "sk_of_the_sandbox_00"\nwebhook_secrets = ["x"]\n')
    with pytest.raises(ValueError, match="name each tenant"):
        read_accounts(file, "http://sandbox", production=True)


def test_a_secret_being_replaced_still_counts() -> None:
    header = f"t=1000,v1={signature('new', 1000, b'x')}"
    check_signature(header, b"x", ("old", "new"), 1010)
    with pytest.raises(SignatureRefusedError):
        check_signature(header, b"x", ("old",), 1010)


async def test_the_secret_of_the_browser_lies_sealed(till: Till) -> None:
    intent = await till.pay()
    secret = (await till.cashier.get(f"/payment-intents/{intent['intent_id']}/client-secret"))["client_secret"]
    everything = (
        b"".join(one.value for one in till.cashier.world.bus.records) + repr(vars(till.cashier.world.store)).encode()
    )
    assert intent["intent_id"].encode() in everything
    assert secret.encode() not in everything


REQUEST = RequestCardPayment(
    meta=meta("request"), intent_id="i1", account_id="acct_1", method="card", asked_cents=5_000
)


def news(kind: str, number: int, **about: Any) -> CardMessage:
    """News as a webhook brings it."""
    dispute = {"payment_intent": "pi_1", "amount": 2_000, "status": about.pop("status", ""), "id": "dp_1"}
    changes = {"id": f"evt_{number}", "type": kind, "created": 1_780_000_000 + number}
    body = body_of(object=dispute if "dispute" in kind else about, **changes)
    said = told(read_event(body), TENANT, envelope(number)).news
    assert said is not None
    return said  # type: ignore[return-value] # pyright: ignore[reportReturnType] - of an intent


def envelope(number: int) -> Meta:
    return meta(f"webhook {number}").model_copy(update={"tenant": TENANT})


LIVES: tuple[tuple[CardMessage, ...], ...] = (
    (news("payment_intent.processing", 1), news("payment_intent.succeeded", 2)),
    (news("payment_intent.payment_failed", 3), news("payment_intent.succeeded", 4)),
    (
        news("payment_intent.succeeded", 5),
        news("charge.dispute.created", 6, status="needs_response"),
        news("charge.dispute.closed", 7, status="won"),
    ),
    (
        news("payment_intent.succeeded", 8),
        news("charge.dispute.created", 9, status="needs_response"),
        news("charge.dispute.updated", 10, status="needs_response"),
        news("charge.dispute.closed", 11, status="lost"),
    ),
    (news("payment_intent.processing", 12), news("payment_intent.payment_failed", 13)),
)


@PROPERTY
@given(st.sampled_from(LIVES), st.data())
def test_any_interleaving_of_webhooks_and_duplicates_makes_one_payment(
    life: tuple[CardMessage, ...], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(life), max_size=5))
    delivered = data.draw(st.permutations([*life, *again]))
    assert ending(life) == ending(delivered)


def ending(messages: Any) -> tuple[Any, ...]:
    """What remains after everything was heard and every effect performed, at any time."""
    snapshot = CARD_PAYMENT.start(REQUEST).snapshot
    facts: list[Any] = []
    effects: list[Effect] = []
    for message in [*messages, None]:
        wanted = [message] if message is not None else []
        if message is None or type(message).__name__ == "PaymentBooked":
            wanted = []
        decided = CARD_PAYMENT.run(snapshot, wanted)
        snapshot, facts, effects = decided.snapshot, [*facts, *decided.facts], [*effects, *decided.effects]
        for effect_id, pending in list(snapshot.effects.items()):
            if type(pending.effect).__name__ == "BookPayment":
                answer = PaymentBooked(
                    meta=meta(f"booked {effect_id}").model_copy(update={"causation": effect_id}), intent_id="i1"
                )
                decided = CARD_PAYMENT.run(snapshot, [answer])
                snapshot, facts, effects = decided.snapshot, [*facts, *decided.facts], [*effects, *decided.effects]
    state = snapshot.state
    assert CARD_PAYMENT.fold([*CARD_PAYMENT.start(REQUEST).facts, *facts]) == state
    kinds = sorted(type(one).__name__ for one in effects)
    assert kinds.count("BookPayment") <= 1
    assert sum(cash_balances(facts).values()) == 0
    money = cash_balances(facts).get(CashAccount.PATIENT_MONEY, 0)
    return state.status, state.received_cents, state.fee_cents, state.disputes, money, kinds, state.odd
