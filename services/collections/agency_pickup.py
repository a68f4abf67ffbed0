"""Takes agencies' files out of `<exchange>/<tenant>/agency/<agency>/in`: verified, kept sealed, and taken in once.

A file lies in `taken` afterwards, in `parked` when it does not add up, in `duplicates` when its content came before
under another name, or in `quarantine` when it is of no agency of this client. The files behind it go on.
"""

import asyncio
from pathlib import Path

from services.collections.agency_intake import AgencyIntake, WrongAgencyFileError, require_size
from services.collections.core.agency_file import AGENCY_FILE
from shared.folder_pickup import FolderPickup
from shared.runtime import Runtime
from shared.sealed_files import Kept, SealedFiles

FOLDER = "agency_files"
"""Where the vault keeps them."""


class AgencyPickup(FolderPickup):
    """What agencies left."""

    name = "agency_files"
    folder = "agency/*/in"
    actor = "agency"
    source = "collections"

    def __init__(self, runtime: Runtime, exchange: Path, vault: SealedFiles, intake: AgencyIntake) -> None:
        super().__init__(runtime, exchange, vault)
        self._intake = intake

    async def take(self, tenant: str, file: Path, kept: Kept) -> str:
        """Take it in; a crash in between takes the same lines again, which changes nothing."""
        agency_id = file.parent.parent.name
        try:
            require_size(kept.size_bytes)
            content = await asyncio.to_thread(file.read_bytes)
            meta = self.meta(tenant, AGENCY_FILE.kind, kept)
            taken = await self._intake.take(meta, agency_id, file.name, content)
        except WrongAgencyFileError as error:
            await self.note(tenant, kept.file_id, "agency_file", "AGENCY:refused", str(error))
            return "quarantine"
        if taken.name != file.name[:255] or taken.agency_id != agency_id:
            reason = "The same file came before under another name: nothing of it was taken again."
            await self.note(tenant, f"{kept.file_id}/{file.name}", "agency_file", "AGENCY:duplicate", reason)
            return "duplicates"
        return "taken" if taken.outcome == "taken" else "parked"
