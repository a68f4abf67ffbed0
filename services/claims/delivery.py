"""How a file gets to its partner: into a folder, over SFTP, over HTTP, or as pages to print.

Every way may be repeated: a file that lies at the partner with the same bytes is delivered. What a way cannot vouch for
is a `NotDeliveredError`, and the file is not counted as sent.
"""

import asyncio
import hashlib
from collections.abc import Iterable
from pathlib import Path

import httpx

from services.claims.routing import HttpRoute, Partner
from services.claims.sftp import listed, upload

SENT = range(200, 300)
UNREACHABLE = "HTTP:unreachable"


class DeliveryConflictError(Exception):
    """A file of this name with other bytes lies in the partner's folder: somebody else wrote it."""


class NotDeliveredError(Exception):
    """The partner does not have the file: a code, and what a person may do about it. Never a secret or a value."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


async def deliver(partner: Partner, folder: Path, submission_id: str, content: bytes, suffix: str = ".837") -> None:
    """Hand a file over; `folder` is the tenant's in the exchange, `suffix` ends the file's name.

    Raises `NotDeliveredError`, or `DeliveryConflictError` where another file has its name.
    """
    match partner.transport:
        case "folder":
            await asyncio.to_thread(hand_over, folder, f"{submission_id}{suffix}", content)
        case "sftp":
            assert partner.sftp is not None
            fault = await upload(partner.sftp, f"{submission_id}{suffix}", content)
            if fault is not None:
                raise NotDeliveredError(*fault)
        case "http":
            assert partner.http is not None
            await _post(partner.http, submission_id, content)
        case "paper":
            desk = folder / "paper" / partner.id
            await asyncio.to_thread(hand_over, desk, f"{submission_id}.pdf", content)


async def may_lie_there(
    partner: Partner, folder: Path, submission_id: str, content: bytes, fault: str | None, suffix: str = ".837"
) -> bool:
    """Whether a file whose delivery was begun may be at its partner; True where nobody can tell.

    `fault` is the code of the last `NotDeliveredError`; None when nothing is known of any try.
    """
    match partner.transport:
        case "folder":
            return await asyncio.to_thread(lies_there, folder, f"{submission_id}{suffix}", content)
        case "paper":
            return await asyncio.to_thread(lies_there, folder / "paper" / partner.id, f"{submission_id}.pdf", content)
        case "sftp":
            assert partner.sftp is not None
            return await listed(partner.sftp, f"{submission_id}{suffix}") is not False
        case "http":  # an answer that refused it is an answer; silence is not
            return fault in (None, UNREACHABLE)


async def _post(route: HttpRoute, submission_id: str, content: bytes) -> None:
    headers = {
        "Content-Type": "application/edi-x12",
        "Idempotency-Key": submission_id,
        "X-Content-SHA256": hashlib.sha256(content).hexdigest(),
    }
    if route.token_file is not None:
        token = await asyncio.to_thread(route.token_file.read_text)
        headers["Authorization"] = f"Bearer {token.strip()}"
    try:
        async with httpx.AsyncClient(timeout=route.timeout_seconds) as client:
            answer = await client.post(route.url, content=content, headers=headers)
    except httpx.HTTPError as error:
        reason = f"The partner's address did not answer ({type(error).__name__}): the file is sent again."
        raise NotDeliveredError(UNREACHABLE, reason) from None
    if answer.status_code not in SENT:
        reason = f"The partner answered {answer.status_code}: look the status up with the partner."
        raise NotDeliveredError(f"HTTP:{answer.status_code}", reason)


def hand_over(folder: Path, name: str, content: bytes) -> None:
    """Write the file under its final name in one step, unless it was written before.

    The partner moves what it takes from `to_payer` to `taken`, and may put a number before its name there.
    """
    outbox = folder / "to_payer"
    outbox.mkdir(parents=True, exist_ok=True)
    if lies_there(folder, name, content):
        return
    draft = outbox / f".{name}.tmp"
    draft.write_bytes(content)
    draft.replace(outbox / name)


def lies_there(folder: Path, name: str, content: bytes) -> bool:
    """Whether the partner has the file, or took it. `DeliveryConflictError` where another file has its name."""
    return _is_there((folder / "to_payer" / name, *(folder / "taken").glob(f"*{name}")), content)


def _is_there(places: Iterable[Path], content: bytes) -> bool:
    for place in places:
        try:
            found = place.read_bytes()
        except FileNotFoundError:
            continue
        if found != content:
            msg = f"{place.parent.name}/{place.name} holds other bytes than the submission: move it away"
            raise DeliveryConflictError(msg)
        return True
    return False
