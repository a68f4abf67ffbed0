"""What a legal case is told. Whoever gives a command asked the account's compliance gate; its answer is an input."""

from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, StringConstraints

from shared.contracts import Contract, Message, NonNegativeCents, PositiveCents
from shared.decider import Answer, Effect

Reason: TypeAlias = Annotated[str, StringConstraints(min_length=3, max_length=500)]
CostKind: TypeAlias = Literal["filing", "service", "attorney", "other"]


class GateAnswer(Contract):
    """What the account's gate said to a step, at the moment of the command; its decision stands in the account."""

    decision_id: str
    allowed: bool
    because: str = ""


class LegalCommand(Message):
    """About one case; `meta.actor` is who gives it."""

    case_id: str = Field(min_length=1)


class ProposeSuit(LegalCommand):
    """Somebody proposes to sue: the case is on the pre-legal review list."""

    type: Literal["collections.propose-suit.v1"] = "collections.propose-suit.v1"
    account_id: str = Field(min_length=1)
    claimed_cents: PositiveCents
    reason: Reason
    gate: GateAnswer


class ReviewSuit(LegalCommand):
    """Another person approves or declines."""

    type: Literal["collections.review-suit.v1"] = "collections.review-suit.v1"
    approved: bool
    reason: Reason
    roles: tuple[str, ...] = ()
    gate: GateAnswer


class FileSuit(LegalCommand):
    """It was filed with a court. The docket number is sealed."""

    type: Literal["collections.file-suit.v1"] = "collections.file-suit.v1"
    filed_on: date
    court: Annotated[str, StringConstraints(min_length=2, max_length=120)]
    sealed_docket: str
    owed_cents: NonNegativeCents
    gate: GateAnswer


class ServeSuit(LegalCommand):
    """The guarantor was served."""

    type: Literal["collections.serve-suit.v1"] = "collections.serve-suit.v1"
    served_on: date


class EnterJudgment(LegalCommand):
    """The court decided for the practice. `rate_bps` is the interest a year that the judgment itself gives."""

    type: Literal["collections.enter-judgment.v1"] = "collections.enter-judgment.v1"
    judged_on: date
    principal_cents: PositiveCents
    costs_cents: NonNegativeCents = 0
    rate_bps: int = Field(default=0, ge=0, le=5_000)
    renew_by: date | None = None
    by: Literal["default", "trial", "consent"]


class EndSuit(LegalCommand):
    """It is over: the judgment was satisfied, the court dismissed it, or the practice withdrew it."""

    type: Literal["collections.end-suit.v1"] = "collections.end-suit.v1"
    how: Literal["satisfied", "dismissed", "withdrawn"]
    ended_on: date
    reason: Reason
    owed_cents: NonNegativeCents


class AddCost(LegalCommand):
    """A cost of the case, on its day. It is the practice's own until a court awards it."""

    type: Literal["collections.add-legal-cost.v1"] = "collections.add-legal-cost.v1"
    cost_id: str = Field(min_length=1)
    kind: CostKind
    cents: PositiveCents
    on: date


class CaseTold(Answer):
    """The account rests, or goes on."""

    type: Literal["collections.case-told.v1"] = "collections.case-told.v1"
    case_id: str


class RestAccount(Effect):
    """While a case is open its policy leaves the account alone; when it is over without payment, it goes on."""

    type: Literal["collections.rest-account.v1"] = "collections.rest-account.v1"
    account_id: str
    case_id: str
    rests: bool
