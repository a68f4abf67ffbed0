"""What the API shows of other parties: figures and pseudonymous ids; names only where they are asked for."""

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from services.payments.core.account_state import Account
from services.payments.core.other_party import Invoice, OtherParty
from services.payments.core.other_party_messages import InvoiceLine
from services.payments.core.other_share_state import share_of


class PartyFigures(NamedTuple):
    """What a party's part of the account comes to now, in cents."""

    moved_cents: int
    paid_cents: int
    reduced_cents: int
    open_cents: int
    free_cents: int  # its money that is not applied


def figures_of(account: Account, party_id: str) -> PartyFigures:
    """Added up over the account's claims and charges."""
    shares = [share_of(item, party_id) for item in account.receivables.values()]
    return PartyFigures(
        moved_cents=sum(one.moved_cents for one in shares),
        paid_cents=sum(part.cents for one in shares for part in one.paid),
        reduced_cents=sum(part.cents for one in shares for part in one.reduced),
        open_cents=sum(one.open_cents for one in shares),
        free_cents=sum(one.unapplied_cents for one in account.other_money if one.party_id == party_id),
    )


def open_lines(account: Account, party_id: str) -> Iterator[InvoiceLine]:
    """What is open of each claim or charge, oldest service first."""
    for item_id, item in sorted(account.receivables.items(), key=lambda one: (one[1].service_date, one[0])):
        cents = share_of(item, party_id).open_cents
        if cents > 0:
            yield InvoiceLine(item_id=item_id, service_date=item.service_date, cents=cents)


def shown_party(party: OtherParty, account: Account, today: date) -> dict[str, Any]:
    """A party with its terms, what came of them, and what waits."""
    assert party.terms is not None, "a party has terms"
    return {
        "party_id": party.party_id,
        "account_id": party.account_id,
        "standing": party.standing,
        **party.terms.model_dump(mode="json"),
        "protected_until": party.protected_until,
        "protects": party.standing == "active" and party.protected_until is not None,
        **figures_of(account, party.party_id)._asdict(),
        "invoices": [shown_invoice(one, today) for one in party.invoices],
        "payments": [{"payment_id": name, **one._asdict()} for name, one in party.payments.items()],
        "reductions": [{"reduction_id": name, **one._asdict()} for name, one in party.reductions.items()],
    }


def shown_invoice(invoice: Invoice, today: date) -> dict[str, Any]:
    """An invoice as it was sent."""
    return {
        "number": invoice.number,
        "billed_on": invoice.billed_on,
        "due_on": invoice.due_on,
        "due_days_ago": max(0, (today - invoice.due_on).days),
        "billed_cents": invoice.billed_cents,
        "lines": [line.model_dump(mode="json") for line in invoice.lines],
    }
