"""Facts about the person, their debt, and what the compliance gate said."""

from datetime import date, time
from typing import Literal, TypeAlias

from pydantic import AwareDatetime, NonNegativeInt

from services.collections.core.fact_base import AccountFact
from services.collections.core.person import Assistance, ConsentKind, ReachKind, Standing
from shared.contracts import Contract, NonNegativeCents, Sealed

FlagName: TypeAlias = Literal["minor", "deceased", "active_duty", "attorney", "employer_forbids"]
ReachChange: TypeAlias = Literal[
    "confirmed", "wrong", "right", "refused", "wanted", "used", "ownership_checked", "handed_over", "soft_bounce"
]
MediumName: TypeAlias = Literal["call", "text", "email", "letter", "portal"]


class PersonFact(AccountFact):
    """Something was learned of the person or their debt: what the gate held may be asked again."""

    heard: str = ""  # id of the command that said so: a repeat of it says nothing


class PlaceLearned(PersonFact):
    """Where they live, as their sealed record says: the state and its time zones, never the address."""

    type: Literal["place-learned"] = "place-learned"
    state: str
    zones: tuple[str, ...]
    has_phone: bool


class LanguageNoted(PersonFact):
    """The language they want to be written to in."""

    type: Literal["language-noted"] = "language-noted"
    language: str


class ReachNoted(PersonFact):
    """A way to reach them; one with the same id is replaced."""

    type: Literal["reach-noted"] = "reach-noted"
    reach_id: str
    kind: ReachKind
    sealed: Sealed | None
    zones: tuple[str, ...]
    of_workplace: bool
    confirmed: bool
    ownership_checked_on: date | None = None
    handed_over_on: date | None = None


class ReachChanged(PersonFact):
    """Something is known now about a way to reach them."""

    type: Literal["reach-changed"] = "reach-changed"
    reach_id: str
    change: ReachChange
    at: AwareDatetime
    why: str = ""


class QuietHours(Contract):
    """Hours they called inconvenient, by their own clock; weekdays from 0, a Monday."""

    begins: time
    ends: time
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)


class HoursNoted(PersonFact):
    """All the hours they called inconvenient; those noted before are replaced."""

    type: Literal["hours-noted"] = "hours-noted"
    hours: tuple[QuietHours, ...]


class MediumStopped(PersonFact):
    """They want no more by this medium, or (None) by any."""

    type: Literal["medium-stopped"] = "medium-stopped"
    medium: MediumName | None
    at: AwareDatetime
    how: str  # letter, phone, email, text, portal: how they said so


class MediumAllowed(PersonFact):
    """They want to hear by this medium again."""

    type: Literal["medium-allowed"] = "medium-allowed"
    medium: MediumName | None
    at: AwareDatetime


class ConsentGiven(PersonFact):
    """They agreed; `proof` is the id of the record that shows it."""

    type: Literal["consent-given"] = "consent-given"
    consent_id: str
    kind: ConsentKind
    reach_id: str
    given_at: AwareDatetime
    proof: str


class ConsentWithdrawn(PersonFact):
    """They took back what they agreed to: one consent, or all of a kind at an address."""

    type: Literal["consent-withdrawn"] = "consent-withdrawn"
    consent_id: str
    at: AwareDatetime
    how: str


class FlagNoted(PersonFact):
    """Something holds of the person that restricts what may be done, or holds no more."""

    type: Literal["flag-noted"] = "flag-noted"
    flag: FlagName
    holds: bool
    since: date


class CeaseNoted(PersonFact):
    """They wrote that we must stop, or (None) took it back."""

    type: Literal["cease-noted"] = "cease-noted"
    at: AwareDatetime | None


class BankruptcyNoted(PersonFact):
    """A bankruptcy case, as it stands now."""

    type: Literal["bankruptcy-noted"] = "bankruptcy-noted"
    case_id: str
    chapter: str
    standing: Literal["filed", "discharged", "dismissed"]
    filed_on: date
    closed_on: date | None
    sealed_case: Sealed | None


class DebtNoted(PersonFact):
    """What is known of the debt; what is None stays as it was."""

    type: Literal["debt-noted"] = "debt-noted"
    qmb_cents: NonNegativeCents | None = None
    medicaid_cents: NonNegativeCents | None = None
    protected_cents: NonNegativeCents | None = None
    above_estimate_cents: NonNegativeCents | None = None
    standing: Standing | None = None
    incurred_on: date | None = None
    delinquent_on: date | None = None
    assistance: Assistance | None = None
    estimate_dispute_open: bool | None = None
    eligibility_pending: bool | None = None
    appeal_pending: bool | None = None
    action_notice_on: date | None = None
    actions_noticed: tuple[str, ...] | None = None
    summary_sent: bool | None = None
    oral_effort_on: date | None = None


class HoldsReleased(PersonFact):
    """A person lets the gate be asked again: a rule was confirmed, or a regime switched off."""

    type: Literal["holds-released"] = "holds-released"


class GateFinding(Contract):
    """What one rule said: its version and source, and until when, where time alone helps."""

    rule: str
    version: str
    source: str
    effect: Literal["block", "warn"]
    reason: str
    until: AwareDatetime | None


class WishJudged(AccountFact):
    """The gate was asked, and this is its answer. With the journal up to here it can be made again, and is the same."""

    type: Literal["wish-judged"] = "wish-judged"
    decision_id: str
    action: str  # the schedule's step, or "contact" when a person asked
    act: str
    at: AwareDatetime
    medium: MediumName | None
    purpose: str
    party: str
    reach_id: str
    automated: bool
    carries: tuple[str, ...]
    threatens: tuple[str, ...]
    allowed: bool
    findings: tuple[GateFinding, ...]
    checked: tuple[str, ...]
    heard: str = ""


class StepHeld(AccountFact):
    """A step of the policy may not be taken: until a moment, or (None) until something else is learned."""

    type: Literal["step-held"] = "step-held"
    action: str
    until: AwareDatetime | None
    rule: str
    decision_id: str
    work: str | None


class ValidationNoticeSent(AccountFact):
    """The validation notice went out; the person may dispute the debt through `ends_on`."""

    type: Literal["validation-notice-sent"] = "validation-notice-sent"
    letter_id: str
    episode: NonNegativeInt
    sent_on: date
    ends_on: date


class CallAsked(AccountFact):
    """A person is asked to call, between these moments."""

    type: Literal["call-asked"] = "call-asked"
    task_id: str
    episode: NonNegativeInt
    level: NonNegativeInt
    purpose: str
    asked_on: date
    from_at: AwareDatetime
    until: AwareDatetime
    decision_id: str


class CallTaskEnded(AccountFact):
    """The call was made, or is not wanted any more."""

    type: Literal["call-task-ended"] = "call-task-ended"
    task_id: str
    how: Literal["called", "not_wanted", "expired"]


class ContactChanged(AccountFact):
    """What became of a contact later: it bounced, came back, or was answered."""

    type: Literal["contact-changed"] = "contact-changed"
    contact_id: str
    outcome: str
    at: AwareDatetime
    next_action_on: date | None = None
    heard: str = ""


PersonFacts: TypeAlias = (
    PlaceLearned
    | LanguageNoted
    | ReachNoted
    | ReachChanged
    | HoursNoted
    | MediumStopped
    | MediumAllowed
    | ConsentGiven
    | ConsentWithdrawn
    | FlagNoted
    | CeaseNoted
    | BankruptcyNoted
    | DebtNoted
    | HoldsReleased
)
GateFacts: TypeAlias = WishJudged | StepHeld | ValidationNoticeSent | CallAsked | CallTaskEnded | ContactChanged
