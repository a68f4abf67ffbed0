"""Who performs what tills ask: the account's ledger, and the bank side."""

from collections.abc import Mapping

from services.payments.bank_performers import derived
from services.payments.core.account import AccountDecider
from services.payments.core.account_messages import PostPatientPayment
from services.payments.core.expected import ExpectedDecider, ExpectMoney
from services.payments.core.till import TILL, BagExpected, ExpectBag, PostTillPayment, TillPaymentPosted
from shared.contracts import Message
from shared.decider import Effect, Pending
from shared.runtime import Runtime
from shared.store.port import Key
from shared.worker import Performer, answer_meta


class TillPerformers:
    """Each effect may be performed again."""

    def __init__(self, runtime: Runtime, account: AccountDecider, expected: ExpectedDecider) -> None:
        self._runtime, self._account, self._expected = runtime, account, expected

    def by_kind(self) -> Mapping[str, Mapping[type[Effect], Performer]]:
        return {TILL.kind: {PostTillPayment: self.post, ExpectBag: self.expect}}

    async def post(self, key: Key, pending: Pending) -> Message:
        effect = pending.effect
        assert isinstance(effect, PostTillPayment)
        command = PostPatientPayment(
            meta=derived(pending, key, "post", "account", effect.account_id),
            account_id=effect.account_id,
            payment_id=effect.payment_id,
            method=effect.method,
            paid_cents=effect.cents,
            claim_id=effect.claim_id,
            received_on=effect.received_on,
            reserved_for=effect.reserved_for,
        )
        await self._runtime.shell.transact_one(self._account, command)
        meta = answer_meta(key, pending, self._runtime.clock)
        return TillPaymentPosted(meta=meta, till_id=key.id, payment_id=effect.payment_id)

    async def expect(self, key: Key, pending: Pending) -> Message:
        effect = pending.effect
        assert isinstance(effect, ExpectBag)
        command = ExpectMoney(
            meta=derived(pending, key, "expect", "expected", effect.expected_id),
            expected_id=effect.expected_id,
            kind="drawer",
            trace=effect.slip,
            expected_cents=effect.cents,
            sent_on=effect.sent_on,
        )
        await self._runtime.shell.transact_one(self._expected, command)
        return BagExpected(meta=answer_meta(key, pending, self._runtime.clock), till_id=key.id)
