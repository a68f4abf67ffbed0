"""HTTP of appeals: open a level while its time runs, gather evidence, write the packet, say what became of it."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Depends, Header, HTTPException, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import Field

from services.claims.appeal_performer import ATTACHED_BYTES_MAX, FOLDER, packet_name
from services.claims.core import Claim
from services.claims.core.appeal import (
    APPEAL,
    AddEvidence,
    Appeal,
    AppealMessage,
    AppealOutcome,
    AppealRefused,
    Evidence,
    EvidenceKind,
    Method,
    OpenAppeal,
    RecordAnswer,
    SubmitAppeal,
    WritePacket,
)
from services.claims.core.claim_deadlines import Running
from services.claims.core.claim_state import open_deadlines
from services.claims.core.work_messages import ClaimNamed
from services.claims.vault import FileTooLargeError, FileVault
from shared.auth import Principal
from shared.contracts import Meta
from shared.decider import Decider
from shared.http import Body, IdempotencyKey, Run, allow, command_meta, first_use, running_of
from shared.overload import while_there_is_room
from shared.runtime import Runtime
from shared.store.port import Key

Reader = Annotated[Principal, Depends(allow("biller", "operator", "auditor"))]
Worker = Annotated[Principal, Depends(allow("biller"))]
FileName = Annotated[str, Header(alias="X-File-Name", max_length=255)]
EVIDENCE_PATH = "/evidence"
ACCEPTING = frozenset({"A1", "A2"})
AnyClaim: TypeAlias = Decider[Claim, Any, Any]

router = APIRouter()


class Reference(Body):
    """A piece of evidence that is no file of ours: its kind, its day, and where it is found, in codes or numbers."""

    kind: EvidenceKind
    on: date
    reference: str = Field(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9_.:/ #-]+$")


class Submission(Body):
    """How and when it went; the payer's or carrier's reference number is kept sealed."""

    method: Method
    submitted_on: date
    reference: str | None = Field(default=None, min_length=1, max_length=100)


class AnswerBody(Body):
    """What the payer answered; `withdrawn` where it was taken back."""

    outcome: AppealOutcome
    decided_on: date


def claims_of(request: Request) -> AnyClaim:
    """The claim's decider."""
    found: AnyClaim = next(one for one in running_of(request).spec.deciders if one.kind == "claim")
    return found


Claims = Annotated[AnyClaim, Depends(claims_of)]


@router.get("/appeals")
async def appeals(
    run: Run,
    caller: Reader,
    *,
    status: str | None = None,
    claim: str | None = None,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[dict[str, Any]]:
    """Appeals of the tenant, by id; filter by status or claim."""
    given = {"status": status, "claim_id": claim}
    where = {name: value for name, value in given.items() if value is not None}
    return [shown_appeal(state) for _, state in await run.store.find(APPEAL, caller.tenant, where, after, limit)]


@router.get("/appeals/{appeal_id}")
async def appeal(appeal_id: str, run: Run, caller: Reader) -> dict[str, Any]:
    """One appeal with its evidence."""
    return shown_appeal(await _appeal(run, caller.tenant, appeal_id))


@router.post("/claims/{claim_id}/appeals", status_code=201)
async def open_appeal(claim_id: str, run: Run, caller: Worker, key: IdempotencyKey, claims: Claims) -> dict[str, Any]:
    """Open the level whose time runs. The claim's acknowledgements and the remittance are its first evidence."""
    stored = (await run.store.load(claims, (Key(caller.tenant, claim_id),)))[Key(caller.tenant, claim_id)]
    state = stored.snapshot.state
    if not state.claim_id:
        raise HTTPException(404, "no such claim here")
    level = next((one for one in open_deadlines(state) if one.kind == "appeal"), None)
    opened = await _already_open(run, caller, state) if level is None else None
    if opened is not None:
        return shown_appeal(opened)
    if level is None:
        raise HTTPException(409, _no_level(state))
    appeal_id = f"{claim_id}.{level.level}"
    meta = await _meta(run, caller, key, appeal_id, f"open/{appeal_id}")
    return await _ask(run, caller, _opening(meta, appeal_id, state, level), "appeal.open")


async def _already_open(run: Runtime, caller: Principal, state: Claim) -> Appeal | None:
    """The claim's appeal that is under way, where one is: a repeat finds it."""
    found = await run.store.find(APPEAL, caller.tenant, {"claim_id": state.claim_id, "status": "submitted"}, None, 1)
    return found[0][1] if found else None


def _no_level(state: Claim) -> str:
    if state.status == "rejected":
        return "a claim that was returned unread has no appeal: mend it and send it anew"
    if state.status != "denied":
        return "nothing of this claim is denied: there is nothing to appeal"
    return "no level of appeal is open: the last one was used, or too little is in dispute for the next"


def _opening(meta: Meta, appeal_id: str, state: Claim, level: Running) -> OpenAppeal:
    last = state.remittances[-1]
    assert state.content is not None
    return OpenAppeal(
        meta=meta,
        appeal_id=appeal_id,
        named=ClaimNamed(
            account_id=state.account_id,
            claim_id=state.claim_id,
            patient_control_number=state.content.patient_control_number,
            payer_id=state.content.payer_id,
        ),
        level=level.level,
        category=last.adjudication.category if last.adjudication else "unspecified",
        disputed_cents=last.denied_cents,
        reasons=tuple(f"{one.group}-{one.reason}" for one in last.reasons),
        decided_on=last.payment_date,
        deadline_on=level.on,
        deadline_rule=level.rule,
        explanation=level.explanation,
        evidence=evidence_of(state),
    )


def evidence_of(state: Claim) -> tuple[Evidence, ...]:
    """What the claim has kept: its 277CA acknowledgements, those in time as proof of timely filing; the remittance."""
    acks = [
        Evidence(
            kind="acknowledgement",
            on=ack.received_on,
            reference=f"277CA {ack.category}",
            detail=" ".join(ack.codes),
            proves_timely_filing=(
                ack.category in ACCEPTING and state.deadline_on is not None and ack.received_on <= state.deadline_on
            ),
        )
        for ack in state.acks
    ]
    last = state.remittances[-1] if state.remittances else None
    if last is None:
        return tuple(acks)
    remark_codes = last.adjudication.remark_codes if last.adjudication else ()
    remitted = Evidence(
        kind="remittance", on=last.payment_date, reference=last.remittance_id[:40], detail=" ".join(remark_codes)
    )
    return (*acks, remitted)


@router.post("/appeals/{appeal_id}/references")
async def add_reference(
    appeal_id: str, body: Reference, run: Run, caller: Worker, key: IdempotencyKey
) -> dict[str, Any]:
    """Name a piece of evidence that goes another way."""
    meta = await _meta(run, caller, key, appeal_id, f"reference/{body.model_dump_json()}")
    evidence = Evidence(kind=body.kind, on=body.on, reference=body.reference)
    return await _ask(run, caller, AddEvidence(meta=meta, appeal_id=appeal_id, evidence=evidence), "appeal.evidence")


@router.post(EVIDENCE_PATH, dependencies=[while_there_is_room])
async def upload_evidence(
    request: Request,
    run: Run,
    caller: Worker,
    key: IdempotencyKey,
    *,
    appeal_id: str,
    kind: EvidenceKind,
    on: date,
    name: FileName,
) -> dict[str, Any]:
    """Upload a record as the request's body, up to 25 MB; it is sealed piece by piece, and its name too."""
    await _appeal(run, caller.tenant, appeal_id)
    vault = FileVault(run.store, run.sealer)
    try:
        kept = await vault.keep(caller.tenant, FOLDER, request.stream(), bytes_max=ATTACHED_BYTES_MAX)
    except FileTooLargeError as error:
        raise HTTPException(413, str(error)) from None
    if kept.size == 0:
        raise HTTPException(422, "the body is empty: send the file as the request's body")
    meta = await _meta(run, caller, key, appeal_id, f"evidence/{kind}/{on}/{kept.sha256}")
    evidence = Evidence(
        kind=kind,
        on=on,
        reference=f"file {kept.sha256[:12]}",
        file_id=kept.file_id,
        sealed_name=await run.sealer.seal(caller.tenant, FOLDER, name.encode()),
    )
    return await _ask(run, caller, AddEvidence(meta=meta, appeal_id=appeal_id, evidence=evidence), "appeal.evidence")


@router.post("/appeals/{appeal_id}/packet", status_code=202)
async def write_packet(appeal_id: str, run: Run, caller: Worker, key: IdempotencyKey) -> dict[str, Any]:
    """Have the letter and the packet written; GET the appeal until its status is `written`."""
    meta = await _meta(run, caller, key, appeal_id, "packet")
    return await _ask(run, caller, WritePacket(meta=meta, appeal_id=appeal_id), "appeal.packet")


@router.get("/appeals/{appeal_id}/packet")
async def packet(appeal_id: str, run: Run, caller: Worker) -> StreamingResponse:
    """The packet (ZIP). Each look is in the audit log."""
    return await _file(run, caller, appeal_id, "zip", "application/zip")


@router.get("/appeals/{appeal_id}/letter")
async def letter(appeal_id: str, run: Run, caller: Worker) -> StreamingResponse:
    """The letter (PDF). Each look is in the audit log."""
    return await _file(run, caller, appeal_id, "pdf", "application/pdf")


@router.post("/appeals/{appeal_id}/submit")
async def submit(appeal_id: str, body: Submission, run: Run, caller: Worker, key: IdempotencyKey) -> dict[str, Any]:
    """Say how and when it went to the payer."""
    meta = await _meta(run, caller, key, appeal_id, f"submit/{body.model_dump_json()}")
    sealed = await run.sealer.seal(caller.tenant, FOLDER, body.reference.encode()) if body.reference else None
    command = SubmitAppeal(
        meta=meta,
        appeal_id=appeal_id,
        method=body.method,
        submitted_on=body.submitted_on,
        sealed_reference=sealed,
    )
    return await _ask(run, caller, command, "appeal.submit")


@router.post("/appeals/{appeal_id}/answer")
async def answer(appeal_id: str, body: AnswerBody, run: Run, caller: Worker, key: IdempotencyKey) -> dict[str, Any]:
    """Say what the payer answered; the next level, where there is one, is open from that day."""
    meta = await _meta(run, caller, key, appeal_id, f"answer/{body.model_dump_json()}")
    command = RecordAnswer(meta=meta, appeal_id=appeal_id, outcome=body.outcome, decided_on=body.decided_on)
    return await _ask(run, caller, command, "appeal.answer")


def shown_appeal(state: Appeal) -> dict[str, Any]:
    """An appeal as people see it; nothing sealed leaves."""
    return {
        "appeal_id": state.appeal_id,
        "claim_id": state.named.claim_id if state.named else "",
        "payer_id": state.named.payer_id if state.named else "",
        "status": state.status,
        "level": state.level,
        "category": state.category,
        "disputed_cents": state.disputed_cents,
        "reasons": state.reasons,
        "decided_on": state.decided_on,
        "deadline_on": state.deadline_on,
        "deadline_rule": state.deadline_rule,
        "explanation": state.explanation,
        "evidence": [one.model_dump(exclude={"sealed_name"}) for one in state.evidence],
        "packet": state.packet.model_dump(exclude={"type"}) if state.packet else None,
        "method": state.method,
        "submitted_on": state.submitted_on,
        "outcome": state.outcome,
        "answered_on": state.answered_on,
    }


async def _file(run: Runtime, caller: Principal, appeal_id: str, suffix: str, media: str) -> StreamingResponse:
    state = await _appeal(run, caller.tenant, appeal_id)
    if state.packet is None:
        raise HTTPException(404, "no packet was written yet")
    await run.audit.record(caller, f"appeal.{suffix}.read", f"appeal/{appeal_id}")
    name = packet_name(appeal_id, state.packets, suffix)

    async def content() -> AsyncIterator[bytes]:
        async for piece in FileVault(run.store, run.sealer).read(caller.tenant, FOLDER, name):
            yield piece

    return StreamingResponse(content(), media_type=media)


async def _meta(run: Runtime, caller: Principal, key: str, appeal_id: str, request: str) -> Meta:
    digest = run.pseudonyms.of("req", caller.tenant, appeal_id, request)
    command_id = await first_use(run, caller, key, digest)
    return command_meta(run, caller, "claims", command_id, f"appeal/{appeal_id}", appeal_id)


async def _appeal(run: Runtime, tenant: str, appeal_id: str) -> Appeal:
    state = (await run.store.load(APPEAL, (Key(tenant, appeal_id),)))[Key(tenant, appeal_id)].snapshot.state
    if state.status == "absent":
        raise HTTPException(404, "no such appeal here")
    return state


async def _ask(run: Runtime, caller: Principal, command: AppealMessage, action: str) -> dict[str, Any]:
    if not isinstance(command, OpenAppeal):
        await _appeal(run, caller.tenant, command.appeal_id)
    await run.audit.record(caller, action, f"appeal/{command.appeal_id}")
    decided = await run.shell.transact_one(APPEAL, command)
    for fact in decided.facts:
        if isinstance(fact, AppealRefused):
            raise HTTPException(409, fact.because)
    return shown_appeal(decided.snapshot.state)
