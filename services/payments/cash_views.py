"""What the API shows of the cash side: figures, codes and pseudonymous ids. No sealed field leaves."""

from datetime import date, datetime
from typing import Any

from services.payments.core.bank_account import BankAccount
from services.payments.core.card_payment import CardPayment
from services.payments.core.credit_case import CreditCase
from services.payments.core.deposit import Deposit
from services.payments.core.expected import Expected
from services.payments.core.payment_request import PaymentRequest
from services.payments.core.payout import Payout
from services.payments.core.refund import Refund
from services.payments.core.till import Till


def shown_bank_account(account: BankAccount) -> dict[str, Any]:
    return {
        "bank_account_id": account.bank_account_id,
        "name": account.name,
        "account": f"…{account.last_digits}",
        "csv": None if account.csv is None else account.csv.model_dump(),
        "closed": account.closed or None,
    }


def shown_deposit(deposit: Deposit) -> dict[str, Any]:
    """A deposit with what explains it; the rest is unapplied cash."""
    return {
        "deposit_id": deposit.deposit_id,
        "bank_account_id": deposit.bank_account_id,
        "status": deposit.status,
        "deposited_cents": deposit.cents,
        "unapplied_cents": deposit.unapplied_cents,
        "set_aside_cents": deposit.set_aside_cents,
        "deposited_on": deposit.deposited_on,
        "method": deposit.method,
        "trace": deposit.trace,
        "originator": deposit.originator or None,
        "bank_reference": deposit.bank_reference,
        "parts": [
            {
                "expected_id": part.expected_id,
                "kind": part.kind,
                "cents": part.cents,
                "by": part.by,
                "reason": part.reason,
                "confirmed": part.confirmed,
            }
            for part in deposit.parts
        ],
        "awaited_until": deposit.awaited_until,
        "late_since": deposit.late_since,
        "differs": bool(deposit.conflicts),
    }


def shown_expected(expected: Expected) -> dict[str, Any]:
    """Money on its way to the bank."""
    return {
        "expected_id": expected.expected_id,
        "kind": expected.kind,
        "status": expected.status,
        "payer_id": expected.payer_id,
        "originator": expected.originator or None,
        "trace": expected.trace,
        "method": expected.method,
        "expected_cents": expected.cents,
        "missing_cents": expected.open_cents,
        "sent_on": expected.sent_on,
        "awaited_until": expected.awaited_until,
        "late_since": expected.late_since,
        "deposits": [part._asdict() for part in expected.parts],
        "dismissed": expected.dismissed or None,
    }


def shown_card_payment(payment: CardPayment) -> dict[str, Any]:
    """A card or bank payment; its secret is asked for apart."""
    return {
        "intent_id": payment.intent_id,
        "account_id": payment.account_id,
        "status": payment.status,
        "method": payment.method,
        "asked_cents": payment.asked_cents,
        "received_cents": payment.received_cents,
        "fee_cents": payment.fee_cents,
        "payment_id": payment.payment_id if payment.posted else None,
        "processor_id": payment.processor_id or None,
        "failure": payment.failure or None,
        "disputes": [one._asdict() for one in payment.disputes],
        "odd": [*payment.odd, *(f"{one}: less could be taken back than was disputed" for one in payment.shortfalls)],
    }


def shown_payout(payout: Payout) -> dict[str, Any]:
    return {
        "payout_id": payout.payout_id,
        "payout_cents": payout.cents,
        "arrives_on": payout.arrives_on,
        "trace": payout.trace,
        "odd": payout.odd or None,
        "differs": bool(payout.conflicts),
    }


def shown_refund(refund: Refund) -> dict[str, Any]:
    """A refund with who asked and who decided."""
    return {
        "refund_id": refund.refund_id,
        "account_id": refund.account_id,
        "status": refund.status,
        "party": refund.party,
        "method": refund.method,
        "refunded_cents": refund.cents,
        "payment_id": refund.payment_id or None,
        "claim_id": refund.claim_id or None,
        "reason": refund.reason,
        "asked_by": refund.asked_by,
        "asked_on": refund.asked_on,
        "needs_second": refund.needs_second,
        "decided_by": refund.decided_by or None,
        "issued_on": refund.issued_on,
        "failure": refund.failure or None,
    }


def shown_till(till: Till) -> dict[str, Any]:
    """A drawer. What an open one should hold is not told: it is counted blind."""
    return {
        "till_id": till.till_id,
        "open": till.is_open,
        "shift": till.shift,
        "cashier": till.cashier,
        "float_cents": till.float_cents,
        "payments": len(till.taken),
        "closings": [{**one._asdict(), "over_short_cents": one.over_short_cents} for one in till.closings],
    }


def shown_credit(case: CreditCase, today: date) -> dict[str, Any]:
    """A credit with its age and, where it runs, the clock."""
    days_left = None if case.due_on is None or not case.cents else (case.due_on - today).days
    return {
        "case_id": case.case_id,
        "account_id": case.account_id,
        "claim_id": case.claim_id or None,
        "payer_id": case.payer_id or None,
        "credit_cents": case.cents,
        "found_on": case.found_on,
        "age_days": (today - case.found_on).days,
        "closed_on": case.closed_on,
        "owner": case.owner or None,
        "federal": case.federal if case.claim_id else "no",
        "identified_on": case.identified_on,
        "investigated_from": case.began_on,
        "investigated_until": case.concluded_on,
        "due_on": case.due_on,
        "days_left": days_left,
    }


def shown_request(request: PaymentRequest, now: datetime) -> dict[str, Any]:
    return {
        "request_id": request.request_id,
        "account_id": request.account_id,
        "open": request.is_open(now),
        "ended": request.ended or None,
        "total_cents": request.total_cents,
        "allocation": request.allocation,
        "expires_at": request.expires_at,
        "bills": [bill._asdict() for bill in request.bills],
    }
