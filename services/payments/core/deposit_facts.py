"""What happened to a deposit."""

from datetime import date
from typing import Literal

from services.payments.core.cash import CashFact
from services.payments.core.deposit_messages import MatchedBy
from services.payments.core.expected import ExpectedKind
from shared.contracts import PositiveCents
from shared.decider import Fact


class DepositRecorded(CashFact):
    """On the bank account, and not explained yet."""

    type: Literal["deposit.recorded.v1"] = "deposit.recorded.v1"
    deposit_id: str
    bank_account_id: str
    deposited_on: date
    method: str
    trace: str
    bank_reference: str
    awaited_until: date
    originator: str = ""


class MatchProposed(Fact):
    type: Literal["deposit.match-proposed.v1"] = "deposit.match-proposed.v1"
    expected_id: str
    cents: PositiveCents
    by: MatchedBy
    reason: str


class MatchFailed(Fact):
    """The money was not missing any more when this deposit claimed it."""

    type: Literal["deposit.match-failed.v1"] = "deposit.match-failed.v1"
    expected_id: str


class PartMatched(CashFact):
    type: Literal["deposit.part-matched.v1"] = "deposit.part-matched.v1"
    expected_id: str
    kind: ExpectedKind
    by: MatchedBy
    reason: str


class PartUnmatched(CashFact):
    type: Literal["deposit.part-unmatched.v1"] = "deposit.part-unmatched.v1"
    expected_id: str
    kind: ExpectedKind
    reason: str


class RestSetAside(CashFact):
    type: Literal["deposit.rest-set-aside.v1"] = "deposit.rest-set-aside.v1"
    reason: str


class DepositLate(Fact):
    """The window is over and nothing explains the whole deposit."""

    type: Literal["deposit.late.v1"] = "deposit.late.v1"
    since: date


class DepositTraceLearned(Fact):
    """Another list of the bank told the trace that the first one left out."""

    type: Literal["deposit.trace-learned.v1"] = "deposit.trace-learned.v1"
    trace: str


class DepositRepeatDiffered(Fact):
    """The same deposit came again with another trace; the first one stands."""

    type: Literal["deposit.repeat-differed.v1"] = "deposit.repeat-differed.v1"
    trace: str
