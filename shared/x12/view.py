"""Frozen dataclasses that are made quickly, for the views a big file holds by the hundred thousand."""

from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from typing import Any, TypeVar, cast, dataclass_transform

Class = TypeVar("Class", bound=type[Any])


@dataclass_transform(frozen_default=True)
def view(cls: Class) -> Class:
    """`dataclass(frozen=True, slots=True)`, made in a third of the time.

    A frozen dataclass fills itself through `object.__setattr__`, which looks every field up by name; that took a third
    of the time an 835 took to read. Here each field is filled through its slot. Nothing else differs. Fields have
    plain defaults or none. Raises TypeError for a field with a default factory.
    """
    made: Any = dataclass(frozen=True, slots=True)(cls)
    if any(one.default_factory is not MISSING for one in fields(made)):
        raise TypeError(f"{cls.__name__}: a view's defaults are values, not factories")
    made.__init__ = _initializer(made)
    return cast("Class", made)


def _initializer(made: Any) -> Callable[..., None]:
    """`__init__` from source, as dataclasses and named tuples make theirs: only so has it the fields as parameters."""
    names = [one.name for one in fields(made)]
    scope = {f"fill_{name}": getattr(made, name).__set__ for name in names}
    scope |= {f"default_{one.name}": one.default for one in fields(made)}
    parameters = [f"{one.name}=default_{one.name}" if one.default is not MISSING else one.name for one in fields(made)]
    body = "; ".join(f"fill_{name}(self, {name})" for name in names)
    exec(f"def __init__(self, {', '.join(parameters)}) -> None: {body}", scope)  # noqa: S102  # its own field names
    initializer: Callable[..., None] = scope["__init__"]
    initializer.__qualname__ = f"{made.__qualname__}.__init__"
    return initializer
