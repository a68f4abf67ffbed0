"""Tax-exempt hospitals' actions, disputed estimates, credit reports and the house's own rules."""

from datetime import UTC, date, datetime

from services.collections.core.gate import (
    Act,
    Purpose,
)
from tests.collections.gate_cases import (
    BUREAUS,
    HOUSE,
    LETTER,
    NSA,
    R501,
    STATES,
    act,
    at,
    block,
    contact,
    of,
    ok,
    warn,
)

YOUNG = {"first_statement_on": date(2025, 12, 9)}

ROWS = [
    *of(
        "eca_days",
        R501,
        block(
            "119 days after the first statement",
            act(Act.CREDIT_REPORT, at(4, 7)),
            debt=YOUNG,
            until=datetime(2026, 4, 8, tzinfo=UTC),
        ),
        ok("120 days after the first statement", act(Act.CREDIT_REPORT, at(4, 8)), debt=YOUNG),
        *(
            block(f"too early for {which}", act(which, at(4, 7)), debt=YOUNG, until=datetime(2026, 4, 8, tzinfo=UTC))
            for which in (Act.SUIT, Act.LIEN, Act.GARNISHMENT, Act.SALE, Act.DEFERRED_CARE)
        ),
        ok("a placement alone is none", act(Act.PLACEMENT, at(4, 7)), debt=YOUNG),
        ok("a letter is none", contact(LETTER, at(4, 7)), debt=YOUNG),
        block(
            "a letter that threatens one",
            contact(LETTER, at(4, 7), threatens=frozenset({Act.LIEN})),
            debt=YOUNG,
            until=datetime(2026, 4, 8, tzinfo=UTC),
        ),
        block("no statement at all", act(Act.SUIT), debt={"first_statement_on": None}),
    ),
    *of(
        "eca_notice",
        R501,
        block(
            "29 days after the notice",
            act(Act.SUIT),
            debt={"action_notice_on": date(2026, 3, 10)},
            until=datetime(2026, 4, 9, tzinfo=UTC),
        ),
        ok("30 days after the notice", act(Act.SUIT), debt={"action_notice_on": date(2026, 3, 9)}),
        block("no notice", act(Act.SUIT), debt={"action_notice_on": None}),
        block(
            "a notice that names another action",
            act(Act.SUIT),
            debt={"actions_noticed": frozenset({Act.CREDIT_REPORT})},
        ),
        block("no summary", act(Act.SUIT), debt={"summary_sent": False}),
        block("nobody tried by word of mouth", act(Act.SUIT), debt={"oral_effort_on": None}),
    ),
    *of(
        "assistance",
        R501,
        block("an open application", act(Act.CREDIT_REPORT), debt={"assistance": "pending"}),
        ok("an application denied", act(Act.CREDIT_REPORT), debt={"assistance": "denied"}),
        warn("an application granted in part", act(Act.SUIT), debt={"assistance": "granted"}),
    ),
    *of(
        "assistance_pending",
        HOUSE,
        block("an open application, and a letter", contact(LETTER), debt={"assistance": "pending"}),
        ok(
            "an open application, and its letter",
            contact(LETTER, purpose=Purpose.ASSISTANCE),
            debt={"assistance": "pending"},
        ),
    ),
    *of(
        "assistance_window",
        R501,
        warn("240 days after the first statement", act(Act.SUIT, at(8, 6)), debt=YOUNG),
        ok("241 days after the first statement", act(Act.SUIT, at(8, 7)), debt=YOUNG),
    ),
    *of(
        "estimate_dispute",
        NSA,
        block("an estimate is disputed", contact(LETTER), debt={"estimate_dispute_open": True}),
        block("a placement meanwhile", act(Act.PLACEMENT), debt={"estimate_dispute_open": True}),
        block("a late fee meanwhile", act(Act.LATE_FEE), debt={"estimate_dispute_open": True}),
        ok("no dispute of an estimate", act(Act.LATE_FEE)),
    ),
    *of(
        "above_estimate",
        NSA,
        ok(
            "399.99 above the estimate",
            act(Act.BILL),
            debt={"above_estimate_cents": 39_999, "billed_on": date(2026, 4, 1)},
        ),
        warn(
            "400.00 above the estimate",
            act(Act.BILL),
            debt={"above_estimate_cents": 40_000, "billed_on": date(2026, 4, 1)},
        ),
        warn(
            "the last of 120 days",
            act(Act.PLACEMENT),
            debt={"above_estimate_cents": 40_000, "billed_on": date(2025, 12, 9)},
        ),
        ok("the day after", act(Act.PLACEMENT), debt={"above_estimate_cents": 40_000, "billed_on": date(2025, 12, 8)}),
    ),
    *of(
        "credit_bureaus",
        BUREAUS,
        block("499.99", act(Act.CREDIT_REPORT), debt={"owed_cents": 49_999}),
        ok("500.00", act(Act.CREDIT_REPORT), debt={"owed_cents": 50_000}),
        block(
            "a day short of a year",
            act(Act.CREDIT_REPORT),
            debt={"delinquent_on": date(2025, 4, 9)},
            until=datetime(2026, 4, 9, tzinfo=UTC),
        ),
        ok("a year delinquent", act(Act.CREDIT_REPORT), debt={"delinquent_on": date(2025, 4, 8)}),
        block("since when is unknown", act(Act.CREDIT_REPORT), debt={"delinquent_on": None}),
    ),
    *of(
        "credit_by_state",
        STATES,
        block("a state that is not allowed", act(Act.CREDIT_REPORT)),
        ok("a placement needs no state", act(Act.PLACEMENT)),
    ),
    *of(
        "plan_kept",
        HOUSE,
        block("a plan that is kept", act(Act.PLACEMENT), debt={"plan_kept": True}),
        ok("a statement of a plan", contact(LETTER), debt={"plan_kept": True}),
    ),
    *of(
        "estate",
        HOUSE,
        block("a placement after a death", act(Act.PLACEMENT), {"deceased": True}),
        ok("a placement of the living", act(Act.PLACEMENT)),
    ),
    *of(
        "payer_pending",
        HOUSE,
        block("a payer is being asked", contact(LETTER), debt={"eligibility_pending": True}),
        block("a denial under appeal", act(Act.PLACEMENT), debt={"appeal_pending": True}),
        ok(
            "an application's letter meanwhile",
            contact(LETTER, purpose=Purpose.ASSISTANCE),
            debt={"appeal_pending": True},
        ),
    ),
]
