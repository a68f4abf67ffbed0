"""Tells a guarantor's account where its applications for financial assistance stand, and the guarantor too."""

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, TypeAlias

from services.collections.assistance_letter import determination_pdf
from services.collections.core.assistance import AssistanceDecider, assess
from services.collections.core.assistance_messages import AccountTold, TellAccount
from services.collections.core.assistance_policy import AssistancePolicy
from services.collections.core.assistance_state import Application, standing_of
from services.collections.core.dispute_messages import SendNotice, TellOfAssistance
from services.collections.core.person_facts import DebtNoted
from services.collections.core.person_messages import NotePerson
from services.collections.render import Letterhead
from shared.contracts import Message
from shared.decider import Decider, Effect, Pending
from shared.derived import derived_id
from shared.identity import Guarantor
from shared.runtime import Runtime
from shared.store.port import Key
from shared.worker import Performer, answer_meta

APPLICATIONS_MAX = 200
Notice: TypeAlias = Literal["assistance_missing", "assistance_granted", "assistance_denied"]


class AssistancePerformers:
    """Asks the store what stands now, so that it makes no difference in which order it is asked to tell."""

    def __init__(
        self,
        runtime: Runtime,
        assistance: AssistanceDecider,
        accounts: Decider[Any, Any, Any],
        policy: AssistancePolicy,
    ) -> None:
        self._runtime, self._assistance, self._accounts = runtime, assistance, accounts
        self._policy = policy

    def performers(self) -> Mapping[type[Effect], Performer]:
        return {TellAccount: self.tell_account}

    async def tell_account(self, key: Key, pending: Pending) -> Message:
        """Repeating it says the same once more, and the account notes it, and writes to the person, once."""
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
        own = next((one for owner, one in found if owner == key), None)
        notice = None if own is None else notice_of(self._policy, key.tenant, own)
        if notice is not None:
            about = meta.model_copy(update={"id": derived_id(pending.id, "notice")})
            tell = TellOfAssistance(meta=about, account_id=effect.account_id, application_id=key.id, notice=notice)
            await self._runtime.shell.transact_one(self._accounts, tell)
        return AccountTold(meta=meta, application_id=key.id)


def notice_of(policy: AssistancePolicy, tenant: str, state: Application) -> Notice | None:
    """What the applicant is written to now: what was decided, or what is missing; None where nothing is to be said."""
    match state.status:
        case "granted":
            return "assistance_granted"
        case "denied":
            return "assistance_denied"
        case "open" if assess(policy, tenant, state).missing:
            return "assistance_missing"
        case _:
            return None


class AssistancePapers:
    """The letter about an application, as it stands when the notice leaves."""

    def __init__(self, runtime: Runtime, assistance: AssistanceDecider, policy: AssistancePolicy) -> None:
        self._runtime, self._assistance, self._policy = runtime, assistance, policy

    async def letter(self, key: Key, head: Letterhead, guarantor: Guarantor, notice: SendNotice) -> bytes:
        """The PDF, dated as the notice is."""
        of = Key(key.tenant, notice.application_id)
        state = (await self._runtime.store.load(self._assistance, (of,)))[of].snapshot.state
        return await asyncio.to_thread(
            self._drawn, key.tenant, head, guarantor, state, notice.dated_on, notice.language
        )

    def _drawn(
        self, tenant: str, head: Letterhead, guarantor: Guarantor, state: Application, on: date, language: str
    ) -> bytes:
        found = assess(self._policy, tenant, state)
        return determination_pdf(head, guarantor, state, found, on, language)
