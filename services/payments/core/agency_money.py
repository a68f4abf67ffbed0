"""Money that a collection agency collected: its remittance, the fee it kept, and what each guarantor paid it.

A remittance brings its net to the bank and its fee to the practice's costs, both against what the agency holds; each
payment takes what a guarantor paid from there to their account, whole. What of a remittance belongs to no account that
is known stays with the agency's money, visible, until a person says whose it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, TypeAlias, assert_never

from pydantic import Field, TypeAdapter

from services.payments.core.cash import CashAccount, CashFact, cash_sides
from services.payments.core.patient_money import PatientMoney
from shared.contracts import AgencyPaymentReported, AgencyRemittanceReceived, Event, Meta, PositiveCents
from shared.decider import Answer, Decider, Effect, Scalar
from shared.replaced import replace

HELD = CashAccount.AGENCY_MONEY


class AgencyNetAwaited(Answer):
    """The bank side waits for it."""

    type: Literal["payments.agency-net-awaited.v1"] = "payments.agency-net-awaited.v1"
    remittance_id: str


class AgencyPaymentPosted(Answer):
    """The account has it."""

    type: Literal["payments.agency-payment-posted.v1"] = "payments.agency-payment-posted.v1"
    payment_id: str


class AwaitAgencyNet(Effect):
    """The bank will see it, under the agency's trace."""

    type: Literal["payments.await-agency-net.v1"] = "payments.await-agency-net.v1"
    cents: PositiveCents
    trace: str
    sent_on: date


class PostAgencyPayment(Effect):
    """Post it on the account."""

    type: Literal["payments.post-agency-payment.v1"] = "payments.post-agency-payment.v1"
    account_id: str
    money: PatientMoney


class AgencyNetBooked(CashFact):
    """On its way from the agency to the bank."""

    type: Literal["agency.net-booked.v1"] = "agency.net-booked.v1"
    remittance_id: str
    agency_id: str
    trace: str


class AgencyFeeBooked(CashFact):
    """What the agency kept: the practice's cost, never the guarantor's."""

    type: Literal["agency.fee-booked.v1"] = "agency.fee-booked.v1"
    remittance_id: str


class AgencyPaymentBooked(CashFact):
    """What a guarantor paid the agency is theirs, whole."""

    type: Literal["agency.payment-booked.v1"] = "agency.payment-booked.v1"
    payment_id: str
    account_id: str
    agency_id: str
    remittance_id: str
    fee_cents: int


@dataclass(frozen=True, slots=True)
class AgencyRemittance:
    """One remittance: what came of it, and what was kept. Cents."""

    remittance_id: str = ""
    agency_id: str = ""
    trace: str = ""
    net_cents: int = 0
    fee_cents: int = 0


@dataclass(frozen=True, slots=True)
class AgencyPayment:
    """One payment of a guarantor to an agency."""

    payment_id: str = ""
    account_id: str = ""
    agency_id: str = ""
    remittance_id: str = ""
    cents: int = 0
    fee_cents: int = 0


RemittanceMessage: TypeAlias = AgencyRemittanceReceived | AgencyNetAwaited
RemittanceFact: TypeAlias = AgencyNetBooked | AgencyFeeBooked
PaymentMessage: TypeAlias = AgencyPaymentReported | AgencyPaymentPosted


def decide_remittance(state: AgencyRemittance, message: RemittanceMessage) -> tuple[RemittanceFact | Effect, ...]:
    """The file is taken once by collections; here a repeat says nothing."""
    match message:
        case AgencyNetAwaited():
            return ()
        case AgencyRemittanceReceived():
            if state.remittance_id:
                return ()
            net_cents, kept_cents = message.net_cents, message.gross_cents - message.net_cents
            net = AgencyNetBooked(
                remittance_id=message.remittance_id,
                agency_id=message.agency_id,
                trace=message.trace,
                **cash_sides(CashAccount.UNDEPOSITED, HELD, net_cents),
            )
            fee = AgencyFeeBooked(
                remittance_id=message.remittance_id, **cash_sides(CashAccount.AGENCY_FEES, HELD, kept_cents)
            )
            if not net_cents:
                return net, fee
            return net, fee, AwaitAgencyNet(cents=net_cents, trace=message.trace, sent_on=message.received_on)
        case _:
            assert_never(message)


def evolve_remittance(state: AgencyRemittance, fact: RemittanceFact) -> AgencyRemittance:
    match fact:
        case AgencyNetBooked():
            return replace(
                state,
                remittance_id=fact.remittance_id,
                agency_id=fact.agency_id,
                trace=fact.trace,
                net_cents=fact.effect_on(CashAccount.UNDEPOSITED),
            )
        case AgencyFeeBooked():
            return replace(state, fee_cents=fact.effect_on(CashAccount.AGENCY_FEES))
        case _:
            assert_never(fact)


def decide_payment(state: AgencyPayment, message: PaymentMessage) -> tuple[AgencyPaymentBooked | Effect, ...]:
    match message:
        case AgencyPaymentPosted():
            return ()
        case AgencyPaymentReported():
            if state.payment_id:
                return ()
            booked = AgencyPaymentBooked(
                payment_id=message.payment_id,
                account_id=message.account_id,
                agency_id=message.agency_id,
                remittance_id=message.remittance_id,
                fee_cents=message.fee_cents,
                **cash_sides(HELD, CashAccount.PATIENT_MONEY, message.paid_cents),
            )
            money = PatientMoney(
                payment_id=message.payment_id,
                method="agency",
                paid_cents=message.paid_cents,
                received_on=message.received_on,
            )
            return booked, PostAgencyPayment(account_id=message.account_id, money=money)
        case _:
            assert_never(message)


def evolve_payment(_: AgencyPayment, fact: AgencyPaymentBooked) -> AgencyPayment:
    return AgencyPayment(
        fact.payment_id, fact.account_id, fact.agency_id, fact.remittance_id, fact.cents, fact.fee_cents
    )


def publish_nothing(_: object, __: object, ___: Meta) -> Event | None:
    """The account says what was paid."""
    return None


def net_id_of(remittance_id: str) -> str:
    """Under which name the bank side waits for a remittance's net."""
    return f"agency_{remittance_id}"


def _remittance_index(state: AgencyRemittance) -> Mapping[str, Scalar]:
    return {"agency_id": state.agency_id}


def _payment_index(state: AgencyPayment) -> Mapping[str, Scalar]:
    return {"account_id": state.account_id, "remittance_id": state.remittance_id}


AGENCY_REMITTANCE: Decider[AgencyRemittance, RemittanceMessage, RemittanceFact] = Decider(
    service="payments",
    kind="agency_remittance",
    initial=AgencyRemittance(),
    decide=decide_remittance,
    evolve=evolve_remittance,
    publish=publish_nothing,
    aggregate_id=lambda message: message.remittance_id,
    record_key=lambda state: state.remittance_id,
    state_codec=TypeAdapter(AgencyRemittance),
    message_codec=TypeAdapter(Annotated[RemittanceMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Annotated[RemittanceFact, Field(discriminator="type")]),
    effect_codec=TypeAdapter(AwaitAgencyNet),
    index=_remittance_index,
)
AGENCY_PAYMENT: Decider[AgencyPayment, PaymentMessage, AgencyPaymentBooked] = Decider(
    service="payments",
    kind="agency_payment",
    initial=AgencyPayment(),
    decide=decide_payment,
    evolve=evolve_payment,
    publish=publish_nothing,
    aggregate_id=lambda message: message.payment_id,
    record_key=lambda state: state.account_id or state.payment_id,
    state_codec=TypeAdapter(AgencyPayment),
    message_codec=TypeAdapter(Annotated[PaymentMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(AgencyPaymentBooked),
    effect_codec=TypeAdapter(PostAgencyPayment),
    index=_payment_index,
)
