"""HTTP of what people put on a claim: tags, notes and an owner (feature C10)."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException
from pydantic import Field, StringConstraints

from services.claims.api import Biller, Here, claim_here
from services.claims.core import Claim
from services.claims.core.claim_messages import ClaimMessage
from services.claims.core.claim_notes import (
    NOTES_MAX,
    TAG_PATTERN,
    TAGS_MAX,
    AssignClaimOwner,
    ClaimNoted,
    NoteClaim,
    TagClaim,
)
from services.claims.parts import Parts
from services.claims.views import shown_claim
from shared.auth import Principal
from shared.contracts import Meta
from shared.http import Body, IdempotencyKey, Run, command_meta, first_use
from shared.runtime import Runtime
from shared.store.port import Key

Tag = Annotated[str, StringConstraints(pattern=TAG_PATTERN)]
router = APIRouter()


class TagsBody(Body):
    """Tags to add and to take away: small letters, digits and hyphens; they lie in the clear and name nobody."""

    add: Annotated[tuple[Tag, ...], Field(max_length=TAGS_MAX)] = ()
    remove: Annotated[tuple[Annotated[str, Field(max_length=40)], ...], Field(max_length=TAGS_MAX)] = ()


class NoteBody(Body):
    """A note in a person's words; it is sealed, and may name the patient."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]


class OwnerBody(Body):
    """Who answers for the claim; nobody without a name."""

    owner: Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)] = ""


@router.post("/claims/{claim_id}/tags")
async def tag(
    claim_id: str, body: TagsBody, run: Run, caller: Biller, key: IdempotencyKey, parts: Here
) -> dict[str, Any]:
    """Add tags and take some away; one that a rule set stays away until a person adds it."""
    state = await claim_here(run, parts, caller.tenant, claim_id)
    left = {*state.tags, *body.add} - (set(body.remove) - set(body.add))
    if len(left) > TAGS_MAX:
        raise HTTPException(409, f"a claim has at most {TAGS_MAX} tags: take some away")
    meta = await _meta(run, caller, key, state, f"tags/{claim_id}/{body.model_dump_json()}")
    return await _told(
        run, parts, caller, TagClaim(meta=meta, claim_id=claim_id, add=body.add, remove=body.remove), "tag"
    )


@router.post("/claims/{claim_id}/owner")
async def own(
    claim_id: str, body: OwnerBody, run: Run, caller: Biller, key: IdempotencyKey, parts: Here
) -> dict[str, Any]:
    """Say who answers for the claim; `GET /claims?owner=` lists what somebody has."""
    state = await claim_here(run, parts, caller.tenant, claim_id)
    meta = await _meta(run, caller, key, state, f"owner/{claim_id}/{body.owner}")
    return await _told(run, parts, caller, AssignClaimOwner(meta=meta, claim_id=claim_id, owner=body.owner), "own")


@router.post("/claims/{claim_id}/notes", status_code=201)
async def note(
    claim_id: str, body: NoteBody, run: Run, caller: Biller, key: IdempotencyKey, parts: Here
) -> dict[str, Any]:
    """Write a note. It lies sealed, and is read by billers only."""
    state = await claim_here(run, parts, caller.tenant, claim_id)
    if not state.may_be_noted:
        raise HTTPException(409, f"a claim has at most {NOTES_MAX} notes")
    digest = run.pseudonyms.of("req", caller.tenant, "note", claim_id, body.text)
    meta = await _meta(run, caller, key, state, digest)
    sealed = await run.sealer.seal(caller.tenant, state.account_id, body.text.encode())
    return await _told(run, parts, caller, NoteClaim(meta=meta, claim_id=claim_id, sealed_text=sealed), "note")


@router.get("/claims/{claim_id}/notes")
async def notes(claim_id: str, run: Run, caller: Biller, parts: Here) -> list[dict[str, Any]]:
    """The notes of a claim, oldest first, with who wrote them when. Each look is in the audit log."""
    await claim_here(run, parts, caller.tenant, claim_id)
    await run.audit.record(caller, "claim.notes.read", f"claim/{claim_id}")
    history = await run.store.history(parts.claim, Key(caller.tenant, claim_id))
    return [
        {
            "at": entry.meta.occurred_at,
            "actor": entry.meta.actor,
            "text": (await run.sealer.open(entry.fact.sealed_text)).decode(),
        }
        for entry in history
        if isinstance(entry.fact, ClaimNoted)
    ]


async def _meta(run: Runtime, caller: Principal, key: str, state: Claim, digest: str) -> Meta:
    command_id = await first_use(run, caller, key, digest)
    return command_meta(run, caller, "claims", command_id, f"claim/{state.claim_id}", state.account_id or "unassigned")


async def _told(run: Runtime, parts: Parts, caller: Principal, message: ClaimMessage, action: str) -> dict[str, Any]:
    decided = await run.shell.transact_one(parts.claim, message)
    state = decided.snapshot.state
    await run.audit.record(caller, f"claim.{action}", f"claim/{state.claim_id}")
    return shown_claim(state)
