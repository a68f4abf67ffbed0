"""HTTP of papers for claims: attach a document, see where each one is, answer a payer's request."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Depends, Header, HTTPException, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from services.claims.attachment_rules import HEAD_BYTES, AttachmentTerms, attachment_book, form_of
from services.claims.core import Claim
from services.claims.core.papers import PAPERS, Papers
from services.claims.core.papers_messages import (
    AttachPaper,
    Form,
    MarkSent,
    Paper,
    PapersMessage,
    PapersRefused,
    SendAgain,
    SendAnswer,
)
from services.claims.core.watch import WatchDecider
from services.claims.core.watch_messages import CloseRequest, InformationRequest
from services.claims.core.work_messages import ClaimNamed
from services.claims.papers_performer import FOLDER
from services.claims.status_api import watch_of
from services.claims.vault import FileTooLargeError, FileVault, Kept
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
ATTACHMENTS_PATH = "/attachments"
AnyClaim: TypeAlias = Decider[Claim, Any, Any]

router = APIRouter()


class Offered(BaseModel):
    """What a document is: `report_type` is PWK01, `control_number` PWK06, `line` the REF*6R of a service line."""

    model_config = ConfigDict(extra="forbid")

    claim_id: str
    report_type: str = Field(pattern="^[A-Z0-9]{2}$")
    control_number: str | None = Field(default=None, min_length=1, max_length=50, pattern=r"^[A-Za-z0-9-]+$")
    answers: bool = Field(default=False, description="It answers the payer's open request.")
    line: str = Field(default="", max_length=50)


class Sent(Body):
    """Nothing to say: the path names what was sent."""


def claims_of(request: Request) -> AnyClaim:
    """The claim's decider."""
    found: AnyClaim = next(one for one in running_of(request).spec.deciders if one.kind == "claim")
    return found


Claims = Annotated[AnyClaim, Depends(claims_of)]
Watches = Annotated[WatchDecider, Depends(watch_of)]


@router.post(ATTACHMENTS_PATH, status_code=201, dependencies=[while_there_is_room])
async def attach(
    request: Request,
    run: Run,
    caller: Worker,
    key: IdempotencyKey,
    claims: Claims,
    watches: Watches,
    offered: Annotated[Offered, Query()],
    name: FileName,
) -> dict[str, Any]:
    """Attach a document: the request's body, as its payer takes it. It is sealed piece by piece, and its name too.

    `control_number` is the PWK06 that the claim came with; without one it gets a number of ours, and the claim names
    it. `answers`: it answers the payer's open request instead.
    """
    claim_id = offered.claim_id
    claim = await _claim(run, claims, caller.tenant, claim_id)
    assert claim.content is not None
    terms = attachment_book().of(claim.content.payer_id, run.clock.now().date())
    trace = None
    if offered.answers:
        trace = _trace(await _request_of(run, watches, caller.tenant, claim_id), claim)
    elif not terms.unsolicited:
        raise HTTPException(409, "this payer takes papers only in answer to its own requests (`answers=true`)")
    kept, form = await _keep(request, run, caller.tenant, terms)
    said = f"{offered.model_dump_json()}/{kept.sha256}/{trace}"
    meta = await _meta(run, caller, key, claim, f"attach/{said}")
    papers = await _papers(run, caller.tenant, claim_id)
    beside = sum(one.answers == trace for one in papers.papers)
    if beside >= terms.documents_max and meta.id not in papers.commands:
        raise HTTPException(409, f"this payer takes at most {terms.documents_max} papers at a time")
    command = AttachPaper(
        meta=meta,
        claim_id=claim_id,
        named=_named(claim),
        charge_cents=max(claim.content.charge_cents or 0, 0),
        control_number=offered.control_number or f"A{meta.id.hex[:14].upper()}",
        report_type=offered.report_type,
        form=form,
        size=kept.size,
        sha256=kept.sha256,
        file_id=kept.file_id,
        sealed_name=await run.sealer.seal(caller.tenant, FOLDER, name.encode()),
        route=terms.route,
        answers=trace,
        line_control_number=offered.line,
    )
    return await _ask(run, caller, command, "claim.attach")


async def _keep(request: Request, run: Runtime, tenant: str, terms: AttachmentTerms) -> tuple[Kept, Form]:
    """The body, sealed; refused where it is too large, empty, or of a form the payer does not take."""
    head = bytearray()

    async def watched() -> AsyncIterator[bytes]:
        async for piece in request.stream():
            if len(head) < HEAD_BYTES:
                head.extend(piece[: HEAD_BYTES - len(head)])
            yield piece

    vault = FileVault(run.store, run.sealer)
    try:
        kept = await vault.keep(tenant, FOLDER, watched(), bytes_max=terms.document_bytes_max)
    except FileTooLargeError as error:
        raise HTTPException(413, f"{error}: this payer takes no larger document") from None
    form = form_of(bytes(head))
    if form is None or form not in terms.forms:
        taken = ", ".join(sorted(terms.forms))
        raise HTTPException(415, f"the body is none of what this payer takes ({taken}), whatever its name says")
    return kept, form


@router.get("/claims/{claim_id}/attachments")
async def attachments(claim_id: str, run: Run, caller: Reader, claims: Claims) -> dict[str, Any]:
    """A claim's papers and where each is, and every sending with its acknowledgement."""
    await _claim(run, claims, caller.tenant, claim_id)
    return shown_papers(await _papers(run, caller.tenant, claim_id))


@router.get("/attachments")
async def attachments_to_do(
    run: Run,
    caller: Reader,
    *,
    by_hand: bool = False,
    refused: bool = False,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[dict[str, Any]]:
    """Claims with papers, by id; only those with papers that go by hand, or that were refused."""
    where = {name: True for name, wanted in (("by_hand", by_hand), ("refused", refused)) if wanted}
    found = await run.store.find(PAPERS, caller.tenant, where, after, limit)
    return [{"claim_id": key.id, **shown_papers(state)} for key, state in found]


@router.post("/claims/{claim_id}/information-requests/answer", status_code=202)
async def answer_request(
    claim_id: str, run: Run, caller: Worker, key: IdempotencyKey, claims: Claims, watches: Watches
) -> dict[str, Any]:
    """Send what was attached in answer to the payer's open request, under its number, and close the request."""
    claim = await _claim(run, claims, caller.tenant, claim_id)
    trace_of_old = await _answered(run, caller, key, claim)
    if trace_of_old is not None:
        return trace_of_old
    wanted = await _request_of(run, watches, caller.tenant, claim_id)
    meta = await _meta(run, caller, key, claim, f"answer/{claim_id}")
    command = SendAnswer(
        meta=meta,
        claim_id=claim_id,
        trace=_trace(wanted, claim),
        questions=wanted.questions,
        due_on=wanted.due_on,
    )
    shown = await _ask(run, caller, command, "claim.answer-request")
    closing = meta.model_copy(update={"subject": f"watch/{claim_id}"})
    await run.shell.transact_one(watches, CloseRequest(meta=closing, claim_id=claim_id))
    return shown


async def _answered(run: Runtime, caller: Principal, key: str, claim: Claim) -> dict[str, Any] | None:
    """A repeat of the command that sent the answer: the request it answered is closed by now."""
    meta = await _meta(run, caller, key, claim, f"answer/{claim.claim_id}")
    papers = await _papers(run, caller.tenant, claim.claim_id)
    return shown_papers(papers) if meta.id in papers.commands else None


@router.post("/claims/{claim_id}/attachments/sendings/{number}/sent")
async def mark_sent(
    claim_id: str, number: int, _: Sent, run: Run, caller: Worker, key: IdempotencyKey, claims: Claims
) -> dict[str, Any]:
    """Say that papers which go by portal, mail or fax are sent."""
    claim = await _claim(run, claims, caller.tenant, claim_id)
    if number < 1:
        raise HTTPException(404, "sendings are counted from 1")
    meta = await _meta(run, caller, key, claim, f"sent/{claim_id}/{number}")
    return await _ask(run, caller, MarkSent(meta=meta, claim_id=claim_id, number=number), "claim.papers-sent")


@router.post("/claims/{claim_id}/attachments/sendings/{number}/again", status_code=202)
async def send_again(
    claim_id: str, number: int, _: Sent, run: Run, caller: Worker, key: IdempotencyKey, claims: Claims
) -> dict[str, Any]:
    """Send once more what was refused, or could not be written."""
    claim = await _claim(run, claims, caller.tenant, claim_id)
    if number < 1:
        raise HTTPException(404, "sendings are counted from 1")
    meta = await _meta(run, caller, key, claim, f"again/{claim_id}/{number}")
    return await _ask(run, caller, SendAgain(meta=meta, claim_id=claim_id, number=number), "claim.papers-again")


def shown_papers(state: Papers) -> dict[str, Any]:
    """Papers as people see them; no name of a document and nothing sealed leaves."""
    return {
        "papers": [_shown_paper(one) for one in state.papers],
        "sendings": [one.model_dump(exclude={"acks", "sha256"}) for one in state.sendings],
    }


def _shown_paper(one: Paper) -> dict[str, Any]:
    return one.model_dump(exclude={"sealed_name", "file_id", "announced_at"})


async def _request_of(run: Runtime, watches: WatchDecider, tenant: str, claim_id: str) -> InformationRequest:
    """The payer's open request about the claim; 409 where there is none."""
    key = Key(tenant, claim_id)
    state = (await run.store.load(watches, (key,)))[key].snapshot.state
    if state.request is None or not state.wants_information:
        raise HTTPException(409, "the payer asks for nothing, or its request is closed")
    return state.request


def _trace(wanted: InformationRequest, claim: Claim) -> str:
    """The payer's number of its request; of one that came as a status (277), its number of the claim."""
    trace = wanted.trace or claim.payer_claim_control_number
    if not trace:
        raise HTTPException(409, "the payer gave no number to answer under: send the papers in its portal, or call it")
    return trace


def _named(claim: Claim) -> ClaimNamed:
    assert claim.content is not None
    return ClaimNamed(
        account_id=claim.account_id,
        claim_id=claim.claim_id,
        patient_control_number=claim.content.patient_control_number,
        payer_id=claim.content.payer_id,
    )


async def _claim(run: Runtime, claims: AnyClaim, tenant: str, claim_id: str) -> Claim:
    key = Key(tenant, claim_id)
    state = (await run.store.load(claims, (key,)))[key].snapshot.state
    if not state.claim_id or state.content is None:
        raise HTTPException(404, "no such claim here")
    return state


async def _papers(run: Runtime, tenant: str, claim_id: str) -> Papers:
    key = Key(tenant, claim_id)
    return (await run.store.load(PAPERS, (key,)))[key].snapshot.state


async def _meta(run: Runtime, caller: Principal, key: str, claim: Claim, request: str) -> Meta:
    digest = run.pseudonyms.of("req", caller.tenant, claim.claim_id, request)
    command_id = await first_use(run, caller, key, digest)
    return command_meta(run, caller, "claims", command_id, f"papers/{claim.claim_id}", claim.account_id)


async def _ask(run: Runtime, caller: Principal, command: PapersMessage, action: str) -> dict[str, Any]:
    assert isinstance(command, AttachPaper | SendAnswer | MarkSent | SendAgain)
    await run.audit.record(caller, action, f"claim/{command.claim_id}")
    decided = await run.shell.transact_one(PAPERS, command)
    for fact in decided.facts:
        if isinstance(fact, PapersRefused):
            raise HTTPException(409, fact.because)
    return shown_papers(decided.snapshot.state)
