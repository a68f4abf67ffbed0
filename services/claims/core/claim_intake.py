"""A claim is taken in, corrected, or made for another payer: each time the scrubber sees all of it."""

from datetime import date

from shared.contracts import HoldReason
from shared.decider import Effect

from .after_coverage import IN_HOUSE, MANAGED_CARE, could_not, managed_care_hold
from .claim_events import can_be_announced
from .claim_evolve import evolve
from .claim_facts import ClaimAmended, ClaimFact, ClaimStopped, ClaimTaken, IntakeContradicted, PersonRefused
from .claim_messages import CorrectClaim, ReceiveClaim, ReportRebilling
from .claim_onward import PERSON, Facts, onward, routed, then
from .claim_state import Claim
from .content import ClaimContent
from .deadlines import warning_days
from .policy import Policy
from .rebilling import BECAUSE, PayerChanged
from .rules_outcome import NOTHING_SAID, Judged
from .scrub import Case, scrubbed


def receive(policy: Policy, state: Claim, message: ReceiveClaim) -> Facts:
    if state.claim_id:
        if message.fingerprint in (state.fingerprint, *state.contradictions):
            return ()
        return (IntakeContradicted(fingerprint=message.fingerprint, origin=message.origin),)
    case = Case(
        message.content,
        message.received_on,
        policy,
        message.duplicate_of,
        message.control_number_held_by,
        message.findings,
        message.judged,
    )
    found = scrubbed(case)
    if found.holds:
        return (_taken(policy, message), ClaimStopped(reasons=found.holds, waivable=found.waivable))
    return then(state, (_taken(policy, message),), onward)


def _taken(policy: Policy, message: ReceiveClaim) -> ClaimTaken:
    deadline, warn_on = _deadlines(policy, message.content, message.received_on)
    return ClaimTaken(
        claim_id=message.claim_id,
        account_id=message.account_id,
        coverage_id=message.coverage_id,
        content=message.content,
        identity=message.identity,
        fingerprint=message.fingerprint,
        partner=message.partner,
        received_on=message.received_on,
        origin=message.origin,
        deadline_on=deadline,
        warn_on=warn_on,
        judged=_beside_holds(message.judged),
        patient=message.patient,
        qualified_medicare_beneficiary=message.qualified_medicare_beneficiary,
    )


def _beside_holds(judged: Judged) -> Judged | None:
    """What rules and tables said and did, without the reasons, which stand in the fact that stops the claim."""
    return None if judged == NOTHING_SAID else judged.model_copy(update={"holds": ()})


def _deadlines(policy: Policy, content: ClaimContent, today: date) -> tuple[date | None, tuple[date, ...]]:
    """The filing limit of a claim, and the days after `today` on which it is called out."""
    limit = policy.filing_deadline(content)
    if limit is None:
        return None, ()
    return limit.on, warning_days(limit.on, policy.warn_days_before, today)


def correct(policy: Policy, state: Claim, message: CorrectClaim) -> Facts:
    command_id = message.meta.id
    if command_id in state.commands:
        return ()
    if state.status not in ("held", "waiting_coverage", "ready", "rejected"):
        return (PersonRefused(wish="correct", command_id=command_id),)
    return _amend(policy, state, message)


def _amend(
    policy: Policy, state: Claim, message: CorrectClaim, keeps: tuple[HoldReason, ...] = (), *, by_itself: bool = False
) -> Facts:
    """The claim with other content, scrubbed anew. `keeps` stop it besides what the scrubber finds."""
    command_id = message.meta.id
    today = message.meta.occurred_at.date()
    deadline, warn_on = _deadlines(policy, message.content, today)
    amended = ClaimAmended(
        by_itself=by_itself,
        coverage_id=message.coverage_id,
        content=message.content,
        identity=message.identity,
        partner=message.partner,
        deadline_on=deadline,
        warn_on=warn_on,
        asks_again=_asks_again(state, message),
        judged=_beside_holds(message.judged),
        patient=message.patient,
        command_id=command_id,
    )
    case = Case(
        message.content,
        today,
        policy,
        message.duplicate_of,
        message.control_number_held_by,
        judged=message.judged,
    )
    found = scrubbed(case)
    holds = (*keeps, *found.holds)
    if holds:
        return (amended, ClaimStopped(reasons=holds, waivable=found.waivable))
    return then(state, (amended,), onward)


def rebilled(policy: Policy, state: Claim, message: ReportRebilling) -> tuple[ClaimFact | Effect, ...]:
    """The claim goes to the payer that takes it, unless somebody was faster or it cannot be made for that one."""
    content, house = state.content, state.status in IN_HOUSE
    if content is None or content.payer_id != message.from_payer_id:
        return ()
    if not house and state.status != "denied":
        return (could_not(message.found, message.to_payer_id, "The claim was sent meanwhile."),)
    if message.correction is None:
        if not house:
            return (could_not(message.found, message.to_payer_id, message.because),)
        return (ClaimStopped(reasons=(managed_care_hold(message.because),), waivable=(MANAGED_CARE,)),)
    changed = PayerChanged(
        found=message.found,
        from_payer_id=message.from_payer_id,
        to_payer_id=message.to_payer_id,
        rule=message.rule,
        because=BECAUSE[message.found],
        after_denial=not house,
    )
    after = evolve(state, changed)
    kept = tuple(one for one in state.holds if one.rule == PERSON)  # what a person holds, a person releases
    return (changed, *routed(policy, after, message, _amend(policy, after, message.correction, kept, by_itself=True)))


def _asks_again(state: Claim, message: CorrectClaim) -> bool:
    """Whether the mended claim's coverage is still to be asked for: the old claim could not, or named another one."""
    before = state.content
    if before is None or not can_be_announced(before):
        return True
    asks = (message.coverage_id, message.content.service_from)
    return (state.coverage_id, before.service_from) != asks and not any(one[:2] == asks for one in state.answers)
