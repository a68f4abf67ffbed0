"""A credit balance as work: whose it is, since when, whose work, and until when a federal payer must have it back.

The ledger opens it and closes it: a refund, an offset, a new charge. People say when it was identified, that it is
being investigated, and who owns it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Annotated, Literal, TypeAlias, assert_never

from pydantic import Field, TypeAdapter

from services.payments.core.overpayment_policy import OverpaymentPolicy
from shared.contracts import CreditBalanceCleared, CreditBalanceFound, Event, Message, Meta, PositiveCents
from shared.decider import Answer, Decider, Due, Effect, Fact, Scalar
from shared.replaced import replace

Federal: TypeAlias = Literal["yes", "no", "unknown"]


class AssignCredit(Message):
    """Somebody looks after it."""

    type: Literal["payments.assign-credit.v1"] = "payments.assign-credit.v1"
    case_id: str
    owner: str = Field(max_length=80)


class IdentifyCredit(Message):
    """A person says when the overpayment was identified, and whether a federal payer's."""

    type: Literal["payments.identify-credit.v1"] = "payments.identify-credit.v1"
    case_id: str
    identified_on: date
    federal: Federal
    reason: str = Field(min_length=3, max_length=500)


class InvestigateCredit(Message):
    """A good-faith investigation of related overpayments begins, or is concluded."""

    type: Literal["payments.investigate-credit.v1"] = "payments.investigate-credit.v1"
    case_id: str
    step: Literal["begin", "conclude"]
    on: date
    reason: str = Field(min_length=3, max_length=500)


class PayerLookedUp(Answer):
    """Whose remittance overpaid the claim."""

    type: Literal["payments.payer-looked-up.v1"] = "payments.payer-looked-up.v1"
    case_id: str
    payer_id: str
    filing_code: str


class LookUpPayer(Effect):
    type: Literal["payments.look-up-payer.v1"] = "payments.look-up-payer.v1"
    account_id: str
    claim_id: str


class CreditOpened(Fact):
    type: Literal["credit.opened.v1"] = "credit.opened.v1"
    case_id: str
    account_id: str
    claim_id: str
    cents: PositiveCents
    found_on: date
    sequence: int


class CreditGrew(Fact):
    """Another amount of the same credit."""

    type: Literal["credit.changed.v1"] = "credit.changed.v1"
    cents: PositiveCents
    sequence: int


class CreditClosed(Fact):
    type: Literal["credit.closed.v1"] = "credit.closed.v1"
    closed_on: date
    sequence: int


class CreditClassified(Fact):
    """Whose money it is, and whether the clock runs."""

    type: Literal["credit.classified.v1"] = "credit.classified.v1"
    payer_id: str
    federal: Federal
    identified_on: date | None
    due_on: date | None
    by: str
    reason: str


class CreditAssigned(Fact):
    type: Literal["credit.assigned.v1"] = "credit.assigned.v1"
    owner: str


class CreditInvestigated(Fact):
    type: Literal["credit.investigated.v1"] = "credit.investigated.v1"
    step: Literal["begin", "conclude"]
    on: date
    due_on: date | None
    reason: str


class CreditDeadlineCame(Fact):
    """It is near, or it is over, and the credit is still there."""

    type: Literal["credit.deadline-came.v1"] = "credit.deadline-came.v1"
    which: Literal["near", "over"]
    due_on: date


@dataclass(frozen=True, slots=True)
class CreditCase:
    """One credit of an account; of a claim where payers overpaid it."""

    case_id: str = ""
    account_id: str = ""
    claim_id: str = ""
    payer_id: str = ""
    cents: int = 0  # nothing once it is closed
    found_on: date = date.min
    closed_on: date | None = None
    federal: Federal = "unknown"
    identified_on: date | None = None
    began_on: date | None = None
    concluded_on: date | None = None
    due_on: date | None = None
    warned: Literal["", "near", "over"] = ""
    owner: str = ""
    sequence: int = 0  # of the account's last word about it: an older one says nothing


CreditMessage: TypeAlias = (
    CreditBalanceFound | CreditBalanceCleared | AssignCredit | IdentifyCredit | InvestigateCredit | PayerLookedUp | Due
)
CreditFact: TypeAlias = (
    CreditOpened
    | CreditGrew
    | CreditClosed
    | CreditClassified
    | CreditAssigned
    | CreditInvestigated
    | CreditDeadlineCame
)
CreditCaseDecider: TypeAlias = Decider[CreditCase, CreditMessage, CreditFact]
Decision: TypeAlias = tuple[CreditFact | Effect, ...]


def case_id_of(account_id: str, claim_id: str | None) -> str:
    """One case for each claim of an account, and one for the guarantor's own credit."""
    return f"credit_{account_id}_{claim_id or 'patient'}"


def decide(policy: OverpaymentPolicy, state: CreditCase, message: CreditMessage) -> Decision:  # noqa: PLR0911 - a table
    match message:
        case CreditBalanceFound():
            return _found(state, message)
        case CreditBalanceCleared():
            news = state.cents and message.meta.sequence > state.sequence
            on = message.meta.occurred_at.date()
            return (CreditClosed(closed_on=on, sequence=message.meta.sequence),) if news else ()
        case PayerLookedUp():
            return _looked_up(policy, state, message)
        case IdentifyCredit():
            return (_identified(policy, state, message),) if state.cents else ()
        case InvestigateCredit():
            return _investigated(policy, state, message)
        case AssignCredit():
            return (CreditAssigned(owner=message.owner),) if state.case_id and state.owner != message.owner else ()
        case Due():
            return _due(policy, state, message)
        case _:
            assert_never(message)


def _found(state: CreditCase, event: CreditBalanceFound) -> Decision:
    sequence = event.meta.sequence
    if sequence <= state.sequence:
        return ()
    if state.cents:
        return (CreditGrew(cents=event.credit_cents, sequence=sequence),)
    claim_id = event.claim_id or ""
    opened = CreditOpened(
        case_id=case_id_of(event.account_id, event.claim_id),
        account_id=event.account_id,
        claim_id=claim_id,
        cents=event.credit_cents,
        found_on=event.meta.occurred_at.date(),
        sequence=sequence,
    )
    return (opened, *((LookUpPayer(account_id=event.account_id, claim_id=claim_id),) if claim_id else ()))


def _looked_up(policy: OverpaymentPolicy, state: CreditCase, answer: PayerLookedUp) -> Decision:
    """A federal payer's clock runs from the day it was found until a person says otherwise: the earliest there is."""
    if not state.cents or state.identified_on is not None:
        return ()
    rules = policy.on(state.found_on)
    known = answer.filing_code != ""
    federal: Federal = ("yes" if answer.filing_code in rules.federal_filing_codes else "no") if known else "unknown"
    return (
        CreditClassified(
            payer_id=answer.payer_id,
            federal=federal,
            identified_on=None if federal == "no" else state.found_on,
            due_on=None if federal == "no" else policy.due_on(state.found_on, None, None),
            by="remittance",
            reason=f"CLP06 {answer.filing_code}" if known else "no remittance of this claim names the kind of payer",
        ),
    )


def _identified(policy: OverpaymentPolicy, state: CreditCase, command: IdentifyCredit) -> CreditClassified:
    on = None if command.federal == "no" else command.identified_on
    return CreditClassified(
        payer_id=state.payer_id,
        federal=command.federal,
        identified_on=on,
        due_on=None if on is None else policy.due_on(on, state.began_on, state.concluded_on),
        by=command.meta.actor,
        reason=command.reason,
    )


def _investigated(policy: OverpaymentPolicy, state: CreditCase, command: InvestigateCredit) -> Decision:
    if not state.cents:
        return ()
    begins = command.step == "begin" and state.began_on is None
    concludes = command.step == "conclude" and state.began_on is not None and state.concluded_on is None
    if not begins and not concludes:
        return ()
    began_on, concluded_on = (command.on, None) if begins else (state.began_on, command.on)
    due_on = None if state.identified_on is None else policy.due_on(state.identified_on, began_on, concluded_on)
    return (CreditInvestigated(step=command.step, on=command.on, due_on=due_on, reason=command.reason),)


def _due(policy: OverpaymentPolicy, state: CreditCase, message: Due) -> Decision:
    at = deadline(policy, state)
    if message.kind != "credit_case" or at is None or message.due_at != at or state.due_on is None:
        return ()
    return (CreditDeadlineCame(which="over" if state.warned == "near" else "near", due_on=state.due_on),)


def deadline(policy: OverpaymentPolicy, state: CreditCase) -> datetime | None:
    """First the warning, then the day after the last day."""
    if not state.cents or state.due_on is None or state.warned == "over":
        return None
    day = state.due_on + timedelta(1)
    if not state.warned:
        day = max(state.due_on - timedelta(policy.on(state.due_on).warn_days), state.found_on)
    return datetime.combine(day, time(), UTC)


def evolve(state: CreditCase, fact: CreditFact) -> CreditCase:  # noqa: PLR0911 - a table
    match fact:
        case CreditOpened():
            return CreditCase(
                case_id=fact.case_id,
                account_id=fact.account_id,
                claim_id=fact.claim_id,
                cents=fact.cents,
                found_on=fact.found_on,
                sequence=fact.sequence,
                owner=state.owner,
            )
        case CreditGrew():
            return replace(state, cents=fact.cents, sequence=fact.sequence)
        case CreditClosed():
            return replace(state, cents=0, closed_on=fact.closed_on, sequence=fact.sequence)
        case CreditClassified():
            changed = replace(state, payer_id=fact.payer_id, federal=fact.federal, identified_on=fact.identified_on)
            return _clocked(changed, fact.due_on)
        case CreditAssigned():
            return replace(state, owner=fact.owner)
        case CreditInvestigated():
            if fact.step == "begin":
                return _clocked(replace(state, began_on=fact.on), fact.due_on)
            return _clocked(replace(state, concluded_on=fact.on), fact.due_on)
        case CreditDeadlineCame():
            return replace(state, warned=fact.which)
        case _:
            assert_never(fact)


def _clocked(state: CreditCase, due_on: date | None) -> CreditCase:
    """Another day asks for a warning of its own. An unknown payer has the clock of a federal one."""
    return replace(state, due_on=due_on, warned=state.warned if due_on == state.due_on else "")


def publish(_: CreditCase, __: CreditFact, ___: Meta) -> Event | None:
    """Nothing: the account says that there is a credit, and when there is none."""
    return None


def _id(message: CreditMessage) -> str:
    match message:
        case CreditBalanceFound() | CreditBalanceCleared():
            return case_id_of(message.account_id, message.claim_id)
        case Due():
            return message.aggregate_id
        case _:
            return message.case_id


def _index(state: CreditCase) -> Mapping[str, Scalar]:
    return {
        "open": state.cents > 0,
        "federal": state.federal if state.cents else None,
        "warned": state.warned if state.cents else None,
        "owner": state.owner,
        "of": ("payer" if state.claim_id else "patient") if state.cents else None,
    }


def make_credit_case(policy: OverpaymentPolicy) -> CreditCaseDecider:
    """The decider under a policy of clocks."""
    return Decider(
        service="payments",
        kind="credit_case",
        initial=CreditCase(),
        decide=partial(decide, policy),
        evolve=evolve,
        publish=publish,
        aggregate_id=_id,
        record_key=lambda state: state.account_id,
        state_codec=TypeAdapter(CreditCase),
        message_codec=TypeAdapter(Annotated[CreditMessage, Field(discriminator="type")]),
        fact_codec=TypeAdapter(Annotated[CreditFact, Field(discriminator="type")]),
        effect_codec=TypeAdapter(LookUpPayer),
        index=_index,
        due=partial(deadline, policy),
    )
