"""A patient's restriction (45 CFR 164.522(a)(1)(vi)) that comes after the claim."""

from typing import Literal

from shared.contracts import HoldReason, Message
from shared.decider import Fact


class RecordRestriction(Message):
    """What of the claim the plan is not to be told, as it is now: its lines, or nothing (any more)."""

    type: Literal["claims.record-restriction.v1"] = "claims.record-restriction.v1"
    claim_id: str
    holds: tuple[HoldReason, ...]


class ReturnClaim(Message):
    """The file that has the claim was withdrawn before its partner had it: what may go joins another one."""

    type: Literal["claims.return-claim.v1"] = "claims.return-claim.v1"
    claim_id: str
    submission_id: str


class RestrictionNoted(Fact):
    """The claim was on its way, or out, when the restriction came (or went)."""

    type: Literal["restriction-noted"] = "restriction-noted"
    holds: tuple[HoldReason, ...]
