"""Where a claim that nothing else stops goes: to the coverage answer, to a person, or out."""

from collections.abc import Callable
from functools import reduce
from typing import TypeAlias, assert_never

from shared.contracts import AuthorizationRequired, CoverageInactive, CoverageVerified, EligibilityUnknown, HoldReason
from shared.decider import Effect

from .after_coverage import MANAGED_CARE, after_answer, before_sending, route_of
from .claim_evolve import evolve
from .claim_facts import (
    ClaimFact,
    ClaimReadied,
    ClaimStopped,
    CoverageAwaited,
    CoverageNoted,
    CoverageState,
    HoldsLifted,
)
from .claim_messages import ClaimMessage, CoverageMessage
from .claim_state import Claim
from .policy import Policy

Facts: TypeAlias = tuple[ClaimFact, ...]

COVERAGE_INACTIVE = "coverage-inactive"
AUTHORIZATION_REQUIRED = "authorization-required"
PERSON = "person"
COVERAGE_RULES = frozenset({COVERAGE_INACTIVE, AUTHORIZATION_REQUIRED, MANAGED_CARE})


def then(state: Claim, facts: Facts, follow: Callable[[Claim], Facts]) -> Facts:
    """Facts, and what follows from the state they make."""
    return (*facts, *follow(reduce(evolve, facts, state)))


def routed(policy: Policy, state: Claim, message: ClaimMessage, facts: Facts) -> tuple[ClaimFact | Effect, ...]:
    """Facts, and what follows where the payer's 271 says that another one takes the claim."""
    if not facts or not (state.routes or any(isinstance(one, CoverageNoted) and one.route for one in facts)):
        return facts
    return (*facts, *before_sending(policy, reduce(evolve, facts, state), message.meta.occurred_at.date()))


def onward(state: Claim) -> Facts:
    """Where a claim that nothing else stops goes: to the coverage answer, to a person, or out."""
    if state.holds:
        return ()
    if state.coverage == "waiting" or (state.coverage == "routed" and MANAGED_CARE not in state.waived):
        return () if state.status == "waiting_coverage" else (CoverageAwaited(),)
    if reason := _coverage_stop(state):
        return (ClaimStopped(reasons=(reason,)),)
    return (ClaimReadied(),)


def _coverage_stop(state: Claim) -> HoldReason | None:
    """Why the coverage answer stops the claim, if it does and nobody waived it."""
    if state.coverage == "inactive" and COVERAGE_INACTIVE not in state.waived:
        message = "The payer says the coverage was not in force on the service date: find the right payer and rebill."
        return HoldReason(rule=COVERAGE_INACTIVE, field="coverage", message=message)
    needs_number = state.content is None or not state.content.prior_authorization_number
    if state.coverage == "authorization_required" and needs_number and AUTHORIZATION_REQUIRED not in state.waived:
        message = "The payer wants a prior authorization: obtain its number and enter it (REF*G1)."
        return HoldReason(rule=AUTHORIZATION_REQUIRED, field="prior_authorization_number", message=message)
    return None


def note_coverage(policy: Policy, state: Claim, message: CoverageMessage) -> tuple[ClaimFact | Effect, ...]:
    check, sequence = message.meta.subject, message.meta.sequence
    if dict(state.coverage_seen).get(check, -1) >= sequence:
        return ()
    route = route_of(state, message)
    noted = CoverageNoted(
        coverage_id=message.coverage_id,
        service_date=message.service_date,
        answer="routed" if route else _answer_of(message),
        check=check,
        sequence=sequence,
        account_id=message.account_id,
        route=route,
        qualified_medicare_beneficiary=_qmb(message),
    )
    facts = routed(policy, state, message, then(state, (noted,), reconsider))
    return (*facts, *after_answer(policy, state, message, message.meta.occurred_at.date()))


def _qmb(message: CoverageMessage) -> bool | None:
    """Only an answer that shows active coverage says it; a Medicaid card that ended takes it back."""
    match message:
        case CoverageVerified() | AuthorizationRequired():
            return message.qualified_medicare_beneficiary
        case CoverageInactive():
            return False
        case _:
            return None


def _answer_of(message: CoverageMessage) -> CoverageState:
    match message:
        case CoverageVerified():
            return "verified"
        case CoverageInactive():
            return "inactive"
        case EligibilityUnknown():
            return "unknown"
        case AuthorizationRequired():
            return "authorization_required"
        case _:
            assert_never(message)


def reconsider(state: Claim) -> Facts:
    """A coverage answer moves a claim only while it is in the house."""
    stop = _coverage_stop(state)
    match state.status:
        case "waiting_coverage":
            return onward(state)
        case "ready" if stop:
            return (ClaimStopped(reasons=(stop,)),)
        case "ready" if state.coverage == "routed" and MANAGED_CARE not in state.waived:
            return (CoverageAwaited(),)
        case "held":
            over = tuple(sorted({h.rule for h in state.holds if h.rule in COVERAGE_RULES and h != stop}))
            return then(state, (HoldsLifted(rules=over),), onward) if over else ()
        case _:
            return ()
