"""The cash side of payments in the simulation: real deciders and performers, and a card processor that is simulated."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from services.payments.cash_parts import cash_parts
from services.payments.cash_proof import CashProof, add_up, differences, judged
from services.payments.core.account import AccountDecider
from services.payments.core.card_payment import CARD_PAYMENT
from services.payments.core.deposit import Deposit
from services.payments.core.deposit_messages import RecordDeposit
from services.payments.core.entered_payment import ENTERED_PAYMENT, EnterPayment, ReturnCheck
from services.payments.core.ledger import Totals
from services.payments.core.refund_messages import AskRefund
from services.payments.processor import Intent
from shared.contracts import RemittanceParked, RemittanceReceived
from shared.decider import Decider, Due, Effect
from shared.inbox import join_routes, route
from shared.runtime import Runtime
from shared.store.port import Key
from shared.worker import Performer
from tests.simulation.money import CashMessage
from tests.simulation.service import Service

PARTS = cash_parts()
CASH_DECIDERS = (PARTS.deposit, PARTS.expected, CARD_PAYMENT, PARTS.refund, ENTERED_PAYMENT)
CASH_KINDS = frozenset(decider.kind for decider in CASH_DECIDERS)
CASH_ROUTES = join_routes(route(PARTS.expected, RemittanceReceived, RemittanceParked, Due), route(PARTS.deposit, Due))


class SimulatedProcessor:
    """Knows our ids, as processors do by idempotency keys; it may have done what it never answered."""

    def __init__(self, busy: Callable[[], Awaitable[None]]) -> None:
        self._busy = busy
        self.refunds: dict[tuple[str, str], int] = {}

    async def create_intent(self, tenant: str, intent_id: str, cents: int, method: str, account_id: str) -> Intent:
        await self._busy()
        return Intent(f"pi_{intent_id}", f"secret of {tenant} {account_id} {method} {cents}")

    async def charge_stored(
        self, tenant: str, intent_id: str, cents: int, method: str, account_id: str, token: str
    ) -> Intent:
        await self._busy()
        return Intent(f"pi_{intent_id}", f"secret of {tenant} {account_id} {method} {cents} {token}")

    async def create_refund(self, tenant: str, refund_id: str, processor_id: str, cents: int) -> str:
        sent_cents = self.refunds.setdefault((tenant, refund_id), cents)
        assert sent_cents == cents, f"refund {refund_id} of {processor_id}: one id, two amounts"
        await self._busy()
        return f"re_{refund_id}"


def cash_performers(
    runtime: Runtime, account: AccountDecider, processor: SimulatedProcessor
) -> Mapping[str, Mapping[type[Effect], Performer]]:
    made = PARTS.performers(runtime, account, processor)
    return {kind: performers for kind, performers in made.items() if kind in CASH_KINDS}


def decider_of(message: CashMessage) -> Decider[Any, Any, Any]:
    """Who is told of it."""
    match message:
        case EnterPayment() | ReturnCheck():
            return ENTERED_PAYMENT
        case AskRefund():
            return PARTS.refund
        case RecordDeposit():
            return PARTS.deposit
        case _:
            return CARD_PAYMENT


def check_cash(payments: Service, totals: Mapping[Key, Totals], processor: SimulatedProcessor) -> None:
    """Every cent of the cash book is what its entries, the other side, the bank, the processor and the ledger say."""
    for tenant in sorted({key.tenant for decider in CASH_DECIDERS for key in payments.store.states(decider)}):
        proof = CashProof()
        for decider in CASH_DECIDERS:
            for key, state in payments.store.states(decider).items():
                if key.tenant == tenant:
                    facts = facts_of(payments, decider, key)
                    proof.add(list(judged(state, facts)))
                    add_up(proof, state, facts)
        received_cents = sum(one.received_cents for key, one in totals.items() if key.tenant == tenant)
        proof.add(differences(proof, received_cents))
        assert proof.proved, f"{tenant}: the cash book: {proof.discrepancies}"
    _nothing_is_open(payments)
    _refunds_went_out_once(payments, processor)


def facts_of(payments: Service, decider: Decider[Any, Any, Any], key: Key) -> list[Any]:
    lines = payments.store.lines.get((decider.kind, key), {})
    return [decider.fact_codec.validate_json(lines[number]["fact"]) for number in sorted(lines)]


def _nothing_is_open(payments: Service) -> None:
    """Every deposit met its remittance, and every card payment is on its account."""
    for key, state in payments.store.states(PARTS.deposit).items():
        assert isinstance(state, Deposit), "what is a deposit"
        assert (state.status, len(state.parts)) == ("matched", 1), f"deposit {key}: {state.status}, {state.parts}"
    for key, card in payments.store.states(CARD_PAYMENT).items():
        assert card.posted, f"card payment {key}: it is not on its account"
        assert not card.odd, f"card payment {key}: {card.odd}"


def _refunds_went_out_once(payments: Service, processor: SimulatedProcessor) -> None:
    """What the processor sent back is what was issued to cards, each once."""
    refunds = payments.store.states(PARTS.refund)
    issued = {(key.tenant, key.id): one.cents for key, one in refunds.items() if one.status == "issued"}
    by_card = {name for name in issued if refunds[Key(*name)].method == "card"}
    sent = {name: cents for name, cents in issued.items() if name in by_card}
    assert processor.refunds == sent, f"refunds sent {processor.refunds}, issued {sent}"
    left = {one.status for one in refunds.values()}
    assert left <= {"issued", "refused"}, f"refunds are left {left}"
