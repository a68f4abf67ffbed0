"""What a contract is asked to price: the services of a bill, and what comes of it."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple, Protocol

from services.payments.core.contract_terms import EVERYTHING, Select


class Service(NamedTuple):
    """One line as it was billed; `number` counts from 1. Absent units are None."""

    number: int
    procedure: str
    modifiers: tuple[str, ...]
    units: Decimal | None
    charge_cents: int
    service_date: date
    place_of_service: str = ""
    revenue_code: str = ""
    rendering_npi: str = ""


class Bill(NamedTuple):
    """A claim to one payer, without who the patient is. `payer_ids`: the surest name first.

    `refused` are lines that the payer denied: no procedure that was not paid lowers the price of another.
    """

    payer_ids: tuple[str, ...]
    filing_code: str
    claim_type: str
    billing_npi: str
    place_of_service: str
    drg: str
    service_from: date
    service_to: date
    services: tuple[Service, ...]
    refused: frozenset[int] = frozenset()


class ScheduleRow(NamedTuple):
    """A row of a fee schedule as it was found: the price of one unit, the days it holds for, and its file."""

    price_cents: int
    modifier: str
    setting: str
    first: date
    last: date
    file_id: str


class Prices(Protocol):
    """Looks a price up."""

    def __call__(
        self, schedule: str, payer_ids: Sequence[str], service: Service, facility: bool | None, /
    ) -> ScheduleRow | None:
        """The row for a service on its day; None where there is none. `facility` None: it is not known."""
        ...


class Step(NamedTuple):
    """One step of a price: the rule, what it did in words with its figures, and what it came to."""

    rule: str
    says: str
    cents: int | None = None


class Priced(NamedTuple):
    """What is expected for some lines together; most often for one.

    `expected_cents` None: it cannot be said, `because` of a reason that is a name of ours, and the steps say more.
    """

    lines: tuple[int, ...]
    expected_cents: int | None
    because: str = ""
    term: str = ""
    contract_id: str = ""
    version: int = 0
    steps: tuple[Step, ...] = ()


def fits_code(code: str, patterns: Sequence[str]) -> bool:
    """Whether a code is one of these: itself, in a range, or with a beginning."""
    return any(_fits(code, one) for one in patterns)


def _fits(code: str, pattern: str) -> bool:
    if pattern.endswith("*"):
        return code.startswith(pattern[:-1])
    first, dash, last = pattern.partition("-")
    return len(code) == len(first) and first <= code <= last if dash else code == pattern


def selects(select: Select, service: Service, bill: Bill) -> bool:
    """Whether a term is about this service."""
    if select == EVERYTHING:
        return True
    place = service.place_of_service or bill.place_of_service
    asked: tuple[tuple[object, bool], ...] = (
        (select.procedures, fits_code(service.procedure, select.procedures)),
        (select.not_procedures, not fits_code(service.procedure, select.not_procedures)),
        (select.modifiers, not set(select.modifiers).isdisjoint(service.modifiers)),
        (select.not_modifiers, set(select.not_modifiers).isdisjoint(service.modifiers)),
        (select.revenue_codes, fits_code(service.revenue_code, select.revenue_codes)),
        (select.drgs, fits_code(bill.drg, select.drgs)),
        (select.places_of_service, place in select.places_of_service),
        (select.rendering_npis, service.rendering_npi in select.rendering_npis),
    )
    return all(fits for wanted, fits in asked if wanted)
