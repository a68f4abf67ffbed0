"""What is expected for the services of a bill under the contract that is in force on their day.

Pure: the versions, the schedules and the bill are inputs. Nothing that is not known is ever a zero: it cannot be said.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby

from services.payments.core.contract_bill import Bill, Priced, Prices, Service, Step, selects
from services.payments.core.contract_check import is_bill_level
from services.payments.core.contract_fees import (
    Desk,
    Fee,
    Ranks,
    bill_fee,
    is_reducible,
    line_fee,
    ranking_cents,
    units_of,
)
from services.payments.core.contract_terms import (
    CHARGE,
    ChooseTerm,
    FixedTerm,
    InForce,
    Reduction,
    ScheduleTerm,
    Scope,
    Term,
)

UNITS_MAX = 1000


def price_bill(
    contracts: Sequence[InForce], bill: Bill, prices: Prices, facility_places: frozenset[str]
) -> tuple[Priced, ...]:
    """Every line of the bill once, in the order of the lines. Line items are priced by their own day of service.

    A bill of an institution is priced by its first day: a stay has one contract.
    """
    found: list[Priced] = []
    by_contract: dict[tuple[str, int], tuple[InForce, list[Service]]] = {}
    for service in bill.services:
        chosen = choose(contracts, bill, service)
        if isinstance(chosen, InForce):
            by_contract.setdefault((chosen.contract_id, chosen.version), (chosen, []))[1].append(service)
        else:
            found.append(Priced((service.number,), None, chosen.because, steps=chosen.steps))
    for contract, services in by_contract.values():
        places = contract.body.facility_places
        own = facility_places if places is None else frozenset(places)
        found += _under(Desk(contract, bill, prices, own), services)
    return tuple(sorted(found, key=lambda one: one.lines))


def choose(contracts: Sequence[InForce], bill: Bill, service: Service) -> InForce | Fee:
    """The version in force on the day of service; of several contracts the one that asks most of a claim."""
    day = bill.service_from if bill.claim_type == "I" else service.service_date
    for payer_id in bill.payer_ids:
        of_payer = [one for one in contracts if payer_id in one.body.scope.payer_ids]
        if not of_payer:
            continue
        in_scope = [one for one in of_payer if _in_scope(one.body.scope, bill, service)]
        if not in_scope:
            return _no("not_in_scope", f"no contract with payer {payer_id} is about this provider, plan and place")
        dated = [one for one in in_scope if one.body.valid_from <= day <= one.body.last_day]
        if not dated:
            return _no("no_version", f"no version of a contract with payer {payer_id} is in force on {day}")
        most = max(one.body.scope.narrowness for one in dated)
        narrowest = [one for one in dated if one.body.scope.narrowness == most]
        if len(narrowest) > 1:
            names = " and ".join(one.label for one in narrowest)
            return _no("several_contracts", f"{names} are both in force on {day}, and neither is narrower")
        return narrowest[0]
    return _no("no_contract", f"there is no contract with payer {' or '.join(bill.payer_ids)}")


def _no(because: str, says: str) -> Fee:
    return Fee(None, because, (Step("contract", says),))


def _in_scope(scope: Scope, bill: Bill, service: Service) -> bool:
    place = service.place_of_service or bill.place_of_service
    asked = (
        (scope.billing_npis, bill.billing_npi in scope.billing_npis),
        (scope.plans, bill.filing_code in scope.plans),
        (scope.claim_types, bill.claim_type in scope.claim_types),
        (scope.places_of_service, place in scope.places_of_service),
    )
    return all(fits for wanted, fits in asked if wanted)


def _under(desk: Desk, services: Sequence[Service]) -> Iterator[Priced]:
    """The services of one version: by the first term that fits, lines alone and rates of the bill together."""
    body, contract = desk.contract.body, desk.contract
    terms = [one for one in body.terms if not one.part]
    of_bill: dict[str, list[Service]] = {}
    of_line: list[tuple[Service, Term]] = []
    for service in services:
        term = next((one for one in terms if selects(one.select, service, desk.bill)), None)
        if term is None:
            fee = _no("no_term", f"no term of {contract.label} is about {service.procedure or service.revenue_code}")
            yield _priced(contract, (service.number,), "", fee)
        elif is_bill_level(body, term):
            of_bill.setdefault(term.id, []).append(service)
        else:
            of_line.append((service, term))
    for term_id, together in of_bill.items():
        fee = bill_fee(desk, body.term(term_id), together)
        yield _priced(contract, tuple(one.number for one in together), term_id, fee)
    ranks, unranked = _ranks(desk, of_line)
    for service, term in of_line:
        fee = unranked.get(service.number) or line_fee(desk, term, service, ranks)
        yield _priced(contract, (service.number,), term.id, fee)


def _priced(contract: InForce, lines: tuple[int, ...], term_id: str, fee: Fee) -> Priced:
    body = contract.body
    until = body.valid_to or "further notice"
    says = f"{contract.label} ({body.name}), valid {body.valid_from} to {until}; source: {body.source}"
    steps = (Step("contract", says), *fee.steps)
    return Priced(lines, fee.cents, fee.because, term_id, contract.contract_id, contract.version, steps)


def _ranks(desk: Desk, lines: Sequence[tuple[Service, Term]]) -> tuple[Ranks, dict[int, Fee]]:
    """The rank of each line that a reduction is about, by the fee before it; and the lines whose rank nobody knows."""
    ranks: dict[int, tuple[str, tuple[Decimal, ...]]] = {}
    unranked: dict[int, Fee] = {}
    taken: set[int] = set()
    for reduction in desk.contract.body.reductions:
        about = [
            (service, term)
            for service, term in lines
            if service.number not in taken | desk.bill.refused
            and is_reducible(desk, term)
            and selects(reduction.select, service, desk.bill)
        ]
        taken |= {service.number for service, _ in about}
        by_day = sorted(about, key=lambda one: one[0].service_date)
        for _, same_day in groupby(by_day, key=lambda one: one[0].service_date):
            found = _ranked(desk, reduction, list(same_day))
            if isinstance(found, dict):
                ranks |= found
            else:
                unranked |= dict.fromkeys(found[0], found[1])
    return ranks, unranked


def _ranked(
    desk: Desk, reduction: Reduction, lines: Sequence[tuple[Service, Term]]
) -> dict[int, tuple[str, tuple[Decimal, ...]]] | tuple[list[int], Fee]:
    """The percents of each line of one day. One that has no fee would take a rank that nobody knows."""
    fees = {service.number: ranking_cents(desk, term, service) for service, term in lines}
    counts = {service.number: _paid_units(desk, term, service) for service, term in lines}
    unknown = next((number for number, cents in fees.items() if cents is None), None)
    if unknown is not None:
        others = [number for number in fees if fees[number] is not None]
        return others, _no("rank_unknown", f"{reduction.id}: line {unknown} of the same day has no fee to be ranked by")
    if reduction.each_unit:
        odd = [n for n, units in counts.items() if units != units.to_integral_value() or not 0 < units <= UNITS_MAX]
        if odd:
            return list(fees), _no(
                "units_not_whole", f"{reduction.id} ranks units, and line {odd[0]} has no whole ones"
            )
        entries = [(Decimal(-(fees[n] or 0)), n) for n, units in counts.items() for _ in range(int(units))]
    else:
        entries = [(-(fees[n] or 0) * counts[n], n) for n in fees]
    percents: dict[int, tuple[Decimal, ...]] = {}
    for rank, (_, number) in enumerate(sorted(entries)):
        percent = reduction.percents[min(rank, len(reduction.percents) - 1)]
        percents[number] = (*percents.get(number, ()), percent)
    return {number: (reduction.id, given) for number, given in percents.items()}


def _paid_units(desk: Desk, term: Term, service: Service) -> Decimal:
    """Of a choice between terms: the units of the first fee among them."""
    if isinstance(term, ScheduleTerm | FixedTerm):
        return units_of(term, service)
    assert isinstance(term, ChooseTerm), "nothing else is reduced"
    body = desk.contract.body
    inner = next(body.term(one) for one in term.of if one != CHARGE and is_reducible(desk, body.term(one)))
    return _paid_units(desk, inner, service)
