"""Tells a guarantor's account where its applications for financial assistance stand."""

from collections.abc import Mapping
from typing import Any

from services.collections.core.assistance import AssistanceDecider
from services.collections.core.assistance_messages import AccountTold, TellAccount
from services.collections.core.assistance_state import standing_of
from services.collections.core.person_facts import DebtNoted
from services.collections.core.person_messages import NotePerson
from shared.contracts import Message
from shared.decider import Decider, Effect, Pending
from shared.runtime import Runtime
from shared.store.port import Key
from shared.worker import Performer, answer_meta

APPLICATIONS_MAX = 200


class AssistancePerformers:
    """Asks the store what stands now, so that it makes no difference in which order it is asked to tell."""

    def __init__(self, runtime: Runtime, assistance: AssistanceDecider, accounts: Decider[Any, Any, Any]) -> None:
        self._runtime, self._assistance, self._accounts = runtime, assistance, accounts

    def performers(self) -> Mapping[type[Effect], Performer]:
        return {TellAccount: self.tell_account}

    async def tell_account(self, key: Key, pending: Pending) -> Message:
        """Repeating it says the same once more, and the account notes it once."""
        effect = pending.effect
        assert isinstance(effect, TellAccount)
        found = await self._runtime.store.find(
            self._assistance, key.tenant, {"account_id": effect.account_id}, None, APPLICATIONS_MAX
        )
        meta = answer_meta(key, pending, self._runtime.clock)
        note = NotePerson(
            meta=meta,
            account_id=effect.account_id,
            learned=(DebtNoted(account_id=effect.account_id, assistance=standing_of(one for _, one in found)),),
        )
        await self._runtime.shell.transact_one(self._accounts, note)
        return AccountTold(meta=meta, application_id=key.id)
