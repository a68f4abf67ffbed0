"""STC: claim status information, which 277 and 277CA share."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from shared.x12.findings import Finding
from shared.x12.tokens import Segment
from shared.x12.values import cents, day, format_cents, format_date
from shared.x12.writing import Line

_POSITIONS = (1, 10, 11)


@dataclass(frozen=True, slots=True)
class Status:
    """One status of an STC segment.

    `category` STC01-1 (A1 received, A2 accepted, A3 returned, A6 to A8 rejected, F finalised, P pending ...),
    `code` STC01-2, `entity` STC01-3; a second and third status (STC10, STC11) are further entries.
    `effective` STC02, `action` STC03 (WQ accept, U reject), `amount_cents` STC04, `paid_cents` STC05,
    `adjudicated_on` STC06, `paid_on` STC08, `check_number` STC09, `message` STC12 repeat what the segment says.
    """

    category: str
    code: str
    entity: str = ""
    effective: date | None = None
    action: str = ""
    amount_cents: int | None = None
    paid_cents: int | None = None
    adjudicated_on: date | None = None
    paid_on: date | None = None
    check_number: str = ""
    message: str = ""
    code_list: str = ""


def read_statuses(segments: Sequence[Segment], findings: list[Finding], loop: str) -> tuple[Status, ...]:
    """Every status of every STC among the segments."""
    return tuple(status for one in segments if one.tag == "STC" for status in _read(one, findings, loop))


def _read(stc: Segment, findings: list[Finding], loop: str) -> Iterator[Status]:
    get = stc.get
    amounts = cents(stc, 4, findings, loop), cents(stc, 5, findings, loop)
    days = day(stc, 6, findings, loop), day(stc, 8, findings, loop)
    effective = day(stc, 2, findings, loop)
    for position in _POSITIONS:
        if parts := stc.components(position):
            category, code, entity, code_list = (*parts, "", "", "", "")[:4]
            yield Status(category, code, entity, effective, get(3), *amounts, *days, get(9), get(12), code_list)


def status_lines(statuses: Sequence[Status]) -> Iterator[Line]:
    """STC segments; up to three statuses that agree in everything else share one."""
    run: list[Status] = []
    for one in statuses:
        if run and (len(run) == len(_POSITIONS) or _rest(one) != _rest(run[0])):
            yield _line(run)
            run = []
        run.append(one)
    if run:
        yield _line(run)


def _rest(one: Status) -> tuple[object, ...]:
    amounts = one.amount_cents, one.paid_cents
    days = one.effective, one.adjudicated_on, one.paid_on
    return (*amounts, *days, one.action, one.check_number, one.message)


def _line(run: Sequence[Status]) -> Line:
    first = run[0]
    codes = [(one.category, one.code, one.entity, one.code_list) for one in run]
    amounts = [("" if amount is None else format_cents(amount)) for amount in (first.amount_cents, first.paid_cents)]
    paid = "", format_date(first.paid_on), first.check_number
    more = (*codes[1:], (), ())[:2]
    decided = format_date(first.adjudicated_on)
    return ("STC", codes[0], format_date(first.effective), first.action, *amounts, decided, *paid, *more, first.message)
