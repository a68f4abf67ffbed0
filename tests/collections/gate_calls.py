"""When and how often they may be called: 12 CFR 1006.6(b) and 1006.14(b).

The rows about calls are the examples published with the rule, by their dates; the year here is 2026.
"""

from dataclasses import replace
from datetime import UTC, datetime, time

from services.collections.core.gate import (
    Consent,
    Party,
    RefusedHours,
)
from tests.collections.gate_cases import (
    CALL,
    EMAIL,
    LETTER,
    MOBILE,
    PORTAL,
    R6,
    R14,
    TEXT,
    WORK,
    at,
    block,
    call,
    calls,
    contact,
    of,
    ok,
    warn,
)

SEVEN = calls((4, 1), (4, 2), (4, 3), (4, 4), (4, 5), (4, 6), (4, 7))
MORE_CALLS = Consent(kind="more_calls", given_at=at(6, 4))
TWO_PLACES = {"zones": ("America/Los_Angeles",)}

ROWS = [
    *of(
        "call_attempts",
        R14,
        ok("no call before", contact(CALL)),
        ok("seven in seven days, the next on the eighth", contact(CALL, at(4, 8)), past=SEVEN),
        block("an eighth within seven days", contact(CALL, at(4, 7, 20)), past=SEVEN, until=at(4, 8, 0)),
        ok("six, and a seventh", contact(CALL, at(4, 7)), past=SEVEN[:6]),
        block("seven on one day", contact(CALL, at(4, 2)), past=calls(*[(4, 1)] * 7), until=at(4, 8, 0)),
        ok("seven on one day, a week later", contact(CALL, at(4, 8)), past=calls(*[(4, 1)] * 7)),
        ok(
            "calls that reached nobody's number",
            contact(CALL, at(4, 7, 20)),
            past=calls(*[(4, 1)] * 7, connected=False),
        ),
        ok("calls to the attorney", contact(CALL, at(4, 7, 20)), past=calls(*[(4, 2)] * 7, party=Party.ATTORNEY)),
        ok(
            "calls to a bureau or the creditor",
            contact(CALL, at(4, 7, 20)),
            past=calls(*[(4, 2)] * 7, party=Party.PROFESSIONAL),
        ),
        block(
            "calls to relatives count",
            contact(CALL, at(4, 7, 20)),
            past=calls(*[(4, 2)] * 7, party=Party.OTHER),
            until=at(4, 9, 0),
        ),
        ok(
            "calls about another debt",
            contact(CALL, at(4, 7, 20)),
            past=tuple(replace(one, debt_id="acct_2") for one in SEVEN),
        ),
        ok(
            "letters are no calls",
            contact(CALL, at(4, 7, 20)),
            past=tuple(replace(one, medium=LETTER) for one in SEVEN),
        ),
        ok(
            "calls to a number that was wrong drop out",
            contact(CALL, at(4, 7, 20), address_id="work"),
            {"addresses": (replace(MOBILE, wrong=True), WORK)},
            past=SEVEN,
        ),
        ok("the cap is no matter of letters", contact(LETTER, at(4, 7)), past=SEVEN),
        ok(
            "a call to the attorney is not counted nor capped",
            contact(CALL, at(4, 7), party=Party.ATTORNEY),
            past=SEVEN,
        ),
        ok(
            "consent of 4 June covers 10 June",
            contact(CALL, at(6, 10)),
            {"consents": (MORE_CALLS,)},
            past=calls(*[(6, 5)] * 7),
        ),
        ok(
            "calls made under consent do not count on 11 June",
            contact(CALL, at(6, 11)),
            {"consents": (MORE_CALLS,)},
            past=calls(*[(6, 10)] * 7),
        ),
        block(
            "calls before the consent count again on 11 June",
            contact(CALL, at(6, 11)),
            {"consents": (MORE_CALLS,)},
            past=calls(*[(6, 11)] * 7),
            until=at(6, 18, 0),
        ),
        block(
            "consent taken back",
            contact(CALL, at(6, 9)),
            {"consents": (replace(MORE_CALLS, revoked_at=at(6, 6)),)},
            past=calls(*[(6, 7)] * 7),
            until=at(6, 14, 0),
        ),
        block(
            "consent for another number",
            contact(CALL, at(6, 9)),
            {"consents": (replace(MORE_CALLS, address_id="home"),)},
            past=calls(*[(6, 7)] * 7),
            until=at(6, 14, 0),
        ),
    ),
    *of(
        "call_after_conversation",
        R14,
        block(
            "spoken with on 13 August, called on the 19th",
            contact(CALL, at(8, 19)),
            past=calls((8, 13), conversation=True),
            until=at(8, 20, 0),
        ),
        ok(
            "spoken with on 13 August, called on the 20th",
            contact(CALL, at(8, 20)),
            past=calls((8, 13), conversation=True),
        ),
        block(
            "spoken with on 14 August, called on the 20th",
            contact(CALL, at(8, 20)),
            past=calls((8, 14), conversation=True),
            until=at(8, 21, 0),
        ),
        ok(
            "spoken with on 14 August, called on the 21st",
            contact(CALL, at(8, 21)),
            past=calls((8, 14), conversation=True),
        ),
        block(
            "spoken with and called the same day",
            contact(CALL, at(8, 13, 18)),
            past=calls((8, 13), conversation=True),
            until=at(8, 20, 0),
        ),
        block(
            "the last conversation counts",
            contact(CALL, at(8, 21)),
            past=calls((8, 10), (8, 16), conversation=True),
            until=at(8, 23, 0),
        ),
        ok("a call without a conversation", contact(CALL, at(8, 14)), past=calls((8, 13))),
        ok(
            "a conversation about another debt",
            contact(CALL, at(8, 14)),
            past=(replace(call(at(8, 13), conversation=True), debt_id="acct_2"),),
        ),
        ok(
            "a conversation, and they agreed to more",
            contact(CALL, at(6, 8)),
            {"consents": (MORE_CALLS,)},
            past=calls((6, 5), conversation=True),
        ),
        ok("an e-mail after a conversation", contact(EMAIL, at(8, 14)), past=calls((8, 13), conversation=True)),
    ),
    *of(
        "rapid_calls",
        R14,
        warn("four minutes after the last call", contact(CALL, at(4, 8, 12, 4)), past=(call(at(4, 8)),)),
        ok("five minutes after the last call", contact(CALL, at(4, 8, 12, 5)), past=(call(at(4, 8)),)),
        warn(
            "a seventh call in a day",
            contact(CALL, at(4, 8, 19)),
            past=tuple(call(at(4, 8, hour)) for hour in range(9, 15)),
        ),
        ok(
            "six calls, on two days",
            contact(CALL, at(4, 8, 19)),
            past=calls((4, 6), (4, 6), (4, 6), (4, 8), (4, 8), (4, 8)),
        ),
    ),
    *of(
        "hours",
        R6,
        ok("noon", contact(CALL)),
        block("a minute before eight", contact(CALL, at(4, 8, 7, 59)), until=at(4, 8, 8)),
        ok("eight", contact(CALL, at(4, 8, 8))),
        ok("nine in the evening", contact(CALL, at(4, 8, 21))),
        block("a minute after nine", contact(CALL, at(4, 8, 21, 1)), until=at(4, 9, 8)),
        block("a text at night", contact(TEXT, at(4, 8, 3)), until=at(4, 8, 8)),
        block("an e-mail at night", contact(EMAIL, at(4, 8, 23)), until=at(4, 9, 8)),
        ok("a letter has no hour", contact(LETTER, at(4, 8, 3))),
        ok("the portal is read when they look", contact(PORTAL, at(4, 8, 3))),
        block("eight in New York is five in Los Angeles", contact(CALL, at(4, 8, 8)), TWO_PLACES, until=at(4, 8, 11)),
        ok("both places are inside", contact(CALL, at(4, 8, 12)), TWO_PLACES),
        block(
            "ten in the evening in New York is seven in Los Angeles",
            contact(CALL, at(4, 8, 22)),
            TWO_PLACES,
            until=at(4, 9, 11),
        ),
        block("no place is known", contact(CALL), {"zones": (), "addresses": (replace(MOBILE, zones=()),)}),
        block(
            "a zone that does not exist",
            contact(CALL),
            {"zones": ("Mars/Olympus",), "addresses": (replace(MOBILE, zones=()),)},
        ),
        ok("the area code alone is enough", contact(CALL), {"zones": ()}),
        ok("the attorney's hours are their own", contact(CALL, at(4, 8, 7), party=Party.ATTORNEY)),
        ok("an hour after clocks went forward", contact(CALL, datetime(2026, 3, 8, 12, 0, tzinfo=UTC))),
        block(
            "the same hour the day before",
            contact(CALL, datetime(2026, 3, 7, 12, 0, tzinfo=UTC)),
            until=datetime(2026, 3, 7, 13, 0, tzinfo=UTC),
        ),
    ),
    *of(
        "refused_hours",
        R6,
        block(
            "hours they refused",
            contact(CALL),
            {"refused_hours": (RefusedHours(begins=time(11), ends=time(14)),)},
            until=at(4, 8, 14),
        ),
        ok(
            "before the hours they refused",
            contact(CALL, at(4, 8, 10, 59)),
            {"refused_hours": (RefusedHours(begins=time(11), ends=time(14)),)},
        ),
        ok(
            "the end of the hours they refused",
            contact(CALL, at(4, 8, 14)),
            {"refused_hours": (RefusedHours(begins=time(11), ends=time(14)),)},
        ),
        ok(
            "on another day of the week",
            contact(CALL),
            {"refused_hours": (RefusedHours(begins=time(11), ends=time(14), weekdays=frozenset({5, 6})),)},
        ),
        block(
            "over midnight, before it",
            contact(CALL, at(4, 8, 20)),
            {"refused_hours": (RefusedHours(begins=time(19), ends=time(9)),)},
            until=at(4, 9, 9),
        ),
        block(
            "over midnight, after it",
            contact(CALL, at(4, 8, 8, 30)),
            {"refused_hours": (RefusedHours(begins=time(19), ends=time(9), weekdays=frozenset({1})),)},
            until=at(4, 8, 9),
        ),
        ok(
            "over midnight, after it, of another evening",
            contact(CALL, at(4, 8, 8, 30)),
            {"refused_hours": (RefusedHours(begins=time(19), ends=time(9), weekdays=frozenset({2})),)},
        ),
        block(
            "a text in hours they refused",
            contact(TEXT),
            {"refused_hours": (RefusedHours(begins=time(11), ends=time(14)),)},
            until=at(4, 8, 14),
        ),
    ),
]
