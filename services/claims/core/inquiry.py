"""What a 277 says of one claim: found by its numbers, read into a typed status. Nothing of it is money.

Source: 005010X212, loops 2200D and 2220D. The trace number (TRN02) of our inquiry comes back in the answer; where a
payer sends several claims for one trace, ours is the one with our patient control number (REF*EJ) or the payer's own
(REF*1K).
"""

from collections.abc import Iterable, Sequence

from shared.x12.status import Status, StatusResponse277

from .inquiry_codes import foremost, kind_of
from .watch_messages import ClaimStatus

CODES_KEPT = 20


def trace_of(claim_id: str, number: int) -> str:
    """TRN02 of a claim's n-th inquiry: at most 50 characters, and it says which claim and which inquiry."""
    return f"{claim_id.removeprefix('clm_')}-{number}"


def inquiry_of(trace_number: str) -> tuple[str, int] | None:
    """The claim and inquiry of a trace number; None for one that we did not make."""
    claim, dash, number = trace_number.rpartition("-")
    if not dash or not claim or not (number.isascii() and number.isdigit()) or not 0 < len(number) < 7:
        return None
    return f"clm_{claim}", int(number)


def answer_to(
    responses: Iterable[StatusResponse277], trace_number: str, control_number: str, payer_number: str | None
) -> StatusResponse277 | None:
    """The response that is about our claim; None where none is, or more than one might be."""
    traced = [one for one in responses if one.trace_number == trace_number or one.level != "claim"]
    named = [one for one in traced if _is_about(one, control_number, payer_number)]
    if len(named) == 1:
        return named[0]
    unnamed = [one for one in traced if not one.patient_control_number and not one.payer_claim_control_number]
    return unnamed[0] if not named and len(unnamed) == 1 else None


def _is_about(response: StatusResponse277, control_number: str, payer_number: str | None) -> bool:
    if response.patient_control_number:
        return response.patient_control_number == control_number
    return bool(payer_number) and response.payer_claim_control_number == payer_number


def status_of(response: StatusResponse277, source: str) -> ClaimStatus | None:
    """The typed status; None when the response carries no status at all."""
    statuses = [*response.statuses, *(status for line in response.lines for status in line.statuses)]
    if not statuses:
        return None
    # A line's own status never speaks for the claim where the claim has one.
    first = _foremost(response.statuses or statuses)
    return ClaimStatus(
        source=source,
        kind=kind_of(first.category),
        category=first.category[:3],
        codes=tuple(dict.fromkeys(code_of(one) for one in [first, *statuses]))[:CODES_KEPT],
        effective_on=first.effective,
        total_cents=first.amount_cents,
        paid_cents=first.paid_cents,
        adjudicated_on=first.adjudicated_on,
        paid_on=first.paid_on,
        check_number=first.check_number[:50],
        payer_claim_control_number=response.payer_claim_control_number or None,
    )


def _foremost(statuses: Sequence[Status]) -> Status:
    category = foremost(one.category for one in statuses)
    return next(one for one in statuses if one.category == category)


def code_of(status: Status) -> str:
    """`category:status` or `category:status:entity`, as received."""
    return ":".join(part[:10] for part in (status.category, status.code, status.entity) if part)
