"""The whole system and its outside, from charge to write-off, under every fault; and what must be true of its books."""

import asyncio
import random
from collections.abc import Coroutine
from datetime import timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from unittest.mock import patch

from services.claims import file_performer
from services.payments.core.ledger import Totals, totals_of
from shared.contracts.wire import Record
from shared.store.port import Key
from tests.shared.harness import HandClock
from tests.simulation.chaos import START, Chaos
from tests.simulation.collecting import Desk, ends, errands
from tests.simulation.folders import Disk, UnthreadedReader
from tests.simulation.moments import MOMENTS, PLANNED_IN
from tests.simulation.parts import Bug, Claims, Collections, Eligibility, Outside, Payments
from tests.simulation.people import People, release_parked, remit, tell_cash
from tests.simulation.script import Script, write_script
from tests.simulation.service import PROCESSES, Process, Service
from tests.simulation.stores import POISON, Topics

EVENTFUL = PLANNED_IN + 1
LUCKS = 10
"""Seeds that share a story, each with its own luck: what happens undisturbed is found out once for them."""
ENTANGLED = 3
"""In every third story accounts have several payments, and what the order of the news decides is not compared."""
ROUNDS, QUIET_ROUNDS, LONG_ROUNDS = 6, 1, 40
LONG = 5
"""In every fifth seed claims go all their way to the partner before faults pause; else they mostly do so after."""
SETTLING_MAX = 150
BETWEEN_MOMENTS = timedelta(minutes=15)
"""On the machines' clocks, where days would be truer: long enough for nobody to look after who died before."""
HOUSEKEEPING_SECONDS = 8.0
RESTING_SECONDS = 15.0
"""Leases end meanwhile, and dead processes are found."""
POISONS: tuple[tuple[bytes, tuple[tuple[str, bytes], ...]], ...] = (
    (b"{}", (("content-type", b"application/json"),)),
    (b"{}", (("ce_type", b"\xff"),)),
    (b"not json", ()),
)


@lru_cache(maxsize=4)
def script_of(story: int, claims: int) -> Script:
    """What happens outside in a story; the seeds that share it only read it."""
    return write_script(random.Random(story), claims, is_entangled=story % ENTANGLED == ENTANGLED - 1)


class Book(NamedTuple):
    """What a run left behind, to be compared with the undisturbed run of the same script."""

    totals: dict[Key, Totals]
    claims: dict[Key, str]
    collections: dict[Key, str]
    desk: dict[Key, str]


class World:
    """The services, the topics between them, and everybody outside."""

    def __init__(
        self, seed: int, claims: int, *, calm: bool, kept: frozenset[int] | None = None, aim: str | None = None
    ) -> None:
        story = seed // LUCKS
        self.script = script_of(story, claims)
        self.chaos = Chaos(seed, calm=calm, kept=kept, aim=aim)
        self.bus, self.clock = Topics(self.chaos), HandClock(START)
        self.outside = Outside(self.chaos, self.script)
        eligibility, at_claims = Eligibility(self.outside), Claims(self.outside)
        payments, collections = Payments(self.outside), Collections(self.outside)
        specs = (eligibility.spec(), at_claims.spec(), payments.spec(), collections.spec())
        drops = (Disk(self.chaos), self.outside.drop, self.outside.exchange, Disk(self.chaos))
        self.services = tuple(
            Service(spec, self.bus, self.chaos, self.clock, drop) for spec, drop in zip(specs, drops, strict=True)
        )
        self.claims, self.payments, self.collections = at_claims, payments, collections
        self.people = People(self.outside, story, (at_claims, self.services[1]), self.clock)
        self.desk, self.story = Desk(self.people, collections, self.services[3]), story
        self.is_long = seed % LONG == 0
        self.cared_for = -1  # at which state of the store the billers looked after their claims

    @property
    def deliveries(self) -> int:
        return sum(service.deliveries for service in self.services)

    def end(self) -> None:
        """Let go of all that was kept, so that little is left for the collector, which would look through it first."""
        for service in self.services:
            vars(service.store).clear()
        vars(self.bus).clear()

    async def run(self) -> Book:
        """Moment by moment: what happens outside meets what goes wrong, then everything comes to rest."""
        with patch.object(file_performer, "ThreadedReader", UnthreadedReader):
            return await self._live()

    async def _live(self) -> Book:
        for number, moment in enumerate(MOMENTS):
            self.clock.time = moment
            self.chaos.skipped += BETWEEN_MOMENTS
            self.chaos.on = not self.chaos.calm
            await self._disturb(number)
            self.chaos.on = False
            self.outside.bugs.clear()
            await self._settle()
        return self._book()

    def _errands(self, number: int) -> list[Coroutine[Any, Any, Any]]:
        people, script, at_payments = self.people, self.script, self.services[2]
        if number == 0:
            dropped = [people.drop(file) for file in script.files]
            return [*(people.bill(billed) for billed in script.billed if billed.by_hand), *dropped]
        money = [tell_cash(people, at_payments, errand) for errand in script.cash if errand.moment == number]
        desk = errands(self.desk, script, self.story, number)
        if number == PLANNED_IN:
            return [*money, *desk]
        due = [d.message for b in script.billed for d in b.remitted if d.moment == number and not d.era]
        left = [people.leave(era) for era in script.eras if era.moment == number]
        return [*money, *desk, *(remit(people, at_payments, message) for message in due), *left]

    async def _disturb(self, number: int) -> None:
        errands = self._errands(number)
        if self.chaos.calm:
            try:
                for errand in errands:
                    await errand
            finally:
                for errand in errands:
                    errand.close()  # what a failure left undone is not begun
            return
        rounds = ROUNDS if number < EVENTFUL else QUIET_ROUNDS
        if number == 0 and self.is_long:
            rounds = LONG_ROUNDS
        if number < EVENTFUL:
            errands += [self._meddle(), self._poison()]
            self._plant_bug()
        lives = asyncio.gather(*errands, self._jump(), *(p.live(rounds) for p in self._processes()))
        while not lives.done():
            await asyncio.wait((lives,), timeout=HOUSEKEEPING_SECONDS)
            if not lives.done():  # somebody stands still: the others look after what it seems to have left
                await asyncio.gather(*(p.turn(p.keep_house) for p in self._idlers()))
        await lives

    def _processes(self) -> list[Process]:
        return [process for service in self.services for process in service.processes]

    def _idlers(self) -> list[Process]:
        """One process of each service that has nothing in hand."""
        idle = ([p for p in service.processes if not p.busy] for service in self.services)
        return [processes[0] for processes in idle if processes]

    def _plant_bug(self) -> None:
        if self.chaos.chance(0.5) and self.chaos.fault("bug"):
            billed = self.chaos.rng.choice(self.script.billed)
            bugs = (
                Bug("claim", billed.claim_id),
                Bug("account", billed.account_id),
                Bug("collection", billed.account_id),
            )
            self.outside.bugs.add(self.chaos.rng.choice(bugs))

    async def _meddle(self) -> None:
        for _ in range(2):
            await asyncio.sleep(self.chaos.rng.uniform(0.2, 3))
            await self.people.answer_files()
            if self.chaos.chance(0.4) and self.chaos.fault("user meddles"):
                await self.people.meddle()
            if self.outside.bugs:
                await release_parked(self.services)

    async def _poison(self) -> None:
        """What can be no message of ours lies among those that are."""
        await asyncio.sleep(self.chaos.rng.uniform(0, 3))
        if self.chaos.chance(0.5) and self.chaos.fault("poison"):
            value, headers = self.chaos.rng.choice(POISONS)
            topics = sorted({topic for service in self.services for topic in service.spec.topics})
            self.bus.keep(Record(self.chaos.rng.choice(topics), POISON, value, headers))

    async def _jump(self) -> None:
        """Clocks jump forward: the machines' by minutes, the business's by a little."""
        await asyncio.sleep(self.chaos.rng.uniform(0, 5))
        if self.chaos.chance(0.3) and self.chaos.fault("clock jumps"):
            self.chaos.skipped += timedelta(seconds=self.chaos.rng.randrange(5, 120))
            self.clock.time += timedelta(minutes=self.chaos.rng.randrange(20))

    async def _settle(self) -> None:
        """After faults stop, everything comes to rest, with people doing their part."""
        for turn in range(SETTLING_MAX):
            processes = [s.processes[0 if self.chaos.calm else turn % PROCESSES] for s in self.services]
            now = self.clock.now()
            if sum([await process.once() for process in processes if not process.service.is_idle(now)]):
                continue
            await asyncio.sleep(RESTING_SECONDS)
            work = self.outside.drop.unlock() + self.outside.exchange.unlock()
            work += sum([await process.turn(process.keep_house) for process in processes])
            work += await release_parked(self.services)
            if work or not await self._rests():
                continue
            work = await self.people.answer_files()
            if self.cared_for != self.services[1].store.saves:
                self.cared_for = self.services[1].store.saves
                work += await self.people.look_after_claims()
            if not work:
                return
        msg = "the services never came to rest"
        raise AssertionError(msg)

    async def _rests(self) -> bool:
        now = self.clock.now()
        if not all(service.is_idle(now) for service in self.services):
            return False
        return not any([await service.owes() for service in self.services])

    def _book(self) -> Book:
        at_claims, at_payments, at_collections = self.services[1:]
        totals = {k: totals_of(s) for k, s in at_payments.store.states(self.payments.account).items()}
        claims = {k: s.status for k, s in at_claims.store.states(self.claims.claim).items()}
        collections = {
            key: f"{state.balance_cents}/{ended(state.status)}"
            for key, state in at_collections.store.states(self.collections.collection).items()
            if state.balance_cents
            or ended(state.status) != "nothing owed"  # it may never have heard of such an account
        }
        return Book(totals, claims, collections, ends(self.collections, at_collections))


def ended(status: str) -> str:
    """Where an account came to rest: `settled`, `clear` and `written_off` all owe nothing.

    Whether a balance was open for a moment before it was paid, and whether a small one was written off at once or at
    its deadline, depends on the order of the news, and rightly so; what was written off, the ledger's totals compare.
    """
    return "nothing owed" if status in {"settled", "clear", "written_off"} else status
