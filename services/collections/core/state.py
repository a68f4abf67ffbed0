"""What is remembered of one guarantor's account."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from services.collections.core.messages import Channel, LetterKind
from services.collections.core.person import NOBODY, PLAIN_DEBT, CallTask, DebtRecord, Hold, PersonRecord
from services.collections.core.plan_state import EMPTY_DESK, Arrangement, PlanDesk, Returned
from services.collections.core.plan_terms import Counted, Installment, covered
from services.collections.core.policy_standing import NOTHING_KNOWN, Standing
from services.collections.core.work_state import NO_WORK, Desk


@dataclass(frozen=True, slots=True)
class Letter:
    """Something handed to the worker that has no answer yet."""

    id: str
    kind: LetterKind
    episode: int
    number: int  # of the statement, or level of the reminder
    balance_cents: int
    due_on: date | None = None
    days_overdue: int = 0
    final: bool = False
    agency_id: str = ""
    channel: Channel = "letter"
    reach_id: str = "post"
    decision_id: str = ""  # of the gate
    notice_ends_on: date | None = None  # it carries the validation notice, whose period ends then
    notice: str = ""  # which notice it is, where it is one
    dispute_id: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A payment plan being kept. `payments` are those of its own lifetime, by payment id, so a repeat counts once.

    `arrangement` is what it was agreed under; None where a collector agreed to a plain one under the dunning policy.
    `heard_at` is the sequence of the newest payment in payments' account: a balance with a later one has it in it.
    """

    plan_id: str
    total_cents: int
    installments: tuple[Installment, ...]
    agreed_at: datetime
    payments: tuple[Counted, ...] = ()
    returned: tuple[Returned, ...] = ()
    arrangement: Arrangement | None = None
    heard_at: int = 0

    @property
    def kept_payments(self) -> tuple[Counted, ...]:
        """The payments without what left again."""
        left = {
            one.payment_id: sum(back.cents for back in self.returned if back.payment_id == one.payment_id)
            for one in self.payments
        }
        return tuple(one._replace(cents=max(0, one.cents - left[one.payment_id])) for one in self.payments)

    @property
    def paid_cents(self) -> int:
        return sum(one.cents for one in self.kept_payments)

    @property
    def forgiven_cents(self) -> int:
        return 0 if self.arrangement is None else self.arrangement.forgiven_cents

    def open_cents(self, owed_cents: int) -> tuple[int, ...]:
        """How much of each installment is open.

        Credited is what was paid, or what the balance fell by: credits and late insurer money count for the guarantor.
        """
        other_cents = max(0, self.total_cents + self.forgiven_cents - owed_cents - self.paid_cents)
        extra_pays = "next" if self.arrangement is None else self.arrangement.extra_pays
        return covered(self.installments, self.kept_payments, other_cents, extra_pays)

    def first_unpaid(self, owed_cents: int) -> tuple[Installment, int] | None:
        """The first installment not covered, and how much of it is missing."""
        for installment, open_cents in zip(self.installments, self.open_cents(owed_cents), strict=True):
            if open_cents:
                return installment, open_cents
        return None


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """A plan that was asked for, and why it was refused, if it was. A repeat finds its answer here."""

    plan_id: str
    terms: str
    refusals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Placement:
    placement_id: str
    agency_id: str
    placed_cents: int
    placed_on: date


@dataclass(frozen=True, slots=True)
class Episode:
    """One run of the policy: from a balance that opens to nothing owed, or to a write-off.

    Its clock starts when the first statement went out, and rests while a plan is kept (`rested_days`).
    """

    number: int
    policy: str
    opened_on: date
    first_statement_on: date | None = None
    due_on: date | None = None  # what the first statement told the guarantor
    overdue: bool = False
    level: int = 0  # of the last reminder that went out
    last_letter_on: date | None = None
    stated_cents: int = 0  # of what is owed now, how much a letter has told the guarantor
    newest_stated_on: date | None = None  # when a letter last told of something new
    final_notice_on: date | None = None
    rested_days: int = 0
    retry_on: date | None = None  # nothing goes out before this day: the last try failed
    plan: Plan | None = None
    placement: Placement | None = None
    placements: int = 0  # how often it was with an agency
    returned_by: tuple[str, ...] = ()  # agencies that do not get it again
    given_back: str = ""  # why the last of them has it no more
    validation_sent_on: date | None = None
    validation_ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact, or a try at one. `decision_id` is the gate's; one that came from the person has none."""

    contact_id: str
    channel: str
    purpose: str
    outcome: str
    contacted_at: datetime
    direction: str = "out"
    reach_id: str = ""
    party: str = "consumer"
    decision_id: str = ""
    next_action_on: date | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """State of one account."""

    account_id: str = ""
    balance_cents: int = 0  # as payments says; negative is a credit
    balance_sequence: int = 0
    claims: int = 0
    sealed_guarantor: str | None = None
    written_off_cents: int = 0  # told to payments, and not in its balance yet
    episodes: int = 0
    statements: int = 0  # the last statement number in use
    episode: Episode | None = None
    ended: Literal["settled", "written_off"] | None = None  # how the last episode ended
    worked_on: date | None = None  # the last day on which a deadline was worked off
    left_with: Placement | None = None  # an agency that went on after the write-off
    paid_ahead_cents: int = 0  # of payments the agency was told of, what the balance does not show yet
    outgoing: tuple[Letter, ...] = ()
    contacts: tuple[Contact, ...] = ()
    plan_requests: tuple[PlanRequest, ...] = ()
    work: str | None = None  # why a person is needed
    person: PersonRecord = NOBODY
    debt: DebtRecord = PLAIN_DEBT
    decisions: int = 0  # how often the gate was asked
    holds: tuple[Hold, ...] = ()
    call_tasks: tuple[CallTask, ...] = ()
    heard: tuple[str, ...] = ()  # ids of commands about the person and the gate
    standing: Standing = NOTHING_KNOWN  # what the policy asks beside balance and letters
    plans: PlanDesk = EMPTY_DESK  # proposals, and what is left of plans that ended
    desk: Desk = NO_WORK  # who works on it, promises, complaints

    @property
    def owed_cents(self) -> int:
        """What the guarantor owes, net of credits and of what was given up."""
        return self.balance_cents - self.written_off_cents

    def says_something_new(self, balance_cents: int) -> bool:
        """Whether a balance holds more care than the guarantor was told of. Interest and fees are nothing new."""
        standing, stated_cents = self.standing, 0 if self.episode is None else self.episode.stated_cents
        return balance_cents - standing.booked_cents > stated_cents - standing.stated_charges_cents

    @property
    def plan_work(self) -> str | None:
        """Why a person is needed for a plan: terms to approve, a charge nobody answered, a card that is used up."""
        if self.plans.proposal is not None and self.plans.proposal.status == "waiting":
            return "plan: approve"
        plan = None if self.episode is None else self.episode.plan
        if plan is None or plan.arrangement is None:
            return None
        charge, autopay = plan.arrangement.open_charge, plan.arrangement.autopay
        if charge is not None and charge.chased:
            return "autopay: no answer"
        stopped = autopay is not None and autopay.ended not in {"", "revoked"}
        return f"autopay: {autopay.ended}" if stopped and autopay is not None else None

    @property
    def status(self) -> str:
        """One word for lists: clear, open, overdue, plan, excluded, review, placed, settled or written_off."""
        episode = self.episode
        if episode is None:
            return self.ended or "clear"
        if episode.placement is not None:
            return "placed"
        if episode.plan is not None:
            return "plan"
        if self.standing.exclusion is not None:
            return "excluded"
        if self.standing.review is not None:
            return "review"
        return "overdue" if episode.overdue else "open"

    def letter(self, letter_id: str, kind: LetterKind) -> Letter | None:
        """What is under way with this id."""
        return next((item for item in self.outgoing if (item.id, item.kind) == (letter_id, kind)), None)

    def hold(self, action: str) -> Hold | None:
        """Why a step of the policy may not be taken now, by the lower-case name of the schedule's action."""
        return next((one for one in self.holds if one.action == action), None)

    def contact(self, contact_id: str) -> Contact | None:
        return next((contact for contact in self.contacts if contact.contact_id == contact_id), None)

    def plan_request(self, plan_id: str, terms: str) -> PlanRequest | None:
        found = (request for request in self.plan_requests if (request.plan_id, request.terms) == (plan_id, terms))
        return next(found, None)
