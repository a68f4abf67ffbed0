"""Who performs what agencies' money asks: the account's ledger, and the bank side."""

from collections.abc import Mapping

from services.payments.core.agency_money import (
    AGENCY_PAYMENT,
    AGENCY_REMITTANCE,
    AgencyNetAwaited,
    AgencyPaymentPosted,
    AwaitAgencyNet,
    PostAgencyPayment,
    net_id_of,
)
from services.payments.core.expected import Awaited
from services.payments.patient_postings import PatientPostings
from shared.contracts import Message
from shared.decider import Effect, Pending
from shared.runtime import Runtime
from shared.store.port import Key
from shared.worker import Performer, answer_meta


class AgencyMoneyPerformers:
    """Each effect may be performed again."""

    def __init__(self, runtime: Runtime, postings: PatientPostings) -> None:
        self._runtime, self._postings = runtime, postings

    def by_kind(self) -> Mapping[str, Mapping[type[Effect], Performer]]:
        return {
            AGENCY_REMITTANCE.kind: {AwaitAgencyNet: self.await_net},
            AGENCY_PAYMENT.kind: {PostAgencyPayment: self.post},
        }

    async def await_net(self, key: Key, pending: Pending) -> Message:
        effect = pending.effect
        assert isinstance(effect, AwaitAgencyNet)
        money = Awaited(net_id_of(key.id), "entered", effect.trace, effect.cents, effect.sent_on)
        await self._postings.await_money(key, pending, money)
        return AgencyNetAwaited(meta=answer_meta(key, pending, self._runtime.clock), remittance_id=key.id)

    async def post(self, key: Key, pending: Pending) -> Message:
        effect = pending.effect
        assert isinstance(effect, PostAgencyPayment)
        await self._postings.post(key, pending, effect.account_id, effect.money)
        return AgencyPaymentPosted(meta=answer_meta(key, pending, self._runtime.clock), payment_id=key.id)
