"""One claim of a remittance (CLP), as the payer sent it: the value that travels from the file to the account."""

import hashlib
from datetime import date
from typing import Annotated, NamedTuple

from pydantic import Field, PositiveInt

from shared.contracts import Cents, Contract

REVERSAL = "22"
PREDETERMINATION = "25"
"""CLP02: 22 takes a former payment back; 25 announces a payment that nobody made, so it is never posted."""

Reference = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="An id given by a client: letters, digits, - and _.")
]


class Position(NamedTuple):
    """Where a claim stands: the remittance, and its place in it, from 1. It is posted once."""

    remittance_id: str
    claim: int


class RemittedAdjustment(Contract):
    """One CAS triple; a positive amount lowers the payment."""

    group: str
    reason: str
    amount_cents: Cents


class RemittedLine(Contract):
    """One service line (SVC) with its own adjustments."""

    line_control_number: str = ""
    procedure: str = ""
    modifiers: tuple[str, ...] = ()
    charge_cents: Cents
    paid_cents: Cents
    adjustments: tuple[RemittedAdjustment, ...] = ()
    remark_codes: tuple[str, ...] = ()


class RemittedClaim(Contract):
    """One CLP with its lines. `payer_id` and `payment_date` are the remittance's."""

    remittance_id: str
    position: PositiveInt
    payer_id: str
    payment_date: date
    patient_control_number: str
    payer_claim_control_number: str = ""
    status: str
    charge_cents: Cents
    paid_cents: Cents
    patient_responsibility_cents: Cents = 0
    adjustments: tuple[RemittedAdjustment, ...] = ()
    lines: tuple[RemittedLine, ...] = ()
    remark_codes: tuple[str, ...] = ()
    filing_code: str = ""
    forwarded_to: str = ""

    @property
    def place(self) -> Position:
        return Position(self.remittance_id, self.position)

    @property
    def is_reversal(self) -> bool:
        return self.status == REVERSAL

    @property
    def is_posted(self) -> bool:
        """A predetermination moves no money and says nothing about the claim."""
        return self.status != PREDETERMINATION

    @property
    def can_be_reversed(self) -> bool:
        return self.status not in {REVERSAL, PREDETERMINATION}

    def every_adjustment(self) -> tuple[tuple[int, RemittedAdjustment], ...]:
        """Claim-level adjustments as line 0, then those of each line, from 1. An amount stands at one level only."""
        of_lines = ((n, one) for n, line in enumerate(self.lines, 1) for one in line.adjustments)
        return (*((0, one) for one in self.adjustments), *of_lines)


def digest_of(content: Contract, *without: str) -> str:
    """A short fingerprint of a message's content: the same again is a repeat, another is a conflict."""
    return hashlib.sha256(content.model_dump_json(exclude={"meta", *without}).encode()).hexdigest()[:16]
