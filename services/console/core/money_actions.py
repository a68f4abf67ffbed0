"""What posters do on the money pages: match what came with what it is for. Whether it may be done, payments says."""

from collections.abc import Mapping

from services.console.core.actions import Action
from services.console.core.forms import Field

POSTER = ("poster",)
WHY = Field("reason", "Why", "words", least=3, most=500, hint="In words that name nobody.")
PLACE = (
    Field("patient_control_number", "Control number", "hidden"),
    Field("remittance_id", "Remittance", "hidden"),
    Field("position", "Place", "count"),
    Field("version", "Version", "count"),
)
MATCH = Action(
    "match",
    "Match with this claim",
    "Posts what the payer decided on the claim that you name.",
    "payments",
    "/unmatched/match",
    (*PLACE, Field("account_id", "Account", most=80), Field("claim_id", "Claim", most=80), WHY),
    POSTER,
    grave=True,
    done="It is posted on the claim.",
)
UNMATCH = Action(
    "unmatch",
    "Take off its claim",
    "Reverses what was posted by linked entries; the remitted claim waits to be matched again.",
    "payments",
    "/unmatched/unmatch",
    (*PLACE, WHY),
    POSTER,
    grave=True,
    done="It is being taken off.",
)
SET_ASIDE = Action(
    "set-aside",
    "Set the rest aside",
    "Says that the rest of the deposit is no payer's and no patient's money.",
    "payments",
    "/bank/deposits/{deposit_id}/set-aside",
    (Field("deposit_id", "Deposit", "hidden"), WHY),
    POSTER,
    grave=True,
    done="It is set aside.",
)
MATCH_DEPOSIT = Action(
    "match-deposit",
    "Match",
    "Matches the deposit with money that was announced.",
    "payments",
    "/bank/deposits/{deposit_id}/match",
    (
        Field("deposit_id", "Deposit", "hidden"),
        Field("expected_id", "What was announced", "hidden"),
        Field("cents", "Amount", "cents", hint="Such as 1,234.50."),
        WHY,
    ),
    POSTER,
    shape="parts",
    grave=True,
    done="It is matched.",
)
UNMATCH_DEPOSIT = Action(
    "unmatch-deposit",
    "Take the match back",
    "Both sides are as they were before it.",
    "payments",
    "/bank/deposits/{deposit_id}/unmatch",
    (Field("deposit_id", "Deposit", "hidden"), Field("expected_id", "What was announced", "hidden"), WHY),
    POSTER,
    grave=True,
    done="The match is taken back.",
)
MONEY_ACTIONS: Mapping[str, Action] = {
    one.name: one for one in (MATCH, UNMATCH, SET_ASIDE, MATCH_DEPOSIT, UNMATCH_DEPOSIT)
}
