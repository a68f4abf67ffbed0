"""Remittance files, sealed piece by piece: patient data never lies in the store in the clear."""

from shared.sealed import Sealer
from shared.sealed_files import PIECE_BYTES as PIECE_BYTES
from shared.sealed_files import Kept as Kept
from shared.sealed_files import SealedFiles
from shared.store.port import Store

FOLDER = "remittances"


class RemittanceVault(SealedFiles):
    """Keeps files as sealed blobs, named by their content."""

    def __init__(self, store: Store, sealer: Sealer, folder: str = FOLDER) -> None:
        super().__init__(store, sealer, folder)
