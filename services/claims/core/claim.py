"""The rules of a claim: from intake through the scrubber and the coverage answer to the payer's decision."""

from functools import partial
from typing import Annotated, assert_never

from pydantic import Field, TypeAdapter

from shared.contracts import (
    AppealDecided,
    AuthorizationGranted,
    AuthorizationRequired,
    ClaimAppealed,
    ClaimRemitted,
    CoverageInactive,
    CoverageVerified,
    EligibilityUnknown,
    HoldReason,
)
from shared.decider import Decider, Due, Effect, Scalar, named_by

from .adjudication import remit_outcome
from .after_coverage import IN_HOUSE, after_news
from .after_decision import call_out, note_appeal, remit
from .after_sending import acknowledge, refuse, transmit
from .claim_additions import announce_papers, enter_authorization
from .claim_desk import after_transmission, at_desk, keep_from_plan, leave_withdrawn
from .claim_events import publish
from .claim_evolve import evolve
from .claim_facts import (
    AnyClaimFact,
    ClaimAdjudicated,
    ClaimBatched,
    ClaimFact,
    ClaimReadied,
    ClaimStopped,
    HoldsLifted,
    NetworkNoted,
    NewsHeard,
    PersonRefused,
    RemittanceKept,
)
from .claim_intake import correct, rebilled, receive
from .claim_messages import (
    AnnouncePapers,
    AnyClaimMessage,
    AssignSubmission,
    ClaimMessage,
    CorrectClaim,
    ExcludeClaim,
    HoldClaim,
    ReceiveClaim,
    RecordClaimAck,
    RecordCoverageNews,
    RecordRefusal,
    RecordStanding,
    RecordTransmission,
    ReleaseClaim,
    ReportRebilling,
)
from .claim_notes import AssignClaimOwner, NoteClaim, TagClaim
from .claim_onward import COVERAGE_RULES, PERSON, Facts, note_coverage, onward, routed, then
from .claim_restricted import RecordRestriction, ReturnClaim
from .claim_state import Claim, due
from .next_payer import BillNextPayer, NextPayerNoted, ReportNextPayer, next_payer_effect
from .policy import Policy
from .rebilling import RebillClaim
from .scrub import WAIVABLE
from .standing import PROVIDER_STANDING

MAY_BE_WAIVED = WAIVABLE | COVERAGE_RULES | {PERSON}


def decide(policy: Policy, state: Claim, message: ClaimMessage) -> tuple[ClaimFact | Effect, ...]:  # noqa: C901, PLR0911, PLR0912
    """Answer one message; nothing decided means that it changed nothing."""
    match message:
        case ReceiveClaim():
            return routed(policy, state, message, receive(policy, state, message))
        case CoverageVerified() | CoverageInactive() | EligibilityUnknown() | AuthorizationRequired():
            return note_coverage(policy, state, message)
        case AuthorizationGranted():
            return enter_authorization(state, message)
        case AnnouncePapers():
            return announce_papers(state, message)
        case RecordStanding():
            return _stand(state, message)
        case RecordRestriction():
            return keep_from_plan(state, message)
        case TagClaim() | NoteClaim() | AssignClaimOwner():
            return at_desk(state, message)
        case RecordCoverageNews():
            return after_news(policy, state, message)
        case ReportRebilling():
            return rebilled(policy, state, message)
        case AssignSubmission():
            return _assign(state, message)
        case ExcludeClaim():
            return _exclude(state, message)
        case ReturnClaim():
            return leave_withdrawn(state, message)
        case RecordTransmission():
            return after_transmission(state, transmit(policy, state, message))
        case RecordRefusal():
            return refuse(state, message)
        case RecordClaimAck():
            return acknowledge(state, message.ack)
        case ClaimRemitted():
            return _remit(policy, state, message)
        case ClaimAppealed() | AppealDecided():
            return note_appeal(policy, state, message)
        case ReportNextPayer():
            return (_noted(message),)
        case HoldClaim():
            return _hold(state, message)
        case ReleaseClaim():
            return _release(state, message)
        case CorrectClaim():
            return routed(policy, state, message, correct(policy, state, message))
        case Due():
            return call_out(state, message)
        case _:
            assert_never(message)


def _remit(policy: Policy, state: Claim, message: ClaimRemitted) -> tuple[ClaimFact | Effect, ...]:
    """A payer's decision, and what follows for the payer after it."""
    facts = remit(policy, state, message)
    decided = [one.outcome for one in facts if isinstance(one, ClaimAdjudicated)]
    decided += [remit_outcome(one.remitted) for one in facts if isinstance(one, RemittanceKept)]
    return (*facts, *(step for outcome in decided for step in next_payer_effect(state.content, message, outcome)))


def _noted(message: ReportNextPayer) -> NextPayerNoted:
    return NextPayerNoted(next_claim_id=message.next_claim_id, payer_id=message.payer_id, because=message.because)


def _assign(state: Claim, message: AssignSubmission) -> Facts:
    # A file that already had the claim once never gets it back: a slow worker may still be building it.
    if state.status != "ready" or message.submission_id in state.submissions:
        return ()
    return (ClaimBatched(submission_id=message.submission_id),)


def _exclude(state: Claim, message: ExcludeClaim) -> Facts:
    if state.status != "batched" or state.submission_id != message.submission_id:
        return ()
    return (ClaimStopped(reasons=(message.reason,)),)


def _hold(state: Claim, message: HoldClaim) -> Facts:
    if message.meta.id in state.commands:
        return ()
    if state.status not in ("held", "waiting_coverage", "ready"):
        return (PersonRefused(wish="hold", command_id=message.meta.id),)
    reason = HoldReason(rule=PERSON, field="claim", message="Held by a person: the claim's history says why.")
    return (ClaimStopped(reasons=(reason,), words=message.reason, command_id=message.meta.id),)


def _release(state: Claim, message: ReleaseClaim) -> Facts:
    command_id = message.meta.id
    if command_id in state.commands:
        return ()
    if state.status == "rejected" and state.kept_from_plan and not state.holds:
        return (ClaimStopped(reasons=state.kept_from_plan, command_id=command_id),)
    if state.status == "rejected" and not state.holds:
        return (ClaimReadied(words=message.reason, command_id=command_id),)
    rules = {hold.rule for hold in state.holds}
    blocking = tuple(sorted(rules - MAY_BE_WAIVED - state.waivable))
    if state.status != "held" or blocking:
        return (PersonRefused(wish="release", rules=blocking, command_id=command_id),)
    lifted = HoldsLifted(rules=tuple(sorted(rules)), words=message.reason, command_id=command_id)
    return then(state, (lifted,), onward)


def _stand(state: Claim, message: RecordStanding) -> Facts:
    """Providers' standing with the payer stops a claim in the house, or lets it go on."""
    wanted = () if PROVIDER_STANDING in state.waived else message.holds
    now = tuple(one for one in state.holds if one.rule == PROVIDER_STANDING)
    if state.status not in IN_HOUSE or message.meta.id in state.commands:
        return ()
    heard = NewsHeard(command_id=message.meta.id)
    noted = (NetworkNoted(network=message.network),) if message.network != state.network else ()
    if set(now) == set(wanted):
        return (heard, *noted) if noted else ()
    lifted = (HoldsLifted(rules=(PROVIDER_STANDING,)),) if now else ()
    if wanted:
        return (heard, *noted, *lifted, ClaimStopped(reasons=wanted, waivable=(PROVIDER_STANDING,)))
    return then(state, (heard, *noted, *lifted), onward)


def _index(state: Claim) -> dict[str, Scalar]:
    content = state.content
    return {
        "status": state.status,
        "payer_id": content.payer_id if content else None,
        # Who waits for a file of this partner; nobody else is found by the partner.
        "ready_for": state.partner if state.status == "ready" else None,
        "control_number": content.patient_control_number if content else None,
        "account_id": state.account_id or None,
        "coverage_id": state.coverage_id or None,
        "owner": state.owner or None,
        # The file that must not leave with it.
        "kept_in": state.submission_id if state.status == "batched" and state.kept_from_plan else None,
        **{f"tag/{tag}": True for tag in state.tags},
    }


def make_claim_decider(policy: Policy) -> Decider[Claim, ClaimMessage, ClaimFact]:
    """The claim under the given policy."""
    return Decider(
        service="claims",
        kind="claim",
        initial=Claim(),
        decide=partial(decide, policy),
        evolve=evolve,
        publish=publish,
        aggregate_id=named_by("claim_id"),
        record_key=lambda state: state.account_id or "unassigned",
        state_codec=TypeAdapter(Claim),
        message_codec=TypeAdapter(AnyClaimMessage),
        fact_codec=TypeAdapter(AnyClaimFact),
        effect_codec=TypeAdapter(Annotated[BillNextPayer | RebillClaim, Field(discriminator="type")]),
        index=_index,
        due=due,
    )
