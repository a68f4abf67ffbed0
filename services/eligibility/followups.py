"""What follows from news of other services: a coverage is asked about again after a denial, or searched for.

Performs the effects of `recheck` and `discovery`.
"""

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal
from uuid import uuid5

from services.eligibility.answers import answer_to, outcome_of_answer
from services.eligibility.core import Check, CheckFact, CheckMessage, Inquire, RequestCheck
from services.eligibility.core.discovery import Found, Search, Searched
from services.eligibility.core.recheck import Recheck, Rechecked
from services.eligibility.payers import PayerConnection
from shared.contracts import Message
from shared.decider import Decider, Effect, Pending
from shared.identity import Individual, SubscriberIdentity, seal_model
from shared.runtime import Runtime
from shared.store.port import Key
from shared.worker import Performer, answer_meta
from shared.x12.eligibility import Answer271, Person

PAGE = 200
CheckDecider = Decider[Check, CheckMessage, CheckFact]


class FollowUps:
    """Finds what an account or claim was checked for, and asks."""

    def __init__(self, runtime: Runtime, check: CheckDecider, connection: PayerConnection) -> None:
        self._runtime, self._check, self._connection = runtime, check, connection

    def of_denials(self) -> Mapping[type[Effect], Performer]:
        return {Recheck: self.recheck}

    def of_searches(self) -> Mapping[type[Effect], Performer]:
        return {Search: self.search}

    async def recheck(self, key: Key, pending: Pending) -> Message:
        """Ask again for the check that the denied claim was told of; the fresh answer goes to that claim."""
        effect = pending.effect
        assert isinstance(effect, Recheck), "the worker was given one performer for one effect"
        meta = answer_meta(key, pending, self._runtime.clock)
        found = await self._checks(key.tenant, effect.account_id)
        told = [(check_id, check) for check_id, check in found if effect.claim_id in (*check.told, *check.waiting)]
        if not told:
            return Rechecked(meta=meta, claim_id=effect.claim_id)
        check_id, check = max(told, key=lambda one: one[1].service_date)
        request = RequestCheck(
            meta=meta.model_copy(update={"id": uuid5(pending.id, "request"), "key": effect.account_id}),
            request_id=f"den_{pending.id.hex[:20]}",
            reason="denial",
            account_id=check.account_id,
            coverage_id=check.coverage_id,
            payer_id=check.payer_id,
            billing_npi=check.billing_npi,
            service_date=check.service_date,
            sealed_subscriber=check.sealed_subscriber,
            claim_id=effect.claim_id,
        )
        await self._runtime.shell.transact(self._check, (request,))
        return Rechecked(meta=meta, claim_id=effect.claim_id, check_id=check_id)

    async def search(self, key: Key, pending: Pending) -> Message:
        """Ask every payer that is asked by name, but for those known already, about the account's last service."""
        effect = pending.effect
        assert isinstance(effect, Search), "the worker was given one performer for one effect"
        runtime = self._runtime
        checks = [check for _, check in await self._checks(key.tenant, effect.account_id)]
        said: dict[str, Any] = {"account_id": effect.account_id}
        if not checks:
            meta = answer_meta(key, pending, runtime.clock)
            return Searched(meta=meta, reason="no_identity", **said)
        last = max(checks, key=lambda check: check.service_date)
        identity = SubscriberIdentity.model_validate_json(await runtime.sealer.open(last.sealed_subscriber))
        known = {check.payer_id for check in checks}
        asked = [one for one in self._connection.searched() if one not in known]
        found: list[Found] = []
        unanswered: list[str] = []
        answers = await asyncio.gather(*(self._ask(key, pending, one, last, identity) for one in asked))
        for payer_id, answer in zip(asked, answers, strict=True):
            if answer is None:
                unanswered.append(payer_id)
            elif one := await self._found(key, effect.account_id, payer_id, last.service_date, identity, answer):
                found.append(one)
        meta = answer_meta(key, pending, runtime.clock)
        reason: Literal["no_payer_to_ask"] | None = None if asked else "no_payer_to_ask"
        return Searched(
            meta=meta, asked=tuple(asked), unanswered=tuple(unanswered), found=tuple(found), reason=reason, **said
        )

    async def _ask(
        self, key: Key, pending: Pending, payer_id: str, last: Check, identity: SubscriberIdentity
    ) -> Answer271 | None:
        """The payer's answer about the patient as its own subscriber, without a member number."""
        wanted = SubscriberIdentity(subscriber=patient_of(identity), member_id="")
        inquire = Inquire(
            check_id=key.id,
            attempt=1,
            payer_id=payer_id,
            billing_npi=last.billing_npi,
            service_date=last.service_date,
            sealed_subscriber="",
        )
        said = await self._connection.converse(key, pending, inquire, wanted, name=payer_id)
        return None if said.answer is None else answer_to(said.answer, said.trace_number)

    async def _found(
        self, key: Key, account_id: str, payer_id: str, on: date, identity: SubscriberIdentity, answer: Answer271
    ) -> Found | None:
        """A coverage in force of the very same person, with a member number; a likeness is nothing."""
        patient = patient_of(identity)
        outcome = outcome_of_answer(answer, on)
        if outcome.status != "active" or not answer.member_id or not same_person(patient, answer.subscriber):
            return None
        own = SubscriberIdentity(subscriber=patient, member_id=answer.member_id, group_number=answer.group_number)
        runtime = self._runtime
        return Found(
            payer_id=payer_id,
            coverage_id=runtime.pseudonyms.of("cov", key.tenant, payer_id, answer.member_id),
            service_date=on,
            plan_type=outcome.plan_type,
            sealed_subscriber=await seal_model(runtime.sealer, key.tenant, account_id, own),
        )

    async def _checks(self, tenant: str, account_id: str) -> list[tuple[str, Check]]:
        found: list[tuple[str, Check]] = []
        after: str | None = None
        while page := await self._runtime.store.find(self._check, tenant, {"account_id": account_id}, after, PAGE):
            found += [(key.id, check) for key, check in page]
            if len(page) < PAGE:
                break
            after = page[-1][0].id
        return found


def patient_of(identity: SubscriberIdentity) -> Individual:
    return identity.patient or identity.subscriber


def same_person(patient: Individual, named: Person) -> bool:
    """Last name, first name and birth date agree; what is not known of either agrees with nothing."""
    return (
        patient.birth_date is not None
        and patient.birth_date == named.birth_date
        and bool(patient.last_name and patient.first_name)
        and patient.last_name.upper() == named.last_name.upper()
        and patient.first_name.upper() == named.first_name.upper()
    )
