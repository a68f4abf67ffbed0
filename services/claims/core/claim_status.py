"""A claim's status in four dimensions that never stand for each other, and which way it may go.

`stage` is where it is on its way, `payer_side` what the payer's side has done with it, `patient_side` whether any of it
may reach the patient, `adjudication` what the payer's last decision came to. Read from the state, never kept twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from .claim_state import Claim, Status
from .denial_rules import Outcome

Stage: TypeAlias = Literal["absent", "held", "waiting_coverage", "ready", "in_file", "at_payer", "returned", "decided"]
PayerSide: TypeAlias = Literal["not_sent", "sent", "accepted", "rejected", "adjudicated", "appealed"]
PatientSide: TypeAlias = Literal["waits_for_payer", "nothing", "may_be_billed", "barred"]
AdjudicationSide: TypeAlias = Literal["none"] | Outcome

STAGES: Mapping[Status, Stage] = {
    "absent": "absent",
    "held": "held",
    "waiting_coverage": "waiting_coverage",
    "ready": "ready",
    "batched": "in_file",
    "submitted": "at_payer",
    "accepted": "at_payer",
    "rejected": "returned",
    "paid": "decided",
    "denied": "decided",
}
DECIDED = frozenset[Status]({"paid", "denied"})

TRANSITIONS: Mapping[Status, frozenset[Status]] = {
    "absent": frozenset({"held", "waiting_coverage", "ready"}),
    "held": frozenset({"waiting_coverage", "ready", "paid", "denied"}),
    "waiting_coverage": frozenset({"held", "ready", "paid", "denied"}),
    "ready": frozenset({"held", "waiting_coverage", "batched", "paid", "denied"}),
    "batched": frozenset({"held", "submitted", "paid", "denied"}),
    "submitted": frozenset({"accepted", "rejected", "paid", "denied"}),
    "accepted": frozenset({"rejected", "paid", "denied"}),
    "rejected": frozenset({"held", "waiting_coverage", "ready", "accepted", "paid", "denied"}),
    "paid": frozenset({"accepted", "rejected", "denied"}),
    "denied": frozenset({"accepted", "rejected", "paid"}),
}
"""Every step of status that a fact may make; staying is always possible. A claim in the house is paid or denied when it
was sent before and is being mended; a reversal (CLP02 22) takes a decided one back to the payer (accepted)."""


@dataclass(frozen=True, slots=True)
class Dimensions:
    """A claim's status as people see it."""

    stage: Stage
    payer_side: PayerSide
    patient_side: PatientSide
    adjudication: AdjudicationSide


def dimensions(claim: Claim) -> Dimensions:
    """The four dimensions of a claim's state."""
    return Dimensions(STAGES[claim.status], _payer_side(claim), _patient_side(claim), _adjudication(claim))


def _payer_side(claim: Claim) -> PayerSide:
    if claim.status in DECIDED:
        return "appealed" if claim.status == "denied" and claim.appeal_open else "adjudicated"
    if claim.status == "rejected":
        return "rejected"
    if claim.status not in ("submitted", "accepted"):
        return "not_sent"
    return "accepted" if claim.status == "accepted" else "sent"


def _patient_side(claim: Claim) -> PatientSide:
    last = claim.remittances[-1] if claim.remittances else None
    if claim.status not in DECIDED or last is None or last.adjudication is None:
        return "waits_for_payer"
    if last.adjudication.patient_may_be_billed:
        return "may_be_billed"
    return "barred" if last.patient_responsibility_cents > 0 else "nothing"


def _adjudication(claim: Claim) -> AdjudicationSide:
    last = claim.remittances[-1] if claim.remittances else None
    return "none" if last is None or last.adjudication is None else last.adjudication.outcome
