"""What an account knows: its claims and charges, what was posted on them, and the patient's money."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from services.payments.core.account_facts import Part
from services.payments.core.bill_facts import BillStanding, PersonsBillWord
from services.payments.core.line_matching import BilledLine
from services.payments.core.other_share import OtherShare, OtherTaken, OtherTerms
from services.payments.core.person_facts import Grant
from services.payments.core.remitted import Position, RemittedClaim
from services.payments.core.write_off_policy import Side


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


class GivenUp(NamedTuple):
    """What still stands of a write-off on one claim or charge; `denied_cents` of it had been refused by the payer."""

    write_off_id: str
    side: Side
    cents: int
    denied_cents: int = 0
    reason: str = ""  # as it was written off; empty in entries of before it was kept


class AskedWriteOff(NamedTuple):
    """A write-off that a person asked for, and what became of it."""

    item_id: str
    side: Side
    reason: str
    cents: int
    note: str
    requested_by: str
    digest: str
    status: str = "waiting"
    decided_by: str = ""
    because: str = ""


class Follower(NamedTuple):
    """A claim to the next payer: the claim before it, and the number that its payer echoes."""

    follows_claim_id: str
    patient_control_number: str


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
    status: str = ""  # CLP02
    filing_code: str = ""  # CLP06
    remark_codes: tuple[str, ...] = ()  # of the claim and its lines, once each
    paid_on: date | None = None


class Stopped(NamedTuple):
    """What one rule keeps from the patient, in cents."""

    rule: str
    cents: int


@dataclass(frozen=True, slots=True)
class Receivable:
    """One claim or self-pay charge: its part of the book, in cents.

    charge = paid + adjusted + patient_paid + other_paid + reduced + written_off + denials_written_off + insurance +
    patient + other, after every fact. A negative `insurance_cents` is a credit: payers paid more than the charge.
    `patient_cents` is negative only where payers took back more patient responsibility than they had stated.
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
    other_cents: int = 0  # of parties that are neither
    other_paid_cents: int = 0
    reduced_cents: int = 0  # of their share, by agreement
    moved_to_patient_cents: int = 0  # patient responsibility as payers stated it
    coordinated_cents: int = 0  # of that, taken back because payers together paid past the charge
    stopped: tuple[Stopped, ...] = ()  # of that, kept from the patient by a rule
    denied_cents: int = 0  # of insurance_cents, refused and waiting for work
    credit_cents: int = 0  # as last announced
    postings: tuple[Posting, ...] = ()
    patient_payments: tuple[Share, ...] = ()
    next_payers: int = 0  # claims of the same services to payers after the first
    given_up: tuple[GivenUp, ...] = ()  # what stands of each write-off, oldest first
    lines: tuple[BilledLine, ...] = ()  # as billed last
    corrections: tuple[Position, ...] = ()  # decisions that name another insured, and nobody looked after yet
    standings: tuple[str, ...] = ()  # what persons know of the patient, and bears on what may be billed
    others: tuple[OtherShare, ...] = ()  # by party
    practice: str = ""  # billing NPI
    bill: BillStanding | None = None  # whether the guarantor is billed for it; None: nothing was asked

    @property
    def stopped_cents(self) -> int:
        """Of what payers stated as the patient's: what a rule keeps from the patient. It stays in `insurance_cents`."""
        return sum(one.cents for one in self.stopped)


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
    asked_write_offs: Mapping[str, AskedWriteOff] = field(default_factory=dict[str, AskedWriteOff])
    answered: Mapping[str, str] = field(default_factory=dict[str, str])  # a person's command: why not, empty when done
    followers: Mapping[str, Follower] = field(default_factory=dict[str, Follower])  # by claim
    learned: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict[str, tuple[str, ...]]
    )  # by claim, from services
    grants: Mapping[str, Grant] = field(default_factory=dict[str, Grant])  # financial assistance, by application
    grants_heard: Mapping[str, int] = field(default_factory=dict[str, int])  # the newest word about each application
    others: Mapping[str, OtherTerms] = field(default_factory=dict[str, OtherTerms])  # by party, while they hold
    others_heard: Mapping[str, int] = field(default_factory=dict[str, int])  # the newest word about each party
    others_liable: Mapping[str, bool] = field(default_factory=dict[str, bool])  # whether the rest is the guarantor's
    other_money: tuple[OtherTaken, ...] = ()  # what parties paid, with what is not applied of it
    other_done: tuple[str, ...] = ()  # reductions and returns that were posted
    bill_words: Mapping[str, PersonsBillWord] = field(
        default_factory=dict[str, PersonsBillWord]
    )  # by claim or charge; empty: the account
    applications: Mapping[str, tuple[int, bool]] = field(
        default_factory=dict[str, tuple[int, bool]]
    )  # the newest word about each, and whether it is open
    kept: tuple[str, ...] = ()  # payments whose unapplied part a person keeps unapplied
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
    def held_cents(self) -> int:
        """Of what the guarantor owes: not billed yet, or not at all. It is in no balance that collections hears of."""
        held = (item for item in self.receivables.values() if item.bill is not None and item.bill.waits)
        return min(sum(max(0, item.patient_cents) for item in held), max(0, self.owed_cents))

    @property
    def billed_cents(self) -> int:
        """What the guarantor is billed for."""
        return self.owed_cents - self.held_cents

    def root_of(self, claim_id: str) -> str:
        """The claim that was charged: the first of those for the same services."""
        while (follower := self.followers.get(claim_id)) is not None:
            claim_id = follower.follows_claim_id
        return claim_id

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
