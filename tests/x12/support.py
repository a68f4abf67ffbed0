"""What the X12 tests share: the corpus and its ground truth."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

CORPUS = Path(__file__).parents[2] / "samples" / "corpus"
_CHUNK = 1000


@cache
def truth(name: str) -> dict[str, dict[str, Any]]:
    """The ground truth of one kind, by path."""
    return cast("dict[str, dict[str, Any]]", json.loads((CORPUS / f"{name}.json").read_text()))


def chunks(path: Path) -> Iterator[bytes]:
    """A file in small pieces, so that every boundary falls somewhere."""
    data = path.read_bytes()
    return (data[start : start + _CHUNK] for start in range(0, len(data), _CHUNK))


def corpus_files(kind: str) -> list[Path]:
    """The files of one kind."""
    return sorted(path for path in (CORPUS / kind).rglob("*") if path.is_file())
