"""An underpayment as work: what is missing of one payer control number, until when it can be disputed, what came of it.

What is missing comes from the judgement of the claim and from nothing else: a correction of the payer closes or changes
it. Persons say what they do about it. The ledger is not touched: what the payer wrote down was written down, and what
it pays after all is posted from its remittance.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Annotated, Literal, TypeAlias, assert_never

from pydantic import Field, TypeAdapter

from services.payments.core.underpayment_facts import (
    CaseNoted,
    CommandPassedOver,
    CorrespondenceNoted,
    UnderpaymentAccepted,
    UnderpaymentAnnounced,
    UnderpaymentAssigned,
    UnderpaymentDeadlineCame,
    UnderpaymentDisputed,
    UnderpaymentReopened,
    UnderpaymentWriteOffAsked,
    UnderpaymentWriteOffDecided,
)
from services.payments.core.underpayment_messages import (
    AcceptUnderpayment,
    AskUnderpaymentWriteOff,
    AssignUnderpayment,
    DecideUnderpaymentWriteOff,
    DisputeUnderpayment,
    NoteCase,
    NoteCorrespondence,
    ReopenUnderpayment,
)
from services.payments.core.underpayment_policy import UnderpaymentPolicy
from services.payments.core.underpayment_state import GIVEN_UP as GIVEN_UP
from services.payments.core.underpayment_state import MERGED as MERGED
from services.payments.core.underpayment_state import WORKED_ON as WORKED_ON
from services.payments.core.underpayment_state import Underpayment as Underpayment
from services.payments.core.underpayment_state import UnderpaymentFact as UnderpaymentFact
from services.payments.core.underpayment_state import evolve as evolve
from shared.contracts import Event, Meta, UnderpaymentClosed, UnderpaymentFound
from shared.decider import Decider, Due, Scalar

CLOSED_AS: Mapping[str, Literal["recovered", "accepted", "written_off", "no_longer_short", "withdrawn"]] = {
    "recovered": "recovered",
    "accepted": "accepted",
    "written_off": "written_off",
    "no_longer_short": "no_longer_short",
    "cannot_say": "no_longer_short",
    "overpaid": "no_longer_short",
    "denied": "withdrawn",
    "withdrawn": "withdrawn",
    "superseded": "withdrawn",
}
PersonsWord: TypeAlias = (
    DisputeUnderpayment
    | NoteCorrespondence
    | AcceptUnderpayment
    | AskUnderpaymentWriteOff
    | DecideUnderpaymentWriteOff
    | ReopenUnderpayment
    | AssignUnderpayment
)
UnderpaymentMessage: TypeAlias = NoteCase | PersonsWord | Due
UnderpaymentDecider: TypeAlias = Decider[Underpayment, UnderpaymentMessage, UnderpaymentFact]
Decision: TypeAlias = tuple[UnderpaymentFact, ...]


def underpayment_id_of(claim_id: str, case: str) -> str:
    """The id of the work about one case of a claim."""
    return f"up_{claim_id}_{case}"


def decide(policy: UnderpaymentPolicy, state: Underpayment, message: UnderpaymentMessage) -> Decision:
    match message:
        case NoteCase():
            return _announced(state, _noted(state, message))
        case Due():
            return _due(policy, state, message)
        case _:
            if message.meta.id in state.commands:
                return ()
            made = _on_persons_word(policy, state, message) if state.case is not None else ()
            return made or (CommandPassedOver(command_id=message.meta.id),)


# One branch for each word: the table itself, not logic to take apart.
def _on_persons_word(policy: UnderpaymentPolicy, state: Underpayment, message: PersonsWord) -> Decision:  # noqa: PLR0911
    match message:
        case DisputeUnderpayment():
            return _announced(state, _disputed(state, message))
        case NoteCorrespondence():
            return (_correspondence(message),)
        case AcceptUnderpayment():
            open_ = state.status in WORKED_ON | {"overpaid"}
            return _announced(state, (_accepted(state, message),) * open_)
        case AskUnderpaymentWriteOff():
            return _announced(state, _asked(policy, state, message))
        case DecideUnderpaymentWriteOff():
            return _announced(state, _decided(state, message))
        case ReopenUnderpayment():
            reopened = UnderpaymentReopened(command_id=message.meta.id, reason=message.reason)
            return _announced(state, (reopened,) if state.disposition in GIVEN_UP else ())
        case AssignUnderpayment():
            return (
                (UnderpaymentAssigned(command_id=message.meta.id, owner=message.owner),)
                if message.owner != state.owner
                else ()
            )
        case _:
            assert_never(message)


def _noted(state: Underpayment, message: NoteCase) -> Decision:
    """The newest judgement counts. What was given up is open again when more is missing than then."""
    if message.known < state.known or message.case == state.case:
        return ()
    noted = CaseNoted(
        underpayment_id=message.underpayment_id,
        account_id=message.account_id,
        claim_id=message.claim_id,
        known=message.known,
        on=message.meta.occurred_at.date(),
        case=message.case,
    )
    if state.disposition in GIVEN_UP and message.case.short_cents > state.settled_cents:
        return noted, UnderpaymentReopened(command_id=None, reason="more is missing than was given up")
    return (noted,)


def _disputed(state: Underpayment, command: DisputeUnderpayment) -> Decision:
    if not state.short_cents or state.status not in WORKED_ON:
        return ()
    return (
        UnderpaymentDisputed(
            command_id=command.meta.id,
            disputed_on=command.disputed_on,
            channel=command.channel,
            reference=command.reference,
            reason=command.reason,
            cents=state.short_cents,
        ),
    )


def _accepted(state: Underpayment, command: AcceptUnderpayment) -> UnderpaymentAccepted:
    return UnderpaymentAccepted(command_id=command.meta.id, cents=state.short_cents, reason=command.reason)


def _correspondence(command: NoteCorrespondence) -> CorrespondenceNoted:
    return CorrespondenceNoted(
        command_id=command.meta.id,
        on=command.on,
        direction=command.direction,
        channel=command.channel,
        reference=command.reference,
        summary=command.summary,
    )


def _asked(policy: UnderpaymentPolicy, state: Underpayment, command: AskUnderpaymentWriteOff) -> Decision:
    if not state.short_cents or state.status not in WORKED_ON - {"write_off_asked"}:
        return ()
    rules = policy.on(command.meta.tenant, command.meta.occurred_at.date())
    asked = UnderpaymentWriteOffAsked(
        command_id=command.meta.id,
        cents=state.short_cents,
        asked_by=command.meta.actor,
        needs_second=state.short_cents > rules.write_off_alone_cents,
        reason=command.reason,
    )
    return (asked,)


def _decided(state: Underpayment, command: DecideUnderpaymentWriteOff) -> Decision:
    """Never by the one who asked: four eyes are two people."""
    if state.status != "write_off_asked" or command.meta.actor == state.asked_by:
        return ()
    return (
        UnderpaymentWriteOffDecided(
            command_id=command.meta.id,
            approved=command.approved,
            decided_by=command.meta.actor,
            reason=command.reason,
        ),
    )


def _due(policy: UnderpaymentPolicy, state: Underpayment, message: Due) -> Decision:
    at = deadline(policy, state)
    if message.kind != "underpayment" or at is None or message.due_at != at:
        return ()
    assert state.case is not None
    assert state.case.dispute_by is not None
    which: Literal["near", "over"] = "over" if state.warned == "near" else "near"
    return (UnderpaymentDeadlineCame(which=which, dispute_by=state.case.dispute_by),)


def deadline(policy: UnderpaymentPolicy, state: Underpayment) -> datetime | None:
    """First the warning, then the day after the last day; none once it is disputed or given up."""
    last = None if state.case is None else state.case.dispute_by
    if last is None or not state.short_cents or state.disposition or state.warned == "over":
        return None
    day = last + timedelta(1)
    if not state.warned:
        day = max(last - timedelta(policy.on("", last).warn_days), state.found_on)
    return datetime.combine(day, time(), UTC)


def _announced(before: Underpayment, facts: Decision) -> Decision:
    """The facts, and what others are told of them: each change, from the first time that something was missing."""
    if not facts:
        return ()
    state = before
    for fact in facts:
        state = evolve(state, fact)
    case, last = state.case, before.announced
    assert case is not None
    works = state.status in WORKED_ON
    if not works and last is None:
        return facts
    said = UnderpaymentAnnounced(
        outcome="found" if works else CLOSED_AS[state.status],
        short_cents=case.short_cents,
        recovered_cents=case.recovered_cents,
        dispute_by=case.dispute_by,
    )
    return facts if said == last else (*facts, said)


def publish(state: Underpayment, fact: UnderpaymentFact, meta: Meta) -> Event | None:
    case = state.case
    if not isinstance(fact, UnderpaymentAnnounced) or case is None:
        return None
    if fact.outcome == "found":
        return UnderpaymentFound(
            meta=meta,
            account_id=state.account_id,
            claim_id=state.claim_id,
            underpayment_id=state.underpayment_id,
            payer_id=case.payer_id,
            payer_claim_control_number=case.payer_claim_control_number,
            contract_id=case.contract_id,
            contract_version=case.version,
            expected_cents=case.expected_cents,
            allowed_cents=case.allowed_cents,
            short_cents=fact.short_cents,
            recovered_cents=fact.recovered_cents,
            dispute_by=fact.dispute_by,
        )
    return UnderpaymentClosed(
        meta=meta,
        account_id=state.account_id,
        claim_id=state.claim_id,
        underpayment_id=state.underpayment_id,
        payer_id=case.payer_id,
        outcome=fact.outcome,
        recovered_cents=fact.recovered_cents,
        given_up_cents=fact.short_cents,
    )


def _index(state: Underpayment) -> Mapping[str, Scalar]:
    case = state.case
    return {
        "status": state.status,
        "open": state.status in WORKED_ON,
        "payer_id": case.payer_id if case else "",
        "contract_id": case.contract_id if case else "",
        "claim_id": state.claim_id,
        "owner": state.owner,
        "warned": state.warned if state.status in WORKED_ON else "",
    }


def make_underpayment(policy: UnderpaymentPolicy) -> UnderpaymentDecider:
    """The decider under a policy of limits and warnings."""
    return Decider(
        service="payments",
        kind="underpayment",
        initial=Underpayment(),
        decide=partial(decide, policy),
        evolve=evolve,
        publish=publish,
        aggregate_id=lambda message: message.aggregate_id if isinstance(message, Due) else message.underpayment_id,
        record_key=lambda state: state.account_id or state.underpayment_id,
        state_codec=TypeAdapter(Underpayment),
        message_codec=TypeAdapter(Annotated[UnderpaymentMessage, Field(discriminator="type")]),
        fact_codec=TypeAdapter(Annotated[UnderpaymentFact, Field(discriminator="type")]),
        index=_index,
        due=partial(deadline, policy),
    )
