"""835 files as remittances."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from shared.x12.envelope import Transaction, read_transactions_of
from shared.x12.era835_claims import read_claim_payment
from shared.x12.era835_views import Account, ClaimPayment, ProviderAdjustment, Remittance835
from shared.x12.findings import Finding
from shared.x12.parties import Party, Payer, read_address, split_groups
from shared.x12.tokens import Segment
from shared.x12.values import cents, day, fault, raw
from shared.x12.writing import Raw

_PARTS = frozenset({"LX", "CLP", "PLB", "SE"})
_NAMES = frozenset({"N1"})


def read_835(chunks: Iterable[bytes]) -> Iterator[Remittance835 | Finding]:
    """One remittance per ST, with the findings about the interchange and its groups between them.

    Raises `X12Error` when the file cannot be read at all or holds no 835.
    """
    for item in read_transactions_of("835", chunks):
        yield item if isinstance(item, Finding) else read_remittance(item)


def read_remittance(transaction: Transaction) -> Remittance835:
    """The remittance of one gathered 835."""
    findings = list(transaction.findings)
    head, *parts = split_groups(transaction.segments[1:], _PARTS)
    fields = _read_head(head, findings)
    claims: list[ClaimPayment] = []
    provider: list[ProviderAdjustment] = []
    summaries: list[Raw] = []
    number = ""
    for part in parts:
        match part[0].tag:
            case "CLP":
                claims.append(read_claim_payment(part, number, findings))
            case "LX":
                number = part[0].get(1)
                summaries.extend(map(raw, part))
            case "PLB":
                provider.extend(_read_provider_adjustments(part[0], findings))
            case _:
                pass
    return Remittance835(
        **fields,
        **_read_envelope(transaction),
        claims=tuple(claims),
        provider_adjustments=tuple(provider),
        summaries=tuple(summaries),
        findings=tuple(findings),
    )


def _read_envelope(transaction: Transaction) -> dict[str, Any]:
    header = transaction.header
    interchange, group = header.interchange, header.group
    return {
        "version": header.version,
        "transaction": header.control_number,
        "interchange_control_number": interchange.control_number if interchange else "",
        "group_control_number": group.control_number if group else "",
        "sender_id": interchange.sender_id if interchange else "",
        "interchange_receiver_id": interchange.receiver_id if interchange else "",
        "complete": transaction.complete,
    }


def _read_head(head: Sequence[Segment], findings: list[Finding]) -> dict[str, Any]:
    """BPR to the last N1 loop."""
    lead, *names = split_groups(head, _NAMES)
    fields: dict[str, Any] = {"payment_cents": None}
    extras: list[Raw] = []
    for segment in lead:
        match segment.tag:
            case "BPR":
                fields |= _read_payment(segment, findings)
            case "TRN" if "trace_number" not in fields:
                trace = segment.get(2), segment.get(3), segment.get(4)
                fields["trace_number"], fields["payer_id"], fields["originator_code"] = trace
            case "DTM" if segment.get(1) == "405" and "production_date" not in fields:
                fields["production_date"] = day(segment, 2, findings)
            case "REF" if segment.get(1) == "EV" and "receiver_id" not in fields:
                fields["receiver_id"] = segment.get(2)
            case _:
                extras.append(raw(segment))
    for group in names:
        match group[0].get(1):
            case "PR" if "payer" not in fields:
                fields["payer"] = _read_payer(group)
            case "PE" if "payee" not in fields:
                fields["payee"] = _read_payee(group)
            case _:
                extras.extend(map(raw, group))
    return fields | {"extras": tuple(extras)}


def _read_payment(bpr: Segment, findings: list[Finding]) -> dict[str, Any]:
    get = bpr.get
    amount = cents(bpr, 2, findings)
    if amount is None and not get(2):
        fault(findings, "IK403:1", "BPR02, the total payment, is missing.", bpr, 2)
    return {
        "handling": get(1),
        "payment_cents": amount,
        "credit_debit": get(3),
        "method": get(4),
        "payment_format": get(5),
        "sender_account": _account(bpr, 6),
        "originator_id": get(10),
        "receiver_account": _account(bpr, 12),
        "payment_date": day(bpr, 16, findings),
    } | ({"originator_code": get(11)} if get(11) else {})


def _account(bpr: Segment, first: int) -> Account | None:
    texts = [bpr.get(first + index) for index in range(4)]
    return Account(*texts) if any(texts) else None


def _read_payer(group: Sequence[Segment]) -> Payer:
    name, line, place, rest = _split_name(group)
    return Payer(name.get(2), name.get(4), read_address(line, place), name.get(3), tuple(map(raw, rest)))


def _read_payee(group: Sequence[Segment]) -> Party:
    name, line, place, rest = _split_name(group)
    qualifier, identifier = name.get(3), name.get(4)
    national = qualifier == "XX"
    federal = qualifier == "FI"
    tax = next((one for one in rest if one.tag == "REF" and one.get(1) == "TJ"), None)
    return Party(
        name=name.get(2),
        id_qualifier="" if national else qualifier,
        id="" if national else identifier,
        npi=identifier if national else "",
        tax_id=tax.get(2) if tax else identifier if federal else "",
        tax_id_qualifier="TJ" if tax else "FI" if federal else "",
        address=read_address(line, place),
        extras=tuple(raw(one) for one in rest if one is not tax),
    )


def _split_name(group: Sequence[Segment]) -> tuple[Segment, Segment | None, Segment | None, list[Segment]]:
    name, *rest = group
    line = next((one for one in rest if one.tag == "N3"), None)
    place = next((one for one in rest if one.tag == "N4"), None)
    return name, line, place, [one for one in rest if one is not line and one is not place]


def _read_provider_adjustments(plb: Segment, findings: list[Finding]) -> Iterator[ProviderAdjustment]:
    fiscal_date = day(plb, 2, findings)
    for position in range(3, len(plb.elements) + 1, 2):
        if not plb.get(position) and not plb.get(position + 1):
            continue
        code, reference = (*plb.components(position), "", "")[:2]
        amount = cents(plb, position + 1, findings)
        if amount is None and not plb.get(position + 1):
            fault(findings, "IK403:1", f"PLB{position + 1:02d}, the amount, is missing.", plb, position + 1)
        yield ProviderAdjustment(plb.get(1), fiscal_date, code, reference, amount)
