"""A claim beside its contract: what was billed, what payers decided, and what came of holding one against the other.

Two topics tell it, in any order and more than once; what it knows is a set, so the order changes nothing. The contracts
and schedules are not known here: an effect asks for the judgement, and an answer to an older question is dropped.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal, NamedTuple, TypeAlias, assert_never
from uuid import UUID

from pydantic import Field, NonNegativeInt, TypeAdapter

from services.payments.core.contract_bill import Service
from services.payments.core.decided import Billed, Cas, Decided, DecidedLine
from services.payments.core.remitted import REVERSAL, Position
from services.payments.core.underpaid import Outcome
from shared.contracts import Adjustment as RemittedCas
from shared.contracts import Cents, ClaimRemitted, ClaimSubmitted, Contract, Event, LineDecision, Message, Meta
from shared.decider import Answer, Decider, Effect, Fact, Scalar
from shared.replaced import replace

VOID = "8"
ASKED_KEPT = 20
DECISIVE = frozenset({"1", "2", "3", "4", "19", "20", "21"})
"""CLP02 of what decides anything: a claim sent on (23) and a reversal (22) do not."""


class Judgement(Contract):
    """One case in short: enough to find it. Its lines are worked out when somebody asks for them."""

    key: str
    payer_id: str
    outcome: Outcome
    because: str = ""
    contract_id: str = ""
    version: int = 0
    expected_cents: Cents = 0
    allowed_cents: Cents = 0
    short_cents: Cents = 0
    over_cents: Cents = 0


class LookAgain(Message):
    """A contract or a schedule changed: judge the claim anew."""

    type: Literal["payments.review-again.v1"] = "payments.review-again.v1"
    claim_id: str


class ClaimJudged(Answer):
    """The claim as it was known at `known` was judged."""

    type: Literal["payments.claim-judged.v1"] = "payments.claim-judged.v1"
    claim_id: str
    known: NonNegativeInt
    judgements: tuple[Judgement, ...]


class JudgeClaim(Effect):
    """Hold the claim against its contracts."""

    type: Literal["payments.judge-claim.v1"] = "payments.judge-claim.v1"


class BillNoted(Fact):
    type: Literal["review.bill-noted.v1"] = "review.bill-noted.v1"
    claim_id: str
    account_id: str
    billed: Billed


class DecisionNoted(Fact):
    type: Literal["review.decision-noted.v1"] = "review.decision-noted.v1"
    claim_id: str
    account_id: str
    decided: Decided


class DecisionTakenBack(Fact):
    """The payer reversed it, or a person took it off the claim."""

    type: Literal["review.decision-taken-back.v1"] = "review.decision-taken-back.v1"
    claim_id: str
    account_id: str
    place: Position
    sequence: int


class JudgementAsked(Fact):
    """Something is known that was not; `command_id` of who asked for it, where somebody did."""

    type: Literal["review.judgement-asked.v1"] = "review.judgement-asked.v1"
    command_id: UUID | None = None


class ClaimWasJudged(Fact):
    type: Literal["review.judged.v1"] = "review.judged.v1"
    known: int
    judgements: tuple[Judgement, ...]


ReviewMessage: TypeAlias = ClaimSubmitted | ClaimRemitted | LookAgain | ClaimJudged
ReviewFact: TypeAlias = BillNoted | DecisionNoted | DecisionTakenBack | JudgementAsked | ClaimWasJudged
Decision: TypeAlias = tuple[ReviewFact | Effect, ...]


class TakenBack(NamedTuple):
    """Which decision does not stand since when; a decision posted there again later stands."""

    place: Position
    sequence: int


@dataclass(frozen=True, slots=True)
class ClaimReview:
    """One claim to one payer."""

    claim_id: str = ""
    account_id: str = ""
    billed: Billed | None = None
    decisions: tuple[Decided, ...] = ()
    taken_back: tuple[TakenBack, ...] = ()
    known: int = 0  # grows with whatever is known
    judged: int = 0  # what was known when it was judged last
    judgements: tuple[Judgement, ...] = ()
    asked: tuple[UUID, ...] = ()  # who asked for a judgement, the latest: each is answered once

    @property
    def standing(self) -> frozenset[Position]:
        """The decisions that were not taken back since."""
        gone = {one.place: one.sequence for one in self.taken_back}
        return frozenset(one.place for one in self.decisions if one.sequence > gone.get(one.place, -1))

    @property
    def outcome(self) -> str:
        """The one that most needs a person."""
        order = ("underpaid", "overpaid", "cannot_say", "denied", "as_expected", "gone")
        found = {one.outcome for one in self.judgements}
        return next((one for one in order if one in found), "")


def decide(state: ClaimReview, message: ReviewMessage) -> Decision:
    match message:
        case ClaimSubmitted():
            return _submitted(state, message)
        case ClaimRemitted():
            return _remitted(state, message)
        case LookAgain():
            return _again(state, message)
        case ClaimJudged():
            return _judged(state, message)
        case _:
            assert_never(message)


def _again(state: ClaimReview, command: LookAgain) -> Decision:
    if command.meta.id in state.asked or state.billed is None or not state.decisions:
        return ()
    return JudgementAsked(command_id=command.meta.id), JudgeClaim()


def _judged(state: ClaimReview, answer: ClaimJudged) -> Decision:
    """Where more is known by now, it was asked for again."""
    same = state.judged == answer.known and answer.judgements == state.judgements
    if answer.known != state.known or same:
        return ()
    return (ClaimWasJudged(known=answer.known, judgements=answer.judgements),)


def _ask(state: ClaimReview) -> Decision:
    return (JudgementAsked(), JudgeClaim()) if state.billed is not None else ()


def _submitted(state: ClaimReview, event: ClaimSubmitted) -> Decision:
    """The newest submission is what counts; a void bills nothing."""
    known = -1 if state.billed is None else state.billed.sequence
    if event.meta.sequence <= known or event.frequency_code == VOID:
        return ()
    billed = billed_of(event)
    noted = BillNoted(claim_id=event.claim_id, account_id=event.account_id, billed=billed)
    return (noted, JudgementAsked(), JudgeClaim()) if state.decisions else (noted,)


def billed_of(event: ClaimSubmitted) -> Billed:
    """What the claims service says of a claim, without its patient."""
    return Billed(
        sequence=event.meta.sequence,
        patient_control_number=event.patient_control_number,
        payer_id=event.payer_id,
        claim_type=event.claim_type,
        billing_npi=event.billing_npi,
        place_of_service=event.facility_code if event.claim_type != "I" else "",
        drg=event.drg,
        service_from=event.service_from,
        service_to=event.service_to,
        charge_cents=event.charge_cents,
        services=tuple(
            Service(
                number=number,
                procedure=line.procedure,
                modifiers=line.modifiers,
                units=_number(line.units),
                charge_cents=line.charge_cents,
                service_date=line.service_from,
                place_of_service=line.place_of_service,
                revenue_code=line.revenue_code,
                rendering_npi=line.rendering_npi or event.rendering_npi,
            )
            for number, line in enumerate(event.lines, 1)
        ),
        line_control_numbers=tuple(line.line_control_number for line in event.lines),
    )


def _number(text: str | None) -> Decimal | None:
    try:
        number = None if text is None else Decimal(text)
    except InvalidOperation:
        return None
    return number if number is None or number.is_finite() else None


def _remitted(state: ClaimReview, event: ClaimRemitted) -> Decision:
    place = Position(event.remittance_id, event.position)
    if event.status == REVERSAL:
        if event.reverses is None:
            return ()
        gone = Position(event.reverses.remittance_id, event.reverses.position)
        if any(one.place == gone and one.sequence >= event.meta.sequence for one in state.taken_back):
            return ()
        back = DecisionTakenBack(
            claim_id=event.claim_id, account_id=event.account_id, place=gone, sequence=event.meta.sequence
        )
        return (back, *_ask(state))
    if event.status not in DECISIVE:
        return ()
    if any(one.place == place and one.sequence >= event.meta.sequence for one in state.decisions):
        return ()
    noted = DecisionNoted(claim_id=event.claim_id, account_id=event.account_id, decided=decided_of(event))
    return (noted, *_ask(state))


def decided_of(event: ClaimRemitted) -> Decided:
    """A payer's decision; what stands at the claim's level is what the lines do not say."""
    lines = tuple(_line(one) for one in event.lines)
    rest: dict[tuple[str, str], int] = {}
    for one in event.adjustments:
        rest[one.group, one.reason] = rest.get((one.group, one.reason), 0) + one.amount_cents
    for line in lines:
        for cas in line.adjustments:
            rest[cas.group, cas.reason] = rest.get((cas.group, cas.reason), 0) - cas.cents
    return Decided(
        place=Position(event.remittance_id, event.position),
        sequence=event.meta.sequence,
        payer_id=event.payer_id,
        payer_claim_control_number=event.payer_claim_control_number or "",
        status=event.status,
        filing_code=event.filing_code,
        payment_date=event.payment_date,
        charge_cents=event.charge_cents,
        paid_cents=event.paid_cents,
        drg=event.drg,
        claim_adjustments=tuple(Cas(*code, cents) for code, cents in sorted(rest.items()) if cents),
        lines=lines,
    )


def _line(one: LineDecision) -> DecidedLine:
    return DecidedLine(
        line_control_number=one.line_control_number,
        procedure=one.procedure,
        modifiers=one.modifiers,
        original_procedure=one.original_procedure,
        original_modifiers=one.original_modifiers,
        revenue_code=one.revenue_code,
        units=_number(one.units),
        service_date=one.service_date,
        charge_cents=one.charge_cents,
        paid_cents=one.paid_cents,
        allowed_cents=one.allowed_cents,
        adjustments=tuple(_cas(cas) for cas in one.adjustments),
    )


def _cas(one: RemittedCas) -> Cas:
    return Cas(one.group, one.reason, one.amount_cents)


def evolve(state: ClaimReview, fact: ReviewFact) -> ClaimReview:
    match fact:
        case BillNoted():
            return replace(_of(state, fact), billed=fact.billed)
        case DecisionNoted():
            others = tuple(one for one in state.decisions if one.place != fact.decided.place)
            return replace(_of(state, fact), decisions=(*others, fact.decided))
        case DecisionTakenBack():
            others_gone = tuple(one for one in state.taken_back if one.place != fact.place)
            return replace(_of(state, fact), taken_back=(*others_gone, TakenBack(fact.place, fact.sequence)))
        case JudgementAsked():
            asked = (*state.asked, fact.command_id) if fact.command_id is not None else state.asked
            return replace(state, known=state.known + 1, asked=asked[-ASKED_KEPT:])
        case ClaimWasJudged():
            return replace(state, judged=fact.known, judgements=fact.judgements)
        case _:
            assert_never(fact)


def _of(state: ClaimReview, fact: BillNoted | DecisionNoted | DecisionTakenBack) -> ClaimReview:
    return replace(state, claim_id=fact.claim_id, account_id=state.account_id or fact.account_id)


def publish(_: ClaimReview, __: ReviewFact, ___: Meta) -> Event | None:
    """Nothing: what a person has to look at says so itself."""
    return None


def _index(state: ClaimReview) -> Mapping[str, Scalar]:
    because = next((one.because for one in state.judgements if one.outcome == "cannot_say"), "")
    return {"outcome": state.outcome, "because": because}


CLAIM_REVIEW: Decider[ClaimReview, ReviewMessage, ReviewFact] = Decider(
    service="payments",
    kind="claim_review",
    initial=ClaimReview(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda message: message.claim_id,
    record_key=lambda state: state.account_id,
    state_codec=TypeAdapter(ClaimReview),
    message_codec=TypeAdapter(Annotated[ReviewMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Annotated[ReviewFact, Field(discriminator="type")]),
    effect_codec=TypeAdapter(JudgeClaim),
    index=_index,
    keeps_history=False,
)
