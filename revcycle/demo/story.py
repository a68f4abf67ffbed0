"""The demo's course: claims go in, the clock moves, patients pay, and the book must tie out."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import get_args

from rich.console import Console
from rich.live import Live

from revcycle.demo.board import Board
from revcycle.demo.intake import Samples, drop, read_samples
from revcycle.demo.patients import Patients
from revcycle.demo.tally import Tally, hear_to_the_end, listen
from revcycle.identity import issue_token
from revcycle.refusal import RefusalError
from revcycle.report import faults, read_proofs, show
from revcycle.settle import Numbers, Watcher, next_time
from revcycle.stack.layout import Layout
from revcycle.stack.record import StackRecord
from shared.auth import Role
from shared.clock import write_clock_file
from shared.tasks import end_tasks

TENANTS = ("lakeside", "northgate")
SETTLE_SECONDS_MAX = 1800.0
CLOSELY_UNTIL = 35
CLOSE_STRIDE_DAYS, STRIDE_DAYS = 2, 7
"""Payers answer in the first weeks; later the clock moves in larger steps. What fell due in between is worked off."""
REFRESH_PER_SECOND = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How long the story is and how much goes in."""

    start: date
    days: int
    claims: int
    public: bool = True  # the public samples too, not only generated claims

    @property
    def end(self) -> date:
        return self.start + timedelta(days=self.days)


class Story:
    """One run on a running stack."""

    def __init__(self, course: Course, layout: Layout, record: StackRecord, console: Console) -> None:
        self._course, self._layout, self._console = course, layout, console
        self._tokens: dict[str, str] = {}
        self._payments = _address(record, "payments")
        urls = self._payments, _address(record, "collections")
        self._patients = Patients(*urls, self._token, _address(record, "sandbox"))
        self._watcher = Watcher(layout, record)
        self._kafka, self._mongo = record.kafka, record.mongo
        self.tally = Tally()
        self._board = Board(self.tally, course.start, course.end)

    async def run(self) -> list[str]:
        """Play it and print the report; what was wrong with the run, empty when nothing was."""
        samples = await asyncio.to_thread(read_samples, self._course.start, self._course.claims)
        listening = asyncio.create_task(listen(self._kafka, self.tally, self._patients.hear))
        try:
            with Live(self._board, console=self._console, refresh_per_second=REFRESH_PER_SECOND):
                await self._patients.open_accounts(TENANTS)
                await asyncio.to_thread(self._drop_claims, samples)
                await self._settle(self._course.start, "claims are taken in, scrubbed and checked")
                await asyncio.to_thread(self._drop_eras, samples)
                await self._through_the_days()
            proofs = await read_proofs(self._payments, {t: self._token(f"{t}/auditor") for t in TENANTS})
            await hear_to_the_end(self.tally)
            await self._watcher.wait(SETTLE_SECONDS_MAX)
            numbers = await self._watcher.look()
        finally:
            await end_tasks((listening,))
            await self._patients.close()
            await self._watcher.close()
        found = faults(self.tally, proofs, numbers)
        if self._patients.refused:
            found.append(f"{self._patients.refused} requests of patients were refused")
        show(self._console, self.tally, proofs, found)
        return [*found, *(await self._gate())]

    async def _gate(self) -> list[str]:
        """Every decision of the compliance gate, made again from the journal; what is wrong with them."""
        from revcycle.compliance import recomputed
        from revcycle.policy import journal
        from services.collections.compliance import rule_shelf

        wrong, rules = list[str](), rule_shelf(production=False)
        for tenant in TENANTS:
            made = await recomputed(journal(self._mongo), tenant, rules)
            decided = f"{made.decisions:,} decisions, {made.allowed:,} allowed and {made.blocked:,} blocked"
            again = f"made again from the journal, {made.same:,} come out the same."
            self._console.print(f"Compliance gate, {tenant}: {decided}; {again}")
            wrong += (f"the gate decides {one.decision_id} otherwise now" for one in made.differing)
        return wrong

    async def _through_the_days(self) -> None:
        """To the end of the course: settle, let patients act, move to the next day that has something due."""
        numbers = await self._settle(self._course.start, "payers answer")
        today = self._course.start
        while today < self._course.end:
            today = self._next_day(today, numbers)
            self._move(today)
            numbers = await self._settle(today, "letters, remittances and deadlines of the day")
            if await self._patients.act(today):
                numbers = await self._settle(today, "patients pay")

    def _next_day(self, today: date, numbers: Mapping[str, Numbers]) -> date:
        """The first day with something due, in larger strides once the payers have answered."""
        at, promised = next_time(numbers), self._patients.next_promise()
        days = [day for day in (at and at.date(), promised, self._course.end) if day is not None]
        wanted = min(days)
        closely = (today - self._course.start).days < CLOSELY_UNTIL
        stride = timedelta(days=CLOSE_STRIDE_DAYS if closely else STRIDE_DAYS)
        return min(max(wanted, today + stride), self._course.end)

    async def _settle(self, today: date, doing: str) -> Mapping[str, Numbers]:
        self._board.move(_noon(today), doing)
        return await self._watcher.wait(SETTLE_SECONDS_MAX, readers=False)

    def _move(self, today: date) -> None:
        write_clock_file(self._layout.clock, _noon(today))

    def _drop_claims(self, samples: Samples) -> None:
        drops = samples.drops if self._course.public else samples.generated
        for one in drops:
            drop(self._layout.intake / one.tenant, one)

    def _drop_eras(self, samples: Samples) -> None:
        """The public remittances come in after the claims made to match them went out."""
        for era in samples.eras if self._course.public else ():
            drop(self._layout.exchange / era.tenant / "eras", era)

    def _token(self, wanted: str) -> str:
        """A development token for `tenant/role`, signed once."""
        if wanted not in self._tokens:
            tenant, role = wanted.split("/")
            roles: dict[str, Role] = {name: name for name in get_args(Role)}
            self._tokens[wanted] = issue_token(self._layout, tenant, "demo", [roles[role]])
        return self._tokens[wanted]


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def _address(record: StackRecord, name: str) -> str:
    url = record.url(name)
    if url is None:
        raise RefusalError(f"The demo needs {name}: start the stack without --only.")
    return url
