"""A patient's money that a person entered without a till: a check in the mail, cash, a card taken elsewhere.

It lies undeposited until a bank list has it, under its deposit slip where one was named. A check that the bank returned
is taken out of the book here too, whoever took the check in.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, NamedTuple, TypeAlias, assert_never

from pydantic import Field, TypeAdapter

from services.payments.core.cash import CashAccount, CashFact, cash_sides
from services.payments.core.patient_money import PatientMoney
from services.payments.core.remitted import Reference, digest_of
from shared.contracts import Event, Message, Meta, NonNegativeCents, PositiveCents
from shared.decider import Answer, Decider, Effect, Fact, Scalar
from shared.replaced import replace


class EnterPayment(Message):
    """A person says that so much came, and what it is for; `slip` names the deposit that takes it to the bank."""

    type: Literal["payments.enter-payment.v1"] = "payments.enter-payment.v1"
    account_id: str
    money: PatientMoney
    slip: str = Field(default="", max_length=50)
    entry: str = Field(default="", description="The person's one command, by which their own repeat is known.")


class ReturnCheck(Message):
    """The bank returned the check: take what the account still has of it out again."""

    type: Literal["payments.return-check.v1"] = "payments.return-check.v1"
    payment_id: Reference
    account_id: str
    reversal_id: Reference
    returned_cents: PositiveCents


class EnteredPaymentPosted(Answer):
    """The account has it."""

    type: Literal["payments.entered-payment-posted.v1"] = "payments.entered-payment-posted.v1"
    payment_id: str


class EnteredPaymentAwaited(Answer):
    """The bank side waits for it."""

    type: Literal["payments.entered-payment-awaited.v1"] = "payments.entered-payment-awaited.v1"
    payment_id: str


class ReturnBooked(Answer):
    """What the account gave back of a returned check."""

    type: Literal["payments.return-booked.v1"] = "payments.return-booked.v1"
    payment_id: str
    reversal_id: str
    reversed_cents: NonNegativeCents


class PostEnteredPayment(Effect):
    """Post it on the account, where it pays what the person said."""

    type: Literal["payments.post-entered-payment.v1"] = "payments.post-entered-payment.v1"
    account_id: str
    money: PatientMoney


class AwaitEnteredPayment(Effect):
    """The bank will see it."""

    type: Literal["payments.await-entered-payment.v1"] = "payments.await-entered-payment.v1"
    cents: PositiveCents
    slip: str
    sent_on: date


class BookReturn(Effect):
    """Take a returned check out of the account."""

    type: Literal["payments.book-return.v1"] = "payments.book-return.v1"
    account_id: str
    reversal_id: str
    cents: PositiveCents


class PaymentEntered(CashFact):
    """In hand, and not at the bank yet."""

    type: Literal["entered.taken.v1"] = "entered.taken.v1"
    payment_id: str
    account_id: str
    method: str
    slip: str
    received_on: date
    digest: str
    entry: str = ""
    by: str = ""


class EnteredPosted(Fact):
    type: Literal["entered.posted.v1"] = "entered.posted.v1"


class ReturnAsked(Fact):
    """The account is being asked for it."""

    type: Literal["entered.return-asked.v1"] = "entered.return-asked.v1"
    reversal_id: str


class CheckReturned(CashFact):
    """The bank took it off the account again."""

    type: Literal["entered.check-returned.v1"] = "entered.check-returned.v1"
    reversal_id: str


class EnteredRepeatDiffered(Fact):
    """The same payment came with other content; the first one stands."""

    type: Literal["entered.repeat-differed.v1"] = "entered.repeat-differed.v1"
    digest: str


class Return(NamedTuple):
    """What went back of it, under the account's reversal."""

    reversal_id: str
    cents: int


@dataclass(frozen=True, slots=True)
class EnteredPayment:
    """One payment. Of a check that came over a till, only its returns are known here."""

    payment_id: str = ""
    account_id: str = ""
    method: str = ""
    cents: int = 0
    slip: str = ""
    posted: bool = False
    digest: str = ""
    entry: str = ""
    by: str = ""
    asked: frozenset[str] = frozenset()  # reversals that the account was asked for
    returns: tuple[Return, ...] = ()
    conflicts: tuple[str, ...] = ()


EnteredMessage: TypeAlias = EnterPayment | ReturnCheck | EnteredPaymentPosted | EnteredPaymentAwaited | ReturnBooked
EnteredEffect: TypeAlias = PostEnteredPayment | AwaitEnteredPayment | BookReturn
EnteredFact: TypeAlias = PaymentEntered | EnteredPosted | ReturnAsked | CheckReturned | EnteredRepeatDiffered
Decision: TypeAlias = tuple[EnteredFact | Effect, ...]
PATIENT = CashAccount.PATIENT_MONEY


def decide(state: EnteredPayment, message: EnteredMessage) -> Decision:
    match message:
        case EnterPayment():
            return _entered(state, message)
        case EnteredPaymentPosted():
            return () if state.posted else (EnteredPosted(),)
        case EnteredPaymentAwaited():
            return ()
        case ReturnCheck():
            return _return(state, message)
        case ReturnBooked():
            return _booked(state, message)
        case _:
            assert_never(message)


def _entered(state: EnteredPayment, command: EnterPayment) -> Decision:
    """The person's own id is the payment's; what is said again in other words is kept, and moves nothing."""
    money = command.money
    without = (
        ("received_on", "targets") if money.allocation == "line" else ("received_on",)
    )  # lines are the ledger's own
    digest = digest_of(money, *without)
    if state.digest:
        differs = digest != state.digest and digest not in state.conflicts
        return (EnteredRepeatDiffered(digest=digest),) if differs else ()
    entered = PaymentEntered(
        payment_id=money.payment_id,
        account_id=command.account_id,
        method=money.method,
        slip=command.slip,
        received_on=money.received_on,
        digest=digest,
        entry=command.entry,
        by=command.meta.actor,
        **cash_sides(CashAccount.UNDEPOSITED, PATIENT, money.paid_cents),
    )
    post = PostEnteredPayment(account_id=command.account_id, money=money)
    awaited = AwaitEnteredPayment(cents=money.paid_cents, slip=command.slip, sent_on=money.received_on)
    return entered, post, awaited


def _return(state: EnteredPayment, command: ReturnCheck) -> Decision:
    if _asked(state, command.reversal_id):
        return ()
    back = BookReturn(account_id=command.account_id, reversal_id=command.reversal_id, cents=command.returned_cents)
    return ReturnAsked(reversal_id=command.reversal_id), back


def _asked(state: EnteredPayment, reversal_id: str) -> bool:
    return reversal_id in state.asked


def _returned(state: EnteredPayment, reversal_id: str) -> bool:
    return any(one.reversal_id == reversal_id for one in state.returns)


def _booked(state: EnteredPayment, answer: ReturnBooked) -> Decision:
    """As much as the account gave: what it had refunded before was never the bank's to take twice."""
    if not answer.reversed_cents or _returned(state, answer.reversal_id):
        return ()
    return (
        CheckReturned(reversal_id=answer.reversal_id, **cash_sides(PATIENT, CashAccount.BANK, answer.reversed_cents)),
    )


def evolve(state: EnteredPayment, fact: EnteredFact) -> EnteredPayment:
    match fact:
        case PaymentEntered():
            return replace(
                state,
                payment_id=fact.payment_id,
                account_id=fact.account_id,
                method=fact.method,
                cents=fact.cents,
                slip=fact.slip,
                digest=fact.digest,
                entry=fact.entry,
                by=fact.by,
            )
        case EnteredPosted():
            return replace(state, posted=True)
        case ReturnAsked():
            return replace(state, asked=state.asked | {fact.reversal_id})
        case CheckReturned():
            return replace(state, returns=(*state.returns, Return(fact.reversal_id, fact.cents)))
        case EnteredRepeatDiffered():
            return replace(state, conflicts=(*state.conflicts, fact.digest))
        case _:
            assert_never(fact)


def publish(_: EnteredPayment, __: EnteredFact, ___: Meta) -> Event | None:
    """Nothing: the account says what was paid and taken back."""
    return None


def check_payment_id(tenant: str, account_id: str, check_number: str, cents: int) -> str:
    """One check of a guarantor is one payment, whoever enters it and however often."""
    number = "".join(check_number.split()).upper().lstrip("0")
    text = "\x1f".join((tenant, account_id, number, str(cents)))
    return f"pay_chk_{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def expected_id_of(payment_id: str) -> str:
    """Under which name the bank side waits for an entered payment."""
    return f"hand_{payment_id}"


def _id(message: EnteredMessage) -> str:
    return message.money.payment_id if isinstance(message, EnterPayment) else message.payment_id


def _index(state: EnteredPayment) -> Mapping[str, Scalar]:
    return {"account_id": state.account_id, "differs": bool(state.conflicts)}


ENTERED_PAYMENT: Decider[EnteredPayment, EnteredMessage, EnteredFact] = Decider(
    service="payments",
    kind="entered_payment",
    initial=EnteredPayment(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=_id,
    record_key=lambda state: state.account_id or state.payment_id,
    state_codec=TypeAdapter(EnteredPayment),
    message_codec=TypeAdapter(Annotated[EnteredMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Annotated[EnteredFact, Field(discriminator="type")]),
    effect_codec=TypeAdapter(Annotated[EnteredEffect, Field(discriminator="type")]),
    index=_index,
)
