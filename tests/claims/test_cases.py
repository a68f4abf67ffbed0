"""Cases that users of other systems were hurt by, where no other test is nearer: 17, 18 and 25."""

import copy
from pathlib import Path
from typing import Any

import pytest

from samples.generate import generate
from shared.x12.claim837 import Claim837, read_837
from tests.claims.callers import CLAIM, calling
from tests.claims.test_partners import partner, routing_file
from tests.claims.world import TENANT, World, make_world


def written(world: World) -> list[Claim837]:
    return [one for file in world.outbox().values() for one in read_837([file]) if isinstance(one, Claim837)]


async def test_case_17_the_ordering_provider_of_a_line_goes_out(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    ordering = b"NM1*DK*1*ORDERER*OLA****XX*1234567893"
    content = generate(2)[TENANT]
    line = content.index(b"\nREF*6R*")
    end = content.index(b"~", line) + 1
    trailer = content.index(b"\nSE*") + 4
    count = int(content[trailer : content.index(b"*", trailer)])
    longer = content[:end] + b"\n" + ordering + b"~" + content[end:]
    await world.drop("one.837", longer.replace(b"\nSE*%d*" % count, b"\nSE*%d*" % (count + 1)))
    await world.verify_coverage()
    (file,) = world.outbox().values()
    assert b"\n" + ordering + b"~" in file
    assert b"ORDERER" not in world.lying()


@pytest.mark.parametrize(("assignment", "benefits"), [("A", "Y"), ("B", "N"), ("C", "W")])
async def test_case_18_assignment_of_benefits_comes_from_the_claim(
    tmp_path: Path, assignment: str, benefits: str
) -> None:
    async with calling(tmp_path) as client:
        body = CLAIM | {"assignment": assignment, "benefits_assigned": benefits}
        assert (await client.post("/claims", body)).status_code == 201
        await client.world.verify_coverage()
        (claim,) = written(client.world)
    assert (claim.assignment, claim.benefits_assigned) == (assignment, benefits)


async def test_case_25_claims_are_taken_at_once_and_sending_is_tried_again_in_the_background(tmp_path: Path) -> None:
    more = 'transport = "http"\n[partner.clearinghouse.http]\nurl = "http://127.0.0.1:1/claims"\ntimeout_seconds = 5'
    world = make_world(tmp_path, routing_file=routing_file(tmp_path, partner(more=more)))
    await world.drop("day.837", generate(6)[TENANT])
    await world.verify_coverage()
    assert {one.status for one in await world.claims()} == {"batched"}
    (waiting,) = await world.submissions()
    assert waiting.failure is not None
    assert waiting.failure.message == ("The partner's address did not answer (ConnectError): the file is sent again.")
    world.clock.move(waiting.failure.again_at)
    await world.settle()
    (waiting,) = await world.submissions()
    assert (waiting.status, waiting.failures) == ("built", 2)


async def test_papers_that_go_with_a_claim_are_announced_by_their_number(tmp_path: Path) -> None:
    async with calling(tmp_path) as client:
        papers: list[dict[str, Any]] = [
            {"report_type": "OZ", "transmission": "EL", "control_number": "PAPER-1"},
            {"report_type": "B4", "transmission": "AA"},
        ]
        assert (await client.post("/claims", CLAIM | {"attachments": papers})).status_code == 201
        await client.world.verify_coverage()
        (file,) = client.world.outbox().values()
        assert b"\nPWK*OZ*EL***AC*PAPER-1~\nPWK*B4*AA~\n" in file
        unnumbered = copy.deepcopy(CLAIM) | {"attachments": [{"report_type": "OZ", "transmission": "BM"}]}
        refused = await client.post("/claims", unnumbered, key="k2")
    assert refused.status_code == 422
    assert refused.json()["faults"][0]["field"] == "body.attachments.0"
