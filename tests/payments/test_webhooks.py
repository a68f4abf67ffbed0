"""What a processor tells is signed, ours and once, or it moves nothing; whatever comes in whatever order pays once."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payments.core.card_payment import CARD_PAYMENT, CardMessage
from services.payments.core.card_payment_messages import PaymentBooked, RequestCardPayment
from services.payments.core.cash import CashAccount, cash_balances
from services.payments.processor import (
    SignatureRefusedError,
    check_signature,
    read_accounts,
    secret_of,
    signature,
)
from services.payments.webhooks import read_event, told
from shared.contracts import Meta
from shared.decider import Effect
from tests.payments.card_house import COMMON, INTENT, Till, body_of
from tests.payments.cashier import make_cashier
from tests.payments.kit import PROPERTY, meta
from tests.payments.world import TENANT


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
