"""What an edit is, what it looks into, and what it looks at."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from shared.dated_table import DatedTable

from .content import ClaimContent, ContentLine

Found: TypeAlias = tuple[str, str]
Standing: TypeAlias = Callable[[str, date, date], str]
"""How a diagnosis code, without point, stood between two days: one of the values of `shared.x12.codes.Standing`."""


class Restriction(NamedTuple):
    """Services the patient paid in full and wants kept from the plan; without procedures, all of the days."""

    first: date
    last: date
    procedures: frozenset[str] = frozenset()


class PastService(NamedTuple):
    """A service of the same person on another claim, `claim_id`. `procedure` was given on a day, by a provider."""

    procedure: str
    on: date
    units: Decimal
    npi: str
    claim_id: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """The tables of a tenant, each None or empty until it is loaded. `fees` and `codes` go by the name of a list.

    Keys: `codes`, `mue` and `global_days` by procedure; `ptp` by column 1 and column 2; `limits` by payer, procedure
    and what is counted (`line`, `day`, `claim`); `credentialing` by NPI and payer; `fees` by payer, procedure and
    modifier; `bundles` by name and line; `drugs` by payer and procedure. `bypass` are the modifiers that lift a pair
    whose indicator is 1, `unrelated` those that lift a visit out of a global period.
    """

    codes: Mapping[str, DatedTable] = field(default_factory=dict[str, DatedTable])
    fees: Mapping[str, DatedTable] = field(default_factory=dict[str, DatedTable])
    ptp: DatedTable | None = None
    mue: DatedTable | None = None
    global_days: DatedTable | None = None
    limits: DatedTable | None = None
    credentialing: DatedTable | None = None
    bundles: DatedTable | None = None
    drugs: DatedTable | None = None
    standing: Standing | None = None
    bypass: frozenset[str] = frozenset()
    unrelated: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Looked:
    """A claim before the edits, with what only the outside could find out."""

    content: ClaimContent
    reference: Reference
    restrictions: tuple[Restriction, ...] = ()
    past: tuple[PastService, ...] = ()


class Edit(NamedTuple):
    """One edit: where it comes from, and whether a person may overrule it."""

    id: str
    source: str
    check: Callable[[Looked], Iterator[Found]]
    waivable: bool = False
    needs: str = ""
    """The table without which it says nothing."""


def day_of(line: ContentLine, content: ClaimContent) -> date | None:
    return line.service_from or content.service_from


def npi_of(line: ContentLine, content: ClaimContent) -> str:
    provider = line.rendering or content.rendering or content.billing
    return provider.npi
