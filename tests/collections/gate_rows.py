"""What the compliance gate must say, row by row: who wishes what, of whom, and by which rule it is blocked until when.

The rows about calls are the published examples of 12 CFR 1006.14(b), by their dates; the year here is 2026.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from services.collections.compliance import rule_book
from services.collections.core.gate import (
    Act,
    Address,
    Carried,
    Consent,
    Debt,
    Dispute,
    Effect,
    Medium,
    Party,
    PastContact,
    Person,
    Purpose,
    RefusedHours,
    Stop,
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
SEVEN = calls((4, 1), (4, 2), (4, 3), (4, 4), (4, 5), (4, 6), (4, 7))
MORE_CALLS = Consent(kind="more_calls", given_at=at(6, 4))

CALLS = [
    Row("no call before", "call_attempts", R14, OK, contact(CALL)),
    Row("seven in seven days, the next on the eighth", "call_attempts", R14, OK, contact(CALL, at(4, 8)), past=SEVEN),
    Row(
        "an eighth within seven days",
        "call_attempts",
        R14,
        BLOCK,
        contact(CALL, at(4, 7, 20)),
        past=SEVEN,
        until=at(4, 8, 0),
    ),
    Row("six, and a seventh", "call_attempts", R14, OK, contact(CALL, at(4, 7)), past=SEVEN[:6]),
    Row(
        "seven on one day",
        "call_attempts",
        R14,
        BLOCK,
        contact(CALL, at(4, 2)),
        past=calls(*[(4, 1)] * 7),
        until=at(4, 8, 0),
    ),
    Row("seven on one day, a week later", "call_attempts", R14, OK, contact(CALL, at(4, 8)), past=calls(*[(4, 1)] * 7)),
    Row(
        "calls that reached nobody's number",
        "call_attempts",
        R14,
        OK,
        contact(CALL, at(4, 7, 20)),
        past=calls(*[(4, 1)] * 7, connected=False),
    ),
    Row(
        "calls to the attorney",
        "call_attempts",
        R14,
        OK,
        contact(CALL, at(4, 7, 20)),
        past=calls(*[(4, 2)] * 7, party=Party.ATTORNEY),
    ),
    Row(
        "calls to a bureau or the creditor",
        "call_attempts",
        R14,
        OK,
        contact(CALL, at(4, 7, 20)),
        past=calls(*[(4, 2)] * 7, party=Party.PROFESSIONAL),
    ),
    Row(
        "calls to relatives count",
        "call_attempts",
        R14,
        BLOCK,
        contact(CALL, at(4, 7, 20)),
        past=calls(*[(4, 2)] * 7, party=Party.OTHER),
        until=at(4, 9, 0),
    ),
    Row(
        "calls about another debt",
        "call_attempts",
        R14,
        OK,
        contact(CALL, at(4, 7, 20)),
        past=tuple(replace(one, debt_id="acct_2") for one in SEVEN),
    ),
    Row(
        "letters are no calls",
        "call_attempts",
        R14,
        OK,
        contact(CALL, at(4, 7, 20)),
        past=tuple(replace(one, medium=LETTER) for one in SEVEN),
    ),
    Row(
        "calls to a number that was wrong drop out",
        "call_attempts",
        R14,
        OK,
        contact(CALL, at(4, 7, 20), address_id="work"),
        {"addresses": (replace(MOBILE, wrong=True), WORK)},
        past=SEVEN,
    ),
    Row("the cap is no matter of letters", "call_attempts", R14, OK, contact(LETTER, at(4, 7)), past=SEVEN),
    Row(
        "a call to the attorney is not counted nor capped",
        "call_attempts",
        R14,
        OK,
        contact(CALL, at(4, 7), party=Party.ATTORNEY),
        past=SEVEN,
    ),
    Row(
        "consent of 4 June covers 10 June",
        "call_attempts",
        R14,
        OK,
        contact(CALL, at(6, 10)),
        {"consents": (MORE_CALLS,)},
        past=calls(*[(6, 5)] * 7),
    ),
    Row(
        "calls made under consent do not count on 11 June",
        "call_attempts",
        R14,
        OK,
        contact(CALL, at(6, 11)),
        {"consents": (MORE_CALLS,)},
        past=calls(*[(6, 10)] * 7),
    ),
    Row(
        "calls before the consent count again on 11 June",
        "call_attempts",
        R14,
        BLOCK,
        contact(CALL, at(6, 11)),
        {"consents": (MORE_CALLS,)},
        past=calls(*[(6, 11)] * 7),
        until=at(6, 18, 0),
    ),
    Row(
        "consent taken back",
        "call_attempts",
        R14,
        BLOCK,
        contact(CALL, at(6, 9)),
        {"consents": (replace(MORE_CALLS, revoked_at=at(6, 6)),)},
        past=calls(*[(6, 7)] * 7),
        until=at(6, 14, 0),
    ),
    Row(
        "consent for another number",
        "call_attempts",
        R14,
        BLOCK,
        contact(CALL, at(6, 9)),
        {"consents": (replace(MORE_CALLS, address_id="home"),)},
        past=calls(*[(6, 7)] * 7),
        until=at(6, 14, 0),
    ),
    Row(
        "spoken with on 13 August, called on the 19th",
        "call_after_conversation",
        R14,
        BLOCK,
        contact(CALL, at(8, 19)),
        past=calls((8, 13), conversation=True),
        until=at(8, 20, 0),
    ),
    Row(
        "spoken with on 13 August, called on the 20th",
        "call_after_conversation",
        R14,
        OK,
        contact(CALL, at(8, 20)),
        past=calls((8, 13), conversation=True),
    ),
    Row(
        "spoken with on 14 August, called on the 20th",
        "call_after_conversation",
        R14,
        BLOCK,
        contact(CALL, at(8, 20)),
        past=calls((8, 14), conversation=True),
        until=at(8, 21, 0),
    ),
    Row(
        "spoken with on 14 August, called on the 21st",
        "call_after_conversation",
        R14,
        OK,
        contact(CALL, at(8, 21)),
        past=calls((8, 14), conversation=True),
    ),
    Row(
        "spoken with and called the same day",
        "call_after_conversation",
        R14,
        BLOCK,
        contact(CALL, at(8, 13, 18)),
        past=calls((8, 13), conversation=True),
        until=at(8, 20, 0),
    ),
    Row(
        "the last conversation counts",
        "call_after_conversation",
        R14,
        BLOCK,
        contact(CALL, at(8, 21)),
        past=calls((8, 10), (8, 16), conversation=True),
        until=at(8, 23, 0),
    ),
    Row(
        "a call without a conversation",
        "call_after_conversation",
        R14,
        OK,
        contact(CALL, at(8, 14)),
        past=calls((8, 13)),
    ),
    Row(
        "a conversation about another debt",
        "call_after_conversation",
        R14,
        OK,
        contact(CALL, at(8, 14)),
        past=(replace(call(at(8, 13), conversation=True), debt_id="acct_2"),),
    ),
    Row(
        "a conversation, and they agreed to more",
        "call_after_conversation",
        R14,
        OK,
        contact(CALL, at(6, 8)),
        {"consents": (MORE_CALLS,)},
        past=calls((6, 5), conversation=True),
    ),
    Row(
        "an e-mail after a conversation",
        "call_after_conversation",
        R14,
        OK,
        contact(EMAIL, at(8, 14)),
        past=calls((8, 13), conversation=True),
    ),
    Row(
        "four minutes after the last call",
        "rapid_calls",
        R14,
        WARN,
        contact(CALL, at(4, 8, 12, 4)),
        past=(call(at(4, 8)),),
    ),
    Row(
        "five minutes after the last call",
        "rapid_calls",
        R14,
        OK,
        contact(CALL, at(4, 8, 12, 5)),
        past=(call(at(4, 8)),),
    ),
    Row(
        "a seventh call in a day",
        "rapid_calls",
        R14,
        WARN,
        contact(CALL, at(4, 8, 19)),
        past=tuple(call(at(4, 8, hour)) for hour in range(9, 15)),
    ),
    Row(
        "six calls, on two days",
        "rapid_calls",
        R14,
        OK,
        contact(CALL, at(4, 8, 19)),
        past=calls((4, 6), (4, 6), (4, 6), (4, 8), (4, 8), (4, 8)),
    ),
]

TWO_PLACES = {"zones": ("America/Los_Angeles",)}
HOURS = [
    Row("noon", "hours", R6, OK, contact(CALL)),
    Row("a minute before eight", "hours", R6, BLOCK, contact(CALL, at(4, 8, 7, 59)), until=at(4, 8, 8)),
    Row("eight", "hours", R6, OK, contact(CALL, at(4, 8, 8))),
    Row("nine in the evening", "hours", R6, OK, contact(CALL, at(4, 8, 21))),
    Row("a minute after nine", "hours", R6, BLOCK, contact(CALL, at(4, 8, 21, 1)), until=at(4, 9, 8)),
    Row("a text at night", "hours", R6, BLOCK, contact(TEXT, at(4, 8, 3)), until=at(4, 8, 8)),
    Row("an e-mail at night", "hours", R6, BLOCK, contact(EMAIL, at(4, 8, 23)), until=at(4, 9, 8)),
    Row("a letter has no hour", "hours", R6, OK, contact(LETTER, at(4, 8, 3))),
    Row("the portal is read when they look", "hours", R6, OK, contact(PORTAL, at(4, 8, 3))),
    Row(
        "eight in New York is five in Los Angeles",
        "hours",
        R6,
        BLOCK,
        contact(CALL, at(4, 8, 8)),
        TWO_PLACES,
        until=at(4, 8, 11),
    ),
    Row("both places are inside", "hours", R6, OK, contact(CALL, at(4, 8, 12)), TWO_PLACES),
    Row(
        "ten in the evening in New York is seven in Los Angeles",
        "hours",
        R6,
        BLOCK,
        contact(CALL, at(4, 8, 22)),
        TWO_PLACES,
        until=at(4, 9, 11),
    ),
    Row(
        "no place is known", "hours", R6, BLOCK, contact(CALL), {"zones": (), "addresses": (replace(MOBILE, zones=()),)}
    ),
    Row(
        "a zone that does not exist",
        "hours",
        R6,
        BLOCK,
        contact(CALL),
        {"zones": ("Mars/Olympus",), "addresses": (replace(MOBILE, zones=()),)},
    ),
    Row("the area code alone is enough", "hours", R6, OK, contact(CALL), {"zones": ()}),
    Row("the attorney's hours are their own", "hours", R6, OK, contact(CALL, at(4, 8, 7), party=Party.ATTORNEY)),
    Row("an hour after clocks went forward", "hours", R6, OK, contact(CALL, datetime(2026, 3, 8, 12, 0, tzinfo=UTC))),
    Row(
        "the same hour the day before",
        "hours",
        R6,
        BLOCK,
        contact(CALL, datetime(2026, 3, 7, 12, 0, tzinfo=UTC)),
        until=datetime(2026, 3, 7, 13, 0, tzinfo=UTC),
    ),
    Row(
        "hours they refused",
        "refused_hours",
        R6,
        BLOCK,
        contact(CALL),
        {"refused_hours": (RefusedHours(begins=time(11), ends=time(14)),)},
    ),
    Row(
        "before the hours they refused",
        "refused_hours",
        R6,
        OK,
        contact(CALL, at(4, 8, 10, 59)),
        {"refused_hours": (RefusedHours(begins=time(11), ends=time(14)),)},
    ),
    Row(
        "the end of the hours they refused",
        "refused_hours",
        R6,
        OK,
        contact(CALL, at(4, 8, 14)),
        {"refused_hours": (RefusedHours(begins=time(11), ends=time(14)),)},
    ),
    Row(
        "on another day of the week",
        "refused_hours",
        R6,
        OK,
        contact(CALL),
        {"refused_hours": (RefusedHours(begins=time(11), ends=time(14), weekdays=frozenset({5, 6})),)},
    ),
    Row(
        "over midnight, before it",
        "refused_hours",
        R6,
        BLOCK,
        contact(CALL, at(4, 8, 20)),
        {"refused_hours": (RefusedHours(begins=time(19), ends=time(9)),)},
    ),
    Row(
        "over midnight, after it",
        "refused_hours",
        R6,
        BLOCK,
        contact(CALL, at(4, 8, 8, 30)),
        {"refused_hours": (RefusedHours(begins=time(19), ends=time(9), weekdays=frozenset({1})),)},
    ),
    Row(
        "over midnight, after it, of another evening",
        "refused_hours",
        R6,
        OK,
        contact(CALL, at(4, 8, 8, 30)),
        {"refused_hours": (RefusedHours(begins=time(19), ends=time(9), weekdays=frozenset({2})),)},
    ),
    Row(
        "a text in hours they refused",
        "refused_hours",
        R6,
        BLOCK,
        contact(TEXT),
        {"refused_hours": (RefusedHours(begins=time(11), ends=time(14)),)},
    ),
]


def workplace(**more: Any) -> dict[str, Any]:
    return {"addresses": (replace(WORK, **more), MOBILE, MAIL, HOME)}


PLACES = [
    Row("an address nobody knows", "address", R6, BLOCK, contact(CALL, address_id="other")),
    Row("a wrong number", "address", R6, BLOCK, contact(CALL), {"addresses": (replace(MOBILE, wrong=True),)}),
    Row("returned mail", "address", R6, BLOCK, contact(LETTER), {"addresses": (replace(HOME, wrong=True),)}),
    Row(
        "a place they called inconvenient",
        "address",
        R6,
        BLOCK,
        contact(CALL),
        {"addresses": (replace(MOBILE, refused=True),)},
    ),
    Row("an address like any", "address", R6, OK, contact(LETTER)),
    Row(
        "the employer forbids it", "workplace", R6, BLOCK, contact(CALL, address_id="work"), {"employer_forbids": True}
    ),
    Row("a call at work", "workplace", R6, OK, contact(CALL, address_id="work")),
    Row(
        "an employer who forbids it, and a call at home", "workplace", R6, OK, contact(CALL), {"employer_forbids": True}
    ),
    Row("a workplace's e-mail", "workplace", R6, BLOCK, contact(EMAIL, address_id="work")),
    Row(
        "a workplace's e-mail they wrote from",
        "workplace",
        R6,
        OK,
        contact(EMAIL, address_id="work"),
        workplace(used_by_person_at=at(4, 1)),
    ),
    Row(
        "a workplace's e-mail they will write from",
        "workplace",
        R6,
        BLOCK,
        contact(EMAIL, address_id="work"),
        workplace(used_by_person_at=at(4, 9)),
    ),
    Row(
        "a workplace's e-mail they agreed to",
        "workplace",
        R6,
        OK,
        contact(EMAIL, address_id="work"),
        {"consents": (Consent(kind="workplace", given_at=at(4, 1), address_id="work"),)},
    ),
    Row(
        "a letter to a forbidding employer",
        "workplace",
        R6,
        BLOCK,
        contact(LETTER, address_id="work"),
        {"employer_forbids": True},
    ),
]

STOPPED = {"stops": (Stop(at=at(4, 7), medium=TEXT),)}
CONFIRMED = PastContact(debt_id="acct_1", medium=TEXT, at=at(4, 7, 12, 1), purpose=Purpose.CONFIRMATION)
REVOKED = {"consents": (replace(AGREED, revoked_at=at(4, 8)),)}
MEDIA = [
    Row("no more texts", "stopped_medium", R14, BLOCK, contact(TEXT), STOPPED),
    Row("no more texts, but a call", "stopped_medium", R14, OK, contact(CALL), STOPPED),
    Row("one confirmation", "stopped_medium", R14, OK, contact(TEXT, purpose=Purpose.CONFIRMATION), STOPPED),
    Row(
        "a second confirmation",
        "stopped_medium",
        R14,
        BLOCK,
        contact(TEXT, purpose=Purpose.CONFIRMATION),
        STOPPED,
        past=(CONFIRMED,),
    ),
    Row("before they asked", "stopped_medium", R14, OK, contact(TEXT, at(4, 6)), STOPPED),
    Row(
        "every medium stopped, a letter", "stopped_medium", R14, BLOCK, contact(LETTER), {"stops": (Stop(at=at(4, 7)),)}
    ),
    Row("no more calls", "stopped_medium", R14, BLOCK, contact(CALL), {"stops": (Stop(at=at(4, 7), medium=CALL),)}),
    Row("no more e-mail", "stopped_medium", R14, BLOCK, contact(EMAIL), {"stops": (Stop(at=at(4, 7), medium=EMAIL),)}),
    Row("a text without opt-out", "opt_out", R6E, BLOCK, contact(TEXT, carries=frozenset())),
    Row("an e-mail without opt-out", "opt_out", R6E, BLOCK, contact(EMAIL, carries=frozenset())),
    Row("a text with opt-out", "opt_out", R6E, OK, contact(TEXT)),
    Row("an e-mail with opt-out", "opt_out", R6E, OK, contact(EMAIL)),
    Row("a letter needs none", "opt_out", R6E, OK, contact(LETTER)),
    Row(
        "a confirmation by text needs it too",
        "opt_out",
        R6E,
        BLOCK,
        contact(TEXT, purpose=Purpose.CONFIRMATION, carries=frozenset()),
    ),
    Row("a number checked a week ago", "text_procedure", R6, OK, contact(TEXT)),
    Row(
        "a number checked 60 days ago",
        "text_procedure",
        R6,
        OK,
        contact(TEXT),
        {"addresses": (replace(MOBILE, ownership_checked_on=date(2026, 2, 7)),)},
    ),
    Row(
        "a number checked 61 days ago",
        "text_procedure",
        R6,
        BLOCK,
        contact(TEXT),
        {"addresses": (replace(MOBILE, ownership_checked_on=date(2026, 2, 6)),)},
    ),
    Row(
        "a number never checked",
        "text_procedure",
        R6,
        BLOCK,
        contact(TEXT),
        {"addresses": (replace(MOBILE, ownership_checked_on=None),)},
    ),
    Row(
        "a number they wrote from lately",
        "text_procedure",
        R6,
        OK,
        contact(TEXT),
        {"addresses": (replace(MOBILE, ownership_checked_on=None, used_by_person_at=at(3, 1)),)},
    ),
    Row(
        "a number they wrote from long ago",
        "text_procedure",
        R6,
        BLOCK,
        contact(TEXT),
        {"addresses": (replace(MOBILE, ownership_checked_on=None, used_by_person_at=at(2, 6)),)},
    ),
    Row("an e-mail address they used", "email_procedure", R6, OK, contact(EMAIL)),
    Row(
        "an e-mail address from nowhere",
        "email_procedure",
        R6,
        BLOCK,
        contact(EMAIL),
        {"addresses": (replace(MAIL, used_by_person_at=None),)},
    ),
    Row(
        "an e-mail address they agreed to",
        "email_procedure",
        R6,
        OK,
        contact(EMAIL),
        {
            "addresses": (replace(MAIL, used_by_person_at=None),),
            "consents": (Consent(kind="email", given_at=at(3, 1)),),
        },
    ),
    Row(
        "announced by the creditor, 34 days ago",
        "email_procedure",
        R6,
        BLOCK,
        contact(EMAIL),
        {"addresses": (replace(MAIL, used_by_person_at=None, handed_over_on=date(2026, 3, 5)),)},
        until=datetime(2026, 4, 9, tzinfo=UTC),
    ),
    Row(
        "announced by the creditor, 35 days ago",
        "email_procedure",
        R6,
        OK,
        contact(EMAIL),
        {"addresses": (replace(MAIL, used_by_person_at=None, handed_over_on=date(2026, 3, 4)),)},
    ),
    Row("agreed to texts", "automated_consent", TCPA, OK, contact(TEXT)),
    Row("never agreed to texts", "automated_consent", TCPA, BLOCK, contact(TEXT), {"consents": ()}),
    Row("consent taken back at once", "automated_consent", TCPA, BLOCK, contact(TEXT, at(4, 8, 12, 3)), REVOKED),
    Row("consent until a minute ago", "automated_consent", TCPA, OK, contact(TEXT, at(4, 8, 11, 59)), REVOKED),
    Row(
        "one confirmation within five minutes",
        "automated_consent",
        TCPA,
        OK,
        contact(TEXT, at(4, 8, 12, 5), purpose=Purpose.CONFIRMATION),
        REVOKED,
    ),
    Row(
        "a confirmation after six minutes",
        "automated_consent",
        TCPA,
        BLOCK,
        contact(TEXT, at(4, 8, 12, 6), purpose=Purpose.CONFIRMATION),
        REVOKED,
    ),
    Row(
        "a second confirmation within five minutes",
        "automated_consent",
        TCPA,
        BLOCK,
        contact(TEXT, at(4, 8, 12, 3), purpose=Purpose.CONFIRMATION),
        REVOKED,
        past=(replace(CONFIRMED, at=at(4, 8, 12, 1)),),
    ),
    Row(
        "consent for another number",
        "automated_consent",
        TCPA,
        BLOCK,
        contact(TEXT),
        {"consents": (replace(AGREED, address_id="home"),)},
    ),
    Row(
        "consent that comes later",
        "automated_consent",
        TCPA,
        BLOCK,
        contact(TEXT),
        {"consents": (replace(AGREED, given_at=at(4, 9)),)},
    ),
    Row("a call by hand needs none", "automated_consent", TCPA, OK, contact(CALL), {"consents": ()}),
    Row("a machine's call", "automated_consent", TCPA, BLOCK, contact(CALL, automated=True), {"consents": ()}),
    Row("a machine's call they agreed to", "automated_consent", TCPA, OK, contact(CALL, automated=True)),
    Row("an e-mail needs none", "automated_consent", TCPA, OK, contact(EMAIL), {"consents": ()}),
]

PEOPLE = [
    Row("an attorney speaks for them", "attorney", R6, BLOCK, contact(LETTER), {"has_attorney": True}),
    Row("to their attorney", "attorney", R6, OK, contact(LETTER, party=Party.ATTORNEY), {"has_attorney": True}),
    Row("a call with an attorney", "attorney", R6, BLOCK, contact(CALL), {"has_attorney": True}),
    Row("they wrote to stop", "cease", R6, BLOCK, contact(LETTER), {"ceased_at": at(4, 7)}),
    Row("they will write to stop", "cease", R6, OK, contact(LETTER), {"ceased_at": at(4, 9)}),
    Row("that efforts end", "cease", R6, OK, contact(LETTER, purpose=Purpose.CLOSING), {"ceased_at": at(4, 7)}),
    Row(
        "assistance after they wrote to stop",
        "cease",
        R6,
        BLOCK,
        contact(LETTER, purpose=Purpose.ASSISTANCE),
        {"ceased_at": at(4, 7)},
    ),
    Row("a relative is told of the debt", "third_party", R6, BLOCK, contact(CALL, party=Party.OTHER)),
    Row(
        "a relative is asked where they are",
        "third_party",
        R6,
        OK,
        contact(CALL, party=Party.OTHER, purpose=Purpose.LOCATION),
    ),
    Row(
        "a relative is asked twice",
        "third_party",
        R6,
        BLOCK,
        contact(CALL, party=Party.OTHER, purpose=Purpose.LOCATION),
        past=(call(at(4, 1), party=Party.OTHER),),
    ),
    Row(
        "another relative is asked",
        "third_party",
        R6,
        OK,
        contact(CALL, party=Party.OTHER, purpose=Purpose.LOCATION, address_id="home"),
        past=(call(at(4, 1), party=Party.OTHER),),
    ),
    Row("they have died", "deceased", "12 CFR 1006", BLOCK, contact(LETTER), {"deceased": True}),
    Row("the executor", "deceased", "12 CFR 1006", OK, contact(LETTER, party=Party.REPRESENTATIVE), {"deceased": True}),
    Row("a minor", "minor", HOUSE, BLOCK, contact(LETTER), {"minor": True}),
    Row("a minor before a court", "minor", HOUSE, BLOCK, act(Act.SUIT), {"minor": True}),
    Row("a bankruptcy was filed", "bankruptcy", HOUSE, BLOCK, contact(LETTER), {"bankruptcy": "filed"}),
    Row("a discharge", "bankruptcy", HOUSE, BLOCK, act(Act.PLACEMENT), {"bankruptcy": "discharged"}),
    Row("no bankruptcy", "bankruptcy", HOUSE, OK, act(Act.PLACEMENT)),
    Row(
        "a determination letter to who is bankrupt",
        "bankruptcy",
        HOUSE,
        OK,
        contact(LETTER, purpose=Purpose.ASSISTANCE),
        {"bankruptcy": "filed"},
    ),
    Row("a suit against who is on active duty", "active_duty", HOUSE, BLOCK, act(Act.SUIT), {"active_duty": True}),
    Row(
        "a threat of it",
        "active_duty",
        HOUSE,
        BLOCK,
        contact(LETTER, threatens=frozenset({Act.SUIT})),
        {"active_duty": True},
    ),
    Row("a statement to who is on active duty", "active_duty", HOUSE, OK, contact(LETTER), {"active_duty": True}),
]

FRESH = {"validation_sent_on": None, "first_contact_on": date(2026, 4, 3)}
DEBTS = [
    Row(
        "the first contact of all",
        "validation_notice",
        R34,
        OK,
        contact(LETTER),
        debt={"validation_sent_on": None, "first_contact_on": None},
    ),
    Row("five days after the first contact", "validation_notice", R34, WARN, contact(LETTER), debt=FRESH),
    Row("six days after the first contact", "validation_notice", R34, BLOCK, contact(LETTER, at(4, 9)), debt=FRESH),
    Row(
        "the notice itself",
        "validation_notice",
        R34,
        OK,
        contact(LETTER, at(4, 9), purpose=Purpose.VALIDATION_NOTICE),
        debt=FRESH,
    ),
    Row(
        "a letter with the notice in it",
        "validation_notice",
        R34,
        OK,
        contact(LETTER, at(4, 9), carries=frozenset({Carried.VALIDATION_NOTICE})),
        debt=FRESH,
    ),
    Row(
        "no notice, and a credit report",
        "validation_period",
        R34,
        BLOCK,
        act(Act.CREDIT_REPORT),
        debt={"validation_sent_on": None},
    ),
    # Sent on Monday 2 March, received five business days later on the 9th, and 30 days more: through 8 April.
    Row(
        "the last day to dispute",
        "validation_period",
        R34,
        BLOCK,
        act(Act.SUIT, at(4, 8)),
        debt={"validation_sent_on": date(2026, 3, 2)},
        until=datetime(2026, 4, 9, tzinfo=UTC),
    ),
    Row(
        "the day after the last day to dispute",
        "validation_period",
        R34,
        OK,
        act(Act.SUIT, at(4, 9)),
        debt={"validation_sent_on": date(2026, 3, 2)},
    ),
    # Sent on Thursday 12 February, Monday the 16th is a holiday: received on the 20th, through 22 March.
    Row(
        "a holiday in the mail",
        "validation_period",
        R34,
        BLOCK,
        act(Act.SUIT, at(3, 22)),
        debt={"validation_sent_on": date(2026, 2, 12)},
        until=datetime(2026, 3, 23, tzinfo=UTC),
    ),
    Row(
        "a threat of suit in the period",
        "validation_period",
        R34,
        BLOCK,
        contact(LETTER, threatens=frozenset({Act.SUIT})),
        debt={"validation_sent_on": date(2026, 4, 1)},
        until=datetime(2026, 5, 9, tzinfo=UTC),
    ),
    Row(
        "a letter in the period",
        "validation_period",
        R34,
        OK,
        contact(LETTER),
        debt={"validation_sent_on": date(2026, 4, 1)},
    ),
    Row(
        "a written dispute",
        "written_dispute",
        R38,
        BLOCK,
        contact(LETTER),
        debt={"disputes": (Dispute(received_on=date(2026, 4, 1), written=True),)},
    ),
    Row(
        "a written dispute, verified",
        "written_dispute",
        R38,
        OK,
        contact(LETTER),
        debt={"disputes": (Dispute(received_on=date(2026, 4, 1), written=True, verified_on=date(2026, 4, 7)),)},
    ),
    Row(
        "the verification itself",
        "written_dispute",
        R38,
        OK,
        contact(LETTER, purpose=Purpose.VERIFICATION),
        debt={"disputes": (Dispute(received_on=date(2026, 4, 1), written=True),)},
    ),
    Row(
        "the same dispute again",
        "written_dispute",
        R38,
        OK,
        contact(LETTER),
        debt={"disputes": (Dispute(received_on=date(2026, 4, 1), written=True, repeats=True),)},
    ),
    Row(
        "a dispute by word of mouth",
        "written_dispute",
        R38,
        OK,
        contact(LETTER),
        debt={"disputes": (Dispute(received_on=date(2026, 4, 1), written=False),)},
    ),
    Row(
        "a dispute that was resolved",
        "written_dispute",
        R38,
        OK,
        contact(LETTER),
        debt={"disputes": (Dispute(received_on=date(2026, 4, 1), written=True, resolved=True),)},
    ),
    Row(
        "a placement of a disputed debt",
        "written_dispute",
        R38,
        BLOCK,
        act(Act.PLACEMENT),
        debt={"disputes": (Dispute(received_on=date(2026, 4, 1), written=True),)},
    ),
    Row(
        "a spoken dispute keeps the house from placing",
        "disputed",
        HOUSE,
        BLOCK,
        act(Act.PLACEMENT),
        debt={"disputes": (Dispute(received_on=date(2026, 4, 1), written=False),)},
    ),
    Row(
        "a spoken dispute, and a letter",
        "disputed",
        HOUSE,
        OK,
        contact(LETTER),
        debt={"disputes": (Dispute(received_on=date(2026, 4, 1), written=False),)},
    ),
    Row(
        "a late fee on a disputed debt",
        "disputed",
        HOUSE,
        BLOCK,
        act(Act.LATE_FEE),
        debt={"disputes": (Dispute(received_on=date(2026, 4, 1), written=True, verified_on=date(2026, 4, 3)),)},
    ),
    Row("within three years in New York", "time_barred", R26, OK, act(Act.SUIT, datetime(2028, 1, 9, tzinfo=UTC))),
    Row("three years in New York", "time_barred", R26, BLOCK, act(Act.SUIT, datetime(2028, 1, 10, tzinfo=UTC))),
    Row(
        "a threat when it is too late",
        "time_barred",
        R26,
        BLOCK,
        contact(LETTER, datetime(2028, 1, 10, tzinfo=UTC), threatens=frozenset({Act.SUIT})),
    ),
    Row(
        "a letter when it is too late to sue",
        "time_barred",
        R26,
        OK,
        contact(LETTER, datetime(2028, 1, 10, tzinfo=UTC)),
    ),
    Row("a state without a figure", "time_barred", R26, BLOCK, act(Act.SUIT), {"state": "TX"}),
    Row("no day of the care", "time_barred", R26, BLOCK, act(Act.GARNISHMENT), debt={"incurred_on": None}),
    Row(
        "care on a leap day",
        "time_barred",
        R26,
        OK,
        act(Act.LIEN, datetime(2027, 2, 28, tzinfo=UTC)),
        debt={"incurred_on": date(2024, 2, 29)},
    ),
    Row(
        "care on a leap day, three years on",
        "time_barred",
        R26,
        BLOCK,
        act(Act.LIEN, datetime(2027, 3, 1, tzinfo=UTC)),
        debt={"incurred_on": date(2024, 2, 29)},
    ),
    Row(
        "a report before a word", "credit_needs_contact", R30, BLOCK, act(Act.CREDIT_REPORT), debt={"informed_on": None}
    ),
    Row(
        "13 days after the letter",
        "credit_needs_contact",
        R30,
        BLOCK,
        act(Act.CREDIT_REPORT),
        debt={"informed_on": date(2026, 3, 26)},
        until=datetime(2026, 4, 9, tzinfo=UTC),
    ),
    Row(
        "14 days after the letter",
        "credit_needs_contact",
        R30,
        OK,
        act(Act.CREDIT_REPORT),
        debt={"informed_on": date(2026, 3, 25)},
    ),
    Row(
        "the letter came back", "credit_needs_contact", R30, BLOCK, act(Act.CREDIT_REPORT), debt={"undeliverable": True}
    ),
    Row(
        "a threat to report",
        "credit_needs_contact",
        R30,
        BLOCK,
        contact(LETTER, threatens=frozenset({Act.CREDIT_REPORT})),
        debt={"informed_on": None},
    ),
    *(
        Row(f"a {standing} debt is sold", "standing", R30, BLOCK, act(Act.SALE), debt={"standing": standing})
        for standing in ("paid", "settled", "discharged", "identity_theft")
    ),
    Row("a settled debt is placed", "standing", R30, BLOCK, act(Act.PLACEMENT), debt={"standing": "settled"}),
    Row("a letter about a paid debt", "standing", R30, BLOCK, contact(LETTER), debt={"standing": "paid"}),
    Row("an open debt is placed", "standing", R30, OK, act(Act.PLACEMENT)),
    Row("cost sharing of a QMB", "never_billed", "MLN SE1128", BLOCK, contact(LETTER), debt={"qmb_cents": 1}),
    Row("a bill for it", "never_billed", "MLN SE1128", BLOCK, act(Act.BILL), debt={"qmb_cents": 2_000}),
    Row("what Medicaid covers", "never_billed", "Medicaid", BLOCK, act(Act.BILL), debt={"medicaid_cents": 1}),
    Row("an in-network balance", "never_billed", "in-network", BLOCK, act(Act.PLACEMENT), debt={"protected_cents": 1}),
    Row(
        "a determination about it",
        "never_billed",
        "MLN SE1128",
        OK,
        contact(LETTER, purpose=Purpose.ASSISTANCE),
        debt={"qmb_cents": 1},
    ),
    Row("nothing is owed", "nothing_owed", HOUSE, BLOCK, contact(LETTER), debt={"owed_cents": 0}),
    Row("a credit is owed to them", "nothing_owed", HOUSE, BLOCK, act(Act.PLACEMENT), debt={"owed_cents": -1}),
    Row("a cent is owed", "nothing_owed", HOUSE, OK, contact(LETTER), debt={"owed_cents": 1}),
]

YOUNG = {"first_statement_on": date(2025, 12, 9)}
ECA = [
    Row(
        "119 days after the first statement",
        "eca_days",
        R501,
        BLOCK,
        act(Act.CREDIT_REPORT, at(4, 7)),
        debt=YOUNG,
        until=datetime(2026, 4, 8, tzinfo=UTC),
    ),
    Row("120 days after the first statement", "eca_days", R501, OK, act(Act.CREDIT_REPORT, at(4, 8)), debt=YOUNG),
    *(
        Row(
            f"too early for {which}",
            "eca_days",
            R501,
            BLOCK,
            act(which, at(4, 7)),
            debt=YOUNG,
            until=datetime(2026, 4, 8, tzinfo=UTC),
        )
        for which in (Act.SUIT, Act.LIEN, Act.GARNISHMENT, Act.SALE, Act.DEFERRED_CARE)
    ),
    Row("a placement alone is none", "eca_days", R501, OK, act(Act.PLACEMENT, at(4, 7)), debt=YOUNG),
    Row("a letter is none", "eca_days", R501, OK, contact(LETTER, at(4, 7)), debt=YOUNG),
    Row(
        "a letter that threatens one",
        "eca_days",
        R501,
        BLOCK,
        contact(LETTER, at(4, 7), threatens=frozenset({Act.LIEN})),
        debt=YOUNG,
        until=datetime(2026, 4, 8, tzinfo=UTC),
    ),
    Row("no statement at all", "eca_days", R501, BLOCK, act(Act.SUIT), debt={"first_statement_on": None}),
    Row(
        "29 days after the notice",
        "eca_notice",
        R501,
        BLOCK,
        act(Act.SUIT),
        debt={"action_notice_on": date(2026, 3, 10)},
        until=datetime(2026, 4, 9, tzinfo=UTC),
    ),
    Row("30 days after the notice", "eca_notice", R501, OK, act(Act.SUIT), debt={"action_notice_on": date(2026, 3, 9)}),
    Row("no notice", "eca_notice", R501, BLOCK, act(Act.SUIT), debt={"action_notice_on": None}),
    Row(
        "a notice that names another action",
        "eca_notice",
        R501,
        BLOCK,
        act(Act.SUIT),
        debt={"actions_noticed": frozenset({Act.CREDIT_REPORT})},
    ),
    Row("no summary", "eca_notice", R501, BLOCK, act(Act.SUIT), debt={"summary_sent": False}),
    Row("nobody tried by word of mouth", "eca_notice", R501, BLOCK, act(Act.SUIT), debt={"oral_effort_on": None}),
    Row("an open application", "assistance", R501, BLOCK, act(Act.CREDIT_REPORT), debt={"assistance": "pending"}),
    Row(
        "an open application, and a letter",
        "assistance_pending",
        HOUSE,
        BLOCK,
        contact(LETTER),
        debt={"assistance": "pending"},
    ),
    Row(
        "an open application, and its letter",
        "assistance_pending",
        HOUSE,
        OK,
        contact(LETTER, purpose=Purpose.ASSISTANCE),
        debt={"assistance": "pending"},
    ),
    Row("an application denied", "assistance", R501, OK, act(Act.CREDIT_REPORT), debt={"assistance": "denied"}),
    Row("an application granted in part", "assistance", R501, WARN, act(Act.SUIT), debt={"assistance": "granted"}),
    Row("240 days after the first statement", "assistance_window", R501, WARN, act(Act.SUIT, at(8, 6)), debt=YOUNG),
    Row("241 days after the first statement", "assistance_window", R501, OK, act(Act.SUIT, at(8, 7)), debt=YOUNG),
]

OTHERS = [
    Row(
        "an estimate is disputed", "estimate_dispute", NSA, BLOCK, contact(LETTER), debt={"estimate_dispute_open": True}
    ),
    Row(
        "a placement meanwhile",
        "estimate_dispute",
        NSA,
        BLOCK,
        act(Act.PLACEMENT),
        debt={"estimate_dispute_open": True},
    ),
    Row(
        "a late fee meanwhile", "estimate_dispute", NSA, BLOCK, act(Act.LATE_FEE), debt={"estimate_dispute_open": True}
    ),
    Row("no dispute of an estimate", "estimate_dispute", NSA, OK, act(Act.LATE_FEE)),
    Row(
        "399.99 above the estimate",
        "above_estimate",
        NSA,
        OK,
        act(Act.BILL),
        debt={"above_estimate_cents": 39_999, "billed_on": date(2026, 4, 1)},
    ),
    Row(
        "400.00 above the estimate",
        "above_estimate",
        NSA,
        WARN,
        act(Act.BILL),
        debt={"above_estimate_cents": 40_000, "billed_on": date(2026, 4, 1)},
    ),
    Row(
        "the last of 120 days",
        "above_estimate",
        NSA,
        WARN,
        act(Act.PLACEMENT),
        debt={"above_estimate_cents": 40_000, "billed_on": date(2025, 12, 9)},
    ),
    Row(
        "the day after",
        "above_estimate",
        NSA,
        OK,
        act(Act.PLACEMENT),
        debt={"above_estimate_cents": 40_000, "billed_on": date(2025, 12, 8)},
    ),
    Row("499.99", "credit_bureaus", BUREAUS, BLOCK, act(Act.CREDIT_REPORT), debt={"owed_cents": 49_999}),
    Row("500.00", "credit_bureaus", BUREAUS, OK, act(Act.CREDIT_REPORT), debt={"owed_cents": 50_000}),
    Row(
        "a day short of a year",
        "credit_bureaus",
        BUREAUS,
        BLOCK,
        act(Act.CREDIT_REPORT),
        debt={"delinquent_on": date(2025, 4, 9)},
        until=datetime(2026, 4, 9, tzinfo=UTC),
    ),
    Row(
        "a year delinquent",
        "credit_bureaus",
        BUREAUS,
        OK,
        act(Act.CREDIT_REPORT),
        debt={"delinquent_on": date(2025, 4, 8)},
    ),
    Row(
        "since when is unknown", "credit_bureaus", BUREAUS, BLOCK, act(Act.CREDIT_REPORT), debt={"delinquent_on": None}
    ),
    Row("a state that is not allowed", "credit_by_state", STATES, BLOCK, act(Act.CREDIT_REPORT)),
    Row("a placement needs no state", "credit_by_state", STATES, OK, act(Act.PLACEMENT)),
    Row("a plan that is kept", "plan_kept", HOUSE, BLOCK, act(Act.PLACEMENT), debt={"plan_kept": True}),
    Row("a statement of a plan", "plan_kept", HOUSE, OK, contact(LETTER), debt={"plan_kept": True}),
    Row("a payer is being asked", "payer_pending", HOUSE, BLOCK, contact(LETTER), debt={"eligibility_pending": True}),
    Row("a denial under appeal", "payer_pending", HOUSE, BLOCK, act(Act.PLACEMENT), debt={"appeal_pending": True}),
    Row(
        "an application's letter meanwhile",
        "payer_pending",
        HOUSE,
        OK,
        contact(LETTER, purpose=Purpose.ASSISTANCE),
        debt={"appeal_pending": True},
    ),
]
ROWS = [*CALLS, *HOURS, *PLACES, *MEDIA, *PEOPLE, *DEBTS, *ECA, *OTHERS]
