"""The compliance gate: may this contact or action happen now, and if not, why, by which rule and until when?

One pure function. What it is told is the wish, the person, the debt, what was done so far, and the dated rules; it
reads no clock and no store, so the same question gives the same answer years later. Rules stand in `gate_rules.py`,
their figures and sources in `policy/compliance.toml`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any, Literal, TypeAlias


class Act(StrEnum):
    """What somebody wants to do about a debt."""

    CONTACT = "contact"
    BILL = "bill"  # ask for payment, in whatever way
    PLACEMENT = "placement"  # with an agency
    SALE = "sale"
    CREDIT_REPORT = "credit_report"
    SUIT = "suit"
    LIEN = "lien"
    GARNISHMENT = "garnishment"
    DEFERRED_CARE = "deferred_care"  # care put off because an old bill is open
    LATE_FEE = "late_fee"


class Medium(StrEnum):
    CALL = "call"
    TEXT = "text"
    EMAIL = "email"
    LETTER = "letter"
    PORTAL = "portal"  # read when the person looks, never pushed


class Party(StrEnum):
    """Who is spoken to."""

    CONSUMER = "consumer"
    ATTORNEY = "attorney"  # of the consumer
    REPRESENTATIVE = "representative"  # executor, administrator, or who else acts for a person who died
    PROFESSIONAL = "professional"  # consumer reporting agency, creditor, and their attorneys
    OTHER = "other"


class Purpose(StrEnum):
    """What a contact is for."""

    COLLECTION = "collection"
    VALIDATION_NOTICE = "validation_notice"
    VERIFICATION = "verification"  # the answer to a dispute
    CONFIRMATION = "confirmation"  # that a wish to stop was heard
    CLOSING = "closing"  # that efforts end, or which remedy may or will be used
    ACTION_NOTICE = "action_notice"  # which extraordinary actions are intended, and from when
    ASSISTANCE = "assistance"  # financial assistance: summary, application, determination
    LOCATION = "location"  # where the person can be reached, asked of somebody else


class Carried(StrEnum):
    """What a message has in it."""

    OPT_OUT = "opt_out"
    VALIDATION_NOTICE = "validation_notice"


EXTRAORDINARY = frozenset({Act.SALE, Act.CREDIT_REPORT, Act.SUIT, Act.LIEN, Act.GARNISHMENT, Act.DEFERRED_CARE})
"""Extraordinary collection actions of 26 CFR 1.501(r)-6; a placement alone is none."""

COURT = frozenset({Act.SUIT, Act.LIEN, Act.GARNISHMENT})
PUSHED = frozenset({Medium.CALL, Medium.TEXT, Medium.EMAIL})
"""Media that reach a person at a moment that the sender chooses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants to do, and when (aware). A contact names its medium and the address it goes to, by id."""

    act: Act
    at: datetime
    medium: Medium | None = None
    purpose: Purpose = Purpose.COLLECTION
    party: Party = Party.CONSUMER
    address_id: str = ""
    automated: bool = False  # dialled by a machine, or a recorded voice
    carries: frozenset[Carried] = frozenset()
    threatens: frozenset[Act] = frozenset()  # actions the message says may follow

    @property
    def asks_for_money(self) -> bool:
        """Whether it demands payment; a text of the law's own, sent for the person's sake, does not."""
        return self.act is Act.BILL or (self.act is Act.CONTACT and self.purpose is Purpose.COLLECTION)

    @property
    def is_pushed(self) -> bool:
        return self.act is Act.CONTACT and self.medium in PUSHED

    def goes_to(self, *parties: Party) -> bool:
        return self.act is Act.CONTACT and self.party in parties

    def brings_or_threatens(self, acts: Iterable[Act]) -> bool:
        return any(act is self.act or act in self.threatens for act in acts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A telephone number, e-mail or postal address of the person.

    `zones` are IANA names that the address itself suggests (a number's area code, the place of a postal address).
    """

    id: str
    zones: tuple[str, ...] = ()
    of_workplace: bool = False
    wrong: bool = False  # it belongs to somebody else, or to nobody
    refused: bool = False  # the person called this address or place inconvenient
    used_by_person_at: datetime | None = None  # they last wrote or called from it about the debt
    ownership_checked_on: date | None = None  # reassigned numbers were looked up
    handed_over_on: date | None = None  # the creditor told the person who would write there, and how to opt out


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What the person agreed to. `address_id` is empty when it holds for every address."""

    kind: Literal["automated", "email", "more_calls", "workplace"]
    given_at: datetime
    address_id: str = ""
    revoked_at: datetime | None = None

    def holds(self, at: datetime, address_id: str) -> bool:
        given = self.given_at <= at and self.address_id in {"", address_id}
        return given and (self.revoked_at is None or at < self.revoked_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedHours:
    """Hours the person called inconvenient, by their own clock. `weekdays` count from 0, a Monday."""

    begins: time
    ends: time
    weekdays: frozenset[int] = frozenset(range(7))

    def covers(self, local: datetime) -> bool:
        """Whether it covers a local moment; hours that end before they begin reach past midnight."""
        clock = local.time()
        if self.begins <= self.ends:
            return local.weekday() in self.weekdays and self.begins <= clock < self.ends
        evening = local.weekday() in self.weekdays and clock >= self.begins
        return evening or ((local.weekday() - 1) % 7 in self.weekdays and clock < self.ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """The person asked that a medium, or with None every medium, be used no more."""

    at: datetime
    medium: Medium | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What is known of the one who owes."""

    addresses: tuple[Address, ...] = ()
    zones: tuple[str, ...] = ()  # of where they live
    state: str = ""  # of where they live, two letters
    minor: bool = False
    deceased: bool = False
    active_duty: bool = False
    bankruptcy: Literal["none", "filed", "discharged"] = "none"
    has_attorney: bool = False
    employer_forbids: bool = False
    refused_hours: tuple[RefusedHours, ...] = ()
    ceased_at: datetime | None = None  # in writing: no more of any kind
    stops: tuple[Stop, ...] = ()
    consents: tuple[Consent, ...] = ()

    def address(self, address_id: str) -> Address | None:
        return next((one for one in self.addresses if one.id == address_id), None)

    def agreed(self, kind: str, at: datetime, address_id: str) -> bool:
        return any(one.kind == kind and one.holds(at, address_id) for one in self.consents)

    def stopped(self, medium: Medium | None, at: datetime) -> datetime | None:
        """Since when this medium is not wanted."""
        return min((one.at for one in self.stops if one.at <= at and one.medium in {None, medium}), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A dispute of the debt. `repeats` one that was answered, with nothing new in it."""

    received_on: date
    written: bool
    verified_on: date | None = None
    repeats: bool = False
    resolved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """What is known of the balance that the wish is about. Dates are days, amounts cents."""

    debt_id: str
    owed_cents: int
    qmb_cents: int = 0  # cost sharing of a Qualified Medicare Beneficiary in it
    medicaid_cents: int = 0  # services that Medicaid covers
    protected_cents: int = 0  # other amounts the law takes from the patient: in-network balances, No Surprises, work
    standing: Literal["open", "paid", "settled", "discharged", "identity_theft"] = "open"
    incurred_on: date | None = None
    delinquent_on: date | None = None
    first_statement_on: date | None = None  # the first after the care, of the newest care in the balance
    first_contact_on: date | None = None  # by whom the collector's rules bind
    validation_sent_on: date | None = None
    informed_on: date | None = None  # spoken with, or a letter or e-mail that may have arrived
    undeliverable: bool = False
    disputes: tuple[Dispute, ...] = ()
    action_notice_on: date | None = None  # the written notice that names the actions
    actions_noticed: frozenset[Act] = frozenset()
    summary_sent: bool = False  # plain-language summary of the assistance policy
    oral_effort_on: date | None = None
    assistance: Literal["none", "pending", "granted", "denied"] = "none"
    estimate_dispute_open: bool = False
    above_estimate_cents: int = 0
    billed_on: date | None = None
    plan_kept: bool = False
    eligibility_pending: bool = False
    appeal_pending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PastContact:
    """One contact, or a try at one, about a debt."""

    debt_id: str
    medium: Medium
    at: datetime
    party: Party = Party.CONSUMER
    address_id: str = ""
    connected: bool = True  # it reached the number that was dialled
    conversation: bool = False
    purpose: Purpose = Purpose.COLLECTION


class Effect(StrEnum):
    BLOCK = "block"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Objection:
    """What a rule says against a wish. `until`: when it says so no more, where time alone helps."""

    effect: Effect
    reason: str
    until: datetime | None = None


def block(reason: str, until: datetime | None = None) -> Objection:
    return Objection(Effect.BLOCK, reason, until)


def warn(reason: str) -> Objection:
    return Objection(Effect.WARN, reason)


def midnight(day: date) -> datetime:
    """When a day begins, UTC."""
    return datetime.combine(day, time.min, UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """One dated version of a rule: its figures, where they come from, and whether anybody has confirmed them."""

    rule: str
    valid_from: date
    figures: Mapping[str, Any]
    source: str
    confirmed: bool
    version: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "version", f"{self.rule}/{self.valid_from}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An objection with its rule's version and source, as it is stored with the contact."""

    rule: str
    version: str
    source: str
    effect: Effect
    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer. `earliest`: when it may be asked again with hope; None when time alone changes nothing.

    `checked` are the versions of every rule that was applied, so that the answer can be made again.
    """

    allowed: bool
    findings: tuple[Finding, ...]
    checked: tuple[str, ...]

    @property
    def blocks(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.effect is Effect.BLOCK)

    @property
    def earliest(self) -> datetime | None:
        moments = [one.until for one in self.blocks]
        return max((at for at in moments if at is not None), default=None) if all(moments) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything a rule may look at. `figures` are those of the rule's own version."""

    wish: Wish
    person: Person
    debt: Debt
    past: tuple[PastContact, ...]
    figures: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def on(self) -> date:
        """The day of the wish, UTC."""
        return self.wish.at.date()

    @property
    def address(self) -> Address | None:
        return self.person.address(self.wish.address_id)


Check: TypeAlias = Callable[[Case], Iterator[Objection]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule by name: whose regime it belongs to, which wishes it concerns, and what it says."""

    name: str
    regime: str
    concerns: Callable[[Case], bool]
    check: Check
    figures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The rules one tenant is under. A regime that is not in `switched_off` is on: strict unless decided otherwise."""

    rules: tuple[Rule, ...]
    provisions: Mapping[str, tuple[Provision, ...]]
    switched_off: frozenset[str] = frozenset()
    confirmed: frozenset[str] = frozenset()  # versions that this tenant's operator has confirmed
    production: bool = True
    _found: dict[date, tuple[tuple[Rule, Provision], ...]] = field(
        default_factory=dict[date, tuple[tuple["Rule", "Provision"], ...]], init=False, compare=False, repr=False
    )

    def in_force(self, on: date) -> tuple[tuple[Rule, Provision], ...]:
        """Each rule of the regimes that are on, with its newest version on that day; looked up once for each day."""
        found = self._found.get(on)
        if found is None:
            found = self._found[on] = tuple(self._newest(on))
        return found

    def _newest(self, on: date) -> Iterator[tuple[Rule, Provision]]:
        for rule in self.rules:
            known = [one for one in self.provisions[rule.name] if one.valid_from <= on]
            if known and rule.regime not in self.switched_off:
                yield rule, max(known, key=lambda one: one.valid_from)


def judge(book: RuleBook, wish: Wish, person: Person, debt: Debt, past: Iterable[PastContact]) -> Verdict:
    """Whether the wish may come true now. `wish.at` must be aware (UTC); every rule is heard, none ends the hearing."""
    heard = tuple(past)
    findings: list[Finding] = []
    checked: list[str] = []
    for rule, provision in book.in_force(wish.at.date()):
        case = Case(wish=wish, person=person, debt=debt, past=heard, figures=provision.figures)
        if rule.concerns(case):
            checked.append(provision.version)
            findings += (_finding(provision, one) for one in _objections(book, rule, provision, case))
    allowed = all(one.effect is not Effect.BLOCK for one in findings)
    return Verdict(allowed=allowed, findings=tuple(findings), checked=tuple(checked))


def _objections(book: RuleBook, rule: Rule, provision: Provision, case: Case) -> Iterator[Objection]:
    """What the rule says; and that nobody has confirmed its figures, which blocks where real people are contacted."""
    yield from rule.check(case)
    if not provision.confirmed and provision.version not in book.confirmed:
        effect = Effect.BLOCK if book.production else Effect.WARN
        yield Objection(effect, "nobody has confirmed this rule's figures yet: confirm them, or keep from doing this")


def _finding(provision: Provision, objection: Objection) -> Finding:
    return Finding(
        rule=provision.rule,
        version=provision.version,
        source=provision.source,
        effect=objection.effect,
        reason=objection.reason,
        until=objection.until,
    )
