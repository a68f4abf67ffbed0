"""JSON Schema of every event's body: closed for the producer, open for the consumer.

With one open schema, every checker refuses an added field; with one closed schema, every consumer breaks on it. So what
we send is held to the closed one, and what a reader should accept is the open one. The committed files lie in
`schemas/`; `python -m shared.contracts.schemas` writes them anew.
"""

import json
from pathlib import Path
from typing import Any, Literal

from . import TYPES
from .base import Event

FOLDER = Path(__file__).parent / "schemas"


def schema_of(event: type[Event], side: Literal["producer", "consumer"]) -> dict[str, Any]:
    """The schema of an event's body, without its envelope."""
    schema = event.model_json_schema(mode="serialization")
    schema["properties"].pop("meta")
    schema["required"] = sorted(name for name in schema.get("required", ()) if name != "meta")
    schema.get("$defs", {}).pop("Meta", None)
    if not schema.get("$defs"):
        schema.pop("$defs", None)
    for part in (schema, *schema.get("$defs", {}).values()):
        if part.get("type") == "object":
            part["additionalProperties"] = side == "consumer"
    type_ = event.model_fields["type"].default
    identity = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:revcycle:schema:{type_}"}
    return identity | schema


def schema_files() -> dict[Path, str]:
    """Every committed schema file and what it must hold."""
    sides: tuple[Literal["producer", "consumer"], ...] = ("producer", "consumer")
    return {
        FOLDER / side / f"{type_}.json": json.dumps(schema_of(event, side), indent=2, sort_keys=True) + "\n"
        for type_, event in TYPES.items()
        for side in sides
    }


def main() -> None:
    """Write the schema files."""
    for path, text in schema_files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    main()
