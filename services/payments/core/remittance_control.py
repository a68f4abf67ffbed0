"""A remittance against what was posted of it: claims to accounts, adjustments to providers, and what still waits."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.payments.core.ledger import Discrepancy
from services.payments.core.remittance import Remittance


@dataclass(slots=True)
class Posted:
    """What the ledgers hold of one remittance, in cents; `waiting_cents` of its claims have no account yet."""

    claims_cents: int = 0
    provider_cents: int = 0
    waiting_cents: int = 0


def prove_remittance(remittance: Remittance, posted: Posted, *, at_rest: bool) -> Iterator[Discrepancy]:
    """Where a remittance and its postings differ.

    Of one that was never released nothing may be posted. Of a posted one, every cent of its claims is on an account or
    waits visibly, and every provider adjustment is in a provider's ledger; while claims are still on their way
    (`at_rest` False) only too much can be told from too little.
    """
    header = remittance.header
    if remittance.status in {"parked", "rejected"}:
        yield from _unless_equal(remittance, "claims posted of a parked remittance", posted.claims_cents, 0)
        yield from _unless_equal(remittance, "adjustments posted of a parked remittance", posted.provider_cents, 0)
        return
    if remittance.status != "posted" or header is None or header.claims_cents is None or header.provider_cents is None:
        return
    if at_rest:
        placed = posted.claims_cents + posted.waiting_cents
        yield from _unless_equal(remittance, "claims posted or waiting", placed, header.claims_cents)
        yield from _unless_equal(
            remittance, "provider adjustments posted", posted.provider_cents, header.provider_cents
        )
    if not remittance.reason:
        computed = header.claims_cents - header.provider_cents
        yield from _unless_equal(remittance, "payment (BPR02)", header.payment_cents, computed)


def _unless_equal(remittance: Remittance, what: str, stated: int, expected: int) -> Iterator[Discrepancy]:
    if stated != expected:
        yield Discrepancy(remittance.remittance_id, "", what, stated, expected)
