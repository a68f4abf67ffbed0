"""What an account is told of the person, and what the gate is asked."""

from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import AwareDatetime, Field

from services.collections.core.messages import Channel
from services.collections.core.person_facts import MediumName, PersonFacts
from shared.contracts import Message

InboundMeaning: TypeAlias = Literal["stop", "start", "help", "dispute", "other"]
DeliveryReport: TypeAlias = Literal["delivered", "bounced", "delayed", "returned_mail", "complained", "read"]


class PersonCommand(Message):
    """A command about one account's person; `meta.actor` is who gives it, and its reason is in the audit log."""

    account_id: str = Field(min_length=1)


class NotePerson(PersonCommand):
    """Something was learned of the person or the debt; it is noted as it was found."""

    type: Literal["collections.note-person.v1"] = "collections.note-person.v1"
    learned: tuple[Annotated[PersonFacts, Field(discriminator="type")], ...] = Field(min_length=1)


class AskGate(PersonCommand):
    """A person wants to contact or to act: may they, now? The answer is kept."""

    type: Literal["collections.ask-gate.v1"] = "collections.ask-gate.v1"
    act: str = "contact"
    medium: MediumName | None = None
    purpose: str = "collection"
    party: str = "consumer"
    reach_id: str = ""
    automated: bool = False
    carries: tuple[str, ...] = ()
    threatens: tuple[str, ...] = ()


class HearInbound(PersonCommand):
    """A message came from the person. Its words stay outside; what they mean was read by the dated list of words."""

    type: Literal["collections.hear-inbound.v1"] = "collections.hear-inbound.v1"
    contact_id: str = Field(min_length=1)
    channel: Channel
    reach_id: str = Field(min_length=1)
    meaning: InboundMeaning
    stops_everything: bool = False
    received_at: AwareDatetime


class ReportDelivery(PersonCommand):
    """What became of something that went out: it bounced, came back, was complained about, or arrived."""

    type: Literal["collections.report-delivery.v1"] = "collections.report-delivery.v1"
    contact_id: str = Field(min_length=1)
    report: DeliveryReport
    reported_at: AwareDatetime
    next_action_on: date | None = None
