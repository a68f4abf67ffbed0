"""Files as byte streams that are watched while they are read, and written only when whole."""

import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from revcycle.refusal import Exit, RefusalError
from shared.x12.findings import X12Error
from shared.x12.tokens import read_chunks

Opener = Callable[[], Iterator[bytes]]
_BIG_BYTES = 5_000_000
_UNITS = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3}
_COLUMNS = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())


@contextmanager
def watched(files: Sequence[Path], doing: str, passes: int = 1) -> Generator[Callable[[Path], Opener]]:
    """Openers for the files. Reading them moves a bar on standard error when it is a terminal and they are big.

    `passes` is how often each file will be read.
    """
    console = Console(stderr=True)
    total_bytes = passes * sum(file.stat().st_size for file in files)
    quiet = total_bytes < _BIG_BYTES or not console.is_terminal
    with Progress(*_COLUMNS, TimeRemainingColumn(), console=console, disable=quiet, transient=True) as progress:
        task = progress.add_task(doing, total=total_bytes)

        def read(file: Path) -> Iterator[bytes]:
            with file.open("rb") as content:
                for chunk in read_chunks(content):
                    progress.advance(task, len(chunk))
                    yield chunk

        yield lambda file: lambda: read(file)


@contextmanager
def counted(doing: str, total_bytes: int | None) -> Generator[Callable[[int], None]]:
    """Hears how many bytes were written, and shows it as `watched` does; None when nobody knows how many will be."""
    console = Console(stderr=True)
    with Progress(*_COLUMNS, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task(doing, total=total_bytes)
        yield lambda written_bytes: progress.advance(task, written_bytes)


@contextmanager
def whole(target: Path) -> Generator[BinaryIO]:
    """A file to write that appears under its name only once it is whole. Never over one that is there."""
    if target.exists():
        message = f"{target} exists already: remove it, or name another place with --out."
        raise RefusalError(message, Exit.REFUSED)
    unfinished = _unfinished(target)
    try:
        with unfinished.open("wb") as file:
            yield file
        unfinished.rename(target)
    finally:
        unfinished.unlink(missing_ok=True)


class Parts:
    """Files that are written together, piece by piece, and appear under their names only once all are whole."""

    def __init__(self) -> None:
        self._open: dict[Path, BinaryIO] = {}

    def write(self, target: Path, piece: bytes) -> None:
        if target not in self._open:
            self._open[target] = _unfinished(target).open("wb")
        self._open[target].write(piece)

    def __enter__(self) -> "Parts":
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        for target, file in self._open.items():
            file.close()
            if failed:
                _unfinished(target).unlink()
            else:
                _unfinished(target).replace(target)


def _unfinished(target: Path) -> Path:
    return target.with_name(f".{target.name}.unfinished")


def unreadable(file: Path, error: X12Error) -> RefusalError:
    """Why a file cannot be worked on. The reader's errors name rules and places, never values."""
    return RefusalError(f"{file}: {error}")


def parse_size(text: str) -> int:
    """Bytes of `500000`, `500k`, `20MB` or `1 GB`. Raises ValueError."""
    found = re.fullmatch(r"([0-9]+) *([kmg]?)b?", text.strip().lower(), re.ASCII)
    if not found or not int(found[1]):
        raise ValueError("not a size")
    return int(found[1]) * _UNITS[found[2]]
