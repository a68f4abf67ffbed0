"""What follows from any change of an account: shares coordinated, credit applied, and what others are told.

Each step looks at the state alone, so the outcome does not depend on the order in which things arrived.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeAlias

from services.payments.core.account_facts import (
    AnyAccountFact,
    BalanceChanged,
    CreditChanged,
    DenialWriteOffReversed,
    LedgerAccount,
    PatientPaymentApplied,
    PatientPaymentReleased,
    PatientShareCoordinated,
    WriteOffReversed,
    sides,
)
from services.payments.core.account_money_back import spendable
from services.payments.core.account_state import Account, GivenUp, Receivable, Share, fold
from services.payments.core.write_off_policy import Side

PATIENT, UNAPPLIED = LedgerAccount.PATIENT_RECEIVABLE, LedgerAccount.UNAPPLIED_CREDIT

Step: TypeAlias = Callable[[Account], Iterable[AnyAccountFact]]


class Application(NamedTuple):
    """Money of one source that pays one claim or charge."""

    source: str
    item_id: str
    cents: int


def in_turn(state: Account, *steps: Step) -> tuple[AnyAccountFact, ...]:
    """The facts of several steps; each step sees what the ones before it made."""
    facts: list[AnyAccountFact] = []
    for step in steps:
        made = tuple(step(state))
        state = fold(state, made)
        facts += made
    return tuple(facts)


def coordinate(item_id: str) -> Step:
    """A patient owes nothing of what payers together paid past the charge.

    A second payer's decision replaces the patient share of the first (its own share comes with it), in whatever order
    the two arrive; so does a correction that arrives before the reversal of what it corrects.
    """

    def step(state: Account) -> Iterator[AnyAccountFact]:
        item = state.receivables.get(item_id)
        if item is None:
            return
        overpaid_cents = (
            item.coordinated_cents + item.stopped_cents - item.insurance_cents - item.denials_written_off_cents
        )
        wanted_cents = max(0, min(overpaid_cents, item.moved_to_patient_cents))
        change_cents = wanted_cents - item.coordinated_cents
        if change_cents:
            yield PatientShareCoordinated(
                account_id=state.account_id,
                item_id=item_id,
                **sides(LedgerAccount.INSURANCE_RECEIVABLE, PATIENT, change_cents),
            )

    return step


def unwind(item_id: str) -> Step:
    """Patient responsibility fell below what was settled: undo the write-off first, then free the newest payments."""

    def step(state: Account) -> Iterator[AnyAccountFact]:
        item = state.receivables.get(item_id)
        if item is None or item.patient_cents >= 0:
            return
        excess_cents = -item.patient_cents
        for one in newest_given_up(item, "patient", min(excess_cents, item.written_off_cents)):
            excess_cents -= one.cents
            yield WriteOffReversed(
                account_id=state.account_id,
                item_id=item_id,
                write_off_id=one.write_off_id,
                **sides(PATIENT, LedgerAccount.BAD_DEBT, one.cents),
            )
        for payment_id, cents in newest_paid(item, excess_cents):
            yield PatientPaymentReleased(
                account_id=state.account_id, item_id=item_id, payment_id=payment_id, **sides(PATIENT, UNAPPLIED, cents)
            )

    return step


def take_back_denial_write_off(item_id: str) -> Step:
    """A payer that pays after all, or takes its denial back: what was given up of it is not lost."""

    def step(state: Account) -> Iterator[AnyAccountFact]:
        item = state.receivables.get(item_id)
        if item is None:
            return
        regained_cents = min(item.denials_written_off_cents, max(-item.insurance_cents, -item.denied_cents, 0))
        for one in newest_given_up(item, "payer", regained_cents):
            yield DenialWriteOffReversed(
                account_id=state.account_id,
                item_id=item_id,
                write_off_id=one.write_off_id,
                denied_cents=one.denied_cents,
                **sides(LedgerAccount.INSURANCE_RECEIVABLE, LedgerAccount.DENIAL_WRITE_OFF, one.cents),
            )

    return step


def newest_given_up(item: Receivable, side: Side, cents: int) -> Iterator[GivenUp]:
    """What of the write-offs of a side makes up these cents, the newest first."""
    for one in reversed(item.given_up):
        taken_cents = min(one.cents, cents)
        if one.side == side and taken_cents:
            cents -= taken_cents
            yield one._replace(cents=taken_cents, denied_cents=min(one.denied_cents, taken_cents))


def newest_paid(item: Receivable, cents: int) -> Iterator[Share]:
    """What of the patient's payments makes up these cents, the newest first."""
    return _take(reversed(item.patient_payments), cents)


def apply_credits(first: str | None = None) -> Step:
    """Unapplied money pays open balances: the named one first, then the oldest."""

    def step(state: Account) -> Iterator[AnyAccountFact]:
        if not state.credits:
            return
        for payment_id, item_id, cents in match_oldest(spendable(state), owing(state, first)):
            yield PatientPaymentApplied(
                account_id=state.account_id, item_id=item_id, payment_id=payment_id, **sides(UNAPPLIED, PATIENT, cents)
            )

    return step


def owing(state: Account, first: str | None = None) -> tuple[tuple[str, Receivable], ...]:
    """Claims and charges with a patient balance, oldest service first; the named one before all others."""
    open_items = ((item_id, item) for item_id, item in state.receivables.items() if item.patient_cents > 0)
    return tuple(sorted(open_items, key=lambda one: (one[0] != first, one[1].service_date, one[0])))


def match_oldest(sources: Iterable[Share], items: Iterable[tuple[str, Receivable]]) -> tuple[Application, ...]:
    """Pay the items in order from the sources in order, until either is used up."""
    made: list[Application] = []
    waiting = list(reversed(tuple(sources)))
    for item_id, item in items:
        open_cents = item.patient_cents
        while open_cents and waiting:
            source, available_cents = waiting.pop()
            cents = min(open_cents, available_cents)
            made.append(Application(source, item_id, cents))
            open_cents -= cents
            if available_cents > cents:
                waiting.append(Share(source, available_cents - cents))
    return tuple(made)


def announce_credit(item_id: str) -> Step:
    """Say when what payers paid too much for a claim, or the guarantor too much for the account, is another amount."""

    def step(state: Account) -> Iterator[AnyAccountFact]:
        item = state.receivables.get(item_id)
        if item is not None and max(0, -item.insurance_cents) != item.credit_cents:
            credit_cents = max(0, -item.insurance_cents)
            yield CreditChanged(account_id=state.account_id, item_id=item_id, credit_cents=credit_cents)
        if max(0, -state.owed_cents) != state.credit_cents:
            yield CreditChanged(account_id=state.account_id, item_id="", credit_cents=max(0, -state.owed_cents))

    return step


def announce_balance(state: Account) -> Iterator[AnyAccountFact]:
    """Say what the guarantor is billed for, only when it is another amount than was last said."""
    balance_cents = state.billed_cents
    if balance_cents != state.balance_cents:
        owing_items = sum(item.bill is None or not item.bill.waits for _, item in owing(state))
        yield BalanceChanged(account_id=state.account_id, balance_cents=balance_cents, owing_items=owing_items)


def _take(shares: Iterable[Share], cents: int) -> Iterator[Share]:
    for payment_id, available_cents in shares:
        if cents <= 0:
            return
        taken_cents = min(cents, available_cents)
        yield Share(payment_id, taken_cents)
        cents -= taken_cents
