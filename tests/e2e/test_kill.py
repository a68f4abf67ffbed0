"""Every service is killed in the middle of its work, and the book is the undisturbed one."""

import asyncio
import os
import shutil
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from revcycle.identity import issue_token
from revcycle.report import read_proofs
from revcycle.stack.record import read_record
from revcycle.stack.topics import SERVICES
from tests.e2e.stack import Stack, running

CLAIMS = 20
DAYS = 32
KILLS_EACH = 1
TENANTS = ("lakeside", "northgate")

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(900)]


def test_the_final_book_is_the_undisturbed_one(tmp_path: Path) -> None:
    with running(tmp_path / "calm", CLAIMS, DAYS) as calm:
        found, _ = calm.play()
        assert found == []
        undisturbed = book(calm)
        keys = shutil.copytree(calm.layout.keys, tmp_path / "keys")
    with running(tmp_path / "killed", CLAIMS, DAYS, keys) as stack:
        killer = Killer(stack)
        found, tally = stack.play(killer.kill_them_all)
        assert found == []
        assert killer.killed == dict.fromkeys(SERVICES, KILLS_EACH)
        assert book(stack) == undisturbed
        assert tally.counts["Claims received"] == CLAIMS


class Killer:
    """Kills each service while it has work in hand; the supervisor starts it again."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._token = issue_token(stack.layout, "lakeside", "test", ["operator"])
        self.killed: Counter[str] = Counter()

    async def kill_them_all(self) -> None:
        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            await asyncio.gather(*(self._kill(client, service) for service in SERVICES))

    async def _kill(self, client: httpx.AsyncClient, service: str) -> None:
        before = 0
        while self.killed[service] < KILLS_EACH:
            pid = self._pid(service)
            if pid and pid != before and await self._in_the_middle(client, service):
                os.kill(pid, signal.SIGKILL)
                self.killed[service] += 1
                before = pid
            await asyncio.sleep(0.01)

    async def _in_the_middle(self, client: httpx.AsyncClient, service: str) -> bool:
        """It has handled something since it started, and has more in hand."""
        url = f"{self._stack.record.url(service)}/internal/at-rest"
        try:
            said = (await client.get(url, headers={"authorization": f"Bearer {self._token}"})).json()
        except (httpx.HTTPError, ValueError):
            return False
        return bool(said.get("handled")) and not said["settled"]

    def _pid(self, service: str) -> int | None:
        record = read_record(self._stack.layout.record)
        ids = [p.id for p in record.processes if p.name == service] if record else []
        return ids[0].pid if ids and ids[0] else None


def book(stack: Stack) -> dict[str, Any]:
    """What must not depend on when anything happened.

    What patients paid and what they still owe is one sum: it hangs on the day their first statement was printed.
    """
    tokens = {t: issue_token(stack.layout, t, "test", ["auditor"]) for t in TENANTS}
    proofs = asyncio.run(read_proofs(stack.record.url("payments") or "", tokens))
    assert all(proof["proved"] for proof in proofs.values())
    kept = ("charge_cents", "paid_cents", "adjusted_cents", "insurance_cents", "denied_cents")
    return {
        tenant: {
            **{name: proof["totals"][name] for name in kept},
            "patients": sum(proof["totals"][n] for n in ("patient_cents", "patient_paid_cents", "written_off_cents")),
        }
        for tenant, proof in proofs.items()
    }
