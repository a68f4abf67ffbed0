"""A claim mended in place: what is named changes, everything else stays, the sealed parts too."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from services.claims.identity import IDENTITY
from services.claims.mend_api import router
from services.claims.to_x12 import claim837_of
from shared.x12.claim837 import Claim837
from tests.claims.callers import CLAIM, Client, calling


@pytest.fixture
async def client(tmp_path: Path) -> AsyncGenerator[Client]:
    async with calling(tmp_path, router) as client:
        yield client


async def whole(client: Client, claim_id: str) -> Claim837:
    state = next(one for one in await client.world.claims() if one.claim_id == claim_id)
    assert state.content
    assert state.identity
    sealer = client.world.runtime.sealer
    return claim837_of(state.content, IDENTITY.validate_json(await sealer.open(state.identity.sealed_identity)))


async def taken(client: Client, **more: Any) -> str:
    return str((await client.post("/claims", {**CLAIM, **more}, "first")).json()["claim_id"])


async def test_what_is_named_changes_and_everything_else_stays(client: Client) -> None:
    claim_id = await taken(client)
    before = await whole(client, claim_id)
    line = {"number": 1, "procedure": "99214", "modifiers": ["25"], "charge_cents": 140_00}
    body = {"member_id": "MEMBER78", "diagnoses": ["R05.9", "J06.9"], "prior_authorization_number": "A1", "line": line}
    for _ in range(2):
        mended = await client.post(f"/claims/{claim_id}/mend", body, "mend")
        assert mended.status_code == 200, mended.text
    after = await whole(client, claim_id)
    assert after.subscriber.member_id == "MEMBER78"
    assert after.subscriber.person == before.subscriber.person
    assert [one.code for one in after.diagnoses] == ["R059", "J069"]
    assert (after.lines[0].procedure, after.lines[0].modifiers, after.charge_cents) == ("99214", ("25",), 140_00)
    assert (after.billing, after.payer) == (before.billing, before.payer)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "name what is wrong"),
        ({"line": {"number": 9, "procedure": "99214"}}, "the claim has 1 lines"),
        ({"rendering_npi": "1234567893"}, "names no such provider"),
        ({"billing_npi": "12"}, "the request breaks these rules"),
        ({"frequency_code": "8"}, "the request breaks these rules"),
    ],
)
async def test_what_cannot_be_mended_is_said(client: Client, body: dict[str, Any], says: str) -> None:
    claim_id = await taken(client)
    before = await whole(client, claim_id)
    refused = await client.post(f"/claims/{claim_id}/mend", body, "mend")
    assert refused.status_code == 422
    assert says in refused.text
    assert await whole(client, claim_id) == before


async def test_a_claim_of_another_tenant_cannot_be_mended(client: Client) -> None:
    claim_id = await taken(client)
    theirs = await client.post(f"/claims/{claim_id}/mend", {"member_id": "X1"}, "mend", tenant="northgate")
    assert theirs.status_code == 404
