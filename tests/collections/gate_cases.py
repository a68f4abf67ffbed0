"""The words that rows of the compliance gate are written in: people, debts, wishes, and what a rule says of them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, TypedDict, Unpack
from zoneinfo import ZoneInfo

from services.collections.compliance import rule_book
from services.collections.core.gate import (
    Act,
    Address,
    Carried,
    Consent,
    Debt,
    Effect,
    Medium,
    PastContact,
    Person,
    Wish,
)

EAST = ZoneInfo("America/New_York")
BOOK = replace(
    rule_book("lakeside", date(2026, 7, 1), production=True),
    confirmed=frozenset({"time_barred/2021-11-30", "eca_days/2020-01-01", "eca_notice/2020-01-01"})
    | {"assistance_window/2020-01-01"},
)


def at(month: int, day: int, hour: int = 12, minute: int = 0) -> datetime:
    """A moment by the clock of New York, in UTC."""
    return datetime(2026, month, day, hour, minute, tzinfo=EAST).astimezone(UTC)


NOW = at(4, 8)
MOBILE = Address(id="mobile", zones=("America/New_York",), ownership_checked_on=date(2026, 4, 1))
MAIL = Address(id="mail", used_by_person_at=at(3, 1))
HOME = Address(id="home", zones=("America/New_York",))
WORK = Address(id="work", of_workplace=True, zones=("America/New_York",))
AGREED = Consent(kind="automated", given_at=at(1, 2))
PERSON = Person(addresses=(MOBILE, MAIL, HOME, WORK), zones=("America/New_York",), state="NY", consents=(AGREED,))
NOTICED = frozenset({Act.SUIT, Act.LIEN, Act.GARNISHMENT, Act.CREDIT_REPORT, Act.SALE, Act.DEFERRED_CARE})
DEBT = Debt(
    debt_id="acct_1",
    owed_cents=90_000,
    incurred_on=date(2025, 1, 10),
    delinquent_on=date(2025, 3, 1),
    first_statement_on=date(2025, 2, 1),
    first_contact_on=date(2025, 2, 1),
    validation_sent_on=date(2025, 2, 1),
    informed_on=date(2025, 2, 1),
    action_notice_on=date(2025, 12, 1),
    actions_noticed=NOTICED,
    summary_sent=True,
    oral_effort_on=date(2025, 12, 2),
    billed_on=date(2025, 2, 1),
)
TO = {Medium.CALL: "mobile", Medium.TEXT: "mobile", Medium.EMAIL: "mail", Medium.LETTER: "home", Medium.PORTAL: "home"}


def contact(medium: Medium, when: datetime = NOW, **more: Any) -> Wish:
    carries = frozenset({Carried.OPT_OUT}) if medium in {Medium.TEXT, Medium.EMAIL} else frozenset[Carried]()
    fields: dict[str, Any] = {"address_id": TO[medium], "carries": carries, **more}
    return Wish(act=Act.CONTACT, at=when, medium=medium, **fields)


def act(which: Act, when: datetime = NOW) -> Wish:
    return Wish(act=which, at=when)


def call(when: datetime, **more: Any) -> PastContact:
    return PastContact(debt_id="acct_1", medium=Medium.CALL, at=when, address_id="mobile", **more)


def calls(*days: tuple[int, int], **more: Any) -> tuple[PastContact, ...]:
    return tuple(call(at(*day), **more) for day in days)


class Row(NamedTuple):
    """A case, and what the named rule says of it: block, warn, or nothing."""

    name: str
    rule: str
    source: str
    says: Effect | None
    wish: Wish
    person: Mapping[str, Any] = {}
    debt: Mapping[str, Any] = {}
    past: tuple[PastContact, ...] = ()
    until: datetime | None = None


BLOCK, WARN, OK = Effect.BLOCK, Effect.WARN, None
CALL, TEXT, EMAIL, LETTER, PORTAL = Medium
R14, R6, R6E, R34, R38, R26, R30 = (
    "12 CFR 1006.14",
    "12 CFR 1006.6",
    "12 CFR 1006.6(e)",
    "12 CFR 1006.34",
    "12 CFR 1006.38",
    "12 CFR 1006.26",
    "12 CFR 1006.30",
)
TCPA, R501, NSA, BUREAUS, STATES, HOUSE = (
    "Telephone Consumer Protection Act",
    "26 CFR 1.501(r)-6",
    "45 CFR 149.620",
    "three bureaus",
    "bans of CO, NY, IL, CA, ME",
    "house rule",
)


NOTHING: Mapping[str, Any] = {}


class Otherwise(TypedDict, total=False):
    """What is not as usual: fields of the debt, what went before, and when a block ends."""

    debt: Mapping[str, Any]
    past: tuple[PastContact, ...]
    until: datetime


class Case(NamedTuple):
    """A row whose rule and source are still to be named; `person` has the fields that are not as usual."""

    name: str
    says: Effect | None
    wish: Wish
    person: Mapping[str, Any]
    otherwise: Otherwise


def ok(name: str, wish: Wish, person: Mapping[str, Any] = NOTHING, **otherwise: Unpack[Otherwise]) -> Case:
    """The rule has nothing against it."""
    return Case(name, OK, wish, person, otherwise)


def warn(name: str, wish: Wish, person: Mapping[str, Any] = NOTHING, **otherwise: Unpack[Otherwise]) -> Case:
    """The rule lets it be, and warns."""
    return Case(name, WARN, wish, person, otherwise)


def block(name: str, wish: Wish, person: Mapping[str, Any] = NOTHING, **otherwise: Unpack[Otherwise]) -> Case:
    """The rule forbids it, until a moment or for good."""
    return Case(name, BLOCK, wish, person, otherwise)


def of(rule: str, source: str, *cases: Case) -> Iterator[Row]:
    """The rows of a rule that rest on a source."""
    return (Row(one.name, rule, source, one.says, one.wish, one.person, **one.otherwise) for one in cases)
