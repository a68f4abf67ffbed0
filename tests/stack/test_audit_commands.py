"""`revcycle audit`: what it prints, and what it ends with, on logs that were left alone and on one that was not."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from revcycle.audit_log import copies_of
from revcycle.cli import app
from revcycle.commands import audit as command
from revcycle.refusal import RefusalError
from shared.audit import Audit
from shared.audit_anchors import anchor_file
from shared.audit_chain import Head
from shared.audit_log import verify
from shared.store.memory import MemoryStore
from tests.shared.test_audit_chain import KEYS, TENANT, Ticking, somebody

URLS = ["--url=claims=http://claims", "--url=payments=http://payments"]


class Services:
    """Two services with a log each, that answer as they would over HTTP."""

    def __init__(self, root: Path) -> None:
        self.copies = root / "copies.jsonl"
        self.stores = {name: MemoryStore() for name in ("claims", "payments")}
        self.audits = {name: self.audit(name) for name in self.stores}
        asyncio.run(self._live())

    def audit(self, name: str) -> Audit:
        return Audit(self.stores[name], Ticking(), KEYS, name, anchor_file(self.copies, name))

    async def _live(self) -> None:
        for audit in self.audits.values():
            for n in range(3):
                await audit.record(somebody(), "claim.hold", f"claim/{n}", "why, in words")
            await audit.anchor()

    def answer(self, request: httpx.Request) -> httpx.Response:
        name = str(request.url.host)
        if request.url.path == "/audit/export":
            return httpx.Response(200, text=self._exported(name, request.url.params["format"]))
        given = json.loads(request.content)["anchors"] if request.content else ()
        outside = [(one["writer"], Head(one["number"], one["mac"]), "the copy") for one in given]
        verdict = asyncio.run(verify(self.stores[name], self.audits[name], name, TENANT, outside))
        return httpx.Response(200, text=json.dumps(verdict._asdict(), default=str))

    def _exported(self, name: str, form: str) -> str:
        notes = self.stores[name]._notes["audit"].values()
        if form == "csv":
            return "action,mac\r\n" + "".join(f"{note['action']},{note['mac']}\r\n" for note in notes)
        return "".join(json.dumps({"action": note["action"], "mac": note["mac"]}) + "\n" for note in notes)


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Services:
    found = Services(tmp_path)

    def client(_: Any, token: str | None, url: str, tenant: str) -> httpx.Client:
        assert (token, tenant) == (None, TENANT)
        return httpx.Client(base_url=url, transport=httpx.MockTransport(found.answer))

    monkeypatch.setattr(command, "_client", client)
    return found


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["audit", *words, *URLS, f"--tenant={TENANT}"])
    return done.exit_code, done.output


def test_each_chain_that_was_checked_is_told(services: Services) -> None:
    code, said = run("verify")
    assert code == 0
    assert "lakeside, claims: verified: 4 records in 1 chains, 1 anchors" in said
    assert "4 records, 2026-07-01 00:00:00 to 2026-07-01 00:00:00, anchored to 4, being written" in said


def test_tampering_in_one_service_fails_the_command_and_names_it(services: Services) -> None:
    notes = services.stores["payments"]._notes["audit"]
    del notes[sorted(notes)[1]]
    code, said = run("verify")
    assert code == 1
    assert "lakeside, claims: verified" in said
    assert "lakeside, payments: NOT VERIFIED" in said
    assert "at 2: record 2 is missing" in said


def test_a_log_that_was_cut_with_its_anchors_does_not_hold_against_the_copies(services: Services) -> None:
    services.stores["claims"]._notes["audit"].clear()
    services.stores["claims"]._notes["audit_anchors"].clear()
    services.audits["claims"] = services.audit("claims")
    assert run("verify")[0] == 0, "the database alone cannot tell"
    code, said = run("verify", f"--anchors={services.copies}")
    assert code == 1
    assert "the anchor that the copy knows is missing" in said


def test_a_service_that_does_not_answer_was_not_verified(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "claims":
            raise httpx.ConnectError("refused")
        return Services.answer(services, request)

    monkeypatch.setattr(services, "answer", answer)
    code, said = run("verify", "--json")
    verdicts = json.loads(said)
    assert (code, [one["verified"] for one in verdicts]) == (1, [False, True])
    assert "did not answer" in verdicts[0]["faults"][0]["what"]


def test_the_logs_of_all_services_are_exported_as_one(services: Services) -> None:
    code, said = run("export")
    lines = [json.loads(line) for line in said.splitlines()]
    assert (code, [line["service"] for line in lines]) == (0, ["claims"] * 4 + ["payments"] * 4)
    code, said = run("export", "--csv")
    assert (code, len(said.splitlines()), said.splitlines()[0]) == (0, 9, "service,action,mac")


def test_a_file_that_holds_no_copies_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "copies"
    file.write_text('{"service": "claims"}\n')
    with pytest.raises(RefusalError, match="line 1: this is no copy of an anchor"):
        copies_of(file)
