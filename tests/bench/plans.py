"""Does a query have an index? Two judges: the server's own `explain`, and the declared indexes, matched by us.

The local store's wheel plans in its own way and does not tell all of it; its Rust build and MongoDB tell. So the second
judge works everywhere, and the first wherever there is a server that has it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

from tests.bench.tap import Asked

READS_EVERYTHING = {
    ("find", "journal"): "a replay from the beginning, and the proof of the book, are meant to read every line",
    ("find", "till"): "`scan` reads every aggregate, for proofs; no service's own collection may be read so",
    ("aggregate", "till"): "a count over all tenants; no service's own collection may be counted so",
}
"""What may be read from end to end without a filter, each with its reason."""
PLANNED_OTHERWISE = frozenset({("vault", "$or"), ("data_keys", "$or")})
"""The driver's own query for data keys, where one list is always empty. MongoDB answers it from two indexes; the Rust
build reads the vault instead, which is sixteen keys a tenant, once a minute."""
BOUNDS = frozenset({"$eq", "$gt", "$gte", "$lt", "$lte", "$in"})


class Query(NamedTuple):
    """What a command looks for, one command for each `where` in it."""

    command: str
    database: str
    collection: str
    where: Mapping[str, Any]
    sort: Mapping[str, int]
    limit: int

    def shape(self) -> str:
        """The query without its values: two of one shape have one plan."""
        return json.dumps([self.command, self.collection, _shape(self.where), list(self.sort)], default=str)

    def explained(self) -> dict[str, Any]:
        """The command to explain it."""
        if self.command in {"update", "delete"}:
            change = {"u": {"$set": {"explained": True}}} if self.command == "update" else {"limit": 0}
            return {self.command: self.collection, f"{self.command}s": [{"q": self.where, **change}]}
        if self.command == "findAndModify":
            return {self.command: self.collection, "query": self.where, "update": {"$set": {"explained": True}}}
        asked = {"find": self.collection, "filter": self.where, "sort": self.sort, "limit": self.limit}
        return {name: value for name, value in asked.items() if value or name == "find"}


class Index(NamedTuple):
    """One index: its first field, and which documents are in it at all (None: every one)."""

    first: str
    partial: Mapping[str, Any] | None


def queries(asked: Iterable[Asked]) -> dict[str, Query]:
    """Of each shape, one."""
    found: dict[str, Query] = {}
    for database, command in asked:
        for query in _queries_of(database, command):
            found.setdefault(query.shape(), query)
    return found


def _queries_of(database: str, command: Mapping[str, Any]) -> Iterator[Query]:
    name = next(iter(command))
    collection = command[name]
    match name:
        case "find":
            limit = command.get("limit", 0)
            yield Query(name, database, collection, command.get("filter", {}), command.get("sort", {}), limit)
        case "update" | "delete":
            for one in command[f"{name}s"]:
                yield Query(name, database, collection, one["q"], {}, 0)
        case "findAndModify" | "count":
            yield Query(name, database, collection, command.get("query", {}), command.get("sort", {}), 0)
        case "distinct":
            yield Query(name, database, collection, command.get("query", {}), {}, 0)
        case "aggregate":
            pipeline: list[dict[str, Any]] = command["pipeline"]
            where = pipeline[0].get("$match") if pipeline else None
            yield Query(name, database, collection, where or {}, {}, 0)
        case _:
            return


def _fields(value: Any) -> Mapping[str, Any] | None:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else None


def _items(value: Any) -> list[Any]:
    return cast("Any", value) if isinstance(value, list) else []


def _shape(value: Any) -> Any:
    fields, items = _fields(value), _items(value)
    if fields is not None:
        return {name: _shape(fields[name]) for name in sorted(fields)}
    if items and isinstance(items[0], Mapping):
        return sorted({json.dumps(_shape(one), default=str) for one in items})
    return "?"


def stages(explained: Any) -> Iterator[str]:
    """Every stage of the winning plan of an answer to `explain`, however deep it lies."""
    for name, inner in (_fields(explained) or {}).items():
        if name == "stage" and isinstance(inner, str):
            yield inner
        elif name != "rejectedPlans":
            yield from stages(inner)
    for inner in _items(explained):
        yield from stages(inner)


def index_of(information: Mapping[str, Any]) -> Index:
    """An index as `listIndexes` tells of it."""
    return Index(next(iter(information["key"])), information.get("partialFilterExpression"))


def may_scan(query: Query) -> bool:
    """Whether this query is meant to read everything, or is a bare `count`: that number is kept."""
    return not query.where and (query.command == "count" or (query.command, query.collection) in READS_EVERYTHING)


def planned_otherwise(query: Query) -> bool:
    """Whether the Rust build is known not to use the indexes that there are."""
    return (query.collection, next(iter(query.where), "")) in PLANNED_OTHERWISE


def served(query: Query, indexes: Sequence[Index]) -> bool:
    """Whether an index bounds what is read: by the filter, or by the order and a limit where nothing is asked for."""
    return filter_served(query.where, indexes) or (
        not query.where
        and query.limit > 0
        and any(index.partial is None and next(iter(query.sort), None) == index.first for index in indexes)
    )


def filter_served(where: Mapping[str, Any], indexes: Sequence[Index]) -> bool:
    """Whether one index holds every document that the filter may find, in a stretch that the filter bounds."""
    branches = where.get("$or")
    if branches is not None:
        return all(filter_served(branch, indexes) for branch in branches)
    return any(_bounded(where.get(index.first)) and _all_in(where, index.partial) for index in indexes)


def _bounded(wanted: Any) -> bool:
    """A value, or an operator that names values or an end; of one entry of an array (`$elemMatch`) too."""
    fields = _fields(wanted)
    if fields is not None and "$elemMatch" in fields:
        return _bounded(fields["$elemMatch"])
    return wanted is not None if fields is None else bool(BOUNDS & fields.keys()) or bool(fields.get("$all"))


def _all_in(where: Mapping[str, Any], partial: Mapping[str, Any] | None) -> bool:
    """Whether everything the filter finds is in a partial index: for the filters that we declare."""
    return partial is None or all(_implies(where.get(field), rule) for field, rule in partial.items())


def _implies(wanted: Any, rule: Mapping[str, Any]) -> bool:
    match dict(rule):
        case {"$exists": True}:
            return wanted is not None and wanted != {"$exists": False}
        case {"$lte": most}:
            return _at_most(wanted, most)
        case _:
            return False


def _at_most(wanted: Any, most: Any) -> bool:
    """Whether a condition lets nothing through that is over a limit."""
    fields = _fields(wanted)
    if fields is None:
        return _comparable(wanted, most) and wanted <= most
    ends = [fields[name] for name in ("$lte", "$lt", "$eq") if name in fields]
    ends += [max(_items(fields.get("$in")))] if fields.get("$in") else []
    return any(_comparable(end, most) and end <= most for end in ends)


def _comparable(one: Any, other: Any) -> bool:
    """Of one type, and both aware of their zone or neither: what came over the wire has none."""
    if isinstance(one, datetime) and isinstance(other, datetime):
        return (one.tzinfo is None) == (other.tzinfo is None)
    return type(one) is type(other)
