"""Conversations with payers, kept sealed: requests and responses as they were, by check and attempt."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from shared.runtime import Runtime
from shared.store.port import Document
from shared.x12.eligibility import Inquiry270, read_270

COLLECTION = "conversations"
PAGE = 100


class Conversation(BaseModel):
    """Both sides, as X12; `answer` is empty when none came."""

    id: str
    at: datetime
    trace_number: str
    request: str
    answer: str


async def conversations_of(run: Runtime, tenant: str, check_id: str) -> list[tuple[str, datetime]]:
    """Name and time of every conversation of a check, oldest first."""
    found: list[tuple[str, datetime]] = []
    prefix, after = f"{check_id}/", f"{check_id}/"
    while page := await run.store.notes(COLLECTION, tenant, after, PAGE):
        own = [one for one in page if str(one["id"]).startswith(prefix)]
        found += [(str(one["id"]), one["at"]) for one in own]
        if len(own) < len(page):
            break
        after = str(page[-1]["id"])
    return sorted(found, key=lambda one: one[1])


async def conversation_of(run: Runtime, tenant: str, name: str) -> Conversation | None:
    """One conversation, opened; None when there is none. Raises SealBrokenError when its key is gone."""
    sides = await sides_of(run, tenant, name)
    if sides is None:
        return None
    at, request, answer = sides
    asked: Sequence[Any] = [one for one in read_270([request.encode()]) if isinstance(one, Inquiry270)]
    return Conversation(id=name, at=at, trace_number=asked[0].trace_number, request=request, answer=answer)


async def sides_of(run: Runtime, tenant: str, name: str) -> tuple[datetime, str, str] | None:
    """When something was asked, the request and the answer, opened, of whatever kind; None when there is no such."""
    note = await _note(run, tenant, name)
    if note is None:
        return None
    request = (await run.sealer.open(note["sealed_request"])).decode()
    return note["at"], request, (await run.sealer.open(note["sealed_answer"])).decode(errors="replace")


async def _note(run: Runtime, tenant: str, name: str) -> Document | None:
    """Notes are listed after an id: just before the name is a name with its last character cut off."""
    after: str | None = name[:-1]
    while page := await run.store.notes(COLLECTION, tenant, after, PAGE):
        for one in page:
            if one["id"] == name:
                return one
            if str(one["id"]) > name:
                return None
        after = str(page[-1]["id"])
    return None
