"""What a guarantor's statement itemises, as the ledger has it: claims and charges with something owed or open."""

from services.payments.core.account_facts import ClaimAdjudicated
from services.payments.core.account_state import Account, Receivable
from services.payments.core.adjudication import Action
from shared.contracts import BillLine, PatientBill

BILLS_MAX = 300
"""More are not told one by one: an event stays small. What is owed is told in any case."""
SETTLED = frozenset({Action.CONTRACTUAL, Action.PATIENT})
"""What a payer's decision takes out of its receivable, beside its money."""


def bills_of(account: Account) -> tuple[PatientBill, ...]:
    """Every claim and charge with something owed by the guarantor or open at a payer, oldest first.

    What they owe, less `unapplied_of`, is the account's balance.
    """
    open_ = [(name, item) for name, item in account.receivables.items() if item.patient_cents or item.insurance_cents]
    if len(open_) > BILLS_MAX:
        return ()
    return tuple(bill_of(name, item) for name, item in sorted(open_, key=lambda one: (one[1].service_date, one[0])))


def bill_of(name: str, item: Receivable) -> PatientBill:
    """One of them. Its lines are told while the guarantor owes of it."""
    waits = item.bill is not None and item.bill.waits
    lines = item.lines if item.patient_cents else ()
    return PatientBill(
        bill_id=name,
        kind="claim" if item.payer_id else "charge",
        service_date=item.service_date,
        charge_cents=item.charge_cents,
        insurance_paid_cents=item.paid_cents,
        adjusted_cents=item.adjusted_cents,
        patient_paid_cents=item.patient_paid_cents,
        given_up_cents=item.written_off_cents + item.denials_written_off_cents,
        open_at_payer_cents=item.insurance_cents,
        owed_cents=0 if waits else item.patient_cents,
        held_cents=item.patient_cents if waits else 0,
        other_parties_cents=item.other_cents + item.other_paid_cents + item.reduced_cents,
        lines=tuple(
            BillLine(
                line_control_number=one.line_control_number,
                procedure=one.procedure,
                modifiers=one.modifiers,
                charge_cents=one.charge_cents,
            )
            for one in lines
        ),
    )


def unapplied_of(account: Account) -> int:
    """Patients' money that pays no bill yet, without prepayments that wait for their visit's claim."""
    return account.unapplied_cents - account.waiting_cents


def open_after(account: Account, fact: ClaimAdjudicated, stopped_cents: int) -> int:
    """What a decision leaves open at payers. `account` is as it stood when the decision was noted, before its entries.

    What payers together paid past the charge is corrected in entries of its own, and told with the next balance.
    """
    before_cents = account.receivables[fact.item_id].insurance_cents
    taken_cents = sum(part.amount_cents for part in fact.parts if part.action in SETTLED)
    return before_cents - fact.remitted.paid_cents - taken_cents + stopped_cents
