"""The fields of a claim that a rule may name: found in the typed content itself, so that a new field is there at once.

A path names a field: `payer_id`, `billing.npi` and `diagnoses.code` of the claim, `line.procedure` and
`line.drug.ndc` of the line a rule looks at, `other.procedure` of another line beside it. Where a path goes through a
list, its value is the list of what is found there.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeAlias, TypeGuard, Union, get_args, get_origin

from pydantic import BaseModel

from .content import ClaimContent, ContentLine
from .rules_subject import Subject

Kind: TypeAlias = Literal["text", "cents", "number", "date", "flag", "texts", "numbers"]
Getter: TypeAlias = Callable[[Subject], Any]

ORDERED: frozenset[Kind] = frozenset({"cents", "number", "date"})
NUMERIC: frozenset[Kind] = frozenset({"cents", "number"})
LISTS: frozenset[Kind] = frozenset({"texts", "numbers"})

_SCALARS: Mapping[object, Kind] = {str: "text", int: "number", Decimal: "number", date: "date", bool: "flag"}
_FIXED = frozenset(
    {
        "claim_type",
        "payer_id",
        "patient_control_number",
        "member_known",
        "birth_date_known",
        "patient_named",
        "charge_cents",
        "line.number",
        "line.line_control_number",
        "line.bundle",
    }
)
"""What no rule may set: answers find claim and line by the numbers, payer and type say which rules concern the claim,
the claim's charge follows its lines, and bundles are opened before any rule runs."""
_HIDDEN = ("patient_control_number", "diagnoses", "accident", "onset", "admission", "discharge", "special_program")
"""What an explanation names without its value: it says too much about a person, or is nobody's business."""
_DEPTH_MAX = 3


@dataclass(frozen=True, slots=True)
class Field:
    """One path: the kind of its values, how to read it, and whether a rule may set it or an explanation show it."""

    path: str
    kind: Kind
    get: Getter
    settable: bool = False
    shown: bool = True

    @property
    def of_line(self) -> bool:
        """Whether it is read from a line, which some line-by-line part of a rule must provide."""
        return self.path.startswith(("line.", "other."))


@cache
def fields() -> Mapping[str, Field]:
    """Every field by its path."""
    found = [*_claim_fields(), *_line_fields("line"), *_line_fields("other"), *_derived()]
    return {field.path: field for field in found}


def _claim_fields() -> Iterator[Field]:
    for steps, kind, listed in _walk(ClaimContent, (), leaves_out={"lines"}):
        yield _field(".".join(steps), kind, _reader("content", steps), settable=not listed and len(steps) <= 2)


def _line_fields(name: str) -> Iterator[Field]:
    for steps, kind, listed in _walk(ContentLine, (), leaves_out=set()):
        settable = name == "line" and not listed and len(steps) <= 2
        yield _field(".".join((name, *steps)), kind, _reader(name, steps), settable=settable)


def _derived() -> Iterator[Field]:
    yield Field("received_on", "date", lambda subject: subject.received_on)
    yield Field("service_from", "date", lambda subject: subject.content.service_from)
    yield Field("service_to", "date", lambda subject: subject.content.service_to)
    yield Field("tags", "texts", lambda subject: subject.tags)


def _field(path: str, kind: Kind, get: Getter, *, settable: bool) -> Field:
    plain = path.removeprefix("line.").removeprefix("other.")
    return Field(path, kind, get, settable and path not in _FIXED, not plain.startswith(_HIDDEN))


def _walk(
    model: type[BaseModel], steps: tuple[str, ...], *, leaves_out: set[str], listed: bool = False
) -> Iterator[tuple[tuple[str, ...], Kind, bool]]:
    """Every path below a model with its kind, and whether it leads through a list."""
    for name, info in model.model_fields.items():
        if name in leaves_out:
            continue
        inner, is_list = _unwrapped(info.annotation)
        here, within = (*steps, name), listed or is_list
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            if len(here) < _DEPTH_MAX:
                yield from _walk(inner, here, leaves_out=leaves_out, listed=within)
        elif (kind := _kind_of(name, inner, listed=within)) is not None:
            yield here, kind, listed


def _unwrapped(annotation: Any) -> tuple[Any, bool]:
    """The type inside `X | None` and `tuple[X, ...]`, and whether there was such a tuple."""
    if get_origin(annotation) in (Union, UnionType):
        annotation = next(one for one in get_args(annotation) if one is not NoneType)
    if get_origin(annotation) is tuple:
        return get_args(annotation)[0], True
    if get_origin(annotation) is Annotated:
        return get_args(annotation)[0], False
    return annotation, False


def _kind_of(name: str, inner: Any, *, listed: bool) -> Kind | None:
    if get_origin(inner) is Literal:
        inner = str
    kind = _SCALARS.get(inner)
    if kind is None:
        return None
    if listed:
        return "texts" if kind == "text" else "numbers" if kind == "number" else None
    return "cents" if name.endswith("_cents") else kind


def _reader(root: str, steps: tuple[str, ...]) -> Getter:
    """Reads a path from a subject; None where something on the way is absent."""
    if len(steps) == 1:
        return attrgetter(f"{root}.{steps[0]}")
    if len(steps) == 2 and root == "line":
        holder, name = steps
        return lambda subject: None if (held := getattr(subject.line, holder)) is None else _inner(held, name)

    def read(subject: Subject) -> Any:
        return _follow(getattr(subject, root), steps)

    return read


def _is_many(value: object) -> TypeGuard[tuple[Any, ...]]:
    return isinstance(value, tuple)


def _inner(held: Any, name: str) -> Any:
    return _flattened([getattr(one, name) for one in held]) if _is_many(held) else getattr(held, name)


def _follow(value: Any, steps: tuple[str, ...]) -> Any:
    for place, step in enumerate(steps):
        value = getattr(value, step)
        if value is None:
            return None
        rest = steps[place + 1 :]
        if rest and _is_many(value):
            return _flattened([_follow(one, rest) for one in value])
    return value


def _flattened(values: list[Any]) -> tuple[Any, ...]:
    flat: list[Any] = []
    for value in values:
        if _is_many(value):
            flat.extend(value)
        elif value is not None:
            flat.append(value)
    return tuple(flat)
