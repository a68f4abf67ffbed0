"""Holds what payers allowed against what the contract says: one case for each payer control number of a claim.

A function of everything that is known of the claim, so that the order in which it became known changes nothing.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeAlias

from services.payments.core.allowed import Allowed, Codes, allowed_of
from services.payments.core.contract_bill import Bill, Priced, Prices, Service, Step
from services.payments.core.contract_price import price_bill
from services.payments.core.contract_terms import DisputeRule, InForce
from services.payments.core.decided import FIRST_PAYER, Answered, Billed, Cas, Decided, answers_of
from services.payments.core.remitted import Position
from shared.contracts import Cents, Contract, NonNegativeCents

Outcome: TypeAlias = Literal["as_expected", "underpaid", "overpaid", "cannot_say", "denied", "gone"]
"""`denied`: worked on as a denial; `gone`: no decision stands, or it goes on under another payer control number."""
EXPLAINED_MAX = 120
"""Of longer cases only what differs keeps its steps: a document stays small, and the API works out the rest anew."""


class JudgedLine(Contract):
    """One line, or the lines that a rate of the bill prices together, by their numbers as billed."""

    lines: tuple[int, ...]
    procedure: str = ""
    modifiers: tuple[str, ...] = ()
    outcome: Outcome
    because: str = ""
    charge_cents: Cents
    paid_cents: Cents
    allowed_cents: Cents | None
    expected_cents: Cents | None
    adjustments: tuple[Cas, ...] = ()
    term: str = ""
    steps: tuple[Step, ...] = ()

    @property
    def difference_cents(self) -> int:
        """What is missing; negative where it is too much. Nothing where it cannot be said."""
        return (
            0 if self.expected_cents is None or self.allowed_cents is None else self.expected_cents - self.allowed_cents
        )


class Case(Contract):
    """What one payer decided under one control number, and what was to be expected.

    `first_short_cents` is what was missing in the first decision, by the contract as it is now, and `recovered_cents`
    what of it came since, line by line: a line that is refused meanwhile recovered nothing. `dispute_by` is the last
    day that the contract leaves for a dispute, where it says one.
    """

    key: str
    payer_id: str
    payer_claim_control_number: str
    outcome: Outcome
    because: str = ""
    contract_id: str = ""
    version: int = 0
    charge_cents: Cents = 0
    paid_cents: Cents = 0
    allowed_cents: Cents = 0
    expected_cents: Cents = 0
    short_cents: NonNegativeCents = 0
    over_cents: NonNegativeCents = 0
    first_short_cents: NonNegativeCents = 0
    recovered_cents: NonNegativeCents = 0
    first_decided_on: date | None = None
    decided_on: date | None = None
    dispute_by: date | None = None
    dispute_source: str = ""
    places: tuple[Position, ...] = ()
    service_from: date | None = None
    service_to: date | None = None
    lines: tuple[JudgedLine, ...] = ()

    @property
    def is_told(self) -> bool:
        """Whether a person has something to look at."""
        return self.outcome in {"underpaid", "overpaid"} or self.recovered_cents > 0


@dataclass(frozen=True, slots=True)
class Yardstick:
    """Everything that a claim is held against."""

    contracts: Sequence[InForce]
    prices: Prices
    codes: Codes


def case_key(payer_id: str, payer_claim_control_number: str) -> str:
    """Short, and the same for the same two."""
    return hashlib.sha256(f"{payer_id}|{payer_claim_control_number}".encode()).hexdigest()[:16]


def judge(
    billed: Billed, decisions: Sequence[Decided], standing: frozenset[Position], yardstick: Yardstick
) -> tuple[Case, ...]:
    """Every case of a claim. `standing` are the decisions that were not taken back."""
    cases: list[Case] = []
    for payer_id in sorted({one.payer_id for one in decisions}):
        of_payer = sorted(
            (one for one in decisions if one.payer_id == payer_id), key=lambda one: (one.payment_date, one.place)
        )
        cases += [_case(billed, members, standing, yardstick) for members in _by_number(of_payer, standing)]
    return tuple(cases)


def _by_number(decisions: Sequence[Decided], standing: frozenset[Position]) -> Iterator[tuple[Decided, ...]]:
    """Decisions that make one case, the earliest first, whose number names it.

    A correction often bears a number of its own: what was taken back goes on with the earliest number that stands.
    """
    numbers = tuple(dict.fromkeys(one.payer_claim_control_number for one in decisions))
    alive = [number for number in numbers if any(_is_of(one, number) and one.place in standing for one in decisions)]
    for number in alive or numbers:
        others = set(numbers) - set(alive) if number in alive[:1] else set[str]()
        yield tuple(one for one in decisions if one.payer_claim_control_number in {number, *others})


def _is_of(decided: Decided, number: str) -> bool:
    return decided.payer_claim_control_number == number


def _case(billed: Billed, members: tuple[Decided, ...], standing: frozenset[Position], yardstick: Yardstick) -> Case:
    root = members[0]
    alive = tuple(one for one in members if one.place in standing)
    case = Case(
        key=case_key(root.payer_id, root.payer_claim_control_number),
        payer_id=root.payer_id,
        payer_claim_control_number=root.payer_claim_control_number,
        outcome="gone",
        because="taken_back",
        first_decided_on=root.payment_date,
        decided_on=members[-1].payment_date,
        places=tuple(one.place for one in members),
        service_from=billed.service_from,
        service_to=billed.service_to,
    )
    if not alive:
        return case
    lines, contract = judged_lines(billed, alive, yardstick)
    first = lines if alive == (root,) else judged_lines(billed, (root,), yardstick)[0]
    figures = _figures(lines, contract, yardstick)
    dispute = contract.body.dispute if contract else None
    return case.model_copy(
        update={
            **figures,
            "contract_id": contract.contract_id if contract else "",
            "version": contract.version if contract else 0,
            "first_short_cents": _short_cents(first, contract, yardstick),
            "recovered_cents": _recovered_cents(first, lines, contract, yardstick),
            "dispute_by": _dispute_by(dispute, root, alive[-1]),
            "dispute_source": dispute.source if dispute else "",
            "lines": _trimmed(lines),
        }
    )


def _dispute_by(rule: DisputeRule | None, root: Decided, latest: Decided) -> date | None:
    if rule is None:
        return None
    return (root if rule.counts_from == "first" else latest).payment_date + timedelta(rule.days)


def _contract_of(priced: Sequence[Priced], yardstick: Yardstick) -> InForce | None:
    """The contract of the claim's first service that has one."""
    named = next(((one.contract_id, one.version) for one in priced if one.contract_id), None)
    return next((one for one in yardstick.contracts if (one.contract_id, one.version) == named), None)


def bill_of(billed: Billed, decided: Decided, services: tuple[Service, ...]) -> Bill:
    """The claim as the contract sees it. Only the first payer is looked for by the name that the claim gave it."""
    first = decided.status in FIRST_PAYER and billed.payer_id != decided.payer_id
    return Bill(
        payer_ids=(decided.payer_id, billed.payer_id) if first else (decided.payer_id,),
        filing_code=decided.filing_code,
        claim_type=billed.claim_type,
        billing_npi=billed.billing_npi,
        place_of_service=billed.place_of_service,
        drg=billed.drg or decided.drg,
        service_from=billed.service_from,
        service_to=billed.service_to,
        services=services,
    )


def _priced(
    billed: Billed, decisions: tuple[Decided, ...], yardstick: Yardstick
) -> tuple[tuple[Priced, ...], tuple[Service, ...], tuple[Answered, ...]]:
    services, answered = answers_of(billed, decisions)
    places = yardstick.codes.rules.facility_places
    bill = bill_of(billed, decisions[-1], services)._replace(refused=_refused(answered, yardstick.codes))
    return price_bill(yardstick.contracts, bill, yardstick.prices, places), services, answered


def _refused(answered: Sequence[Answered], codes: Codes) -> frozenset[int]:
    found = ((one.number, _allowed(one, codes)) for one in answered)
    return frozenset(number for number, allowed in found if allowed.because == "denied")


def _allowed(one: Answered, codes: Codes) -> Allowed:
    line, on = one.line, one.decided.payment_date
    return allowed_of(line.charge_cents, line.adjustments, line.allowed_cents, codes, on)


def judged_lines(
    billed: Billed, decisions: tuple[Decided, ...], yardstick: Yardstick
) -> tuple[tuple[JudgedLine, ...], InForce | None]:
    """Every line that these decisions answer, or the claim as a whole where they go by none; and the contract."""
    priced, services, answered = _priced(billed, decisions, yardstick)
    contract = _contract_of(priced, yardstick)
    if any(_is_of_claim(one, yardstick.codes) for one in decisions):
        return (_whole(billed, decisions, priced, yardstick),), contract
    by_number: dict[int, list[Answered]] = {}
    for one in answered:
        by_number.setdefault(one.number, []).append(one)
    made = (_line(one, by_number, services, yardstick) for one in priced if any(n in by_number for n in one.lines))
    return tuple(made), contract


def _is_of_claim(decided: Decided, codes: Codes) -> bool:
    """Whether something that bears on the price stands at the claim's level, where no line can be told."""
    at_claim = {codes.part_of(one, decided.payment_date) for one in decided.claim_adjustments if one.cents}
    return not decided.lines or bool(at_claim - {"kept"})


def _whole(
    billed: Billed, decisions: tuple[Decided, ...], priced: tuple[Priced, ...], yardstick: Yardstick
) -> JudgedLine:
    """The claim as one, of a single decision: two that both speak for the whole cannot be told apart."""
    decided = decisions[-1]
    every = (*decided.claim_adjustments, *(one for line in decided.lines for one in line.adjustments))
    allowed = allowed_of(decided.charge_cents, every, None, yardstick.codes, decided.payment_date)
    if len(decisions) > 1:
        says = "several decisions stand for the claim as a whole; the payer has not taken one of them back"
        allowed = Allowed(None, "several_decisions", (Step("allowed", says),))
    unknown = next((one for one in priced if one.expected_cents is None), None)
    together = Priced(
        tuple(one.number for one in billed.services),
        None if unknown else sum(one.expected_cents or 0 for one in priced),
        unknown.because if unknown else "",
        steps=tuple(step for one in priced for step in one.steps),
    )
    paid_cents = sum(one.paid_cents for one in decisions)
    return _judged(together, allowed, decided.charge_cents, paid_cents, every)


def _line(
    priced: Priced, answered: Mapping[int, list[Answered]], services: Sequence[Service], yardstick: Yardstick
) -> JudgedLine:
    found = [one for number in priced.lines for one in answered.get(number, ())]
    allowed = _together(priced, answered, [_allowed(one, yardstick.codes) for one in found])
    judged = _judged(
        priced,
        allowed,
        sum(one.line.charge_cents for one in found),
        sum(one.line.paid_cents for one in found),
        tuple(cas for one in found for cas in one.line.adjustments),
    )
    if len(priced.lines) > 1:
        return judged
    service = services[next(iter(priced.lines)) - 1]
    other = found[0].line.procedure
    steps = judged.steps
    if service.procedure and other and other != service.procedure:
        steps = (*steps, Step("paid as", f"the payer paid {other} where {service.procedure} was billed"))
    return judged.model_copy(
        update={"procedure": service.procedure or service.revenue_code, "modifiers": service.modifiers, "steps": steps}
    )


def _together(priced: Priced, answered: Mapping[int, list[Answered]], parts: Sequence[Allowed]) -> Allowed:
    """What was allowed for lines that are priced together."""
    twice = next((number for number in priced.lines if len(answered.get(number, ())) > 1), None)
    if twice is not None:
        says = f"line {twice} is answered more than once; the payer has not taken one of its decisions back"
        return Allowed(None, "several_decisions", (Step("allowed", says),))
    missing = next((number for number in priced.lines if number not in answered), None)
    if missing is not None:
        return Allowed(None, "not_all_decided", (Step("allowed", f"line {missing} is not decided yet"),))
    unknown = next((one for one in parts if one.cents is None), None)
    if unknown is not None:
        return unknown
    steps = tuple(step for one in parts for step in one.steps)
    return Allowed(sum(one.cents or 0 for one in parts), "", steps)


def _judged(
    priced: Priced, allowed: Allowed, charge_cents: int, paid_cents: int, adjustments: tuple[Cas, ...]
) -> JudgedLine:
    outcome: Outcome = "as_expected"
    because = ""
    if allowed.because == "denied":
        outcome, because = "denied", "denied"
    elif allowed.cents is None or priced.expected_cents is None:
        outcome, because = "cannot_say", priced.because or allowed.because
    elif priced.expected_cents != allowed.cents:
        outcome = "underpaid" if allowed.cents < priced.expected_cents else "overpaid"
    return JudgedLine(
        lines=priced.lines,
        outcome=outcome,
        because=because,
        charge_cents=charge_cents,
        paid_cents=paid_cents,
        allowed_cents=allowed.cents,
        expected_cents=priced.expected_cents,
        adjustments=adjustments,
        term=priced.term,
        steps=(*priced.steps, *allowed.steps),
    )


def _tolerances(contract: InForce | None, yardstick: Yardstick) -> tuple[int, int]:
    """Of a line, and of a claim: the contract's own, or the house's."""
    own, rules = contract.body.tolerance if contract else None, yardstick.codes.rules
    return (own.line_cents, own.claim_cents) if own else (rules.line_tolerance_cents, rules.claim_tolerance_cents)


def _short_cents(lines: Sequence[JudgedLine], contract: InForce | None, yardstick: Yardstick, sign: int = 1) -> int:
    """What is missing (1) or too much (-1) in lines that are beyond the tolerance; nothing within the claim's."""
    of_line, of_claim = _tolerances(contract, yardstick)
    beyond = (sign * one.difference_cents for one in lines)
    total = sum(cents for cents in beyond if cents > of_line)
    return total if total > of_claim else 0


def _recovered_cents(
    first: Sequence[JudgedLine], now: Sequence[JudgedLine], contract: InForce | None, yardstick: Yardstick
) -> int:
    """Of what was missing at first: what is not missing any more, in lines that can still be compared."""
    if first is now or not _short_cents(first, contract, yardstick):
        return 0
    of_line, _ = _tolerances(contract, yardstick)
    left = {one.lines: max(0, one.difference_cents) for one in now if one.outcome not in {"denied", "cannot_say"}}
    missing = ((one.lines, one.difference_cents) for one in first if one.difference_cents > of_line)
    return sum(max(0, cents - left[lines]) for lines, cents in missing if lines in left)


def _figures(lines: Sequence[JudgedLine], contract: InForce | None, yardstick: Yardstick) -> dict[str, object]:
    """Amounts of what could be compared. Charge and payment are of everything that was decided."""
    compared = [one for one in lines if one.allowed_cents is not None and one.expected_cents is not None]
    short_cents = _short_cents(lines, contract, yardstick)
    over_cents = _short_cents(lines, contract, yardstick, -1)
    outcomes = {one.outcome for one in lines}
    outcome: Outcome = "as_expected"
    if short_cents:
        outcome = "underpaid"
    elif over_cents:
        outcome = "overpaid"
    elif "cannot_say" in outcomes or not lines:
        outcome = "cannot_say"
    elif outcomes == {"denied"}:
        outcome = "denied"
    because = next((one.because for one in lines if one.outcome == "cannot_say"), "") if outcome == "cannot_say" else ""
    return {
        "outcome": outcome,
        "because": because,
        "charge_cents": sum(one.charge_cents for one in lines),
        "paid_cents": sum(one.paid_cents for one in lines),
        "allowed_cents": sum(one.allowed_cents or 0 for one in compared),
        "expected_cents": sum(one.expected_cents or 0 for one in compared),
        "short_cents": short_cents,
        "over_cents": over_cents,
    }


def _trimmed(lines: tuple[JudgedLine, ...]) -> tuple[JudgedLine, ...]:
    if len(lines) <= EXPLAINED_MAX:
        return lines
    told = {"underpaid", "overpaid"}
    kept = [one for one in lines if one.outcome in told][:EXPLAINED_MAX]
    return tuple(kept)
