"""Contracts, bills and schedules short enough to read in an example. Every figure is invented."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from services.payments.contract_shelf import FileTable, prices_of
from services.payments.core.contract_bill import Bill, Priced, Prices, Service
from services.payments.core.contract_price import price_bill
from services.payments.core.contract_terms import InForce, VersionBody
from shared.dated_table import OPEN, DatedTable, Row

PAYER = "1999999999"
DAY = date(2026, 6, 1)
FACILITY = frozenset({"21", "22"})
TERM = {"id": "all", "method": "percent_of_schedule", "schedule": "base", "percent": "100"}


def version(*terms: Mapping[str, Any], **changes: Any) -> VersionBody:
    """A version of a contract that holds in 2026."""
    written: dict[str, Any] = {
        "name": "Agreement with the payer",
        "valid_from": "2026-01-01",
        "owner": "contract management",
        "source": "Amendment 3, exhibit B",
        "scope": {"payer_ids": [PAYER]},
        "terms": list(terms) or [TERM],
    }
    return VersionBody.model_validate(written | changes)


def in_force(body: VersionBody, contract_id: str = "acme", number: int = 1) -> InForce:
    return InForce(contract_id=contract_id, version=number, body=body)


def schedule(rows: Mapping[str, int], name: str = "base") -> Prices:
    """`{"99213": 100_00, "99213|26": 40_00, "99213||facility": 70_00}` for any payer, in cents a unit."""
    made = [
        Row(f"*|{key}" if "|" in key else f"*|{key}|", str(cents), date(2020, 1, 1), OPEN)
        for key, cents in rows.items()
    ]
    return prices_of({name: [FileTable("schedule.base.file_0123456789abcdef", DatedTable.of(made))]})


NO_SCHEDULE = prices_of({})


def service(
    procedure: str = "99213",
    *modifiers: str,
    number: int = 1,
    units: str | None = "1",
    charge_cents: int = 200_00,
    on: date = DAY,
    place: str = "11",
    revenue_code: str = "",
) -> Service:
    return Service(
        number=number,
        procedure=procedure,
        modifiers=modifiers,
        units=None if units is None else Decimal(units),
        charge_cents=charge_cents,
        service_date=on,
        place_of_service=place,
        revenue_code=revenue_code,
    )


def bill(*services: Service, **changes: Any) -> Bill:
    made = Bill(
        payer_ids=(PAYER,),
        filing_code="12",
        claim_type="P",
        billing_npi="1234567893",
        place_of_service="11",
        drg="",
        service_from=DAY,
        service_to=DAY,
        services=services,
    )
    return made._replace(**changes)


def priced(body: VersionBody | Sequence[InForce], asked: Bill, prices: Prices = NO_SCHEDULE) -> tuple[Priced, ...]:
    contracts = [in_force(body)] if isinstance(body, VersionBody) else body
    return price_bill(contracts, asked, prices, FACILITY)


def expected(
    body: VersionBody | Sequence[InForce], asked: Bill, prices: Prices = NO_SCHEDULE
) -> dict[tuple[int, ...], int | str | None]:
    """Cents by line; the reason where nothing can be said."""
    return {
        one.lines: one.because if one.expected_cents is None else one.expected_cents
        for one in priced(body, asked, prices)
    }
