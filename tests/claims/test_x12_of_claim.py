"""The X12 behind a claim: its own part of each file, for billers only, and every look on record."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from services.claims.x12_api import router
from tests.claims.callers import Client, calling
from tests.claims.test_inquiries import accept_all
from tests.claims.test_partners import day, send


@pytest.fixture
async def client(tmp_path: Path) -> AsyncGenerator[Client]:
    """A day's file came in, left, and was answered."""
    async with calling(tmp_path, router) as client:
        await send(client.world, day(3))
        await client.world.acknowledge("a.277ca", accept_all(await client.world.claims()))
        yield client


def numbers_of(client: Client, claims: Any) -> list[str]:
    return [one.content.patient_control_number for one in claims]


async def test_a_claim_shows_its_own_part_of_every_file_and_no_neighbour(client: Client) -> None:
    claims = await client.world.claims()
    for claim in claims:
        assert claim.content is not None
        own = claim.content.patient_control_number
        answer = await client.get(f"/claims/{claim.claim_id}/x12")
        assert answer.status_code == 200, answer.text
        files = answer.json()
        assert [one["what"] for one in files] == ["received", "sent", "acknowledgement"]
        assert [one["problem"] for one in files] == ["", "", ""]
        for one in files:
            texts = [part["text"] for part in one["parts"] if "text" in part]
            assert any(own in text for text in texts)
            others = [number for number in numbers_of(client, claims) if number != own]
            assert not any(f"*{number}*" in text or f"*{number}~" in text for number in others for text in texts)
            assert any("left_out" in part for part in one["parts"])


async def test_one_direction_is_picked(client: Client) -> None:
    (claim, *_) = await client.world.claims()
    (sent,) = (await client.get(f"/claims/{claim.claim_id}/x12?what=sent")).json()
    assert (sent["kind"], sent["file_id"]) == ("837P", claim.submission_id)


async def test_a_claim_of_another_tenant_has_no_x12(client: Client) -> None:
    assert (await client.get("/claims/clm_unknown/x12")).status_code == 404
