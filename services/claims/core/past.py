"""Which services of a patient count as given before, for limits over time and global periods.

Those of the same person under the same coverage, so that the next payer's claim for a visit counts nothing twice. A
void counts nothing, nor does what it takes back; of a claim and its corrections the last one counts; nor does a
duplicate that is held, or a claim that its payer denied.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from .claim_state import Claim
from .content import ClaimContent
from .edits_base import PastService

VOID, REPLACEMENT, ORIGINAL = "8", "7", "1"
DUPLICATE = "duplicate-claim"


@dataclass(frozen=True, slots=True)
class Earlier:
    """A claim of the patient, as far as it matters.

    `order` tells which of two with one control number came last; what was denied takes back and does not count.
    """

    claim_id: str
    content: ClaimContent
    order: tuple[str, str] = ("", "")
    counts: bool = True


def earlier_of(claim: Claim) -> Earlier | None:
    """A claim that is here already; None where it counts nothing and takes nothing back."""
    content = claim.content
    if content is None:
        return None
    held = {one.rule for one in claim.holds}
    if DUPLICATE in held or (claim.status == "held" and content.frequency_code == VOID):
        return None  # a void that has not gone takes nothing back
    received = claim.received_on.isoformat() if claim.received_on else ""
    return Earlier(claim.claim_id, content, (received, claim.claim_id), counts=claim.status != "denied")


def past_services(claims: Iterable[Earlier], claim_id: str, content: ClaimContent) -> tuple[PastService, ...]:
    """What was given before, of these claims of one patient, for the claim at hand."""
    replaced = content.patient_control_number if content.frequency_code in (VOID, REPLACEMENT) else None
    others = {
        one.claim_id: one
        for one in claims
        if one.claim_id != claim_id and one.content.patient_control_number != replaced
    }
    return tuple(service for one in _standing(others) if one.counts for service in _services(one))


def _standing(claims: Mapping[str, Earlier]) -> Iterable[Earlier]:
    """Without voids, what they took back, and what a correction replaced."""
    successors: dict[str, Earlier] = {}
    for one in claims.values():
        number = one.content.patient_control_number
        if one.content.frequency_code in (VOID, REPLACEMENT):
            known = successors.get(number)
            if known is None or known.order < one.order:
                successors[number] = one
    for one in claims.values():
        last = successors.get(one.content.patient_control_number)
        if last is None or (last is one and one.content.frequency_code != VOID):
            yield one


def _services(claim: Earlier) -> Iterable[PastService]:
    content = claim.content
    for line in content.lines:
        day = line.service_from or content.service_from
        provider = line.rendering or content.rendering or content.billing
        if line.procedure and day is not None:
            yield PastService(line.procedure, day, line.units or Decimal(0), provider.npi, claim.claim_id)
