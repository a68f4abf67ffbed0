"""What `revcycle status` finds out, asked of toy services."""

import os

from revcycle.identity import make_identity
from revcycle.stack.layout import Layout
from revcycle.stack.record import Phase, ProcessId, StackRecord
from revcycle.stack.status import StackStatus, ask_status
from revcycle.stack.supervisor import Stage
from tests.stack.conftest import Toys, Watched, running


async def asked(layout: Layout, watched: Watched) -> StackStatus:
    me = ProcessId.of(os.getpid())
    assert me is not None
    make_identity(layout)
    processes = list(watched.processes.values())
    return await ask_status(
        layout, StackRecord(phase=Phase.READY, supervisor=me, kafka="k", mongo="m", processes=processes)
    )


async def test_every_process_is_asked_for_its_health_and_its_numbers(toys: Toys, layout: Layout) -> None:
    async with running([Stage((toys.spec("claims"), toys.spec("payments")))], layout) as watched:
        found = await asked(layout, watched)
    assert found.healthy
    assert [(p.name, p.ready, p.numbers) for p in found.processes] == [
        ("claims", True, {"lag": 0, "outbox": 2}),
        ("payments", True, {"lag": 0, "outbox": 2}),
    ]


async def test_a_process_that_is_gone_makes_the_stack_unhealthy(toys: Toys, layout: Layout) -> None:
    async with running([Stage((toys.spec("claims"), toys.spec("payments")))], layout) as watched:
        pass
    found = await asked(layout, watched)
    assert not found.healthy
    assert [(p.ready, p.numbers) for p in found.processes] == [(False, None), (False, None)]
