"""Writes the golden records and the schema files anew: `python -m tests.contracts.regenerate`; then read the diff."""

import json
from pathlib import Path
from typing import Any

from shared.contracts import Event, schemas
from shared.contracts.records import FOLDER as GOLDEN
from shared.contracts.wire import events_topic, to_record
from tests.contracts.examples import EXAMPLES


def golden(event: Event) -> dict[str, Any]:
    """An event exactly as it lies on its topic."""
    record = to_record(events_topic(event.meta.source), event)
    return {
        "topic": record.topic,
        "key": record.key.decode(),
        "headers": {name: value.decode() for name, value in record.headers},
        "value": json.loads(record.value),
    }


def golden_files() -> dict[Path, str]:
    return {
        GOLDEN / f"{golden(event)['headers']['ce_type']}.json": json.dumps(golden(event), indent=2) + "\n"
        for event in EXAMPLES
    }


if __name__ == "__main__":
    schemas.main()
    GOLDEN.mkdir(exist_ok=True)
    for path, text in golden_files().items():
        path.write_text(text)
