"""Every action of the console fits the service it asks: the route is there, and takes what the form sends."""

from pathlib import Path
from typing import Any, cast

import pytest

from services.console.core.account_actions import ACCOUNT_ACTIONS
from services.console.core.actions import Action, in_path
from services.console.core.claim_actions import CLAIM_ACTIONS
from services.console.core.money_actions import MONEY_ACTIONS
from tests.shared.test_audit_edge import applications

EVERY = tuple(one for part in (CLAIM_ACTIONS, ACCOUNT_ACTIONS, MONEY_ACTIONS) for one in part.values())
Schema = dict[str, Any]


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Schema]:
    """What each service says of its routes."""
    apps = applications(Path(tmp_path_factory.mktemp("apps")))
    return {name: apps[name].openapi() for name in ("claims", "payments", "collections")}


def resolved(api: Schema, schema: Schema) -> Schema:
    """A schema with its reference followed."""
    ref = schema.get("$ref")
    if ref is None and "anyOf" in schema:
        return next((resolved(api, one) for one in schema["anyOf"] if one.get("type") != "null"), schema)
    return schema if ref is None else cast("Schema", api["components"]["schemas"][str(ref).rpartition("/")[2]])


def sent_by(action: Action) -> set[str]:
    """The names of the body that a form of this action can have."""
    in_body = {field.name for field in action.fields} - set(in_path(action.path)) - set(action.query)
    in_body -= {"reason"} if action.why else set()
    if action.shape == "parts":
        in_body = (in_body - {"expected_id", "cents"}) | {"parts"}
    return (
        {action.renamed.get(name, name).partition(".")[0] for name in in_body} | set(action.of_page) | set(action.fixed)
    )


@pytest.mark.parametrize("action", EVERY, ids=lambda one: f"{one.service}-{one.name}")
def test_the_service_has_the_route_and_takes_what_is_sent(described: dict[str, Schema], action: Action) -> None:
    api = described[action.service]
    route = api["paths"][action.path][action.method.lower()]
    content = route.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    body = resolved(api, content)
    taken = cast("Schema", body.get("properties", {}))
    assert sent_by(action) <= set(taken)
    assert set(body.get("required", ())) <= sent_by(action)
    for field in action.fields:
        name = action.renamed.get(field.name, field.name)
        choices = resolved(api, taken.get(name, {})).get("enum") if field.kind == "choice" else None
        if choices is not None:
            assert {value for value, _ in field.choices} <= set(choices), field.name
    headers = {one["name"] for one in route.get("parameters", ()) if one["in"] == "header"}
    assert "Idempotency-Key" in headers
    assert ("X-Reason" in headers) is action.why
