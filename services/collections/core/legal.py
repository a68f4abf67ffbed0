"""A suit from the pre-legal review to its end: proposed, approved by another person, filed, served, judged, satisfied.

The compliance gate is asked at each step that goes on, and what it blocks is refused with its reason: a time-barred
debt (12 CFR 1006.26(b)), the 120 days and the written notice 30 days before (26 CFR 1.501(r)-6), disputes, bankruptcy,
active duty. Ending a suit needs nobody's leave. Costs stay the practice's own until a judgment awards them.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Annotated, Any, TypeAlias, assert_never

from pydantic import Field, TypeAdapter

from services.collections.core.legal_case import (
    CaseFact,
    CostAdded,
    JudgmentGiven,
    LegalCase,
    LegalFact,
    LegalNotDone,
    SuitEnded,
    SuitFiled,
    SuitProposed,
    SuitReviewed,
    SuitServed,
    evolve,
)
from services.collections.core.legal_messages import (
    AddCost,
    CaseTold,
    EndSuit,
    EnterJudgment,
    FileSuit,
    GateAnswer,
    LegalCommand,
    ProposeSuit,
    RestAccount,
    ReviewSuit,
    ServeSuit,
)
from services.collections.core.legal_policy import LegalBook
from shared.contracts import (
    Event,
    JudgmentEntered,
    LegalActionEnded,
    LegalActionStarted,
    Meta,
)
from shared.decider import Decider, Effect, Scalar

OPEN = frozenset({"proposed", "approved", "filed", "served", "judged"})
IN_COURT = frozenset({"filed", "served", "judged"})


LegalMessage: TypeAlias = ProposeSuit | ReviewSuit | FileSuit | ServeSuit | EnterJudgment | EndSuit | AddCost | CaseTold
Decision: TypeAlias = tuple[LegalFact | Effect, ...]
LegalDecider: TypeAlias = Decider["LegalCase", LegalMessage, LegalFact]


def decide(book: LegalBook, state: LegalCase, message: LegalMessage) -> Decision:
    """A command is answered once; a repeat of it says nothing."""
    command_id = str(message.meta.id)
    if command_id in state.heard:
        return ()
    made = _answer(book, state, message)
    return tuple(
        one.model_copy(update={"command_id": command_id}) if isinstance(one, CaseFact) else one for one in made
    )


def _answer(book: LegalBook, state: LegalCase, message: LegalMessage) -> Decision:  # noqa: PLR0911 - one case per message
    match message:
        case ProposeSuit():
            return _propose(book, state, message)
        case ReviewSuit():
            return _review(book, state, message)
        case FileSuit():
            return _file(book, state, message)
        case ServeSuit():
            return _serve(state, message)
        case EnterJudgment():
            return _judge(state, message)
        case EndSuit():
            return _end(state, message)
        case AddCost():
            return _cost(state, message)
        case CaseTold():
            return ()
        case _:
            assert_never(message)


def _propose(book: LegalBook, state: LegalCase, command: ProposeSuit) -> Decision:
    if state.status != "unseen":
        return ()
    on = command.meta.occurred_at.date()
    terms = book.find(command.meta.tenant, on)
    if terms is None:
        return _not_done(state, command, "no terms for suits are in force")
    if command.claimed_cents < terms.least_cents:
        return _not_done(state, command, f"no suit for less than {terms.least_cents} cents")
    if not command.gate.allowed:
        return _not_done(state, command, _blocked(command.gate))
    proposed = SuitProposed(
        case_id=command.case_id,
        account_id=command.account_id,
        claimed_cents=command.claimed_cents,
        proposed_by=command.meta.actor,
        proposed_on=on,
        decision_id=command.gate.decision_id,
    )
    return (proposed,)


def _review(book: LegalBook, state: LegalCase, command: ReviewSuit) -> Decision:
    on, actor = command.meta.occurred_at.date(), command.meta.actor
    terms = book.find(command.meta.tenant, on)
    why = ""
    if state.status != "proposed":
        why = f"the case is {state.status}: nothing waits for a review"
    elif actor == state.proposed_by or actor in state.approved_by:
        why = "whoever proposed or approved it cannot approve it again: another person must"
    elif command.approved and (terms is None or not terms.may_approve(command.roles, state.claimed_cents)):
        why = f"your roles may not approve a suit for {state.claimed_cents} cents"
    elif command.approved and not command.gate.allowed:
        why = _blocked(command.gate)
    if why or terms is None:
        return _not_done(state, command, why or "no terms for suits are in force")
    reviewed = SuitReviewed(
        approved=command.approved,
        reviewed_by=actor,
        reviewed_on=on,
        enough=command.approved and len(state.approved_by) + 1 >= terms.approvals,
        decision_id=command.gate.decision_id,
    )
    return (reviewed,)


def _file(book: LegalBook, state: LegalCase, command: FileSuit) -> Decision:
    on = command.meta.occurred_at.date()
    terms = book.find(command.meta.tenant, on)
    why = ""
    if state.status != "approved" or state.approved_on is None or terms is None:
        why = f"the case is {state.status}: only one that another person approved is filed"
    elif on > state.approved_on + timedelta(terms.approval_days):
        why = f"its approval is older than {terms.approval_days} days: withdraw it and propose it anew"
    elif command.filed_on > on or command.filed_on < state.approved_on:
        why = "filed_on: not before its approval, and not after today"
    elif command.owed_cents < state.claimed_cents:
        why = f"only {command.owed_cents} cents are owed now: withdraw it and propose what is owed"
    elif not command.gate.allowed:
        why = _blocked(command.gate)
    if why:
        return _not_done(state, command, why)
    filed = SuitFiled(
        account_id=state.account_id,
        filed_on=command.filed_on,
        court=command.court,
        sealed_docket=command.sealed_docket,
        decision_id=command.gate.decision_id,
    )
    return filed, _rest(state, rests=True)


def _serve(state: LegalCase, command: ServeSuit) -> Decision:
    if state.status != "filed" or state.filed_on is None or command.served_on < state.filed_on:
        return _not_done(state, command, f"the case is {state.status}: a suit is served after it was filed")
    return (SuitServed(served_on=command.served_on),)


def _judge(state: LegalCase, command: EnterJudgment) -> Decision:
    """A judgment by consent may come before service; any other court heard that the guarantor was served."""
    fitting = ("served", "filed") if command.by == "consent" else ("served",)
    if state.status not in fitting:
        return _not_done(state, command, f"the case is {state.status}: a judgment comes after service, or by consent")
    if state.filed_on is not None and command.judged_on < state.filed_on:
        return _not_done(state, command, "judged_on: not before it was filed")
    said = {name: getattr(command, name) for name in JudgmentGiven.model_fields if name not in {"type", "command_id"}}
    return (JudgmentGiven(**said),)


def _end(state: LegalCase, command: EndSuit) -> Decision:
    if state.status not in OPEN:
        return _not_done(state, command, f"the case is {state.status}: it is over, or never began")
    if command.how == "satisfied" and (state.status != "judged" or command.owed_cents > 0):
        why = "a judgment is satisfied when nothing is owed any more: post what was paid first"
        return _not_done(state, command, why)
    if command.how == "dismissed" and state.status not in IN_COURT:
        return _not_done(state, command, f"the case is {state.status}: a court dismisses what was filed")
    ended = SuitEnded(how=command.how, ended_on=command.ended_on)
    return (ended, _rest(state, rests=False)) if state.status in IN_COURT else (ended,)


def _cost(state: LegalCase, command: AddCost) -> Decision:
    if any(one.cost_id == command.cost_id for one in state.costs):
        return ()
    if state.status not in OPEN:
        return _not_done(state, command, f"the case is {state.status}: it has no more costs")
    return (CostAdded(cost_id=command.cost_id, kind=command.kind, cents=command.cents, on=command.on),)


def _rest(state: LegalCase, *, rests: bool) -> RestAccount:
    return RestAccount(account_id=state.account_id, case_id=state.case_id, rests=rests)


def _blocked(gate: GateAnswer) -> str:
    return f"the compliance gate blocks it: {gate.because}"


def _not_done(state: LegalCase, command: LegalCommand, because: str) -> Decision:
    return (LegalNotDone(case_id=state.case_id or command.case_id, because=because),)


def publish(state: LegalCase, fact: LegalFact, meta: Meta) -> Event | None:
    """That a suit began, was decided and ended. Neither court nor docket."""
    common: dict[str, Any] = {"meta": meta, "account_id": state.account_id, "case_id": state.case_id}
    match fact:
        case SuitFiled():
            return LegalActionStarted(**common, filed_on=fact.filed_on, claimed_cents=state.claimed_cents)
        case JudgmentGiven():
            return JudgmentEntered(**common, judged_on=fact.judged_on, judgment_cents=state.judgment_cents)
        case SuitEnded() if state.filed_on is not None:
            return LegalActionEnded(**common, how=fact.how)
        case _:
            return None


def _index(state: LegalCase) -> Mapping[str, Scalar]:
    return {"status": state.status, "account_id": state.account_id or None, "is_open": state.status in OPEN}


def make_legal(book: LegalBook) -> LegalDecider:
    """The decider under the clients' terms."""
    return Decider(
        service="collections",
        kind="legal_case",
        initial=LegalCase(),
        decide=partial(decide, book),
        evolve=evolve,
        publish=publish,
        aggregate_id=lambda message: message.case_id,
        record_key=lambda state: state.account_id or state.case_id,
        state_codec=TypeAdapter(LegalCase),
        message_codec=TypeAdapter(Annotated[LegalMessage, Field(discriminator="type")]),
        fact_codec=TypeAdapter(Annotated[LegalFact, Field(discriminator="type")]),
        effect_codec=TypeAdapter(RestAccount),
        index=_index,
    )
