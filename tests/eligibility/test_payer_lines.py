"""A payer that hangs holds up its own inquiries only: the worker keeps room for everybody else."""

import asyncio
from collections import Counter
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from services.eligibility.core.check_messages import Inquire, InquiryPutOff, check_id
from services.eligibility.core.putting_off import PUT_OFF_FIRST, PUT_OFF_MAX
from services.eligibility.payer_lines import PROBES, PayerLine, PayerLines
from services.eligibility.payers import PayerConnection
from services.eligibility.settings import EligibilitySettings
from shared.identity import Individual, SubscriberIdentity, seal_model
from shared.metrics_tally import Tally
from shared.worker import IN_FLIGHT_MAX, Worker
from tests.eligibility.test_check import ACTIVE, AT, CHECK, answered, asked, meta, received
from tests.shared.harness import Machine
from tests.shared.sealing import PlainSealer

FOREVER = 1e6
EACH = 25


class Payers:
    """The service's connection to payers on memory; some hang until the test lets them answer."""

    def __init__(self, *hanging: str) -> None:
        self.machine, self.sealer = Machine(AT), PlainSealer()
        self.hanging, self.speak = set(hanging), asyncio.Event()
        self.asked: Counter[str] = Counter()
        settings = EligibilitySettings.model_construct(
            sandbox_url="http://payers", payer_inquiries_max=EACH, payer_patience_seconds=FOREVER, submitter_id="R"
        )
        runtime: Any = SimpleNamespace(
            shell=SimpleNamespace(tally=Tally()),
            store=self.machine.store,
            sealer=self.sealer,
            clock=self.machine.clock,
            log=self.machine.log,
        )
        client = httpx.AsyncClient(base_url="http://payers", transport=httpx.MockTransport(self._answer))
        self.connection = PayerConnection(runtime, settings, client)
        machine = self.machine
        self.worker = Worker(
            machine.shell, CHECK, self.connection.performers(), machine.clock, machine.clock.wall, machine.log, "w"
        )

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        payer = next(name for name in ("HANG1", "HANG2", "QUICK") if name.encode() in request.content)
        self.asked[payer] += 1
        if payer in self.hanging:
            await self.speak.wait()
        return httpx.Response(200, content=b"no 271 at all")

    async def receive(self, payer: str, count: int) -> None:
        sealed = await seal_model(self.sealer, "lakeside", "acct", IDENTITY)
        claims = [
            received(f"{payer}/{n}").model_copy(
                update={"account_id": f"{payer}_{n}", "payer_id": payer, "sealed_subscriber": sealed}
            )
            for n in range(count)
        ]
        await self.machine.shell.transact(CHECK, claims)

    async def tick(self, times: int) -> None:
        """Let the worker start and settle what it can, without waiting for anybody."""
        for _ in range(times):
            await self.worker.tick()
            for _ in range(50):
                await asyncio.sleep(0)

    async def done(self, payer: str) -> int:
        store = self.machine.store
        return await store.count(CHECK, "lakeside", {"payer_id": payer, "status": "unreadable"})


IDENTITY = SubscriberIdentity(subscriber=Individual(last_name="QUILL", first_name="ADA"), member_id="M1")


async def test_four_hundred_inquiries_to_a_payer_that_hangs_leave_room_for_the_others() -> None:
    payers = Payers("HANG1")
    await payers.receive("HANG1", IN_FLIGHT_MAX)
    await payers.tick(3)
    assert payers.worker.in_flight == IN_FLIGHT_MAX, "it has taken every place, for now"
    assert payers.asked == {"HANG1": EACH}
    payers.connection.gate.lines.of("HANG1").give_way()
    await payers.tick(3)
    assert payers.worker.in_flight == EACH
    await payers.receive("QUICK", 300)
    await payers.tick(20)
    assert await payers.done("QUICK") == 300
    assert payers.asked["HANG1"] == EACH, "nobody else was sent after them"
    payers.speak.set()
    for _ in range(3):  # those whose turn comes before its first word are put off once more
        payers.machine.clock.time += PUT_OFF_MAX
        await payers.tick(20)
    assert await payers.done("HANG1") == IN_FLIGHT_MAX, "late, and none is lost"
    assert payers.asked["HANG1"] == IN_FLIGHT_MAX, "each was asked once"
    await payers.worker.stop()


async def test_several_payers_that_hang_hold_up_their_own_only() -> None:
    payers = Payers("HANG1", "HANG2")
    for name in ("HANG1", "HANG2"):
        await payers.receive(name, 200)
    await payers.tick(3)
    for name in ("HANG1", "HANG2"):
        payers.connection.gate.lines.of(name).give_way()
    await payers.receive("QUICK", 100)
    await payers.tick(20)
    assert (await payers.done("QUICK"), payers.worker.in_flight) == (100, 2 * EACH)
    await payers.worker.stop()


async def test_a_silent_payer_is_probed_by_few_until_it_speaks() -> None:
    line = PayerLine(3, FOREVER)
    assert [await line.turn() for _ in range(3)] == [True] * 3
    waiting = [asyncio.create_task(line.turn()) for _ in range(4)]
    await asyncio.sleep(0)
    line.give_way()
    assert await asyncio.gather(*waiting) == [False] * 4
    for _ in range(3):
        line.end(answered=False)
    assert [await line.turn() for _ in range(4)] == [True] * PROBES + [False] * 2
    line.end(answered=True)
    assert [await line.turn() for _ in range(2)] == [True] * 2, "it spoke: all places are there again"
    assert line.in_progress == 3


async def test_who_waits_gets_a_turn_as_others_end_and_a_place_given_up_is_not_lost() -> None:
    line = PayerLine(1, FOREVER)
    assert await line.turn()
    first, second, third = [asyncio.create_task(line.turn()) for _ in range(3)]
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    line.end(answered=False)
    second.cancel()  # its turn has just come
    with pytest.raises(asyncio.CancelledError):
        await second
    assert await third
    assert line.in_progress == 1


async def test_only_a_payer_that_says_nothing_is_taken_for_hanging() -> None:
    line = PayerLine(1, FOREVER)
    assert await line.turn()
    waiting = [asyncio.create_task(line.turn()) for _ in range(2)]
    await asyncio.sleep(0)
    line.end(answered=True)
    line._look(0)
    assert not waiting[1].done(), "one answer came since"
    line._look(1)
    assert await asyncio.gather(*waiting) == [True, False]


async def test_the_watch_ends_the_wait_by_itself() -> None:
    line = PayerLine(1, 0.001)
    assert await line.turn()
    assert not await line.turn()


async def test_lines_that_nobody_stands_in_are_forgotten() -> None:
    lines = PayerLines(1, FOREVER)
    assert await lines.of("P1").turn()
    lines.leave("P1")
    assert lines.of("P1").in_progress == 1
    lines.of("P1").end(answered=True)
    lines.leave("P1")
    assert lines.of("P1").in_progress == 0
    assert len(lines._lines) == 1


def put_off(snapshot: Any, times: int) -> InquiryPutOff:
    [effect_id] = snapshot.effects
    return InquiryPutOff(meta=meta(f"put-off/{effect_id}", effect_id), check_id=check_id(received("c1")), times=times)


def test_putting_off_is_no_attempt_and_no_fact_and_waits_longer_each_time() -> None:
    snapshot, waits = asked("c1").snapshot, list[timedelta]()
    for times in range(1, 7):
        decided = CHECK.run(snapshot, [put_off(snapshot, times)])
        assert decided.facts == ()
        snapshot = decided.snapshot
        [pending] = snapshot.effects.values()
        assert isinstance(pending.effect, Inquire)
        assert (pending.effect.attempt, pending.effect.put_off) == (1, times)
        waits.append(pending.next_attempt_at - AT)
    assert waits[0] == PUT_OFF_FIRST
    assert waits == [min(PUT_OFF_FIRST * 2**n, PUT_OFF_MAX) for n in range(6)]
    told = CHECK.run(snapshot, [answered(snapshot, ACTIVE)])
    assert told.snapshot.state.outcome == ACTIVE


async def test_a_refusal_is_an_answer_and_a_timeout_is_silence() -> None:
    payers = Payers()
    outcomes: list[Any] = [httpx.ReadTimeout("slow"), httpx.ConnectError("refused"), httpx.Response(503)]

    async def post(*_: Any, **__: Any) -> httpx.Response:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        assert isinstance(outcome, httpx.Response)
        return outcome

    payers.connection._client.post = post  # type: ignore[method-assign]
    assert [await payers.connection.exchange("lakeside", b"", 20) for _ in range(3)] == [
        (None, False),
        (None, True),
        (None, True),
    ]
