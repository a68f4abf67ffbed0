"""What patients pay in a seed, by card or by check, what of it goes back, and what the bank says of deposits."""

import random
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import NamedTuple, TypeAlias
from uuid import UUID

from services.payments.core.account_messages import PostPatientPayment, ReversalCause, ReversePatientPayment
from services.payments.core.card_payment import reversal_id_of
from services.payments.core.card_payment_messages import ProcessorNews, RequestCardPayment
from services.payments.core.deposit import deposit_id_of
from services.payments.core.deposit_messages import RecordDeposit
from services.payments.core.entered_payment import EnterPayment, ReturnCheck
from services.payments.core.patient_money import PatientMoney as Money
from services.payments.core.refund_messages import AskRefund
from shared.contracts import Meta
from tests.simulation.chaos import START
from tests.simulation.decisions import Billed
from tests.simulation.moments import BACK_UPTO, MOMENTS, PAID_IN, PAID_UPTO, PAYER, REMITTED_UPTO, meta_of

GOES_BACK = 0.3
SAVER = "acct_saver"
SAVED_IN, GIVEN_BACK_IN = 1, 2
SAVERS_MONEY: tuple[ReversalCause, ...] = ("refund", "chargeback", "returned_check", "refund")
BY_CARD = 0.5
DEPOSITED = 0.4
"""Of how many remittances the bank tells; the others stay without deposit."""
BANK_ACCOUNT = "bank_simulated"
CashMessage: TypeAlias = EnterPayment | ReturnCheck | RequestCardPayment | ProcessorNews | AskRefund | RecordDeposit


class PatientMoney(NamedTuple):
    """What a patient pays, or what of it goes back, and when."""

    moment: int
    message: PostPatientPayment | ReversePatientPayment


def patients_money(rng: random.Random, tenant: str, account: str, *, is_entangled: bool) -> Iterator[PatientMoney]:
    """One payment; of entangled accounts several, in parts and at several moments, some of which go back.

    Of two, the first may leave so little that it is written off before the second comes, or not.
    """
    yield PatientMoney(PAID_IN, first := _payment(rng, tenant, account, 0, PAID_IN))
    if not is_entangled:
        return
    paid = [first]
    for number in range(1, rng.randint(2, 4)):
        moment = rng.randint(PAID_IN, PAID_UPTO)
        paid.append(_payment(rng, tenant, account, number, moment))
        yield PatientMoney(moment, paid[-1])
    for payment in paid:
        if rng.random() < GOES_BACK:
            moment = rng.randint(PAID_UPTO + 1, BACK_UPTO)
            yield PatientMoney(moment, _back(rng, payment, moment))


def saved_money(rng: random.Random, tenant: str) -> Iterator[PatientMoney]:
    """Of somebody who owes nothing: what goes back does not depend on other news, and comes while much goes wrong."""
    for number, cause in enumerate(SAVERS_MONEY):
        payment = _payment(rng, tenant, SAVER, number, SAVED_IN)
        back = _back(rng, payment, GIVEN_BACK_IN, cause)
        yield PatientMoney(SAVED_IN, payment)
        yield PatientMoney(GIVEN_BACK_IN, back)


def _payment(rng: random.Random, tenant: str, account: str, number: int, moment: int) -> PostPatientPayment:
    return PostPatientPayment(
        meta=meta_of(rng, tenant, f"account/{account}", account, MOMENTS[moment]),
        account_id=account,
        payment_id=f"pay_{account}_{number}",
        method="card",
        paid_cents=rng.randrange(100, 9_000),
        received_on=MOMENTS[moment].date(),
    )


def _back(
    rng: random.Random, payment: PostPatientPayment, moment: int, why: ReversalCause | None = None
) -> ReversePatientPayment:
    """A payment goes back: all of it, whatever it paid, or as a refund of what is not applied, which may be nothing."""
    causes: tuple[ReversalCause, ...] = ("chargeback", "returned_check", "refund")
    cause = why if why is not None else rng.choice(causes)
    cents = rng.randint(1, payment.paid_cents) if cause == "refund" else payment.paid_cents
    return ReversePatientPayment(
        meta=meta_of(rng, payment.meta.tenant, payment.meta.subject, payment.meta.key, MOMENTS[moment]),
        account_id=payment.account_id,
        reversal_id=f"back_{payment.payment_id}",
        payment_id=payment.payment_id,
        reversed_cents=cents,
        cause=cause,
    )


class CashErrand(NamedTuple):
    """What somebody tells of money at a moment: the first message, and news of it that come in any order, and twice."""

    moment: int
    first: CashMessage
    news: tuple[ProcessorNews, ...] = ()


def in_cash(rng: random.Random, payments: Iterable[PatientMoney]) -> Iterator[CashErrand]:
    """The same payments and returns, as the cash side hears of them."""
    cards: dict[str, bool] = {}
    for told in payments:
        message = told.message
        by_card = cards.setdefault(message.payment_id, rng.random() < BY_CARD)
        if isinstance(message, PostPatientPayment):
            yield _card(rng, told.moment, message) if by_card else _check(told.moment, message)
        elif message.cause == "refund":
            yield CashErrand(told.moment, _refund(message, by_card=by_card))
        elif by_card:
            yield _chargeback(rng, told.moment, message)
        else:
            back = ReturnCheck(
                meta=message.meta,
                payment_id=message.payment_id,
                account_id=message.account_id,
                reversal_id=message.reversal_id,
                returned_cents=message.reversed_cents,
            )
            yield CashErrand(told.moment, back)


def reversal_of(back: ReversePatientPayment) -> tuple[str, str]:
    """Under which ids the account may know what goes back: by a refund or a check, or by a dispute."""
    return back.reversal_id, reversal_id_of(_dispute_id(back))


def _check(moment: int, payment: PostPatientPayment) -> CashErrand:
    money = Money(
        payment_id=payment.payment_id,
        method="check",
        paid_cents=payment.paid_cents,
        received_on=payment.received_on,
    )
    return CashErrand(moment, EnterPayment(meta=payment.meta, account_id=payment.account_id, money=money, slip=""))


def _card(rng: random.Random, moment: int, payment: PostPatientPayment) -> CashErrand:
    """An intent, and what the processor tells of it: that it came, and now and then what it said before."""
    request = RequestCardPayment(
        meta=payment.meta,
        intent_id=intent_of(payment.payment_id),
        account_id=payment.account_id,
        method="card",
        asked_cents=payment.paid_cents,
    )
    before = rng.choice(((), ("failed",), ("processing",)))
    return CashErrand(
        moment, request, tuple(_news(rng, request, what, n) for n, what in enumerate((*before, "succeeded")))
    )


def _chargeback(rng: random.Random, moment: int, back: ReversePatientPayment) -> CashErrand:
    request = RequestCardPayment(
        meta=back.meta,
        intent_id=intent_of(back.payment_id),
        account_id=back.account_id,
        method="card",
        asked_cents=back.reversed_cents,
    )
    opened = _news(rng, request, "dispute_opened", 8, _dispute_id(back))
    ends = (_news(rng, request, "dispute_lost", 9, _dispute_id(back)),) if rng.random() < 0.5 else ()
    return CashErrand(moment, opened, ends)


def _refund(back: ReversePatientPayment, *, by_card: bool) -> AskRefund:
    return AskRefund(
        meta=back.meta,
        refund_id=back.reversal_id,
        account_id=back.account_id,
        party="patient",
        method="card" if by_card else "check",
        refunded_cents=back.reversed_cents,
        payment_id=back.payment_id,
        processor_id=f"pi_{intent_of(back.payment_id)}" if by_card else "",
        reason="simulated",
    )


def _news(
    rng: random.Random, request: RequestCardPayment, what: str, number: int, dispute_id: str = ""
) -> ProcessorNews:
    meta: Meta = request.meta.model_copy(update={"id": UUID(int=rng.getrandbits(128), version=4)})
    return ProcessorNews.model_validate(
        {
            "meta": meta,
            "intent_id": request.intent_id,
            "news_id": f"evt_{request.intent_id}_{number}",
            "what": what,
            "processor_id": f"pi_{request.intent_id}",
            "object_id": dispute_id,
            "cents": request.asked_cents,
            "fee_cents": 30 if what == "succeeded" else 0,
            "told_at": 1_000 + number,
        }
    )


def intent_of(payment_id: str) -> str:
    """A card payment is named after its intent."""
    return payment_id.removeprefix("pay_")


def _dispute_id(back: ReversePatientPayment) -> str:
    return f"dp_{back.reversal_id}"


def deposits_of(rng: random.Random, billed: Iterable[Billed]) -> Iterator[CashErrand]:
    """The bank has the money of each remittance that pays something, before the remittance comes or after."""
    on = START.date() + timedelta(1)
    for decision in (one for b in billed for one in b.remitted):
        header, tenant = decision.message.header, decision.message.meta.tenant
        if header.payment_cents <= 0 or rng.random() > DEPOSITED:
            continue
        deposit_id = deposit_id_of(BANK_ACCOUNT, on, header.payment_cents, header.trace_number, 1)
        moment = rng.randint(1, REMITTED_UPTO + 1)
        record = RecordDeposit(
            meta=meta_of(rng, tenant, f"deposit/{deposit_id}", deposit_id, MOMENTS[moment]),
            deposit_id=deposit_id,
            bank_account_id=BANK_ACCOUNT,
            deposited_cents=header.payment_cents,
            deposited_on=on,
            method="ACH",
            trace=header.trace_number,
            bank_reference=header.trace_number,
            originator=PAYER,
        )
        yield CashErrand(moment, record)
