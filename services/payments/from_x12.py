"""From an 835 as it was read to the messages of the core: what balances, what does not, and every claim of it."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from services.payments.core.remittance import Header, remittance_id_of
from services.payments.core.remitted import (
    PREDETERMINATION,
    REVERSAL,
    STATUSES,
    RemittedAdjustment,
    RemittedClaim,
    RemittedLine,
    StatedAmount,
    StatedQuantity,
)
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
from shared.x12.writing import Raw

CONTROL_NUMBER_MISSING = "missing"
"""Where claims without CLP01 wait for a person."""

EQUATIONS_SHOWN = 3
CURRENCY = "USD"
"""The only one the ledger keeps; an 835 without CUR is in it."""


class Incoming(NamedTuple):
    """A transaction as the core receives it."""

    remittance_id: str
    header: Header
    imbalance: str | None
    postable: bool


class Doubt(NamedTuple):
    """Why a remittance that may well balance is not posted by itself, and whether a person may post it all the same."""

    reason: str
    postable: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """What a remittance is held against besides its own figures."""

    payees: frozenset[str] = frozenset()
    """NPIs and tax ids the tenant is paid under; empty: the house did not say, and none is refused."""
    latest_payment_date: date = date.max


NO_LIMITS = Limits()


def incoming(era: Remittance835, file_id: str, transaction: int, limits: Limits = NO_LIMITS) -> Incoming | None:
    """What a transaction amounts to; None when it has no date, so that nobody could tell it from another check."""
    paid_on = era.payment_date or era.production_date
    if paid_on is None:
        return None
    complete = era.complete and not _absent(era)
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
        claims_cents=_total([one.paid_cents for one in era.claims]),
        provider_cents=_total([one.amount_cents for one in era.provider_adjustments]),
        interest_cents=sum(one.interest_cents or 0 for one in era.claims),
        payee_id=era.payee.npi or era.payee.id,
        originator_id=era.payer_id,
    )
    remittance_id = remittance_id_of(header.payer_id, header.trace_number, paid_on, header.payment_cents)
    found = (*doubts(era, paid_on, limits),)
    unbalanced = imbalance(era)
    said = "; ".join((*((unbalanced,) if unbalanced else ()), *(doubt.reason for doubt in found)))
    return Incoming(remittance_id, header, said or None, complete and all(doubt.postable for doubt in found))


def doubts(era: Remittance835, paid_on: date, limits: Limits) -> Iterator[Doubt]:
    """What stops a remittance though its equations hold. Nothing is converted, guessed or turned round."""
    currency = next((one[2] for one in era.extras if one[0] == "CUR" and len(one) > 2), CURRENCY)
    if currency != CURRENCY:
        yield Doubt("CUR02: the payment is not in US dollars", postable=False)
    if paid_on > limits.latest_payment_date:
        yield Doubt(f"BPR16: the payment date {paid_on} lies too far ahead", postable=False)
    known = {era.payee.npi, era.payee.id, era.payee.tax_id} - {""}
    if limits.payees and known and not known & limits.payees:
        yield Doubt("N1*PE: the payee is none that this client is paid under", postable=True)
    for number, claim in enumerate(era.claims, 1):
        yield from _doubts_about(claim, number)


def _doubts_about(claim: ClaimPayment, number: int) -> Iterator[Doubt]:
    paid_cents = claim.paid_cents or 0
    if claim.status == PREDETERMINATION and paid_cents:
        text = f"claim {number}, CLP04: a predetermination (25) states a payment of {paid_cents} cents"
        yield Doubt(text, postable=False)
    elif claim.status not in STATUSES:
        yield Doubt(f"claim {number}, CLP02: no status that the guide knows", postable=True)
    elif paid_cents < 0 and claim.status != REVERSAL:
        yield Doubt(f"claim {number}, CLP04: {paid_cents} cents paid, and no reversal (22)", postable=True)


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


def _total(amounts: Sequence[int | None]) -> int | None:
    """The sum; None as soon as one amount is absent."""
    return None if None in amounts else sum(amount or 0 for amount in amounts)


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


def remitted_claim(
    claim: ClaimPayment, remittance_id: str, header: Header, position: int, sealed_corrected: str | None = None
) -> RemittedClaim:
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
        corrected_payer=claim.corrected_payer.id or claim.corrected_payer.last_name if claim.corrected_payer else "",
        frequency_code=claim.frequency_code,
        received_date=claim.received_date,
        coverage_expired=claim.coverage_expired,
        statement_from=claim.statement_from,
        statement_to=claim.statement_to,
        allowed_cents=claim.allowed_cents,
        amounts=(*_interest(claim), *stated_amounts(claim.extras)),
        quantities=stated_quantities(claim.extras),
        sealed_corrected=sealed_corrected,
        drg=claim.drg_code,
    )


def corrections(claim: ClaimPayment) -> dict[str, dict[str, str]] | None:
    """Who the payer says the patient or insured is (NM1*74), beside whom it was asked for; None when it does not say.

    These are names and member identifiers: seal them before they are stored.
    """
    if claim.corrected is None:
        return None
    named = {"corrected": claim.corrected, "patient": claim.patient, "insured": claim.insured}
    return {
        role: {
            "last_name": one.last_name,
            "first_name": one.first_name,
            "middle_name": one.middle_name,
            "suffix": one.suffix,
            "id_qualifier": one.id_qualifier,
            "id": one.id,
        }
        for role, one in named.items()
        if one is not None
    }


def _interest(claim: ClaimPayment) -> Iterator[StatedAmount]:
    if claim.interest_cents is not None:
        yield StatedAmount(name="AMT*I", amount_cents=claim.interest_cents)


_MEDICARE_AMOUNTS = {"MIA": (2, 4, *range(6, 15), *range(16, 20), 24), "MOA": (2, 8, 9)}
_MEDICARE_QUANTITIES = {"MIA": (1, 3, 15), "MOA": (1,)}
"""Which elements of MIA and MOA are money, and which are days, visits or a rate (X221A1, loop 2100)."""


def stated_amounts(extras: Iterable[Raw]) -> tuple[StatedAmount, ...]:
    """Amounts of AMT, MIA and MOA that no equation uses. What cannot be read is left to the findings of the file."""
    found = ((name, cents_in(text)) for name, text in _stated(extras, "AMT", _MEDICARE_AMOUNTS))
    return tuple(StatedAmount(name=name, amount_cents=cents) for name, cents in found if cents is not None)


def stated_quantities(extras: Iterable[Raw]) -> tuple[StatedQuantity, ...]:
    """Counts of QTY, MIA and MOA."""
    found = ((name, decimal_in(text)) for name, text in _stated(extras, "QTY", _MEDICARE_QUANTITIES))
    return tuple(StatedQuantity(name=name, quantity=number) for name, number in found if number is not None)


def _stated(extras: Iterable[Raw], tag: str, medicare: Mapping[str, Sequence[int]]) -> Iterator[tuple[str, str]]:
    """Name and text of each element with a figure: `AMT*D8`, `MOA02`."""
    for name, *values in extras:
        if name == tag and len(values) > 1:
            yield f"{tag}*{values[0]}", values[1]
        for position in medicare.get(name, ()):
            if position <= len(values) and values[position - 1]:
                yield f"{name}{position:02d}", values[position - 1]


def decimal_in(text: str) -> Decimal | None:
    """A number as X12 writes it; None when it is none."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def cents_in(text: str) -> int | None:
    """Dollars as X12 writes them, in cents; None when it is no amount of whole cents."""
    number = decimal_in(text)
    cents = None if number is None else number * 100
    return None if cents is None or cents != cents.to_integral_value() else int(cents)


def _line(line: ServicePayment) -> RemittedLine:
    return RemittedLine(
        line_control_number=line.line_control_number,
        procedure=line.procedure,
        modifiers=line.modifiers,
        charge_cents=present(line.charge_cents),
        paid_cents=present(line.paid_cents),
        adjustments=_adjustments(line.adjustments),
        remark_codes=tuple(remark.code for remark in line.remarks if remark.qualifier == "HE"),
        units=line.units,
        revenue_code=line.revenue_code,
        original_procedure=line.original_procedure,
        original_modifiers=line.original_modifiers,
        service_date=line.service_date,
        service_to=line.service_to,
        allowed_cents=line.allowed_cents,
        amounts=stated_amounts(line.extras),
        quantities=stated_quantities(line.extras),
    )


def _adjustments(adjustments: Iterable[Adjustment]) -> tuple[RemittedAdjustment, ...]:
    return tuple(
        RemittedAdjustment(
            group=one.group, reason=one.reason, amount_cents=present(one.amount_cents), quantity=one.quantity
        )
        for one in adjustments
    )


def provider_of(adjustment: ProviderAdjustment, era: Remittance835) -> str:
    """PLB01, or the payee when a payer leaves it out."""
    return adjustment.provider_id.strip() or era.payee.npi or era.payee.id or CONTROL_NUMBER_MISSING


def present(amount_cents: int | None) -> int:
    """An amount that was checked before: a remittance with an absent one is never postable."""
    assert amount_cents is not None, "a remittance with an absent amount was distributed"
    return amount_cents
