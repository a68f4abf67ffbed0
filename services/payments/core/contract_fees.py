"""What a term comes to: the fee of one line, or the rate of a bill, with the steps that led there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple, TypeAlias

from services.payments.core.contract_bill import Bill, Prices, Service, Step, fits_code
from services.payments.core.contract_terms import (
    CHARGE,
    CaseTerm,
    ChargeTerm,
    ChooseTerm,
    FixedTerm,
    InForce,
    NoPriceTerm,
    PerDiemTerm,
    ScheduleTerm,
    Term,
)
from services.payments.core.money_text import dollars

HUNDRED = Decimal(100)


class Fee(NamedTuple):
    """An amount with its steps; without cents `because` says why nothing can be said."""

    cents: int | None
    because: str = ""
    steps: tuple[Step, ...] = ()

    def then(self, step: Step, cents: int) -> "Fee":
        return Fee(cents, "", (*self.steps, step._replace(cents=cents)))


Ranks: TypeAlias = Mapping[int, tuple[str, tuple[Decimal, ...]]]
"""By line: the reduction that ranks it, and its percents, one for the line or one for each unit."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What pricing needs at hand."""

    contract: InForce
    bill: Bill
    prices: Prices
    facility_places: frozenset[str]


def rounded(amount: Decimal) -> int:
    """Whole cents, half a cent up."""
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def cannot(because: str, says: str) -> Fee:
    return Fee(None, because, (Step(because, says),))


def percent_text(percent: Decimal) -> str:
    return f"{percent.normalize():f} %"


def line_fee(desk: Desk, term: Term, service: Service, ranks: Ranks) -> Fee:
    """What a term comes to for one line."""
    match term:
        case ScheduleTerm() | FixedTerm():
            return _times_units(term, service, _unit_fee(desk, term, service), ranks)
        case ChargeTerm():
            step = Step(
                "percent of charge", f"{percent_text(term.percent)} of the charge {dollars(service.charge_cents)}"
            )
            return Fee(0).then(step, rounded(service.charge_cents * term.percent / HUNDRED))
        case ChooseTerm():
            found = {
                one: Fee(service.charge_cents, "", (Step(CHARGE, "what was billed", service.charge_cents),))
                if one == CHARGE
                else line_fee(desk, desk.contract.body.term(one), service, ranks)
                for one in term.of
            }
            return _chosen(term, found)
        case NoPriceTerm():
            return cannot(term.because, f"the contract has no figure for this service: {term.because}")
        case CaseTerm() | PerDiemTerm():
            raise AssertionError("a rate of a bill prices no single line")


def ranking_cents(desk: Desk, term: Term, service: Service) -> int | None:
    """By what a line is ranked among others: its unit's fee before any reduction; None where there is none.

    The charge is no fee: it ranks nothing, and a percent of it is not reduced.
    """
    match term:
        case ScheduleTerm() | FixedTerm():
            return _unit_fee(desk, term, service).cents
        case ChooseTerm():
            body = desk.contract.body
            found = [ranking_cents(desk, body.term(one), service) for one in term.of if one != CHARGE]
            return max((one for one in found if one is not None), default=None)
        case _:
            return None


def is_reducible(desk: Desk, term: Term) -> bool:
    """Whether reductions for several procedures concern it."""
    if isinstance(term, ChooseTerm):
        return any(is_reducible(desk, desk.contract.body.term(one)) for one in term.of if one != CHARGE)
    return isinstance(term, ScheduleTerm | FixedTerm)


def _unit_fee(desk: Desk, term: ScheduleTerm | FixedTerm, service: Service) -> Fee:
    """The fee of one unit, with modifiers, before any reduction."""
    if isinstance(term, FixedTerm):
        step = Step("fixed fee", f"term {term.id}: {dollars(term.fee_cents)}")
        return _modified(desk, service, "", Fee(0).then(step, term.fee_cents))
    facility = _facility(desk, service)
    row = desk.prices(term.schedule, desk.bill.payer_ids, service, facility)
    what = " ".join((service.procedure or "no procedure", *service.modifiers))
    if row is None or not row.price_cents:
        where = {True: ", facility", False: ", not facility", None: ", place unknown"}[facility]
        return cannot("no_price", f"schedule {term.schedule} has no price for {what} on {service.service_date}{where}")
    priced = " ".join(filter(None, (service.procedure, row.modifier, row.setting)))
    days = f"valid {row.first} to {'further notice' if row.last == date.max else row.last}"
    says = f"schedule {term.schedule}, {priced}: {dollars(row.price_cents)} a unit, {days}, file {row.file_id[-12:]}"
    fee = Fee(0).then(Step("schedule row", says), row.price_cents)
    if term.percent != HUNDRED:
        step = Step("percent of schedule", f"term {term.id}: {percent_text(term.percent)} of the schedule")
        fee = fee.then(step, rounded(row.price_cents * term.percent / HUNDRED))
    return _modified(desk, service, row.modifier, fee)


def _facility(desk: Desk, service: Service) -> bool | None:
    place = service.place_of_service or desk.bill.place_of_service
    if not place or desk.bill.claim_type == "I":
        return True if desk.bill.claim_type == "I" else None
    return place in desk.facility_places


def _modified(desk: Desk, service: Service, priced_modifier: str, fee: Fee) -> Fee:
    """Each rule once; a modifier that the schedule's row prices is in its price already."""
    if fee.cents is None:
        return fee
    for rule in desk.contract.body.modifiers:
        used = next((one for one in service.modifiers if one in rule.modifiers and one != priced_modifier), None)
        if used is None:
            continue
        if rule.percent is None:
            return cannot("by_report", f"modifier {used} is priced by report: the contract has no figure")
        step = Step("modifier", f"modifier {used}: {percent_text(rule.percent)}")
        fee = fee.then(step, rounded(fee.cents * rule.percent / HUNDRED))
        assert fee.cents is not None
    return fee


def _times_units(term: ScheduleTerm | FixedTerm, service: Service, fee: Fee, ranks: Ranks) -> Fee:
    unit_cents = fee.cents
    if unit_cents is None:
        return fee
    units = units_of(term, service)
    reduction, percents = ranks.get(service.number, ("", ()))
    if len(percents) > 1 or (percents and units == 1):
        cents = sum(rounded(unit_cents * one / HUNDRED) for one in percents)
        text = ", ".join(percent_text(one) for one in percents)
        return fee.then(Step("multiple procedures", f"{reduction}: {len(percents)} unit(s) at {text}"), cents)
    line_cents = rounded(unit_cents * units)
    if units != 1:
        fee = fee.then(Step("units", f"{units.normalize():f} units of {dollars(unit_cents)}"), line_cents)
    if percents and percents[0] != HUNDRED:
        step = Step("multiple procedures", f"{reduction}: {percent_text(percents[0])} by its rank")
        fee = fee.then(step, rounded(line_cents * percents[0] / HUNDRED))
    return fee


def units_of(term: ScheduleTerm | FixedTerm, service: Service) -> Decimal:
    """The units that are paid. Absent ones are one, as the guide reads them (X221A1, SVC05)."""
    if term.units == "once":
        return Decimal(1)
    units = Decimal(1) if service.units is None else service.units
    return units if term.units_most is None else min(units, Decimal(term.units_most))


def _chosen(term: ChooseTerm, found: Mapping[str, Fee]) -> Fee:
    """The lesser or the greater; where one cannot be said, neither can that."""
    unknown = next(((name, fee) for name, fee in found.items() if fee.cents is None), None)
    if unknown is not None:
        name, fee = unknown
        step = Step(term.method.replace("_", " "), f"term {term.id} needs {name}, which cannot be said")
        return Fee(None, fee.because, (*fee.steps, step))
    known = {name: fee.cents for name, fee in found.items() if fee.cents is not None}
    best = (min if term.method == "lesser_of" else max)(known, key=lambda name: known[name])
    figures = ", ".join(f"{name} {dollars(cents)}" for name, cents in known.items())
    steps = tuple(step for name, fee in found.items() if name != CHARGE for step in fee.steps)
    step = Step(term.method.replace("_", " "), f"term {term.id}: of {figures}: {best}", known[best])
    return Fee(known[best], "", (*steps, step))


def bill_fee(desk: Desk, term: Term, services: Sequence[Service]) -> Fee:
    """What a term comes to for its services of the bill together."""
    charge_cents = sum(one.charge_cents for one in services)
    match term:
        case CaseTerm():
            return _stop_loss(term, charge_cents, _case(term, desk.bill.drg))
        case PerDiemTerm():
            return _per_diem(desk, term, services)
        case ChooseTerm():
            found = {
                one: Fee(charge_cents, "", (Step(CHARGE, "what was billed", charge_cents),))
                if one == CHARGE
                else bill_fee(desk, desk.contract.body.term(one), services)
                for one in term.of
            }
            return _chosen(term, found)
        case ScheduleTerm() | FixedTerm() | ChargeTerm() | NoPriceTerm():
            raise AssertionError("a fee of a line prices no bill")


def _case(term: CaseTerm, drg: str) -> Fee:
    if term.rate_cents is not None:
        step = Step("case rate", f"term {term.id}: {dollars(term.rate_cents)} for the case")
        return Fee(0).then(step, term.rate_cents)
    if not drg:
        return cannot("no_drg", f"term {term.id} pays by DRG, and neither claim nor remittance names one")
    if term.rates:
        rate_cents = term.rates.get(drg)
        if rate_cents is None:
            return cannot("no_price", f"term {term.id} has no rate for DRG {drg}")
        return Fee(0).then(Step("case rate", f"term {term.id}: DRG {drg}"), rate_cents)
    weight = term.weights.get(drg)
    if weight is None or term.base_cents is None:
        return cannot("no_price", f"term {term.id} has no weight for DRG {drg}")
    step = Step("case rate", f"term {term.id}: DRG {drg}, {dollars(term.base_cents)} times its weight {weight:f}")
    return Fee(0).then(step, rounded(term.base_cents * weight))


def _stop_loss(term: CaseTerm, charge_cents: int, fee: Fee) -> Fee:
    limit = term.stop_loss
    if fee.cents is None or limit is None or charge_cents <= limit.threshold_cents:
        return fee
    says = (
        f"the charge {dollars(charge_cents)} is above {dollars(limit.threshold_cents)}: {percent_text(limit.percent)}"
    )
    if limit.of == "total":
        step = Step("stop loss", f"{says} of it instead of the rate")
        return fee.then(step, rounded(charge_cents * limit.percent / HUNDRED))
    excess_cents = charge_cents - limit.threshold_cents
    step = Step("stop loss", f"{says} of the {dollars(excess_cents)} above it, beside the rate")
    return fee.then(step, fee.cents + rounded(excess_cents * limit.percent / HUNDRED))


def _per_diem(desk: Desk, term: PerDiemTerm, services: Sequence[Service]) -> Fee:
    if term.days == "dates":
        days = Decimal(max(1, (desk.bill.service_to - desk.bill.service_from).days))
        how = f"{desk.bill.service_from} to {desk.bill.service_to}, the last day not counted"
    else:
        counted = [
            one for one in services if not term.day_revenue_codes or fits_code(one.revenue_code, term.day_revenue_codes)
        ]
        if not counted or any(one.units is None for one in counted):
            return cannot("no_days", f"term {term.id} counts days by units, and no line has them")
        days = sum((one.units for one in counted if one.units is not None), Decimal())
        how = f"units of line {', '.join(str(one.number) for one in counted)}"
    if days < 1 or days != days.to_integral_value():
        return cannot("no_days", f"{days.normalize():f} days are no whole days")
    cents, texts = 0, list[str]()
    starts = [*(one.from_day for one in term.rates[1:]), int(days) + 1]
    for rate, until in zip(term.rates, starts, strict=True):
        at_rate = max(0, min(until, int(days) + 1) - rate.from_day)
        cents += at_rate * rate.rate_cents
        texts += [f"{at_rate} at {dollars(rate.rate_cents)}"] if at_rate else []
    return Fee(0).then(Step("per diem", f"term {term.id}: {int(days)} days ({how}): {', '.join(texts)}"), cents)
