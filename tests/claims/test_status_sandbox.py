"""Claims, the sandbox's clearinghouse and the clock, together: what never comes is missed, and asked for."""

from datetime import timedelta
from pathlib import Path

import httpx

from samples.generate import generate
from sandbox.clearinghouse import Clearinghouse
from sandbox.exchange import Exchange
from sandbox.profiles import Payers
from sandbox.state import State
from shared.contracts import AcknowledgementOverdue, ClaimAccepted, ClaimStatusReported, FileAcknowledgementOverdue
from shared.x12.status import StatusInquiry276, read_276
from tests.claims.test_inquiries import listen, pass_days, watches
from tests.claims.world import TENANT, World, make_world
from tests.sandbox.desk import QUIET, read_default


class Behind(httpx.AsyncBaseTransport):
    """The clearinghouse's real-time connection, in this process."""

    def __init__(self, clearinghouse: Clearinghouse, world: World | None = None) -> None:
        self.clearinghouse, self.world = clearinghouse, world
        self.asked = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert self.world is not None
        content = await request.aread()
        asked = [one for one in read_276([content]) if isinstance(one, StatusInquiry276)]
        self.asked += len(asked)
        tenant = request.url.path.rpartition("/")[2]
        return httpx.Response(200, content=self.clearinghouse.answer_276(tenant, asked, 1, self.world.clock.now()))


def payers_that_never_pay() -> Payers:
    default = read_default() | QUIET | {"remits": False}
    return Payers({"default": default, "profiles": {"only": {"unlisted": True}}, "payers": {}})


async def a_day(world: World, clearinghouse: Clearinghouse, days: float) -> None:
    """The partner works, then what it left is read, then deadlines come."""
    clearinghouse.tick(world.clock.now() + timedelta(days=days))
    await world.settle()
    await listen(world)
    await pass_days(world, days)


async def test_payers_that_accept_and_never_pay_are_missed_and_say_that_the_claim_is_in_process(tmp_path: Path) -> None:
    state = State(tmp_path / "sandbox")
    clearinghouse = Clearinghouse(state, Exchange(tmp_path / "exchange", state), payers_that_never_pay(), 7)
    behind = Behind(clearinghouse)
    behind.world = world = make_world(tmp_path, payers=behind)
    await world.drop("day.837", generate(12)[TENANT])
    await world.verify_coverage()
    await listen(world)

    await a_day(world, clearinghouse, 0.1)
    await a_day(world, clearinghouse, 2)
    accepted = [one for one in world.events(ClaimAccepted) if isinstance(one, ClaimAccepted) and one.stage == "payer"]
    assert len(accepted) == 6
    assert not world.events(FileAcknowledgementOverdue, AcknowledgementOverdue)

    for _ in range(5):
        await a_day(world, clearinghouse, 10)
    missed = [one for one in world.events(AcknowledgementOverdue) if isinstance(one, AcknowledgementOverdue)]
    assert {one.awaits for one in missed} == {"remittance"}
    assert len(missed) == 6
    said = [one for one in world.events(ClaimStatusReported) if isinstance(one, ClaimStatusReported)]
    assert {one.category for one in said} == {"P1"}
    assert {one.payer_claim_control_number for one in said} == {
        one.payer_claim_control_number for one in await world.claims()
    }
    assert behind.asked == len(said) >= 6
    assert {one.stage for one in (await watches(world)).values()} == {"remittance"}
    state.close()
