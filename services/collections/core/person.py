"""What an account remembers of the person who owes and of their debt, as the compliance gate needs it.

No name, number or address stands here in the clear: a way to reach somebody is an id, a kind, and a sealed value.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

from services.collections.core.gate import Medium, RefusedHours, Stop

ReachKind: TypeAlias = Literal["post", "phone", "mobile", "email"]
ConsentKind: TypeAlias = Literal["automated", "email", "more_calls", "workplace"]
Assistance: TypeAlias = Literal["none", "pending", "granted", "denied"]
Standing: TypeAlias = Literal["open", "paid", "settled", "discharged", "identity_theft"]

POST, PHONE = "post", "phone"
"""The guarantor's own address and telephone, as their sealed record has them."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A step of the policy that may not be taken: until a moment, or (None) until something else is learned."""

    action: str  # name of the schedule's action, lower case
    until: datetime | None
    rule: str
    decision_id: str


@dataclass(frozen=True, slots=True)
class Reach:
    """One way to reach the person. `sealed` is None where the guarantor's sealed record has it.

    `wrong` says why it is not used any more (returned, bounced, wrong_number, unreachable); empty while it is.
    """

    id: str
    kind: ReachKind
    sealed: str | None = None
    zones: tuple[str, ...] = ()
    of_workplace: bool = False
    confirmed: bool = False
    wrong: str = ""
    refused: bool = False
    soft_bounces: int = 0
    used_at: datetime | None = None
    ownership_checked_on: date | None = None
    handed_over_on: date | None = None


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """What the person agreed to, how that can be shown, and whether they took it back."""

    consent_id: str
    kind: ConsentKind
    given_at: datetime
    reach_id: str  # empty: every address
    proof: str  # id of the record that shows it, never its words
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Bankruptcy:
    """A bankruptcy case. `case_id` is a pseudonym; the court's number is sealed in `sealed_case`."""

    case_id: str
    chapter: str
    standing: Literal["filed", "discharged", "dismissed"]
    filed_on: date
    closed_on: date | None = None
    sealed_case: str | None = None


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """The person. `flags` are minor, deceased, active_duty, attorney, employer_forbids; each with its first day."""

    language: str = "en"
    state: str = ""
    zones: tuple[str, ...] = ()
    has_phone: bool = False
    reaches: tuple[Reach, ...] = ()
    refused_hours: tuple[RefusedHours, ...] = ()
    stops: tuple[Stop, ...] = ()
    consents: tuple[ConsentRecord, ...] = ()
    flags: tuple[tuple[str, date], ...] = ()
    ceased_at: datetime | None = None
    bankruptcy: Bankruptcy | None = None

    def has(self, flag: str) -> bool:
        return any(name == flag for name, _ in self.flags)

    def reach(self, reach_id: str) -> Reach | None:
        """A way to reach them by id; the guarantor's own post is always one, their telephone once it was seen."""
        for one in self.reaches:
            if one.id == reach_id:
                return one
        if reach_id == POST:
            return Reach(POST, "post")
        return Reach(PHONE, "phone") if reach_id == PHONE and self.has_phone else None

    def all_reaches(self) -> tuple[Reach, ...]:
        """Every way to reach them, their own post and telephone included."""
        own = (self.reach(one) for one in (POST, PHONE))
        known = {one.id for one in self.reaches}
        return (*self.reaches, *(one for one in own if one is not None and one.id not in known))


@dataclass(frozen=True, slots=True)
class DisputeRecord:
    """A dispute of the debt, from the day it came to its end."""

    dispute_id: str
    kind: str
    written: bool
    received_on: date
    disputed_cents: int | None = None  # None: all of it
    repeats: str = ""  # the dispute it brings up again with nothing new
    evidence: tuple[tuple[str, str], ...] = ()  # ids and kinds of documents
    after: str = ""  # how the balance had ended before it came: settled or written_off
    in_validation_period: bool = False
    verified_on: date | None = None
    outcome: str = ""  # stands, corrected, withdrawn; empty while it is open
    resolved_on: date | None = None

    def has(self, document_id: str) -> bool:
        return any(known == document_id for known, _ in self.evidence)


@dataclass(frozen=True, slots=True)
class DebtRecord:
    """What is known of the debt beyond its balance. Amounts are cents of the balance."""

    qmb_cents: int = 0
    medicaid_cents: int = 0
    protected_cents: int = 0
    standing: Standing = "open"
    incurred_on: date | None = None
    delinquent_on: date | None = None
    assistance: Assistance = "none"
    estimate_dispute_open: bool = False
    above_estimate_cents: int = 0
    eligibility_pending: bool = False
    appeal_pending: bool = False
    action_notice_on: date | None = None
    actions_noticed: tuple[str, ...] = ()
    summary_sent: bool = False
    oral_effort_on: date | None = None
    disputes: tuple[DisputeRecord, ...] = ()

    def dispute(self, dispute_id: str) -> DisputeRecord | None:
        return next((one for one in self.disputes if one.dispute_id == dispute_id), None)

    @property
    def open_disputes(self) -> tuple[DisputeRecord, ...]:
        return tuple(one for one in self.disputes if not one.outcome)


NOBODY, PLAIN_DEBT = PersonRecord(), DebtRecord()
"""A person and a debt of whom nothing is known yet."""


@dataclass(frozen=True, slots=True)
class CallTask:
    """A call a person is asked to make, and when the gate allowed it at the time of asking."""

    task_id: str
    asked_on: date
    from_at: datetime
    until: datetime
    purpose: str
    decision_id: str


MEDIA: dict[str, Medium] = {
    "letter": Medium.LETTER,
    "phone": Medium.CALL,
    "text": Medium.TEXT,
    "email": Medium.EMAIL,
    "portal": Medium.PORTAL,
}
"""The gate's medium of each channel; an agency's file is none."""

KINDS: dict[str, tuple[ReachKind, ...]] = {
    "letter": ("post",),
    "phone": ("phone", "mobile"),
    "text": ("mobile",),
    "email": ("email",),
}
"""Which kinds of address each channel can use."""
