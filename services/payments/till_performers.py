"""Who performs what tills ask: the account's ledger, and the bank side."""

from collections.abc import Mapping

from services.payments.core.expected import Awaited
from services.payments.core.patient_money import PatientMoney
from services.payments.core.till import TILL, BagExpected, ExpectBag, PostTillPayment, TillPaymentPosted
from services.payments.patient_postings import PatientPostings
from shared.contracts import Message
from shared.decider import Effect, Pending
from shared.runtime import Runtime
from shared.store.port import Key
from shared.worker import Performer, answer_meta


class TillPerformers:
    """Each effect may be performed again."""

    def __init__(self, runtime: Runtime, postings: PatientPostings) -> None:
        self._runtime, self._postings = runtime, postings

    def by_kind(self) -> Mapping[str, Mapping[type[Effect], Performer]]:
        return {TILL.kind: {PostTillPayment: self.post, ExpectBag: self.expect}}

    async def post(self, key: Key, pending: Pending) -> Message:
        effect = pending.effect
        assert isinstance(effect, PostTillPayment)
        money = PatientMoney(
            payment_id=effect.payment_id,
            method=effect.method,
            paid_cents=effect.cents,
            claim_id=effect.claim_id,
            received_on=effect.received_on,
            reserved_for=effect.reserved_for,
        )
        await self._postings.post(key, pending, effect.account_id, money)
        meta = answer_meta(key, pending, self._runtime.clock)
        return TillPaymentPosted(meta=meta, till_id=key.id, payment_id=effect.payment_id)

    async def expect(self, key: Key, pending: Pending) -> Message:
        effect = pending.effect
        assert isinstance(effect, ExpectBag)
        bag = Awaited(effect.expected_id, "drawer", effect.slip, effect.cents, effect.sent_on)
        await self._postings.await_money(key, pending, bag)
        return BagExpected(meta=answer_meta(key, pending, self._runtime.clock), till_id=key.id)
