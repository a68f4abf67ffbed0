"""From an 835 as it was read to the messages of the core: what balances, what does not, and every claim of it."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from services.payments.core.remittance import Header, remittance_id_of
from services.payments.core.remitted import RemittedAdjustment, RemittedClaim, RemittedLine
from shared.x12.era835 import (
    Adjustment,
    ClaimPayment,
    Equation,
    Outcome,
    ProviderAdjustment,
    Remittance835,
    ServicePayment,
    balance,
)

CONTROL_NUMBER_MISSING = "missing"
"""Where claims without CLP01 wait for a person."""

EQUATIONS_SHOWN = 3


class Incoming(NamedTuple):
    """A transaction as the core receives it."""

    remittance_id: str
    header: Header
    imbalance: str | None
    postable: bool


def incoming(era: Remittance835, file_id: str, transaction: int) -> Incoming | None:
    """What a transaction amounts to; None when it has no date, so that nobody could tell it from another check."""
    paid_on = era.payment_date or era.production_date
    if paid_on is None:
        return None
    header = Header(
        payer_id=payer_of(era),
        trace_number=era.trace_number,
        payment_cents=_stated_cents(era),
        payment_date=paid_on,
        method=era.method,
        handling=era.handling,
        claims=len(era.claims),
        provider_adjustments=len(era.provider_adjustments),
        content_hash=content_hash(era),
        file_id=file_id,
        transaction=transaction,
    )
    remittance_id = remittance_id_of(header.payer_id, header.trace_number, paid_on, header.payment_cents)
    return Incoming(remittance_id, header, imbalance(era), era.complete and not _absent(era))


def payer_of(era: Remittance835) -> str:
    """The payer's own identifier: TRN03, or the one of its name segment."""
    return era.payer_id or era.payer.id or era.originator_id or era.payer.name


def content_hash(era: Remittance835) -> str:
    """Of what the transaction says, without where it stood or how its envelope was numbered."""
    bare = replace(
        era,
        version="",
        transaction="",
        interchange_control_number="",
        group_control_number="",
        sender_id="",
        interchange_receiver_id="",
        findings=(),
        claims=tuple(_bare(claim) for claim in era.claims),
    )
    return hashlib.sha256(repr(bare).encode()).hexdigest()


def _bare(claim: ClaimPayment) -> ClaimPayment:
    lines = tuple(replace(line, segment_number=0) for line in claim.lines)
    return replace(claim, lines=lines, segment_number=0, byte_offset=0)


def imbalance(era: Remittance835) -> str | None:
    """The equations that do not hold, in figures; None when all three do (X221A1 section 1.10.2)."""
    if not era.complete:
        return "the transaction is cut off before its end (SE)"
    checked = balance(era)
    if checked.outcome is Outcome.BALANCED:
        return None
    failed = [
        *_failing("BPR02 = claims paid - provider adjustments", (checked.transaction,)),
        *_failing("CLP03 = CLP04 + adjustments", checked.claims),
        *_failing("SVC02 = SVC03 + adjustments", checked.lines),
    ]
    more = len(failed) - EQUATIONS_SHOWN
    return "; ".join(failed[:EQUATIONS_SHOWN]) + (f"; and {more} more" if more > 0 else "")


def _failing(rule: str, equations: Iterable[Equation]) -> Iterator[str]:
    for one in equations:
        if one.outcome is not Outcome.BALANCED:
            yield f"{_place(one)}{rule}: {_figures(one)}"


def _place(equation: Equation) -> str:
    claim = "" if equation.claim is None else f"claim {equation.claim + 1}, "
    return claim + ("" if equation.line is None else f"line {equation.line + 1}, ")


def _figures(equation: Equation) -> str:
    if equation.outcome is Outcome.NOT_EVALUABLE:
        return "not evaluable, an amount is absent"
    return (
        f"stated {equation.stated_cents} cents, computed {equation.computed_cents} cents, "
        f"difference {equation.difference_cents} cents"
    )


def _stated_cents(era: Remittance835) -> int:
    """BPR02, negative when BPR03 says debit. An absent amount is told by the equation, not by this."""
    cents = era.payment_cents or 0
    return -cents if era.credit_debit == "D" else cents


def _absent(era: Remittance835) -> bool:
    """Whether an amount that posting needs is missing."""
    return any(amount is None for claim in era.claims for amount in _needed(claim)) or any(
        one.amount_cents is None for one in era.provider_adjustments
    )


def _needed(claim: ClaimPayment) -> Iterator[int | None]:
    yield from (claim.charge_cents, claim.paid_cents)
    yield from (one.amount_cents for one in claim.adjustments)
    for line in claim.lines:
        yield from (line.charge_cents, line.paid_cents)
        yield from (one.amount_cents for one in line.adjustments)


def remitted_claim(claim: ClaimPayment, remittance_id: str, header: Header, position: int) -> RemittedClaim:
    """One CLP, at its place from 1. Only for a remittance whose amounts are all there."""
    return RemittedClaim(
        remittance_id=remittance_id,
        position=position,
        payer_id=header.payer_id,
        payment_date=header.payment_date,
        patient_control_number=claim.patient_control_number.strip() or CONTROL_NUMBER_MISSING,
        payer_claim_control_number=claim.payer_claim_control_number,
        status=claim.status,
        charge_cents=present(claim.charge_cents),
        paid_cents=present(claim.paid_cents),
        patient_responsibility_cents=claim.patient_responsibility_cents or 0,
        adjustments=_adjustments(claim.adjustments),
        lines=tuple(_line(line) for line in claim.lines),
        remark_codes=claim.remarks,
        filing_code=claim.filing_code,
        forwarded_to=claim.crossover.id if claim.crossover else "",
    )


def _line(line: ServicePayment) -> RemittedLine:
    return RemittedLine(
        line_control_number=line.line_control_number,
        procedure=line.procedure,
        modifiers=line.modifiers,
        charge_cents=present(line.charge_cents),
        paid_cents=present(line.paid_cents),
        adjustments=_adjustments(line.adjustments),
        remark_codes=tuple(remark.code for remark in line.remarks if remark.qualifier == "HE"),
    )


def _adjustments(adjustments: Iterable[Adjustment]) -> tuple[RemittedAdjustment, ...]:
    return tuple(
        RemittedAdjustment(group=one.group, reason=one.reason, amount_cents=present(one.amount_cents))
        for one in adjustments
    )


def provider_of(adjustment: ProviderAdjustment, era: Remittance835) -> str:
    """PLB01, or the payee when a payer leaves it out."""
    return adjustment.provider_id.strip() or era.payee.npi or era.payee.id or CONTROL_NUMBER_MISSING


def present(amount_cents: int | None) -> int:
    """An amount that was checked before: a remittance with an absent one is never postable."""
    assert amount_cents is not None, "a remittance with an absent amount was distributed"
    return amount_cents
