"""A database that costs nothing: the part of PyMongo's async API that a batch needs, on dictionaries, without a wire.

What is left of a contender's time on it is the contender's own. Documents are kept as given, never copied or encoded.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any

from pymongo import UpdateOne

from bench.flow.meters import HEARTBEAT, REPORTS

Document = dict[str, Any]


class FreeCursor:
    """What `find` gives."""

    def __init__(self, found: Iterable[Document]) -> None:
        self._found = found

    async def __aiter__(self) -> AsyncIterator[Document]:
        for document in self._found:
            yield document

    def limit(self, _: int) -> "FreeCursor":
        return self

    async def to_list(self) -> list[Document]:
        return list(self._found)


class FreeCollection:
    """Documents by `_id`."""

    def __init__(self, name: str, commands: Counter[str]) -> None:
        self._name, self._commands = name, commands
        self._documents: dict[Any, Document] = {}

    async def create_index(self, *_: Any, **__: Any) -> None:
        """There is nothing to index."""

    def find(self, where: Mapping[str, Any], *_: Any, **__: Any) -> FreeCursor:
        self._commands["find"] += 1
        wanted = where.get("_id", {}).get("$in", ())
        return FreeCursor([self._documents[one] for one in wanted if one in self._documents])

    async def find_one(self, where: Mapping[str, Any], *_: Any) -> Document | None:
        self._commands["find"] += 1
        return self._documents.get(where["_id"])

    async def bulk_write(self, updates: Sequence[UpdateOne], *, ordered: bool) -> None:
        assert not ordered
        self._commands["update"] += 1
        for update in updates:
            inner: Any = update
            self._set(inner._filter["_id"], inner._doc)  # noqa: SLF001 - no other way to read one

    async def update_one(self, where: Mapping[str, Any], update: Mapping[str, Any], *, upsert: bool = False) -> None:
        self._commands[HEARTBEAT if self._name == REPORTS else "update"] += 1
        if upsert or where["_id"] in self._documents:
            self._set(where["_id"], update)

    async def insert_many(self, lines: Sequence[Document], *, ordered: bool) -> None:
        assert not ordered
        self._commands["insert"] += 1
        self._documents.update((line["_id"], line) for line in lines)

    def _set(self, identity: Any, update: Any) -> None:
        document = self._documents.get(identity)
        if document is None:
            document = self._documents[identity] = {"_id": identity, **update.get("$setOnInsert", {})}
        effects = document.setdefault("effects", {})
        for name, value in update["$set"].items():
            if name.startswith("effects."):
                effects[name.removeprefix("effects.")] = value
            else:
                document[name] = value
        for name in update.get("$unset", ()):
            effects.pop(name.removeprefix("effects."), None)


class FreeDatabase:
    """Collections by name; it counts what would be commands."""

    def __init__(self, commands: Counter[str]) -> None:
        self._commands = commands
        self._collections: dict[str, FreeCollection] = {}

    def with_options(self, **_: Any) -> "FreeDatabase":
        return self

    def __getitem__(self, name: str) -> FreeCollection:
        return self._collections.setdefault(name, FreeCollection(name, self._commands))
