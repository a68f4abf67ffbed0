"""The audit log: every change by a person or a client, and every opening of sealed data, with who, when and why."""

from uuid import uuid4

from shared.auth import Principal
from shared.clock import Wall
from shared.store.port import Store


class Audit:
    """Appends to the tenant's audit log; nothing in it is an identifier of a patient."""

    def __init__(self, store: Store, wall: Wall) -> None:
        self._store, self._wall = store, wall

    async def record(self, who: Principal, action: str, subject: str, reason: str = "") -> None:
        """`action` is a verb such as `payment.post`; `subject` is `kind/id`."""
        at = self._wall()
        document = {"at": at, "actor": who.actor, "roles": sorted(who.roles), "action": action, "subject": subject}
        # Ids sort by time, so that the log reads in order.
        await self._store.note("audit", who.tenant, f"{at.isoformat()}/{uuid4()}", {**document, "reason": reason})
