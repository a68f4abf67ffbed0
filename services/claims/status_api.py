"""HTTP of claim status: what payers said, across patients and claim by claim, what is overdue, and asking now."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from services.claims.core.inquiry_codes import AnswerKind, words_of
from services.claims.core.watch import WatchDecider
from services.claims.core.watch_file import FileWatch, FileWatchDecider
from services.claims.core.watch_messages import AskNow, CloseRequest, Reported, WatchMessage, WishRefused
from services.claims.core.watch_state import Watch
from shared.auth import Principal
from shared.http import Body, IdempotencyKey, Run, allow, command_meta, first_use, running_of
from shared.runtime import Runtime
from shared.store.port import Key

Reader = Annotated[Principal, Depends(allow("biller", "operator", "auditor"))]
Biller = Annotated[Principal, Depends(allow("biller"))]
Limit = Annotated[int, Query(ge=1, le=200)]

router = APIRouter()


class Sent(Body):
    """What a person did about a payer's request, in words that name nobody."""

    reason: str = Field(min_length=3, max_length=200)


def watch_of(request: Request) -> WatchDecider:
    return next(one for one in running_of(request).spec.deciders if one.kind == "watch")


def file_watch_of(request: Request) -> FileWatchDecider:
    return next(one for one in running_of(request).spec.deciders if one.kind == "file_watch")


Watches = Annotated[WatchDecider, Depends(watch_of)]
FileWatches = Annotated[FileWatchDecider, Depends(file_watch_of)]


class Wanted(BaseModel):
    """Which claims: each field that is given narrows the list."""

    model_config = ConfigDict(extra="forbid")

    payer: str | None = None
    category: str | None = Field(default=None, pattern="^[A-Z][0-9]{1,2}$", description="STC01-1, such as F2.")
    code: str | None = Field(default=None, description="A whole category:status or category:status:entity as received.")
    answer: AnswerKind | None = None
    stage: Literal["claim", "remittance", "over"] | None = None
    overdue: Literal["claim", "remittance"] | None = None
    wants_information: bool = Field(default=False, description="Only those whose payer waits for information.")
    after: str | None = Field(default=None, description="The last claim id of the page before.")
    limit: int = Field(default=50, ge=1, le=200)

    def where(self) -> dict[str, str | bool]:
        """As the index names them."""
        given = self.model_dump(exclude={"after", "limit"}, exclude_defaults=True)
        return {"payer_id" if name == "payer" else name: value for name, value in given.items()}


@router.get("/claim-status")
async def claim_status(
    run: Run, caller: Reader, watches: Watches, wanted: Annotated[Wanted, Query()]
) -> list[dict[str, Any]]:
    """Claims that were sent, of all patients, by what their payer said last and what is awaited; by claim id."""
    found = await run.store.find(watches, caller.tenant, wanted.where(), wanted.after, wanted.limit)
    return [shown_watch(state) for _, state in found]


@router.get("/claims/{claim_id}/inquiries")
async def inquiries(claim_id: str, run: Run, caller: Reader, watches: Watches) -> dict[str, Any]:
    """A claim's status with the payer, and every answer that came, oldest first."""
    state = await _watch(run, watches, caller.tenant, claim_id)
    entries = await run.store.history(watches, Key(caller.tenant, claim_id))
    told = [reported for entry in entries if isinstance(reported := getattr(entry.fact, "reported", None), Reported)]
    return {**shown_watch(state), "history": [shown_report(one) for one in told]}


@router.post("/claims/{claim_id}/inquiries", status_code=202)
async def ask_now(claim_id: str, run: Run, caller: Biller, key: IdempotencyKey, watches: Watches) -> dict[str, Any]:
    """Ask the payer now. The answer comes into the claim's inquiries; the same Idempotency-Key is the same question."""
    state = await _watch(run, watches, caller.tenant, claim_id)
    command_id = await first_use(run, caller, key, f"inquire/{claim_id}")
    meta = command_meta(run, caller, "claims", command_id, f"watch/{claim_id}", state.account_id)
    await run.audit.record(caller, "claim.inquire", f"claim/{claim_id}")
    return await _wish(run, watches, AskNow(meta=meta, claim_id=claim_id))


@router.post("/claims/{claim_id}/information-sent")
async def information_sent(
    claim_id: str, body: Sent, run: Run, caller: Biller, key: IdempotencyKey, watches: Watches
) -> dict[str, Any]:
    """The payer was sent what it asked for: its request is closed, until it asks for something else."""
    state = await _watch(run, watches, caller.tenant, claim_id)
    command_id = await first_use(run, caller, key, f"information/{claim_id}/{body.reason}")
    meta = command_meta(run, caller, "claims", command_id, f"watch/{claim_id}", state.account_id)
    await run.audit.record(caller, "claim.information-sent", f"claim/{claim_id}", body.reason)
    return await _wish(run, watches, CloseRequest(meta=meta, claim_id=claim_id))


@router.get("/overdue-files")
async def overdue_files(
    run: Run, caller: Reader, watches: FileWatches, *, after: str | None = None, limit: Limit = 50
) -> list[dict[str, Any]]:
    """Outbound files for which neither TA1 nor 999 came in time, by id."""
    found = await run.store.find(watches, caller.tenant, {"overdue": True}, after, limit)
    return [shown_file_watch(state) for _, state in found]


async def _watch(run: Runtime, watches: WatchDecider, tenant: str, claim_id: str) -> Watch:
    key = Key(tenant, claim_id)
    state = (await run.store.load(watches, (key,)))[key].snapshot.state
    if not state.claim_id:
        raise HTTPException(404, "no such claim was sent from here")
    return state


REFUSALS = {
    "not_sent": "the claim was never sent",
    "already_asked": "the payer is being asked already: wait for its answer",
    "payer_takes_none": "this payer takes no inquiries: look in its portal, or call",
    "on_paper": "the claim went out on paper: call the payer",
    "no_request": "the payer asked for nothing, or the request is closed",
}


async def _wish(run: Runtime, watches: WatchDecider, command: WatchMessage) -> dict[str, Any]:
    decided = await run.shell.transact_one(watches, command)
    for fact in decided.facts:
        if isinstance(fact, WishRefused):
            raise HTTPException(409, REFUSALS[fact.reason])
    return shown_watch(decided.snapshot.state)


def shown_watch(state: Watch) -> dict[str, Any]:
    """A sent claim: what is awaited, what was missed, what the payer said last and wants."""
    last = state.reports[-1] if state.reports else None
    return {
        "claim_id": state.claim_id,
        "account_id": state.account_id,
        "patient_control_number": state.patient_control_number,
        "payer_id": state.payer_id,
        "charge_cents": state.charge_cents,
        "submission_id": state.submission_id,
        "awaits": state.stage if state.waits else None,
        "since": state.since,
        "expected_by": state.expected_by,
        "rule": state.rule,
        "overdue": state.overdue,
        "inquire_at": state.inquire_at,
        "asked_at": state.inquiry.asked_at if state.inquiry else None,
        "status": _status(state),
        "last": shown_report(last) if last else None,
        "information_request": state.request.model_dump() if state.request else None,
    }


def _status(state: Watch) -> dict[str, Any] | None:
    status = state.status
    return None if status is None else {**status.model_dump(exclude={"source"}), "says": words_of(status.category)}


def shown_report(reported: Reported) -> dict[str, Any]:
    """One answer, or why there is none."""
    status = reported.status
    says = words_of(status.category) if status else PROBLEMS[reported.problem or "unanswered"]
    return {
        "number": reported.number,
        "at": reported.at,
        "asked_by": reported.by,
        "says": says,
        "problem": reported.problem,
        "status": status.model_dump(exclude={"source"}) if status else None,
    }


PROBLEMS = {
    "unavailable": "the payer did not answer in time, or refused to: it is asked again",
    "unreadable": "the payer's answer cannot be read; it is kept",
    "no_match": "the payer's answer is about no claim of ours, or about several: it is kept",
    "unanswered": "no answer came to the file of inquiries: it is asked again",
    "unreadable_claim": "the claim's identifiers cannot be opened any more, so nobody can be asked",
}


def shown_file_watch(state: FileWatch) -> dict[str, Any]:
    """A file that nobody acknowledged."""
    return {
        "submission_id": state.submission_id,
        "partner": state.partner,
        "sent_at": state.sent_at,
        "expected_by": state.expected_by,
        "rule": state.rule,
        "answers": [one.model_dump() for one in state.answers],
    }
