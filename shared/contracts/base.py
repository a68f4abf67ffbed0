"""What every message shares: its envelope (`Meta`), and the strictness of the contract. Pydantic only."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NonNegativeInt

Cents = Annotated[int, Field(description="Integer cents of US dollars; a credit is negative.")]
PositiveCents = Annotated[int, Field(gt=0, description="Integer cents of US dollars, more than nothing.")]
NonNegativeCents = Annotated[int, Field(ge=0, description="Integer cents of US dollars.")]
Sealed = Annotated[
    str,
    Field(
        min_length=1,
        description="Identifiers encrypted for the services of the cycle; others fetch them through the API.",
        json_schema_extra={"dataclassification": "restricted", "dataregulation": "HIPAA"},
    ),
]


class Contract(BaseModel):
    """Immutable, strictly typed, tolerant of fields that a newer producer added. Errors never quote the input."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)


class Meta(Contract):
    """The envelope of a message: on the wire its fields are the CloudEvents attributes, in code they are one value.

    Ids and times are inputs. A message made in answer to another carries a derived id, so that a repeat is the same
    message; `occurred_at` is the time of its cause.
    """

    id: UUID
    tenant: str = Field(min_length=1)
    occurred_at: AwareDatetime
    source: str  # the service that says it: "claims"
    subject: str  # the aggregate it is about: "claim/clm_0123"
    key: str  # the record key: the account, or what stands in for it where there is none (remittance, provider)
    sequence: NonNegativeInt = 0  # of the subject's events, from 1 without gaps; 0 for a command
    causation: UUID | None = None
    correlation: UUID
    actor: str = "system"  # who did it: a person, a client, or the system itself


class Message(Contract):
    """Anything a decider may be told: an event of another service, or a command of its own."""

    meta: Meta


class Event(Message):
    """A public fact. `type` is versioned; a changed meaning is a new type, never a changed field."""
