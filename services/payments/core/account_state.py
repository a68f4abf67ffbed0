"""What an account knows, and how each fact changes it. No rules here, so history always replays."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from types import MappingProxyType
from typing import NamedTuple, assert_never

from services.payments.core.account_facts import (
    AnyAccountFact,
    BalanceChanged,
    BalanceWrittenOff,
    ChargeCorrected,
    ChargePosted,
    ClaimAdjudicated,
    ClaimResubmitted,
    ContractualAdjusted,
    CreditChanged,
    DenialGivenUp,
    DenialWriteOffReversed,
    DenialWrittenOff,
    LedgerAccount,
    LedgerFact,
    MovedToPatient,
    Part,
    PatientPaymentApplied,
    PatientPaymentReleased,
    PatientPaymentRestored,
    PatientPaymentReversed,
    PatientPaymentTaken,
    PatientShareCoordinated,
    PayerPaymentPosted,
    PayerRefunded,
    PayerRefundRestored,
    PrepaymentFreed,
    RemittedClaimHeld,
    RepeatDiffered,
    ReversalRefused,
    SelfPayChargePosted,
    WriteOffReversed,
    WriteOffTaken,
)
from services.payments.core.remitted import Position, RemittedClaim
from shared.replaced import replace


class Share(NamedTuple):
    """Part of a patient payment: which one, and how many cents."""

    payment_id: str
    cents: int


class Taken(NamedTuple):
    """A payment, or a write-off, that was posted: its id and what it said."""

    id: str
    digest: str


class Reversal(NamedTuple):
    """Money that was to go back: to whom it was, and whether it did."""

    digest: str
    of: str  # the payment, or the claim whose payer is refunded
    cents: int
    status: str  # made, refused, restored
    available_cents: int = 0  # where it was refused


class Held(NamedTuple):
    """A payer's decision that waits for its charge, or a reversal that waits for its original."""

    item_id: str
    waits_for: str
    remitted: RemittedClaim


@dataclass(frozen=True, slots=True)
class Posting:
    """A payer's decision that was posted; `parts` are forgotten once it is reversed."""

    place: Position
    digest: str
    payer_id: str
    payer_claim_control_number: str
    charge_cents: int
    paid_cents: int
    parts: tuple[Part, ...]
    open: bool  # it can still be reversed


@dataclass(frozen=True, slots=True)
class Receivable:
    """One claim or self-pay charge: its part of the book, in cents.

    charge = paid + adjusted + patient_paid + written_off + denials_written_off + insurance + patient, after every
    fact. A negative `insurance_cents` is a credit: payers paid more than the charge. `patient_cents` is negative only
    where payers took back more patient responsibility than they had stated.
    """

    service_date: date
    patient_control_number: str = ""
    payer_id: str = ""  # empty: a self-pay charge
    digest: str = ""  # of a self-pay charge
    sequence: int = 0  # of the last submission seen
    charge_cents: int = 0
    paid_cents: int = 0
    adjusted_cents: int = 0
    patient_paid_cents: int = 0
    written_off_cents: int = 0  # the patient's, given up
    denials_written_off_cents: int = 0  # the payer's, given up
    insurance_cents: int = 0
    patient_cents: int = 0
    moved_to_patient_cents: int = 0  # patient responsibility as payers stated it
    coordinated_cents: int = 0  # of that, taken back because payers together paid past the charge
    denied_cents: int = 0  # of insurance_cents, refused and waiting for work
    credit_cents: int = 0  # as last announced
    postings: tuple[Posting, ...] = ()
    patient_payments: tuple[Share, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """A guarantor's account with one billing client."""

    account_id: str = ""
    receivables: Mapping[str, Receivable] = field(default_factory=dict[str, Receivable])
    held: tuple[Held, ...] = ()
    credits: tuple[Share, ...] = ()  # unapplied patient money, oldest first
    payments: tuple[Taken, ...] = ()
    write_offs: tuple[Taken, ...] = ()
    reversals: Mapping[str, Reversal] = field(default_factory=dict[str, Reversal])
    reserved: Mapping[str, str] = field(default_factory=dict[str, str])  # payment: control number of its visit
    conflicts: tuple[str, ...] = ()  # repeats with other content, once each
    patient_cents: int = 0  # of all receivables together
    unapplied_cents: int = 0
    received_cents: int = 0
    balance_cents: int = 0  # as last announced
    credit_cents: int = 0  # as last announced
    sealed_guarantor: str | None = None

    @property
    def owed_cents(self) -> int:
        """What the guarantor owes: open patient balances less unapplied money. Negative: the practice owes.

        A prepayment that waits for its visit's claim is neither: it pays no other balance, and is no overpayment.
        """
        return self.patient_cents - self.unapplied_cents + self.waiting_cents

    @property
    def waiting_cents(self) -> int:
        """Prepayments that wait for their visit's claim."""
        return sum(share.cents for share in self.credits if self.is_waiting(share.payment_id)) if self.reserved else 0

    def is_waiting(self, payment_id: str) -> bool:
        """Whether this payment is kept for a visit whose claim no payer has decided yet."""
        visit = self.reserved.get(payment_id)
        return visit is not None and not self.is_decided(visit)

    def is_decided(self, visit: str) -> bool:
        """Whether a payer decided the claim with this control number."""
        return any(item.patient_control_number == visit and item.postings for item in self.receivables.values())


_COLUMNS: Mapping[LedgerAccount, tuple[str, int]] = MappingProxyType(
    {
        LedgerAccount.REVENUE: ("charge_cents", -1),
        LedgerAccount.PAYER_CASH: ("paid_cents", 1),
        LedgerAccount.CONTRACTUAL_ADJUSTMENT: ("adjusted_cents", 1),
        LedgerAccount.UNAPPLIED_CREDIT: ("patient_paid_cents", 1),
        LedgerAccount.BAD_DEBT: ("written_off_cents", 1),
        LedgerAccount.DENIAL_WRITE_OFF: ("denials_written_off_cents", 1),
        LedgerAccount.INSURANCE_RECEIVABLE: ("insurance_cents", 1),
        LedgerAccount.PATIENT_RECEIVABLE: ("patient_cents", 1),
    }
)
"""Where a receivable keeps each ledger account, and the sign that makes it a debit balance."""


def fold(state: Account, facts: Iterable[AnyAccountFact]) -> Account:
    """The state after these facts."""
    return reduce(evolve, facts, state)


def evolve(state: Account, fact: AnyAccountFact) -> Account:
    """Apply one fact: first its entry, then what it says besides."""
    state = owner(state, fact.account_id)
    if isinstance(fact, ChargePosted | SelfPayChargePosted):
        state = _opened(state, fact)
    if isinstance(fact, LedgerFact):
        state = _booked(state, fact)
    return _noted(state, fact)


def owner(state: Account, account_id: str) -> Account:
    """The state that knows whose account it is; the first message says it."""
    return state if state.account_id else replace(state, account_id=account_id)


def _booked(state: Account, entry: LedgerFact) -> Account:
    """The entry's debit and credit, in the receivable and in the account's totals."""
    state = replace(
        state,
        patient_cents=state.patient_cents + entry.effect_on(LedgerAccount.PATIENT_RECEIVABLE),
        unapplied_cents=state.unapplied_cents - entry.effect_on(LedgerAccount.UNAPPLIED_CREDIT),
        received_cents=state.received_cents + entry.effect_on(LedgerAccount.PATIENT_CASH),
    )
    if not entry.item_id:
        return state
    item = state.receivables[entry.item_id]
    changed: dict[str, int] = {}
    for side, account in ((1, entry.debit), (-1, entry.credit)):
        column, sign = _COLUMNS[account]
        changed[column] = getattr(item, column) + side * sign * entry.cents
    return _with(state, entry.item_id, replace(item, **changed))


def _opened(state: Account, fact: ChargePosted | SelfPayChargePosted) -> Account:
    item = Receivable(fact.service_date)
    if isinstance(fact, ChargePosted):
        item = replace(item, patient_control_number=fact.patient_control_number, payer_id=fact.payer_id)
    else:
        item = replace(item, digest=fact.digest)
    return replace(_with(state, fact.item_id, item), sealed_guarantor=fact.sealed_guarantor)


# One branch for each fact: the table itself, not logic to take apart.
def _noted(state: Account, fact: AnyAccountFact) -> Account:  # noqa: C901, PLR0911, PLR0912
    match fact:
        case ChargePosted() | ChargeCorrected() | ClaimResubmitted():
            return _with(state, fact.item_id, replace(state.receivables[fact.item_id], sequence=fact.sequence))
        case SelfPayChargePosted():
            return _moved(state, fact.item_id, fact.cents)
        case MovedToPatient():
            return _moved(state, fact.item_id, fact.effect_on(LedgerAccount.PATIENT_RECEIVABLE))
        case PatientShareCoordinated():
            item = state.receivables[fact.item_id]
            back = item.coordinated_cents + fact.effect_on(LedgerAccount.INSURANCE_RECEIVABLE)
            return _with(state, fact.item_id, replace(item, coordinated_cents=back))
        case RemittedClaimHeld():
            return replace(state, held=(*state.held, Held(fact.item_id, fact.waits_for, fact.remitted)))
        case ClaimAdjudicated():
            return _adjudicated(state, fact)
        case PatientPaymentTaken():
            return replace(
                state,
                payments=(*state.payments, Taken(fact.payment_id, fact.digest)),
                credits=add_share(state.credits, fact.payment_id, fact.cents),
                reserved={**state.reserved, fact.payment_id: fact.reserved_for}
                if fact.reserved_for
                else state.reserved,
            )
        case PatientPaymentApplied():
            return _applied(state, fact.item_id, fact.payment_id, fact.cents)
        case PatientPaymentReleased():
            return _applied(state, fact.item_id, fact.payment_id, -fact.cents)
        case (
            PatientPaymentReversed()
            | PatientPaymentRestored()
            | PayerRefunded()
            | PayerRefundRestored()
            | ReversalRefused()
        ):
            return _money_back(state, fact)
        case PrepaymentFreed():
            return replace(state, reserved={k: v for k, v in state.reserved.items() if k != fact.payment_id})
        case WriteOffTaken():
            return replace(
                state,
                write_offs=(*state.write_offs, Taken(fact.write_off_id, f"{fact.write_off_id}/{fact.asked_cents}")),
            )
        case DenialGivenUp():
            taken = Taken(fact.write_off_id, f"{fact.write_off_id}/{fact.asked_cents}")
            return replace(state, write_offs=(*state.write_offs, taken))
        case DenialWrittenOff() | DenialWriteOffReversed():
            return _denied(state, fact.item_id, fact.effect_on(LedgerAccount.INSURANCE_RECEIVABLE))
        case CreditChanged():
            return _credited(state, fact)
        case BalanceChanged():
            return replace(state, balance_cents=fact.balance_cents)
        case RepeatDiffered():
            return replace(state, conflicts=(*state.conflicts, fact.digest))
        case PayerPaymentPosted() | ContractualAdjusted() | BalanceWrittenOff() | WriteOffReversed():
            return state
        case _:
            assert_never(fact)


def _money_back(
    state: Account,
    fact: PatientPaymentReversed | PatientPaymentRestored | PayerRefunded | PayerRefundRestored | ReversalRefused,
) -> Account:
    match fact:
        case PatientPaymentReversed():
            state = replace(state, credits=add_share(state.credits, fact.payment_id, -fact.cents))
            made = Reversal(fact.digest, fact.payment_id, fact.cents, "made")
        case PatientPaymentRestored():
            state = replace(state, credits=add_share(state.credits, fact.payment_id, fact.cents))
            made = state.reversals[fact.reversal_id]._replace(status="restored")
        case PayerRefunded():
            made = Reversal(fact.digest, fact.item_id, fact.cents, "made")
        case PayerRefundRestored():
            made = state.reversals[fact.reversal_id]._replace(status="restored")
        case ReversalRefused():
            made = Reversal(fact.digest, "", fact.asked_cents, "refused", fact.available_cents)
        case _:
            assert_never(fact)
    return replace(state, reversals={**state.reversals, fact.reversal_id: made})


def _adjudicated(state: Account, fact: ClaimAdjudicated) -> Account:
    remitted = fact.remitted
    item = state.receivables[fact.item_id]
    posting = Posting(
        place=remitted.place,
        digest=fact.digest,
        payer_id=remitted.payer_id,
        payer_claim_control_number=remitted.payer_claim_control_number,
        charge_cents=remitted.charge_cents,
        paid_cents=remitted.paid_cents,
        parts=() if fact.reverses else fact.parts,
        open=remitted.can_be_reversed,
    )
    postings = (*(_closed(one) if one.place == fact.reverses else one for one in item.postings), posting)
    item = replace(item, postings=postings, denied_cents=item.denied_cents + fact.denied_cents)
    held = tuple(one for one in state.held if one.remitted.place != remitted.place)
    return replace(_with(state, fact.item_id, item), held=held)


def _closed(posting: Posting) -> Posting:
    return replace(posting, open=False, parts=())


def _moved(state: Account, item_id: str, cents: int) -> Account:
    item = state.receivables[item_id]
    return _with(state, item_id, replace(item, moved_to_patient_cents=item.moved_to_patient_cents + cents))


def _denied(state: Account, item_id: str, cents: int) -> Account:
    item = state.receivables[item_id]
    return _with(state, item_id, replace(item, denied_cents=item.denied_cents + cents))


def _applied(state: Account, item_id: str, payment_id: str, cents: int) -> Account:
    item = state.receivables[item_id]
    item = replace(item, patient_payments=add_share(item.patient_payments, payment_id, cents))
    return replace(_with(state, item_id, item), credits=add_share(state.credits, payment_id, -cents))


def _credited(state: Account, fact: CreditChanged) -> Account:
    if not fact.item_id:
        return replace(state, credit_cents=fact.credit_cents)
    return _with(state, fact.item_id, replace(state.receivables[fact.item_id], credit_cents=fact.credit_cents))


def _with(state: Account, item_id: str, item: Receivable) -> Account:
    return replace(state, receivables={**state.receivables, item_id: item})


def add_share(shares: tuple[Share, ...], payment_id: str, cents: int) -> tuple[Share, ...]:
    """The shares with this payment's changed by so many cents; one that comes to nothing is left out."""
    if all(one.payment_id != payment_id for one in shares):
        shares = (*shares, Share(payment_id, 0))
    changed = (one._replace(cents=one.cents + cents) if one.payment_id == payment_id else one for one in shares)
    return tuple(one for one in changed if one.cents)
