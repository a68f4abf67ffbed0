"""What an account tells its agency, what it hears of it, and which agency has it next.

The balance that an agency collects moves by payments and by everything else that payments says of it. Both are told as
differences, so their order makes no difference; what the agency collected itself its placement knows.
"""

from datetime import date
from typing import Literal, TypeAlias

from pydantic import Field

from services.collections.core.fact_base import AccountFact
from services.collections.core.placement_messages import LearnedReach, News
from shared.contracts import Cents, Message
from shared.decider import Answer, Effect

AgencyHeard: TypeAlias = News | Literal["recalled"]


class HearAgency(Message):
    """The agency refused the account, gave it back or lost its time, or a person takes it back (`recalled`)."""

    type: Literal["collections.hear-agency.v1"] = "collections.hear-agency.v1"
    account_id: str = Field(min_length=1)
    placement_id: str = Field(min_length=1)
    agency_id: str = Field(min_length=1)
    news: AgencyHeard
    reaches: tuple[LearnedReach, ...] = ()


class AgencyTold(Answer):
    """The placement knows how the balance moved."""

    type: Literal["collections.agency-told.v1"] = "collections.agency-told.v1"
    account_id: str


class TellAgency(Effect):
    """The balance of a placed account moved: its placement has to know."""

    type: Literal["collections.tell-agency.v1"] = "collections.tell-agency.v1"
    account_id: str
    placement_id: str
    what: Literal["payment", "adjustment"]
    reference: str
    cents: Cents
    on: date


class AgencyGaveBack(AccountFact):
    """The agency has it no more, and does not get it again while this balance is open. `work`: for a person."""

    type: Literal["agency-gave-back"] = "agency-gave-back"
    placement_id: str
    agency_id: str
    news: AgencyHeard
    work: str = ""


class BalanceExplained(AccountFact):
    """How much of payments that the agency was told of the balance does not show yet."""

    type: Literal["balance-explained"] = "balance-explained"
    paid_ahead_cents: Cents


AgencyFacts: TypeAlias = AgencyGaveBack | BalanceExplained
