"""A changed copy of a frozen, slotted dataclass, in less time than `dataclasses.replace` takes.

Deciders' states are made of little else. A frozen class fills its fields through `object.__setattr__`, one Python call
each; here they are filled through their slots.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")


class _Shape(NamedTuple):
    values: Callable[[Any], tuple[Any, ...]]
    places: Mapping[str, int]
    setters: tuple[Callable[[Any, Any], None], ...]


@cache
def _shape(kind: type[Any]) -> _Shape:
    names = [field.name for field in fields(kind)]
    if "__slots__" not in vars(kind) or hasattr(kind, "__post_init__"):
        msg = f"{kind.__name__} is no slotted dataclass, or it has a __post_init__"
        raise TypeError(msg)
    setters = tuple(getattr(kind, name).__set__ for name in names)
    # Of a single name attrgetter gives the value, not a tuple: it is asked twice, and the second value is left over.
    get = attrgetter(*names, names[0])
    return _Shape(get, {name: place for place, name in enumerate(names)}, setters)


def replace(one: T, **changes: Any) -> T:
    """A copy with these fields changed. TypeError for a field it has not, and for a class that is not slotted."""
    kind = type(one)
    values, places, setters = _shape(kind)  # type: ignore[arg-type]
    new = list(values(one))
    for name, value in changes.items():
        if name not in places:
            msg = f"{kind.__name__} has no field {name}"
            raise TypeError(msg)
        new[places[name]] = value
    copy = object.__new__(kind)
    for fill, value in zip(setters, new, strict=False):
        fill(copy, value)
    return copy
