"""What a claim makes of its delivery and of what comes back for it: refusals and acknowledgements."""

from collections.abc import Sequence
from datetime import date
from functools import partial

from .adjudication import REJECTING
from .after_decision import adjudicated
from .claim_facts import AckKept, AckOutcome, ClaimAcknowledged, ClaimTransmitted, FileRefused, Remitted
from .claim_messages import Ack, RecordRefusal, RecordTransmission
from .claim_onward import Facts, then
from .claim_state import Claim
from .policy import Policy


def transmit(policy: Policy, state: Claim, message: RecordTransmission) -> Facts:
    if state.status != "batched" or state.submission_id != message.submission_id:
        return ()
    sent = ClaimTransmitted(
        submission_id=message.submission_id,
        interchange=message.interchange,
        group=message.group,
        transmitted_on=message.transmitted_on,
        file_claims=message.file_claims,
        file_charge_cents=message.file_charge_cents,
    )
    facts = then(state, (sent,), partial(_catch_up_acks, state.early_acks))
    today = message.meta.occurred_at.date()
    return then(state, facts, partial(_catch_up_decisions, policy, state.early_remittances, today))


def _catch_up_acks(acks: Sequence[Ack], state: Claim) -> Facts:
    if not acks:
        return ()
    return then(state, _judge_ack(state, acks[0]), partial(_catch_up_acks, acks[1:]))


def _catch_up_decisions(policy: Policy, decisions: Sequence[Remitted], today: date, state: Claim) -> Facts:
    """Each decision sees what the ones before it made of the claim."""
    if not decisions:
        return ()
    first = (adjudicated(policy, state, decisions[0], today),)
    return then(state, first, partial(_catch_up_decisions, policy, decisions[1:], today))


def refuse(state: Claim, message: RecordRefusal) -> Facts:
    current = state.submission_id == message.submission_id and state.status in ("submitted", "accepted")
    if message.submission_id in state.refused or not current:
        return ()
    return (FileRefused(submission_id=message.submission_id, stage=message.stage, codes=message.codes),)


def acknowledge(state: Claim, ack: Ack) -> Facts:
    if any(ack.ack_id == known.ack_id for known in (*state.acks, *state.early_acks)):
        return ()
    ours = ack.submission_id in (None, state.submission_id)
    if not state.was_sent or (state.status == "batched" and ack.submission_id is not None and ours):
        return (AckKept(ack=ack),)
    return _judge_ack(state, ack)


def _judge_ack(state: Claim, ack: Ack) -> Facts:
    """What a 277CA status means: a rejection outweighs an acceptance, and the payer's decision outweighs both."""
    return (ClaimAcknowledged(ack=ack, outcome=_ack_outcome(state, ack)),)


def _ack_outcome(state: Claim, ack: Ack) -> AckOutcome:
    if state.status not in ("submitted", "accepted", "rejected") or (
        ack.submission_id not in (None, state.submission_id)
    ):
        return "late"
    if ack.category in REJECTING:
        return "rejected" if state.status != "rejected" else "noted"
    if ack.category not in ("A1", "A2"):
        return "noted"
    if state.status == "rejected":
        return "contradicted"
    if ack.category == "A1" or state.status == "accepted":
        return "forwarded" if ack.category == "A1" else "noted"
    return "accepted"
