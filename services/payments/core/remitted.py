"""One claim of a remittance (CLP), as the payer sent it: the value that travels from the file to the account."""

from datetime import date
from decimal import Decimal
from typing import Annotated, NamedTuple

from pydantic import Field, PositiveInt

from shared.contracts import Cents, Contract, Sealed
from shared.digests import content_digest

REVERSAL = "22"
NOT_OURS = "23"
PREDETERMINATION = "25"
"""CLP02: 22 takes a former payment back; 23 sends the claim on to another payer without deciding it; 25 announces a
payment that nobody made, so it is never posted."""
STATUSES = frozenset({"1", "2", "3", "4", "19", "20", "21", REVERSAL, NOT_OURS, PREDETERMINATION})
"""CLP02 as X221A1 knows it. Others (5, 10, 13 ... of older guides) are a question to the payer."""

Reference = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="An id given by a client: letters, digits, - and _.")
]


class Position(NamedTuple):
    """Where a claim stands: the remittance, and its place in it, from 1. It is posted once."""

    remittance_id: str
    claim: int


class RemittedAdjustment(Contract):
    """One CAS triple; a positive amount lowers the payment. `quantity` are the units it concerns, where given."""

    group: str
    reason: str
    amount_cents: Cents
    quantity: Decimal | None = None


class StatedAmount(Contract):
    """An amount that a payer tells beside the equations, by the element it stood in: `AMT*I`, `MOA02`, `MIA04`."""

    name: str
    amount_cents: Cents


class StatedQuantity(Contract):
    """A count that a payer tells, by its element: `QTY*CA`, `MIA01`, and the rate `MOA01`."""

    name: str
    quantity: Decimal


class RemittedLine(Contract):
    """One service line (SVC) with its own adjustments."""

    line_control_number: str = ""
    procedure: str = ""
    modifiers: tuple[str, ...] = ()
    charge_cents: Cents
    paid_cents: Cents
    adjustments: tuple[RemittedAdjustment, ...] = ()
    remark_codes: tuple[str, ...] = ()
    units: Decimal | None = None
    revenue_code: str = ""
    original_procedure: str = Field(default="", description="SVC06: what was billed, when another code was paid.")
    original_modifiers: tuple[str, ...] = ()
    service_date: date | None = None
    service_to: date | None = None
    allowed_cents: Cents | None = None
    amounts: tuple[StatedAmount, ...] = ()
    quantities: tuple[StatedQuantity, ...] = ()


class RemittedClaim(Contract):
    """One CLP with its lines. `payer_id` and `payment_date` are the remittance's.

    `amounts` and `quantities` are outside the equations: they are kept and shown, and post nothing. Interest is
    among them (AMT*I): its money stands in the remittance's provider adjustments (PLB L6).
    """

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
    corrected_payer: str = Field(default="", description="NM1*PR: the payer that should have been asked first.")
    frequency_code: str = ""
    received_date: date | None = Field(default=None, description="DTM*050: when the payer had the claim.")
    coverage_expired: date | None = Field(default=None, description="DTM*036.")
    statement_from: date | None = None
    statement_to: date | None = None
    allowed_cents: Cents | None = None
    amounts: tuple[StatedAmount, ...] = ()
    quantities: tuple[StatedQuantity, ...] = ()
    sealed_corrected: Sealed | None = Field(
        default=None, description="Patient and insured as the payer knows them, where it corrects them (NM1*74)."
    )
    drg: str = Field(default="", description="CLP11.")

    @property
    def interest_cents(self) -> int:
        """AMT*I: what of the remittance's interest (PLB L6) is for this claim."""
        return sum(one.amount_cents for one in self.amounts if one.name == "AMT*I")

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
    def is_decision(self) -> bool:
        """A payer that sends the claim on (23) decides nothing: its adjustments say why, and change nothing."""
        return self.status not in {NOT_OURS, PREDETERMINATION}

    @property
    def can_be_reversed(self) -> bool:
        return self.status not in {REVERSAL, PREDETERMINATION}

    def every_adjustment(self) -> tuple[tuple[int, RemittedAdjustment], ...]:
        """Claim-level adjustments as line 0, then those of each line, from 1. An amount stands at one level only."""
        of_lines = ((n, one) for n, line in enumerate(self.lines, 1) for one in line.adjustments)
        return (*((0, one) for one in self.adjustments), *of_lines)


def digest_of(content: Contract, *without: str) -> str:
    """A fingerprint of a message's content, without what is sealed; the file it came from has a hash of its own.

    The DRG posts nothing and was not kept at first: a file of that time is still the same file without it.
    """
    return content_digest(content, "sealed_corrected", "drg", *without)
