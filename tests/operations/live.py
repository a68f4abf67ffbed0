"""What is looked at while a stack runs: every panel draws something, no label holds an id, a fault raises its alert."""

import asyncio
import json
import os
import re
import signal
from collections.abc import Iterator
from typing import NamedTuple

import httpx
from prometheus_client.parser import text_string_to_metric_families

from deploy.grafana.__main__ import written
from revcycle.stack.layout import Layout
from revcycle.stack.record import StackRecord
from shared.bus.kafka import KafkaBus
from shared.contracts.wire import Record
from tests.operations.telling import Told
from tests.operations.watching import Prometheus

PLAIN = re.compile(r"[\w ./{}:+-]{0,100}")
LIKE_AN_ID = re.compile(r"\d{5}|[0-9a-f]{8}-[0-9a-f]{4}|\b(?:acct|clm|cov|pat|rem)_")
POISONED = "payments.commands.v1"


class Panel(NamedTuple):
    """A panel's place and one of its expressions."""

    board: str
    title: str
    expr: str


def panels() -> Iterator[Panel]:
    """Of every dashboard as it is committed."""
    for path in written():
        if path.suffix == ".json":
            for panel in json.loads(path.read_text())["panels"]:
                yield from (Panel(path.stem, panel["title"], one["expr"]) for one in panel.get("targets", ()))


def empty_panels(prometheus: Prometheus) -> list[Panel]:
    """Panels that would have drawn nothing in the whole run."""
    assert prometheus.since_the_start("revcycle_no_such_metric") == [], "everything would draw something"
    drawn: dict[str, bool] = {}
    for panel in panels():
        if panel.expr not in drawn:
            drawn[panel.expr] = bool(prometheus.since_the_start(panel.expr))
    return [panel for panel in panels() if not drawn[panel.expr]]


def odd_labels(text: str) -> list[str]:
    """Labels' values that are no plain names, or that look like somebody's id."""
    found: list[str] = []
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if not sample.name.startswith("revcycle_"):
                continue  # what the client library says of the interpreter
            values = {name: value for name, value in sample.labels.items() if name != "le"}
            found += [
                f"{sample.name}{{{name}={value!r}}}"
                for name, value in values.items()
                if not PLAIN.fullmatch(value) or LIKE_AN_ID.search(value)
            ]
    return found


def metrics_text(layout: Layout, record: StackRecord, service: str) -> str:
    """As Prometheus is shown it."""
    token = layout.metrics_token.read_text().strip()
    headers = {"authorization": f"Bearer {token}"}
    answer = httpx.get(f"{record.url(service)}/metrics", headers=headers, timeout=30, trust_env=False)
    assert answer.status_code == 200, answer.status_code
    return answer.text


def poison(record: StackRecord) -> None:
    """A record that nobody can read, where commands of payments come in."""

    async def send() -> None:
        bus = KafkaBus(record.kafka, "test", idempotent=False)
        await bus.start()
        await bus.send([Record(POISONED, b"lakeside/a", b"{", (("ce_type", b"due.v1"),))])
        await bus.stop()

    asyncio.run(send())


def are_told(prometheus: Prometheus, told: Told | None) -> None:
    """The right people hear of both faults, and that the second has ended; each message leads to its runbook."""
    if told is None:
        return  # no Alertmanager is installed
    prometheus.until(lambda: bool(told.of("page", "ServiceDown", "collections", "resolved")))
    (dead,) = told.of("ticket", "DeadLetters", "payments")[:1]
    (down,) = told.of("page", "ServiceDown", "collections")[:1]
    assert dead["annotations"]["runbook_url"].endswith("/dead-letters.md")
    assert down["annotations"]["summary"] == "collections does not answer."
    assert not told.of("page", "DeadLetters", "payments")


def stop_and_go(prometheus: Prometheus, record: StackRecord, service: str) -> None:
    """A process that hangs is found out, and the alert ends when it goes on."""
    process = next(one for one in record.processes if one.name == service)
    assert process.id is not None
    os.kill(process.id.pid, signal.SIGSTOP)
    try:
        prometheus.until(lambda: prometheus.firing("ServiceDown", service=service))
    finally:
        os.kill(process.id.pid, signal.SIGCONT)
    prometheus.until(lambda: not prometheus.firing("ServiceDown", service=service))
