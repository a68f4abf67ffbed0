"""A payment by card or bank debit through a processor: one payment, whatever its webhooks say, however often.

The processor's news come in any order and more than once. Each is a proof of something that does not go away: that the
money came, that it was taken back, that a dispute was won or lost. What came before the money did is held. Nothing here
knows a card: the processor's page takes it, and only tokens of it come back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, NamedTuple, TypeAlias, assert_never

from pydantic import Field, NonNegativeInt, TypeAdapter

from services.payments.core.account_messages import ReversalCause
from services.payments.core.cash import CashAccount, CashFact, cash_sides
from services.payments.core.remitted import Reference
from shared.contracts import Cents, Event, Message, Meta, NonNegativeCents, PositiveCents, Sealed
from shared.decider import Answer, Decider, Effect, Fact, Scalar
from shared.replaced import replace

Method: TypeAlias = Literal["card", "ach"]
DisputeStatus: TypeAlias = Literal["open", "won", "lost"]


class RequestCardPayment(Message):
    """Ask the processor to take so much from the guarantor."""

    type: Literal["payments.request-card-payment.v1"] = "payments.request-card-payment.v1"
    intent_id: Reference
    account_id: str
    method: Method
    asked_cents: PositiveCents
    claim_id: str | None = None
    reserved_for: str = Field(default="", max_length=38)
    request_id: str = Field(default="", max_length=80, description="The payment request it answers, if it does.")


class IntentCreated(Answer):
    """The processor holds the intent; its secret lets the guarantor's browser, and nobody else, pay it."""

    type: Literal["payments.intent-created.v1"] = "payments.intent-created.v1"
    intent_id: str
    processor_id: str
    sealed_client_secret: Sealed


class IntentRefused(Answer):
    """The processor will not have it; `code` is its own, never a text about a person."""

    type: Literal["payments.intent-refused.v1"] = "payments.intent-refused.v1"
    intent_id: str
    code: str


class ProcessorNews(Message):
    """What a webhook said about this intent. `news_id` is the processor's id of the event; a replay has the same."""

    type: Literal["payments.processor-news.v1"] = "payments.processor-news.v1"
    intent_id: Reference
    news_id: str = Field(max_length=120)
    what: Literal["processing", "succeeded", "failed", "canceled", "dispute_opened", "dispute_won", "dispute_lost"]
    processor_id: str = Field(max_length=120)
    object_id: str = Field(default="", max_length=120, description="Of the dispute, where it is about one.")
    cents: NonNegativeCents = 0
    currency: str = Field(default="usd", max_length=10)
    fee_cents: Cents = 0
    code: str = Field(default="", max_length=60, description="Why: a decline code, a return code such as R01.")
    told_at: NonNegativeInt = Field(
        default=0, description="The processor's own time, in seconds: news come in any order."
    )


class PaymentBooked(Answer):
    """The account has the payment."""

    type: Literal["payments.payment-booked.v1"] = "payments.payment-booked.v1"
    intent_id: str


class MoneyBackBooked(Answer):
    """The account has, or does not have, what was taken back."""

    type: Literal["payments.money-back-booked.v1"] = "payments.money-back-booked.v1"
    intent_id: str
    reversal_id: str
    reversed_cents: NonNegativeCents


class CreateIntent(Effect):
    """Create the intent at the processor; its idempotency key is our id."""

    type: Literal["payments.create-intent.v1"] = "payments.create-intent.v1"
    intent_id: str
    account_id: str
    method: Method
    cents: PositiveCents


class BookPayment(Effect):
    """Post the money on the account."""

    type: Literal["payments.book-payment.v1"] = "payments.book-payment.v1"
    account_id: str
    payment_id: str
    method: Method
    cents: PositiveCents
    claim_id: str | None
    reserved_for: str


class BookMoneyBack(Effect):
    """Take disputed money out of the account."""

    type: Literal["payments.book-money-back.v1"] = "payments.book-money-back.v1"
    account_id: str
    payment_id: str
    reversal_id: str
    cents: PositiveCents
    cause: ReversalCause


class BookRestored(Effect):
    """Give it back to the account: the dispute was won."""

    type: Literal["payments.book-restored.v1"] = "payments.book-restored.v1"
    account_id: str
    reversal_id: str


class CardPaymentRequested(Fact):
    type: Literal["card.requested.v1"] = "card.requested.v1"
    intent_id: str
    account_id: str
    method: Method
    asked_cents: PositiveCents
    claim_id: str | None
    reserved_for: str
    request_id: str


class CardIntentHeld(Fact):
    """The processor waits for the guarantor."""

    type: Literal["card.intent-held.v1"] = "card.intent-held.v1"
    processor_id: str
    sealed_client_secret: Sealed


class CardPaymentFailed(Fact):
    """Declined, returned before it was paid, or never asked for. The guarantor may try again."""

    type: Literal["card.failed.v1"] = "card.failed.v1"
    news_id: str
    status: Literal["failed", "canceled", "refused"]
    code: str
    told_at: int = 0


class CardPaymentPending(Fact):
    """A bank debit is on its way; it is not money yet."""

    type: Literal["card.pending.v1"] = "card.pending.v1"
    news_id: str
    told_at: int = 0


class CardPaymentReceived(CashFact):
    """The processor has the money."""

    type: Literal["card.received.v1"] = "card.received.v1"
    news_id: str
    processor_id: str


class CardFeeTaken(CashFact):
    """What the processor keeps for a payment or a dispute."""

    type: Literal["card.fee-taken.v1"] = "card.fee-taken.v1"
    news_id: str


class CardPaymentPosted(Fact):
    type: Literal["card.posted.v1"] = "card.posted.v1"


class CardMoneyDisputed(CashFact):
    """The cardholder's bank, or the guarantor's, took the money back."""

    type: Literal["card.disputed.v1"] = "card.disputed.v1"
    news_id: str
    dispute_id: str
    code: str


class CardDisputeWon(CashFact):
    """The bank gave it back."""

    type: Literal["card.dispute-won.v1"] = "card.dispute-won.v1"
    news_id: str
    dispute_id: str


class CardDisputeLost(Fact):
    """It stays with the guarantor's bank."""

    type: Literal["card.dispute-lost.v1"] = "card.dispute-lost.v1"
    news_id: str
    dispute_id: str


class CardNewsHeld(Fact):
    """News about money that has not come yet."""

    type: Literal["card.news-held.v1"] = "card.news-held.v1"
    news: ProcessorNews


class CardNewsOdd(Fact):
    """News that nobody may book unseen: another currency or amount, another intent at the processor."""

    type: Literal["card.news-odd.v1"] = "card.news-odd.v1"
    news_id: str
    reason: str


class CardMoneyBackPosted(Fact):
    """The account took it out. Less than was disputed when part of it was refunded before."""

    type: Literal["card.money-back-posted.v1"] = "card.money-back-posted.v1"
    reversal_id: str
    reversed_cents: NonNegativeCents


class Dispute(NamedTuple):
    """A chargeback, or a bank's return."""

    dispute_id: str
    cents: int
    status: DisputeStatus
    code: str


@dataclass(frozen=True, slots=True)
class CardPayment:
    """One payment through the processor."""

    intent_id: str = ""
    account_id: str = ""
    method: Method = "card"
    asked_cents: int = 0
    claim_id: str | None = None
    reserved_for: str = ""
    request_id: str = ""
    processor_id: str = ""
    sealed_client_secret: str = ""
    failure: str = ""  # of the last attempt
    status_before_money: Literal["requested", "waiting", "pending", "failed", "canceled", "refused"] = "requested"
    told_at: int = 0  # of the latest news before the money
    received_cents: int = 0
    fee_cents: int = 0
    posted: bool = False
    disputes: tuple[Dispute, ...] = ()
    seen: frozenset[str] = field(default_factory=frozenset[str])
    held: tuple[ProcessorNews, ...] = ()
    odd: tuple[str, ...] = ()
    shortfalls: tuple[str, ...] = ()  # reversals that the account could not take in full

    @property
    def payment_id(self) -> str:
        return f"pay_{self.intent_id}"

    @property
    def status(self) -> str:
        if not self.received_cents:
            return self.status_before_money
        latest = self.disputes[-1].status if self.disputes else ""
        return {"open": "disputed", "lost": "charged_back", "won": "paid"}.get(latest, "paid")

    def dispute(self, dispute_id: str) -> Dispute | None:
        return next((one for one in self.disputes if one.dispute_id == dispute_id), None)


CardMessage: TypeAlias = (
    RequestCardPayment | IntentCreated | IntentRefused | ProcessorNews | PaymentBooked | MoneyBackBooked
)
CardEffect: TypeAlias = CreateIntent | BookPayment | BookMoneyBack | BookRestored
CardFact: TypeAlias = (
    CardPaymentRequested
    | CardIntentHeld
    | CardPaymentFailed
    | CardPaymentPending
    | CardPaymentReceived
    | CardFeeTaken
    | CardPaymentPosted
    | CardMoneyDisputed
    | CardDisputeWon
    | CardDisputeLost
    | CardNewsHeld
    | CardNewsOdd
    | CardMoneyBackPosted
)
Decision: TypeAlias = tuple[CardFact | Effect, ...]
PROCESSOR, PATIENT = CashAccount.PROCESSOR, CashAccount.PATIENT_MONEY


def decide(state: CardPayment, message: CardMessage) -> Decision:
    match message:
        case RequestCardPayment():
            return _requested(state, message)
        case IntentCreated():
            held = CardIntentHeld(processor_id=message.processor_id, sealed_client_secret=message.sealed_client_secret)
            return (held,) if not state.sealed_client_secret else ()
        case IntentRefused():
            return (CardPaymentFailed(news_id="", status="refused", code=message.code),)
        case ProcessorNews():
            return _heard(state, message)
        case PaymentBooked():
            return () if state.posted else (CardPaymentPosted(), *_after_posting(state))
        case MoneyBackBooked():
            return (CardMoneyBackPosted(reversal_id=message.reversal_id, reversed_cents=message.reversed_cents),)
        case _:
            assert_never(message)


def _requested(state: CardPayment, command: RequestCardPayment) -> Decision:
    if state.intent_id:
        return ()
    requested = CardPaymentRequested(
        intent_id=command.intent_id,
        account_id=command.account_id,
        method=command.method,
        asked_cents=command.asked_cents,
        claim_id=command.claim_id,
        reserved_for=command.reserved_for,
        request_id=command.request_id,
    )
    create = CreateIntent(
        intent_id=command.intent_id,
        account_id=command.account_id,
        method=command.method,
        cents=command.asked_cents,
    )
    return requested, create


def _heard(state: CardPayment, news: ProcessorNews) -> Decision:
    """A replay decides nothing. What is odd is kept for a person and moves no money."""
    if not state.intent_id or news.news_id in state.seen:
        return ()
    if reason := _odd(state, news):
        return (CardNewsOdd(news_id=news.news_id, reason=reason),)
    match news.what:
        case "processing":
            pending = CardPaymentPending(news_id=news.news_id, told_at=news.told_at)
            return (pending,) if not state.received_cents and news.told_at > state.told_at else ()
        case "failed" | "canceled":
            failed = CardPaymentFailed(news_id=news.news_id, status=news.what, code=news.code, told_at=news.told_at)
            return (failed,) if not state.received_cents and news.told_at >= state.told_at else ()
        case "succeeded":
            return _succeeded(state, news)
        case "dispute_opened" | "dispute_won" | "dispute_lost":
            return _disputed(state, news) if state.posted else (CardNewsHeld(news=news),)
        case _:
            assert_never(news.what)


def _odd(state: CardPayment, news: ProcessorNews) -> str:
    if news.currency.lower() != "usd":
        return "the currency is not USD"
    if state.processor_id and news.processor_id != state.processor_id:
        return "the processor knows this payment by another id"
    if news.what == "succeeded" and not 0 < news.cents <= state.asked_cents:
        return f"{news.cents} cents were received, and {state.asked_cents} were asked for"
    known = state.dispute(news.object_id)
    disputed_cents = sum(one.cents for one in state.disputes if one.status != "won")
    opens = news.what.startswith("dispute") and known is None and state.received_cents
    if opens and not 0 < news.cents <= state.received_cents - disputed_cents:
        return f"{news.cents} cents are disputed, of {state.received_cents - disputed_cents} that could be"
    return ""


def _succeeded(state: CardPayment, news: ProcessorNews) -> Decision:
    if state.received_cents:
        return ()
    received = CardPaymentReceived(
        news_id=news.news_id, processor_id=news.processor_id, **cash_sides(PROCESSOR, PATIENT, news.cents)
    )
    book = BookPayment(
        account_id=state.account_id,
        payment_id=state.payment_id,
        method=state.method,
        cents=news.cents,
        claim_id=state.claim_id,
        reserved_for=state.reserved_for,
    )
    return (received, *_fee(news), book)


def _fee(news: ProcessorNews) -> Decision:
    if not news.fee_cents:
        return ()
    return (CardFeeTaken(news_id=news.news_id, **cash_sides(CashAccount.PROCESSOR_FEES, PROCESSOR, news.fee_cents)),)


def _after_posting(state: CardPayment) -> Decision:
    """News that were held, in the order in which they make sense: opened before won or lost."""
    made: list[CardFact | Effect] = []
    state = replace(state, posted=True)
    for news in sorted(state.held, key=lambda one: (one.object_id, one.what != "dispute_opened", one.what)):
        reason = _odd(state, news)
        decided = (CardNewsOdd(news_id=news.news_id, reason=reason),) if reason else _disputed(state, news)
        for item in decided:
            if not isinstance(item, Effect):
                state = evolve(state, item)
        made += decided
    return tuple(made)


def _disputed(state: CardPayment, news: ProcessorNews) -> Decision:
    """An end that comes before its opening opens the dispute too; an opening after its end says nothing new."""
    known = state.dispute(news.object_id)
    if known is None:
        opened = _opened(state, news)
        if news.what == "dispute_opened":
            return opened
        end = _ended(state, news, news.cents)
        return (*opened, *end)
    if news.what == "dispute_opened" or known.status != "open":
        return ()
    return _ended(state, news, known.cents)


def _opened(state: CardPayment, news: ProcessorNews) -> Decision:
    disputed = CardMoneyDisputed(
        news_id=news.news_id,
        dispute_id=news.object_id,
        code=news.code,
        **cash_sides(PATIENT, PROCESSOR, news.cents),
    )
    back = BookMoneyBack(
        account_id=state.account_id,
        payment_id=state.payment_id,
        reversal_id=reversal_id_of(news.object_id),
        cents=news.cents,
        cause="ach_return" if state.method == "ach" else "chargeback",
    )
    return (disputed, *_fee(news), back)


def _ended(state: CardPayment, news: ProcessorNews, cents: int) -> Decision:
    if news.what == "dispute_lost":
        return (CardDisputeLost(news_id=news.news_id, dispute_id=news.object_id),)
    won = CardDisputeWon(news_id=news.news_id, dispute_id=news.object_id, **cash_sides(PROCESSOR, PATIENT, cents))
    return won, BookRestored(account_id=state.account_id, reversal_id=reversal_id_of(news.object_id))


def reversal_id_of(dispute_id: str) -> str:
    """The account's reversal of a dispute; letters, digits, - and _ only."""
    return f"rev_{''.join(one if one.isalnum() else '_' for one in dispute_id)[:60]}"


def evolve(state: CardPayment, fact: CardFact) -> CardPayment:  # noqa: C901, PLR0911, PLR0912 - a table
    match fact:
        case CardPaymentRequested():
            return replace(
                state,
                intent_id=fact.intent_id,
                account_id=fact.account_id,
                method=fact.method,
                asked_cents=fact.asked_cents,
                claim_id=fact.claim_id,
                reserved_for=fact.reserved_for,
                request_id=fact.request_id,
            )
        case CardIntentHeld():
            before = state.status_before_money
            return replace(
                state,
                processor_id=fact.processor_id,
                sealed_client_secret=fact.sealed_client_secret,
                status_before_money="waiting" if before == "requested" else before,
            )
        case CardPaymentFailed():
            seen = _seen(state, fact.news_id)
            told_at = max(fact.told_at, state.told_at)
            return replace(state, status_before_money=fact.status, failure=fact.code, seen=seen, told_at=told_at)
        case CardPaymentPending():
            seen = _seen(state, fact.news_id)
            return replace(state, status_before_money="pending", seen=seen, told_at=fact.told_at)
        case CardPaymentReceived():
            seen = _seen(state, fact.news_id)
            return replace(state, received_cents=fact.cents, processor_id=fact.processor_id, seen=seen)
        case CardFeeTaken():
            return replace(state, fee_cents=state.fee_cents + fact.effect_on(CashAccount.PROCESSOR_FEES))
        case CardPaymentPosted():
            return replace(state, posted=True, held=())
        case CardMoneyDisputed():
            dispute = Dispute(fact.dispute_id, fact.cents, "open", fact.code)
            return replace(state, disputes=(*state.disputes, dispute), seen=_seen(state, fact.news_id))
        case CardDisputeWon():
            return _end(state, fact.dispute_id, "won", fact.news_id)
        case CardDisputeLost():
            return _end(state, fact.dispute_id, "lost", fact.news_id)
        case CardNewsHeld():
            return replace(state, held=(*state.held, fact.news), seen=_seen(state, fact.news.news_id))
        case CardNewsOdd():
            return replace(state, odd=(*state.odd, fact.reason), seen=_seen(state, fact.news_id))
        case CardMoneyBackPosted():
            return _short(state, fact)
        case _:
            assert_never(fact)


def _seen(state: CardPayment, news_id: str) -> frozenset[str]:
    return state.seen | {news_id} if news_id else state.seen


def _end(state: CardPayment, dispute_id: str, status: DisputeStatus, news_id: str) -> CardPayment:
    disputes = tuple(one._replace(status=status) if one.dispute_id == dispute_id else one for one in state.disputes)
    return replace(state, disputes=disputes, seen=_seen(state, news_id))


def _short(state: CardPayment, fact: CardMoneyBackPosted) -> CardPayment:
    """The money was gone already, by a refund: we are out of it twice, and a person must see that."""
    wanted = next((one.cents for one in state.disputes if reversal_id_of(one.dispute_id) == fact.reversal_id), 0)
    if fact.reversed_cents >= wanted:
        return state
    return replace(state, shortfalls=(*state.shortfalls, fact.reversal_id))


def publish(_: CardPayment, __: CardFact, ___: Meta) -> Event | None:
    """Nothing: the account says what was paid and taken back."""
    return None


def _index(state: CardPayment) -> Mapping[str, Scalar]:
    return {
        "status": state.status,
        "account_id": state.account_id,
        "request_id": state.request_id,
        "odd": bool(state.odd or state.shortfalls),
    }


CARD_PAYMENT: Decider[CardPayment, CardMessage, CardFact] = Decider(
    service="payments",
    kind="card_payment",
    initial=CardPayment(),
    decide=decide,
    evolve=evolve,
    publish=publish,
    aggregate_id=lambda message: message.intent_id,
    record_key=lambda state: state.account_id or state.intent_id,
    state_codec=TypeAdapter(CardPayment),
    message_codec=TypeAdapter(Annotated[CardMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Annotated[CardFact, Field(discriminator="type")]),
    effect_codec=TypeAdapter(Annotated[CardEffect, Field(discriminator="type")]),
    index=_index,
)
