"""Frozen dataclasses that are made quickly, for the views a big file holds by the hundred thousand.

A frozen dataclass fills itself through `object.__setattr__`, which looks every field up by name: a third of the time a
file took to read. Here a view is filled as its draft, a subclass of the same layout whose fields are assigned like
those of any object, and becomes the view when it is complete.
"""

from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from typing import Any, NoReturn, TypeVar, cast, dataclass_transform

Class = TypeVar("Class", bound=type[Any])
_DRAFTS: dict[type, type] = {}


@dataclass_transform(frozen_default=True)
def view(cls: Class) -> Class:
    """`dataclass(frozen=True, slots=True)`, made in less than half of the time.

    Fields have plain defaults or none, and a view has no subclasses. Nothing else differs. Raises TypeError for a
    field with a default factory.
    """
    made: Any = dataclass(frozen=True, slots=True)(cls)
    if any(one.default_factory is not MISSING for one in fields(made)):
        raise TypeError(f"{cls.__name__}: a view's defaults are values, not factories")
    # Both, because they share one slot of the type: only then is an assignment as fast as that of a plain class.
    open_again = {"__slots__": (), "__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    _DRAFTS[made] = type(f"_{cls.__name__}Draft", (made,), open_again)
    made.__init_subclass__ = classmethod(_refuse_subclass)
    made.__init__ = _compiled(made, "__init__", f"self, {_parameters(made)}", "become(self, Draft)", "")
    made.__init__.__qualname__ = f"{made.__qualname__}.__init__"
    return cast("Class", made)


def maker(cls: Class) -> Class:
    """A function that makes a view as its class does, in two thirds of the time: for a reader's innermost loops."""
    return cast("Class", _compiled(cls, "make", _parameters(cls), "self = new(Draft)", "return self"))


def drafts(cls: type[Any]) -> Callable[[], Any]:
    """A function that makes a draft of a view: defaults are filled in, and every field can be assigned.

    Who asked for it completes it with `draft.__class__ = View` before anybody else sees it.
    """
    body = "\n ".join(f"self.{one.name} = default_{one.name}" for one in fields(cls) if one.default is not MISSING)
    return _function(cls, "draft", f"def draft():\n self = new(Draft)\n {body}\n return self\n")


def _refuse_subclass(cls: type) -> NoReturn:
    raise TypeError(f"{cls.__name__}: a view has no subclasses")


def _parameters(cls: type[Any]) -> str:
    return ", ".join(one.name if one.default is MISSING else f"{one.name}=default_{one.name}" for one in fields(cls))


def _compiled(cls: type[Any], name: str, parameters: str, first: str, last: str) -> Callable[..., Any]:
    """A function that takes the fields as its parameters and fills them all."""
    filled = "\n ".join(f"self.{one.name} = {one.name}" for one in fields(cls))
    return _function(cls, name, f"def {name}({parameters}):\n {first}\n {filled}\n self.__class__ = View\n {last}\n")


def _function(cls: type[Any], name: str, source: str) -> Callable[..., Any]:
    """From source, as dataclasses and named tuples make theirs: only so are the fields parameters and plain stores."""
    scope: dict[str, Any] = {f"default_{one.name}": one.default for one in fields(cls)}
    become = object.__dict__["__class__"].__set__
    scope |= {"View": cls, "Draft": _DRAFTS[cls], "new": object.__new__, "become": become}
    exec(source, scope)  # noqa: S102  # the view's own field names
    made: Callable[..., Any] = scope[name]
    return made
