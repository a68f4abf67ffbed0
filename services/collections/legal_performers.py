"""Tells an account that a court has its debt: its policy leaves it alone meanwhile."""

from collections.abc import Mapping
from uuid import uuid5

from services.collections.agency_performers import Accounts
from services.collections.core.legal_messages import CaseTold, RestAccount
from services.collections.core.policy_messages import ExcludeAccount, IncludeAccount
from shared.contracts import Message
from shared.decider import Effect, Pending
from shared.runtime import Runtime
from shared.store.port import Key
from shared.worker import Performer, answer_meta


class LegalPerformers:
    """The case's id is the exclusion's, so that telling it again changes nothing."""

    def __init__(self, runtime: Runtime, accounts: Accounts) -> None:
        self._runtime, self._accounts = runtime, accounts

    def performers(self) -> Mapping[type[Effect], Performer]:
        return {RestAccount: self.tell}

    async def tell(self, key: Key, pending: Pending) -> Message:
        effect = pending.effect
        assert isinstance(effect, RestAccount)
        answer = answer_meta(key, pending, self._runtime.clock)
        changes = {
            "id": uuid5(pending.id, "rest"),
            "subject": f"collection/{effect.account_id}",
            "source": "collections",
        }
        meta = answer.model_copy(update={**changes, "key": effect.account_id})
        command: ExcludeAccount | IncludeAccount = IncludeAccount(
            meta=meta, account_id=effect.account_id, exclusion_id=effect.case_id
        )
        if effect.rests:
            command = ExcludeAccount(
                meta=meta, account_id=effect.account_id, exclusion_id=effect.case_id, reason="legal"
            )
        await self._runtime.shell.transact_one(self._accounts, command)
        return CaseTold(meta=answer, case_id=key.id)
