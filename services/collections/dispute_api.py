"""HTTP of disputes: taken in, proven, answered; also of balances that were paid or written off."""

from datetime import date
from typing import Any

from fastapi import APIRouter, HTTPException, Response

from services.collections.api import Accounts, Collector, Reader
from services.collections.core import Account
from services.collections.core.dispute_messages import (
    AddEvidence,
    DisputeKind,
    DisputeOutcome,
    DocumentKind,
    OpenDispute,
    ResolveDispute,
    SendVerification,
)
from services.collections.core.disputes import cannot_resolve, cannot_verify
from services.collections.core.person import DisputeRecord
from services.collections.packet import verification_packet
from services.collections.person_views import shown_dispute
from services.collections.ports import letterheads_of
from services.collections.telling import Reasoned, ShortId, known_account, told
from shared.contracts import PositiveCents
from shared.http import IdempotencyKey, Run
from shared.store.port import Key

disputing = APIRouter()


class DisputeBody(Reasoned):
    """A dispute as it came in; `disputed_cents` when it is about a part. `repeats` names an answered one."""

    kind: DisputeKind
    written: bool
    received_on: date
    disputed_cents: PositiveCents | None = None
    repeats: str = ""


class EvidenceBody(Reasoned):
    """A document by its id in the archive."""

    document_id: ShortId
    document: DocumentKind


class ResolutionBody(Reasoned):
    """How the dispute ends."""

    outcome: DisputeOutcome


@disputing.post("/accounts/{account_id}/disputes", status_code=201)
async def post_dispute(
    account_id: str, body: DisputeBody, run: Run, caller: Collector, accounts: Accounts, key: IdempotencyKey
) -> dict[str, Any]:
    """Take a dispute in: what it stops stops at once, and the person is told that it came."""
    account = await known_account(run, accounts, caller.tenant, account_id)
    if body.received_on > run.clock.now().date():
        raise HTTPException(422, "received_on: a dispute is taken in after it came")
    if body.repeats and account.debt.dispute(body.repeats) is None:
        raise HTTPException(404, "repeats: the account knows no such dispute")
    after, command_id = await told(
        run,
        caller,
        accounts,
        key,
        body,
        account_id,
        "dispute.open",
        lambda meta, given: OpenDispute(
            meta=meta, account_id=account_id, dispute_id=f"dsp_{given.hex[:16]}", **body.model_dump(exclude={"reason"})
        ),
    )
    return shown_dispute(_dispute(after, f"dsp_{command_id.hex[:16]}"))


@disputing.get("/accounts/{account_id}/disputes")
async def list_disputes(account_id: str, run: Run, caller: Reader, accounts: Accounts) -> list[dict[str, Any]]:
    """The disputes of an account, oldest first."""
    account = await known_account(run, accounts, caller.tenant, account_id)
    return [shown_dispute(one) for one in account.debt.disputes]


@disputing.post("/accounts/{account_id}/disputes/{dispute_id}/evidence", status_code=201)
async def post_evidence(
    account_id: str,
    dispute_id: str,
    body: EvidenceBody,
    run: Run,
    caller: Collector,
    accounts: Accounts,
    key: IdempotencyKey,
) -> dict[str, Any]:
    """Add a document to a dispute."""
    _dispute(await known_account(run, accounts, caller.tenant, account_id), dispute_id)
    after, _ = await told(
        run,
        caller,
        accounts,
        key,
        body,
        account_id,
        "dispute.evidence",
        lambda meta, _: AddEvidence(
            meta=meta,
            account_id=account_id,
            dispute_id=dispute_id,
            document_id=body.document_id,
            document=body.document,
        ),
    )
    return shown_dispute(_dispute(after, dispute_id))


@disputing.post("/accounts/{account_id}/disputes/{dispute_id}/verification", status_code=202)
async def post_verification(
    account_id: str,
    dispute_id: str,
    body: Reasoned,
    run: Run,
    caller: Collector,
    accounts: Accounts,
    key: IdempotencyKey,
) -> dict[str, Any]:
    """Send the verification and its packet; 409 with why, when nothing verifies the debt or it has gone out."""
    account = await known_account(run, accounts, caller.tenant, account_id)
    dispute = _dispute(account, dispute_id)
    after, command_id = await told(
        run,
        caller,
        accounts,
        key,
        body,
        account_id,
        "dispute.verify",
        lambda meta, _: SendVerification(meta=meta, account_id=account_id, dispute_id=dispute_id),
    )
    under_way = any((one.dispute_id, one.notice) == (dispute_id, "verification") for one in after.outgoing)
    if not under_way and _dispute(after, dispute_id).verified_on is None:
        reason = cannot_verify(account, dispute) or f"the gate allows no letter now: {after.work}"
        raise HTTPException(409, reason)
    return {**shown_dispute(_dispute(after, dispute_id)), "command_id": str(command_id)}


@disputing.post("/accounts/{account_id}/disputes/{dispute_id}/resolution", status_code=201)
async def post_resolution(
    account_id: str,
    dispute_id: str,
    body: ResolutionBody,
    run: Run,
    caller: Collector,
    accounts: Accounts,
    key: IdempotencyKey,
) -> dict[str, Any]:
    """Answer the dispute and tell the person; 409 with why, when it cannot be answered like this."""
    dispute = _dispute(await known_account(run, accounts, caller.tenant, account_id), dispute_id)
    after, _ = await told(
        run,
        caller,
        accounts,
        key,
        body,
        account_id,
        "dispute.resolve",
        lambda meta, _: ResolveDispute(meta=meta, account_id=account_id, dispute_id=dispute_id, outcome=body.outcome),
    )
    resolved = _dispute(after, dispute_id)
    if resolved.outcome != body.outcome:
        raise HTTPException(409, cannot_resolve(dispute, body.outcome))
    return shown_dispute(resolved)


@disputing.get("/accounts/{account_id}/disputes/{dispute_id}/packet", response_class=Response)
async def get_packet(account_id: str, dispute_id: str, run: Run, caller: Reader, accounts: Accounts) -> Response:
    """The verification packet as it would go out today."""
    account = await known_account(run, accounts, caller.tenant, account_id)
    _dispute(account, dispute_id)
    head = letterheads_of(run.settings).get(caller.tenant)
    if head is None:
        raise HTTPException(409, "the tenant has no letterhead")
    history = await run.store.history(accounts, Key(caller.tenant, account_id))
    facts = [entry.fact for entry in history]
    await run.audit.record(caller, "dispute.packet", f"collection/{account_id}")
    packet = verification_packet(head, account, facts, dispute_id, run.clock.now().date())
    return Response(packet, media_type="application/pdf")


def _dispute(account: Account, dispute_id: str) -> DisputeRecord:
    found = account.debt.dispute(dispute_id)
    if found is None:
        raise HTTPException(404, "the account knows no such dispute")
    return found
