"""Whom: attorneys, relatives, minors, the bankrupt, the dead, and people on active duty."""

from services.collections.core.gate import (
    Act,
    Party,
    Purpose,
)
from tests.collections.gate_cases import (
    CALL,
    HOUSE,
    LETTER,
    R6,
    act,
    at,
    block,
    call,
    contact,
    of,
    ok,
)

ROWS = [
    *of(
        "attorney",
        R6,
        block("an attorney speaks for them", contact(LETTER), {"has_attorney": True}),
        ok("to their attorney", contact(LETTER, party=Party.ATTORNEY), {"has_attorney": True}),
        block("a call with an attorney", contact(CALL), {"has_attorney": True}),
    ),
    *of(
        "cease",
        R6,
        block("they wrote to stop", contact(LETTER), {"ceased_at": at(4, 7)}),
        ok("they will write to stop", contact(LETTER), {"ceased_at": at(4, 9)}),
        ok("that efforts end", contact(LETTER, purpose=Purpose.CLOSING), {"ceased_at": at(4, 7)}),
        block(
            "assistance after they wrote to stop", contact(LETTER, purpose=Purpose.ASSISTANCE), {"ceased_at": at(4, 7)}
        ),
    ),
    *of(
        "third_party",
        R6,
        block("a relative is told of the debt", contact(CALL, party=Party.OTHER)),
        ok("a relative is asked where they are", contact(CALL, party=Party.OTHER, purpose=Purpose.LOCATION)),
        block(
            "a relative is asked twice",
            contact(CALL, party=Party.OTHER, purpose=Purpose.LOCATION),
            past=(call(at(4, 1), party=Party.OTHER),),
        ),
        ok(
            "another relative is asked",
            contact(CALL, party=Party.OTHER, purpose=Purpose.LOCATION, address_id="home"),
            past=(call(at(4, 1), party=Party.OTHER),),
        ),
    ),
    *of(
        "deceased",
        "12 CFR 1006",
        block("they have died", contact(LETTER), {"deceased": True}),
        ok("the executor", contact(LETTER, party=Party.REPRESENTATIVE), {"deceased": True}),
    ),
    *of(
        "minor",
        HOUSE,
        block("a minor", contact(LETTER), {"minor": True}),
        block("a minor before a court", act(Act.SUIT), {"minor": True}),
    ),
    *of(
        "bankruptcy",
        HOUSE,
        block("a bankruptcy was filed", contact(LETTER), {"bankruptcy": "filed"}),
        block("a discharge", act(Act.PLACEMENT), {"bankruptcy": "discharged"}),
        ok("no bankruptcy", act(Act.PLACEMENT)),
        ok(
            "a determination letter to who is bankrupt",
            contact(LETTER, purpose=Purpose.ASSISTANCE),
            {"bankruptcy": "filed"},
        ),
    ),
    *of(
        "active_duty",
        HOUSE,
        block("a suit against who is on active duty", act(Act.SUIT), {"active_duty": True}),
        block("a threat of it", contact(LETTER, threatens=frozenset({Act.SUIT})), {"active_duty": True}),
        ok("a statement to who is on active duty", contact(LETTER), {"active_duty": True}),
    ),
]
