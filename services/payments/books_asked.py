"""What a caller asks of the books: the report that a query means. 422 where it means none."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Annotated, Literal, NamedTuple, TypeAlias, TypeVar

from fastapi import Depends, HTTPException, Query

from services.payments.api_models import Looker
from services.payments.clients import UNSAID, Client, read_clients
from services.payments.core.aging import POINTS_MAX, Aging, Base, By, Side, aging_report, overdue_report
from services.payments.core.book_report import Report
from services.payments.core.credit_report import credit_report
from services.payments.core.indicators import indicators_report
from services.payments.core.movements import (
    CashBy,
    Days,
    DaysheetBy,
    adjustments_report,
    allocation_report,
    cash_report,
    daysheet_report,
)
from services.payments.settings import PaymentsSettings
from shared.http import Run


def client_of(run: Run, caller: Looker) -> Client:
    """What the house says of the caller's client."""
    path = run.settings.clients if isinstance(run.settings, PaymentsSettings) else None
    return read_clients(path).get(caller.tenant, UNSAID)


House = Annotated[Client, Depends(client_of)]


def today_at(run: Run, client: House) -> date:
    """The day it is where the client is."""
    return run.clock.now().astimezone(client.zone).date()


Today = Annotated[date, Depends(today_at)]
Buckets = Annotated[str, Query(pattern=r"^[0-9]{1,4}(,[0-9]{1,4}){0,11}$", description="Last days of the buckets.")]
T = TypeVar("T")
Step: TypeAlias = Literal["day", "week", "month"]
DAYS_MAX = 3_660


class Asked(NamedTuple):
    """A report, and the days it is about."""

    report: Report
    first: date | None
    last: date
    days: Days | None = None


def or_422(make: Callable[[], T]) -> T:
    """What it makes, or the sentence of what is wrong with what was asked."""
    try:
        return make()
    except ValueError as error:
        raise HTTPException(422, str(error)) from None


def _days(first: date, last: date) -> Days:
    if (last - first).days > DAYS_MAX:
        msg = f"at most {DAYS_MAX} days"
        raise ValueError(msg)
    return Days(first, last)


def _aging(by: By, base: Base, buckets: str, side: Side) -> Aging:
    return Aging(by, base, tuple(int(one) for one in buckets.split(",")), side)


def ask_aging(
    today: Today,
    as_of: date | None = None,
    by: By = "payer",
    base: Base = "service",
    buckets: Buckets = "30,60,90,120",
    side: Side = "all",
) -> Asked:
    """Receivables by age at the end of a day; today without one."""
    day = as_of or today
    return or_422(lambda: Asked(aging_report(_aging(by, base, buckets, side), day), None, day))


def ask_overdue(
    first: date,
    last: date,
    every: Step = "month",
    base: Base = "service",
    buckets: Buckets = "30,60,90,120",
    side: Side = "all",
) -> Asked:
    """The same at the end of each day, week or month from first to last."""
    return or_422(
        lambda: Asked(
            overdue_report(_aging("payer", base, buckets, side), tuple(points(first, last, every))), first, last
        )
    )


def points(first: date, last: date, every: Step) -> Iterator[date]:
    """Ends of periods from a day to another, that one counted. ValueError for too many."""
    day = first if every != "month" else month_end(first)
    for _ in range(POINTS_MAX):
        if day >= last:
            break
        yield day
        day = month_end(day + timedelta(days=1)) if every == "month" else day + timedelta(days=_STEPS[every])
    else:
        msg = f"at most {POINTS_MAX} days: ask for a shorter time, or for weeks or months"
        raise ValueError(msg)
    yield last


_STEPS: dict[Step, int] = {"day": 1, "week": 7}


def month_end(day: date) -> date:
    """The last day of its month."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def ask_daysheet(first: date, last: date, by: Annotated[list[DaysheetBy] | None, Query()] = None) -> Asked:
    """What moved, by day, poster or provider."""
    return _moved(first, last, lambda days: daysheet_report(days, list(dict.fromkeys(by or ["day"]))))


def ask_cash(first: date, last: date, by: Annotated[list[CashBy] | None, Query()] = None) -> Asked:
    """Money that came and went."""
    return _moved(first, last, lambda days: cash_report(days, list(dict.fromkeys(by or ["kind"]))))


def ask_adjustments(first: date, last: date) -> Asked:
    """What nobody owes any more, by reason."""
    return _moved(first, last, adjustments_report)


def ask_allocation(first: date, last: date) -> Asked:
    """Payers' shares."""
    return _moved(first, last, allocation_report)


def ask_indicators(first: date, last: date) -> Asked:
    """Operational indicators."""
    return _moved(first, last, indicators_report)


def ask_credits(today: Today, as_of: date | None = None) -> Asked:
    """Credits and unapplied money."""
    day = as_of or today
    return Asked(credit_report(day), None, day)


def _moved(first: date, last: date, make: Callable[[Days], Report]) -> Asked:
    def asked() -> Asked:
        days = _days(first, last)
        return Asked(make(days), first, last, days)

    return or_422(asked)
