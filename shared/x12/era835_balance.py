"""The three balancing equations of the 835 (X221A1 section 1.10.2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from shared.x12.adjustments import Adjustment
from shared.x12.era835_views import ClaimPayment, Remittance835, ServicePayment


class Outcome(StrEnum):
    """What an equation says. An absent amount is never taken for zero: the equation is then not evaluable."""

    BALANCED = "balanced"
    UNBALANCED = "unbalanced"
    NOT_EVALUABLE = "not evaluable"


@dataclass(frozen=True, slots=True)
class Equation:
    """One equation: what the file states, what its parts come to, and the difference (stated - computed), in cents.

    `claim` and `line` are the positions (from 0) of the claim and its line; None where the equation is above them.
    """

    outcome: Outcome
    stated_cents: int | None
    computed_cents: int | None
    claim: int | None = None
    line: int | None = None

    @property
    def difference_cents(self) -> int | None:
        """Stated minus computed, None when not evaluable."""
        if self.stated_cents is None or self.computed_cents is None:
            return None
        return self.stated_cents - self.computed_cents


@dataclass(frozen=True, slots=True)
class Balance:
    """All equations of a remittance.

    `lines`: SVC02 = SVC03 + line CAS. `claims`: CLP03 = CLP04 + claim CAS + line CAS.
    `transaction`: BPR02 = sum of CLP04 - sum of PLB amounts.
    """

    lines: tuple[Equation, ...]
    claims: tuple[Equation, ...]
    transaction: Equation

    @property
    def outcome(self) -> Outcome:
        """Unbalanced when any equation is; else not evaluable when any is; else balanced."""
        outcomes = {one.outcome for one in (*self.lines, *self.claims, self.transaction)}
        for worst in (Outcome.UNBALANCED, Outcome.NOT_EVALUABLE):
            if worst in outcomes:
                return worst
        return Outcome.BALANCED


def balance(remittance: Remittance835) -> Balance:
    """Evaluate the three equations. Nothing is corrected or assumed."""
    claims = remittance.claims
    lines = [_line(line, at, row) for at, claim in enumerate(claims) for row, line in enumerate(claim.lines)]
    return Balance(tuple(lines), tuple(_claim(one, at) for at, one in enumerate(claims)), _transaction(remittance))


def _line(line: ServicePayment, claim: int, row: int) -> Equation:
    computed = _sum([line.paid_cents, *_amounts(line.adjustments)])
    return _equation(line.charge_cents, computed, claim, row)


def _claim(claim: ClaimPayment, at: int) -> Equation:
    below = [amount for line in claim.lines for amount in _amounts(line.adjustments)]
    computed = _sum([claim.paid_cents, *_amounts(claim.adjustments), *below])
    return _equation(claim.charge_cents, computed, at)


def _transaction(remittance: Remittance835) -> Equation:
    paid = _sum(claim.paid_cents for claim in remittance.claims)
    provider = _sum(one.amount_cents for one in remittance.provider_adjustments)
    stated = remittance.payment_cents
    if stated is not None and remittance.credit_debit == "D":
        stated = -stated
    return _equation(stated, None if paid is None or provider is None else paid - provider)


def _amounts(adjustments: Iterable[Adjustment]) -> Iterable[int | None]:
    return (one.amount_cents for one in adjustments)


def _sum(amounts: Iterable[int | None]) -> int | None:
    total = 0
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total


def _equation(stated: int | None, computed: int | None, claim: int | None = None, line: int | None = None) -> Equation:
    if stated is None or computed is None:
        return Equation(Outcome.NOT_EVALUABLE, stated, computed, claim, line)
    outcome = Outcome.BALANCED if stated == computed else Outcome.UNBALANCED
    return Equation(outcome, stated, computed, claim, line)
