"""Files laid out for others: the mail house, the agency. Each may be written again and has the same bytes.

They are written under another name and renamed, so that nobody reads half a letter. Whoever takes one moves it to
`taken/` beside it; one that was taken is not laid out a second time.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def json_line(record: Mapping[str, Any]) -> str:
    """One record, one line; keys in a fixed order, so that a repeat has the same bytes."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"


def lay_out(path: Path, content: str | bytes) -> None:
    """Write a file under its final name in one step. Whoever takes it moves it to `taken` beside it."""
    if _taken(path).exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.tmp")
    draft.write_bytes(content.encode() if isinstance(content, str) else content)
    draft.replace(path)


def take_back(path: Path) -> bool:
    """Remove what an earlier attempt laid out before it died; False when it is too late, because it was taken."""
    path.unlink(missing_ok=True)
    return not _taken(path).exists()


def _taken(path: Path) -> Path:
    return path.parent / "taken" / path.name
