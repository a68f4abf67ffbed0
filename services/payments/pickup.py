"""Takes 835 files of the clearinghouse out of `<exchange>/<tenant>/eras`."""

from pathlib import Path

from services.payments.core.inbound_file import INBOUND_FILE, FileArrived
from services.payments.vault import Kept
from shared.folder_pickup import FolderPickup as SharedPickup

SUFFIX = ".835"


class FolderPickup(SharedPickup):
    """Over one folder of every tenant, for this service."""

    source = "payments"


class EraPickup(FolderPickup):
    """Remittance files."""

    name = "eras"
    folder = "eras"
    actor = "clearinghouse"

    async def take(self, tenant: str, file: Path, kept: Kept) -> str:
        """Schedule its reading; what is no 835 by its name goes aside."""
        if file.suffix.lower() != SUFFIX:
            reason = f"Files of this folder end in {SUFFIX}: rename it and drop it again if it belongs here."
            await self.note(tenant, kept.file_id, "unknown_file", "FILE:name", reason)
            return "quarantine"
        meta = self.meta(tenant, INBOUND_FILE.kind, kept)
        arrived = FileArrived(meta=meta, file_id=kept.file_id, name=file.name[:255], size_bytes=kept.size_bytes)
        await self._runtime.shell.transact(INBOUND_FILE, (arrived,))
        return "taken"
