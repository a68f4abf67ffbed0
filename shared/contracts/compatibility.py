"""What a newer contract breaks of a released one.

Records stay on their topics for long, and every reader is updated on a day of its own. So a change must hold both
ways: who reads by the released contract reads what is written now, and who reads by today's reads what was written
then. That leaves little: a type more, an optional field more, other words. Anything else is a new version of the type.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Schema: TypeAlias = Mapping[str, Any]

ANNOTATIONS = frozenset(
    {"$id", "$schema", "title", "description", "examples", "deprecated", "dataclassification", "dataregulation"}
)
"""What a schema says to people: a reader does not depend on it."""
STRUCTURE = frozenset({"$defs", "properties", "required", "items", "anyOf", "enum", "$ref"})


@dataclass(frozen=True, slots=True, order=True)
class Break:
    """One promise that is not kept: of which type, at which field, and what changed."""

    type: str
    path: str
    why: str

    def __str__(self) -> str:
        return f"{self.type}: {self.path or 'the body'} {self.why}"


def breaks(released: Mapping[str, Schema], current: Mapping[str, Schema]) -> list[Break]:
    """Every released promise that the current schemas do not keep. Both map types to schemas of their bodies."""
    found = [Break(gone, "", "is gone: a type stays until its sunset") for gone in released.keys() - current.keys()]
    for name in released.keys() & current.keys():
        found += _Comparison(name, released[name], current[name]).run()
    return sorted(found)


def without_annotations(schema: Schema) -> dict[str, Any]:
    """A schema as a reader depends on it. Names of fields are kept, whatever they are."""
    bare: dict[str, Any] = {}
    for key, value in schema.items():
        if key in {"properties", "$defs"}:
            bare[key] = {name: without_annotations(part) for name, part in value.items()}
        elif key == "items":
            bare[key] = without_annotations(value)
        elif key == "anyOf":
            bare[key] = [without_annotations(part) for part in value]
        elif key not in ANNOTATIONS:
            bare[key] = value
    return bare


@dataclass(slots=True)
class _Comparison:
    """One type, released and current. A definition that refers to itself is compared once."""

    type: str
    released: Schema
    current: Schema
    seen: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def run(self) -> Iterator[Break]:
        return self._compare("", self.released, self.current)

    def _compare(self, path: str, old: Schema, new: Schema) -> Iterator[Break]:
        pair = old.get("$ref", ""), new.get("$ref", "")
        if all(pair):
            if pair in self.seen:
                return
            self.seen.add(pair)
        old, new = _resolved(self.released, old), _resolved(self.current, new)
        yield from self._rules(path, old, new)
        yield from self._fields(path, old, new)
        yield from self._alternatives(path, old, new)
        if "items" in old and "items" in new:
            yield from self._compare(f"{path}[]", old["items"], new["items"])
        elif ("items" in old) != ("items" in new):
            yield Break(self.type, path, "lists something else")

    def _rules(self, path: str, old: Schema, new: Schema) -> Iterator[Break]:
        for rule in sorted((old.keys() | new.keys()) - ANNOTATIONS - STRUCTURE):
            if old.get(rule) != new.get(rule):
                yield Break(
                    self.type, path, f"has another {rule}: {_said(old, rule)} was released, now {_said(new, rule)}"
                )
        was, now = set(old.get("enum", ())), set(new.get("enum", ()))
        if was != now:
            told = ", ".join(sorted(map(str, was ^ now)))
            yield Break(self.type, path, f"may hold other values: {told}")

    def _fields(self, path: str, old: Schema, new: Schema) -> Iterator[Break]:
        was, now = old.get("properties", {}), new.get("properties", {})
        needed, needs = set(old.get("required", ())), set(new.get("required", ()))
        for name in sorted(was.keys() | now.keys()):
            at = f"{path}.{name}" if path else name
            if name not in now:
                yield Break(self.type, at, "was removed")
            elif name not in was:
                if name in needs:
                    yield Break(self.type, at, "is new and required: records of before do not have it")
            else:
                if (name in needed) != (name in needs):
                    yield Break(self.type, at, "is required now" if name in needs else "is not required any more")
                yield from self._compare(at, was[name], now[name])

    def _alternatives(self, path: str, old: Schema, new: Schema) -> Iterator[Break]:
        was, now = old.get("anyOf", ()), new.get("anyOf", ())
        if len(was) != len(now):
            yield Break(self.type, path, f"may be {len(now)} kinds of value: {len(was)} were released")
            return
        for before, after in zip(was, now, strict=True):
            yield from self._compare(path, before, after)


def _resolved(root: Schema, part: Schema) -> Schema:
    """What a reference names; what stands beside it (a default) stays."""
    if "$ref" not in part:
        return part
    name = str(part["$ref"]).removeprefix("#/$defs/")
    definition: Schema = root["$defs"][name]
    return {**definition, **{key: value for key, value in part.items() if key != "$ref"}}


def _said(schema: Schema, rule: str) -> str:
    return repr(schema[rule]) if rule in schema else "none"
