"""How a claim's state comes about: the fold of its facts. No rules here, so that history always replays."""

from typing import assert_never
from uuid import UUID

from shared.contracts import HoldReason
from shared.replaced import replace

from .claim_facts import (
    AckKept,
    AppealNoted,
    AuthorizationEntered,
    ClaimAcknowledged,
    ClaimAdjudicated,
    ClaimAmended,
    ClaimBatched,
    ClaimFact,
    ClaimReadied,
    ClaimStopped,
    ClaimTaken,
    ClaimTransmitted,
    CoverageAwaited,
    CoverageNewsNoted,
    CoverageNoted,
    DeadlineCalledOut,
    FileRefused,
    HoldsLifted,
    IntakeContradicted,
    NetworkNoted,
    NewsHeard,
    PapersAnnounced,
    PersonRefused,
    RemittanceKept,
)
from .claim_notes import ClaimNoted, ClaimOwned, ClaimTagged, DeskFact
from .claim_restricted import RestrictionNoted
from .claim_state import PRIOR_CLAIM, Claim, Status
from .next_payer import NextPayerNoted
from .rebilling import CoverageWorkNoted, PayerChanged

STATUS_OF_OUTCOME: dict[str, Status] = {"accepted": "accepted", "rejected": "rejected"}
STATUS_OF_REMIT: dict[str, Status] = {
    "paid": "paid",
    "denied": "denied",
    "rejected": "rejected",
    "reversed": "accepted",
}
COMMANDS_KEPT = 20
"""A person's repeated command is known among the last so many."""


def evolve(state: Claim, fact: ClaimFact) -> Claim:  # noqa: C901, PLR0911, PLR0912 - one arm per fact
    """Apply one fact."""
    match fact:
        case ClaimTaken():
            return _taken(state, fact)
        case NextPayerNoted():
            return replace(state, next_payers=(*state.next_payers, fact)[-COMMANDS_KEPT:])
        case PayerChanged():
            return replace(state, payer_changes=(*state.payer_changes, fact))
        case CoverageNewsNoted():
            return _heard(state, fact.source, fact.sequence)
        case CoverageWorkNoted():
            return state
        case ClaimAmended():
            return _amended(state, fact)
        case IntakeContradicted():
            return replace(state, contradictions=(*state.contradictions, fact.fingerprint)[-COMMANDS_KEPT:])
        case ClaimStopped():
            return _stopped(state, fact)
        case HoldsLifted():
            return _lifted(state, fact)
        case PersonRefused():
            return _remember(state, fact.command_id)
        case CoverageNoted():
            return _covered(state, fact)
        case AuthorizationEntered():
            return _authorized(state, fact)
        case PapersAnnounced():
            return replace(state, papers=(*state.papers, fact.segment))
        case NetworkNoted():
            return replace(state, network=fact.network)
        case NewsHeard():
            return _remember(state, fact.command_id, touches=0)
        case CoverageAwaited():
            return replace(state, status="waiting_coverage")
        case ClaimReadied():
            return _remember(replace(state, status="ready"), fact.command_id)
        case ClaimBatched():
            return replace(state, status="batched", submissions=(*state.submissions, fact.submission_id))
        case ClaimTransmitted():
            return _transmitted(state, fact)
        case AckKept():
            return replace(state, early_acks=(*state.early_acks, fact.ack))
        case ClaimAcknowledged():
            return _acknowledged(state, fact)
        case FileRefused():
            return replace(state, status="rejected", refused=(*state.refused, fact.submission_id))
        case RemittanceKept():
            return _kept_remittance(state, fact)
        case ClaimAdjudicated():
            return _adjudicated(state, fact)
        case AppealNoted():
            return _appeal_noted(state, fact)
        case DeadlineCalledOut():
            return _called_out(state, fact)
        case ClaimTagged() | ClaimNoted() | ClaimOwned():
            return _at_desk(state, fact)
        case RestrictionNoted():
            return replace(state, kept_from_plan=fact.holds)
        case _:
            assert_never(fact)


def _taken(state: Claim, fact: ClaimTaken) -> Claim:
    return replace(
        state,
        claim_id=fact.claim_id,
        account_id=fact.account_id,
        coverage_id=fact.coverage_id,
        content=fact.content,
        identity=fact.identity,
        fingerprint=fact.fingerprint,
        partner=fact.partner,
        received_on=fact.received_on,
        origin=fact.origin,
        deadline_on=fact.deadline_on,
        warn_on=fact.warn_on,
        judged=fact.judged,
        patient=fact.patient,
        network=fact.judged.network if fact.judged else None,
        qmb_by=frozenset({PRIOR_CLAIM}) if fact.qualified_medicare_beneficiary else frozenset(),
    )


def _at_desk(state: Claim, fact: DeskFact) -> Claim:
    match fact:
        case ClaimTagged():
            own = tuple(one for one in (*state.own_tags, *fact.added) if one not in fact.removed)
            untagged = (state.untagged | set(fact.removed)) - set(fact.added)
            state = replace(state, own_tags=own, untagged=untagged)
        case ClaimNoted():
            state = replace(state, notes=state.notes + 1)
        case ClaimOwned():
            state = replace(state, owner=fact.owner)
    return _remember(state, fact.command_id)


def _amended(state: Claim, fact: ClaimAmended) -> Claim:
    amended = replace(
        state,
        coverage_id=fact.coverage_id,
        content=fact.content,
        identity=fact.identity,
        partner=fact.partner,
        deadline_on=fact.deadline_on,
        warn_on=fact.warn_on,
        warned=0,
        holds=(),
        waived=frozenset(),
        waivable=frozenset(),
        judged=fact.judged,
        network=fact.judged.network if fact.judged else None,
        patient=fact.patient or state.patient,
        kept_from_plan=(),
    )
    return _remember(amended, fact.command_id, touches=0 if fact.by_itself else 1)


def _stopped(state: Claim, fact: ClaimStopped) -> Claim:
    held = replace(
        state,
        status="held",
        holds=_merged(state.holds, fact.reasons),
        waivable=state.waivable | set(fact.waivable),
    )
    return _remember(held, fact.command_id)


def _merged(holds: tuple[HoldReason, ...], reasons: tuple[HoldReason, ...]) -> tuple[HoldReason, ...]:
    return (*holds, *(reason for reason in reasons if reason not in holds))


def _lifted(state: Claim, fact: HoldsLifted) -> Claim:
    left = tuple(hold for hold in state.holds if hold.rule not in fact.rules)
    waived = state.waived if fact.command_id is None else state.waived | set(fact.rules)
    return _remember(replace(state, holds=left, waived=waived), fact.command_id)


def _remember(state: Claim, command_id: UUID | None, touches: int = 1) -> Claim:
    """A command that was done; a person's is a touch."""
    if command_id is None or command_id in state.commands:
        return state
    commands = (*state.commands, command_id)[-COMMANDS_KEPT:]
    return replace(state, commands=commands, touches=state.touches + touches)


def _covered(state: Claim, fact: CoverageNoted) -> Claim:
    asked = (fact.coverage_id, fact.service_date)
    routes = tuple(one for one in state.routes if (one.coverage_id, one.service_date) != asked)
    return replace(
        _heard(state, fact.check, fact.sequence),
        answers=(*(one for one in state.answers if one[:2] != asked), (*asked, fact.answer)),
        routes=(*routes, fact.route) if fact.route else routes,
        account_id=state.account_id or fact.account_id,
        qmb_by=_qmb_by(state, fact),
    )


def _qmb_by(state: Claim, fact: CoverageNoted) -> frozenset[str]:
    """Who says that the patient is one on that day: a coverage's payer, until its next answer takes it back."""
    said = f"{fact.coverage_id} {fact.service_date}"
    match fact.qualified_medicare_beneficiary:
        case True:
            return state.qmb_by | {said}
        case False:
            return state.qmb_by - {said}
        case None:
            return state.qmb_by


def _authorized(state: Claim, fact: AuthorizationEntered) -> Claim:
    heard = _heard(state, fact.source, fact.sequence)
    if fact.authorization_number is None:
        return replace(heard, waived=state.waived | {"authorization-required"})
    number = (state.content.prior_authorization_number if state.content else "") or fact.authorization_number
    if state.content is None:
        return heard
    return replace(heard, content=state.content.model_copy(update={"prior_authorization_number": number}))


def _heard(state: Claim, source: str, sequence: int) -> Claim:
    others = (seen for seen in state.coverage_seen if seen[0] != source)
    return replace(state, coverage_seen=(*others, (source, sequence)))


def _transmitted(state: Claim, fact: ClaimTransmitted) -> Claim:
    return replace(
        state,
        status="submitted",
        interchange=fact.interchange,
        group=fact.group,
        transmitted_on=fact.transmitted_on,
        early_acks=(),
        early_remittances=(),
    )


def _acknowledged(state: Claim, fact: ClaimAcknowledged) -> Claim:
    return replace(
        state,
        status=STATUS_OF_OUTCOME.get(fact.outcome, state.status),
        acks=(*state.acks, fact.ack),
        payer_claim_control_number=fact.ack.payer_claim_control_number or state.payer_claim_control_number,
    )


def _kept_remittance(state: Claim, fact: RemittanceKept) -> Claim:
    return replace(
        state,
        early_remittances=(*state.early_remittances, fact.remitted),
        remitted_sequence=fact.remitted.sequence,
        account_id=state.account_id or fact.account_id,
    )


def _adjudicated(state: Claim, fact: ClaimAdjudicated) -> Claim:
    return replace(
        state,
        status=STATUS_OF_REMIT.get(fact.stands or fact.outcome, state.status),
        remittances=(*state.remittances, fact.remitted),
        deadlines=state.deadlines if fact.outcome == "noted" else fact.deadlines,
        remitted_sequence=max(state.remitted_sequence, fact.remitted.sequence),
        payer_claim_control_number=fact.remitted.payer_claim_control_number or state.payer_claim_control_number,
    )


def _appeal_noted(state: Claim, fact: AppealNoted) -> Claim:
    kept = tuple(one for one in state.deadlines if one.kind != "appeal" or one.level > fact.level)
    seen = (*(one for one in state.appeals_seen if one[0] != fact.level), (fact.level, fact.sequence))
    level = max(state.appeal_level, fact.level)
    return replace(
        state,
        deadlines=(*kept, *fact.deadlines),
        appeal_level=level,
        appeal_open=fact.outcome is None,
        appeals_seen=seen,
    )


def _called_out(state: Claim, fact: DeadlineCalledOut) -> Claim:
    if fact.kind == "timely_filing":
        return replace(state, warned=fact.warned)
    which = (fact.kind, fact.level)
    warned = tuple(
        one.model_copy(update={"warned": fact.warned}) if (one.kind, one.level) == which else one
        for one in state.deadlines
    )
    return replace(state, deadlines=warned)
