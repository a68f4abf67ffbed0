"""What a person can do from a page: which service is asked, with what, and what has to be typed. Pure data.

An action is a form of the console and one call of the service that owns the thing. The console decides nothing: whether
it may be done, the service says.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias
from urllib.parse import quote

from services.console.core.forms import Field

Method: TypeAlias = Literal["POST", "PUT", "DELETE"]


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do. `path` names parts of the address in braces: of the page, or of hidden fields of the form.

    `roles` are those the service asks for; whoever has none of them is not offered it. `why` says that the field
    `reason` goes to the service as X-Reason, and not in the body. `fixed` is sent as it is.
    """

    name: str
    label: str
    does: str
    service: str
    path: str
    fields: tuple[Field, ...]
    roles: tuple[str, ...]
    method: Method = "POST"
    why: bool = False
    grave: bool = False  # money moves or something leaves the house: the button says so
    fixed: Mapping[str, Any] = field(default_factory=dict[str, Any])
    of_page: tuple[str, ...] = ()  # what the page knows and the body names
    renamed: Mapping[str, str] = field(default_factory=dict[str, str])  # form's field -> the body's
    query: tuple[str, ...] = ()  # fields that the service reads from the address
    shape: Literal["", "parts"] = ""  # parts: the service takes a list of `expected_id` and `cents`
    done: str = "Done."


@dataclass(frozen=True, slots=True)
class Request:
    """The call of the service that an action makes of what was typed."""

    method: Method
    path: str
    body: Mapping[str, Any]
    query: Mapping[str, str]
    reason: str = ""


REASON = Field("reason", "Why", "words", least=3, most=200, hint="In words that name nobody.")
NOTE = Field("note", "Why", "words", least=3, most=500, hint="In words that name nobody.")


def request_of(action: Action, values: Mapping[str, Any], of_page: Mapping[str, str]) -> Request:
    """What is sent. What stands in the path is quoted, so that no typed text leads anywhere else."""
    left = dict(values)
    names = {name: of_page[name] if name in of_page else str(left.pop(name, "")) for name in in_path(action.path)}
    path = action.path.format(**{name: quote(value, safe="") for name, value in names.items()})
    reason = str(left.pop("reason", "")) if action.why else ""
    query = {name: str(left.pop(name)) for name in action.query if name in left}
    known = {name: of_page[name] for name in action.of_page}
    named = {action.renamed.get(name, name): value for name, value in left.items()}
    named = nested(named)
    if action.shape == "parts":
        named["parts"] = [{name: named.pop(name) for name in ("expected_id", "cents")}]
    return Request(action.method, path, {**action.fixed, **known, **named}, query, reason)


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """`line.number` becomes `number` of the object `line`."""
    made: dict[str, Any] = {}
    for name, value in flat.items():
        part, _, field_name = name.rpartition(".")
        if part:
            made.setdefault(part, {})[field_name] = value
        else:
            made[name] = value
    return made


def in_path(path: str) -> tuple[str, ...]:
    """The names in braces of a path."""
    return tuple(part.partition("}")[0] for part in path.split("{")[1:])


def offered(actions: Iterable[Action], roles: frozenset[str], tried: Action | None = None) -> tuple[Action, ...]:
    """The actions that this person's roles allow; one that was tried stays, so that nothing typed is lost."""
    found = tuple(one for one in actions if not roles.isdisjoint(one.roles))
    return found if tried is None or tried in found else (tried, *found)
