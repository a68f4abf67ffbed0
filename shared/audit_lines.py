"""What one line of the audit log says, and which log it belongs to: activity of people, of clients, or security."""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from shared.auth import Principal
from shared.decider import Scalar
from shared.store.port import Document

Kind: TypeAlias = Literal["read", "write", "sign-in", "refused", "chain"]
Log: TypeAlias = Literal["activity", "api", "security", "chain"]
MACHINES = frozenset({"integrator"})
"""Roles of clients that are programs: what they alone do is the API log, what people do the activity log."""
TEXT_CHARACTERS_MAX = 500
SEARCHED = ("log", "kind", "actor", "action", "subject")
"""Fields that the log is searched by."""
ENTRY = "entry"
"""What every line has but those that open and close a chain."""


class Line(NamedTuple):
    """Who did what to what, and why. `outcome` is the HTTP status it was answered with, 0 outside of a request."""

    actor: str
    roles: tuple[str, ...]
    action: str
    subject: str
    reason: str = ""
    kind: Kind = "write"
    outcome: int = 0
    address: str = ""

    def document(self) -> Document:
        """As it is stored, with the values it is searched by."""
        fields = {**self._asdict(), "roles": list(self.roles), "log": log_of(self.kind, self.roles)}
        found_by = [f"{name}={fields[name]}" for name in SEARCHED]
        return {**fields, "keys": found_by if self.kind == "chain" else [ENTRY, *found_by]}


@dataclass(slots=True)
class Visit:
    """The lines of one request: they are kept together, with its outcome, before the answer leaves."""

    kind: Kind
    lines: list[tuple[Principal, Line]] = field(default_factory=list[tuple[Principal, Line]])
    settled: bool = False


VISIT: ContextVar[Visit | None] = ContextVar("audited_visit", default=None)


def line_of(who: Principal, action: str, subject: str, reason: str, kind: Kind) -> Line:
    """A line about a caller; texts are cut to a length, and to what a store can hold."""
    roles = tuple(_plain(role) for role in sorted(who.roles))
    return Line(_plain(who.actor), roles, _plain(action), _plain(subject), _plain(reason), kind)


def log_of(kind: Kind, roles: tuple[str, ...]) -> Log:
    """Signing in and refusals are security's; the rest is a person's activity or a client's use of the API."""
    if kind == "chain":
        return "chain"
    if kind in {"sign-in", "refused"}:
        return "security"
    return "api" if roles and MACHINES.issuperset(roles) else "activity"


def search_keys(where: Mapping[str, Scalar]) -> list[str]:
    """The stored values that a search by these fields asks for; those of chains are shown when they are asked for."""
    asked = [f"{name}={value}" for name, value in where.items() if value is not None]
    return asked if {"log=chain", "kind=chain"} & set(asked) else [ENTRY, *asked]


def _plain(text: str) -> str:
    """Half a character, which JSON can name but UTF-8 cannot hold, must not keep the log from being written."""
    return text[:TEXT_CHARACTERS_MAX].encode(errors="replace").decode()
