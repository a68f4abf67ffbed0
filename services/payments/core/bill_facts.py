"""Facts about whether the guarantor is billed for a claim or charge yet, and what persons say about it."""

from datetime import date
from typing import Literal, NamedTuple, TypeAlias

from services.payments.core.entries import AccountFact

BillOutcome: TypeAlias = Literal["billed", "held", "suppressed", "nothing_owed"]
Word: TypeAlias = Literal["hold", "suppress", "bill"]


class BillDecided(AccountFact):
    """What the rules said: why, by which version, since when the guarantor owes, and until when it waits."""

    type: Literal["account.bill-decided.v1"] = "account.bill-decided.v1"
    item_id: str
    outcome: BillOutcome
    rule: str = ""
    version: str = ""
    since: date
    until: date | None = None
    owed_cents: int


class BillWordSaid(AccountFact):
    """A person holds or suppresses the bill of a claim or charge, or of the account (empty `item_id`); or lets go."""

    type: Literal["account.bill-word-said.v1"] = "account.bill-word-said.v1"
    item_id: str
    word: Word
    reason: str
    until: date | None = None
    note: str
    command_id: str


class BillWordRefused(AccountFact):
    """A person's word was not taken."""

    type: Literal["account.bill-word-refused.v1"] = "account.bill-word-refused.v1"
    command_id: str
    because: str


class ApplicationHeard(AccountFact):
    """An application for assistance is open, or decided."""

    type: Literal["account.application-heard.v1"] = "account.application-heard.v1"
    application_id: str
    sequence: int
    open: bool


class BillStanding(NamedTuple):
    """What was decided last about one claim or charge."""

    outcome: BillOutcome
    rule: str
    version: str
    since: date
    until: date | None = None

    @property
    def waits(self) -> bool:
        """Whether the guarantor is not billed for it."""
        return self.outcome in {"held", "suppressed"}


class PersonsBillWord(NamedTuple):
    """A hold or suppression that stands."""

    word: Word
    reason: str
    until: date | None


AnyBillFact: TypeAlias = BillDecided | BillWordSaid | BillWordRefused | ApplicationHeard
