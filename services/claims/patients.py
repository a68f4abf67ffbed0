"""Turns of patients' claims that arrive, taken before they are judged: see `core/turns.py`."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID, uuid5

from services.claims.core.content import ClaimContent
from services.claims.core.turns import TURNS, TakeTurn, Turns, slim
from shared.contracts import Meta
from shared.shell import Shell
from shared.store.port import Key, Store


class AtDoor(NamedTuple):
    """A claim that arrives, and its patient's pseudonym."""

    patient: str
    claim_id: str
    arrival: UUID
    content: ClaimContent


class Patients:
    """Gives turns."""

    def __init__(self, store: Store, shell: Shell) -> None:
        self._store, self._shell = store, shell

    async def turns(self, cause: Meta, at_door: Sequence[AtDoor]) -> dict[str, Turns]:
        """Each patient's turns, those of these arrivals among them. Safe to repeat: an arrival keeps its turn."""
        if not at_door:
            return {}
        await self._shell.transact(TURNS, [_wish(cause, one) for one in at_door])
        keys = {one.patient: Key(cause.tenant, one.patient) for one in at_door}
        rows = await self._store.load(TURNS, set(keys.values()))
        return {patient: rows[key].snapshot.state for patient, key in keys.items()}


def _wish(cause: Meta, one: AtDoor) -> TakeTurn:
    meta = cause.model_copy(
        update={
            "id": uuid5(one.arrival, "turn"),
            "source": "claims",
            "subject": f"patient/{one.patient}",
            "key": "unassigned",
            "sequence": 0,
            "causation": cause.id,
        }
    )
    return TakeTurn(
        meta=meta, patient=one.patient, claim_id=one.claim_id, arrival=one.arrival, content=slim(one.content)
    )
