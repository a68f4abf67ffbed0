"""Takes files out of folders: dropped 837s, and acknowledgements that the clearinghouse left.

A file leaves its folder only after its bytes are stored and its reading is scheduled; it then lies in `taken` beside
them, or in `quarantine` when its name says that it does not belong here. Nothing is ever deleted.

Tenants take turns. Dropped files of a tenant whose quota is used up, or of which enough wait to be read, lie where they
are until there is room.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, cast
from uuid import UUID, uuid5

from services.claims.core import ACK_FILE, INTAKE_FILE
from services.claims.core.ack_file import AckForm, RegisterAcks
from services.claims.core.intake_file import RegisterFile
from services.claims.forms import FORMS, form_of
from services.claims.quota import by_turns
from services.claims.quotas import Quotas, quota_time, unread_room
from services.claims.tenants import Tenants
from services.claims.vault import PIECE_BYTES, FileVault, Kept
from shared.contracts import Meta
from shared.runtime import Runtime

NAMESPACE = UUID("c7f0a5b4-1f6d-5f0c-8a63-70e1f3f6c9d2")
FILES_A_STEP = 50
UNFINISHED = (".tmp", ".part", ".filepart")


class Seen(NamedTuple):
    """A file as it lay there: when it was written to and its length, and since when, in seconds of this process."""

    written: tuple[float, int]
    since: float


class Filing(Protocol):
    """What to do with the files of one kind of folder."""

    @property
    def suffixes(self) -> Sequence[str]:
        """How names of files that belong here end, in lower case."""
        ...

    @property
    def folder(self) -> str:
        """Where the vault keeps them."""
        ...

    def inbox(self, tenant_folder: Path) -> Path:
        """The folder that files of a tenant come into."""
        ...

    async def room(self, runtime: Runtime, tenant: str) -> int:
        """How many files of a tenant may be taken now."""
        ...

    def admit(self, runtime: Runtime, tenant: str) -> bool:
        """Charge the tenant for one file; False when it has to wait."""
        ...

    async def register(self, runtime: Runtime, tenant: str, file: Path, kept: Kept) -> None:
        """Schedule the reading of a stored file."""
        ...


class ClaimFiles:
    """Dropped claims: `<intake>/<tenant>/*.837`, and every other form of `FORMS`."""

    suffixes = tuple(FORMS)
    folder = "intake"

    def __init__(self, quotas: Quotas) -> None:
        self._quotas = quotas

    def inbox(self, tenant_folder: Path) -> Path:
        return tenant_folder

    async def room(self, runtime: Runtime, tenant: str) -> int:
        return await unread_room(runtime, self._quotas, tenant)

    def admit(self, runtime: Runtime, tenant: str) -> bool:
        return self._quotas.charge(tenant, 1, quota_time(runtime)) is None

    async def register(self, runtime: Runtime, tenant: str, file: Path, kept: Kept) -> None:
        await register_file(runtime, file_meta(runtime, tenant, kept, "folder"), file.name, kept, "folder")


class AckFiles:
    """Acknowledgements and status answers: `<exchange>/<tenant>/acks/*.999|*.277ca|*.ta1|*.277`."""

    suffixes = (".999", ".277ca", ".ta1", ".277")
    folder = "acks"

    def inbox(self, tenant_folder: Path) -> Path:
        return tenant_folder / "acks"

    async def room(self, runtime: Runtime, tenant: str) -> int:  # noqa: ARG002 - partners' answers have no quota
        return FILES_A_STEP

    def admit(self, runtime: Runtime, tenant: str) -> bool:  # noqa: ARG002
        return True

    async def register(self, runtime: Runtime, tenant: str, file: Path, kept: Kept) -> None:
        message = RegisterAcks(
            meta=file_meta(runtime, tenant, kept, "folder"),
            file_id=kept.file_id,
            name=file.name[:255],
            extension=cast("AckForm", file.suffix.lower().removeprefix(".")),
            size=kept.size,
            sender=kept.sender.id,
            sender_application=kept.sender.application,
        )
        await runtime.shell.transact(ACK_FILE, (message,))


async def register_file(
    runtime: Runtime, meta: Meta, name: str, kept: Kept, source: Literal["folder", "upload"]
) -> bool:
    """Schedule the reading of a stored file; False when the same content was registered before."""
    sealed_name = await runtime.sealer.seal(meta.tenant, "intake", name.encode())
    message = RegisterFile(
        meta=meta,
        file_id=kept.file_id,
        sealed_name=sealed_name,
        size=kept.size,
        source=source,
        form=form_of(name),
        sender=kept.sender.id,
        sender_application=kept.sender.application,
    )
    decided = await runtime.shell.transact_one(INTAKE_FILE, message)
    return decided.changed


def file_meta(runtime: Runtime, tenant: str, kept: Kept, actor: str) -> Meta:
    """The envelope of a registration; its id derives from the content."""
    message_id = uuid5(NAMESPACE, kept.file_id)
    return Meta(
        id=message_id,
        tenant=tenant,
        occurred_at=runtime.clock.now(),
        source="claims",
        subject=f"file/{kept.file_id}",
        key=kept.file_id,
        correlation=message_id,
        actor=actor,
    )


class Pickup:
    """A loop of the service over `<root>/<tenant>/…`."""

    kind = None

    def __init__(
        self,
        name: str,
        runtime: Runtime,
        root: Path,
        filing: Filing,
        vault: FileVault,
        tenants: Tenants,
        *,
        settle_seconds: float,
    ) -> None:
        self.name, self._runtime, self._root = name, runtime, root
        self._filing, self._vault, self._tenants = filing, vault, tenants
        self._settle_seconds = settle_seconds
        self._seen: dict[tuple[str, str], Seen] = {}

    async def step(self) -> int:
        """Take a number of settled files, one of each tenant in turn; how many."""
        settled = await asyncio.to_thread(self._settled, asyncio.get_running_loop().time())
        fitting = {tenant: files[: await self._filing.room(self._runtime, tenant)] for tenant, files in settled.items()}
        return sum([await self._take(tenant, file) for tenant, file in by_turns(fitting, FILES_A_STEP)])

    async def pending(self) -> int:
        """Files that lie in the folders, settled or not."""
        present = await asyncio.to_thread(self._present)
        return sum(len(files) for files in present.values())

    async def _take(self, tenant: str, file: Path) -> bool:
        if not self._filing.admit(self._runtime, tenant):
            return False
        await self._tenants.remember(tenant)
        try:
            if file.suffix.lower() in self._filing.suffixes:
                await self._accept(tenant, file)
            else:
                await self._refuse(tenant, file)
        except FileNotFoundError:
            return False  # another process of this service was faster
        except PermissionError:
            await self._note_locked(tenant, file)
            return False
        return True

    async def _note_locked(self, tenant: str, file: Path) -> None:
        """The files beside it go on; this one stays where it lies until somebody lets us read and move it."""
        note_id = str(uuid5(NAMESPACE, f"{tenant}/{self._filing.folder}/{file.name}"))
        reason = "The file may not be read or moved by this service: correct its permissions, and it is taken."
        document: dict[str, Any] = {"kind": "locked_file", "at": self._runtime.wall(), "code": "FILE:locked"}
        await self._runtime.store.note("quarantine", tenant, note_id, {**document, "reason": reason})

    async def _accept(self, tenant: str, file: Path) -> None:
        kept = await self._vault.keep(tenant, self._filing.folder, _read(file))
        await self._filing.register(self._runtime, tenant, file, kept)
        await asyncio.to_thread(_move, file, "taken", f"{kept.sha256[:12]}-{file.name}")
        self._runtime.log.info("file_taken", tenant=tenant, file_id=kept.file_id, kind=self._filing.folder)

    async def _refuse(self, tenant: str, file: Path) -> None:
        """Keep the bytes as everything else is kept, say why, and move the file aside."""
        kept = await self._vault.keep(tenant, "unknown", _read(file))
        wanted = ", ".join(self._filing.suffixes)
        document: dict[str, Any] = {
            "kind": "unknown_file",
            "file_id": kept.file_id,
            "at": self._runtime.wall(),
            "code": "FILE:name",
            "reason": f"Files of this folder end in {wanted}: rename it and drop it again if it belongs here.",
        }
        await self._runtime.store.note("quarantine", tenant, kept.file_id, document)
        await asyncio.to_thread(_move, file, "quarantine", f"{kept.sha256[:12]}-{file.name}")
        self._runtime.log.warning("file_refused", tenant=tenant, file_id=kept.file_id, reason="FILE:name")

    def _present(self) -> Mapping[str, Sequence[Path]]:
        """Every file of every tenant, oldest name first; hidden and unfinished ones are still being written."""
        if not self._root.is_dir():
            return {}
        folders = sorted(one for one in self._root.iterdir() if one.is_dir() and not one.name.startswith("."))
        return {
            folder.name: [file for file in sorted(inbox.iterdir()) if _is_whole(file)]
            for folder in folders
            if (inbox := self._filing.inbox(folder)).is_dir()
        }

    def _settled(self, now: float) -> Mapping[str, Sequence[Path]]:
        """The first of each tenant that nobody has written to while this process looked."""
        present = self._present()
        lying = {(tenant, file.name) for tenant, files in present.items() for file in files}
        self._seen = {place: seen for place, seen in self._seen.items() if place in lying}
        settled = {
            tenant: list(islice((file for file in files if self._is_settled(tenant, file, now)), FILES_A_STEP))
            for tenant, files in present.items()
        }
        return {tenant: files for tenant, files in settled.items() if files}

    def _is_settled(self, tenant: str, file: Path, now: float) -> bool:
        """Whether it stayed as it is for long enough, by a clock that nobody sets: file servers have their own time."""
        place, written = (tenant, file.name), _written(file)
        seen = self._seen.get(place)
        if seen is None or seen.written != written:
            seen = self._seen[place] = Seen(written, now)
        return now - seen.since >= self._settle_seconds


async def _read(file: Path) -> AsyncIterator[bytes]:
    source = await asyncio.to_thread(file.open, "rb")
    try:
        while piece := await asyncio.to_thread(source.read, PIECE_BYTES):
            yield piece
    finally:
        source.close()


def _is_whole(file: Path) -> bool:
    return file.is_file() and not file.name.startswith(".") and file.suffix.lower() not in UNFINISHED


def _written(file: Path) -> tuple[float, int]:
    """When it was last written to, and how long it is; never, when another process took it meanwhile."""
    try:
        found = file.stat()
    except FileNotFoundError:
        return float("inf"), 0
    return found.st_mtime, found.st_size


def _move(file: Path, folder: str, name: str) -> None:
    """Beside where it lay; the same content under the same name lands on itself."""
    aside = file.parent / folder
    aside.mkdir(exist_ok=True)
    file.replace(aside / name)
