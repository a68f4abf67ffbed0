"""Agencies of a long run: they take what they are sent, refuse some, collect at random, remit, and list what they hold.

Their files are read and written as text, by the service's own intake and writing. At the end no account was with two
agencies at once, every record went out once, both sides hold the same, and the fees add up to the cent.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid5

from services.collections.agency_parts import agency_parts
from services.collections.agency_performers import Accounts
from services.collections.core import AccountMessage, PlaceAccount, RecallAccount
from services.collections.core.agency import CutFile
from services.collections.core.agency_account import TellAgency
from services.collections.core.agency_file import AgencyFile
from services.collections.core.agency_format import read_lines, write_line
from services.collections.core.agency_policy import Agency, AgencyBook
from services.collections.core.placement_state import PlacedAccount
from services.collections.performers import OutgoingMail
from shared.contracts import Message, Meta
from shared.decider import Decided, Decider, Effect, Pending
from shared.runtime import Runtime
from shared.store.port import Key
from shared.sweep import Deadline, due_message
from shared.worker import Performer
from tests.collections.house import MARY
from tests.collections.story import NAMESPACE, SHELF, TENANT
from tests.shared.harness import Machine

AGENCIES = ("agency_primary", "agency_second")
OF_ACCOUNTS = (PlaceAccount, RecallAccount, TellAgency)
REMITS_EVERY = 7
ROUNDS_MAX = 60


class OneSeal:
    """Whatever is sealed is the same guarantor: nobody reads it here."""

    async def seal(self, tenant: str, owner: str, clear: bytes, /) -> str:
        return f"sealed:{tenant}/{owner}/{len(clear)}"

    async def open(self, _: str, /) -> bytes:
        return MARY.model_dump_json().encode()


class Watched:
    """The machine's shell, and what each decision left to do."""

    def __init__(self, machine: Machine, accounts: str) -> None:
        self._shell, self._accounts = machine.shell, accounts
        self.news: list[AccountMessage] = []  # what accounts are to hear: whoever lives the year tells them
        self.due: dict[tuple[str, Key], datetime] = {}
        self.open: dict[tuple[str, Key], tuple[Pending, ...]] = {}

    async def transact(self, decider: Decider[Any, Any, Any], messages: Any) -> Mapping[Key, Decided[Any, Any]]:
        if decider.kind == self._accounts:
            self.news += messages
            return {}
        decided = await self._shell.transact(decider, messages)
        for key, one in decided.items():
            place, due_at = (decider.kind, key), decider.due(one.snapshot.state)
            self.due.pop(place, None)
            if due_at is not None:
                self.due[place] = due_at
            self.open[place] = tuple(one.snapshot.effects.values())
        return decided

    async def transact_one(self, decider: Decider[Any, Any, Any], message: Message) -> Decided[Any, Any] | None:
        """None for an account: it hears of it later."""
        return (await self.transact(decider, (message,))).get(Key(TENANT, decider.aggregate_id(message)))


@dataclass(slots=True)
class Held:
    """What an agency knows of an account."""

    number: str
    account: str
    cents: int


class Collector:
    """One agency: what it holds, what it collected since it remitted last, and the fees it kept."""

    def __init__(self, terms: Agency, folder: Path, seed: int) -> None:
        self.terms, self.folder, self.random = terms, folder, Random(f"{terms.agency_id}/{seed}")
        self.held: dict[str, Held] = {}
        self.numbers: dict[str, int] = {}  # how often the account was placed, by placement
        self.placed: Counter[str] = Counter()
        self.collected: list[tuple[str, str, int, datetime]] = []
        self.collected_cents, self.fee_cents, self.files, self.references = 0, 0, 0, 0

    def read(self) -> list[tuple[str, bool]]:
        """Take every file that lies there; acknowledgements of what is new: placement and whether it is taken."""
        new: list[tuple[str, bool]] = []
        for file in sorted(self.folder.glob("*.*")):
            lines = list(read_lines(self.terms.format, file.read_bytes().decode()))
            assert not any(line.wrong for line in lines), "what we write can be read"
            for line in lines:
                new += self._read(line.kind, line.values)
            self.files += 1
            assert lines[0].values["file_number"] == self.files, "files are numbered without a gap"
            (self.folder / "taken").mkdir(exist_ok=True)
            file.replace(self.folder / "taken" / file.name)
        return new

    def _read(self, kind: str, values: Mapping[str, Any]) -> list[tuple[str, bool]]:
        placement_id = values.get("placement_id", "")
        if kind == "placement":
            self.placed[placement_id] += 1
            taken = self.random.random() > 0.05
            if taken:
                number = f"{self.terms.agency_id[-6:]}-{len(self.placed)}"
                cents = values["balance_cents"]
                self.numbers[placement_id] = values["placement_number"]
                self.held[placement_id] = Held(number, values["account_number"], cents)
            return [(placement_id, taken)]
        if kind in {"recall", "closure"}:
            self.held.pop(placement_id, None)
        elif kind in {"payment", "adjustment"} and placement_id in self.held:
            self.held[placement_id].cents -= values["cents"]
        return []

    def work(self, now: datetime) -> list[tuple[str, str]]:
        """Some pay, some promise, some cannot be collected: updates of the day."""
        told: list[tuple[str, str]] = []
        for placement_id, one in list(self.held.items()):
            chance = self.random.random()
            if chance < 0.03 and one.cents > 0:
                cents = one.cents if self.random.random() < 0.5 else max(1, one.cents // 3)
                self.references += 1
                self.collected.append((placement_id, f"R-{self.references}", cents, now))
                one.cents -= cents
            elif chance < 0.045 and not any(paid[0] == placement_id for paid in self.collected):
                told.append((placement_id, "UNC"))
                del self.held[placement_id]
            elif chance < 0.06 and self.terms.agency_id == "agency_primary":
                told.append((placement_id, "PTP"))
        return told

    def remits(self, now: datetime, number: int) -> tuple[str, str]:
        """A remittance, and the same with a wrong total. It keeps its fee, or bills it."""
        lines, gross, fees = list[str](), 0, 0
        for placement_id, reference, cents, paid_at in self.collected:
            fee = self._fee(cents, self.numbers[placement_id])
            gross, fees = gross + cents, fees + fee
            values = {"placement_id": placement_id, "reference": reference, "paid": "C", "cents": cents}
            lines.append(self._line("payment_in", {**values, "received_on": paid_at.date(), "fee_cents": fee}))
        self.collected_cents, self.fee_cents = self.collected_cents + gross, self.fee_cents + fees
        self.collected = []
        sums = {"lines": len(lines), "gross_cents": gross, "fee_cents": fees, "remitted_on": now.date()}
        net = gross - fees if self.terms.remits == "net" else gross
        last = {**sums, "net_cents": net, "trace": f"{self.terms.agency_id}-{number}"}
        wrong = self._line("remittance", {**last, "net_cents": net + 1})
        return "".join((*lines, self._line("remittance", last))), "".join((*lines, wrong))

    def _fee(self, cents: int, placement: int) -> int:
        """By its own reading of the contract."""
        if self.terms.agency_id == "agency_second":
            return (cents * 40 + 50) // 100
        return (cents * 22 + 50) // 100 if placement == 1 else min(cents, (cents * 30 + 50) // 100 + 100)

    def lists(self) -> str:
        lines = [
            self._line("inventory", {"agency_number": one.number, "balance_cents": one.cents})
            for one in self.held.values()
        ]
        return "".join((*lines, self._line("totals", {"lines": len(lines), "balance_cents": None})))

    def says(self, kind: str, rows: list[dict[str, Any]]) -> str:
        lines = [self._line(kind, row) for row in rows]
        return "".join((*lines, self._line("totals", {"lines": len(lines), "balance_cents": None})))

    def _line(self, kind: str, values: Mapping[str, Any]) -> str:
        return write_line(self.terms.format, kind, values)


class AgencyWorld:
    """Both agencies, and the service's side of them."""

    def __init__(self, machine: Machine, accounts: Accounts, book: AgencyBook, seed: int, folder: Path) -> None:
        self.book, self.parts = book, agency_parts(book)
        self.watched = Watched(machine, accounts.kind)
        self._clock, self._store = machine.clock, machine.store
        parts = {"clock": machine.clock, "store": machine.store, "shell": self.watched, "log": machine.log}
        runtime = cast("Runtime", SimpleNamespace(**parts, sealer=OneSeal()))
        exchange = folder / "exchange"
        self._performers = self.parts.performers(runtime, accounts, SHELF, cast("OutgoingMail", None), {}, exchange)
        self._intake = self.parts.intake(runtime)
        on = machine.clock.now().date()
        self.collectors = [
            Collector(terms, exchange / TENANT / "agency" / one / "out", seed)
            for one in AGENCIES
            if (terms := self.book.find(TENANT, one, on)) is not None
        ]
        self._day, self.parked, self.refused, self.faults_seen = 0, 0, 0, list[str]()
        self.cuts = 0

    def takes(self, pending: Pending) -> bool:
        return isinstance(pending.effect, OF_ACCOUNTS)

    async def answer(self, key: Key, pending: Pending) -> Any:
        return await self._performer(self._performers.of_accounts(), pending)(key, pending)

    def take_news(self) -> list[AccountMessage]:
        told, self.watched.news = self.watched.news, []
        return told

    async def settle(self) -> bool:
        """Everything that is due or open on our side; whether there was anything."""
        any_done = False
        for _ in range(ROUNDS_MAX):
            kinds = {one.kind: one for one in self.parts.deciders}
            due = [(place, at) for place, at in self.watched.due.items() if at <= self._clock.now()]
            open_ = [(place, one) for place, all_ in self.watched.open.items() for one in all_]
            if not due and not open_:
                return any_done
            any_done = True
            for (kind, key), at in due:
                message = due_message(kinds[kind], Deadline(kind, key, at), key.id, self._clock.now())
                await self.watched.transact(kinds[kind], (message,))
            for (kind, key), pending in open_:
                performer = self._performer(self._performers.by_kind()[kind], pending)
                await self.watched.transact(kinds[kind], (await performer(key, pending),))
        raise AssertionError("the agencies' side does not come to rest")

    async def live(self) -> None:
        """A day of both agencies: they read, acknowledge, work, and remit once a week."""
        self._day += 1
        for one in self.collectors:
            await self._acknowledges(one)
            told = one.work(self._clock.now())
            rows = [
                {"placement_id": placement, "on": self._clock.now().date(), "status": code} for placement, code in told
            ]
            if rows:
                await self._sends(one, one.says("update", rows), "update")
            if self._day % REMITS_EVERY == 0:
                await self._remits(one)

    async def finish(self) -> None:
        """What was collected is remitted, what waits is sent and read."""
        for one in self.collectors:
            await self._acknowledges(one)
            await self._remits(one)
        await self.settle()

    async def send_all(self) -> bool:
        """Write what waits now, and have it read; whether anything was written."""
        before = sum(one.files for one in self.collectors)
        for one in self.collectors:
            self.cuts += 1
            agency_id, file_id = one.terms.agency_id, f"cut_{self.cuts}"
            cut = CutFile(meta=self._meta(file_id, f"agency/{agency_id}"), agency_id=agency_id)
            await self.watched.transact(self.parts.agencies, (cut,))
            await self.settle()
            await self._acknowledges(one)
        return sum(one.files for one in self.collectors) > before

    async def _acknowledges(self, one: Collector) -> None:
        new = one.read()
        rows = [
            {
                "placement_id": placement_id,
                "agency_number": one.held[placement_id].number if placement_id in one.held else "",
                "accepted": "A" if taken else "R",
                "reason": "" if taken else "NOADDR",
            }
            for placement_id, taken in new
            if placement_id in one.held or not taken
        ]
        if rows:
            await self._sends(one, one.says("ack", rows), "ack")

    async def _remits(self, one: Collector) -> None:
        if not one.collected:
            return
        good, wrong = one.remits(self._clock.now(), self._day)
        if one.random.random() < 0.3:
            self.parked += (await self._sends(one, wrong, "wrong")).outcome == "parked"
        for name in ("remittance", "remittance again"):
            taken = await self._sends(one, good, name)
            if taken.outcome != "taken" or taken.notes:
                self.faults_seen.append(f"a good remittance was not taken: {taken.reason} {taken.notes[:2]}")

    async def _sends(self, one: Collector, text: str, name: str) -> AgencyFile:
        file_id = f"file_{uuid5(NAMESPACE, f'{one.terms.agency_id}/{text}').hex}"
        meta = self._meta(file_id, f"agency_file/{file_id}")
        taken = await self._intake.take(meta, one.terms.agency_id, name, text.encode())
        self.refused += taken.refused
        await self.settle()
        return taken

    def _meta(self, name: str, subject: str) -> Meta:
        made = uuid5(NAMESPACE, name)
        return Meta(
            id=made,
            tenant=TENANT,
            occurred_at=self._clock.now(),
            source="collections",
            subject=subject,
            key=name,
            correlation=made,
            actor="agency",
        )

    async def placements(self) -> list[PlacedAccount]:
        found: list[PlacedAccount] = []
        after: str | None = None
        while page := await self._store.find(self.parts.placements, TENANT, {}, after, 500):
            found += [state for _, state in page]
            after = page[-1][0].id
        return found

    async def faults(self) -> list[str]:
        """What must hold at the end."""
        placements = await self.placements()
        found = [*self.faults_seen, *self._doubled(placements)]
        for one in self.collectors:
            own = [state for state in placements if state.agency_id == one.terms.agency_id]
            found += _uncounted(one, own)
            listed = await self._sends(one, one.lists(), "inventory") if one.held else None
            found += [] if listed is None else [f"inventory: {note.code} {note.reason}" for note in listed.notes]
        return found

    def _doubled(self, placements: list[PlacedAccount]) -> Iterator[str]:
        live = Counter(state.account_id for state in placements if state.is_live)
        yield from (f"{account} is with two agencies" for account, count in live.items() if count > 1)
        held = Counter(held.account for one in self.collectors for held in one.held.values())
        yield from (f"{account} is held by two agencies" for account, count in held.items() if count > 1)
        sent = sum((one.placed for one in self.collectors), Counter[str]())
        yield from (f"{placement} was sent {count} times" for placement, count in sent.items() if count > 1)

    @staticmethod
    def _performer(performers: Mapping[type[Effect], Performer], pending: Pending) -> Performer:
        return performers[type(pending.effect)]

    def said(self) -> str:
        """Both agencies in one line."""
        each = (
            f"{one.terms.agency_id} {len(one.placed)} placed in {one.files} files, "
            f"{one.collected_cents / 100:,.2f} collected, {one.fee_cents / 100:,.2f} fees, {len(one.held)} held"
            for one in self.collectors
        )
        return f"agencies: {'; '.join(each)}; {self.parked} files parked, {self.refused} lines refused"


def _uncounted(one: Collector, own: list[PlacedAccount]) -> Iterator[str]:
    """What the agency says it collected and earned, against what our placements say."""
    collected, fees = sum(state.collected_cents for state in own), sum(state.fee_cents for state in own)
    if (collected, fees) != (one.collected_cents, one.fee_cents):
        yield f"{one.terms.agency_id} says {one.collected_cents} and {one.fee_cents}, we say {collected} and {fees}"
    unsent = [state.placement_id for state in own for record in state.records if not record.file]
    if unsent:
        yield f"{len(unsent)} records were never written"
