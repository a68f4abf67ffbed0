"""Remittances as 835 files."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

from shared.x12.adjustments import adjustment_lines
from shared.x12.era835_views import (
    Account,
    ClaimPayment,
    ProviderAdjustment,
    Remittance835,
    ServicePayment,
)
from shared.x12.order import in_order, loops_in_order, ranks, split_extras
from shared.x12.parties import Named, Party, Payer, address_lines, named_line
from shared.x12.values import format_cents, format_date, format_decimal
from shared.x12.writing import Line, Outgoing, from_raw, write_interchange

_VERSION = "005010X221A1"
_HEAD = ranks("BPR NTE TRN CUR REF DTM")
_NAMES = frozenset({"N1"})
_NAME = ranks("N1 N3 N4 REF PER RDM")
_LOOPS = ranks("N1*PR N1*PE")
_CLAIM = ranks("CLP CAS NM1*QC NM1*IL NM1*74 NM1*82 NM1*TT NM1*PR NM1*GB NM1 MIA MOA REF DTM PER AMT QTY")
_SERVICE = ranks("SVC DTM CAS REF AMT QTY LQ")
_PLB_PAIRS = 6


def write_835(  # noqa: PLR0913, PLR0917  # an envelope has that many elements
    remittances: Sequence[Remittance835],
    interchange_control_number: int,
    group_control_number: int,
    at: datetime,
    sender_id: str = "",
    receiver_id: str = "",
    usage: str = "P",
    sender_qualifier: str = "ZZ",
    receiver_qualifier: str = "ZZ",
) -> bytes:
    """One interchange with a transaction set per remittance.

    Sender and receiver are those the first remittance was read from unless given. Nothing is balanced or invented:
    what the remittance leaves out is left out. Raises `X12Error` for a text X12 cannot carry.
    """
    first = remittances[0] if remittances else Remittance835(None)
    return write_interchange(
        sender_qualifier,
        sender_id or first.sender_id,
        receiver_qualifier,
        receiver_id or first.interchange_receiver_id,
        interchange_control_number,
        at,
        "HP",
        _VERSION,
        group_control_number,
        [Outgoing("835", list(_remittance(one)), control_number=one.transaction) for one in remittances],
        usage,
    )


def _remittance(one: Remittance835) -> Iterator[Line]:
    own, nested = split_extras(one.extras, _NAMES)
    head: list[Line] = [_payment(one), *own]
    if one.trace_number:
        head.append(("TRN", "1", one.trace_number, one.payer_id, one.originator_code))
    if one.receiver_id:
        head.append(("REF", "EV", one.receiver_id))
    if one.production_date:
        head.append(("DTM", "405", format_date(one.production_date)))
    yield from in_order(head, _HEAD)
    yield from loops_in_order([_payer(one.payer), _payee(one.payee), *nested], _LOOPS)
    yield from _claims(one)
    yield from _provider_adjustments(one.provider_adjustments)


def _payment(one: Remittance835) -> Line:
    amount = _amount(one.payment_cents)
    head = one.handling, amount, one.credit_debit, one.method, one.payment_format
    origin = one.originator_id, one.originator_code if one.originator_id else ""
    accounts = *_account(one.sender_account), *origin, *_account(one.receiver_account)
    return ("BPR", *head, *accounts, format_date(one.payment_date))


def _account(account: Account | None) -> tuple[str, str, str, str]:
    if account is None:
        return "", "", "", ""
    return account.routing_qualifier, account.routing_number, account.account_qualifier, account.account_number


def _amount(cents: int | None) -> str:
    return "" if cents is None else format_cents(cents)


def _payer(payer: Payer) -> list[Line]:
    if not (payer.name or payer.id):
        return []
    name: Line = ("N1", "PR", payer.name, payer.id_qualifier if payer.id else "", payer.id)
    return in_order([name, *address_lines(payer.address), *map(from_raw, payer.extras)], _NAME)


def _payee(payee: Party) -> list[Line]:
    if not (payee.name or payee.npi or payee.id):
        return []
    identifier = ("XX", payee.npi) if payee.npi else (payee.id_qualifier if payee.id else "", payee.id)
    lines: list[Line] = [("N1", "PE", payee.name, *identifier), *address_lines(payee.address)]
    if payee.tax_id and payee.tax_id_qualifier != "FI":
        lines.append(("REF", "TJ", payee.tax_id))
    return in_order([*lines, *map(from_raw, payee.extras)], _NAME)


def _claims(one: Remittance835) -> Iterator[Line]:
    """Claims under the LX they came with; a remittance made without summaries gets one LX."""
    summaries = split_extras(one.summaries, frozenset({"LX"}))[1]
    kept = {str(group[0][1]): group for group in summaries if len(group[0]) > 1}
    for number, claims in groupby(one.claims, key=lambda claim: claim.provider_summary):
        yield from kept.pop(number, [("LX", number or "1")] if number or not kept else [])
        for claim in claims:
            yield from _claim(claim)


def _claim(claim: ClaimPayment) -> Iterator[Line]:
    lines: list[Line] = [_clp(claim), *adjustment_lines(claim.adjustments), *_names(claim)]
    lines.extend(map(from_raw, claim.extras))
    for qualifier, day in (
        ("036", claim.coverage_expired),
        ("050", claim.received_date),
        ("232", claim.statement_from),
        ("233", claim.statement_to),
    ):
        if day:
            lines.append(("DTM", qualifier, format_date(day)))
    for qualifier, cents in (("AU", claim.allowed_cents), ("I", claim.interest_cents)):
        if cents is not None:
            lines.append(("AMT", qualifier, _amount(cents)))
    yield from in_order(lines, _CLAIM)
    for line in claim.lines:
        yield from _service(line)


def _clp(claim: ClaimPayment) -> Line:
    amounts = (claim.charge_cents, claim.paid_cents, claim.patient_responsibility_cents)
    facility = claim.facility_code, claim.frequency_code
    return (
        "CLP",
        claim.patient_control_number,
        claim.status,
        *map(_amount, amounts),
        claim.filing_code,
        claim.payer_claim_control_number,
        *facility,
        "",
        claim.drg_code,
        format_decimal(claim.drg_weight),
    )


def _names(claim: ClaimPayment) -> Iterator[Line]:
    roles: tuple[tuple[str, Named | None], ...] = (
        ("QC", claim.patient),
        ("IL", claim.insured),
        ("74", claim.corrected),
        ("82", claim.rendering),
        ("TT", claim.crossover),
        ("PR", claim.corrected_payer),
    )
    for code, one in roles:
        if one:
            yield named_line(code, one)


def _service(line: ServicePayment) -> Iterator[Line]:
    lines: list[Line] = [_svc(line), *adjustment_lines(line.adjustments), *map(from_raw, line.extras)]
    if line.service_date:
        lines.append(("DTM", "150" if line.service_to else "472", format_date(line.service_date)))
    if line.service_to:
        lines.append(("DTM", "151", format_date(line.service_to)))
    if line.line_control_number:
        lines.append(("REF", "6R", line.line_control_number))
    if line.allowed_cents is not None:
        lines.append(("AMT", "B6", _amount(line.allowed_cents)))
    lines.extend(("LQ", one.qualifier, one.code) for one in line.remarks)
    yield from in_order(lines, _SERVICE)


def _svc(line: ServicePayment) -> Line:
    paid = _procedure(line.procedure_qualifier, line.procedure, line.modifiers, line.description)
    billed = _procedure(line.original_qualifier, line.original_procedure, line.original_modifiers)
    amounts = _amount(line.charge_cents), _amount(line.paid_cents)
    units = format_decimal(line.units), billed, format_decimal(line.original_units)
    return ("SVC", paid, *amounts, line.revenue_code, *units)


def _procedure(qualifier: str, code: str, modifiers: tuple[str, ...], description: str = "") -> tuple[str, ...]:
    if not (qualifier or code):
        return ()
    if description:
        return (qualifier, code, *(*modifiers, "", "", "", "")[:4], description)
    return (qualifier, code, *modifiers)


def _provider_adjustments(adjustments: Sequence[ProviderAdjustment]) -> Iterator[Line]:
    """PLB segments of up to six amounts for one provider and fiscal period."""
    for (provider, fiscal), members in groupby(adjustments, key=lambda one: (one.provider_id, one.fiscal_date)):
        same = list(members)
        for start in range(0, len(same), _PLB_PAIRS):
            pairs = (((one.code, one.reference), _amount(one.amount_cents)) for one in same[start : start + _PLB_PAIRS])
            yield "PLB", provider, format_date(fiscal), *(element for pair in pairs for element in pair)
