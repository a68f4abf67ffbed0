"""The figures of an 835, a claim at a time: a remittance of any length needs the memory of one claim."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from shared.x12.envelope import Transaction, TransactionEnd, TransactionHeader, walk
from shared.x12.era835_balance import Equation, Outcome, balance
from shared.x12.era835_claims import read_claim_payment
from shared.x12.era835_read import read_remittance
from shared.x12.era835_views import ClaimPayment, Remittance835
from shared.x12.findings import Finding, unreadable
from shared.x12.tokens import Segment

MAX_CLAIM_SEGMENTS = 200_000
MAX_HEAD_SEGMENTS = 200_000
_STARTERS = frozenset({"LX", "CLP", "PLB"})


def decimal(cents: int) -> str:
    """Cents as a decimal string with two places."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


@dataclass(slots=True)
class _Set:
    """One 835 so far: the segments outside its claims, its claims, what they paid, and whether an amount is absent."""

    header: TransactionHeader
    outside: list[Segment] = field(default_factory=list[Segment])
    claims: int = 0
    paid_cents: int = 0
    absent: bool = False


def remittance_totals(chunks: Iterable[bytes]) -> dict[str, Any]:
    """Figures of an 835. Raises `X12Error` when the file cannot be read."""
    sums = _Sums()
    for item in _pieces(chunks):
        if isinstance(item, ClaimPayment):
            sums.claim(item)
        else:
            sums.end(item)
    return sums.figures()


def _pieces(chunks: Iterable[bytes]) -> Iterator[ClaimPayment | _Set]:
    """Every claim of every 835, and after its last claim the set."""
    current: _Set | None = None
    part: list[Segment] = []
    for item in walk(chunks):
        if type(item) is Segment and current:
            if item.tag in _STARTERS:
                yield from _claim(part, current)
                part = []
            _keep(item, part, current)
        elif isinstance(item, TransactionHeader):
            current = _Set(item, [item.segment]) if item.set_id == "835" else None
        elif isinstance(item, TransactionEnd) and current:
            yield from _claim(part, current)
            yield current
            current, part = None, []


def _keep(segment: Segment, part: list[Segment], current: _Set) -> None:
    """A claim's segments wait in `part`; of the rest, what comes before the claims and the PLB stays with the set."""
    if segment.tag in ("CLP", "LX") or part:
        part.append(segment)
        if len(part) > MAX_CLAIM_SEGMENTS:
            message = "One claim has more than 200,000 segments."
            raise unreadable("FILE:claim", message, segment.number, segment.offset, segment.tag)
    else:
        current.outside.append(segment)
        if len(current.outside) > MAX_HEAD_SEGMENTS:
            message = "An 835 has more than 200,000 segments outside its claims."
            raise unreadable("FILE:set", message, segment.number, segment.offset, segment.tag)


def _claim(part: list[Segment], current: _Set) -> Iterator[ClaimPayment]:
    if not part or part[0].tag != "CLP":
        return
    ignored: list[Finding] = []
    claim = read_claim_payment(part, "", ignored)
    current.claims += 1
    current.paid_cents += claim.paid_cents or 0
    current.absent = current.absent or claim.paid_cents is None
    yield claim


class _Sums:
    """What the claims and sets seen so far come to."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._groups: Counter[str] = Counter()
        self._out_of_balance: list[str] = []
        self._per_transaction: list[dict[str, Any]] = []

    def claim(self, claim: ClaimPayment) -> None:
        counts = self._counts
        counts["claims"] += 1
        counts["lines"] += len(claim.lines)
        counts["charge"] += claim.charge_cents or 0
        counts["paid"] += claim.paid_cents or 0
        counts["patient"] += claim.patient_responsibility_cents or 0
        counts["reversals"] += claim.status == "22"
        below = (one for line in claim.lines for one in line.adjustments)
        for level, adjustments in (("at claims", claim.adjustments), ("at lines", below)):
            for one in adjustments:
                self._groups[one.group] += one.amount_cents or 0
                counts[level] += one.amount_cents or 0
        equations = balance(Remittance835(None, claims=(claim,)))
        counts["lines out"] += sum(map(_unbalanced, equations.lines))
        self._out_of_balance += [claim.patient_control_number for one in equations.claims if _unbalanced(one)]

    def end(self, current: _Set) -> None:
        """All claims of a set were seen."""
        whole = read_remittance(Transaction(current.header, tuple(current.outside), complete=True, findings=()))
        paid_cents = None if current.absent else current.paid_cents
        together = ClaimPayment("", "", None, paid_cents)
        equation = balance(
            Remittance835(
                whole.payment_cents,
                whole.credit_debit,
                claims=(together,) if current.claims else (),
                provider_adjustments=whole.provider_adjustments,
            )
        ).transaction
        provider_cents = sum(one.amount_cents or 0 for one in whole.provider_adjustments)
        signed_cents = (whole.payment_cents or 0) * (-1 if whole.credit_debit == "D" else 1)
        self._counts.update(plb=provider_cents, bpr=signed_cents)
        self._counts["plb count"] += len(whole.provider_adjustments)
        self._per_transaction.append(
            {
                "st02": whole.transaction,
                "bpr": decimal(signed_cents),
                "paid": decimal(current.paid_cents),
                "plb": decimal(provider_cents),
                "trn": whole.trace_number,
                "claims": current.claims,
                "bpr03": whole.credit_debit,
                "handling": f"{whole.handling}/{whole.method}",
                "balances": equation.outcome == Outcome.BALANCED,
                "difference": decimal(equation.difference_cents or 0),
            }
        )

    def figures(self) -> dict[str, Any]:
        counts = self._counts
        return {
            "transactions": len(self._per_transaction),
            "claims": counts["claims"],
            "service_lines": counts["lines"],
            "total_charge": decimal(counts["charge"]),
            "total_paid": decimal(counts["paid"]),
            "patient_responsibility": decimal(counts["patient"]),
            "cas": {group: decimal(cents) for group, cents in sorted(self._groups.items())},
            "cas_claim_level": decimal(counts["at claims"]),
            "cas_line_level": decimal(counts["at lines"]),
            "plb_total": decimal(counts["plb"]),
            "plb_count": counts["plb count"],
            "bpr_amount": decimal(counts["bpr"]),
            "reversals": counts["reversals"],
            "claims_out_of_balance": self._out_of_balance,
            "lines_out_of_balance": counts["lines out"],
            "per_transaction": self._per_transaction,
            "balances": all(one["balances"] for one in self._per_transaction),
        }


def _unbalanced(one: Equation) -> bool:
    return one.outcome == Outcome.UNBALANCED
