"""What the book of an account's statements is told, beside what payments and claims say of the bills."""

from datetime import date
from typing import Literal, TypeAlias

from pydantic import AwareDatetime, PositiveInt

from shared.contracts import Message, PositiveCents, Sealed

Standing: TypeAlias = Literal["drawn", "sent", "withdrawn", "returned", "wrong"]
"""`drawn`: made, and not out of the house yet; `wrong`: a person says that it was, and the next one corrects it."""


class DrawStatement(Message):
    """Keep a statement as it is about to go out. `asked` names what was asked for, `digest` what it says."""

    type: Literal["collections.draw-statement.v1"] = "collections.draw-statement.v1"
    account_id: str
    statement_id: str
    number: PositiveInt
    asked: str
    digest: str
    sealed_content: Sealed
    dated_on: date
    balance_cents: PositiveCents
    channel: str
    replaces: int = 0
    through: int = 0  # the news of payments that it knows
    pay_request_id: str = ""
    pay_until: AwareDatetime | None = None


class NoteStatement(Message):
    """What became of a statement."""

    type: Literal["collections.note-statement.v1"] = "collections.note-statement.v1"
    account_id: str
    statement_id: str
    standing: Standing
