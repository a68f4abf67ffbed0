"""Who performs what payments entered by hand ask: the account's ledger, and the bank side."""

from collections.abc import Mapping

from services.payments.bank_performers import derived
from services.payments.core.account import AccountDecider
from services.payments.core.account_messages import ReversePatientPayment
from services.payments.core.entered_payment import (
    ENTERED_PAYMENT,
    AwaitEnteredPayment,
    BookReturn,
    EnteredPaymentAwaited,
    EnteredPaymentPosted,
    PostEnteredPayment,
    ReturnBooked,
    expected_id_of,
)
from services.payments.core.expected import Awaited
from services.payments.patient_postings import PatientPostings
from shared.contracts import Message
from shared.decider import Effect, Pending
from shared.runtime import Runtime
from shared.store.port import Key
from shared.worker import Performer, answer_meta


class EnteredPerformers:
    """Each effect may be performed again."""

    def __init__(self, runtime: Runtime, account: AccountDecider, postings: PatientPostings) -> None:
        self._runtime, self._account, self._postings = runtime, account, postings

    def by_kind(self) -> Mapping[str, Mapping[type[Effect], Performer]]:
        return {
            ENTERED_PAYMENT.kind: {
                PostEnteredPayment: self.post,
                AwaitEnteredPayment: self.await_money,
                BookReturn: self.take_back,
            }
        }

    async def post(self, key: Key, pending: Pending) -> Message:
        effect = pending.effect
        assert isinstance(effect, PostEnteredPayment)
        await self._postings.post(key, pending, effect.account_id, effect.money)
        return EnteredPaymentPosted(meta=answer_meta(key, pending, self._runtime.clock), payment_id=key.id)

    async def await_money(self, key: Key, pending: Pending) -> Message:
        effect = pending.effect
        assert isinstance(effect, AwaitEnteredPayment)
        money = Awaited(expected_id_of(key.id), "entered", effect.slip, effect.cents, effect.sent_on)
        await self._postings.await_money(key, pending, money)
        return EnteredPaymentAwaited(meta=answer_meta(key, pending, self._runtime.clock), payment_id=key.id)

    async def take_back(self, key: Key, pending: Pending) -> Message:
        effect = pending.effect
        assert isinstance(effect, BookReturn)
        command = ReversePatientPayment(
            meta=derived(pending, key, "reverse", "account", effect.account_id),
            account_id=effect.account_id,
            reversal_id=effect.reversal_id,
            payment_id=key.id,
            reversed_cents=effect.cents,
            cause="returned_check",
        )
        decided = await self._runtime.shell.transact_one(self._account, command)
        made = decided.snapshot.state.reversals.get(effect.reversal_id)
        return ReturnBooked(
            meta=answer_meta(key, pending, self._runtime.clock),
            payment_id=key.id,
            reversal_id=effect.reversal_id,
            reversed_cents=made.cents if made is not None and made.status != "refused" else 0,
        )
