"""Facts that a person's word makes of an account: write-offs and what undoes them, standings, and what was answered."""

from datetime import date
from typing import Literal, TypeAlias

from services.payments.core.entries import AccountFact, LedgerFact
from services.payments.core.remitted import Position
from services.payments.core.write_off_policy import Side
from shared.contracts import Cents, Contract, NonNegativeCents, PositiveCents, Sealed

Wish: TypeAlias = Literal["standings", "revert-write-off", "move-payment", "unpost", "close-correction"]


class PersonAnswered(AccountFact):
    """What a person asked for was done, or was not, for a reason; asked again, it is answered alike."""

    type: Literal["account.person-answered.v1"] = "account.person-answered.v1"
    command_id: str
    wish: Wish
    because: str = ""  # empty: done


class StandingsNoted(AccountFact):
    """What is known of a claim's patient that bears on what may be billed: the whole set, from now on."""

    type: Literal["account.standings-noted.v1"] = "account.standings-noted.v1"
    item_id: str
    standings: tuple[str, ...]
    reason: str = ""


class StandingsLearned(AccountFact):
    """What another service told of a claim's patient, perhaps before the claim was sent. It adds to what is known."""

    type: Literal["account.standings-learned.v1"] = "account.standings-learned.v1"
    item_id: str
    standings: tuple[str, ...]


class WriteOffRequested(AccountFact):
    """A person asks to give up money of a claim or charge. Nothing is posted by this."""

    type: Literal["account.write-off-requested.v1"] = "account.write-off-requested.v1"
    write_off_id: str
    item_id: str
    side: Side
    reason: str
    asked_cents: PositiveCents
    note: str
    requested_by: str
    digest: str


class WriteOffAnswered(AccountFact):
    """What became of it: posted, waiting for another person, declined by one, or refused by a rule."""

    type: Literal["account.write-off-answered.v1"] = "account.write-off-answered.v1"
    write_off_id: str
    outcome: Literal["posted", "waiting", "declined", "refused"]
    decided_by: str = ""
    because: str = ""


class PersonWroteOff(LedgerFact):
    """Money given up by a person. `denied_cents` of it had been refused by the payer."""

    type: Literal["account.person-wrote-off.v1"] = "account.person-wrote-off.v1"
    write_off_id: str
    side: Side
    reason: str
    note: str
    requested_by: str
    approved_by: str
    denied_cents: NonNegativeCents = 0


class Grant(Contract):
    """Financial assistance that a client granted: a percentage of the guarantor's share of the care in these days."""

    discount_percent: int
    covers_from: date
    covers_until: date


class AssistanceNoted(AccountFact):
    """What stands of an application for financial assistance; None: nothing is granted under it any more."""

    type: Literal["account.assistance-noted.v1"] = "account.assistance-noted.v1"
    application_id: str
    sequence: int
    grant: Grant | None


class WriteOffReverted(LedgerFact):
    """A person took a write-off back: the opposite of what still stood of it, linked by its id."""

    type: Literal["account.write-off-reverted.v1"] = "account.write-off-reverted.v1"
    write_off_id: str
    note: str
    denied_cents: NonNegativeCents = 0


class ClaimUnposted(AccountFact):
    """A decision was on the wrong claim. Its entries are reversed by the ones that follow, linked by its place."""

    type: Literal["account.claim-unposted.v1"] = "account.claim-unposted.v1"
    item_id: str
    place: Position
    status: str
    payer_id: str
    charge_cents: Cents
    paid_cents: Cents
    denied_cents: Cents
    payment_date: date
    was_posted: bool  # it was not only held
    reason: str
    patient_control_number: str = ""  # as the payer echoed it; facts of before do not say it


class InsuredCorrectionFound(AccountFact):
    """A payer names another patient or insured than was billed: work for a person."""

    type: Literal["account.insured-correction-found.v1"] = "account.insured-correction-found.v1"
    item_id: str
    place: Position
    payer_id: str
    sealed_corrected: Sealed


class InsuredCorrectionClosed(AccountFact):
    """A person looked after it."""

    type: Literal["account.insured-correction-closed.v1"] = "account.insured-correction-closed.v1"
    item_id: str
    place: Position
    note: str
