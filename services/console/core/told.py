"""What a service told, made safe to draw: an object with exactly the names a page wants, whatever came. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast


def told(row: Mapping[str, Any] | None, *names: str) -> SimpleNamespace:
    """These values, None where the service said none."""
    given = row or {}
    return SimpleNamespace(**{name: given.get(name) for name in names})


def told_all(rows: Iterable[Mapping[str, Any]], *names: str) -> list[SimpleNamespace]:
    """The same of each row."""
    return [told(row, *names) for row in rows]


def rows_in(body: Any, *path: str) -> Sequence[Mapping[str, Any]]:
    """The objects of a list somewhere in what was told; none where it is not there."""
    found: object = body
    for name in path:
        found = cast("dict[str, object]", found).get(name) if isinstance(found, dict) else None
    rows = cast("list[object]", found) if isinstance(found, list) else []
    return [cast("dict[str, Any]", row) for row in rows if isinstance(row, dict)]


def object_in(body: Any, *path: str) -> Mapping[str, Any]:
    """An object somewhere in what was told; an empty one where it is not there."""
    found: object = body
    for name in path:
        found = cast("dict[str, object]", found).get(name) if isinstance(found, dict) else None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def numbers_in(body: Any, name: str) -> list[tuple[str, int]]:
    """An object of numbers by name, sorted; nothing else in it."""
    found = object_in(body, name)
    return sorted((key, value) for key, value in found.items() if isinstance(value, int))
