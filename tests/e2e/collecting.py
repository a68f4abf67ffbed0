"""What a running stack's collections did, read from its real store and over its API."""

import asyncio
import json
from typing import Any

import httpx
from typer.testing import CliRunner

from revcycle.cli import app
from revcycle.compliance import Recomputed, recomputed
from revcycle.identity import issue_token
from revcycle.policy import journal, measured, past_of
from services.collections.compliance import rule_shelf
from services.collections.measures import Measures
from services.collections.policies import policy_book
from services.collections.simulate import Past
from tests.e2e.stack import Stack


def decisions_again(stack: Stack, tenant: str) -> Recomputed:
    """Every decision of the gate, made again from the journal in the store."""
    rules = rule_shelf(production=False)
    return asyncio.run(recomputed(journal(stack.record.mongo), tenant, rules))


def typed(stack: Stack, *words: str) -> Any:
    """What `revcycle` answers when it is asked about the running stack, as data."""
    answer = CliRunner().invoke(app, [*words, "--dir", str(stack.layout.root), "--json"])
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.output)


def past(stack: Stack, tenant: str) -> Past:
    """What accounts were told, as `revcycle policy simulate` reads it."""
    return asyncio.run(past_of(journal(stack.record.mongo), tenant, None))


def measures(stack: Stack, tenant: str) -> Measures:
    return asyncio.run(measured(journal(stack.record.mongo), tenant, None, policy_book()))


def asked(stack: Stack, tenant: str, path: str) -> Any:
    """What the collections service answers to a collector."""
    token = issue_token(stack.layout, tenant, "ann", ["collector", "auditor"])
    url = f"{stack.record.url('collections')}{path}"
    answer = httpx.get(url, headers={"authorization": f"Bearer {token}"}, timeout=60, trust_env=False)
    assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
    return answer.json()
