"""A payment by card or bank debit through a processor: one payment, whatever its webhooks say, however often.

The processor's news come in any order and more than once. Each is a proof of something that does not go away: that the
money came, that it was taken back, that a dispute was won or lost. What came before the money did is held. Nothing here
knows a card: the processor's page takes it, and only tokens of it come back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, NamedTuple, TypeAlias, assert_never

from pydantic import Field, TypeAdapter

from services.payments.core.account_messages import Allocation, Target
from services.payments.core.card_payment_facts import (
    CardDisputeLost,
    CardDisputeWon,
    CardFeeTaken,
    CardIntentHeld,
    CardMoneyBackPosted,
    CardMoneyDisputed,
    CardNewsHeld,
    CardNewsOdd,
    CardPaymentFailed,
    CardPaymentPending,
    CardPaymentPosted,
    CardPaymentReceived,
    CardPaymentRequested,
)
from services.payments.core.card_payment_messages import (
    BookMoneyBack,
    BookPayment,
    BookRestored,
    CreateIntent,
    DisputeStatus,
    IntentCreated,
    IntentRefused,
    Method,
    MoneyBackBooked,
    PaymentBooked,
    ProcessorNews,
    RequestCardPayment,
)
from services.payments.core.cash import CashAccount, cash_sides
from shared.contracts import Event, InstallmentChargeRequested, Meta, PatientPaymentFailed, PatientPaymentPending
from shared.decider import Decider, Effect, Scalar
from shared.replaced import replace


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
    allocation: Allocation = "oldest"
    items: tuple[str, ...] = ()
    targets: tuple[Target, ...] = ()
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
    RequestCardPayment
    | InstallmentChargeRequested
    | IntentCreated
    | IntentRefused
    | ProcessorNews
    | PaymentBooked
    | MoneyBackBooked
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


def decide(state: CardPayment, message: CardMessage) -> Decision:  # noqa: PLR0911 - one case per message
    match message:
        case RequestCardPayment():
            return _requested(state, message)
        case InstallmentChargeRequested():
            return _charge_requested(state, message)
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
        allocation=command.allocation,
        items=command.items,
        targets=command.targets,
    )
    create = CreateIntent(
        intent_id=command.intent_id,
        account_id=command.account_id,
        method=command.method,
        cents=command.asked_cents,
    )
    return requested, create


def _charge_requested(state: CardPayment, event: InstallmentChargeRequested) -> Decision:
    """An installment of a plan, taken from the stored card or bank account: once for each charge."""
    if state.intent_id:
        return ()
    requested = CardPaymentRequested(
        intent_id=event.charge_id,
        account_id=event.account_id,
        method=event.method,
        asked_cents=event.charge_cents,
        claim_id=None,
        reserved_for="",
        request_id="",
    )
    create = CreateIntent(
        intent_id=event.charge_id,
        account_id=event.account_id,
        method=event.method,
        cents=event.charge_cents,
        sealed_token=event.sealed_token,
    )
    return requested, create


def intent_of(message: CardMessage) -> str:
    """The payment a message is about; a charge of a plan is one of its own name."""
    return message.charge_id if isinstance(message, InstallmentChargeRequested) else message.intent_id


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
        allocation=state.allocation,
        items=state.items,
        targets=state.targets,
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
                allocation=fact.allocation,
                items=fact.items,
                targets=fact.targets,
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


def publish(state: CardPayment, fact: CardFact, meta: Meta) -> Event | None:
    """What is on its way, and what failed; the account itself says what was paid and taken back."""
    match fact:
        case CardPaymentPending():
            return PatientPaymentPending(
                meta=meta,
                account_id=state.account_id,
                payment_id=state.payment_id,
                method=state.method,
                pending_cents=state.asked_cents,
            )
        case CardPaymentFailed():
            return PatientPaymentFailed(
                meta=meta,
                account_id=state.account_id,
                payment_id=state.payment_id,
                method=state.method,
                reason=fact.code or fact.status,
            )
        case _:
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
    aggregate_id=intent_of,
    record_key=lambda state: state.account_id or state.intent_id,
    state_codec=TypeAdapter(CardPayment),
    message_codec=TypeAdapter(Annotated[CardMessage, Field(discriminator="type")]),
    fact_codec=TypeAdapter(Annotated[CardFact, Field(discriminator="type")]),
    effect_codec=TypeAdapter(Annotated[CardEffect, Field(discriminator="type")]),
    index=_index,
)
