"""What is new, as it comes: a stream of server-sent events that says that something was handled, and never what.

Whoever hears it asks for the page again, with the rights the person has at that moment. So nothing of a patient is in
the stream, and one that was opened before a role was taken away shows nothing afterwards.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from services.console.session import READERS, Visitor, visitor
from shared.audit_edge import without_patients
from shared.http import Run

router = APIRouter(include_in_schema=False)
LOOK_SECONDS = 0.5
TOLD_AT_LEAST_SECONDS = 15.0
"""Another process of the console may have handled something: without news of our own, one is told to look again."""
LASTS_SECONDS = 300.0
"""Then the browser connects anew, and its token is looked at again."""
RETRY_MS = 2000


class Counting(Protocol):
    """What grows whenever something was handled."""

    handled: int


@router.get("/news")
@without_patients
async def news(request: Request, run: Run, _: Annotated[Visitor, Depends(visitor(*READERS))]) -> StreamingResponse:
    """`event: news` whenever this process handled something, and now and then; for some minutes."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream_of(request, run.shell), media_type="text/event-stream", headers=headers)


async def stream_of(request: Request, shell: Counting) -> AsyncIterator[str]:
    """The stream's text. The first line tells the browser how soon to come back."""
    yield f"retry: {RETRY_MS}\n\n"
    seen, lasted, silent = shell.handled, 0.0, 0.0
    while lasted < LASTS_SECONDS and not await request.is_disconnected():
        await asyncio.sleep(LOOK_SECONDS)
        lasted, silent = lasted + LOOK_SECONDS, silent + LOOK_SECONDS
        if shell.handled != seen or silent >= TOLD_AT_LEAST_SECONDS:
            seen, silent = shell.handled, 0.0
            yield "event: news\ndata:\n\n"
