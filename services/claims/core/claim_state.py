"""A claim's state, and what may be read from it. How it comes about is in `claim_evolve.py`."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Literal, TypeAlias
from uuid import UUID

from shared.contracts import HoldReason

from .claim_deadlines import Running
from .claim_facts import CoverageState, Remitted
from .claim_messages import Ack, Identified
from .claim_notes import NOTES_MAX
from .content import ClaimContent
from .next_payer import NextPayerNoted
from .rebilling import PayerChanged, RouteSeen
from .rules_outcome import Judged

Status: TypeAlias = Literal[
    "absent", "held", "waiting_coverage", "ready", "batched", "submitted", "accepted", "rejected", "paid", "denied"
]
PRIOR_CLAIM = "the claim before"


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim, from intake to the payer's decision.

    `fingerprint` is of the claim as it came in; `holds` are the reasons that stop it now, `waived` the rules a person
    overruled, `waivable` those of its tenant's that may be; `judged` what rules and tables did to it; `answers` what
    eligibility last said of each coverage and day; `submissions` every outbound file it was in, the current one last;
    `early_acks` and `early_remittances` wait for the news that it was sent. `warn_on` are the days on which the filing
    limit is called out, `warned` how many of them have passed.
    """

    claim_id: str = ""
    account_id: str = ""
    coverage_id: str = ""
    status: Status = "absent"
    content: ClaimContent | None = None
    identity: Identified | None = None
    fingerprint: str = ""
    contradictions: tuple[str, ...] = ()
    partner: str = ""
    received_on: date | None = None
    origin: str = ""
    holds: tuple[HoldReason, ...] = ()
    waived: frozenset[str] = frozenset()
    waivable: frozenset[str] = frozenset()
    judged: Judged | None = None
    answers: tuple[tuple[str, date, CoverageState], ...] = ()
    coverage_seen: tuple[tuple[str, int], ...] = ()
    submissions: tuple[str, ...] = ()
    transmitted_on: date | None = None
    interchange: int | None = None
    group: int | None = None
    payer_claim_control_number: str | None = None
    acks: tuple[Ack, ...] = ()
    early_acks: tuple[Ack, ...] = ()
    refused: tuple[str, ...] = ()
    remittances: tuple[Remitted, ...] = ()
    early_remittances: tuple[Remitted, ...] = ()
    remitted_sequence: int = 0
    next_payers: tuple[NextPayerNoted, ...] = ()
    deadline_on: date | None = None
    warn_on: tuple[date, ...] = ()
    warned: int = 0
    commands: tuple[UUID, ...] = ()
    touches: int = 0  # what persons did to it, notes and tags too
    deadlines: tuple[Running, ...] = ()  # since the payer's last decision
    routes: tuple[RouteSeen, ...] = ()  # who takes the claims of a coverage and day instead
    payer_changes: tuple[PayerChanged, ...] = ()
    appeal_level: int = 0  # the highest that an appeal was sent at
    appeal_open: bool = False
    papers: tuple[tuple[str, ...], ...] = ()  # PWK of papers that were attached here
    appeals_seen: tuple[tuple[int, int], ...] = ()  # level and last sequence of each appeal
    network: Literal["in", "out"] | None = None  # whether its providers take part in the payer's
    patient: str = ""  # a pseudonym: one person under one coverage
    own_tags: tuple[str, ...] = ()  # set by people
    untagged: frozenset[str] = frozenset()  # taken away by people
    owner: str = ""
    notes: int = 0
    kept_from_plan: tuple[HoldReason, ...] = ()  # by a restriction that came while it was on its way, or out
    qmb_by: frozenset[str] = frozenset()  # coverages whose payer calls the patient a qualified Medicare beneficiary

    @property
    def coverage(self) -> CoverageState:
        """What eligibility last said of the coverage and day that the claim names now."""
        if self.content is None:
            return "waiting"
        for coverage_id, day, answer in self.answers:
            if (coverage_id, day) == (self.coverage_id, self.content.service_from):
                return answer
        return "waiting"

    @property
    def tags(self) -> tuple[str, ...]:
        """What rules and people tagged the claim with; a person may take away what a rule set."""
        ruled = self.judged.tags if self.judged else ()
        kept = (one for one in ruled if one not in self.untagged)
        return tuple(dict.fromkeys((*kept, *self.own_tags)))

    @property
    def may_be_noted(self) -> bool:
        """Whether there is room for another note."""
        return self.notes < NOTES_MAX

    @property
    def route(self) -> RouteSeen | None:
        """Who takes the claim instead of the payer it names now."""
        day = self.content.service_from if self.content else None
        return next(
            (one for one in self.routes if (one.coverage_id, one.service_date) == (self.coverage_id, day)), None
        )

    @property
    def submission_id(self) -> str | None:
        """The outbound file the claim is or was last in."""
        return self.submissions[-1] if self.submissions else None

    @property
    def is_of_qmb(self) -> bool:
        """Whether a payer calls the patient a qualified Medicare beneficiary on the claim's day. No is not known."""
        day = self.content.service_from if self.content else None
        return any(one == PRIOR_CLAIM or one.endswith(f" {day}") for one in self.qmb_by)

    @property
    def was_sent(self) -> bool:
        """Whether any file with it was ever delivered."""
        return self.transmitted_on is not None


def start_of(day: date) -> datetime:
    """The first moment of a day, UTC."""
    return datetime.combine(day, time(), UTC)


UNACCEPTED = frozenset[Status]({"held", "waiting_coverage", "ready", "batched", "submitted", "rejected"})
"""No payer has the claim, so its filing limit runs: a rejected claim was never received."""


def due(claim: Claim) -> datetime | None:
    """When a deadline is to be called out next: the filing limit until a payer accepts, others until they are met."""
    days = [day for one in open_deadlines(claim) if (day := one.warns_next_on) is not None]
    if claim.status in UNACCEPTED and claim.warned < len(claim.warn_on):
        days.append(claim.warn_on[claim.warned])
    return start_of(min(days)) if days else None


def open_deadlines(claim: Claim) -> tuple[Running, ...]:
    """What runs since the payer's decision and was not met: a correction by being sent, a next payer by its claim."""
    if not claim.deadlines:
        return ()
    met: set[str] = set()
    if claim.status not in ("denied", "rejected"):
        met.add("corrected_claim")
    if any(one.next_claim_id for one in claim.next_payers):
        met.add("secondary_filing")
    return tuple(one for one in claim.deadlines if one.kind not in met)
