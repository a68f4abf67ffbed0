"""What an application for financial assistance is told, and the work it asks for."""

from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, StringConstraints

from services.collections.core.assistance_policy import IncomeKind
from shared.contracts import Contract, Message, NonNegativeCents
from shared.decider import Answer, Effect

Reference: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,80}$")]
Code: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
HouseholdSize: TypeAlias = Annotated[int, Field(ge=1, le=30)]
State: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Reason: TypeAlias = Annotated[str, StringConstraints(min_length=3, max_length=500)]


class Income(Contract):
    """One source of the household's income, for a year."""

    kind: IncomeKind
    annual_cents: NonNegativeCents


class AssistanceCommand(Message):
    """A command about one application; `meta.actor` is who gives it."""

    application_id: Reference


class RequestAssistance(AssistanceCommand):
    """Somebody asks for help with what they owe. What is not known yet is given later; it still counts as asked for."""

    type: Literal["collections.request-assistance.v1"] = "collections.request-assistance.v1"
    account_id: str = Field(min_length=1)
    state: State
    household_size: HouseholdSize | None = None
    incomes: tuple[Income, ...] | None = None
    enrolled_in: tuple[Code, ...] = ()
    received_on: date
    first_statement_on: date | None = None


class AmendAssistance(AssistanceCommand):
    """What was learned since; None leaves it as it was. `documents` are the kinds that arrived, no words of them."""

    type: Literal["collections.amend-assistance.v1"] = "collections.amend-assistance.v1"
    state: State | None = None
    household_size: HouseholdSize | None = None
    incomes: tuple[Income, ...] | None = None
    enrolled_in: tuple[Code, ...] | None = None
    documents: tuple[Code, ...] = ()


class DecideAssistance(AssistanceCommand):
    """A person's decision. `discount_percent` None: what the policy says."""

    type: Literal["collections.decide-assistance.v1"] = "collections.decide-assistance.v1"
    grants: bool
    discount_percent: int | None = Field(default=None, ge=1, le=100)
    reason: Reason


class ConfirmAssistance(AssistanceCommand):
    """A second person's word about a decision that one may not make alone."""

    type: Literal["collections.confirm-assistance.v1"] = "collections.confirm-assistance.v1"
    confirmed: bool
    reason: Reason


class EndAssistance(AssistanceCommand):
    """The applicant withdraws it, or what was granted is taken back: it rested on something untrue, or was an error."""

    type: Literal["collections.end-assistance.v1"] = "collections.end-assistance.v1"
    how: Literal["withdrawn", "revoked"]
    reason: Reason


class AccountTold(Answer):
    """The account knows where the application stands."""

    type: Literal["collections.account-told.v1"] = "collections.account-told.v1"
    application_id: str


class TellAccount(Effect):
    """The guarantor's account must hear where its applications stand: what rests, and what may go on."""

    type: Literal["collections.tell-account.v1"] = "collections.tell-account.v1"
    account_id: str
