"""Which debts: validation, disputes, limitation, what may be sold or reported, and what was never owed."""

from datetime import UTC, date, datetime

from services.collections.core.gate import (
    Act,
    Carried,
    Dispute,
    Purpose,
)
from tests.collections.gate_cases import (
    HOUSE,
    LETTER,
    R26,
    R30,
    R34,
    R38,
    act,
    at,
    block,
    contact,
    of,
    ok,
    warn,
)

FRESH = {"validation_sent_on": None, "first_contact_on": date(2026, 4, 3)}

ROWS = [
    *of(
        "validation_notice",
        R34,
        ok("the first contact of all", contact(LETTER), debt={"validation_sent_on": None, "first_contact_on": None}),
        warn("five days after the first contact", contact(LETTER), debt=FRESH),
        block("six days after the first contact", contact(LETTER, at(4, 9)), debt=FRESH),
        ok("the notice itself", contact(LETTER, at(4, 9), purpose=Purpose.VALIDATION_NOTICE), debt=FRESH),
        ok(
            "a letter with the notice in it",
            contact(LETTER, at(4, 9), carries=frozenset({Carried.VALIDATION_NOTICE})),
            debt=FRESH,
        ),
    ),
    *of(
        "validation_period",
        R34,
        block("no notice, and a credit report", act(Act.CREDIT_REPORT), debt={"validation_sent_on": None}),
        # Sent on Monday 2 March, received five business days later on the 9th, and 30 days more: through 8 April.
        block(
            "the last day to dispute",
            act(Act.SUIT, at(4, 8)),
            debt={"validation_sent_on": date(2026, 3, 2)},
            until=datetime(2026, 4, 9, tzinfo=UTC),
        ),
        ok(
            "the day after the last day to dispute",
            act(Act.SUIT, at(4, 9)),
            debt={"validation_sent_on": date(2026, 3, 2)},
        ),
        # Sent on Thursday 12 February, Monday the 16th is a holiday: received on the 20th, through 22 March.
        block(
            "a holiday in the mail",
            act(Act.SUIT, at(3, 22)),
            debt={"validation_sent_on": date(2026, 2, 12)},
            until=datetime(2026, 3, 23, tzinfo=UTC),
        ),
        block(
            "a threat of suit in the period",
            contact(LETTER, threatens=frozenset({Act.SUIT})),
            debt={"validation_sent_on": date(2026, 4, 1)},
            until=datetime(2026, 5, 9, tzinfo=UTC),
        ),
        ok("a letter in the period", contact(LETTER), debt={"validation_sent_on": date(2026, 4, 1)}),
    ),
    *of(
        "written_dispute",
        R38,
        block(
            "a written dispute",
            contact(LETTER),
            debt={"disputes": (Dispute(received_on=date(2026, 4, 1), written=True),)},
        ),
        ok(
            "a written dispute, verified",
            contact(LETTER),
            debt={"disputes": (Dispute(received_on=date(2026, 4, 1), written=True, verified_on=date(2026, 4, 7)),)},
        ),
        ok(
            "the verification itself",
            contact(LETTER, purpose=Purpose.VERIFICATION),
            debt={"disputes": (Dispute(received_on=date(2026, 4, 1), written=True),)},
        ),
        ok(
            "the same dispute again",
            contact(LETTER),
            debt={"disputes": (Dispute(received_on=date(2026, 4, 1), written=True, repeats=True),)},
        ),
        ok(
            "a dispute by word of mouth",
            contact(LETTER),
            debt={"disputes": (Dispute(received_on=date(2026, 4, 1), written=False),)},
        ),
        ok(
            "a dispute that was resolved",
            contact(LETTER),
            debt={"disputes": (Dispute(received_on=date(2026, 4, 1), written=True, resolved=True),)},
        ),
        block(
            "a placement of a disputed debt",
            act(Act.PLACEMENT),
            debt={"disputes": (Dispute(received_on=date(2026, 4, 1), written=True),)},
        ),
    ),
    *of(
        "disputed",
        HOUSE,
        block(
            "a spoken dispute keeps the house from placing",
            act(Act.PLACEMENT),
            debt={"disputes": (Dispute(received_on=date(2026, 4, 1), written=False),)},
        ),
        ok(
            "a spoken dispute, and a letter",
            contact(LETTER),
            debt={"disputes": (Dispute(received_on=date(2026, 4, 1), written=False),)},
        ),
        block(
            "a late fee on a disputed debt",
            act(Act.LATE_FEE),
            debt={"disputes": (Dispute(received_on=date(2026, 4, 1), written=True, verified_on=date(2026, 4, 3)),)},
        ),
    ),
    *of(
        "time_barred",
        R26,
        ok("within three years in New York", act(Act.SUIT, datetime(2028, 1, 9, tzinfo=UTC))),
        block("three years in New York", act(Act.SUIT, datetime(2028, 1, 10, tzinfo=UTC))),
        block(
            "a threat when it is too late",
            contact(LETTER, datetime(2028, 1, 10, tzinfo=UTC), threatens=frozenset({Act.SUIT})),
        ),
        ok("a letter when it is too late to sue", contact(LETTER, datetime(2028, 1, 10, tzinfo=UTC))),
        block("a state without a figure", act(Act.SUIT), {"state": "TX"}),
        block("no day of the care", act(Act.GARNISHMENT), debt={"incurred_on": None}),
        ok(
            "care on a leap day",
            act(Act.LIEN, datetime(2027, 2, 28, tzinfo=UTC)),
            debt={"incurred_on": date(2024, 2, 29)},
        ),
        block(
            "care on a leap day, three years on",
            act(Act.LIEN, datetime(2027, 3, 1, tzinfo=UTC)),
            debt={"incurred_on": date(2024, 2, 29)},
        ),
    ),
    *of(
        "credit_needs_contact",
        R30,
        block("a report before a word", act(Act.CREDIT_REPORT), debt={"informed_on": None}),
        block(
            "13 days after the letter",
            act(Act.CREDIT_REPORT),
            debt={"informed_on": date(2026, 3, 26)},
            until=datetime(2026, 4, 9, tzinfo=UTC),
        ),
        ok("14 days after the letter", act(Act.CREDIT_REPORT), debt={"informed_on": date(2026, 3, 25)}),
        block("the letter came back", act(Act.CREDIT_REPORT), debt={"undeliverable": True}),
        block(
            "a threat to report", contact(LETTER, threatens=frozenset({Act.CREDIT_REPORT})), debt={"informed_on": None}
        ),
    ),
    *of(
        "standing",
        R30,
        *(
            block(f"a {standing} debt is sold", act(Act.SALE), debt={"standing": standing})
            for standing in ("paid", "settled", "discharged", "identity_theft")
        ),
        block("a settled debt is placed", act(Act.PLACEMENT), debt={"standing": "settled"}),
        block("a letter about a paid debt", contact(LETTER), debt={"standing": "paid"}),
        ok("an open debt is placed", act(Act.PLACEMENT)),
    ),
    *of(
        "never_billed",
        "MLN SE1128",
        block("cost sharing of a QMB", contact(LETTER), debt={"qmb_cents": 1}),
        block("a bill for it", act(Act.BILL), debt={"qmb_cents": 2_000}),
    ),
    *of(
        "never_billed",
        "Medicaid",
        block("what Medicaid covers", act(Act.BILL), debt={"medicaid_cents": 1}),
    ),
    *of(
        "never_billed",
        "in-network",
        block("an in-network balance", act(Act.PLACEMENT), debt={"protected_cents": 1}),
    ),
    *of(
        "never_billed",
        "MLN SE1128",
        ok("a determination about it", contact(LETTER, purpose=Purpose.ASSISTANCE), debt={"qmb_cents": 1}),
    ),
    *of(
        "nothing_owed",
        HOUSE,
        block("nothing is owed", contact(LETTER), debt={"owed_cents": 0}),
        block("a credit is owed to them", act(Act.PLACEMENT), debt={"owed_cents": -1}),
        ok("a cent is owed", contact(LETTER), debt={"owed_cents": 1}),
    ),
]
