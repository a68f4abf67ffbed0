"""A claim as it was billed and what payers decided about it: what is held against the contract.

Kept small, for a claim of an institution has up to 999 lines. Nothing here says who the patient is.
"""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from services.payments.core.contract_bill import Service
from services.payments.core.line_matching import BilledLine, match_lines
from services.payments.core.remitted import Position, RemittedLine

REVENUE_DIGITS = 4
FIRST_PAYER = frozenset({"1", "19"})
"""CLP02 of a payer that decided first."""


class Cas(NamedTuple):
    """One adjustment: group, reason, cents; positive lowers the payment."""

    group: str
    reason: str
    cents: int


class DecidedLine(NamedTuple):
    """One SVC. `allowed_cents` is AMT*B6, where the payer states it."""

    line_control_number: str
    procedure: str
    modifiers: tuple[str, ...]
    original_procedure: str
    original_modifiers: tuple[str, ...]
    revenue_code: str
    units: Decimal | None
    service_date: date | None
    charge_cents: int
    paid_cents: int
    allowed_cents: int | None
    adjustments: tuple[Cas, ...]


class Decided(NamedTuple):
    """One decision of a payer, as its account posted it. `claim_adjustments` stand at the claim's own level."""

    place: Position
    sequence: int
    payer_id: str
    payer_claim_control_number: str
    status: str
    filing_code: str
    payment_date: date
    charge_cents: int
    paid_cents: int
    drg: str
    claim_adjustments: tuple[Cas, ...]
    lines: tuple[DecidedLine, ...]


class Billed(NamedTuple):
    """The claim as it went out last."""

    sequence: int
    patient_control_number: str
    payer_id: str
    claim_type: str
    billing_npi: str
    place_of_service: str
    drg: str
    service_from: date
    service_to: date
    charge_cents: int
    services: tuple[Service, ...]
    line_control_numbers: tuple[str, ...]


class Answered(NamedTuple):
    """A line of a decision and the number of the service that it answers."""

    number: int
    decided: Decided
    line: DecidedLine


def answers_of(billed: Billed, decisions: tuple[Decided, ...]) -> tuple[tuple[Service, ...], tuple[Answered, ...]]:
    """Every service of the claim, and which line answers which.

    A line that answers none is a service of its own, with the content that the payer gives it and the next number: a
    payer may have split a line, and the part that is left over is not guessed to be another line's.
    """
    services = list(billed.services)
    answered: list[Answered] = []
    as_billed = [
        BilledLine(number, one.procedure, one.modifiers, one.charge_cents, one.service_date)
        for number, one in zip(billed.line_control_numbers, billed.services, strict=True)
    ]
    for decided in decisions:
        numbers = _with_revenue(billed, decided, match_lines(as_billed, [_remitted(line) for line in decided.lines]))
        for number, line in zip(numbers, decided.lines, strict=True):
            if not number:
                services.append(_own_service(billed, line, len(services) + 1))
            answered.append(Answered(number or len(services), decided, line))
    return tuple(services), tuple(answered)


def _with_revenue(billed: Billed, decided: Decided, numbers: tuple[int, ...]) -> tuple[int, ...]:
    """Lines of an institution that have no procedure are told by revenue code and charge.

    A payer states the code in SVC04, or in SVC01 with the qualifier NU, in place of a procedure.
    """
    found, used = list(numbers), set(numbers)
    for at, line in enumerate(decided.lines):
        if found[at]:
            continue
        codes = {one.zfill(REVENUE_DIGITS) for one in (line.revenue_code, line.procedure) if one}
        same = (
            one.number
            for one in billed.services
            if one.number not in used
            and not one.procedure
            and one.revenue_code.zfill(REVENUE_DIGITS) in codes
            and one.charge_cents == line.charge_cents
        )
        found[at] = next(same, 0)
        used.add(found[at])
    return tuple(found)


def _remitted(line: DecidedLine) -> RemittedLine:
    return RemittedLine(
        line_control_number=line.line_control_number,
        procedure=line.procedure,
        modifiers=line.modifiers,
        charge_cents=line.charge_cents,
        paid_cents=line.paid_cents,
        original_procedure=line.original_procedure,
        original_modifiers=line.original_modifiers,
        service_date=line.service_date,
    )


def _own_service(billed: Billed, line: DecidedLine, number: int) -> Service:
    return Service(
        number=number,
        procedure=line.original_procedure or line.procedure,
        modifiers=line.original_modifiers or line.modifiers,
        units=line.units,
        charge_cents=line.charge_cents,
        service_date=line.service_date or billed.service_from,
        place_of_service=billed.place_of_service,
        revenue_code=line.revenue_code,
    )
