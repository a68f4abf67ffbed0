"""Where the navigation leads: a name, a path, the key after `g`, and who may go there."""

from typing import NamedTuple

from shared.auth import Role


class Section(NamedTuple):
    """One place of the navigation; `roles` None: everybody who is signed in."""

    path: str
    name: str
    key: str
    roles: tuple[Role, ...] | None = None


STAFF: tuple[Role, ...] = ("biller", "poster", "collector", "operator", "auditor")
SECTIONS = (
    Section("/", "Overview", "o", STAFF),
    Section("/work", "Work", "w", STAFF),
    Section("/claims", "Claims", "c", STAFF),
    Section("/accounts", "Accounts", "a", STAFF),
    Section("/remittances", "Remittances", "r", STAFF),
    Section("/money", "Money", "m", STAFF),
    Section("/portal", "Portal", "p", ("client", "operator")),
    Section("/events", "Events", "e", STAFF),
    Section("/audit-log", "Audit", "l", ("auditor", "operator")),
    Section("/streams", "Streams", "s", ("operator",)),
    Section("/system", "System", "y", ("operator",)),
)
