"""Who performs what card payments, payouts and refunds ask: the processor's API, and the accounts' ledger."""

from collections.abc import Mapping

from services.payments.bank_performers import derived
from services.payments.core.account import AccountDecider
from services.payments.core.account_messages import (
    RefundPayer,
    RestoreMoney,
    ReversePatientPayment,
)
from services.payments.core.account_state import Account, Reversal
from services.payments.core.card_payment import CARD_PAYMENT
from services.payments.core.card_payment_messages import (
    BookMoneyBack,
    BookPayment,
    BookRestored,
    CreateIntent,
    IntentCreated,
    IntentRefused,
    MoneyBackBooked,
    PaymentBooked,
)
from services.payments.core.expected import Awaited
from services.payments.core.patient_money import PatientMoney
from services.payments.core.payout import PAYOUT, ExpectPayout, PayoutExpected
from services.payments.core.refund import RefundDecider
from services.payments.core.refund_messages import (
    MoneyRestored,
    MoneyTaken,
    RefundSent,
    RestoreRefund,
    SendRefund,
    TakeMoney,
)
from services.payments.patient_postings import PatientPostings
from services.payments.processor import Processor, ProcessorRefusedError
from shared.contracts import Message
from shared.decider import Effect, Pending
from shared.runtime import Runtime
from shared.sealed import SealBrokenError
from shared.store.port import Key
from shared.worker import Performer, answer_meta


class CardPerformers:
    """Each effect may be performed again: the processor knows our ids, and the account knows its payments."""

    def __init__(
        self,
        runtime: Runtime,
        account: AccountDecider,
        postings: PatientPostings,
        refund: RefundDecider,
        processor: Processor,
    ) -> None:
        self._runtime, self._account, self._postings = runtime, account, postings
        self._refund, self._processor = refund, processor

    def by_kind(self) -> Mapping[str, Mapping[type[Effect], Performer]]:
        return {
            CARD_PAYMENT.kind: {
                CreateIntent: self.create,
                BookPayment: self.book,
                BookMoneyBack: self.book_back,
                BookRestored: self.book_restored,
            },
            PAYOUT.kind: {ExpectPayout: self.expect},
            self._refund.kind: {
                TakeMoney: self.take,
                SendRefund: self.send,
                RestoreRefund: self.restore,
            },
        }

    async def create(self, key: Key, pending: Pending) -> Message:
        effect = pending.effect
        assert isinstance(effect, CreateIntent)
        meta = answer_meta(key, pending, self._runtime.clock)
        asked = (key.tenant, effect.intent_id, effect.cents, effect.method, effect.account_id)
        try:
            if effect.sealed_token is None:
                made = await self._processor.create_intent(*asked)
            else:
                token = (await self._runtime.sealer.open(effect.sealed_token)).decode()
                made = await self._processor.charge_stored(*asked, token)
        except SealBrokenError:
            return IntentRefused(meta=meta, intent_id=key.id, code="seal_broken")
        except ProcessorRefusedError as error:
            return IntentRefused(meta=meta, intent_id=key.id, code=error.code)
        sealed = await self._runtime.sealer.seal(key.tenant, effect.account_id, made.client_secret.encode())
        return IntentCreated(meta=meta, intent_id=key.id, processor_id=made.processor_id, sealed_client_secret=sealed)

    async def book(self, key: Key, pending: Pending) -> Message:
        effect = pending.effect
        assert isinstance(effect, BookPayment)
        money = PatientMoney(
            payment_id=effect.payment_id,
            method=effect.method,
            paid_cents=effect.cents,
            claim_id=effect.claim_id,
            received_on=pending.cause.occurred_at.date(),
            allocation=effect.allocation,
            items=effect.items,
            targets=effect.targets,
            reserved_for=effect.reserved_for,
        )
        await self._postings.post(key, pending, effect.account_id, money)
        return PaymentBooked(meta=answer_meta(key, pending, self._runtime.clock), intent_id=key.id)

    async def book_back(self, key: Key, pending: Pending) -> Message:
        effect = pending.effect
        assert isinstance(effect, BookMoneyBack)
        command = ReversePatientPayment(
            meta=derived(pending, key, "reverse", "account", effect.account_id),
            account_id=effect.account_id,
            reversal_id=effect.reversal_id,
            payment_id=effect.payment_id,
            reversed_cents=effect.cents,
            cause=effect.cause,
        )
        decided = await self._runtime.shell.transact_one(self._account, command)
        made = decided.snapshot.state.reversals.get(effect.reversal_id)
        return MoneyBackBooked(
            meta=answer_meta(key, pending, self._runtime.clock),
            intent_id=key.id,
            reversal_id=effect.reversal_id,
            reversed_cents=made.cents if made is not None and made.status != "refused" else 0,
        )

    async def book_restored(self, key: Key, pending: Pending) -> Message:
        effect = pending.effect
        assert isinstance(effect, BookRestored)
        state = await self._restored(key, pending, effect.account_id, effect.reversal_id)
        made = state.reversals.get(effect.reversal_id)
        return MoneyBackBooked(
            meta=answer_meta(key, pending, self._runtime.clock),
            intent_id=key.id,
            reversal_id=effect.reversal_id,
            reversed_cents=made.cents if made is not None else 0,
        )

    async def expect(self, key: Key, pending: Pending) -> Message:
        effect = pending.effect
        assert isinstance(effect, ExpectPayout)
        payout = Awaited(effect.payout_id, "payout", effect.trace, effect.cents, effect.arrives_on)
        await self._postings.await_money(key, pending, payout)
        return PayoutExpected(meta=answer_meta(key, pending, self._runtime.clock), payout_id=key.id)

    async def take(self, key: Key, pending: Pending) -> Message:
        """The account decides whether there is enough; what it gave is a reversal with the refund's id."""
        effect = pending.effect
        assert isinstance(effect, TakeMoney)
        meta = derived(pending, key, "take", "account", effect.account_id)
        command: RefundPayer | ReversePatientPayment
        if effect.party == "payer":
            command = RefundPayer(
                meta=meta,
                account_id=effect.account_id,
                reversal_id=key.id,
                claim_id=effect.claim_id,
                refunded_cents=effect.cents,
            )
        else:
            command = ReversePatientPayment(
                meta=meta,
                account_id=effect.account_id,
                reversal_id=key.id,
                payment_id=effect.payment_id,
                reversed_cents=effect.cents,
                cause="refund",
            )
        decided = await self._runtime.shell.transact_one(self._account, command)
        made = decided.snapshot.state.reversals.get(key.id, Reversal("", "", 0, "refused"))
        return MoneyTaken(
            meta=answer_meta(key, pending, self._runtime.clock),
            refund_id=key.id,
            taken=made.status == "made",
            available_cents=made.available_cents,
        )

    async def send(self, key: Key, pending: Pending) -> Message:
        effect = pending.effect
        assert isinstance(effect, SendRefund)
        meta = answer_meta(key, pending, self._runtime.clock)
        try:
            made = await self._processor.create_refund(key.tenant, key.id, effect.processor_id, effect.cents)
        except ProcessorRefusedError as error:
            return RefundSent(meta=meta, refund_id=key.id, sent=False, code=error.code)
        return RefundSent(meta=meta, refund_id=key.id, sent=True, processor_refund_id=made)

    async def restore(self, key: Key, pending: Pending) -> Message:
        effect = pending.effect
        assert isinstance(effect, RestoreRefund)
        await self._restored(key, pending, effect.account_id, key.id)
        return MoneyRestored(meta=answer_meta(key, pending, self._runtime.clock), refund_id=key.id)

    async def _restored(self, key: Key, pending: Pending, account_id: str, reversal_id: str) -> Account:
        meta = derived(pending, key, "restore", "account", account_id)
        command = RestoreMoney(meta=meta, account_id=account_id, reversal_id=reversal_id)
        return (await self._runtime.shell.transact_one(self._account, command)).snapshot.state
