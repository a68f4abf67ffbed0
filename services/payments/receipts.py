"""A receipt as a PDF: what was paid, what it paid, what went back since, and what remains. Made from the ledger."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter

from services.payments.core.account_facts import (
    AnyAccountFact,
    PatientPaymentApplied,
    PatientPaymentReleased,
    PatientPaymentRestored,
    PatientPaymentReversed,
    PatientPaymentTaken,
)
from services.payments.core.account_state import Account
from services.payments.core.money_text import dollars as dollars
from services.payments.paper import print_head, print_pairs, print_row
from shared.printable import printable_line

FILE = Path(__file__).parent / "policy" / "receipts.toml"
GONE = {
    "refund": "Refunded",
    "chargeback": "Charged back by your bank",
    "returned_check": "Check returned by the bank",
    "ach_return": "Debit returned by the bank",
    "void": "Voided",
}


class ReceiptHead(BaseModel):
    """Who writes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    lines: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt says, in cents. `applied` is by claim or charge, with its service date."""

    payment_id: str
    paid_cents: int
    method: str
    received_on: date
    applied: Sequence[tuple[date, str, int]]
    went_back: Sequence[tuple[str, int]]
    unapplied_cents: int
    remaining_cents: int

    @property
    def total_cents(self) -> int:
        """What stays of the payment."""
        return self.paid_cents - sum(cents for _, cents in self.went_back)


def receipt_of(account: Account, facts: Iterable[AnyAccountFact], payment_id: str) -> Receipt | None:
    """The receipt of one payment as the ledger has it now; None for one that the account does not know."""
    taken: PatientPaymentTaken | None = None
    applied: dict[str, int] = {}
    went_back: dict[str, tuple[str, int]] = {}
    for fact in facts:
        if isinstance(fact, PatientPaymentTaken) and fact.payment_id == payment_id:
            taken = fact
        elif isinstance(fact, PatientPaymentApplied | PatientPaymentReleased) and fact.payment_id == payment_id:
            sign = 1 if isinstance(fact, PatientPaymentApplied) else -1
            applied[fact.item_id] = applied.get(fact.item_id, 0) + sign * fact.cents
        elif isinstance(fact, PatientPaymentReversed) and fact.payment_id == payment_id:
            went_back[fact.reversal_id] = GONE[fact.cause], fact.cents
        elif isinstance(fact, PatientPaymentRestored) and fact.payment_id == payment_id:
            went_back.pop(fact.reversal_id, None)
    if taken is None:
        return None
    lines = [(account.receivables[item].service_date, item, cents) for item, cents in applied.items() if cents]
    return Receipt(
        payment_id=payment_id,
        paid_cents=taken.cents,
        method=taken.method,
        received_on=taken.received_on,
        applied=sorted(lines),
        went_back=list(went_back.values()),
        unapplied_cents=sum(one.cents for one in account.credits if one.payment_id == payment_id),
        remaining_cents=account.owed_cents,
    )


@cache
def receipt_heads(path: Path = FILE) -> Mapping[str, ReceiptHead]:
    """Who writes for each client."""
    with path.open("rb") as file:
        return TypeAdapter(dict[str, ReceiptHead]).validate_python(tomllib.load(file))


def receipt_pdf(receipt: Receipt, guarantor: str, head: ReceiptHead, printed_on: date) -> bytes:
    """One page; the same content on the same day gives the same bytes."""
    from fpdf import FPDF  # a sixth of the start of this service, and few processes ever print

    pdf = FPDF(format="Letter", unit="mm")
    pdf.set_creation_date(datetime.combine(printed_on, time(), UTC))
    pdf.set_title("Receipt")
    pdf.set_margins(22, 22, 22)
    pdf.add_page()
    print_head(pdf, head)
    pdf.set_font("Helvetica", "B", 18)
    pdf.cell(0, 12, "Receipt", new_x="LMARGIN", new_y="NEXT")
    print_pairs(
        pdf,
        (
            ("Received from", guarantor or "-"),
            ("Received on", f"{receipt.received_on:%B %d, %Y}"),
            ("Paid by", {"ach": "bank debit"}.get(receipt.method, receipt.method)),
            ("Payment", receipt.payment_id),
            ("Printed on", f"{printed_on:%B %d, %Y}"),
        ),
    )
    pdf.ln(4)
    print_row(pdf, "", "Amount", bold=True)
    print_row(pdf, "Payment received", dollars(receipt.paid_cents))
    for what, cents in receipt.went_back:
        print_row(pdf, what, dollars(-cents))
    pdf.ln(3)
    print_row(pdf, "What it paid", "", bold=True)
    for service_date, item_id, cents in receipt.applied:
        kind = "Charge" if item_id.startswith("chg_") else "Claim"
        print_row(pdf, f"{kind} of {service_date:%m/%d/%Y} ({item_id[-10:]})", dollars(cents))
    if receipt.unapplied_cents:
        print_row(pdf, "Not applied yet: kept as a credit on your account", dollars(receipt.unapplied_cents))
    print_row(pdf, "Total", dollars(receipt.total_cents), bold=True, line=True)
    pdf.ln(6)
    owed = receipt.remaining_cents
    what = "Remaining balance of your account" if owed >= 0 else "Credit of your account"
    print_row(pdf, what, dollars(abs(owed)), bold=True)
    pdf.ln(8)
    pdf.set_font("Helvetica", "", 9)
    pdf.multi_cell(0, 4.5, printable_line(head.note), new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())
