"""Where the navigation leads: a name, a path, the key after `g`, and who may go there."""

from typing import NamedTuple

from shared.auth import Role


class Section(NamedTuple):
    """One place of the navigation; `roles` None: everybody who is signed in."""

    path: str
    name: str
    key: str
    roles: tuple[Role, ...] | None = None


SECTIONS = (
    Section("/", "Overview", "o"),
    Section("/work", "Work", "w"),
    Section("/claims", "Claims", "c"),
    Section("/accounts", "Accounts", "a"),
    Section("/remittances", "Remittances", "r"),
    Section("/events", "Events", "e"),
    Section("/audit-log", "Audit", "l", ("auditor", "operator")),
    Section("/system", "System", "y", ("operator",)),
)
