"""What a placement with an agency is told, by the account, by the agency's files and by those written to it."""

from datetime import date
from typing import Literal, TypeAlias

from pydantic import Field, NonNegativeInt, PositiveInt

from services.collections.core.agency_policy import Meaning, Paid
from shared.contracts import Cents, Contract, Message, NonNegativeCents, PositiveCents, Sealed
from shared.decider import Answer, Effect

RecordKind: TypeAlias = Literal["placement", "recall", "closure", "payment", "adjustment"]
Ending: TypeAlias = Literal["recalled", "paid"]
News: TypeAlias = Literal[
    "refused", "returned", "expired", "disputed", "deceased", "bankruptcy", "attorney", "contact_data"
]
"""What an account has to hear of its placement."""


class PlacementMessage(Message):
    """Every message names its placement."""

    placement_id: str = Field(min_length=1)


class OpenPlacement(PlacementMessage):
    """The account is to go to the agency under these terms; `number` counts placements since the balance opened."""

    type: Literal["collections.open-placement.v1"] = "collections.open-placement.v1"
    account_id: str = Field(min_length=1)
    agency_id: str = Field(min_length=1)
    terms: str
    number: PositiveInt
    placed_cents: PositiveCents
    claims: NonNegativeInt
    first_statement_on: date
    due_on: date
    placed_on: date
    held_until: date | None
    sealed_guarantor: Sealed


class EndPlacement(PlacementMessage):
    """The account is taken back: it was recalled, or nothing is owed any more."""

    type: Literal["collections.end-placement.v1"] = "collections.end-placement.v1"
    how: Ending
    balance_cents: NonNegativeCents
    ended_on: date


class TellPlacement(PlacementMessage):
    """The balance moved: a payment was posted, or something else changed it (below 0: more is owed)."""

    type: Literal["collections.tell-placement.v1"] = "collections.tell-placement.v1"
    what: Literal["payment", "adjustment"]
    reference: str = Field(min_length=1)
    cents: Cents
    on: date


class RecordsFiled(PlacementMessage):
    """These records went out in a file. `unwritable` could not: the guarantor's data cannot be opened."""

    type: Literal["collections.records-filed.v1"] = "collections.records-filed.v1"
    numbers: tuple[PositiveInt, ...]
    file: str
    unwritable: tuple[PositiveInt, ...] = ()


class RecordsDropped(PlacementMessage):
    """The account was taken back before a file was written: nothing of it goes out."""

    type: Literal["collections.records-dropped.v1"] = "collections.records-dropped.v1"
    numbers: tuple[PositiveInt, ...]


class AgencyLine(PlacementMessage):
    """A line of an agency's file about this placement."""

    agency_id: str
    file_id: str
    line: PositiveInt


class AgencyAcked(AgencyLine):
    """The agency took the account under its own number, or says why it does not."""

    type: Literal["collections.agency-acked.v1"] = "collections.agency-acked.v1"
    accepted: bool
    agency_number: str = ""
    code: str = ""


class LearnedReach(Contract):
    """Where the agency says the guarantor can be reached; sealed where it was read."""

    kind: Literal["post", "phone", "mobile", "email"]
    sealed: Sealed


class AgencyUpdated(AgencyLine):
    """What became of it at the agency. `code` is its own; an unknown one means nothing and is work."""

    type: Literal["collections.agency-updated.v1"] = "collections.agency-updated.v1"
    code: str
    meaning: Meaning | None
    on: date
    promised_on: date | None = None
    promised_cents: NonNegativeCents = 0
    reaches: tuple[LearnedReach, ...] = ()


class AgencyPaid(AgencyLine):
    """A payment, as the agency accounts for it. `reference` is its own name of it, of a direct one our payment's id."""

    type: Literal["collections.agency-paid.v1"] = "collections.agency-paid.v1"
    reference: str = Field(min_length=1)
    paid: Paid
    cents: Cents
    fee_cents: Cents  # as the agency says
    received_on: date


class PlacementDone(Answer):
    """What a placement asked for is done."""

    type: Literal["collections.placement-done.v1"] = "collections.placement-done.v1"
    placement_id: str


class QueueRecord(Effect):
    """A record for the agency's next file."""

    type: Literal["collections.queue-record.v1"] = "collections.queue-record.v1"
    placement_id: str
    agency_id: str
    number: PositiveInt
    kind: RecordKind


class TellAccountOfAgency(Effect):
    """The account has to hear what its agency said or did not do."""

    type: Literal["collections.tell-account-of-agency.v1"] = "collections.tell-account-of-agency.v1"
    account_id: str
    placement_id: str
    agency_id: str
    news: News
    reaches: tuple[LearnedReach, ...] = ()
