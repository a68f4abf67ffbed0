"""What the payments service counts of its business: cents by account of the ledger."""

from typing import Any

from services.payments.core.account_facts import LedgerFact
from services.payments.core.entries import LedgerAccount
from shared.metrics_tally import Figure


def _entries(fact: LedgerFact) -> list[tuple[tuple[str, ...], int]]:
    return [((fact.debit.value, "debit"), fact.cents), ((fact.credit.value, "credit"), fact.cents)]


def _kinds_of(fact: type[Any]) -> list[type[Any]]:
    """Every class of balanced entries there is: the ledger's facts all derive from one."""
    below = fact.__subclasses__()
    return [*below, *(one for kind in below for one in _kinds_of(kind))]


def figures() -> tuple[Figure, ...]:
    """To be asked for when every module of facts is there."""
    return (
        Figure(
            "ledger_cents_total",
            "Cents that entries of the ledger debited and credited to each of its accounts.",
            {"account": tuple(account.value for account in LedgerAccount), "side": ("debit", "credit")},
            dict.fromkeys(_kinds_of(LedgerFact), _entries),
        ),
    )
