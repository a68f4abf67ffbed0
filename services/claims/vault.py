"""Whole files, sealed piece by piece as they come in: patient data never lies in the store in the clear."""

import hashlib
import tempfile
from collections.abc import AsyncIterable, AsyncIterator
from typing import IO, NamedTuple

from services.claims.senders import NOBODY, Sender, sender_of
from shared.sealed import Sealer
from shared.store.port import Store

PIECE_BYTES = 256 * 1024
SPOOL_BYTES = 8 * 1024 * 1024


class Kept(NamedTuple):
    """A stored file: its id (a digest of tenant and content), its length in bytes, its own SHA-256, and who sent it."""

    file_id: str
    size: int
    sha256: str
    sender: Sender = NOBODY


class FileTooLargeError(ValueError):
    """More bytes than the caller allowed."""


class FileVault:
    """Keeps files as sealed blobs, named by their content."""

    def __init__(self, store: Store, sealer: Sealer) -> None:
        self._store, self._sealer = store, sealer

    async def keep(
        self, tenant: str, folder: str, chunks: AsyncIterable[bytes], *, bytes_max: int | None = None
    ) -> Kept:
        """Store a file of unknown content under its own id; FileTooLargeError past `bytes_max`.

        The pieces are sealed before they are spooled, because the name is known only at the end.
        """
        content, named = hashlib.sha256(), hashlib.sha256(tenant.encode() + b"\0")
        size, sender = 0, NOBODY
        with tempfile.SpooledTemporaryFile(SPOOL_BYTES) as spool:
            async for piece in pieces(chunks):
                sender = sender_of(piece) if not size else sender
                size += len(piece)
                if bytes_max is not None and size > bytes_max:
                    msg = f"the file is larger than {bytes_max} bytes"
                    raise FileTooLargeError(msg)
                content.update(piece)
                named.update(piece)
                spool.write((await self._sealer.seal(tenant, folder, piece)).encode() + b"\n")
            spool.seek(0)
            kept = Kept(f"file_{named.hexdigest()}", size, content.hexdigest(), sender)
            await self._store.put_blob(tenant, f"{folder}/{kept.file_id}", _lines(spool))
        return kept

    async def put(self, tenant: str, folder: str, name: str, content: bytes) -> None:
        """Store a file under a given name; the same name again replaces it."""

        async def sealed() -> AsyncIterator[bytes]:
            async for piece in pieces(_once(content)):
                yield (await self._sealer.seal(tenant, folder, piece)).encode()

        await self._store.put_blob(tenant, f"{folder}/{name}", sealed())

    async def read(self, tenant: str, folder: str, name: str) -> AsyncIterator[bytes]:
        """A stored file's bytes, piece by piece; KeyError when there is none."""
        async for sealed in self._store.read_blob(tenant, f"{folder}/{name}"):
            yield await self._sealer.open(sealed.decode())


async def pieces(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in pieces of one size, so that one seal covers many small network reads."""
    held = bytearray()
    async for chunk in chunks:
        held += chunk
        while len(held) >= PIECE_BYTES:
            yield bytes(held[:PIECE_BYTES])
            del held[:PIECE_BYTES]
    if held:
        yield bytes(held)


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _lines(spool: IO[bytes]) -> AsyncIterator[bytes]:
    for line in spool:
        yield line.rstrip(b"\n")
