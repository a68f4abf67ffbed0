"""One remittance as the console shows it: posted or parked, with its provider-level adjustments."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, TypeAlias, assert_never

from pydantic import Field, TypeAdapter

from services.console.core.moments import Moment, Seen, Timeline, followed, is_repeat, moment_of, remember
from services.console.core.ordering import both_ways, minutes_of
from shared.contracts import Contract, Meta, ProviderAdjustmentPosted, RemittanceParked, RemittanceReceived
from shared.decider import Decider, Effect, Fact, Scalar
from shared.replaced import replace
from shared.store.places import Place

RemittanceStatus: TypeAlias = Literal["unknown", "received", "parked"]
RemittanceMessage: TypeAlias = RemittanceReceived | RemittanceParked | ProviderAdjustmentPosted

REMITTANCE_STATUSES: tuple[RemittanceStatus, ...] = ("received", "parked")
MOMENTS_MAX = 100


class RemittanceChanges(Contract):
    """What one event changes. None and an empty text leave things as they are; `…_delta_cents` add up."""

    status: RemittanceStatus | None = None
    payer_id: str = ""
    trace_number: str = ""
    payment_cents: int | None = None
    payment_date: date | None = None
    claims: int | None = None
    equation: str | None = None
    provider_adjustments_delta_cents: int = 0


class RemittanceSeen(Fact):
    """An event about the remittance was seen for the first time."""

    type: Literal["remittance-view.seen.v1"] = "remittance-view.seen.v1"
    moment: Moment
    changes: RemittanceChanges


@dataclass(frozen=True, slots=True)
class RemittanceView:
    """A remittance, folded. `equation` says in figures why it is parked."""

    status: RemittanceStatus = "unknown"
    payer_id: str = ""
    trace_number: str = ""
    payment_cents: int = 0
    payment_date: date | None = None
    claims: int = 0
    equation: str = ""
    provider_adjustments_cents: int = 0
    seen: tuple[Seen, ...] = ()
    moments: tuple[Moment, ...] = ()
    moments_dropped: int = 0


def decide(view: RemittanceView, message: RemittanceMessage) -> tuple[RemittanceSeen | Effect, ...]:
    """A repeat decides nothing."""
    if is_repeat(view.seen, message.meta):
        return ()
    return (RemittanceSeen(moment=moment_of(message), changes=changes_of(message)),)


def changes_of(message: RemittanceMessage) -> RemittanceChanges:
    match message:
        case RemittanceReceived():
            return RemittanceChanges(
                status="received",
                payer_id=message.payer_id,
                trace_number=message.trace_number,
                payment_cents=message.payment_cents,
                payment_date=message.payment_date,
                claims=message.claims,
                equation="",
            )
        case RemittanceParked():
            return RemittanceChanges(
                status="parked",
                payer_id=message.payer_id,
                trace_number=message.trace_number,
                payment_cents=message.payment_cents,
                claims=message.claims,
                equation=message.equation,
            )
        case ProviderAdjustmentPosted():
            return RemittanceChanges(provider_adjustments_delta_cents=message.amount_cents)
        case _:
            assert_never(message)


def evolve(view: RemittanceView, fact: RemittanceSeen) -> RemittanceView:
    """Apply one fact. No rules here, so history always replays."""
    changes = fact.changes
    timeline = remember(Timeline(view.moments, view.moments_dropped), fact.moment, MOMENTS_MAX)
    return replace(
        view,
        status=changes.status or view.status,
        payer_id=changes.payer_id or view.payer_id,
        trace_number=changes.trace_number or view.trace_number,
        payment_cents=view.payment_cents if changes.payment_cents is None else changes.payment_cents,
        payment_date=changes.payment_date or view.payment_date,
        claims=view.claims if changes.claims is None else changes.claims,
        equation=view.equation if changes.equation is None else changes.equation,
        provider_adjustments_cents=view.provider_adjustments_cents + changes.provider_adjustments_delta_cents,
        seen=followed(view.seen, fact.moment),
        moments=timeline.moments,
        moments_dropped=timeline.dropped,
    )


def places(view: RemittanceView) -> tuple[Place, ...]:
    """A parked remittance waits in a list: the longest first, or the largest."""
    if view.status != "parked":
        return ()
    since = minutes_of(view.moments[0].at if view.moments else None)
    names = ("parked", *((f"parked/{view.payer_id}",) if view.payer_id and "|" not in view.payer_id else ()))
    orders = {"since": since, "amount": view.payment_cents, "claims": view.claims}
    return tuple(place for name in names for place in both_ways(name, orders))


def publish(_: RemittanceView, __: RemittanceSeen, ___: Meta) -> None:
    """A read side says nothing."""


def index(view: RemittanceView) -> dict[str, Scalar]:
    """What lists select by."""
    return {"status": view.status, "payer_id": view.payer_id}


REMITTANCE_VIEW: Decider[RemittanceView, RemittanceMessage, RemittanceSeen] = Decider(
    service="console",
    kind="remittance_view",
    initial=RemittanceView(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    keeps_history=False,
    aggregate_id=lambda message: message.remittance_id,
    record_key=lambda view: view.trace_number,
    state_codec=TypeAdapter(RemittanceView),
    message_codec=TypeAdapter(Annotated[RemittanceMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(RemittanceSeen),
    index=index,
    places=places,
)
