"""Looks up whose remittance overpaid a claim: the account's own history says it."""

from collections.abc import Mapping

from services.payments.core.account import AccountDecider
from services.payments.core.account_facts import ClaimAdjudicated
from services.payments.core.credit_case import CreditCaseDecider, LookUpPayer, PayerLookedUp
from shared.contracts import Message
from shared.decider import Effect, Pending
from shared.runtime import Runtime
from shared.store.port import Key
from shared.worker import Performer, answer_meta


class CreditPerformers:
    """Reads only."""

    def __init__(self, runtime: Runtime, account: AccountDecider, case: CreditCaseDecider) -> None:
        self._runtime, self._account, self._case = runtime, account, case

    def by_kind(self) -> Mapping[str, Mapping[type[Effect], Performer]]:
        return {self._case.kind: {LookUpPayer: self.look_up}}

    async def look_up(self, key: Key, pending: Pending) -> Message:
        """The latest payer that paid something; its kind is CLP06 as received."""
        effect = pending.effect
        assert isinstance(effect, LookUpPayer)
        history = await self._runtime.store.history(self._account, Key(key.tenant, effect.account_id))
        decisions = [
            entry.fact.remitted
            for entry in history
            if isinstance(entry.fact, ClaimAdjudicated) and entry.fact.item_id == effect.claim_id
        ]
        paying = [one for one in decisions if one.paid_cents > 0]
        last = paying[-1] if paying else None
        return PayerLookedUp(
            meta=answer_meta(key, pending, self._runtime.clock),
            case_id=key.id,
            payer_id=last.payer_id if last else "",
            filing_code=last.filing_code if last else "",
        )
