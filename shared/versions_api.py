"""HTTP of a record's versions: who changed which field from what to what, and the record as it was then."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request

from shared.auth import Principal, Role
from shared.decider import Decider, Entry
from shared.http import Run, allow, running_of
from shared.runtime import Runtime
from shared.store.port import Key
from shared.versions import version_of, versions

Limit = Annotated[int, Query(ge=1, le=200, description="Versions of a page.")]
After = Annotated[int, Query(ge=0, description="The last version of the page before.")]
Found = tuple[Decider[Any, Any, Any], list[Entry[Any]]]


def versions_router(kind: str, path: str, *roles: Role) -> APIRouter:
    """The versions of one kind of record, below its own path, which ends in its id: `/claims/{claim_id}`."""
    made = APIRouter(tags=["versions"])
    id_here = Path(alias=path.rpartition("/")[2].strip("{}"))
    who = Depends(allow(*roles))

    @made.get(f"{path}/versions")
    async def all_versions(
        record_id: Annotated[str, id_here],
        request: Request,
        run: Run,
        caller: Annotated[Principal, who],
        *,
        after: After = 0,
        limit: Limit = 50,
    ) -> dict[str, Any]:
        """Each step of the record, oldest first: who, when, what, and each changed field with both its values."""
        return await _page(request, run, Key(caller.tenant, record_id), kind, after, limit)

    @made.get(f"{path}/versions/{{number}}")
    async def one_version(
        record_id: Annotated[str, id_here], number: int, request: Request, run: Run, caller: Annotated[Principal, who]
    ) -> dict[str, Any]:
        """The record as it was after its step `number`. What lies sealed says so, and no more."""
        return await _one(request, run, Key(caller.tenant, record_id), kind, number)

    return made


router = APIRouter(tags=["versions"])
Auditor = Annotated[Principal, Depends(allow("auditor"))]


@router.get("/versions/{kind}/{record_id}")
async def versions_of_any(
    kind: str, record_id: str, request: Request, run: Run, caller: Auditor, *, after: After = 0, limit: Limit = 50
) -> dict[str, Any]:
    """As the versions of a claim, for any kind of record that keeps its history here."""
    return await _page(request, run, Key(caller.tenant, record_id), kind, after, limit)


@router.get("/versions/{kind}/{record_id}/{number}")
async def version_of_any(
    kind: str, record_id: str, number: int, request: Request, run: Run, caller: Auditor
) -> dict[str, Any]:
    """A record of any kind as it was after its step `number`."""
    return await _one(request, run, Key(caller.tenant, record_id), kind, number)


async def _page(request: Request, run: Runtime, key: Key, kind: str, after: int, limit: int) -> dict[str, Any]:
    decider, entries = await _history(request, run, key, kind)
    shown = [
        {**one._asdict(), "changes": [change._asdict() for change in one.changes]}
        for one in versions(decider, entries, after, limit)
    ]
    return {"kind": kind, "id": key.id, "versions_total": entries[-1].number, "versions": shown}


async def _one(request: Request, run: Runtime, key: Key, kind: str, number: int) -> dict[str, Any]:
    decider, entries = await _history(request, run, key, kind)
    record = version_of(decider, entries, number)
    if record is None:
        raise HTTPException(404, f"this record has the versions 1 to {entries[-1].number}")
    entry = next(one for one in reversed(entries) if one.number <= number)
    at, actor = entry.meta.occurred_at, entry.meta.actor
    return {"kind": kind, "id": key.id, "version": number, "at": at, "actor": actor, "record": record}


async def _history(request: Request, run: Runtime, key: Key, kind: str) -> Found:
    """The record's decider and journal; 404 for what is not here, or keeps none."""
    deciders = running_of(request).spec.deciders
    decider = next((one for one in deciders if one.kind == kind and one.keeps_history), None)
    entries = [] if decider is None else list(await run.store.history(decider, key))
    if decider is None or not entries:
        raise HTTPException(404, "no such record with a history here")
    return decider, entries
