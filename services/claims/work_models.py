"""What HTTP takes for the work on claims."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from services.claims.core.work_messages import CallOutcome, PersonsOutcome
from shared.http import Body

Words = Annotated[str, Field(min_length=3, max_length=2000)]
Version = Annotated[int | None, Field(ge=1)]
BULK_MAX = 5_000


class Versioned(Body):
    """With `version`, the command is refused (409) when somebody changed the item since it was read."""

    version: Version = None


class OpenBody(Body):
    """Open an item by hand."""

    cause: Literal["missing_acknowledgement", "person"]
    detail: str = Field(default="", max_length=100, pattern=r"^[A-Za-z0-9_.:/ -]*$")
    category: str = Field(max_length=40)
    next_action: str = Field(max_length=40)


class AssignBody(Versioned):
    """Whom it is given to; null is nobody."""

    owner: Annotated[str | None, Field(max_length=100)]


class WaitBody(Versioned):
    """The day it comes back."""

    until: date


class CallBody(Versioned):
    """A call to the payer: its reference number and the representative's initials are kept sealed."""

    called_on: date
    outcome: CallOutcome
    reference: str = Field(min_length=1, max_length=100)
    representative: str = Field(min_length=1, max_length=10, description="Initials.")
    next_action_on: date | None = None


class NoteBody(Versioned):
    """What a person writes; kept sealed."""

    text: Words


class CloseBody(Versioned):
    """How it was done."""

    outcome: PersonsOutcome


class WriteOffBody(Versioned):
    """How much is to be given up, and why."""

    amount_cents: int = Field(gt=0)
    reason: Words


class DecisionBody(Versioned):
    """Whether a second person approves."""

    approve: bool


class BulkItem(Body):
    """One item of many, with the version it was read at."""

    claim_id: str = Field(min_length=1, max_length=100)
    version: Version = None


class BulkBody(Body):
    """Assign or close many items at once: each stands for itself."""

    action: Literal["assign", "close"]
    items: list[BulkItem] = Field(min_length=1, max_length=BULK_MAX)
    owner: str | None = Field(default=None, max_length=100)
    outcome: PersonsOutcome | None = None


class Filters(Body):
    """Which items, and from where on."""

    status: Literal["open", "in_work", "waiting", "done"] | None = None
    queue: str | None = None
    category: str | None = None
    owner: str | None = None
    payer: str | None = None
    ids: str | None = Field(
        default=None, max_length=8_000, description="Items of these claims, with commas, up to 200."
    )
    after: str | None = Field(default=None, pattern=r"^\d:", description="The cursor of the page before.")
    limit: int = Field(default=50, ge=1, le=200)
