"""Remittance files, sealed piece by piece: patient data never lies in the store in the clear."""

import hashlib
from collections.abc import AsyncIterator
from typing import NamedTuple

from shared.sealed import Sealer
from shared.store.port import Store

PIECE_BYTES = 256 * 1024
FOLDER = "remittances"


class Kept(NamedTuple):
    """A stored file: its id is the hash of its content, so a copy under another name is the same file."""

    file_id: str
    size_bytes: int


class RemittanceVault:
    """Keeps files as sealed blobs, named by their content."""

    def __init__(self, store: Store, sealer: Sealer) -> None:
        self._store, self._sealer = store, sealer

    async def keep(self, tenant: str, content: bytes) -> Kept:
        """Store a file; the same content again replaces itself."""
        file_id = f"file_{hashlib.sha256(content).hexdigest()}"
        await self._store.put_blob(tenant, f"{FOLDER}/{file_id}", self._sealed(tenant, content))
        return Kept(file_id, len(content))

    async def read(self, tenant: str, file_id: str) -> list[bytes]:
        """A stored file's bytes, in pieces; KeyError when there is none."""
        pieces = self._store.read_blob(tenant, f"{FOLDER}/{file_id}")
        return [await self._sealer.open(piece.decode()) async for piece in pieces]

    async def _sealed(self, tenant: str, content: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(content), PIECE_BYTES):
            sealed = await self._sealer.seal(tenant, FOLDER, content[start : start + PIECE_BYTES])
            yield sealed.encode()
