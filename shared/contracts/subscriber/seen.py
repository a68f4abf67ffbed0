"""Which events were handled already. A topic may carry a record twice; its id says so."""

import sqlite3
from collections import OrderedDict
from pathlib import Path
from typing import Protocol


class Seen(Protocol):
    """Remembers ids of handled events."""

    def knows(self, event_id: str, /) -> bool: ...

    def remember(self, event_id: str, /) -> None: ...


class RecentIds:
    """The last `limit` ids, in memory: enough for repeats within one run of a program."""

    def __init__(self, limit: int = 100_000) -> None:
        self._limit = limit
        self._ids: OrderedDict[str, None] = OrderedDict()

    def knows(self, event_id: str, /) -> bool:
        return event_id in self._ids

    def remember(self, event_id: str, /) -> None:
        self._ids[event_id] = None
        if len(self._ids) > self._limit:
            self._ids.popitem(last=False)


class SeenInFile:
    """The ids of every handled event in an SQLite file: repeats are known after a restart, too."""

    def __init__(self, path: str | Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY) WITHOUT ROWID")

    def knows(self, event_id: str, /) -> bool:
        return self._database.execute("SELECT 1 FROM seen WHERE id = ?", (event_id,)).fetchone() is not None

    def remember(self, event_id: str, /) -> None:
        self._database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (event_id,))

    def close(self) -> None:
        self._database.close()
