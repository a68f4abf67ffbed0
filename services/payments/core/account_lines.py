"""What is open of each line of a claim, as far as lines were told; the rest stands for the claim as a whole.

Made from the journal, so that an account stays small. The lines and line 0 add up to the claim's own columns.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from services.payments.core.account_facts import AnyAccountFact, ClaimAdjudicated, PatientPaymentApplied
from services.payments.core.account_state import Receivable
from services.payments.core.adjudication import OUTSTANDING, Action
from services.payments.core.line_matching import WHOLE_CLAIM, BilledLine
from services.payments.core.person_facts import ClaimUnposted
from services.payments.core.remitted import Position, RemittedAdjustment
from services.payments.core.responsibility import SharePolicy


@dataclass(slots=True)
class LineBook:
    """One line as it was billed, from 1; 0 is what no line takes. Cents; `shares` by kind, as payers stated them."""

    line: int
    billed: BilledLine | None = None
    charge_cents: int = 0
    paid_cents: int = 0
    adjusted_cents: int = 0
    patient_cents: int = 0
    denied_cents: int = 0
    informational_cents: int = 0
    patient_paid_cents: int = 0  # of money that was meant for this line
    shares: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def insurance_cents(self) -> int:
        """What is open at payers."""
        return self.charge_cents - self.paid_cents - self.adjusted_cents - self.patient_cents


def line_books(
    item_id: str, item: Receivable, facts: Iterable[AnyAccountFact], shares: SharePolicy
) -> tuple[LineBook, ...]:
    """Every line of a claim, and line 0 with what is left of the claim's columns."""
    books = {n: LineBook(n, billed, billed.charge_cents) for n, billed in enumerate(item.lines, 1)}
    for decision in _standing(item_id, facts):
        _add(books, decision, shares)
    for fact in facts:
        if isinstance(fact, PatientPaymentApplied) and fact.item_id == item_id and fact.line in books:
            books[fact.line].patient_paid_cents += fact.cents
    return (*books.values(), _rest(item, books))


def _standing(item_id: str, facts: Iterable[AnyAccountFact]) -> tuple[ClaimAdjudicated, ...]:
    """Decisions and reversals, but for what a person took off the claim again."""
    made = [fact for fact in facts if isinstance(fact, ClaimAdjudicated | ClaimUnposted) and fact.item_id == item_id]
    standing: dict[Position, ClaimAdjudicated] = {}
    for fact in made:
        if isinstance(fact, ClaimUnposted):
            standing.pop(fact.place, None)
        elif fact.remitted.is_posted:
            standing[fact.remitted.place] = fact
    return tuple(standing.values())


def _add(books: dict[int, LineBook], decision: ClaimAdjudicated, shares: SharePolicy) -> None:
    actions = {part.code: part.action for part in decision.parts}
    for line, number in zip(decision.remitted.lines, decision.lines, strict=False):
        book = books.get(number)
        if book is None or number == WHOLE_CLAIM:
            continue
        book.paid_cents += line.paid_cents
        for one in line.adjustments:
            _adjust(book, one, actions.get((one.group, one.reason)))
            if actions.get((one.group, one.reason)) is Action.PATIENT:
                kind = shares.kind_of(one.reason, decision.remitted.payment_date)
                book.shares[kind] = book.shares.get(kind, 0) + one.amount_cents


def _adjust(book: LineBook, one: RemittedAdjustment, action: Action | None) -> None:
    cents = one.amount_cents
    if action is Action.CONTRACTUAL:
        book.adjusted_cents += cents
    elif action is Action.PATIENT:
        book.patient_cents += cents
    elif action in OUTSTANDING:
        book.denied_cents += cents
    else:
        book.informational_cents += cents


def _rest(item: Receivable, books: dict[int, LineBook]) -> LineBook:
    every = books.values()
    return LineBook(
        WHOLE_CLAIM,
        None,
        item.charge_cents - sum(one.charge_cents for one in every),
        item.paid_cents - sum(one.paid_cents for one in every),
        item.adjusted_cents - sum(one.adjusted_cents for one in every),
        item.moved_to_patient_cents - sum(one.patient_cents for one in every),
        item.denied_cents - sum(one.denied_cents for one in every),
        patient_paid_cents=item.patient_paid_cents - sum(one.patient_paid_cents for one in every),
    )


def shares_of(item: Receivable, stopped_codes: frozenset[tuple[int, int]], policy: SharePolicy) -> dict[str, int]:
    """What the patient's share of a claim consists of, after what payers paid of it and what rules stop.

    `stopped_codes` are the parts that a rule stops, by posting and part. What later payers paid is taken off the share
    that was stated first. The kinds add up to stated less coordinated less stopped.
    """
    if not item.payer_id:
        return {"self_pay": item.charge_cents} if item.charge_cents else {}
    kinds: dict[str, int] = {}
    for at, posting in enumerate(item.postings):
        for n, part in enumerate(posting.parts):
            if part.action is Action.PATIENT and (at, n) not in stopped_codes and posting.paid_on is not None:
                kind = policy.kind_of(part.reason, posting.paid_on)
                kinds[kind] = kinds.get(kind, 0) + part.amount_cents
    less_cents = sum(kinds.values()) - (item.moved_to_patient_cents - item.coordinated_cents - item.stopped_cents)
    for name, cents in kinds.items():
        taken_cents = max(0, min(cents, less_cents)) if less_cents > 0 else less_cents
        kinds[name] = cents - taken_cents
        less_cents -= taken_cents
    return {name: cents for name, cents in kinds.items() if cents}
