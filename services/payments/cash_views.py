"""What the API shows of the cash side: figures, codes and pseudonymous ids. No sealed field leaves."""

from typing import Any

from services.payments.core.bank_account import BankAccount
from services.payments.core.deposit import Deposit
from services.payments.core.expected import Expected


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
