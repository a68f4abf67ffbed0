"""Files of others, kept to the byte and sealed piece by piece: patient data never lies in the store in the clear."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import NamedTuple

from shared.sealed import Sealer
from shared.store.port import Store

PIECE_BYTES = 256 * 1024


class Kept(NamedTuple):
    """A stored file: its id is the hash of its content, so a copy under another name is the same file."""

    file_id: str
    size_bytes: int


class SealedFiles:
    """Keeps files as sealed blobs, named by their content."""

    def __init__(self, store: Store, sealer: Sealer, folder: str) -> None:
        self._store, self._sealer, self._folder = store, sealer, folder

    async def keep(self, tenant: str, content: bytes) -> Kept:
        """Store a file; the same content again replaces itself."""
        file_id = f"file_{hashlib.sha256(content).hexdigest()}"
        await self._store.put_blob(tenant, f"{self._folder}/{file_id}", self._sealed(tenant, content))
        return Kept(file_id, len(content))

    async def keep_file(self, tenant: str, file: Path) -> Kept:
        """Store a file from its folder, a piece at a time; OSError when it cannot be read."""
        digest, size_bytes = await asyncio.to_thread(_digest, file)
        file_id = f"file_{digest}"
        await self._store.put_blob(tenant, f"{self._folder}/{file_id}", self._sealed_file(tenant, file, digest))
        return Kept(file_id, size_bytes)

    async def read(self, tenant: str, file_id: str) -> list[bytes]:
        """A stored file's bytes, in pieces; KeyError when there is none."""
        return [piece async for piece in self.stream(tenant, file_id)]

    async def stream(self, tenant: str, file_id: str) -> AsyncGenerator[bytes]:
        """A stored file's bytes, a piece at a time; KeyError when there is none."""
        async for piece in self._store.read_blob(tenant, f"{self._folder}/{file_id}"):
            yield await self._sealer.open(piece.decode())

    async def _sealed(self, tenant: str, content: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(content), PIECE_BYTES):
            sealed = await self._sealer.seal(tenant, self._folder, content[start : start + PIECE_BYTES])
            yield sealed.encode()

    async def _sealed_file(self, tenant: str, file: Path, digest: str) -> AsyncIterator[bytes]:
        stored = hashlib.sha256()
        with await asyncio.to_thread(file.open, "rb") as opened:
            while piece := await asyncio.to_thread(opened.read, PIECE_BYTES):
                stored.update(piece)
                yield (await self._sealer.seal(tenant, self._folder, piece)).encode()
        if stored.hexdigest() != digest:
            msg = "the file changed while it was read; it is read again"
            raise OSError(msg)


def _digest(file: Path) -> tuple[str, int]:
    """SHA-256 and size of a file."""
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256")
        return digest.hexdigest(), opened.tell()
