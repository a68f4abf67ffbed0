"""What the book of an account's statements remembers."""

from datetime import date
from typing import Literal, TypeAlias

from pydantic import AwareDatetime

from services.collections.core.fact_base import AccountFact
from services.collections.core.statement_messages import Standing
from shared.contracts import Cents, Contract, PatientBill, Sealed


class DecidedLine(Contract):
    """What a payer did with one service line: what it paid, and what it wrote down."""

    line_control_number: str
    procedure: str
    modifiers: tuple[str, ...]
    paid_cents: Cents
    adjusted_cents: Cents


class BillsTold(AccountFact):
    """Every bill with something owed or open at a payer; the newest by its sequence counts."""

    type: Literal["statements.bills-told.v1"] = "statements.bills-told.v1"
    sequence: int
    told_on: date
    balance_cents: Cents
    unapplied_cents: Cents
    bills: tuple[PatientBill, ...]


class ClaimWentOut(AccountFact):
    """A claim is with its payer from now on, or was replaced there."""

    type: Literal["statements.claim-went-out.v1"] = "statements.claim-went-out.v1"
    claim_id: str
    sequence: int
    service_date: date
    charge_cents: Cents


class ClaimDecided(AccountFact):
    """A payer decided; `open_cents` is what it leaves open, None where that was not told."""

    type: Literal["statements.claim-decided.v1"] = "statements.claim-decided.v1"
    claim_id: str
    sequence: int
    open_cents: Cents | None
    lines: tuple[DecidedLine, ...]


class MoneyTold(AccountFact):
    """The guarantor paid, or a payment went back (negative)."""

    type: Literal["statements.money-told.v1"] = "statements.money-told.v1"
    sequence: int
    on: date
    cents: Cents


class StatementDrawn(AccountFact):
    """A statement as it goes out. Its content is sealed: it names the guarantor."""

    type: Literal["statements.drawn.v1"] = "statements.drawn.v1"
    statement_id: str
    number: int
    asked: str
    digest: str
    sealed_content: Sealed
    dated_on: date
    balance_cents: Cents
    channel: str
    replaces: int
    through: int
    pay_request_id: str
    pay_until: AwareDatetime | None


class StatementNoted(AccountFact):
    """What became of it."""

    type: Literal["statements.noted.v1"] = "statements.noted.v1"
    statement_id: str
    standing: Standing


BookFact: TypeAlias = BillsTold | ClaimWentOut | ClaimDecided | MoneyTold | StatementDrawn | StatementNoted
