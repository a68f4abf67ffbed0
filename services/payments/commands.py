"""What every command over HTTP needs: one use of its key, its envelope, its line in the audit log."""

from typing import Any, TypeVar
from uuid import UUID

from fastapi import HTTPException
from pydantic import BaseModel

from shared.auth import Principal
from shared.contracts import Meta
from shared.decider import Decider
from shared.http import command_meta, first_use
from shared.runtime import Runtime
from shared.store.port import Key

S = TypeVar("S")


class Desk:
    """Whoever calls, with the one command that this request is."""

    def __init__(self, run: Runtime, caller: Principal, command_id: UUID) -> None:
        self.run, self.caller, self.command_id = run, caller, command_id

    @property
    def tenant(self) -> str:
        return self.caller.tenant

    def key(self, aggregate_id: str) -> Key:
        return Key(self.tenant, aggregate_id)

    def meta(self, kind: str, aggregate_id: str, key: str | None = None) -> Meta:
        """The envelope of the command to one aggregate."""
        subject = f"{kind}/{aggregate_id}"
        return command_meta(self.run, self.caller, "payments", self.command_id, subject, key or aggregate_id)

    async def note(self, action: str, subject: str, reason: str = "") -> None:
        await self.run.audit.record(self.caller, action, subject, reason)

    async def state(self, decider: Decider[S, Any, Any], aggregate_id: str) -> S:
        """What is known of one aggregate; 404 when there is none of this client."""
        return await known(self.run, self.caller, decider, aggregate_id)


async def once(run: Runtime, caller: Principal, key: str, what: str, content: BaseModel | str = "") -> Desk:
    """The desk for a command whose key is used for this content only; 422 when it was used for other content."""
    text = content if isinstance(content, str) else content.model_dump_json()
    digest = run.pseudonyms.of("req", caller.tenant, what, text)
    return Desk(run, caller, await first_use(run, caller, key, digest))


async def known(run: Runtime, caller: Principal, decider: Decider[S, Any, Any], aggregate_id: str) -> S:
    """The state of an aggregate of the caller's client; 404 when there is none."""
    key = Key(caller.tenant, aggregate_id)
    row = (await run.store.load(decider, (key,)))[key]
    if row.version == 0 or row.snapshot.state == decider.initial:
        raise HTTPException(404, f"no such {decider.kind.replace('_', ' ')}")
    return row.snapshot.state
