"""Which payer comes after the one that decided, and what it is told (005010X222A1, coordination of benefits).

A payer that passed the claim on itself (crossover) is not followed: the next one would get the claim twice.
"""

from datetime import date
from typing import Literal

from pydantic import Field

from shared.contracts import Adjustment, Cents, ClaimRemitted, Contract, LineDecision
from shared.decider import Answer, Effect, Fact

from .content import ClaimContent

DECIDED = frozenset({"1", "2", "3", "4"})
"""CLP02 of a decision as primary, secondary or tertiary payer, or of a patient that is not the payer's."""
FORWARDED = frozenset({"19", "20", "21"})
FORWARDING_REMARKS = frozenset({"MA18", "N89"})


class PriorDecision(Contract):
    """A payer's decision with each adjustment at the level it was received at; `adjustments` are the claim's own."""

    remittance_id: str
    status: str
    paid_cents: Cents
    charge_cents: Cents
    decided_on: date
    payer_claim_control_number: str = ""
    adjustments: tuple[Adjustment, ...] = ()
    lines: tuple[LineDecision, ...] = ()


class BillNextPayer(Effect):
    """Make the claim of the payer after the one that decided."""

    type: Literal["bill-next-payer"] = "bill-next-payer"
    prior: PriorDecision


class ReportNextPayer(Answer):
    """The next payer's claim, or why there is none."""

    type: Literal["claims.report-next-payer.v1"] = "claims.report-next-payer.v1"
    claim_id: str
    next_claim_id: str | None = None
    payer_id: str = ""
    because: str = Field(default="", description="A sentence, where no claim was made.")


class NextPayerNoted(Fact):
    """The next payer was billed by a claim of its own, or it was not, for a reason."""

    type: Literal["next-payer-noted"] = "next-payer-noted"
    next_claim_id: str | None = None
    payer_id: str = ""
    because: str = ""


def next_payer_effect(
    content: ClaimContent | None, message: ClaimRemitted, outcome: str
) -> tuple[BillNextPayer | NextPayerNoted, ...]:
    """What follows from a decision for the other coverages of a claim; nothing where it has none that waits."""
    if content is None or outcome not in ("paid", "denied", "noted") or content.frequency_code == "8":
        return ()
    waiting = [one for one in content.other_payers if one.adjudicated_on is None and one.paid_cents is None]
    if not waiting:
        return ()
    if is_forwarded(message):
        because = "The payer passed the claim on to the next one itself (crossover): its own remittance is awaited."
        return (NextPayerNoted(payer_id=message.forwarded_to or waiting[0].payer_id, because=because),)
    return (BillNextPayer(prior=prior_decision(message)),) if message.status in DECIDED else ()


def is_forwarded(message: ClaimRemitted) -> bool:
    """CLP02 19 to 21, a named crossover carrier (NM1*TT), or a remark that says so (MA18, N89)."""
    remarks = FORWARDING_REMARKS & set(message.remark_codes)
    return message.status in FORWARDED or bool(message.forwarded_to) or bool(remarks)


def prior_decision(message: ClaimRemitted) -> PriorDecision:
    """The event's own adjustments are over claim and lines: what the lines say is taken out."""
    left: dict[tuple[str, str], int] = {}
    for one in message.adjustments:
        left[one.group, one.reason] = left.get((one.group, one.reason), 0) + one.amount_cents
    for line in message.lines:
        for one in line.adjustments:
            left[one.group, one.reason] = left.get((one.group, one.reason), 0) - one.amount_cents
    own = (
        Adjustment(group=group, reason=reason, amount_cents=cents) for (group, reason), cents in left.items() if cents
    )
    return PriorDecision(
        remittance_id=message.remittance_id,
        status=message.status,
        paid_cents=message.paid_cents,
        charge_cents=message.charge_cents,
        decided_on=message.payment_date,
        payer_claim_control_number=message.payer_claim_control_number or "",
        adjustments=tuple(own),
        lines=message.lines,
    )


def imbalance(prior: PriorDecision) -> str:
    """Why a decision cannot be passed on; "" where paid and adjusted make the charge (835 guide, 1.10.2)."""
    of_lines = sum(one.amount_cents for line in prior.lines for one in line.adjustments)
    adjusted = sum(one.amount_cents for one in prior.adjustments) + of_lines
    if prior.paid_cents + adjusted == prior.charge_cents:
        return ""
    return "What the payer paid and adjusted does not make the charge: enter its decision, and bill the next by hand."
