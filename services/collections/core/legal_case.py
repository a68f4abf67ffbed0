"""What happened to a legal case, what is remembered of it, and how facts change it."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple, TypeAlias, assert_never

from services.collections.core.legal_messages import CostKind
from shared.contracts import NonNegativeCents, PositiveCents
from shared.decider import Fact
from shared.replaced import replace

Status: TypeAlias = Literal[
    "unseen", "proposed", "approved", "declined", "filed", "served", "judged", "satisfied", "dismissed", "withdrawn"
]
NOT_DONE_KEPT = 50
HEARD_KEPT = 100


class CaseFact(Fact):
    """By which command it came, so that a repeat of that says nothing."""

    command_id: str = ""


class SuitProposed(CaseFact):
    type: Literal["legal.proposed.v1"] = "legal.proposed.v1"
    case_id: str
    account_id: str
    claimed_cents: PositiveCents
    proposed_by: str
    proposed_on: date
    decision_id: str


class SuitReviewed(CaseFact):
    type: Literal["legal.reviewed.v1"] = "legal.reviewed.v1"
    approved: bool
    reviewed_by: str
    reviewed_on: date
    enough: bool
    decision_id: str


class SuitFiled(CaseFact):
    type: Literal["legal.filed.v1"] = "legal.filed.v1"
    account_id: str
    filed_on: date
    court: str
    sealed_docket: str
    decision_id: str


class SuitServed(CaseFact):
    type: Literal["legal.served.v1"] = "legal.served.v1"
    served_on: date


class JudgmentGiven(CaseFact):
    type: Literal["legal.judged.v1"] = "legal.judged.v1"
    judged_on: date
    principal_cents: PositiveCents
    costs_cents: NonNegativeCents
    rate_bps: int
    renew_by: date | None
    by: str


class SuitEnded(CaseFact):
    type: Literal["legal.ended.v1"] = "legal.ended.v1"
    how: Literal["satisfied", "dismissed", "withdrawn"]
    ended_on: date


class CostAdded(CaseFact):
    type: Literal["legal.cost-added.v1"] = "legal.cost-added.v1"
    cost_id: str
    kind: CostKind
    cents: PositiveCents
    on: date


class LegalNotDone(CaseFact):
    """A command that changed nothing, and why: the answer to who gave it."""

    type: Literal["legal.not-done.v1"] = "legal.not-done.v1"
    case_id: str
    because: str


LegalFact: TypeAlias = (
    SuitProposed | SuitReviewed | SuitFiled | SuitServed | JudgmentGiven | SuitEnded | CostAdded | LegalNotDone
)


class Cost(NamedTuple):
    """A cost of the case, on its day."""

    cost_id: str
    kind: str
    cents: int
    on: date


@dataclass(frozen=True, slots=True)
class LegalCase:
    """One suit. Cents; dates are those of the court's papers."""

    case_id: str = ""
    account_id: str = ""
    status: Status = "unseen"
    claimed_cents: int = 0
    proposed_by: str = ""
    proposed_on: date = date.min
    approved_by: tuple[str, ...] = ()
    approved_on: date | None = None
    filed_on: date | None = None
    court: str = ""
    sealed_docket: str = ""
    served_on: date | None = None
    judgment: JudgmentGiven | None = None
    ended_on: date | None = None
    costs: tuple[Cost, ...] = ()
    not_done: tuple[tuple[str, str], ...] = ()
    heard: tuple[str, ...] = ()  # the newest commands

    @property
    def costs_cents(self) -> int:
        return sum(one.cents for one in self.costs)

    @property
    def judgment_cents(self) -> int:
        return 0 if self.judgment is None else self.judgment.principal_cents + self.judgment.costs_cents

    def interest_cents(self, on: date) -> int:
        """Simple interest of the judgment's own rate on its principal since its day, rounded down."""
        if self.judgment is None or on <= self.judgment.judged_on:
            return 0
        days = (on - self.judgment.judged_on).days
        return self.judgment.principal_cents * self.judgment.rate_bps * days // (10_000 * 365)

    def because(self, command_id: str) -> str:
        return next((why for one, why in self.not_done if one == command_id), "")


def evolve(state: LegalCase, fact: LegalFact) -> LegalCase:
    """Apply one fact, and remember by which command it came."""
    state = replace(state, heard=(*state.heard, fact.command_id)[-HEARD_KEPT:])
    return _evolve(state, fact)


def _evolve(state: LegalCase, fact: LegalFact) -> LegalCase:  # noqa: PLR0911 - a table
    match fact:
        case SuitProposed():
            return replace(
                state,
                case_id=fact.case_id,
                account_id=fact.account_id,
                status="proposed",
                claimed_cents=fact.claimed_cents,
                proposed_by=fact.proposed_by,
                proposed_on=fact.proposed_on,
            )
        case SuitReviewed():
            if not fact.approved:
                return replace(state, status="declined")
            by, status = (*state.approved_by, fact.reviewed_by), "approved" if fact.enough else state.status
            return replace(state, status=status, approved_by=by, approved_on=fact.reviewed_on)
        case SuitFiled():
            changes = {"filed_on": fact.filed_on, "court": fact.court, "sealed_docket": fact.sealed_docket}
            return replace(state, status="filed", **changes)
        case SuitServed():
            return replace(state, status="served", served_on=fact.served_on)
        case JudgmentGiven():
            return replace(state, status="judged", judgment=fact)
        case SuitEnded():
            return replace(state, status=fact.how, ended_on=fact.ended_on)
        case CostAdded():
            return replace(state, costs=(*state.costs, Cost(fact.cost_id, fact.kind, fact.cents, fact.on)))
        case LegalNotDone():
            kept = (*state.not_done, (fact.command_id, fact.because))[-NOT_DONE_KEPT:]
            return replace(state, not_done=kept)
        case _:
            assert_never(fact)
