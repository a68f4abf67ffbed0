"""The rules of a claim: from intake through the scrubber and the coverage answer to the payer's decision."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial, reduce
from typing import Annotated, TypeAlias, assert_never

from pydantic import Field, TypeAdapter

from shared.contracts import (
    AppealDecided,
    AuthorizationRequired,
    ClaimAppealed,
    ClaimRemitted,
    CoverageInactive,
    CoverageVerified,
    EligibilityUnknown,
    HoldReason,
)
from shared.decider import Decider, Due, Effect, Scalar

from .adjudication import REJECTING, remit_outcome
from .after_coverage import (
    IN_HOUSE,
    MANAGED_CARE,
    after_answer,
    after_news,
    before_sending,
    could_not,
    managed_care_hold,
    route_of,
)
from .after_decision import adjudicated, call_out, note_appeal, remit
from .claim_events import can_be_announced, publish
from .claim_messages import (
    Ack,
    AckKept,
    AckOutcome,
    AnyClaimFact,
    AnyClaimMessage,
    AssignSubmission,
    ClaimAcknowledged,
    ClaimAdjudicated,
    ClaimAmended,
    ClaimBatched,
    ClaimFact,
    ClaimMessage,
    ClaimReadied,
    ClaimStopped,
    ClaimTaken,
    ClaimTransmitted,
    CorrectClaim,
    CoverageAwaited,
    CoverageMessage,
    CoverageNoted,
    CoverageState,
    ExcludeClaim,
    FileRefused,
    HoldClaim,
    HoldsLifted,
    IntakeContradicted,
    PersonRefused,
    ReceiveClaim,
    RecordClaimAck,
    RecordCoverageNews,
    RecordRefusal,
    RecordStanding,
    RecordTransmission,
    ReleaseClaim,
    RemittanceKept,
    Remitted,
    ReportRebilling,
)
from .claim_state import Claim, due, evolve
from .content import ClaimContent
from .deadlines import warning_days
from .next_payer import BillNextPayer, NextPayerNoted, ReportNextPayer, next_payer_effect
from .policy import Policy
from .rebilling import BECAUSE, PayerChanged, RebillClaim
from .rules_outcome import NOTHING_SAID, Judged
from .scrub import WAIVABLE, Case, scrubbed
from .standing import PROVIDER_STANDING

Facts: TypeAlias = tuple[ClaimFact, ...]

COVERAGE_INACTIVE = "coverage-inactive"
AUTHORIZATION_REQUIRED = "authorization-required"
COVERAGE_RULES = frozenset({COVERAGE_INACTIVE, AUTHORIZATION_REQUIRED, MANAGED_CARE})
PERSON = "person"
MAY_BE_WAIVED = WAIVABLE | COVERAGE_RULES | {PERSON}


def decide(policy: Policy, state: Claim, message: ClaimMessage) -> tuple[ClaimFact | Effect, ...]:  # noqa: C901, PLR0911, PLR0912
    """Answer one message; nothing decided means that it changed nothing."""
    match message:
        case ReceiveClaim():
            return _routed(policy, state, message, _receive(policy, state, message))
        case CoverageVerified() | CoverageInactive() | EligibilityUnknown() | AuthorizationRequired():
            return _note_coverage(policy, state, message)
        case RecordStanding():
            return _stand(state, message)
        case RecordCoverageNews():
            return after_news(policy, state, message)
        case ReportRebilling():
            return _rebilled(policy, state, message)
        case AssignSubmission():
            return _assign(state, message)
        case ExcludeClaim():
            return _exclude(state, message)
        case RecordTransmission():
            return _transmit(policy, state, message)
        case RecordRefusal():
            return _refuse(state, message)
        case RecordClaimAck():
            return _acknowledge(state, message.ack)
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
            return _routed(policy, state, message, _correct(policy, state, message))
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


def _then(state: Claim, facts: Facts, follow: Callable[[Claim], Facts]) -> Facts:
    """Facts, and what follows from the state they make."""
    return (*facts, *follow(reduce(evolve, facts, state)))


def _routed(policy: Policy, state: Claim, message: ClaimMessage, facts: Facts) -> tuple[ClaimFact | Effect, ...]:
    """Facts, and what follows where the payer's 271 says that another one takes the claim."""
    if not facts or not (state.routes or any(isinstance(one, CoverageNoted) and one.route for one in facts)):
        return facts
    return (*facts, *before_sending(policy, reduce(evolve, facts, state), message.meta.occurred_at.date()))


def _receive(policy: Policy, state: Claim, message: ReceiveClaim) -> Facts:
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
    return _then(state, (_taken(policy, message),), _onward)


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


def _onward(state: Claim) -> Facts:
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


def _note_coverage(policy: Policy, state: Claim, message: CoverageMessage) -> tuple[ClaimFact | Effect, ...]:
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
    )
    facts = _routed(policy, state, message, _then(state, (noted,), _reconsider))
    return (*facts, *after_answer(policy, state, message, message.meta.occurred_at.date()))


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


def _reconsider(state: Claim) -> Facts:
    """A coverage answer moves a claim only while it is in the house."""
    stop = _coverage_stop(state)
    match state.status:
        case "waiting_coverage":
            return _onward(state)
        case "ready" if stop:
            return (ClaimStopped(reasons=(stop,)),)
        case "ready" if state.coverage == "routed" and MANAGED_CARE not in state.waived:
            return (CoverageAwaited(),)
        case "held":
            over = tuple(sorted({h.rule for h in state.holds if h.rule in COVERAGE_RULES and h != stop}))
            return _then(state, (HoldsLifted(rules=over),), _onward) if over else ()
        case _:
            return ()


def _assign(state: Claim, message: AssignSubmission) -> Facts:
    # A file that already had the claim once never gets it back: a slow worker may still be building it.
    if state.status != "ready" or message.submission_id in state.submissions:
        return ()
    return (ClaimBatched(submission_id=message.submission_id),)


def _exclude(state: Claim, message: ExcludeClaim) -> Facts:
    if state.status != "batched" or state.submission_id != message.submission_id:
        return ()
    return (ClaimStopped(reasons=(message.reason,)),)


def _transmit(policy: Policy, state: Claim, message: RecordTransmission) -> Facts:
    if state.status != "batched" or state.submission_id != message.submission_id:
        return ()
    sent = ClaimTransmitted(
        submission_id=message.submission_id,
        interchange=message.interchange,
        group=message.group,
        transmitted_on=message.transmitted_on,
    )
    facts = _then(state, (sent,), partial(_catch_up_acks, state.early_acks))
    today = message.meta.occurred_at.date()
    return _then(state, facts, partial(_catch_up_decisions, policy, state.early_remittances, today))


def _catch_up_acks(acks: Sequence[Ack], state: Claim) -> Facts:
    if not acks:
        return ()
    return _then(state, _judge_ack(state, acks[0]), partial(_catch_up_acks, acks[1:]))


def _catch_up_decisions(policy: Policy, decisions: Sequence[Remitted], today: date, state: Claim) -> Facts:
    """Each decision sees what the ones before it made of the claim."""
    if not decisions:
        return ()
    first = (adjudicated(policy, state, decisions[0], today),)
    return _then(state, first, partial(_catch_up_decisions, policy, decisions[1:], today))


def _refuse(state: Claim, message: RecordRefusal) -> Facts:
    current = state.submission_id == message.submission_id and state.status in ("submitted", "accepted")
    if message.submission_id in state.refused or not current:
        return ()
    return (FileRefused(submission_id=message.submission_id, stage=message.stage, codes=message.codes),)


def _acknowledge(state: Claim, ack: Ack) -> Facts:
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
    if state.status == "rejected" and not state.holds:
        return (ClaimReadied(words=message.reason, command_id=command_id),)
    rules = {hold.rule for hold in state.holds}
    blocking = tuple(sorted(rules - MAY_BE_WAIVED - state.waivable))
    if state.status != "held" or blocking:
        return (PersonRefused(wish="release", rules=blocking, command_id=command_id),)
    lifted = HoldsLifted(rules=tuple(sorted(rules)), words=message.reason, command_id=command_id)
    return _then(state, (lifted,), _onward)


def _correct(policy: Policy, state: Claim, message: CorrectClaim) -> Facts:
    command_id = message.meta.id
    if command_id in state.commands:
        return ()
    if state.status not in ("held", "waiting_coverage", "ready", "rejected"):
        return (PersonRefused(wish="correct", command_id=command_id),)
    return _amend(policy, state, message)


def _amend(policy: Policy, state: Claim, message: CorrectClaim, keeps: tuple[HoldReason, ...] = ()) -> Facts:
    """The claim with other content, scrubbed anew. `keeps` stop it besides what the scrubber finds."""
    command_id = message.meta.id
    today = message.meta.occurred_at.date()
    deadline, warn_on = _deadlines(policy, message.content, today)
    amended = ClaimAmended(
        coverage_id=message.coverage_id,
        content=message.content,
        identity=message.identity,
        partner=message.partner,
        deadline_on=deadline,
        warn_on=warn_on,
        asks_again=_asks_again(state, message),
        judged=_beside_holds(message.judged),
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
    return _then(state, (amended,), _onward)


def _rebilled(policy: Policy, state: Claim, message: ReportRebilling) -> tuple[ClaimFact | Effect, ...]:
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
    return (changed, *_routed(policy, after, message, _amend(policy, after, message.correction, kept)))


def _stand(state: Claim, message: RecordStanding) -> Facts:
    """Providers' standing with the payer stops a claim in the house, or lets it go on."""
    wanted = () if PROVIDER_STANDING in state.waived else message.holds
    now = tuple(one for one in state.holds if one.rule == PROVIDER_STANDING)
    if state.status not in IN_HOUSE or set(now) == set(wanted):
        return ()
    lifted = (HoldsLifted(rules=(PROVIDER_STANDING,)),) if now else ()
    if wanted:
        return (*lifted, ClaimStopped(reasons=wanted, waivable=(PROVIDER_STANDING,)))
    return _then(state, lifted, _onward)


def _asks_again(state: Claim, message: CorrectClaim) -> bool:
    """Whether the mended claim's coverage is still to be asked for: the old claim could not, or named another one."""
    before = state.content
    if before is None or not can_be_announced(before):
        return True
    asks = (message.coverage_id, message.content.service_from)
    return (state.coverage_id, before.service_from) != asks and not any(one[:2] == asks for one in state.answers)


def _index(state: Claim) -> dict[str, Scalar]:
    content = state.content
    return {
        "status": state.status,
        "payer_id": content.payer_id if content else None,
        # Who waits for a file of this partner; nobody else is found by the partner.
        "ready_for": state.partner if state.status == "ready" else None,
        "control_number": content.patient_control_number if content else None,
        "account_id": state.account_id or None,
    }


def _aggregate_id(message: ClaimMessage) -> str:
    return message.aggregate_id if isinstance(message, Due) else message.claim_id


def make_claim_decider(policy: Policy) -> Decider[Claim, ClaimMessage, ClaimFact]:
    """The claim under the given policy."""
    return Decider(
        service="claims",
        kind="claim",
        initial=Claim(),
        decide=partial(decide, policy),
        evolve=evolve,
        publish=publish,
        aggregate_id=_aggregate_id,
        record_key=lambda state: state.account_id or "unassigned",
        state_codec=TypeAdapter(Claim),
        message_codec=TypeAdapter(AnyClaimMessage),
        fact_codec=TypeAdapter(AnyClaimFact),
        effect_codec=TypeAdapter(Annotated[BillNextPayer | RebillClaim, Field(discriminator="type")]),
        index=_index,
        due=due,
    )
