"""CAS segments, which 835 and 837 share: up to six (reason, amount, quantity) triples for one group."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby

from shared.x12.findings import Finding
from shared.x12.tokens import Segment
from shared.x12.values import cents_of, fault, format_cents, format_decimal, number_of
from shared.x12.view import maker, view
from shared.x12.writing import Line

_TRIPLES = 6


@view
class Adjustment:
    """One reason of a CAS segment: group (CAS01: CO, PR, OA, PI, CR), reason code, amount in cents and quantity.

    A positive amount lowers the payment. `amount_cents` is None when the file gives none or an unreadable one.
    """

    group: str
    reason: str
    amount_cents: int | None
    quantity: Decimal | None = None


_adjustment = maker(Adjustment)


def read_adjustments(segment: Segment, findings: list[Finding], loop: str) -> tuple[Adjustment, ...]:
    """Every triple of a CAS segment."""
    elements = segment.elements
    if len(elements) == 3 and elements[1] and elements[2]:
        group, reason, amount = elements
        return (_adjustment(group, reason, cents_of(amount, segment, 3, findings, loop)),)
    group = segment.get(1)
    found: list[Adjustment] = []
    for position in range(2, len(elements) + 1, 3):
        reason, amount, quantity = (*elements[position - 1 : position + 2], "", "")[:3]
        paid = cents_of(amount, segment, position + 1, findings, loop)
        if not reason and paid is None:
            continue
        if not (reason and amount):
            fault(
                findings,
                "IK403:1",
                "CAS gives a reason without amount, or an amount without reason.",
                segment,
                position,
            )
        found.append(_adjustment(group, reason, paid, number_of(quantity, segment, position + 2, findings, loop)))
    return tuple(found)


def adjustment_lines(adjustments: Sequence[Adjustment]) -> Iterator[Line]:
    """CAS segments, six triples each; neighbours of one group share a segment."""
    for group, members in groupby(adjustments, key=lambda one: one.group):
        same = list(members)
        for start in range(0, len(same), _TRIPLES):
            triples = (_triple(one) for one in same[start : start + _TRIPLES])
            yield "CAS", group, *(text for triple in triples for text in triple)


def _triple(one: Adjustment) -> tuple[str, str, str]:
    amount = "" if one.amount_cents is None else format_cents(one.amount_cents)
    return one.reason, amount, format_decimal(one.quantity)


def total_cents(adjustments: Sequence[Adjustment]) -> int | None:
    """The sum; None as soon as one amount is absent."""
    total = 0
    for one in adjustments:
        if one.amount_cents is None:
            return None
        total += one.amount_cents
    return total
