"""The clock of a local stack."""

from datetime import datetime
from pathlib import Path

from revcycle.refusal import Exit, RefusalError
from shared.clock import read_clock_file, write_clock_file


def move_clock(path: Path, wanted: datetime) -> None:
    """Move a stack's clock forward. RefusalError (REFUSED) for an earlier time than it shows."""
    now = read_clock_file(path) if path.exists() else None
    if now is not None and wanted < now:
        message = f"The clock shows {now:%Y-%m-%d %H:%M} and does not go back to {wanted:%Y-%m-%d %H:%M}."
        raise RefusalError(message, Exit.REFUSED)
    write_clock_file(path, wanted)
