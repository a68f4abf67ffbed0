"""The AsyncAPI document: an independent parser reads it, and finds every type of event."""

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from revcycle.cli import app
from shared.contracts import TYPES

NODE = Path(__file__).parents[1] / "node"
needs_node = pytest.mark.skipif(
    not shutil.which("node") or not (NODE / "node_modules").is_dir(),
    reason="Node and what `make node` installs are not here: no independent parser of AsyncAPI",
)


def written() -> dict[str, Any]:
    result = CliRunner().invoke(app, ["contracts", "asyncapi"])
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads(result.output)
    return document


def of_denials() -> dict[str, Any]:
    """The document of one event alone: quickly judged."""
    document = written()
    name, channel = "claim.denied.v1", "claims.events"
    document["channels"] = {channel: document["channels"][channel]}
    document["channels"][channel]["messages"] = {name: {"$ref": f"#/components/messages/{name}"}}
    document["operations"] = {"claims.emits": document["operations"]["claims.emits"]}
    document["operations"]["claims.emits"]["messages"] = [{"$ref": f"#/channels/{channel}/messages/{name}"}]
    components = document["components"]
    components["messages"] = {name: components["messages"][name]}
    components["schemas"] = {key: value for key, value in components["schemas"].items() if key.startswith(name)}
    return document


def judged(documents: Sequence[dict[str, Any]]) -> list[tuple[set[str], list[str]]]:
    """What @asyncapi/parser reads in each document: the messages, and the errors."""
    said = subprocess.run(
        ["node", "asyncapi.mjs"], cwd=NODE, input=json.dumps(documents), capture_output=True, text=True, check=True
    )
    # Severity 0 is an error and 1 a warning; hints are opinions.
    return [
        (set(told["messages"]), [f"{one['path']}: {one['message']}" for one in told["found"] if one["severity"] < 2])
        for told in json.loads(said.stdout)
    ]


def test_every_event_is_a_message_of_its_service_s_topic() -> None:
    document = written()
    assert document["components"]["messages"].keys() == TYPES.keys()
    told = {name: channel["address"] for channel in document["channels"].values() for name in channel["messages"]}
    assert told.keys() == TYPES.keys()
    assert told["claim.denied.v1"] == "claims.events.v1"
    headers = document["components"]["messageTraits"]["cloudevent"]["headers"]
    for message in document["components"]["messages"].values():
        assert message["examples"][0]["headers"].keys() <= headers["properties"].keys()
        assert message["examples"][0]["headers"].keys() >= set(headers["required"])


PLANTED: dict[str, Callable[[dict[str, Any]], object]] = {
    "a reference that leads nowhere": lambda d: d["components"]["schemas"].pop("claim.denied.v1"),
    "a channel that is none": lambda d: d["operations"]["claims.emits"].update(channel={"$ref": "#/channels/none"}),
    "an action nobody knows": lambda d: d["operations"]["claims.emits"].update(action="whisper"),
    "a schema that is none": lambda d: d["components"]["schemas"]["claim.denied.v1"].update(type="money"),
}


@pytest.mark.slow
@needs_node
def test_an_independent_parser_reads_it_and_finds_planted_mistakes() -> None:
    planted = [of_denials() for _ in PLANTED]
    for document, plant in zip(planted, PLANTED.values(), strict=True):
        plant(document)
    (messages, errors), (_, of_the_small_one), *others = judged([written(), of_denials(), *planted])
    assert messages == TYPES.keys()
    assert errors == of_the_small_one == []
    assert [name for name, (_, found) in zip(PLANTED, others, strict=True) if not found] == []
