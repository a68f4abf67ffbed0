"""By which medium, to which address and with which consent: 12 CFR 1006.6(c) to (e) and 1006.14(h), 47 CFR 64.1200."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from services.collections.core.gate import (
    Consent,
    PastContact,
    Purpose,
    Stop,
)
from tests.collections.gate_cases import (
    AGREED,
    CALL,
    EMAIL,
    HOME,
    LETTER,
    MAIL,
    MOBILE,
    R6,
    R6E,
    R14,
    TCPA,
    TEXT,
    WORK,
    at,
    block,
    contact,
    of,
    ok,
)


def workplace(**more: Any) -> dict[str, Any]:
    return {"addresses": (replace(WORK, **more), MOBILE, MAIL, HOME)}


STOPPED = {"stops": (Stop(at=at(4, 7), medium=TEXT),)}
CONFIRMED = PastContact(debt_id="acct_1", medium=TEXT, at=at(4, 7, 12, 1), purpose=Purpose.CONFIRMATION)
REVOKED = {"consents": (replace(AGREED, revoked_at=at(4, 8)),)}

ROWS = [
    *of(
        "address",
        R6,
        block("an address nobody knows", contact(CALL, address_id="other")),
        block("a wrong number", contact(CALL), {"addresses": (replace(MOBILE, wrong=True),)}),
        block("returned mail", contact(LETTER), {"addresses": (replace(HOME, wrong=True),)}),
        block("a place they called inconvenient", contact(CALL), {"addresses": (replace(MOBILE, refused=True),)}),
        ok("an address like any", contact(LETTER)),
    ),
    *of(
        "workplace",
        R6,
        block("the employer forbids it", contact(CALL, address_id="work"), {"employer_forbids": True}),
        ok("a call at work", contact(CALL, address_id="work")),
        ok("an employer who forbids it, and a call at home", contact(CALL), {"employer_forbids": True}),
        block("a workplace's e-mail", contact(EMAIL, address_id="work")),
        ok(
            "a workplace's e-mail they wrote from",
            contact(EMAIL, address_id="work"),
            workplace(used_by_person_at=at(4, 1)),
        ),
        block(
            "a workplace's e-mail they will write from",
            contact(EMAIL, address_id="work"),
            workplace(used_by_person_at=at(4, 9)),
        ),
        ok(
            "a workplace's e-mail they agreed to",
            contact(EMAIL, address_id="work"),
            {"consents": (Consent(kind="workplace", given_at=at(4, 1), address_id="work"),)},
        ),
        block("a letter to a forbidding employer", contact(LETTER, address_id="work"), {"employer_forbids": True}),
    ),
    *of(
        "stopped_medium",
        R14,
        block("no more texts", contact(TEXT), STOPPED),
        ok("no more texts, but a call", contact(CALL), STOPPED),
        ok("one confirmation", contact(TEXT, purpose=Purpose.CONFIRMATION), STOPPED),
        block("a second confirmation", contact(TEXT, purpose=Purpose.CONFIRMATION), STOPPED, past=(CONFIRMED,)),
        ok("before they asked", contact(TEXT, at(4, 6)), STOPPED),
        block("every medium stopped, a letter", contact(LETTER), {"stops": (Stop(at=at(4, 7)),)}),
        block("no more calls", contact(CALL), {"stops": (Stop(at=at(4, 7), medium=CALL),)}),
        block("no more e-mail", contact(EMAIL), {"stops": (Stop(at=at(4, 7), medium=EMAIL),)}),
    ),
    *of(
        "opt_out",
        R6E,
        block("a text without opt-out", contact(TEXT, carries=frozenset())),
        block("an e-mail without opt-out", contact(EMAIL, carries=frozenset())),
        ok("a text with opt-out", contact(TEXT)),
        ok("an e-mail with opt-out", contact(EMAIL)),
        ok("a letter needs none", contact(LETTER)),
        block("a confirmation by text needs it too", contact(TEXT, purpose=Purpose.CONFIRMATION, carries=frozenset())),
    ),
    *of(
        "text_procedure",
        R6,
        ok("a number checked a week ago", contact(TEXT)),
        ok(
            "a number checked 60 days ago",
            contact(TEXT),
            {"addresses": (replace(MOBILE, ownership_checked_on=date(2026, 2, 7)),)},
        ),
        block(
            "a number checked 61 days ago",
            contact(TEXT),
            {"addresses": (replace(MOBILE, ownership_checked_on=date(2026, 2, 6)),)},
        ),
        block("a number never checked", contact(TEXT), {"addresses": (replace(MOBILE, ownership_checked_on=None),)}),
        ok(
            "a number they wrote from lately",
            contact(TEXT),
            {"addresses": (replace(MOBILE, ownership_checked_on=None, used_by_person_at=at(3, 1)),)},
        ),
        block(
            "a number they wrote from long ago",
            contact(TEXT),
            {"addresses": (replace(MOBILE, ownership_checked_on=None, used_by_person_at=at(2, 6)),)},
        ),
    ),
    *of(
        "email_procedure",
        R6,
        ok("an e-mail address they used", contact(EMAIL)),
        block(
            "an e-mail address from nowhere", contact(EMAIL), {"addresses": (replace(MAIL, used_by_person_at=None),)}
        ),
        ok(
            "an e-mail address they agreed to",
            contact(EMAIL),
            {
                "addresses": (replace(MAIL, used_by_person_at=None),),
                "consents": (Consent(kind="email", given_at=at(3, 1)),),
            },
        ),
        block(
            "announced by the creditor, 34 days ago",
            contact(EMAIL),
            {"addresses": (replace(MAIL, used_by_person_at=None, handed_over_on=date(2026, 3, 5)),)},
            until=datetime(2026, 4, 9, tzinfo=UTC),
        ),
        ok(
            "announced by the creditor, 35 days ago",
            contact(EMAIL),
            {"addresses": (replace(MAIL, used_by_person_at=None, handed_over_on=date(2026, 3, 4)),)},
        ),
    ),
    *of(
        "automated_consent",
        TCPA,
        ok("agreed to texts", contact(TEXT)),
        block("never agreed to texts", contact(TEXT), {"consents": ()}),
        block("consent taken back at once", contact(TEXT, at(4, 8, 12, 3)), REVOKED),
        ok("consent until a minute ago", contact(TEXT, at(4, 8, 11, 59)), REVOKED),
        ok(
            "one confirmation within five minutes",
            contact(TEXT, at(4, 8, 12, 5), purpose=Purpose.CONFIRMATION),
            REVOKED,
        ),
        block(
            "a confirmation after six minutes", contact(TEXT, at(4, 8, 12, 6), purpose=Purpose.CONFIRMATION), REVOKED
        ),
        block(
            "a second confirmation within five minutes",
            contact(TEXT, at(4, 8, 12, 3), purpose=Purpose.CONFIRMATION),
            REVOKED,
            past=(replace(CONFIRMED, at=at(4, 8, 12, 1)),),
        ),
        block("consent for another number", contact(TEXT), {"consents": (replace(AGREED, address_id="home"),)}),
        block("consent that comes later", contact(TEXT), {"consents": (replace(AGREED, given_at=at(4, 9)),)}),
        ok("a call by hand needs none", contact(CALL), {"consents": ()}),
        block("a machine's call", contact(CALL, automated=True), {"consents": ()}),
        ok("a machine's call they agreed to", contact(CALL, automated=True)),
        ok("an e-mail needs none", contact(EMAIL), {"consents": ()}),
    ),
]
