"""A deposit: money that came onto one of the practice's bank accounts, and what explains it.

It is matched by itself only where trace, sender, amount and date agree with exactly one remittance (or with all of that
trace together); everything else is a person's, with a reason. What nothing explains is unapplied cash.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Annotated, Literal, NamedTuple, TypeAlias, assert_never

from pydantic import Field, TypeAdapter

from services.payments.core.bank_policy import BankPolicy
from services.payments.core.cash import CashAccount, cash_sides
from services.payments.core.deposit_facts import (
    DepositLate,
    DepositRecorded,
    DepositRepeatDiffered,
    DepositTraceLearned,
    MatchFailed,
    MatchProposed,
    PartMatched,
    PartUnmatched,
    RestSetAside,
)
from services.payments.core.deposit_messages import (
    CandidatesFound,
    ClaimExpected,
    ExpectedClaimed,
    ExpectedReleased,
    FindExpected,
    LookAgain,
    MatchDeposit,
    MatchedBy,
    RecordDeposit,
    ReleaseExpected,
    SetDepositAside,
    UnmatchDeposit,
)
from services.payments.core.expected import EXPLAINED_BY, ExpectedKind, same_originator, trace_key
from shared.contracts import DepositMatched, DepositUnmatched, Event, Meta
from shared.decider import Decider, Due, Effect, Scalar
from shared.replaced import replace


class MatchedPart(NamedTuple):
    """Part of the deposit, and what it is; not yet `confirmed` while the other side is being asked."""

    expected_id: str
    cents: int
    by: MatchedBy
    reason: str
    kind: ExpectedKind = "remittance"
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Deposit:
    """One credit on a bank account."""

    deposit_id: str = ""
    bank_account_id: str = ""
    cents: int = 0
    deposited_on: date = date.min
    awaited_until: date = date.min
    method: str = ""
    trace: str = ""
    originator: str = ""
    bank_reference: str = ""
    parts: tuple[MatchedPart, ...] = ()
    set_aside_cents: int = 0
    set_aside_reason: str = ""
    late_since: date | None = None
    undone: tuple[str, ...] = ()  # a person took these matches back: they are not made again by themselves
    conflicts: tuple[str, ...] = ()

    @property
    def free_cents(self) -> int:
        """What no part, proposed or matched, accounts for."""
        return self.cents - self.set_aside_cents - sum(part.cents for part in self.parts)

    @property
    def unapplied_cents(self) -> int:
        """What nothing explains yet: unapplied cash."""
        return self.free_cents + sum(part.cents for part in self.parts if not part.confirmed)

    @property
    def status(self) -> Literal["unseen", "open", "late", "matched", "set_aside"]:
        if not self.deposit_id:
            return "unseen"
        if self.unapplied_cents:
            return "late" if self.late_since is not None else "open"
        return "set_aside" if self.set_aside_cents else "matched"

    def part(self, expected_id: str) -> MatchedPart | None:
        return next((part for part in self.parts if part.expected_id == expected_id), None)


DepositMessage: TypeAlias = (
    RecordDeposit
    | MatchDeposit
    | UnmatchDeposit
    | SetDepositAside
    | LookAgain
    | CandidatesFound
    | ExpectedClaimed
    | ExpectedReleased
    | Due
)
DepositEffect: TypeAlias = FindExpected | ClaimExpected | ReleaseExpected
DepositFact: TypeAlias = (
    DepositRecorded
    | MatchProposed
    | MatchFailed
    | PartMatched
    | PartUnmatched
    | RestSetAside
    | DepositLate
    | DepositTraceLearned
    | DepositRepeatDiffered
)
DepositDecider: TypeAlias = Decider[Deposit, DepositMessage, DepositFact]
Decision: TypeAlias = tuple[DepositFact | Effect, ...]


def deposit_id_of(account_id: str, on: date, cents: int, reference: str, ordinal: int) -> str:
    """The same credit has the same id, whatever file or caller tells of it; `ordinal` counts true twins of a day."""
    text = "\x1f".join((account_id, on.isoformat(), str(cents), reference.strip().upper(), str(ordinal)))
    return f"dep_{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def decide(policy: BankPolicy, state: Deposit, message: DepositMessage) -> Decision:  # noqa: PLR0911 - a table
    match message:
        case RecordDeposit():
            return _record(policy, state, message)
        case LookAgain():
            return _look(state)
        case CandidatesFound():
            return _propose_by_trace(policy, state, message)
        case MatchDeposit():
            return _propose_by_person(state, message)
        case ExpectedClaimed():
            return _settle(state, message)
        case UnmatchDeposit():
            return _unmatch(state, message)
        case SetDepositAside():
            return _set_aside(state, message)
        case Due():
            return _late(state, message)
        case ExpectedReleased():
            return ()
        case _:
            assert_never(message)


def _record(policy: BankPolicy, state: Deposit, command: RecordDeposit) -> Decision:
    """Account, day, amount and reference are the deposit's id: a repeat may still tell the trace, or another one."""
    trace = trace_key(command.trace)
    if state.deposit_id:
        return _told_again(state, trace)
    recorded = DepositRecorded(
        deposit_id=command.deposit_id,
        bank_account_id=command.bank_account_id,
        deposited_on=command.deposited_on,
        method=command.method,
        trace=trace,
        originator=command.originator,
        bank_reference=command.bank_reference,
        awaited_until=policy.awaited_until(command.deposited_on, command.method),
        **cash_sides(CashAccount.BANK, CashAccount.UNAPPLIED_CASH, command.deposited_cents),
    )
    return (recorded, *((FindExpected(trace=trace),) if trace else ()))


def _told_again(state: Deposit, trace: str) -> Decision:
    if not trace or trace == state.trace or trace in state.conflicts:
        return ()
    if state.trace:
        return (DepositRepeatDiffered(trace=trace),)
    learned = DepositTraceLearned(trace=trace)
    return (learned, FindExpected(trace=trace)) if state.free_cents > 0 else (learned,)


def _look(state: Deposit) -> Decision:
    return (FindExpected(trace=state.trace),) if state.free_cents > 0 and state.trace else ()


def _propose_by_trace(policy: BankPolicy, state: Deposit, answer: CandidatesFound) -> Decision:
    """Only where one, or all together, are the whole open amount: which of two it is, nobody guesses."""
    known = {*state.undone, *(part.expected_id for part in state.parts)}
    fitting = [
        one
        for one in answer.candidates
        if one.expected_id not in known
        and policy.fits(one.sent_on, state.deposited_on, one.method)
        and same_originator(one.originator, state.originator)
    ]
    exact = [one for one in fitting if one.open_cents == state.free_cents]
    if len(exact) == 1:
        return _proposals([(exact[0].expected_id, exact[0].open_cents)], "trace", "")
    if not exact and fitting and sum(one.open_cents for one in fitting) == state.free_cents:
        return _proposals([(one.expected_id, one.open_cents) for one in fitting], "trace", "")
    return ()


def _propose_by_person(state: Deposit, command: MatchDeposit) -> Decision:
    """Not more than is free, and nothing twice; the API says why nothing came of it."""
    wanted = [(part.expected_id, part.cents) for part in command.parts]
    if why_not(state, wanted):
        return ()
    return _proposals(wanted, "person", command.reason)


def why_not(state: Deposit, wanted: list[tuple[str, int]]) -> str:
    """Why a person's match is refused; empty when it is not."""
    names = [name for name, _ in wanted]
    if len(set(names)) < len(names) or any(state.part(name) is not None for name in names):
        return "a remittance is named twice, or is matched with this deposit already"
    asked_cents = sum(cents for _, cents in wanted)
    if asked_cents > state.free_cents:
        return f"the parts are {asked_cents} cents, and {state.free_cents} cents of the deposit are free"
    return ""


def _proposals(wanted: list[tuple[str, int]], by: MatchedBy, reason: str) -> Decision:
    facts = (MatchProposed(expected_id=name, cents=cents, by=by, reason=reason) for name, cents in wanted)
    return (*facts, *(ClaimExpected(expected_id=name, cents=cents) for name, cents in wanted))


def _settle(state: Deposit, answer: ExpectedClaimed) -> Decision:
    part = state.part(answer.expected_id)
    if part is None or part.confirmed:
        return ()
    if not answer.accepted:
        return (MatchFailed(expected_id=answer.expected_id),)
    return (
        PartMatched(
            expected_id=answer.expected_id,
            kind=answer.kind,
            by=part.by,
            reason=part.reason,
            **cash_sides(CashAccount.UNAPPLIED_CASH, EXPLAINED_BY[answer.kind], part.cents),
        ),
    )


def _unmatch(state: Deposit, command: UnmatchDeposit) -> Decision:
    part = state.part(command.expected_id)
    if part is None or not part.confirmed:
        return ()
    unmatched = PartUnmatched(
        expected_id=part.expected_id,
        kind=part.kind,
        reason=command.reason,
        **cash_sides(EXPLAINED_BY[part.kind], CashAccount.UNAPPLIED_CASH, part.cents),
    )
    return unmatched, ReleaseExpected(expected_id=part.expected_id)


def _set_aside(state: Deposit, command: SetDepositAside) -> Decision:
    if state.free_cents <= 0:
        return ()
    return (
        RestSetAside(
            reason=command.reason, **cash_sides(CashAccount.UNAPPLIED_CASH, CashAccount.SET_ASIDE, state.free_cents)
        ),
    )


def _late(state: Deposit, message: Due) -> Decision:
    at = deadline(state)
    if message.kind != "deposit" or at is None or message.due_at != at:
        return ()
    return (DepositLate(since=message.due_at.date()),)


def deadline(state: Deposit) -> datetime | None:
    """The morning after the last day on which its remittance may come."""
    if state.status != "open":
        return None
    return datetime.combine(state.awaited_until + timedelta(1), time(), UTC)


def evolve(state: Deposit, fact: DepositFact) -> Deposit:  # noqa: PLR0911 - a table
    match fact:
        case DepositRecorded():
            return replace(
                state,
                deposit_id=fact.deposit_id,
                bank_account_id=fact.bank_account_id,
                cents=fact.cents,
                deposited_on=fact.deposited_on,
                awaited_until=fact.awaited_until,
                method=fact.method,
                trace=fact.trace,
                originator=fact.originator,
                bank_reference=fact.bank_reference,
            )
        case MatchProposed():
            part = MatchedPart(fact.expected_id, fact.cents, fact.by, fact.reason)
            return replace(state, parts=(*state.parts, part))
        case MatchFailed() | PartUnmatched():
            parts = tuple(one for one in state.parts if one.expected_id != fact.expected_id)
            undone = (*state.undone, fact.expected_id) if isinstance(fact, PartUnmatched) else state.undone
            return replace(state, parts=parts, undone=undone)
        case PartMatched():
            parts = tuple(
                one._replace(kind=fact.kind, confirmed=True) if one.expected_id == fact.expected_id else one
                for one in state.parts
            )
            return replace(state, parts=parts)
        case RestSetAside():
            return replace(state, set_aside_cents=state.set_aside_cents + fact.cents, set_aside_reason=fact.reason)
        case DepositLate():
            return replace(state, late_since=fact.since)
        case DepositRepeatDiffered():
            return replace(state, conflicts=(*state.conflicts, fact.trace))
        case DepositTraceLearned():
            return replace(state, trace=fact.trace)
        case _:
            assert_never(fact)


def publish(state: Deposit, fact: DepositFact, meta: Meta) -> Event | None:
    match fact:
        case PartMatched() if fact.kind == "remittance":
            return DepositMatched(
                meta=meta,
                deposit_id=state.deposit_id,
                remittance_id=fact.expected_id,
                matched_cents=fact.cents,
                unapplied_cents=state.unapplied_cents,
                by=fact.by,
            )
        case PartUnmatched() if fact.kind == "remittance":
            return DepositUnmatched(
                meta=meta, deposit_id=state.deposit_id, remittance_id=fact.expected_id, unmatched_cents=fact.cents
            )
        case _:
            return None


def _index(state: Deposit) -> Mapping[str, Scalar]:
    return {
        "status": state.status,
        "trace": state.trace if state.free_cents > 0 else None,
        "differs": bool(state.conflicts),
    }


def make_deposit(policy: BankPolicy) -> DepositDecider:
    """The decider under a policy of windows."""
    return Decider(
        service="payments",
        kind="deposit",
        initial=Deposit(),
        decide=partial(decide, policy),
        evolve=evolve,
        publish=publish,
        aggregate_id=lambda message: message.aggregate_id if isinstance(message, Due) else message.deposit_id,
        record_key=lambda state: state.deposit_id,
        state_codec=TypeAdapter(Deposit),
        message_codec=TypeAdapter(Annotated[DepositMessage, Field(discriminator="type")]),
        fact_codec=TypeAdapter(Annotated[DepositFact, Field(discriminator="type")]),
        effect_codec=TypeAdapter(Annotated[DepositEffect, Field(discriminator="type")]),
        index=_index,
        due=deadline,
    )
