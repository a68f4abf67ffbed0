"""HTTP of the eligibility service: checks and what is known of a claim's or an account's coverage."""

from datetime import datetime
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request

from services.eligibility.answers import answer_to
from services.eligibility.api_models import InquiryBody
from services.eligibility.core import Check, CheckFact, CheckMessage, RequestCheck
from services.eligibility.core.benefit_terms import Benefits
from services.eligibility.core.benefits import read_benefits
from services.eligibility.core.check import not_asked
from services.eligibility.core.check_messages import id_of
from services.eligibility.core.directory import Directory
from services.eligibility.policies import payer_directory
from services.eligibility.records import Conversation, conversation_of, conversations_of
from services.eligibility.rejections import advice
from services.eligibility.views import coverage_of, retry_at, shown, shown_history, shown_whole, why_unknown
from shared.auth import Principal
from shared.decider import Decider, Snapshot
from shared.http import IdempotencyKey, Run, allow, command_meta, first_use, running_of
from shared.identity import seal_model
from shared.overload import while_there_is_room
from shared.runtime import Runtime
from shared.sealed import SealBrokenError
from shared.store.port import Key

router = APIRouter()
Reader = Annotated[Principal, Depends(allow("biller", "operator", "auditor"))]
Biller = Annotated[Principal, Depends(allow("biller"))]
Limit = Annotated[int, Query(ge=1, le=200)]
CheckDecider = Decider[Check, CheckMessage, CheckFact]
CHECKS_OF_A_COVERAGE = 200


def checks_of(request: Request) -> CheckDecider:
    decider: CheckDecider = running_of(request).spec.deciders[0]
    return decider


Checks = Annotated[CheckDecider, Depends(checks_of)]


@cache
def directory() -> Directory:
    """The payer directory, read once; its terms are chosen by date."""
    return payer_directory()


Payers = Annotated[Directory, Depends(directory)]


@router.get("/checks")
async def checks(
    run: Run,
    caller: Reader,
    decider: Checks,
    *,
    status: str | None = None,
    account_id: str | None = None,
    coverage_id: str | None = None,
    after: str | None = None,
    limit: Limit = 50,
) -> list[dict[str, Any]]:
    """Coverage checks of the tenant, by id; filter by one of status, account or coverage."""
    given = {"status": status, "account_id": account_id, "coverage_id": coverage_id}
    where = {name: value for name, value in given.items() if value is not None}
    if len(where) > 1:
        raise HTTPException(422, "filter by one of status, account_id, coverage_id")
    found = await run.store.find(decider, caller.tenant, where, after, limit)
    return [{"id": key.id, **shown(check)} for key, check in found]


@router.post("/checks", status_code=202, dependencies=[while_there_is_room])
async def post_check(
    body: InquiryBody, run: Run, caller: Biller, key: IdempotencyKey, decider: Checks, payers: Payers
) -> dict[str, Any]:
    """Ask the payer now, as of the service date; a repeat of the key is the same request. The answer comes later.

    Without `identity` the coverage is asked about as it was before: 422 when it never was. 422 also when the payer
    takes no such inquiry, with what to do instead.
    """
    now = run.clock.now()
    if refusal := not_asked(payers.of(body.payer_id, now.date())):
        raise HTTPException(422, f"payer_id: {why_unknown(refusal)}")
    check_id = id_of(body.account_id, body.coverage_id, body.service_date)
    sealed = await _sealed_identity(run, caller, decider, body)
    command_id = await first_use(run, caller, key, f"check/{body.model_dump_json()}")
    command = RequestCheck(
        meta=command_meta(run, caller, "eligibility", command_id, f"check/{check_id}", body.account_id),
        request_id=f"req_{command_id.hex[:20]}",
        reason="person",
        sealed_subscriber=sealed,
        **body.model_dump(exclude={"identity"}),
    )
    await run.shell.transact_one(decider, command)
    await run.audit.record(caller, "check.request", f"check/{check_id}")
    snapshot = await _check(run, decider, caller.tenant, check_id)
    return {**shown_whole(check_id, snapshot, advice(now.date())), "request_id": command.request_id}


async def _sealed_identity(run: Runtime, caller: Principal, decider: CheckDecider, body: InquiryBody) -> str:
    if body.identity is not None:
        return await seal_model(run.sealer, caller.tenant, body.account_id, body.identity.identity())
    known = await run.store.find(decider, caller.tenant, {"coverage_id": body.coverage_id}, None, CHECKS_OF_A_COVERAGE)
    own = [check for _, check in known if check.account_id == body.account_id]
    if not own:
        raise HTTPException(422, "identity: this coverage was never asked about here; say who is insured")
    return max(own, key=lambda check: check.service_date).sealed_subscriber


@router.get("/checks/{check_id}")
async def get_check(check_id: str, run: Run, caller: Reader, decider: Checks) -> dict[str, Any]:
    """One check: coverage as far as it is known, why it is not, and when the payer is asked again."""
    snapshot = await _check(run, decider, caller.tenant, check_id)
    return shown_whole(check_id, snapshot, advice(run.clock.now().date()))


@router.get("/checks/{check_id}/benefits")
async def get_benefits(check_id: str, run: Run, caller: Biller, decider: Checks, payers: Payers) -> Benefits:
    """The payer's last answer as typed benefits, each EB with all it said. Each look is in the audit log."""
    benefits = await benefits_of(run, caller, decider, payers, check_id)
    await run.audit.record(caller, "benefits.read", f"check/{check_id}")
    return benefits


async def benefits_of(
    run: Runtime, caller: Principal, decider: CheckDecider, payers: Directory, check_id: str
) -> Benefits:
    """The benefits of the check's last answer; 404 when there is none, 410 when its key is gone."""
    check = (await _check(run, decider, caller.tenant, check_id)).state
    if check.outcome is None or check.outcome.conversation is None:
        raise HTTPException(404, "the payer has not answered this check")
    said = await _conversation(run, caller.tenant, check.outcome.conversation)
    answer = answer_to(said.answer.encode(), said.trace_number)
    if answer is None:
        raise HTTPException(404, "the payer's answer could not be read: look at the conversation itself")
    return read_benefits(answer, check.service_date, payers.of(check.payer_id, said.at.date()))


@router.get("/checks/{check_id}/conversations")
async def list_conversations(check_id: str, run: Run, caller: Reader, decider: Checks) -> list[dict[str, Any]]:
    """Every request of a check with its answer, oldest first, by name and time."""
    await _check(run, decider, caller.tenant, check_id)
    return [{"id": name, "at": at} for name, at in await conversations_of(run, caller.tenant, check_id)]


@router.get("/checks/{check_id}/conversations/{effect}/{attempt}")
async def get_conversation(
    check_id: str, effect: str, attempt: str, run: Run, caller: Biller, decider: Checks
) -> Conversation:
    """Both sides of one conversation, as X12. Each look is in the audit log."""
    await _check(run, decider, caller.tenant, check_id)
    said = await _conversation(run, caller.tenant, f"{check_id}/{effect}/{attempt}")
    await run.audit.record(caller, "conversation.read", f"check/{check_id}")
    return said


@router.get("/coverages/{coverage_id}")
async def get_coverage(coverage_id: str, run: Run, caller: Reader, decider: Checks) -> dict[str, Any]:
    """What is known of a coverage, for each date asked about, newest first; unknown where nobody can tell, and why."""
    found = await _of_coverage(run, decider, caller.tenant, coverage_id)
    rows: list[dict[str, Any]] = [
        {
            "check_id": check_id,
            "service_date": one.state.service_date,
            "payer_id": one.state.payer_id,
            **coverage_of(one.state),
            "retry_at": retry_at(one.effects),
        }
        for check_id, one in found
    ]
    return {"coverage_id": coverage_id, "dates": sorted(rows, key=lambda row: row["service_date"], reverse=True)}


@router.get("/coverages/{coverage_id}/history")
async def coverage_history(coverage_id: str, run: Run, caller: Reader, decider: Checks) -> list[dict[str, Any]]:
    """Every answer and failed attempt about a coverage, oldest first."""
    said = advice(run.clock.now().date())
    history: list[dict[str, Any]] = []
    for check_id, _ in await _of_coverage(run, decider, caller.tenant, coverage_id):
        entries = await run.store.history(decider, Key(caller.tenant, check_id))
        history += shown_history(check_id, entries, said)
    return sorted(history, key=_when)


def _when(entry: dict[str, Any]) -> datetime:
    at: datetime = entry["at"]
    return at


async def _of_coverage(
    run: Runtime, decider: CheckDecider, tenant: str, coverage_id: str
) -> list[tuple[str, Snapshot[Check]]]:
    found = await run.store.find(decider, tenant, {"coverage_id": coverage_id}, None, CHECKS_OF_A_COVERAGE)
    if not found:
        raise HTTPException(404, "no such coverage here")
    rows = await run.store.load(decider, [key for key, _ in found])
    return [(key.id, row.snapshot) for key, row in rows.items()]


async def _check(run: Runtime, decider: CheckDecider, tenant: str, check_id: str) -> Snapshot[Check]:
    key = Key(tenant, check_id)
    row = (await run.store.load(decider, (key,)))[key]
    if row.version == 0:
        raise HTTPException(404, "no such check here")
    return row.snapshot


async def _conversation(run: Runtime, tenant: str, name: str) -> Conversation:
    try:
        found = await conversation_of(run, tenant, name)
    except SealBrokenError:
        raise HTTPException(410, "this conversation was shredded") from None
    if found is None:
        raise HTTPException(404, "no such conversation here")
    return found
