"""The parts of a split file on disk."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from revcycle.x12.files import whole
from shared.x12.split import Piece


def write_parts(pieces: Iterator[Piece], directory: Path, source: Path) -> list[Path]:
    """One file a part, named after the source and numbered; each appears once it is whole."""
    directory.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for number, part in groupby(pieces, key=lambda piece: piece[0]):
        target = directory / f"{source.stem}-{number:05d}{source.suffix}"
        with whole(target) as file:
            file.writelines(content for _, content in part)
        written.append(target)
    return written
