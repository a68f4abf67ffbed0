"""A restriction (45 CFR 164.522) that comes when the file is written and not yet delivered: it stays in the house."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.claims import submission_performer
from services.claims.delivery import NotDeliveredError, deliver, may_lie_there
from services.claims.routing import routing_table
from shared.contracts import CoverageWorkFound, FileUndelivered, FileWithdrawn
from tests.claims.callers import CLAIM
from tests.claims.rules_client import RulesClient, rules_client
from tests.claims.test_api import changed
from tests.claims.test_partners import partner, routing_file
from tests.claims.test_restricted_later import RESTRICTION, status


@pytest.fixture
async def client(tmp_path: Path) -> AsyncGenerator[RulesClient]:
    async with rules_client(tmp_path) as one:
        yield one


class Road:
    """The way to the partner: `closed` lets nothing through, `lost` brings the file there and says that it did not."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
        self.how = how
        monkeypatch.setattr(submission_performer, "deliver", self.deliver)

    async def deliver(self, *asked: Any) -> None:
        if self.how != "closed":
            await deliver(*asked)
        if self.how != "open":
            raise NotDeliveredError("SFTP:unreachable", "The server cannot be reached: the file is sent again.")


async def two_claims(client: RulesClient) -> tuple[str, str]:
    """In one file; the restriction concerns the first."""
    other = {**changed(["lines", 0, "service_from"], "2026-06-19"), "patient_control_number": "OTHER"}
    kept = (await client.post("/claims", CLAIM)).json()["claim_id"]
    free = (await client.post("/claims", other, key="b")).json()["claim_id"]
    await client.world.verify_coverage()
    return kept, free


async def later(client: RulesClient, **time: float) -> None:
    client.world.clock.move(client.world.clock.now() + timedelta(**time))
    await client.world.settle()


async def test_the_file_is_withdrawn_the_others_leave_in_another_one_and_the_claim_waits(
    client: RulesClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    road = Road(monkeypatch, "closed")
    kept, free = await two_claims(client)
    assert [(await status(client, one))[0] for one in (kept, free)] == ["batched", "batched"]
    await client.send("/restrictions", RESTRICTION)
    await client.world.settle()
    road.how = "open"
    await later(client, hours=1)
    assert await status(client, kept) == ("held", ["self-pay-restriction"])
    assert (await status(client, free))[0] == "submitted"
    (name, content) = next(iter(client.world.outbox().items()))
    assert len(client.world.outbox()) == 1
    assert b"OTHER" in content
    assert CLAIM["patient_control_number"].encode() not in content
    withdrawn, sent = sorted(await client.world.submissions(), key=lambda one: one.interchange)
    assert (withdrawn.status, sent.status, f"{sent.submission_id}.837") == ("withdrawn", "sent", name)
    (told,) = client.world.events(FileWithdrawn)
    assert isinstance(told, FileWithdrawn)
    assert (told.submission_id, told.claims) == (withdrawn.submission_id, 1)
    assert len(client.world.events(FileUndelivered)) == 1
    assert not client.world.events(CoverageWorkFound), "the plan was told nothing"


async def test_a_restriction_that_was_lifted_again_withdraws_nothing(
    client: RulesClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    road = Road(monkeypatch, "closed")
    kept, free = await two_claims(client)
    made = await client.send("/restrictions", RESTRICTION)
    await client.world.settle()
    lift = {"coverage_id": made["coverage_id"], "reason": "the patient agreed"}
    await client.send(f"/restrictions/{made['restriction_id']}/lift", lift)
    await client.world.settle()
    road.how = "open"
    await later(client, hours=1)
    assert [(await status(client, one))[0] for one in (kept, free)] == ["submitted", "submitted"]
    assert [one.status for one in await client.world.submissions()] == ["sent"]


async def test_a_file_that_may_be_out_already_is_never_withdrawn(
    client: RulesClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    road = Road(monkeypatch, "lost")
    kept, free = await two_claims(client)
    assert len(client.world.outbox()) == 1, "it lies there, and the house does not know"
    await client.send("/restrictions", RESTRICTION)
    await client.world.settle()
    road.how = "open"
    await later(client, hours=1)
    assert [(await status(client, one))[0] for one in (kept, free)] == ["submitted", "submitted"]
    assert len(client.world.outbox()) == 1
    (work,) = client.world.events(CoverageWorkFound)
    assert isinstance(work, CoverageWorkFound)
    assert (work.claim_id, work.kind) == (kept, "restricted"), "a person hears that the plan was told"


@pytest.mark.parametrize(
    ("fault", "may"), [(None, True), ("HTTP:unreachable", True), ("HTTP:503", False), ("HTTP:401", False)]
)
async def test_a_partner_over_http_has_what_it_may_have_taken(tmp_path: Path, fault: str | None, may: bool) -> None:
    more = 'transport = "http"\n[partner.clearinghouse.http]\nurl = "http://127.0.0.1:9/in"\n'
    route = routing_table(routing_file(tmp_path, partner(more=more))).partners["clearinghouse"]
    assert await may_lie_there(route, tmp_path, "sub_1", b"", fault) == may
