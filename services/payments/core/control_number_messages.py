"""What a patient control number may be told, and the facts and effects that follow."""

from datetime import date
from typing import Literal, NamedTuple, TypeAlias

from pydantic import Field, NonNegativeInt, PositiveInt

from services.payments.core.remitted import Position, RemittedClaim
from shared.contracts import ClaimSubmitted, Message
from shared.decider import Answer, Effect, Fact

How: TypeAlias = Literal["", "number", "payer_number", "person"]
"""How the claim was told: by CLP01, by CLP07, or by a person."""


class Bearer(NamedTuple):
    """A claim that carries the number."""

    account_id: str
    claim_id: str


class Billed(NamedTuple):
    """What is known of the number's claim, to compare a remitted one with."""

    claim_id: str
    payer_id: str
    charge_cents: int
    service_from: date | None
    procedures: tuple[str, ...]


class Seen(NamedTuple):
    """A place of a remittance that was routed or is held; to which claim it went, and how that was told."""

    place: Position
    digest: str
    account_id: str = ""
    claim_id: str = ""
    how: How = ""
    payer_number: str = ""


class RouteRemittedClaim(Message):
    """Bring a remitted claim to the account it belongs to."""

    type: Literal["payments.route-remitted-claim.v1"] = "payments.route-remitted-claim.v1"
    remitted: RemittedClaim
    by_payer_number: Bearer | None = Field(
        default=None, description="The one claim that an earlier remittance of this payer named by the same CLP07."
    )


class AboutPlace(Message):
    """A person's word about one place of a remittance; `version` is what the person saw."""

    patient_control_number: str
    remittance_id: str
    position: PositiveInt
    version: NonNegativeInt
    reason: str = Field(min_length=3, max_length=500)

    @property
    def place(self) -> Position:
        return Position(self.remittance_id, self.position)


class MatchRemittedClaim(AboutPlace):
    """A person says which claim the payer means."""

    type: Literal["payments.match-remitted-claim.v1"] = "payments.match-remitted-claim.v1"
    account_id: str
    claim_id: str


class UnmatchRemittedClaim(AboutPlace):
    """The claim it was posted on is another one. `remitted` is what was posted, from the journal."""

    type: Literal["payments.unmatch-remitted-claim.v1"] = "payments.unmatch-remitted-claim.v1"
    remitted: RemittedClaim


class RemittedClaimForwarded(Answer):
    """The account has it."""

    type: Literal["payments.remitted-claim-forwarded.v1"] = "payments.remitted-claim-forwarded.v1"
    patient_control_number: str


class RemittedClaimWithdrawn(Answer):
    """The account took the posting back, or could not, for a reason."""

    type: Literal["payments.remitted-claim-withdrawn.v1"] = "payments.remitted-claim-withdrawn.v1"
    patient_control_number: str
    remitted: RemittedClaim
    because: str = ""


class ClaimNamed(Fact):
    """The control number belongs to this claim."""

    type: Literal["control-number.claim-named.v1"] = "control-number.claim-named.v1"
    patient_control_number: str
    account_id: str
    claim_id: str
    payer_id: str = ""
    charge_cents: int = 0
    service_from: date | None = None
    procedures: tuple[str, ...] = ()


class RemittedClaimRouted(Fact):
    """Forwarded to one claim, told in one of the ways; with no claim, it is held and visible."""

    type: Literal["control-number.remitted-claim-routed.v1"] = "control-number.remitted-claim-routed.v1"
    remitted: RemittedClaim
    claim_id: str | None
    account_id: str = ""
    how: How = ""
    reason: str = ""


class UnmatchAsked(Fact):
    """A person wants a match taken back; the account is asked."""

    type: Literal["control-number.unmatch-asked.v1"] = "control-number.unmatch-asked.v1"
    remittance_id: str
    position: PositiveInt
    reason: str


class UnmatchRefused(Fact):
    """The account could not take the posting back: it stays where it is."""

    type: Literal["control-number.unmatch-refused.v1"] = "control-number.unmatch-refused.v1"
    remittance_id: str
    position: PositiveInt
    because: str


class RemittedClaimUnmatched(Fact):
    """The account took its posting back: it is held again, and no rule posts it by itself."""

    type: Literal["control-number.remitted-claim-unmatched.v1"] = "control-number.remitted-claim-unmatched.v1"
    remitted: RemittedClaim


class RouteRepeatDiffered(Fact):
    """The same place of a remittance came with other content; the first one stands."""

    type: Literal["control-number.route-repeat-differed.v1"] = "control-number.route-repeat-differed.v1"
    patient_control_number: str
    remittance_id: str
    position: int
    digest: str


class ForwardRemittedClaim(Effect):
    """Post this on the account. The account knows repeats by remittance and position, so it may be done again."""

    type: Literal["payments.forward-remitted-claim.v1"] = "payments.forward-remitted-claim.v1"
    account_id: str
    claim_id: str
    remitted: RemittedClaim


class WithdrawRemittedClaim(Effect):
    """Take this off the claim it was posted on. The account answers alike however often it is asked."""

    type: Literal["payments.withdraw-remitted-claim.v1"] = "payments.withdraw-remitted-claim.v1"
    account_id: str
    claim_id: str
    remitted: RemittedClaim
    reason: str


ControlNumberMessage: TypeAlias = (
    ClaimSubmitted
    | RouteRemittedClaim
    | RemittedClaimForwarded
    | MatchRemittedClaim
    | UnmatchRemittedClaim
    | RemittedClaimWithdrawn
)
ControlNumberFact: TypeAlias = (
    ClaimNamed | RemittedClaimRouted | RemittedClaimUnmatched | UnmatchAsked | UnmatchRefused | RouteRepeatDiffered
)
