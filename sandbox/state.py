"""What the sandbox remembers, in a SQLite database of its own: it survives being killed at any moment.

A change and the files it causes are one transaction. A file is then written exactly once, because each step can be told
from what is on disk: it is drafted beside the exchange folders, noted as drafted, renamed into place, noted as written.
After a crash a drafted file whose draft is gone was renamed already.
"""

import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from threading import RLock
from typing import Any, Literal, NamedTuple

from sandbox.adjudication import DECISION, Decision
from sandbox.held import HELD, HeldClaim

Due = Literal["answer_at", "pay_at", "correct_at"]
Stage = Literal["received", "rejected", "accepted", "unremitted", "remitted", "replaced"]

_DUE: tuple[Due, ...] = ("answer_at", "pay_at", "correct_at")
_UP = "payer NOT IN (SELECT payer FROM switches WHERE position = 'down')"
_BUSY = """
SELECT EXISTS (SELECT 1 FROM files WHERE NOT written) OR EXISTS (
    SELECT 1 FROM claims WHERE (answer_at <= ? OR pay_at <= ? OR correct_at <= ?)
    AND payer NOT IN (SELECT payer FROM switches WHERE position = 'down'))
OR EXISTS (SELECT 1 FROM credits WHERE told = 0 AND told_at <= ? AND tenant IN (SELECT tenant FROM bank_clients))
"""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS intakes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, name TEXT NOT NULL, moved INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS interchanges (
    tenant TEXT NOT NULL, sender TEXT NOT NULL, control TEXT NOT NULL, PRIMARY KEY (tenant, sender, control));
CREATE TABLE IF NOT EXISTS claims (
    id INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, intake INTEGER NOT NULL, payer TEXT NOT NULL,
    control_number TEXT NOT NULL, payer_number TEXT NOT NULL, stage TEXT NOT NULL, received_at TEXT NOT NULL,
    answer_at TEXT, pay_at TEXT, correct_at TEXT, claim TEXT NOT NULL, decision TEXT);
CREATE INDEX IF NOT EXISTS claims_by_number ON claims (tenant, control_number);
CREATE INDEX IF NOT EXISTS claims_by_payer_number ON claims (tenant, payer_number);
CREATE INDEX IF NOT EXISTS claims_to_answer ON claims (answer_at) WHERE answer_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS claims_to_pay ON claims (pay_at) WHERE pay_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS claims_to_correct ON claims (correct_at) WHERE correct_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS files (
    id INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, folder TEXT NOT NULL, name TEXT NOT NULL,
    kind TEXT NOT NULL, content BLOB, drafted INTEGER NOT NULL DEFAULT 0, written INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS files_to_write ON files (id) WHERE written = 0;
CREATE TABLE IF NOT EXISTS balances (
    tenant TEXT NOT NULL, payer TEXT NOT NULL, payee TEXT NOT NULL, cents INTEGER NOT NULL,
    PRIMARY KEY (tenant, payer, payee));
CREATE TABLE IF NOT EXISTS bank_clients (tenant TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS credits (
    id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL UNIQUE, tenant TEXT NOT NULL, cents INTEGER NOT NULL,
    kind TEXT NOT NULL, day TEXT NOT NULL, trace TEXT NOT NULL, company TEXT NOT NULL, told_at TEXT NOT NULL,
    told INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS credits_to_tell ON credits (told_at) WHERE told = 0;
CREATE TABLE IF NOT EXISTS tries (name TEXT PRIMARY KEY, count INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS switches (payer TEXT PRIMARY KEY, position TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A claim with what became of it. `decision` is the last one remitted."""

    id: int
    intake: int
    payer_number: str
    stage: Stage
    received_at: datetime
    claim: HeldClaim
    decision: Decision | None


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """A file to write into `<exchange>/<tenant>/<folder>/`."""

    id: int
    tenant: str
    folder: str
    name: str
    content: bytes
    drafted: int


class Credit(NamedTuple):
    """Money that came onto a client's bank account; `number` is the bank's own, once it has one."""

    source: str
    tenant: str
    cents: int
    kind: str  # ACH, CHK or BRANCH
    on: date
    trace: str
    company: str
    number: int = 0


def stamp(at: datetime) -> str:
    """A time as it is stored: text that sorts by time."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


class State:
    """The database. One connection, one lock: callers may be on any thread."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = RLock()
        self._depth = 0
        self._db = sqlite3.connect(folder / "sandbox.sqlite3", isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")  # enough when a process is killed
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All or nothing. Nested uses join the outer one."""
        with self._lock:
            if self._depth:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            else:
                self._db.execute("COMMIT")
            finally:
                self._depth = 0

    def _all(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()

    def _run(self, statement: str, *values: Any) -> int:
        """Run a change and give the new row's id."""
        with self._lock:
            return self._db.execute(statement, values).lastrowid or 0

    # Files taken from to_payer

    def unmoved(self) -> list[tuple[int, str, str]]:
        """Intakes whose file is perhaps not yet moved: (id, tenant, name)."""
        return [
            (id_, tenant, name)
            for id_, tenant, name in self._all("SELECT id, tenant, name FROM intakes WHERE NOT moved")
        ]

    def add_intake(self, tenant: str, name: str) -> int:
        return self._run("INSERT INTO intakes (tenant, name) VALUES (?, ?)", tenant, name)

    def mark_moved(self, intake: int) -> None:
        self._run("UPDATE intakes SET moved = 1 WHERE id = ?", intake)

    def add_interchange(self, tenant: str, sender: str, control: str) -> bool:
        """False when the sender has used this control number before."""
        with self._lock:
            statement = "INSERT OR IGNORE INTO interchanges VALUES (?, ?, ?)"
            return self._db.execute(statement, (tenant, sender, control)).rowcount == 1

    # Claims

    def attempts(self, tenant: str, control_number: str) -> int:
        """How often a claim of this control number came before."""
        statement = "SELECT count(*) FROM claims WHERE tenant = ? AND control_number = ?"
        return int(self._all(statement, tenant, control_number)[0][0])

    def add_claim(
        self, claim: HeldClaim, intake: int, payer_number: str, stage: Stage, received_at: datetime, answer_at: datetime
    ) -> None:
        """Hold a claim; one that is rejected at the door waits for nothing."""
        waits = stamp(answer_at) if stage == "received" else None
        self._run(
            "INSERT INTO claims (tenant, intake, payer, control_number, payer_number, stage, received_at, answer_at,"
            " claim) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            claim.tenant,
            intake,
            claim.payer_id,
            claim.control_number,
            payer_number,
            stage,
            stamp(received_at),
            waits,
            HELD.dump_json(claim).decode(),
        )

    def due(self, column: Due, at: datetime) -> list[Row]:
        """Claims whose time this is, without those of payers that are down, in the order they came."""
        return self._rows(f"{column} = ? AND {_UP} ORDER BY id", stamp(at))

    def by_control_number(self, tenant: str, control_number: str) -> Row | None:
        """The latest claim that came under this patient control number."""
        found = self._rows("tenant = ? AND control_number = ? ORDER BY id DESC LIMIT 1", tenant, control_number)
        return found[0] if found else None

    def by_payer_number(self, tenant: str, payer_number: str) -> Row | None:
        """The latest claim the payer gave this control number; a final C marks its corrected decision."""
        where = "tenant = ? AND payer_number = ? ORDER BY id DESC LIMIT 1"
        found = self._rows(where, tenant, payer_number.removesuffix("C"))
        return found[0] if found else None

    def _rows(self, where: str, *values: Any) -> list[Row]:
        statement = f"SELECT id, intake, payer_number, stage, received_at, claim, decision FROM claims WHERE {where}"  # noqa: S608 - no value
        return [_row(one) for one in self._all(statement, *values)]

    def answered(self, claim: int, stage: Stage, pay_at: datetime | None) -> None:
        """The payer accepted or rejected a claim."""
        paid_on = stamp(pay_at) if pay_at else None
        self._run("UPDATE claims SET stage = ?, answer_at = NULL, pay_at = ? WHERE id = ?", stage, paid_on, claim)

    def remitted(self, claim: int, stage: Stage, decision: Decision | None, correct_at: datetime | None) -> None:
        """The payer remitted a claim, or a later one took its place."""
        text = DECISION.dump_json(decision).decode() if decision else None
        corrected_on = stamp(correct_at) if correct_at else None
        self._run(
            "UPDATE claims SET stage = ?, answer_at = NULL, pay_at = NULL, correct_at = ?, decision = ? WHERE id = ?",
            stage,
            corrected_on,
            text,
            claim,
        )

    # Forwarding balances

    def balance_cents(self, tenant: str, payer: str, payee: str) -> int:
        found = self._all(
            "SELECT cents FROM balances WHERE tenant = ? AND payer = ? AND payee = ?", tenant, payer, payee
        )
        return int(found[0][0]) if found else 0

    def set_balance(self, tenant: str, payer: str, payee: str, cents: int) -> None:
        self._run("INSERT OR REPLACE INTO balances VALUES (?, ?, ?, ?)", tenant, payer, payee, cents)

    # Files to write

    def next_file_id(self) -> int:
        """Serves as ISA13 too. Only within a transaction that adds the file."""
        found = self._all("SELECT seq FROM sqlite_sequence WHERE name = 'files'")
        return int(found[0][0]) + 1 if found else 1

    def add_file(self, tenant: str, folder: str, name: str, kind: str, content: bytes) -> None:
        self._run(
            "INSERT INTO files (tenant, folder, name, kind, content) VALUES (?, ?, ?, ?, ?)",
            tenant,
            folder,
            name,
            kind,
            content,
        )

    def unwritten(self) -> list[OutgoingFile]:
        """What is still to be written, oldest first."""
        rows = self._all("SELECT id, tenant, folder, name, content, drafted FROM files WHERE NOT written ORDER BY id")
        return [OutgoingFile(*row) for row in rows]

    def mark_drafted(self, file: int) -> None:
        self._run("UPDATE files SET drafted = 1 WHERE id = ?", file)

    def mark_written(self, file: int) -> None:
        """The content is not kept: the file is the receiver's now."""
        self._run("UPDATE files SET written = 1, content = NULL WHERE id = ?", file)

    # The bank

    def open_bank(self, tenant: str) -> None:
        self._run("INSERT OR IGNORE INTO bank_clients VALUES (?)", tenant)

    def add_credit(self, credit: Credit, told_at: datetime) -> None:
        """Once for its source. It is on the bank's list of `on`, which is written at `told_at`."""
        self._run(
            "INSERT OR IGNORE INTO credits (source, tenant, cents, kind, day, trace, company, told_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            credit.source,
            credit.tenant,
            credit.cents,
            credit.kind,
            credit.on.isoformat(),
            credit.trace,
            credit.company,
            stamp(told_at),
        )

    def untold_credits(self, now: datetime) -> list[Credit]:
        """What clients of the bank are to hear of by now, by client and day."""
        rows = self._all(
            "SELECT source, tenant, cents, kind, day, trace, company, id FROM credits WHERE told = 0 AND told_at <= ?"
            " AND tenant IN (SELECT tenant FROM bank_clients) ORDER BY tenant, day, id",
            stamp(now),
        )
        return [
            Credit(source, tenant, cents, kind, date.fromisoformat(day), trace, company, number)
            for source, tenant, cents, kind, day, trace, company, number in rows
        ]

    def mark_told(self, credits_: Sequence[Credit]) -> None:
        with self._lock:
            self._db.executemany("UPDATE credits SET told = 1 WHERE id = ?", [(one.number,) for one in credits_])

    def next_list_at(self) -> datetime | None:
        """When the bank writes its next list."""
        where = "told = 0 AND tenant IN (SELECT tenant FROM bank_clients)"
        found = self._all(f"SELECT min(told_at) FROM credits WHERE {where}")[0][0]  # noqa: S608 - no value
        return datetime.fromisoformat(found) if found else None

    # Tries and switches

    def count_try(self, name: str) -> int:
        """How often this was tried before; counts this one."""
        with self.transaction():
            self._run(
                "INSERT INTO tries VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET count = count + 1",
                name,
            )
            return int(self._all("SELECT count FROM tries WHERE name = ?", name)[0][0]) - 1

    def tried(self, name: str) -> bool:
        """Whether this was ever counted."""
        return bool(self._all("SELECT count FROM tries WHERE name = ?", name))

    def switch(self, payer: str, position: str) -> None:
        self._run("INSERT OR REPLACE INTO switches VALUES (?, ?)", payer, position)

    def position(self, payer: str) -> str:
        """`up`, `slow` or `down`."""
        found = self._all("SELECT position FROM switches WHERE payer = ?", payer)
        return str(found[0][0]) if found else "up"

    # What /status tells

    def busy(self, now: datetime) -> bool:
        """Whether a file is to be written or a payer has something to do by now: one statement, so one moment."""
        return bool(self._all(_BUSY, *[stamp(now)] * (len(_DUE) + 1))[0][0])

    def stages(self) -> dict[str, int]:
        """Claims by stage."""
        return {
            str(stage): int(count) for stage, count in self._all("SELECT stage, count(*) FROM claims GROUP BY stage")
        }

    def files_written(self) -> dict[str, int]:
        """Files by kind."""
        return {
            str(kind): int(n) for kind, n in self._all("SELECT kind, count(*) FROM files WHERE written GROUP BY kind")
        }

    def next_due_at(self, columns: Sequence[Due] = _DUE, until: datetime | None = None) -> datetime | None:
        """When a payer acts next, at most `until`; None when none will. A payer that is down does not count."""
        found = (self._all(f"SELECT min({one}) FROM claims WHERE {_UP}")[0][0] for one in columns)  # noqa: S608 - names
        due = min((datetime.fromisoformat(one) for one in found if one), default=None)
        return due if due and (until is None or due <= until) else None


def _row(values: tuple[Any, ...]) -> Row:
    id_, intake, payer_number, stage, received_at, claim, decision = values
    return Row(
        id_,
        intake,
        payer_number,
        stage,
        datetime.fromisoformat(received_at),
        HELD.validate_json(claim),
        DECISION.validate_json(decision) if decision else None,
    )


def next_weekday(day: date, weekday: int) -> date:
    """The day itself, or the next one that is this weekday (Monday is 0)."""
    return date.fromordinal(day.toordinal() + (weekday - day.weekday()) % 7)
