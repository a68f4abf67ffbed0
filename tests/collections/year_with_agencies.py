"""`python -m tests.collections.year_with_agencies [--accounts N] [--days N] [--seed S]`: the long run, with agencies.

The same guarantors, policy and book as in `year`; what is placed goes to two agencies by files, and so it comes back.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from services.collections.core import PolicyBook, make_decider
from services.collections.measures import Measures
from shared.collector import calm_collector
from shared.sweep import Deadline, due_message
from tests.collections.agency_kit import contracts
from tests.collections.plan_story import BOOK
from tests.collections.story import SHELF, at
from tests.collections.year import ROUNDS_MAX, Year, year_policies
from tests.collections.year_agencies import AGENCIES, AgencyWorld
from tests.collections.year_checks import check_all

LAST_DAYS = 4
"""After the last day: what is under way is sent, read, answered and booked."""


class YearWithAgencies(Year):
    """A year whose placements go somewhere."""

    def __init__(self, seed: int, accounts: int, folder: Path) -> None:
        super().__init__(seed, accounts)
        book = contracts(folder / "policy")
        self.policies = PolicyBook(tuple(replace(one, agency_id=AGENCIES[0]) for one in year_policies()))
        self.decider = make_decider(self.policies, SHELF, plans=BOOK, agencies=book)
        self.agencies = AgencyWorld(self.machine, self.decider, book, seed, folder)
        self._heard = 0

    async def live(self, days: int) -> None:
        """Each day of everybody else, and then the agencies' own."""
        for day in range(days):
            self.day, self.machine.clock.time = day, at(day, 17)
            self._book_news()
            self.people.live(day, self.now)
            await self._tell([*self.people.take_orders(), *self.book.take_news()])
            await self._settle()
            await self._tell(self.desk.calls(self.now))
            await self.agencies.live()
            await self._settle()

    async def finish(self) -> None:
        """What is under way comes to its end on both sides."""
        for _ in range(LAST_DAYS):
            self.machine.clock.time += timedelta(days=1)
            self._book_news()
            await self._tell(self.book.take_news())
            await self._settle()
            await self.agencies.finish()
            await self._settle()
        while await self.agencies.send_all():
            await self._settle()

    async def _settle(self) -> None:
        for _ in range(ROUNDS_MAX):
            due = [(key, due_at) for key, due_at in self._due.items() if due_at <= self.now]
            sent = [(key, pending) for key, pendings in self._sent.items() for pending in pendings]
            busy, news = await self.agencies.settle(), self.agencies.take_news()
            if not due and not sent and not busy and not news:
                return
            deadlines = [Deadline(self.decider.kind, key, due_at) for key, due_at in due]
            await self._tell([due_message(self.decider, one, one.key.id, self.now) for one in deadlines])
            await self._tell(news)
            answers = [
                await self.agencies.answer(key, one)
                if self.agencies.takes(one)
                else self.mail.answer(key, one, self.now)
                for key, one in sent
            ]
            await self._tell(answers)
        raise AssertionError("a day does not end")

    def _book_news(self) -> None:
        """What agencies collected is posted as payments does: bad debt that is paid is owed again first."""
        records = self.machine.bus.records[self._heard :]
        super()._book_news()
        self._heard = len(self.machine.bus.records)
        for record in records:
            if dict(record.headers)["ce_type"] != b"agency-payment.reported.v1":
                continue
            said = json.loads(record.value)
            ledger = self.book.of(said["account_id"])
            beyond = said["paid_cents"] - max(0, ledger.balance)
            ledger.written_off -= max(0, min(beyond, ledger.written_off))
            self.book.pay(said["account_id"], said["paid_cents"], self.now, said["payment_id"])


async def lived_with_agencies(accounts: int, days: int, seed: int, folder: Path) -> tuple[YearWithAgencies, list[str]]:
    """Run it; what is wrong, of the accounts and of the agencies."""
    year = YearWithAgencies(seed, accounts, folder)
    await year.live(days)
    await year.finish()
    measures = Measures(year.policies)
    faults, _ = await check_all(year.machine.store, year.decider, year.book, measures, year.now)
    return year, [*faults, *await year.agencies.faults()]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.collections.year_with_agencies", description=__doc__)
    parser.add_argument("--accounts", type=int, default=1_000)
    parser.add_argument("--days", type=int, default=240)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    calm_collector()
    worked = process_time()
    with TemporaryDirectory(prefix="revcycle-agencies-") as folder:
        year, faults = asyncio.run(lived_with_agencies(chosen.accounts, chosen.days, chosen.seed, Path(folder)))
    lines = [
        f"seed {chosen.seed}: {chosen.accounts:,} accounts, {chosen.days} days",
        year.agencies.said(),
        year.book.said(),
        f"{len(faults)} faults; {process_time() - worked:.0f} s of processor time",
        *faults[:20],
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
