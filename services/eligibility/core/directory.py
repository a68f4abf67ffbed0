"""The payer directory: how each payer is asked about coverage, on a date. Its figures are policy; see `payers.toml`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeAlias

from services.eligibility.core.dated import Dated, terms_on

PayerKind: TypeAlias = Literal[
    "commercial", "medicare", "medicaid", "medicare_advantage", "tricare", "workers_comp", "auto"
]


@dataclass(frozen=True, slots=True)
class PayerTerms:
    """How one payer is asked. `waits` None: as every payer; `inquiries_max` None: as the setting says.

    `mco` maps the names and identifiers of managed care organizations, in capitals, to the payer that takes their
    claims. `listed` tells a payer of the directory from one that gets the default.
    """

    kind: PayerKind = "commercial"
    unlisted: Literal["ask", "refuse"] = "ask"
    real_time: bool = True
    batch: bool = True
    timeout_seconds: float = 20.0
    waits: tuple[timedelta, ...] | None = None
    inquiries_max: int | None = None
    failures_to_open: int = 10
    open_seconds: float = 60.0
    per_minute: int = 0
    batch_inquiries_max: int = 10_000
    batch_wait: timedelta = timedelta(minutes=2)
    batch_retry: timedelta = timedelta(hours=24)
    discovery: bool = False
    mco: tuple[tuple[str, str], ...] = ()
    listed: bool = False

    @property
    def may_be_asked(self) -> bool:
        """Whether the directory knows this payer, or lets unknown ones be asked."""
        return self.listed or self.unlisted == "ask"

    def route_of(self, *names: str) -> str | None:
        """The payer that takes the claims of a managed care organization called by any of these; None: not known."""
        routes = dict(self.mco)
        return next((routes[name.strip().upper()] for name in names if name.strip().upper() in routes), None)


DEFAULT = PayerTerms()


@dataclass(frozen=True, slots=True)
class Directory:
    """Every payer's terms through time. A payer without an entry on a day has the default's."""

    payers: Mapping[str, Sequence[Dated[PayerTerms]]]
    default: Sequence[Dated[PayerTerms]] = ()

    def of(self, payer_id: str, on: date) -> PayerTerms:
        """The terms of a payer on a day."""
        return terms_on(self.payers, self.default, payer_id, on) or DEFAULT

    def searched(self, on: date) -> list[str]:
        """The payers that are asked about patients whose coverage nobody knows, by identifier."""
        return sorted(payer_id for payer_id in self.payers if self.of(payer_id, on).discovery)


OPEN_DIRECTORY = Directory({})
"""Everybody is asked in real time, as the defaults say."""
