"""Money that goes back: refunds, chargebacks, returned checks. Each is a reversal linked to what it undoes.

A refund gives back only what is not applied to anything; what a bank or card network takes back is taken whether or not
it had paid a balance, and the balance is open again.
"""

from collections.abc import Iterator
from typing import assert_never

from services.payments.core.account_facts import (
    AnyAccountFact,
    LedgerAccount,
    PatientPaymentReleased,
    PatientPaymentRestored,
    PatientPaymentReversed,
    PayerRefunded,
    PayerRefundRestored,
    PrepaymentFreed,
    RepeatDiffered,
    ReversalRefused,
    sides,
)
from services.payments.core.account_messages import (
    FreePrepayment,
    MoneyBack,
    RefundPayer,
    RestoreMoney,
    ReversePatientPayment,
)
from services.payments.core.account_state import Account, Share
from services.payments.core.remitted import digest_of

PATIENT, UNAPPLIED, CASH = (
    LedgerAccount.PATIENT_RECEIVABLE,
    LedgerAccount.UNAPPLIED_CREDIT,
    LedgerAccount.PATIENT_CASH,
)


TAKEN_ANYWAY = frozenset({"chargeback", "ach_return"})
"""Another bank took it whether or not it is still here: what is here goes, and the rest is seen where it was taken."""


def give_back(state: Account, command: MoneyBack) -> tuple[AnyAccountFact, ...]:
    """What one of these commands makes of the account."""
    match command:
        case ReversePatientPayment():
            return reverse_payment(state, command)
        case RefundPayer():
            return refund_payer(state, command)
        case RestoreMoney():
            return restore_money(state, command)
        case FreePrepayment():
            return free_prepayment(state, command)
        case _:
            assert_never(command)


def item_of_refund(state: Account, command: MoneyBack) -> str:
    """The claim whose payer is refunded, or whose refund is undone; empty for patients' money."""
    if isinstance(command, RefundPayer):
        return command.claim_id
    made = state.reversals.get(command.reversal_id) if isinstance(command, RestoreMoney) else None
    return made.of if made is not None and made.of in state.receivables else ""


def reverse_payment(state: Account, command: ReversePatientPayment) -> tuple[AnyAccountFact, ...]:
    """Take the money out of what is not applied first, then out of what it paid, the newest first."""
    digest = digest_of(command)
    if command.reversal_id in state.reversals:
        return _repeated(state, command.reversal_id, digest)
    free_cents = sum(share.cents for share in state.credits if share.payment_id == command.payment_id)
    applied = tuple(_applied_to(state, command.payment_id))
    takes_applied = command.cause != "refund"
    available_cents = free_cents + (sum(cents for _, cents in applied) if takes_applied else 0)
    reversed_cents = command.reversed_cents
    if command.cause in TAKEN_ANYWAY and available_cents:
        reversed_cents = min(reversed_cents, available_cents)
    if reversed_cents > available_cents:
        return (_refused(state, command.reversal_id, digest, reversed_cents, available_cents),)
    released = _released(state, command.payment_id, applied, reversed_cents - free_cents)
    reversed_ = PatientPaymentReversed(
        account_id=state.account_id,
        item_id="",
        reversal_id=command.reversal_id,
        payment_id=command.payment_id,
        cause=command.cause,
        digest=digest,
        **sides(UNAPPLIED, CASH, reversed_cents),
    )
    return (*released, reversed_)


def refund_payer(state: Account, command: RefundPayer) -> tuple[AnyAccountFact, ...]:
    """Give a payer back what is a credit of its claim, and no more."""
    digest = digest_of(command)
    if command.reversal_id in state.reversals:
        return _repeated(state, command.reversal_id, digest)
    item = state.receivables.get(command.claim_id)
    available_cents = 0 if item is None or not item.payer_id else max(0, min(-item.insurance_cents, item.paid_cents))
    if item is None or command.refunded_cents > available_cents:
        return (_refused(state, command.reversal_id, digest, command.refunded_cents, available_cents),)
    return (
        PayerRefunded(
            account_id=state.account_id,
            item_id=command.claim_id,
            reversal_id=command.reversal_id,
            payer_id=item.payer_id,
            digest=digest,
            **sides(LedgerAccount.INSURANCE_RECEIVABLE, LedgerAccount.PAYER_CASH, command.refunded_cents),
        ),
    )


def restore_money(state: Account, command: RestoreMoney) -> tuple[AnyAccountFact, ...]:
    """Once, and only what was taken out."""
    made = state.reversals.get(command.reversal_id)
    if made is None or made.status != "made":
        return ()
    if made.of in state.receivables:
        return (
            PayerRefundRestored(
                account_id=state.account_id,
                item_id=made.of,
                reversal_id=command.reversal_id,
                **sides(LedgerAccount.PAYER_CASH, LedgerAccount.INSURANCE_RECEIVABLE, made.cents),
            ),
        )
    return (
        PatientPaymentRestored(
            account_id=state.account_id,
            item_id="",
            reversal_id=command.reversal_id,
            payment_id=made.of,
            **sides(CASH, UNAPPLIED, made.cents),
        ),
    )


def free_prepayment(state: Account, command: FreePrepayment) -> tuple[AnyAccountFact, ...]:
    if command.payment_id not in state.reserved:
        return ()
    return (PrepaymentFreed(account_id=state.account_id, payment_id=command.payment_id),)


def _applied_to(state: Account, payment_id: str) -> Iterator[tuple[str, int]]:
    """What a payment paid, the newest service first."""
    newest_first = sorted(state.receivables.items(), key=lambda one: (one[1].service_date, one[0]), reverse=True)
    for item_id, item in newest_first:
        yield from ((item_id, share.cents) for share in item.patient_payments if share.payment_id == payment_id)


def _released(
    state: Account, payment_id: str, applied: tuple[tuple[str, int], ...], wanted_cents: int
) -> Iterator[PatientPaymentReleased]:
    for item_id, applied_cents in applied:
        if wanted_cents <= 0:
            return
        cents = min(wanted_cents, applied_cents)
        wanted_cents -= cents
        yield PatientPaymentReleased(
            account_id=state.account_id, item_id=item_id, payment_id=payment_id, **sides(PATIENT, UNAPPLIED, cents)
        )


def _refused(state: Account, reversal_id: str, digest: str, asked_cents: int, available_cents: int) -> ReversalRefused:
    return ReversalRefused(
        account_id=state.account_id,
        reversal_id=reversal_id,
        digest=digest,
        asked_cents=asked_cents,
        available_cents=available_cents,
    )


def _repeated(state: Account, reversal_id: str, digest: str) -> tuple[AnyAccountFact, ...]:
    if state.reversals[reversal_id].digest == digest or digest in state.conflicts:
        return ()
    return (RepeatDiffered(account_id=state.account_id, kind="reversal", reference=reversal_id, digest=digest),)


def spendable(state: Account) -> tuple[Share, ...]:
    """Unapplied money that may pay any balance.

    Prepayments wait for their visit's claim, and what a person keeps unapplied waits for that person.
    """
    if not state.reserved and not state.kept:
        return state.credits
    return tuple(
        share
        for share in state.credits
        if share.payment_id not in state.kept and not state.is_waiting(share.payment_id)
    )
