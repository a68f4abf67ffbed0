"""HTTP of the X12 behind a claim: the part of each file that is about it, and nothing of its neighbours.

It names the patient, so it is for billers, and each look is in the audit log.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias

from fastapi import APIRouter, Depends

from services.claims import ack_performer, file_performer, submission_performer
from services.claims.api import Here, claim_here
from services.claims.core import ACK_FILE, INTAKE_FILE, SUBMISSION, Claim
from services.claims.parts import Parts
from shared.auth import Principal
from shared.http import Run, allow
from shared.runtime import Runtime
from shared.store.port import Key
from shared.x12.excerpt import excerpt, shown_part
from shared.x12.findings import X12Error

Biller = Annotated[Principal, Depends(allow("biller"))]
What: TypeAlias = Literal["received", "sent", "acknowledgement"]
FILES_MAX = 20
"""Of one claim; one that is fought over for years has a dozen."""

router = APIRouter()


class Named(NamedTuple):
    """A file that a claim came in, left with or was answered by."""

    what: What
    file_id: str
    folder: str


@router.get("/claims/{claim_id}/x12")
async def x12(claim_id: str, run: Run, caller: Biller, parts: Here, what: What | None = None) -> list[dict[str, Any]]:
    """The claim's part of each X12 file that holds it, oldest first; `what` picks a direction.

    `parts` are segments as they stood, or how many of other claims were left out there. A file of another form (a
    sheet, FHIR, HL7), or whose bytes are gone, comes with `problem` instead.
    """
    state = await claim_here(run, parts, caller.tenant, claim_id)
    assert state.content is not None
    named = [one for one in files_of(state) if what in {None, one.what}][:FILES_MAX]
    await run.audit.record(caller, "claim.x12.read", f"claim/{claim_id}")
    number = state.content.patient_control_number
    return [await _shown(run, parts, caller.tenant, one, number) for one in named]


def files_of(state: Claim) -> Iterable[Named]:
    """Each file once, in the order of the claim's life."""
    origin = state.origin.partition("/")[0]
    if origin.startswith("file_"):
        yield Named("received", origin, file_performer.FOLDER)
    for submission_id in dict.fromkeys(state.submissions):
        yield Named("sent", submission_id, submission_performer.FOLDER)
    acks = (ack.ack_id.partition("/")[0] for ack in (*state.acks, *state.early_acks))
    for file_id in dict.fromkeys(acks):
        yield Named("acknowledgement", file_id, ack_performer.FOLDER)


async def _shown(run: Runtime, parts: Parts, tenant: str, named: Named, number: str) -> dict[str, Any]:
    row: dict[str, Any] = {"what": named.what, "file_id": named.file_id, **await _about(run, tenant, named)}
    try:
        pieces = [piece async for piece in parts.vault.read(tenant, named.folder, named.file_id)]
        found = await asyncio.to_thread(excerpt, pieces, number)
    except KeyError:
        return {**row, "parts": [], "problem": "its bytes are not kept any more"}
    except X12Error:
        return {**row, "parts": [], "problem": "it is no X12: it came in another form"}
    if not found:
        return {**row, "parts": [], "problem": "it answers for the whole file, or names the claim otherwise"}
    return {**row, "parts": [shown_part(part) for part in found], "problem": ""}


async def _about(run: Runtime, tenant: str, named: Named) -> Mapping[str, Any]:
    """Of which kind a file is, and its day."""
    key = Key(tenant, named.file_id)
    if named.what == "sent":
        sent = (await run.store.load(SUBMISSION, (key,)))[key].snapshot.state
        return {"kind": f"837{sent.claim_type}", "day": sent.created_at.date() if sent.created_at else None}
    if named.what == "received":
        taken = (await run.store.load(INTAKE_FILE, (key,)))[key].snapshot.state
        return {"kind": taken.form, "day": taken.registered_on}
    answer = (await run.store.load(ACK_FILE, (key,)))[key].snapshot.state
    return {"kind": answer.extension, "day": answer.registered_on}
