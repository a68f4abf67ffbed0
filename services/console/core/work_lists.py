"""What a work list is: columns, orders, filters, where its rows come from, and what people do with them. Pure data.

Lists of claims and remittances are the console's own projections, in any order and of any length. What only the owning
service knows (deposits, credits, collectors' queues) is asked of it, in the one order it has.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from services.console.core.actions import Action

ColumnKind: TypeAlias = Literal[
    "text", "claim", "account", "remittance", "money", "day", "moment", "badge", "number", "clock", "why"
]
Own: TypeAlias = Literal["claims", "remittances"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `order` names the order that its heading sorts by; `clock` is a deadline as days left."""

    name: str
    label: str
    kind: ColumnKind = "text"
    order: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of the address. No choices: any text; `mine` is filled with the person's own name by a button."""

    name: str
    label: str
    choices: tuple[str, ...] = ()
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A list of a service: `path` with `query`; its rows are the answer, or stand in it under `rows`.

    `next` names the following page's cursor in the answer; without it, a page goes on behind the last row's id. A name
    with a dot is a field of a field: `work.version` is `version` in `work`. Without `pages` there is one page.
    """

    service: str
    path: str
    id: str
    rows: str = ""
    next: str = ""
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    version: str = ""
    owner: str = ""
    pages: bool = True


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the owning service says who has a row, and at which version it is: asked for the rows of a page at once.

    `history` is where it tells who did what with one row, the newest last: whoever comes second is told who was first.
    """

    service: str
    path: str
    rows: str = ""
    id: str = "claim_id"
    version: str = ""
    history: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What is done with one row or with many. `undo` names the action that takes it back, row by row.

    `bulk` is the service's own route for many: it takes `items` with id and version. `back` says which field of the
    taking back holds what was there before: the owner.
    """

    action: Action
    undo: Action | None = None
    undo_values: Mapping[str, str] = field(default_factory=dict[str, str])
    back: str = ""
    bulk: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkList:
    """One work list. `first_order` is how it is shown unless somebody asks otherwise; a minus turns it round."""

    name: str
    label: str
    group: str
    does: str
    columns: tuple[Column, ...]
    source: Own | Asked
    first_order: str = ""
    filters: tuple[Filter, ...] = ()
    deeds: tuple[Deed, ...] = ()
    desk: Desk | None = None

    @property
    def orders(self) -> tuple[str, ...]:
        """The orders that people may choose."""
        return tuple(column.order for column in self.columns if column.order)

    def deed(self, name: str) -> Deed | None:
        return next((one for one in self.deeds if one.action.name == name), None)
