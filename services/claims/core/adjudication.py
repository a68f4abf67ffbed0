"""What a payer's decision on a claim comes to: paid, denied, taken back, or nothing to do with it."""

from shared.contracts import ClaimRemitted, DenialReason

from .claim_messages import RemitOutcome, Remitted
from .policy import Policy

REVERSAL = "22"
NOT_A_DECISION = frozenset({"23", "25"})
"""CLP02: not our claim, forwarded (23); predetermination, never paid by it (25)."""


def remitted_of(policy: Policy, message: ClaimRemitted) -> Remitted:
    """What the claim keeps of the event, with the adjustments that deny."""
    return Remitted(
        remittance_id=message.remittance_id,
        sequence=message.meta.sequence,
        status=message.status,
        charge_cents=message.charge_cents,
        paid_cents=message.paid_cents,
        patient_responsibility_cents=message.patient_responsibility_cents,
        denied_cents=message.denied_cents,
        payer_claim_control_number=message.payer_claim_control_number,
        payment_date=message.payment_date,
        reasons=denial_reasons(policy, message),
    )


def remit_outcome(remitted: Remitted) -> RemitOutcome:
    """Denied when any of it waits for denial work; neither CLP02 4 nor a payment of zero says so (X12 RFI 1423)."""
    if remitted.status == REVERSAL:
        return "reversed"
    if remitted.status in NOT_A_DECISION:
        return "noted"
    return "denied" if remitted.denied_cents > 0 else "paid"


def denial_reasons(policy: Policy, message: ClaimRemitted) -> tuple[DenialReason, ...]:
    """The adjustments that refuse money; where none is told apart, all but the patient's, or else the status."""
    if message.denied_cents <= 0:
        return ()
    lowering = [one for one in message.adjustments if one.amount_cents > 0]
    denying = [one for one in lowering if policy.denies(one.group, one.reason)]
    found = denying or [one for one in lowering if one.group != "PR"]
    if not found:
        return (DenialReason(group="CLP02", reason=message.status, amount_cents=message.denied_cents),)
    return tuple(DenialReason(group=one.group, reason=one.reason, amount_cents=one.amount_cents) for one in found)
