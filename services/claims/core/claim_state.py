"""A claim's state: the fold of its facts. No rules here, so that history always replays."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Literal, TypeAlias, assert_never
from uuid import UUID

from shared.contracts import HoldReason
from shared.replaced import replace

from .claim_deadlines import Running
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
    CoverageState,
    DeadlineCalledOut,
    FileRefused,
    HoldsLifted,
    IntakeContradicted,
    NetworkNoted,
    PapersAnnounced,
    PersonRefused,
    RemittanceKept,
    Remitted,
)
from .claim_messages import Ack, Identified
from .claim_notes import NOTES_MAX, ClaimNoted, ClaimOwned, ClaimTagged, DeskFact
from .claim_restricted import RestrictionNoted
from .content import ClaimContent
from .next_payer import NextPayerNoted
from .rebilling import CoverageWorkNoted, PayerChanged, RouteSeen
from .rules_outcome import Judged

Status: TypeAlias = Literal[
    "absent", "held", "waiting_coverage", "ready", "batched", "submitted", "accepted", "rejected", "paid", "denied"
]
STATUS_OF_OUTCOME: dict[str, Status] = {"accepted": "accepted", "rejected": "rejected"}
STATUS_OF_REMIT: dict[str, Status] = {
    "paid": "paid",
    "denied": "denied",
    "rejected": "rejected",
    "reversed": "accepted",
}
PRIOR_CLAIM = "the claim before"
COMMANDS_KEPT = 20
"""A person's repeated command is known among the last so many."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim, from intake to the payer's decision.

    `fingerprint` is of the claim as it came in; `holds` are the reasons that stop it now, `waived` the rules a person
    overruled, `waivable` those of its tenant's that may be; `judged` what rules and tables did to it; `answers` what
    eligibility last said of each coverage and day; `submissions` every outbound file it was in, the current one last;
    `early_acks` and `early_remittances` wait for the news that it was sent. `warn_on` are the days on which the filing
    limit is called out, `warned` how many of them have passed.
    """

    claim_id: str = ""
    account_id: str = ""
    coverage_id: str = ""
    status: Status = "absent"
    content: ClaimContent | None = None
    identity: Identified | None = None
    fingerprint: str = ""
    contradictions: tuple[str, ...] = ()
    partner: str = ""
    received_on: date | None = None
    origin: str = ""
    holds: tuple[HoldReason, ...] = ()
    waived: frozenset[str] = frozenset()
    waivable: frozenset[str] = frozenset()
    judged: Judged | None = None
    answers: tuple[tuple[str, date, CoverageState], ...] = ()
    coverage_seen: tuple[tuple[str, int], ...] = ()
    submissions: tuple[str, ...] = ()
    transmitted_on: date | None = None
    interchange: int | None = None
    group: int | None = None
    payer_claim_control_number: str | None = None
    acks: tuple[Ack, ...] = ()
    early_acks: tuple[Ack, ...] = ()
    refused: tuple[str, ...] = ()
    remittances: tuple[Remitted, ...] = ()
    early_remittances: tuple[Remitted, ...] = ()
    remitted_sequence: int = 0
    next_payers: tuple[NextPayerNoted, ...] = ()
    deadline_on: date | None = None
    warn_on: tuple[date, ...] = ()
    warned: int = 0
    commands: tuple[UUID, ...] = ()
    deadlines: tuple[Running, ...] = ()  # since the payer's last decision
    routes: tuple[RouteSeen, ...] = ()  # who takes the claims of a coverage and day instead
    payer_changes: tuple[PayerChanged, ...] = ()
    appeal_level: int = 0  # the highest that an appeal was sent at
    appeal_open: bool = False
    papers: tuple[tuple[str, ...], ...] = ()  # PWK of papers that were attached here
    appeals_seen: tuple[tuple[int, int], ...] = ()  # level and last sequence of each appeal
    network: Literal["in", "out"] | None = None  # whether its providers take part in the payer's
    patient: str = ""  # a pseudonym: one person under one coverage
    own_tags: tuple[str, ...] = ()  # set by people
    untagged: frozenset[str] = frozenset()  # taken away by people
    owner: str = ""
    notes: int = 0
    kept_from_plan: tuple[HoldReason, ...] = ()  # by a restriction that came while it was on its way, or out
    qmb_by: frozenset[str] = frozenset()  # coverages whose payer calls the patient a qualified Medicare beneficiary

    @property
    def coverage(self) -> CoverageState:
        """What eligibility last said of the coverage and day that the claim names now."""
        if self.content is None:
            return "waiting"
        for coverage_id, day, answer in self.answers:
            if (coverage_id, day) == (self.coverage_id, self.content.service_from):
                return answer
        return "waiting"

    @property
    def tags(self) -> tuple[str, ...]:
        """What rules and people tagged the claim with; a person may take away what a rule set."""
        ruled = self.judged.tags if self.judged else ()
        kept = (one for one in ruled if one not in self.untagged)
        return tuple(dict.fromkeys((*kept, *self.own_tags)))

    @property
    def may_be_noted(self) -> bool:
        """Whether there is room for another note."""
        return self.notes < NOTES_MAX

    @property
    def route(self) -> RouteSeen | None:
        """Who takes the claim instead of the payer it names now."""
        day = self.content.service_from if self.content else None
        return next(
            (one for one in self.routes if (one.coverage_id, one.service_date) == (self.coverage_id, day)), None
        )

    @property
    def submission_id(self) -> str | None:
        """The outbound file the claim is or was last in."""
        return self.submissions[-1] if self.submissions else None

    @property
    def is_of_qmb(self) -> bool:
        """Whether a payer calls the patient a qualified Medicare beneficiary on the claim's day. No is not known."""
        day = self.content.service_from if self.content else None
        return any(one == PRIOR_CLAIM or one.endswith(f" {day}") for one in self.qmb_by)

    @property
    def was_sent(self) -> bool:
        """Whether any file with it was ever delivered."""
        return self.transmitted_on is not None


def start_of(day: date) -> datetime:
    """The first moment of a day, UTC."""
    return datetime.combine(day, time(), UTC)


UNACCEPTED = frozenset[Status]({"held", "waiting_coverage", "ready", "batched", "submitted", "rejected"})
"""No payer has the claim, so its filing limit runs: a rejected claim was never received."""


def due(claim: Claim) -> datetime | None:
    """When a deadline is to be called out next: the filing limit until a payer accepts, others until they are met."""
    days = [day for one in open_deadlines(claim) if (day := one.warns_next_on) is not None]
    if claim.status in UNACCEPTED and claim.warned < len(claim.warn_on):
        days.append(claim.warn_on[claim.warned])
    return start_of(min(days)) if days else None


def open_deadlines(claim: Claim) -> tuple[Running, ...]:
    """What runs since the payer's decision and was not met: a correction by being sent, a next payer by its claim."""
    if not claim.deadlines:
        return ()
    met: set[str] = set()
    if claim.status not in ("denied", "rejected"):
        met.add("corrected_claim")
    if any(one.next_claim_id for one in claim.next_payers):
        met.add("secondary_filing")
    return tuple(one for one in claim.deadlines if one.kind not in met)


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
    return _remember(amended, fact.command_id)


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


def _remember(state: Claim, command_id: UUID | None) -> Claim:
    return state if command_id is None else replace(state, commands=(*state.commands, command_id)[-COMMANDS_KEPT:])


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
