"""Where a patient's money goes when somebody said so: what a statement named, line by line, or by hand.

What is left over, and everything of a payment without such a word, pays the oldest balance first.
"""

from collections.abc import Iterator, Sequence

from services.payments.core.account_facts import AnyAccountFact, LedgerAccount, PatientPaymentApplied, sides
from services.payments.core.account_lines import line_books
from services.payments.core.account_messages import PostPatientPayment, Target
from services.payments.core.account_state import Account
from services.payments.core.responsibility import SharePolicy


def apply_chosen(state: Account, command: PostPatientPayment) -> Iterator[PatientPaymentApplied]:
    """What the payment pays by the payer's or a person's choice: never more than is open there, nor than was paid."""
    left_cents = command.paid_cents
    open_cents = {item_id: max(0, item.patient_cents) for item_id, item in state.receivables.items()}
    for target in _targets(state, command):
        cents = min(target.cents, left_cents, open_cents.get(target.item_id, 0))
        if not cents:
            continue
        left_cents -= cents
        open_cents[target.item_id] -= cents
        yield PatientPaymentApplied(
            account_id=state.account_id,
            item_id=target.item_id,
            payment_id=command.payment_id,
            line=target.line,
            reason=command.allocation,
            **sides(LedgerAccount.UNAPPLIED_CREDIT, LedgerAccount.PATIENT_RECEIVABLE, cents),
        )


def line_by_line(
    state: Account, facts: Sequence[AnyAccountFact], shares: SharePolicy, paid_cents: int
) -> tuple[Target, ...]:
    """The oldest claim's lines in order, then the next one's, up to the payment; what no line takes is its claim's."""
    made: list[Target] = []
    left_cents = paid_cents
    owed = ((name, one) for name, one in state.receivables.items() if one.patient_cents > 0)
    for item_id, item in sorted(owed, key=lambda one: (one[1].service_date, one[0])):
        open_cents = item.patient_cents
        for book in line_books(item_id, item, facts, shares):
            of_line_cents = book.patient_cents - book.patient_paid_cents if book.line else open_cents
            cents = min(max(0, of_line_cents), open_cents, left_cents)
            if cents:
                made.append(Target(item_id=item_id, line=book.line, cents=cents))
            open_cents, left_cents = open_cents - cents, left_cents - cents
    return tuple(made)


def _targets(state: Account, command: PostPatientPayment) -> tuple[Target, ...]:
    match command.allocation:
        case "oldest":
            return ()
        case "statement":
            items = ((item_id, state.receivables.get(item_id)) for item_id in dict.fromkeys(command.items))
            return tuple(
                Target(item_id=item_id, cents=item.patient_cents)
                for item_id, item in items
                if item is not None and item.patient_cents > 0
            )
        case "line" | "hand":
            return command.targets
