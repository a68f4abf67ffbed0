"""Builds, delivers and announces outbound files. Every step may be repeated and gives the same bytes."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple
from uuid import uuid5

from services.claims.core import SUBMISSION, Claim, ClaimFact, ClaimMessage
from services.claims.core.claim_messages import AssignSubmission, ExcludeClaim, RecordRefusal, RecordTransmission
from services.claims.core.claim_restricted import ReturnClaim
from services.claims.core.content import ClaimType
from services.claims.core.submission import (
    ReportBuilt,
    ReportDelivered,
    ReportTold,
    ReportUndelivered,
    ReportWithdrawn,
    Submission,
    TellClaims,
)
from services.claims.core.submission_facts import Member
from services.claims.delivery import DeliveryConflictError, NotDeliveredError, deliver, may_lie_there
from services.claims.identity import IDENTITY, Identity
from services.claims.paper import PLAIN, paper_pages, paper_pdf, preprinted
from services.claims.paper_texts import PaperError
from services.claims.routing import Routing
from services.claims.to_x12 import claim837_of
from services.claims.vault import FileVault
from shared.contracts import HoldReason, Meta
from shared.decider import Decider, Pending
from shared.runtime import Runtime
from shared.sealed import SealBrokenError
from shared.store.port import Key
from shared.worker import answer_meta
from shared.x12.claim837 import Batch837, Claim837
from shared.x12.claim837_write import write_837d, write_837i, write_837p
from shared.x12.findings import X12Error

FOLDER = "submission"
BEGUN = "deliveries_begun"
"""Notes of files whose delivery was begun: what stands in none is at no partner."""
WRITERS: dict[ClaimType, Callable[[Batch837], bytes]] = {"P": write_837p, "I": write_837i, "D": write_837d}


class Joined(NamedTuple):
    """A claim that this file won, with its identity opened."""

    state: Claim
    claim: Claim837
    identity: Identity


class SubmissionPerformer:
    """Performs the effects of submissions."""

    def __init__(
        self,
        runtime: Runtime,
        claim: Decider[Claim, ClaimMessage, ClaimFact],
        routing: Routing,
        vault: FileVault,
        exchange: Path,
    ) -> None:
        self._runtime, self._claim, self._routing = runtime, claim, routing
        self._vault, self._exchange = vault, exchange

    async def build(self, key: Key, pending: Pending) -> ReportBuilt:
        """Let the candidates join, write the file and keep it. Claims that X12 cannot carry leave it again."""
        state = await self._submission(key)
        joined = await self._join(key, pending, state)
        written, content = await self._write(key, pending, state, joined)
        if written:
            await self._vault.put(key.tenant, FOLDER, key.id, content)
        return ReportBuilt(
            meta=answer_meta(key, pending, self._runtime.clock),
            submission_id=key.id,
            members=tuple(_member(one.state) for one in written),
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
        )

    async def deliver(self, key: Key, pending: Pending) -> ReportDelivered | ReportUndelivered | ReportWithdrawn:
        """Bring the file to the partner, unless it lies there or was taken from there already.

        A file with a claim that its plan is not to be told of does not go, as long as it is certain not to be out.
        """
        state = await self._submission(key)
        content = b"".join([piece async for piece in self._vault.read(key.tenant, FOLDER, key.id)])
        if hashlib.sha256(content).hexdigest() != state.sha256:
            msg = "the kept file is not the one that was built"
            raise DeliveryConflictError(msg)
        meta = answer_meta(key, pending, self._runtime.clock)
        partner, folder = self._routing.partners[state.partner], self._exchange / key.tenant
        never_begun = await self._runtime.store.note(BEGUN, key.tenant, key.id, {"at": self._runtime.wall()})
        kept = await self._kept_from_plan(key)
        if kept and (never_begun or not await self._may_be_out(key, state, content)):
            self._runtime.log.info("file_withdrawn", tenant=key.tenant, submission_id=key.id, count=kept)
            return ReportWithdrawn(meta=meta, submission_id=key.id, claims=kept)
        try:
            await deliver(partner, folder, key.id, content)
        except NotDeliveredError as fault:
            await self._call_out(key, state, fault)
            return ReportUndelivered(meta=meta, submission_id=key.id, code=fault.code, message=fault.message)
        self._runtime.log.info("file_delivered", tenant=key.tenant, submission_id=key.id, count=len(state.members))
        return ReportDelivered(meta=meta, submission_id=key.id)

    async def _kept_from_plan(self, key: Key) -> int:
        """How many claims of the file their plan is not to be told of, since it was written."""
        return await self._runtime.store.count(self._claim, key.tenant, {"kept_in": key.id})

    async def _may_be_out(self, key: Key, state: Submission, content: bytes) -> bool:
        """Whether the partner has a file whose delivery was begun, or may have it."""
        partner, folder = self._routing.partners[state.partner], self._exchange / key.tenant
        fault = state.failure.code if state.failure else None
        return await may_lie_there(partner, folder, key.id, content, fault)

    async def _call_out(self, key: Key, state: Submission, fault: NotDeliveredError) -> None:
        """Work for a person: the file goes on being tried, but nobody would know that it waits."""
        document = {
            "kind": "undelivered_file",
            "submission_id": key.id,
            "partner": state.partner,
            "at": self._runtime.wall(),
            "claims": len(state.members),
            "code": fault.code,
            "reason": fault.message,
        }
        await self._runtime.store.note("quarantine", key.tenant, f"{key}/{fault.code}", document)
        self._runtime.log.warning("file_undelivered", tenant=key.tenant, submission_id=key.id, reason=fault.code)

    async def tell(self, key: Key, pending: Pending) -> ReportTold:
        """Tell every claim of the file that it was sent, or that its file was refused or withdrawn."""
        assert isinstance(pending.effect, TellClaims)
        state, effect = await self._submission(key), pending.effect
        messages = [_news(key, pending, state, effect, member) for member in state.members]
        await self._runtime.shell.transact(self._claim, messages)
        return ReportTold(
            meta=answer_meta(key, pending, self._runtime.clock), submission_id=key.id, telling=effect.telling
        )

    async def _submission(self, key: Key) -> Submission:
        return (await self._runtime.store.load(SUBMISSION, (key,)))[key].snapshot.state

    async def _join(self, key: Key, pending: Pending, state: Submission) -> list[Joined]:
        """The candidates that this file has won, in their order."""
        asked = [
            AssignSubmission(meta=_meta(key, pending, claim_id, "assign"), claim_id=claim_id, submission_id=key.id)
            for claim_id in state.candidates
        ]
        await self._runtime.shell.transact(self._claim, asked)
        claim_keys = [Key(key.tenant, claim_id) for claim_id in state.candidates]
        rows = await self._runtime.store.load(self._claim, claim_keys)
        states = (rows[claim_key].snapshot.state for claim_key in claim_keys)
        won = [one for one in states if one.status == "batched" and one.submission_id == key.id]
        return [joined for one in won if (joined := await self._open(key, pending, one)) is not None]

    async def _open(self, key: Key, pending: Pending, state: Claim) -> Joined | None:
        """The claim with its identity; None when it leaves the file: its key is gone, or it is kept from the plan."""
        assert state.content is not None
        assert state.identity is not None
        if state.kept_from_plan:  # since it joined this file
            await self._exclude(key, pending, state.claim_id, state.kept_from_plan[0])
            return None
        try:
            opened = await self._runtime.sealer.open(state.identity.sealed_identity)
        except SealBrokenError:
            message = "The identifiers of this claim cannot be opened any more: it can never be sent."
            await self._exclude(key, pending, state.claim_id, HoldReason(rule="seal", field="claim", message=message))
            return None
        identity = IDENTITY.validate_json(opened)
        claim = claim837_of(state.content, identity)
        return Joined(state, replace(claim, extras=(*claim.extras, *state.papers)), identity)

    async def _write(
        self, key: Key, pending: Pending, state: Submission, joined: Sequence[Joined]
    ) -> tuple[list[Joined], bytes]:
        """The file, and the claims in it. When X12 or paper cannot carry one of them, each is tried alone."""
        if not joined:
            return [], b""
        try:
            return list(joined), await asyncio.to_thread(self._bytes, key.tenant, state, joined)
        except (X12Error, PaperError):
            able = [one for one in joined if await self._may_be_written(key, pending, state, one)]
            return await self._write(key, pending, state, able)

    async def _may_be_written(self, key: Key, pending: Pending, state: Submission, one: Joined) -> bool:
        try:
            self._bytes(key.tenant, state, [one])
        except X12Error as error:
            finding = error.finding
            reason = HoldReason(rule="x12-writing", field=finding.segment_tag or "claim", message=finding.message)
            await self._exclude(key, pending, one.state.claim_id, reason)
            return False
        except PaperError as error:
            reason = HoldReason(rule="paper", field=error.box, message=error.message)
            await self._exclude(key, pending, one.state.claim_id, reason)
            return False
        return True

    def _bytes(self, tenant: str, state: Submission, joined: Sequence[Joined]) -> bytes:
        """The file: an 837, or one PDF of every claim's pages for a partner that takes paper."""
        if self._routing.partners[state.partner].transport == "paper":
            return self._printed(tenant, state, joined)
        return WRITERS[state.claim_type](self._batch(tenant, state, [one.claim for one in joined]))

    def _printed(self, tenant: str, state: Submission, joined: Sequence[Joined]) -> bytes:
        partner = self._routing.partners[state.partner]
        route = partner.paper
        assert route is not None
        assert state.created_at is not None
        sheet = preprinted(route.shift_right_mm, route.shift_down_mm) if route.preprinted else PLAIN
        pages = [
            page
            for one in joined
            if one.state.content is not None
            for page in paper_pages(one.state.content, one.identity, state.created_at.date())
        ]
        return paper_pdf(pages, state.created_at, sheet, test=partner.usage_of(tenant) == "T")

    async def _exclude(self, key: Key, pending: Pending, claim_id: str, reason: HoldReason) -> None:
        meta = _meta(key, pending, claim_id, "exclude")
        excluded = ExcludeClaim(meta=meta, claim_id=claim_id, submission_id=key.id, reason=reason)
        await self._runtime.shell.transact(self._claim, (excluded,))

    def _batch(self, tenant: str, state: Submission, claims: Sequence[Claim837]) -> Batch837:
        partner = self._routing.partners[state.partner]
        assert state.created_at is not None
        return Batch837(
            submitter=self._routing.submitter_of(tenant, state.partner),
            receiver=partner.receiver,
            interchange_control_number=state.interchange,
            group_control_number=state.group,
            at=state.created_at,
            claims=claims,
            usage=partner.usage_of(tenant),
            reference=reference_of(state.interchange),
        )


def reference_of(interchange: int) -> str:
    """BHT03 of our files: a 277CA quotes it, so that it finds its file."""
    return f"{interchange:09d}"


def _member(state: Claim) -> Member:
    content = state.content
    assert content is not None
    return Member(
        claim_id=state.claim_id,
        account_id=state.account_id,
        patient_control_number=content.patient_control_number,
        charge_cents=content.charge_cents or 0,
    )


def _meta(key: Key, pending: Pending, claim_id: str, step: str) -> Meta:
    return pending.cause.model_copy(
        update={
            "id": uuid5(pending.id, f"{step}/{claim_id}"),
            "tenant": key.tenant,
            "source": "claims",
            "subject": f"claim/{claim_id}",
            "sequence": 0,
            "causation": pending.id,
        }
    )


def _news(
    key: Key, pending: Pending, state: Submission, effect: TellClaims, member: Member
) -> RecordTransmission | RecordRefusal | ReturnClaim:
    meta = _meta(key, pending, member.claim_id, effect.telling)
    if effect.telling == "withdrawn":
        return ReturnClaim(meta=meta, claim_id=member.claim_id, submission_id=key.id)
    if effect.telling == "refused":
        return RecordRefusal(
            meta=meta, claim_id=member.claim_id, submission_id=key.id, stage=effect.stage, codes=effect.codes
        )
    assert state.delivered_at is not None
    return RecordTransmission(
        meta=meta,
        claim_id=member.claim_id,
        submission_id=key.id,
        interchange=state.interchange,
        group=state.group,
        transmitted_on=state.delivered_at.date(),
        file_claims=len(state.members),
        file_charge_cents=state.charge_cents,
    )
