"""Service lines in the JSON form of a claim, of every kind, and what prior payers decided about them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from services.claims.api_people import Charge, Code, Needed, PayerBody, ProviderBody, SubscriberBody, Text
from services.claims.core.content import ClaimType
from shared.http import Body
from shared.x12.claim837 import (
    Adjustment,
    LineAdjudication,
    Ndc,
    OtherPayer,
    Payer,
    ServiceLine,
    Subscriber,
    Tooth,
)

QUALIFIERS: dict[ClaimType, str] = {"P": "HC", "I": "HC", "D": "AD"}
"""What kind of code a procedure is: HCPCS and CPT, or of a dental claim CDT."""
Cents = Annotated[int, Field(strict=True, ge=-9_999_999_999, le=9_999_999_999, description="Integer cents.")]
Surface = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern="^[MODBLFImodblfi]$")]


class DrugBody(Body):
    """A national drug code with what was given of it."""

    ndc: Needed
    quantity: Decimal | None = None
    unit: Text = ""


class AdjustmentBody(Body):
    """A prior payer's adjustment: CAS group, reason and amount."""

    group: Literal["CO", "CR", "OA", "PI", "PR"]
    reason: Code
    amount_cents: Cents
    quantity: Decimal | None = None

    def adjustment(self) -> Adjustment:
        return Adjustment(self.group, self.reason, self.amount_cents, self.quantity)


class DecisionBody(Body):
    """What a prior payer decided about a line (loop 2430)."""

    payer_id: Needed
    paid_cents: Charge
    units: Annotated[Decimal, Field(gt=0)] | None = None
    adjustments: Annotated[tuple[AdjustmentBody, ...], Field(max_length=30)] = ()
    adjudicated_on: date
    remaining_liability_cents: Charge | None = None

    def adjudication(self, line: "LineBody", kind: ClaimType) -> LineAdjudication:
        """With the line's own procedure, which a prior payer may have changed only where an 837 says so."""
        return LineAdjudication(
            payer_id=self.payer_id,
            paid_cents=self.paid_cents,
            procedure_qualifier=QUALIFIERS[kind] if line.procedure else "",
            procedure=line.procedure,
            modifiers=line.modifiers,
            revenue_code=line.revenue_code,
            units=self.units or line.units,
            adjustments=tuple(one.adjustment() for one in self.adjustments),
            adjudicated_on=self.adjudicated_on,
            remaining_liability_cents=self.remaining_liability_cents,
        )


class OtherPayerBody(Body):
    """Another payer of the claim (loop 2320), and what it decided if it did."""

    payer: PayerBody
    subscriber: SubscriberBody
    relationship: Text = Field(default="18", description="SBR02: 18 where the patient is this payer's subscriber.")
    paid_cents: Charge | None = None
    adjustments: Annotated[tuple[AdjustmentBody, ...], Field(max_length=30)] = ()
    adjudicated_on: date | None = None
    non_covered_cents: Charge | None = None
    remaining_liability_cents: Charge | None = None
    payer_claim_control_number: Text = ""
    benefits_assigned: Literal["Y", "N", "W"] = "Y"
    release_of_information: Literal["I", "Y"] = "Y"

    def other(self) -> OtherPayer:
        given = self.subscriber
        return OtherPayer(
            subscriber=Subscriber(
                person=replace(given.person.person(), birth_date=None, sex=""),  # loop 2330A has no DMG
                member_id=given.member_id,
                group_number=given.group_number,
                relationship=self.relationship,
                payer_responsibility=given.payer_responsibility,
                claim_filing_code=given.claim_filing_code,
            ),
            payer=Payer(self.payer.name, self.payer.id),
            adjustments=tuple(one.adjustment() for one in self.adjustments),
            paid_cents=self.paid_cents,
            non_covered_cents=self.non_covered_cents,
            remaining_liability_cents=self.remaining_liability_cents,
            benefits_assigned=self.benefits_assigned,
            release_of_information=self.release_of_information,
            adjudicated_on=self.adjudicated_on,
            payer_claim_control_number=self.payer_claim_control_number,
        )


class ToothBody(Body):
    """A tooth that was worked on (TOO): its number or letter, and the surfaces."""

    number: Annotated[str, StringConstraints(pattern="^([1-9]|[12][0-9]|3[0-2]|5[1-9]|[67][0-9]|8[0-2]|[A-T]S?)$")]
    surfaces: Annotated[tuple[Surface, ...], Field(max_length=5)] = ()


class LineBody(Body):
    """One service line; `diagnosis_pointers` count from 1 in the claim's diagnoses.

    `bundle` names a charge bundle of the tenant in place of a procedure; `units` then say how many times. Of an
    institutional line `revenue_code` is needed and the procedure is not; `oral_cavity` (SV304), `prosthesis` and
    `teeth` are of dental lines.
    """

    line_control_number: Text = ""
    bundle: Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, max_length=20)] = ""
    procedure: Text = ""
    modifiers: tuple[Text, ...] = ()
    charge_cents: Charge | None = None
    unit: Literal["UN", "MJ", "DA"] = Field(default="UN", description="Units, minutes (anesthesia) or days (a stay).")
    units: Annotated[Decimal, Field(gt=0)] = Decimal(1)
    place_of_service: Text = ""
    diagnosis_pointers: tuple[Annotated[int, Field(strict=True, ge=1, le=12)], ...] = ()
    service_from: date | None = None
    service_to: date | None = None
    drug: DrugBody | None = None
    rendering: ProviderBody | None = None
    emergency: bool = False
    revenue_code: Annotated[str, StringConstraints(pattern="^([0-9]{3,4})?$")] = ""
    non_covered_cents: Charge | None = None
    oral_cavity: Annotated[
        tuple[Annotated[str, StringConstraints(pattern="^(00|01|02|09|10|20|30|40|L|R)$")], ...], Field(max_length=5)
    ] = ()
    prosthesis: Literal["", "I", "R"] = Field(default="", description="SV305: initial placement or replacement.")
    teeth: Annotated[tuple[ToothBody, ...], Field(max_length=32)] = ()
    prior_decisions: Annotated[tuple[DecisionBody, ...], Field(max_length=15)] = ()

    def line(self, number: int, kind: ClaimType) -> ServiceLine:
        """As the 837 of this kind carries it."""
        drug = self.drug
        return ServiceLine(
            number=str(number),
            line_control_number=self.line_control_number,
            procedure_qualifier=QUALIFIERS[kind] if self.procedure else "",
            procedure=self.procedure,
            modifiers=self.modifiers,
            charge_cents=self.charge_cents,
            unit="" if kind == "D" else self.unit,
            units=self.units,
            place_of_service=self.place_of_service,
            diagnosis_pointers=self.diagnosis_pointers,
            service_from=self.service_from,
            service_to=self.service_to or self.service_from,
            ndc=Ndc(drug.ndc, drug.quantity, drug.unit) if drug else None,
            rendering=self.rendering.party() if self.rendering else None,
            emergency=self.emergency,
            revenue_code=self.revenue_code.zfill(4) if self.revenue_code else "",
            non_covered_cents=self.non_covered_cents,
            oral_cavity=self.oral_cavity,
            prosthesis=self.prosthesis,
            teeth=tuple(Tooth(one.number, one.surfaces) for one in self.teeth),
            adjudications=tuple(one.adjudication(self, kind) for one in self.prior_decisions),
            bundle=self.bundle,
        )
