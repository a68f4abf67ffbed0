"""What a dry run shows: figures, codes and pseudonymous ids. No sealed field leaves."""

from typing import Any

from services.payments.books_proof import Books
from services.payments.cash_proof import CashProof
from services.payments.core.cash import CashAccount
from services.payments.rehearsal import Rehearsed, RehearsedClaim, totals_of
from services.payments.views import shown_proof


def shown_books(books: Books) -> dict[str, Any]:
    """Both books, to the cent; every difference of either is named."""
    ledger, cash = books
    return {
        **shown_proof(ledger),
        "proved": books.proved,
        "cash": shown_cash(cash),
        "discrepancies_found": ledger.discrepancies_found + cash.discrepancies_found,
        "discrepancies": [one._asdict() for one in (*ledger.discrepancies, *cash.discrepancies)],
    }


def shown_cash(cash: CashProof) -> dict[str, Any]:
    """The cash book's balances, and whether they are what everything else says."""
    return {
        "proved": cash.proved,
        "entries": cash.entries,
        "balances_cents": {account.value: cash.balances[account] for account in CashAccount if cash.balances[account]},
        "summary": {name: {"count": cash.counts[name], "cents": cash.cents[name]} for name in sorted(cash.cents)},
        "at_rest": cash.at_rest,
        "discrepancies_found": cash.discrepancies_found,
        "discrepancies": [one._asdict() for one in cash.discrepancies],
    }


def shown_rehearsed(one: Rehearsed) -> dict[str, Any]:
    """What posting a transaction would do."""
    came = one.incoming
    return {
        "transaction": one.transaction,
        "outcome": one.outcome,
        "remittance_id": came.remittance_id if came else None,
        "releasable": bool(came and came.imbalance and came.postable),
        **({} if came is None else came.header.model_dump(mode="json", exclude={"content_hash", "file_id"})),
        "totals": {
            **totals_of(one.claims),
            "provider_adjustments_cents": sum(fact.amount_cents for fact in one.adjustments),
        },
        "remitted": [_rehearsed_claim(claim) for claim in one.claims],
        "adjustments": [
            fact.model_dump(mode="json", exclude={"digest", "remittance_id", "payment_date"})
            for fact in one.adjustments
        ],
    }


def _rehearsed_claim(one: RehearsedClaim) -> dict[str, Any]:
    said = one.remitted
    return {
        "position": one.position,
        "outcome": one.outcome,
        "claim_id": one.claim_id or None,
        "account_id": one.account_id or None,
        "patient_control_number": said.patient_control_number if said else None,
        "status": said.status if said else None,
        "charge_cents": said.charge_cents if said else None,
        "paid_cents": said.paid_cents if said else None,
        "denied_cents": one.denied_cents,
        "owed_before_cents": one.owed_before_cents,
        "owed_after_cents": one.owed_after_cents,
        "entries": [
            fact.model_dump(mode="json", exclude={"account_id", "sealed_guarantor", "digest", "place", "reverses"})
            for fact in one.entries
        ],
    }
