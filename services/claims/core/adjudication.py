"""What a payer's decision on a claim comes to, as the claim keeps it: the classifier's answer, and what it is told."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from shared.contracts import Adjustment, ClaimRemitted, DenialReason, LineDecision

from .care_facts import care_facts
from .claim_facts import Adjudication, RemitOutcome, Remitted
from .claim_state import Claim
from .content import ClaimContent, OtherPayerContent
from .contracts import NOTHING_AGREED, Terms, terms_of
from .denial import Adjusted, Classified, DecidedLine, Decision, classify
from .denial_rules import Facts, Outcome
from .policy import Policy

OUTCOMES: Mapping[Outcome, RemitOutcome] = {
    "rejected": "rejected",
    "denied": "denied",
    "partly_denied": "denied",
    "zero_paid": "paid",
    "paid": "paid",
    "informational": "paid",
    "reversed": "reversed",
    "forwarded": "noted",
    "predetermination": "noted",
}
DECIDING = frozenset[RemitOutcome]({"paid", "denied"})
ACCEPTING = frozenset({"A1", "A2"})
REJECTING = frozenset({"A3", "A6", "A7", "A8"})
"""277CA categories that refuse a claim: exactly these (X12 RFI 2203)."""


def remitted_of(policy: Policy, state: Claim, message: ClaimRemitted, levels: int | None = None) -> Remitted:
    """What the claim keeps of the event, classified with what the claim knows at this moment.

    `levels` is how many appeal levels the payer has, where that is known.
    """
    decision = decision_of(policy, state, message)
    terms = terms_of(policy.contracts, message.meta.tenant, state.content)
    found = classify(policy.denials, decision, facts_of(policy, state, message, levels, terms))
    return Remitted(
        remittance_id=message.remittance_id,
        sequence=message.meta.sequence,
        status=message.status,
        charge_cents=message.charge_cents,
        paid_cents=message.paid_cents,
        patient_responsibility_cents=message.patient_responsibility_cents,
        denied_cents=found.denied_cents,
        payer_claim_control_number=message.payer_claim_control_number,
        payment_date=message.payment_date,
        reasons=_reasons(found, message),
        adjudication=_kept(found, message),
        position=message.position,
        reverses=message.reverses,
    )


def remit_outcome(remitted: Remitted) -> RemitOutcome:
    """What the decision does to the claim; neither CLP02 4 nor a payment of zero denies (X12 RFI 1423)."""
    if remitted.adjudication is None:
        return "denied" if remitted.denied_cents > 0 else "paid"
    return OUTCOMES[remitted.adjudication.outcome]


def standing(remittances: Sequence[Remitted]) -> Remitted | None:
    """The last decision that nothing took back: a reversal may come after the correction of what it undoes."""
    for one in reversed(remittances):
        if remit_outcome(one) in DECIDING and not any(one.is_reversed_by(other) for other in remittances):
            return one
    return None


def decision_of(policy: Policy, state: Claim, message: ClaimRemitted) -> Decision:
    """The event as the classifier takes it. Its adjustments are over claim and lines: the lines' are taken out."""
    filing_code = message.filing_code or (state.content.claim_filing_code if state.content else "")
    return Decision(
        status=message.status,
        day=message.payment_date,
        charge_cents=message.charge_cents,
        paid_cents=message.paid_cents,
        payer_id=message.payer_id,
        payer_class=policy.denials.class_of(filing_code),
        adjustments=_of_the_claim_itself(message),
        remarks=frozenset(message.remark_codes),
        lines=tuple(_line(number, one) for number, one in enumerate(message.lines, 1)),
        denied_cents=message.denied_cents,
        is_balanced=True,  # the ledger posts nothing else (835 guide 1.10.2)
    )


def _line(number: int, line: LineDecision) -> DecidedLine:
    return DecidedLine(
        number,
        line.charge_cents,
        line.paid_cents,
        _adjusted(line.adjustments),
        frozenset(line.remark_codes),
        frozenset(line.modifiers),
    )


def _adjusted(adjustments: tuple[Adjustment, ...]) -> tuple[Adjusted, ...]:
    return tuple(Adjusted(one.group, one.reason, one.amount_cents) for one in adjustments)


def _of_the_claim_itself(message: ClaimRemitted) -> tuple[Adjusted, ...]:
    left: Counter[tuple[str, str]] = Counter()
    for one in message.adjustments:
        left[one.group, one.reason] += one.amount_cents
    for line in message.lines:
        for one in line.adjustments:
            left[one.group, one.reason] -= one.amount_cents
    return tuple(Adjusted(*code, cents) for code, cents in left.items() if cents)


def facts_of(
    policy: Policy, state: Claim, message: ClaimRemitted, levels: int | None = None, terms: Terms = NOTHING_AGREED
) -> Facts:
    """What the claim knows; what it does not know is left unknown. An authorization that was sent is no news.

    A contract's word on the network goes before what is recorded of the providers, and on the No Surprises Act before
    what the claim shows.
    """
    network = terms.network or state.network
    content = state.content
    care = care_facts(policy.care_signs, content, state.tags)
    protected = care.no_surprises_protected if terms.no_surprises_protected is None else terms.no_surprises_protected
    acks = (*state.acks, *state.early_acks)
    accepted = [ack for ack in acks if ack.category in ACCEPTING]
    deadline = state.deadline_on
    in_time = any(ack.received_on <= deadline for ack in accepted) if accepted and deadline else None
    paid_before = any(one.paid_cents > 0 for one in state.remittances)
    return Facts(
        is_secondary_claim=None if content is None else content.payer_responsibility != "P",
        has_next_payer=None if content is None or not content.other_payers else bool(undecided_payers(content)),
        forwarded_to=message.forwarded_to,
        has_277ca_acceptance=bool(accepted),
        has_277ca_rejection=any(ack.category in REJECTING for ack in acks),
        accepted_before_filing_limit=in_time,
        timely_filing_days_left=_days_left(deadline, message),
        original_claim_paid=True if paid_before else None,
        capitated_contract=terms.capitated,
        out_of_network=None if network is None else network == "out",
        balance_billing_allowed=terms.balance_billing_allowed,
        expected_allowed_cents=terms.expected_allowed_cents,
        no_surprises_protected=protected,
        unrelated_to_hospice=care.unrelated_to_hospice,
        hospice_said_on_claim=care.hospice_said,
        patient_is_qmb=state.is_of_qmb or None,
        appeal_levels_left=None if levels is None else max(levels - state.appeal_level, 0),
    )


def undecided_payers(content: ClaimContent) -> tuple[OtherPayerContent, ...]:
    """The other payers of the claim that have not decided yet, in its order."""
    return tuple(one for one in content.other_payers if one.adjudicated_on is None and one.paid_cents is None)


def _days_left(deadline: date | None, message: ClaimRemitted) -> int | None:
    return None if deadline is None else (deadline - message.meta.occurred_at.date()).days


def _reasons(found: Classified, message: ClaimRemitted) -> tuple[DenialReason, ...]:
    """The adjustments that refuse, added up by code; the claim status where the remittance names none."""
    if found.denied_cents <= 0:
        return ()
    sums: Counter[tuple[str, str]] = Counter()
    for one in found.deciding:
        sums[one.group, one.carc] += one.amount_cents
    if not sums:
        return (DenialReason(group="CLP02", reason=message.status, amount_cents=found.denied_cents),)
    return tuple(DenialReason(group=group, reason=carc, amount_cents=cents) for (group, carc), cents in sums.items())


def _kept(found: Classified, message: ClaimRemitted) -> Adjudication:
    remarks = dict.fromkeys((*message.remark_codes, *(code for line in message.lines for code in line.remark_codes)))
    return Adjudication(
        outcome=found.outcome,
        category=found.category,
        root_cause=found.root_cause,
        next_action=found.next_action,
        patient_may_be_billed=found.patient_may_be_billed,
        patient_reason=found.patient_reason,
        why=found.why,
        rules=found.rules,
        remark_codes=tuple(remarks),
        deciding=tuple(f"{one.group}-{one.carc}" for one in found.deciding),
        ledger_denied_cents=message.denied_cents,
    )
