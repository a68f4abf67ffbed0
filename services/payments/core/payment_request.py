"""One payment request for several bills of a guarantor: a link that expires. Who has it may pay, and see amounts.

A statement carries such a link too: it asks for whatever is owed when somebody looks, and gives way to the link of the
next statement.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal, NamedTuple, TypeAlias, assert_never

from pydantic import AwareDatetime, Field, TypeAdapter

from shared.contracts import Contract, Event, Message, Meta, PositiveCents, StatementSent
from shared.decider import Decider, Due, Effect, Fact, Scalar
from shared.replaced import replace

RequestAllocation: TypeAlias = Literal["oldest", "statement", "hand"]
"""What its money pays: the oldest balances, the named bills in their order, or of each bill just what was asked."""


class WantedBill(Contract):
    """A claim or charge with what is asked of it: what the guarantor owes, or less by hand."""

    item_id: str
    service_date: date
    cents: PositiveCents


class CreatePaymentRequest(Message):
    """Ask a guarantor for several bills at once."""

    type: Literal["payments.create-payment-request.v1"] = "payments.create-payment-request.v1"
    request_id: str
    account_id: str
    bills: tuple[WantedBill, ...] = Field(min_length=1, max_length=200)
    expires_at: AwareDatetime
    allocation: RequestAllocation = "statement"


class CancelPaymentRequest(Message):
    type: Literal["payments.cancel-payment-request.v1"] = "payments.cancel-payment-request.v1"
    request_id: str
    reason: str = Field(min_length=3, max_length=500)


class PaymentRequested(Fact):
    type: Literal["payment-request.made.v1"] = "payment-request.made.v1"
    request_id: str
    account_id: str
    bills: tuple[WantedBill, ...]
    expires_at: AwareDatetime
    allocation: RequestAllocation = "oldest"  # what requests of before said
    statement_number: int = 0  # of the statement whose link it is


class PaymentRequestEnded(Fact):
    type: Literal["payment-request.ended.v1"] = "payment-request.ended.v1"
    how: Literal["expired", "canceled"]
    reason: str


class Bill(NamedTuple):
    """One of the bills."""

    item_id: str
    service_date: date
    cents: int


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """A link for several bills."""

    request_id: str = ""
    account_id: str = ""
    bills: tuple[Bill, ...] = ()
    expires_at: datetime | None = None
    allocation: RequestAllocation = "oldest"
    ended: Literal["", "expired", "canceled"] = ""
    statement_number: int = 0

    @property
    def total_cents(self) -> int:
        return sum(bill.cents for bill in self.bills)

    def still_asked(self, owed_cents: Mapping[str, int]) -> tuple[Bill, ...]:
        """What of each bill can still be paid, by what is open of it now."""
        open_ = (bill._replace(cents=min(bill.cents, owed_cents.get(bill.item_id, 0))) for bill in self.bills)
        return tuple(bill for bill in open_ if bill.cents > 0)

    def is_open(self, at: datetime) -> bool:
        """Whether somebody may still pay."""
        return not self.ended and self.expires_at is not None and at < self.expires_at


RequestMessage: TypeAlias = CreatePaymentRequest | CancelPaymentRequest | StatementSent | Due
RequestFact: TypeAlias = PaymentRequested | PaymentRequestEnded


def decide(state: PaymentRequest, message: RequestMessage) -> tuple[RequestFact | Effect, ...]:
    match message:
        case CreatePaymentRequest():
            return () if state.request_id else (_made(message),)
        case StatementSent():
            return () if state.request_id or not message.pay_request_id else _stated(message)
        case CancelPaymentRequest():
            ends = state.request_id and not state.ended
            return (PaymentRequestEnded(how="canceled", reason=message.reason),) if ends else ()
        case Due():
            ends = message.kind == "payment_request" and not state.ended and message.due_at == state.expires_at
            return (PaymentRequestEnded(how="expired", reason=""),) if ends else ()
        case _:
            assert_never(message)


def _made(command: CreatePaymentRequest) -> PaymentRequested:
    return PaymentRequested(
        request_id=command.request_id,
        account_id=command.account_id,
        bills=command.bills,
        expires_at=command.expires_at,
        allocation=command.allocation,
    )


def _stated(sent: StatementSent) -> tuple[PaymentRequested, ...]:
    """The link on a statement; without a day until which it is good there is none."""
    if sent.pay_until is None:
        return ()
    made = PaymentRequested(
        request_id=sent.pay_request_id,
        account_id=sent.account_id,
        bills=(),
        expires_at=sent.pay_until,
        statement_number=sent.number,
    )
    return (made,)


def evolve(state: PaymentRequest, fact: RequestFact) -> PaymentRequest:
    match fact:
        case PaymentRequested():
            return replace(
                state,
                request_id=fact.request_id,
                account_id=fact.account_id,
                bills=tuple(Bill(one.item_id, one.service_date, one.cents) for one in fact.bills),
                expires_at=fact.expires_at,
                allocation=fact.allocation,
                statement_number=fact.statement_number,
            )
        case PaymentRequestEnded():
            return replace(state, ended=fact.how)
        case _:
            assert_never(fact)


def publish(_: PaymentRequest, __: RequestFact, ___: Meta) -> Event | None:
    """Nothing: a payment says what was paid."""
    return None


def _id(message: RequestMessage) -> str:
    if isinstance(message, StatementSent):
        return message.pay_request_id or message.statement_id  # one without a link makes no request
    return message.aggregate_id if isinstance(message, Due) else message.request_id


def _due(state: PaymentRequest) -> datetime | None:
    return None if state.ended else state.expires_at


def _index(state: PaymentRequest) -> Mapping[str, Scalar]:
    return {"account_id": state.account_id, "open": not state.ended}


PAYMENT_REQUEST: Decider[PaymentRequest, RequestMessage, RequestFact] = Decider(
    service="payments",
    kind="payment_request",
    initial=PaymentRequest(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=_id,
    record_key=lambda state: state.account_id,
    state_codec=TypeAdapter(PaymentRequest),
    message_codec=TypeAdapter(Annotated[RequestMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Annotated[RequestFact, Field(discriminator="type")]),
    index=_index,
    due=_due,
)
