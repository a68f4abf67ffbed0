"""Brings news of coverage and providers to the claims they concern, and makes claims for the payer that takes them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from uuid import uuid5

from services.claims.core import Claim, ClaimFact, ClaimMessage
from services.claims.core.after_coverage import IN_HOUSE
from services.claims.core.claim_messages import RecordCoverageNews, RecordStanding, ReportRebilling
from services.claims.core.coverage_news import NewsTold, TellNews
from services.claims.core.rebilling import RebillClaim
from services.claims.core.standing import (
    StandingTold,
    TellStanding,
    held_by_standing,
    network_of,
    standing_id,
    standings_of,
)
from services.claims.core.successors import Refusing, payer_number, why_no_successor
from services.claims.identity import SELF, patient_of
from services.claims.intake import Arrival, Intake
from services.claims.standings import standings
from services.claims.succession import opened
from shared.contracts import Meta, OtherPayer
from shared.decider import Decider, Pending, Scalar
from shared.identity import SubscriberIdentity
from shared.runtime import Runtime
from shared.sealed import SealBrokenError
from shared.store.port import Key
from shared.worker import answer_meta
from shared.x12.claim837 import Claim837, Payer

PAGE = 200
UNKNOWN_KIND_OF_PLAN = "ZZ"
"""SBR09 where nobody said what kind of plan it is: mutually defined."""
ClaimDecider = Decider[Claim, ClaimMessage, ClaimFact]


class CoverageTeller:
    """Performs `TellStanding` and `TellNews`."""

    def __init__(self, runtime: Runtime, claim: ClaimDecider) -> None:
        self._runtime, self._claim = runtime, claim

    async def standing(self, key: Key, pending: Pending) -> StandingTold:
        """Every claim in the house that names the provider is looked at again, under all its providers' standing."""
        effect = pending.effect
        assert isinstance(effect, TellStanding), "the worker was given one performer for one effect"
        changed = standing_id(effect.npi, effect.payer_id)
        for status in sorted(IN_HOUSE):
            async for page in self._pages(key.tenant, {"status": status, "payer_id": effect.payer_id}):
                named = {
                    one.claim_id: one.content for one in page if one.content and changed in standings_of(one.content)
                }
                known = await standings(self._runtime.store, key.tenant, named.values())
                await self._runtime.shell.transact(
                    self._claim,
                    [
                        RecordStanding(
                            meta=_meta(key, pending, claim_id),
                            claim_id=claim_id,
                            holds=held_by_standing(content, known).holds,
                            network=network_of(content, known),
                        )
                        for claim_id, content in named.items()
                    ],
                )
        return StandingTold(meta=answer_meta(key, pending, self._runtime.clock), standing_id=changed)

    async def news(self, key: Key, pending: Pending) -> NewsTold:
        """Each claim of the account and day hears; of a coverage's own news, the claims of that coverage."""
        effect = pending.effect
        assert isinstance(effect, TellNews), "the worker was given one performer for one effect"
        told = 0
        async for page in self._of_account(key.tenant, effect):
            messages = [_news(key, pending, effect, one) for one in page if _concerns(effect, one)]
            await self._runtime.shell.transact(self._claim, messages)
            told += len(messages)
        meta = answer_meta(key, pending, self._runtime.clock)
        return NewsTold(meta=meta, account_id=effect.account_id, claims=told)

    async def _of_account(self, tenant: str, effect: TellNews) -> AsyncIterator[Sequence[Claim]]:
        if not effect.claim_id:
            async for page in self._pages(tenant, {"account_id": effect.account_id}):
                yield page
            return
        key = Key(tenant, effect.claim_id)
        yield [(await self._runtime.store.load(self._claim, (key,)))[key].snapshot.state]

    async def _pages(self, tenant: str, where: Mapping[str, Scalar]) -> AsyncIterator[Sequence[Claim]]:
        after: str | None = None
        while page := await self._runtime.store.find(self._claim, tenant, where, after, PAGE):
            yield [state for _, state in page]
            if len(page) < PAGE:
                return
            after = page[-1][0].id


def _concerns(effect: TellNews, claim: Claim) -> bool:
    if claim.content is None:
        return False
    if effect.claim_id:
        return True
    if claim.content.service_from != effect.service_date:
        return False
    return effect.discovered is not None or claim.coverage_id == effect.coverage_id


def _news(key: Key, pending: Pending, effect: TellNews, claim: Claim) -> RecordCoverageNews:
    found = effect.discovered
    return RecordCoverageNews(
        meta=_meta(key, pending, claim.claim_id),
        claim_id=claim.claim_id,
        source=effect.subject,
        sequence=effect.sequence,
        others=tuple(_said_of(one) for one in effect.others),
        payer_id=found.payer_id if found else "",
        sealed_subscriber=found.sealed_subscriber if found else None,
    )


def _said_of(other: OtherPayer) -> str:
    """A payer beside the one that was asked: its name and id, and what was said of the order."""
    words = (other.name, f"({other.payer_id})" if other.payer_id else "", other.primacy, other.insurance_type)
    return " ".join(word for word in words if word)


def _meta(key: Key, pending: Pending, claim_id: str) -> Meta:
    return pending.cause.model_copy(
        update={
            "id": uuid5(pending.id, claim_id),
            "tenant": key.tenant,
            "source": "claims",
            "subject": f"claim/{claim_id}",
            "sequence": 0,
            "causation": pending.id,
        }
    )


class Rebiller:
    """Performs `RebillClaim`."""

    def __init__(
        self, runtime: Runtime, claim: ClaimDecider, intake: Intake, refusing: tuple[Refusing, ...] = ()
    ) -> None:
        self._runtime, self._claim, self._intake, self._refusing = runtime, claim, intake, refusing

    async def rebill(self, key: Key, pending: Pending) -> ReportRebilling:
        """The claim for the payer it goes to, read and judged like one that just came in. Changes nothing itself."""
        effect = pending.effect
        assert isinstance(effect, RebillClaim), "the worker was given one performer for one effect"
        state = (await self._runtime.store.load(self._claim, (key,)))[key].snapshot.state
        meta = answer_meta(key, pending, self._runtime.clock)
        report = ReportRebilling(
            meta=meta,
            claim_id=key.id,
            found=effect.found,
            from_payer_id=effect.from_payer_id,
            to_payer_id=effect.to_payer_id,
            rule=effect.rule,
        )
        again = effect.to_payer_id == effect.from_payer_id
        today = meta.occurred_at.date()
        if again and (because := why_no_successor(state, "7", self._refusing, today)):
            return report.model_copy(update={"because": because})
        try:
            claim = await opened(self._runtime, state)
            made = replacement(claim, payer_number(state)) if again else await self._moved(claim, effect)
        except SealBrokenError:
            because = "The identifiers of this claim cannot be opened any more: it can never be sent."
            return report.model_copy(update={"because": because})
        cause = pending.cause.model_copy(
            update={"id": pending.id, "tenant": key.tenant, "occurred_at": meta.occurred_at}
        )
        arrival = Arrival(uuid5(pending.id, "claim"), made, f"claim/{key.id}/{effect.found}", corrects=state)
        return report.model_copy(update={"correction": await self._intake.correction(cause, arrival)})

    async def _moved(self, claim: Claim837, effect: RebillClaim) -> Claim837:
        own: SubscriberIdentity | None = None
        if effect.sealed_subscriber is not None:
            own = SubscriberIdentity.model_validate_json(await self._runtime.sealer.open(effect.sealed_subscriber))
        return moved(claim, Payer(effect.to_payer_name or effect.to_payer_id, effect.to_payer_id), own)


def replacement(claim: Claim837, number: str) -> Claim837:
    """The claim again (7) under the payer's own number for it."""
    return replace(claim, frequency_code="7", payer_claim_control_number=number)


def moved(claim: Claim837, payer: Payer, own: SubscriberIdentity | None) -> Claim837:
    """The claim for a payer that never had it. `own` is the patient's coverage there; without it the member's stays.

    Numbers that the other payer gave mean nothing to this one.
    """
    claim = replace(
        claim,
        payer=payer,
        frequency_code="1",
        payer_claim_control_number="",
        prior_authorization_number="",
        referral_number="",
    )
    if own is None:
        return claim
    subscriber = replace(
        claim.subscriber,
        person=patient_of(claim),
        member_id=own.member_id,
        group_number=own.group_number,
        group_name="",
        insurance_type="",
        relationship=SELF,
        claim_filing_code=UNKNOWN_KIND_OF_PLAN,
        extras=(),
    )
    return replace(claim, subscriber=subscriber, patient=None, patient_relationship="")
