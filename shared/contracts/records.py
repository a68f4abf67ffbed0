"""Golden records: one of each type, exactly as it lies on its topic. What a reader reads, and a writer writes."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "golden"


def golden_records() -> dict[str, dict[str, Any]]:
    """By type: a record's `topic`, `key`, `headers` and `value`."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
