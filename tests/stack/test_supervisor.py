"""The supervisor, tried on real processes."""

import asyncio
from collections.abc import Callable

import pytest

from revcycle.refusal import RefusalError
from revcycle.stack.layout import Layout
from revcycle.stack.record import Phase, ProcessState
from revcycle.stack.supervisor import Stage, Supervisor
from tests.stack.conftest import QUICK, Toys, Watched, running


async def test_stages_start_in_order_and_stop_in_the_opposite_order(toys: Toys, layout: Layout) -> None:
    happened: list[str] = []

    async def between() -> None:
        happened.extend(toys.journal())

    stages = [Stage((toys.spec("broker"),), then=between), Stage((toys.spec("claims"),))]
    async with running(stages, layout) as watched:
        assert {p.state for p in watched.processes.values()} == {ProcessState.READY}
    assert happened == ["start broker"]
    assert toys.journal() == ["start broker", "start claims", "stop claims", "stop broker"]
    assert watched.phases == [Phase.STARTING, Phase.READY, Phase.STOPPING, Phase.STOPPED]


async def test_a_process_that_dies_is_started_again_and_the_others_stay(toys: Toys, layout: Layout) -> None:
    async with running([Stage((toys.spec("claims"), toys.spec("payments")))], layout) as watched:
        await watched.kill("claims")
        await watched.until(claims_ready(restarts=1))
        assert watched.processes["claims"].last_exit == 3
        assert watched.processes["payments"].restarts == 0
    assert toys.journal().count("start payments") == 1


async def test_a_process_that_keeps_dying_is_given_up_and_the_others_stay(toys: Toys, layout: Layout) -> None:
    async with running([Stage((toys.spec("claims"), toys.spec("payments")))], layout) as watched:
        for deaths in range(1, QUICK.tries):
            await watched.kill("claims")
            await watched.until(claims_ready(restarts=deaths))
        await watched.kill("claims")
        await watched.until(lambda w: w.processes["claims"].state is ProcessState.FAILED)
        assert watched.processes["claims"].restarts == QUICK.tries - 1
        assert watched.processes["payments"].state is ProcessState.READY


async def test_when_a_forgetful_process_dies_what_leans_on_it_starts_anew(toys: Toys, layout: Layout) -> None:
    topics_made: list[int] = []

    async def between() -> None:
        topics_made.append(1)

    broker, store = toys.spec("broker", forgets=True), toys.spec("store")
    stages = [Stage((broker, store), then=between), Stage((toys.spec("claims"),))]
    async with running(stages, layout) as watched:
        await watched.kill("broker")
        await watched.until(lambda w: w.phases == [Phase.STARTING, Phase.READY, Phase.STARTING, Phase.READY])
    assert len(topics_made) == 2
    told = toys.journal()
    assert set(told[:2]) == {"start broker", "start store"}
    assert told[2] == "start claims"
    assert set(told[3:5]) == {"stop claims", "start broker"}
    assert told[5:7] == ["start claims", "stop claims"]
    assert set(told[7:]) == {"stop broker", "stop store"}


async def test_a_process_that_cannot_start_stops_everything_and_shows_the_end_of_its_log(
    toys: Toys, layout: Layout
) -> None:
    stages = [Stage((toys.spec("store"),)), Stage((toys.spec("claims", "--broken"),))]
    with pytest.raises(RefusalError, match=r"(?s)claims does not stay up.*claims\.log.*this toy is broken"):
        async with running(stages, layout):
            pytest.fail("it became ready")
    assert toys.journal() == ["start store", "stop store"]


async def test_a_process_that_never_gets_ready_is_ended_and_counted(toys: Toys, layout: Layout) -> None:
    hasty = type(QUICK)(tries=2, first_wait_seconds=0.01, ready_seconds=0.5)
    with pytest.raises(RefusalError, match="claims does not stay up"):
        async with running([Stage((toys.spec("claims", "--never-ready"),))], layout, hasty):
            pytest.fail("it became ready")
    assert toys.journal() == ["start claims", "start claims"]


async def test_a_process_that_does_not_hear_is_killed_after_its_time(toys: Toys, layout: Layout) -> None:
    async with running([Stage((toys.spec("claims", "--deaf", stop_seconds=0.2),))], layout) as watched:
        pass
    assert watched.processes["claims"].last_exit == -9


async def test_a_stop_during_the_start_stops_what_had_started(toys: Toys, layout: Layout) -> None:
    stop, watched = asyncio.Event(), Watched()
    stages = [Stage((toys.spec("store"),)), Stage((toys.spec("claims", "--never-ready"),))]
    work = asyncio.create_task(Supervisor(stages, layout.log, watched.hear, QUICK).run(stop))
    await watched.until(lambda w: "claims" in w.processes and w.processes["claims"].id is not None)
    stop.set()
    await work
    assert watched.phases[-1] is Phase.STOPPED
    assert all(p.id is None or p.id.alive() is None for p in watched.processes.values())


def claims_ready(restarts: int) -> Callable[[Watched], bool]:
    def so(watched: Watched) -> bool:
        claims = watched.processes["claims"]
        return claims.state is ProcessState.READY and claims.restarts == restarts

    return so
