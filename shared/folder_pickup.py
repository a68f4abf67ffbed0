"""Takes files out of `<exchange>/<tenant>/<folder>`: what a clearinghouse, a bank or an agency left there.

A file leaves its folder only after its bytes are stored and what it brings is kept; it then lies in `taken` beside the
others, or aside with its reason noted when it does not belong here. Nothing is ever deleted.
"""

import asyncio
from pathlib import Path
from uuid import UUID, uuid5

from shared.contracts import Meta
from shared.runtime import Runtime
from shared.sealed_files import Kept, SealedFiles

NAMESPACE = UUID("0b7d6a3e-5f34-5b0a-9a5e-2d3f6c1b8e90")
FILES_A_STEP = 50


class FolderPickup:
    """A loop over one folder of every tenant. Whoever writes there renames, so a file with its name is whole."""

    name = "files"
    kind = None
    folder = ""  # of a tenant; `*` in it stands for every folder there
    actor = ""
    source = ""

    def __init__(self, runtime: Runtime, exchange: Path, vault: SealedFiles) -> None:
        self._runtime, self._exchange, self._vault = runtime, exchange, vault

    async def step(self) -> int:
        """Take what lies there, oldest name first; how many files."""
        taken = 0
        for tenant, file in await asyncio.to_thread(self._present):
            taken += await self._try(tenant, file)
            if taken == FILES_A_STEP:
                break
        return taken

    async def pending(self) -> int:
        return len(await asyncio.to_thread(self._present))

    async def take(self, tenant: str, file: Path, kept: Kept) -> str:
        """Take in a file whose bytes are kept; the name of the folder where it lies from now on."""
        raise NotImplementedError

    async def note(self, tenant: str, name: str, kind: str, code: str, reason: str) -> None:
        """Say why something is not taken in, once."""
        document = {"kind": kind, "file_id": name, "at": self._runtime.wall(), "code": code, "reason": reason}
        await self._runtime.store.note("quarantine", tenant, name, document)

    def meta(self, tenant: str, kind: str, kept: Kept) -> Meta:
        """The envelope of a file's arrival; its id derives from tenant and content."""
        message_id = uuid5(NAMESPACE, f"{tenant}/{kept.file_id}")
        return Meta(
            id=message_id,
            tenant=tenant,
            occurred_at=self._runtime.clock.now(),
            source=self.source,
            subject=f"{kind}/{kept.file_id}",
            key=kept.file_id,
            correlation=message_id,
            actor=self.actor,
        )

    async def _try(self, tenant: str, file: Path) -> bool:
        """Whether a file was taken. The files behind one that is not go on."""
        try:
            await self._take(tenant, file)
        except FileNotFoundError:
            return False  # another process of this service was faster
        except PermissionError:
            await self._note_locked(tenant, file)
            return False
        return True

    async def _note_locked(self, tenant: str, file: Path) -> None:
        """It stays where it lies until somebody lets us read and move it."""
        document = {
            "kind": "locked_file",
            "at": self._runtime.wall(),
            "code": "FILE:locked",
            "reason": "The file may not be read or moved by this service: correct its permissions, and it is taken.",
        }
        await self._runtime.store.note("quarantine", tenant, str(uuid5(NAMESPACE, f"{tenant}/{file.name}")), document)

    async def _take(self, tenant: str, file: Path) -> None:
        kept = await self._vault.keep_file(tenant, file)
        aside = await self.take(tenant, file, kept)
        await asyncio.to_thread(move_aside, file, aside, f"{kept.file_id[5:17]}-{file.name}")
        self._runtime.log.info("file_taken", tenant=tenant, file_id=kept.file_id, kind=aside)

    def _present(self) -> list[tuple[str, Path]]:
        if not self._exchange.is_dir():
            return []
        return [
            (tenant.name, file)
            for tenant in sorted(self._exchange.iterdir())
            for folder in sorted(tenant.glob(self.folder))
            if folder.is_dir()
            for file in sorted(folder.iterdir())
            if file.is_file() and not file.name.startswith(".") and file.suffix != ".tmp"
        ]


def move_aside(file: Path, folder: str, name: str) -> None:
    """Beside where it lay; the same content under the same name lands on itself."""
    aside = file.parent / folder
    aside.mkdir(exist_ok=True)
    file.replace(aside / name)
