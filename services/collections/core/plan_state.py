"""What an account remembers of plans and settlements beside the schedule that is kept: proposals, consents, charges."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple, TypeAlias

from services.collections.core.plan_policy import ExtraPays, Method, Role
from services.collections.core.plan_terms import Installment

ProposalKind: TypeAlias = Literal["plan", "settlement"]
ProposalStatus: TypeAlias = Literal["offered", "waiting", "approved", "declined", "accepted"]
ChargeOutcome: TypeAlias = Literal["asked", "pending", "paid", "failed"]
AutopayEnd: TypeAlias = Literal["", "revoked", "hard_decline", "returned", "tried_enough"]


@dataclass(frozen=True, slots=True)
class Consent:
    """Who agreed, how and when, and to which text. `proof` is the id of the recording or paper, never its words."""

    by: Literal["guarantor", "representative"]
    how: Literal["phone", "web", "paper"]
    at: datetime
    text_version: str
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Authorization:
    """The leave to take installments from a card or bank account. The processor's token of it is sealed."""

    authorization_id: str
    method: Method
    sealed_token: str
    consent: Consent
    ended: AutopayEnd = ""


@dataclass(frozen=True, slots=True)
class Charge:
    """One try to take one installment; `number` counts installments from 1, `attempt` the tries from 1."""

    charge_id: str
    number: int
    attempt: int
    cents: int
    asked_on: date
    outcome: ChargeOutcome = "asked"
    answer_by: date = date.max  # later a person asks what became of it
    reason: str = ""
    retry_on: date | None = None  # a new try may be made then
    chased: bool = False  # a person was asked

    @property
    def payment_id(self) -> str:
        """What payments calls the money of it."""
        return f"pay_{self.charge_id}"

    @property
    def is_open(self) -> bool:
        return self.outcome in {"asked", "pending"}


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What a plan was agreed under beyond its schedule. Figures are of that day: a newer policy changes none."""

    proposal_id: str
    variant: str
    policy: tuple[str, ...]
    consent: Consent
    grace_days: int
    misses_allowed: int
    extra_pays: ExtraPays
    remind_days_before: int
    re_ages: int = 0
    forgiven_cents: int = 0  # of a settlement: given up when the last cent is there
    missed: tuple[int, ...] = ()  # numbers of installments that were said to be missed
    reminded: tuple[int, ...] = ()
    autopay: Authorization | None = None
    charges: tuple[Charge, ...] = ()

    @property
    def is_settlement(self) -> bool:
        return self.forgiven_cents > 0

    def charge(self, payment_id: str) -> Charge | None:
        return next((one for one in self.charges if one.payment_id == payment_id), None)

    def tries(self, number: int) -> tuple[Charge, ...]:
        """The tries to take one installment, oldest first."""
        return tuple(one for one in self.charges if one.number == number)

    @property
    def open_charge(self) -> Charge | None:
        """The one that waits for its answer: there is never more than one."""
        return next((one for one in self.charges if one.is_open), None)


@dataclass(frozen=True, slots=True)
class Proposal:
    """Terms on the table: offered, waiting for a second person, approved, declined, or taken."""

    proposal_id: str
    kind: ProposalKind
    variant: str
    policy: tuple[str, ...]
    owed_cents: int  # when it was made: on another balance it is void
    total_cents: int
    installments: tuple[Installment, ...]
    proposed_by: str
    role: Role
    needs: tuple[str, ...]  # why a second person decides
    expires_on: date
    status: ProposalStatus
    replaces: str = ""  # the plan that it would change
    down_payment_cents: int = 0  # the first of the installments, due on the day of acceptance

    @property
    def forgiven_cents(self) -> int:
        return self.owed_cents - self.total_cents if self.kind == "settlement" else 0


class EndedPlan(NamedTuple):
    """A plan that is over, as far as it may come back: how it ended, and what it was."""

    plan_id: str
    how: Literal["completed", "broken", "cancelled"]
    on: date
    arrangement: Arrangement | None
    installments_left: int = 0


class Returned(NamedTuple):
    """Money of a payment that left again."""

    reversal_id: str
    payment_id: str
    cents: int


class Forgiven(NamedTuple):
    """A settlement that was paid: the rest of it was given up under this id."""

    plan_id: str
    write_off_id: str
    cents: int
    payments: tuple[str, ...]


class Refusal(NamedTuple):
    """A command that changed nothing, and why."""

    command_id: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlanDesk:
    """Of one account."""

    proposal: Proposal | None = None
    ended: tuple[EndedPlan, ...] = ()
    returned: tuple[Returned, ...] = ()  # the newest
    restored: tuple[str, ...] = ()  # reversals that were undone, whichever was heard of first
    forgiven: tuple[Forgiven, ...] = ()
    told_of_break_on: date | None = None  # the notice that a plan is broken went out
    broken_on: date | None = None  # of the newest broken plan of the open balance
    not_placed_before: date | None = None  # what that notice promises
    refused: tuple[Refusal, ...] = ()
    heard: tuple[str, ...] = ()  # ids of commands about plans

    def because(self, command_id: str) -> tuple[str, ...]:
        """Why a command changed nothing; empty when it did."""
        return next((one.reasons for one in self.refused if one.command_id == command_id), ())

    def broken(self, plan_id: str) -> EndedPlan | None:
        """How a plan was when it was broken last; None when it was not, or ended otherwise since."""
        last = next((one for one in reversed(self.ended) if one.plan_id == plan_id), None)
        return last if last is not None and last.how == "broken" else None


EMPTY_DESK = PlanDesk()
