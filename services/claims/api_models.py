"""The JSON form of a claim for `POST /claims`: strict, unknown fields refused, amounts never negative.

It becomes the same claim as an 837P, 837I or 837D would, so everything after the door is one path. What one kind needs
and another may not have is checked once the fields are, each fault under its own field.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Annotated, Literal, LiteralString, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from services.claims.api_kinds import DentalBody, InstitutionalBody, plain
from services.claims.api_lines import LineBody, OtherPayerBody
from services.claims.api_people import Charge, Needed, PatientBody, PayerBody, ProviderBody, SubscriberBody, Text
from services.claims.claim_kinds import dental_segments, institutional_segments
from services.claims.core.content import ClaimType
from services.claims.guide_headers import HEADERS
from shared.http import Body
from shared.x12.claim837 import Claim837, Diagnosis, Payer, Subscriber
from shared.x12.writing import Raw

KINDS: dict[str, ClaimType] = {"professional": "P", "institutional": "I", "dental": "D"}


class AttachmentBody(Body):
    """Papers that support the claim (PWK): what they are, how they go, and the number they go under.

    `report_type` is PWK01, `transmission` PWK02: on request at the provider (AA), mail (BM), electronic (EL), e-mail
    (EM), fax (FX), file transfer (FT). All but AA need the number, which the papers quote.
    """

    report_type: Annotated[str, StringConstraints(pattern="^[A-Z0-9]{2}$")]
    transmission: Literal["AA", "BM", "EL", "EM", "FX", "FT"]
    control_number: Annotated[str, StringConstraints(pattern="^[A-Za-z0-9-]{0,50}$")] = ""

    @model_validator(mode="after")
    def _numbered(self) -> Self:
        if self.transmission != "AA" and not self.control_number:
            msg = "papers that are sent need a control number (PWK06): the payer matches them by it"
            raise ValueError(msg)
        return self

    def segment(self) -> Raw:
        number = ("", "", "AC", self.control_number) if self.control_number else ()
        return ("PWK", self.report_type, self.transmission, *number)


class ClaimBody(Body):
    """A claim. Without `claim_type` it is professional; `institutional` or `dental` hold what only that kind has.

    `place_of_service` is of professional and dental claims; an institutional one has its type of bill, whose last
    digit is the frequency. `charge_cents` may be left out where a line is a charge bundle: it is then their sum.
    """

    claim_type: Literal["professional", "institutional", "dental"] = "professional"
    patient_control_number: Needed
    account_number: Text | None = Field(default=None, description="The guarantor's account, where the sender has one.")
    charge_cents: Charge | None = None
    place_of_service: Text = ""
    frequency_code: Literal["1", "7", "8"] = "1"
    diagnoses: tuple[Needed, ...] = ()
    lines: tuple[LineBody, ...]
    institutional: InstitutionalBody | None = None
    dental: DentalBody | None = None
    billing: ProviderBody
    pay_to: ProviderBody | None = None
    rendering: ProviderBody | None = None
    referring: ProviderBody | None = None
    supervising: ProviderBody | None = None
    service_facility: ProviderBody | None = None
    subscriber: SubscriberBody
    patient: PatientBody | None = None
    payer: PayerBody
    other_payers: Annotated[tuple[OtherPayerBody, ...], Field(max_length=10)] = ()
    prior_authorization_number: Text = ""
    referral_number: Text = ""
    payer_claim_control_number: Text = ""
    provider_signature: Literal["Y", "N"] = Field(
        default="Y", description="CLM06: the provider's signature is on file."
    )
    assignment: Literal["A", "B", "C"] = Field(default="A", description="CLM07: the provider takes assignment.")
    benefits_assigned: Literal["Y", "N", "W"] = Field(default="Y", description="CLM08: benefits go to the provider.")
    release_of_information: Literal["I", "Y"] = Field(default="Y", description="CLM09.")
    related_causes: Annotated[tuple[Literal["AA", "EM", "OA"], ...], Field(max_length=3)] = ()
    accident_date: date | None = None
    accident_state: Annotated[str, StringConstraints(pattern="^([A-Z]{2})?$")] = ""
    onset_date: date | None = None
    hospitalized_from: date | None = Field(default=None, description="DTP*435 of a professional claim.")
    hospitalized_to: date | None = Field(default=None, description="DTP*096 of a professional claim.")
    patient_paid_cents: Charge | None = None
    predetermination: bool = Field(default=False, description="CLM19 PB: a dental claim asks before the work is done.")
    delay_reason: Annotated[str, StringConstraints(pattern="^([1-9]|1[015])?$")] = ""
    attachments: Annotated[tuple[AttachmentBody, ...], Field(max_length=10)] = ()

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        faults = [
            InitErrorDetails(type=PydanticCustomError(rule, "{says}", {"says": message}), loc=where, input=None)
            if message
            else InitErrorDetails(type=rule, loc=where, input=None)
            for where, rule, message in _faults(self)
        ]
        if faults:
            raise ValidationError.from_exception_data("ClaimBody", faults, hide_input=True)
        return self

    @property
    def kind(self) -> ClaimType:
        return KINDS[self.claim_type]

    def claim837(self) -> Claim837:
        """The same claim as the 837 of its kind carries it."""
        kind = self.kind
        claim = Claim837(
            patient_control_number=self.patient_control_number,
            charge_cents=self.charge_cents,
            facility_code=self.place_of_service,
            frequency_code=self.frequency_code,
            provider_signature=self.provider_signature,
            assignment=self.assignment,
            benefits_assigned=self.benefits_assigned,
            release_of_information=self.release_of_information,
            related_causes=self.related_causes,
            accident_date=self.accident_date,
            accident_state=self.accident_state,
            onset_date=self.onset_date,
            admission_date=self.hospitalized_from,
            discharge_date=self.hospitalized_to,
            patient_paid_cents=self.patient_paid_cents,
            predetermination="PB" if self.predetermination else "",
            delay_reason=self.delay_reason,
            extras=tuple(one.segment() for one in self.attachments),
            diagnoses=tuple(
                Diagnosis("ABF" if place else "ABK", plain(code)) for place, code in enumerate(self.diagnoses)
            ),
            lines=tuple(line.line(number, kind) for number, line in enumerate(self.lines, 1)),
            billing=self.billing.party(),
            pay_to=self.pay_to.party() if self.pay_to else None,
            rendering=self.rendering.party() if self.rendering else None,
            referring=self.referring.party() if self.referring else None,
            supervising=self.supervising.party() if self.supervising else None,
            service_facility=self.service_facility.party() if self.service_facility else None,
            subscriber=self._subscriber(),
            patient=self.patient.person.person() if self.patient else None,
            patient_relationship=self.patient.relationship if self.patient else "",
            payer=Payer(self.payer.name, self.payer.id),
            other_payers=tuple(one.other() for one in self.other_payers),
            prior_authorization_number=self.prior_authorization_number,
            referral_number=self.referral_number,
            payer_claim_control_number=self.payer_claim_control_number,
        )
        if self.institutional is not None:
            return _institutional(claim, self.institutional, self.diagnoses)
        if kind == "D":
            part = (self.dental or DentalBody()).part()
            return replace(claim, extras=(*claim.extras, *dental_segments(part)), header=HEADERS["D"])
        return claim

    def _subscriber(self) -> Subscriber:
        given = self.subscriber
        return Subscriber(
            person=given.person.person(),
            member_id=given.member_id,
            group_number=given.group_number,
            relationship="" if self.patient else "18",
            payer_responsibility=given.payer_responsibility,
            claim_filing_code=given.claim_filing_code,
        )


def _institutional(claim: Claim837, given: InstitutionalBody, codes: tuple[str, ...]) -> Claim837:
    part, bill = given.part(), given.bill
    return replace(
        claim,
        facility_code=bill[:2],
        facility_qualifier="A",
        frequency_code=bill[2],
        provider_signature="",  # CLM06 is not used in the institutional guide
        diagnoses=tuple(given.diagnoses(codes)),
        statement_from=part.statement_from,
        statement_to=part.statement_to,
        admission_date=None if given.admission_hour else given.admission_date,
        attending=given.attending.party() if given.attending else None,
        operating=given.operating.party() if given.operating else None,
        extras=(*claim.extras, *institutional_segments(part, given.admission_date)),
        header=HEADERS["I"],
    )


Fault = tuple[tuple[str | int, ...], LiteralString, str]
"""Where in the body, the rule's name, and a sentence; without one, a rule of the JSON form itself."""
MISSING = "missing"


def _faults(body: ClaimBody) -> Iterator[Fault]:
    """What the fields alone do not show."""
    kind = body.kind
    if body.charge_cents is None and not any(line.bundle for line in body.lines):
        yield ("charge_cents",), MISSING, ""
    if kind != "D" and "diagnoses" not in body.model_fields_set:
        yield ("diagnoses",), MISSING, ""
    if kind == "I":
        yield from _institutional_faults(body)
    elif not body.place_of_service:
        yield ("place_of_service",), MISSING, ""
    for other, part in (("I", body.institutional), ("D", body.dental)):
        if part is not None and kind != other:
            name = "institutional" if other == "I" else "dental"
            yield (name,), "claim_kind", f"This part is of {name} claims only: say so in claim_type, or leave it out."
    if body.predetermination and kind != "D":
        yield ("predetermination",), "claim_kind", "Only a dental claim may ask before the work is done."
    for place, line in enumerate(body.lines):
        for field, rule, message in _line_faults(line, kind):
            yield ("lines", place, field), rule, message


def _institutional_faults(body: ClaimBody) -> Iterator[Fault]:
    part = body.institutional
    if part is None:
        yield ("institutional",), MISSING, ""
        return
    if body.place_of_service:
        message = "An institutional claim has a type of bill, and no place of service."
        yield ("place_of_service",), "claim_kind", message
    if "frequency_code" in body.model_fields_set and part.bill[2] != body.frequency_code:
        message = "The last digit of the type of bill is the frequency: make them agree, or leave this out."
        yield ("frequency_code",), "type_of_bill", message
    if part.admission_hour and not part.admission_date:
        yield ("institutional", "admission_date"), MISSING, ""
    if part.statement_to and part.statement_to < part.statement_from:
        message = "The statement period ends before it begins: correct one of the dates."
        yield ("institutional", "statement_to"), "date_order", message
    for place, span in enumerate(part.occurrence_spans):
        if span.last < span.first:
            message = "The span ends before it begins: correct one of the dates."
            yield ("institutional", "occurrence_spans", place, "last"), "date_order", message
    if len(part.present_on_admission) > len(body.diagnoses):
        message = "There are more of these than diagnoses: give one for each diagnosis, in their order."
        yield ("institutional", "present_on_admission"), "count", message


def _line_faults(line: LineBody, kind: ClaimType) -> Iterator[tuple[str, LiteralString, str]]:
    if line.bundle:
        given = [field for field in ("procedure", "modifiers", "revenue_code", "drug") if getattr(line, field)]
        for field in given:
            yield field, "bundle", "The bundle says this: leave it out, or leave the bundle out."
    else:
        needed = "revenue_code" if kind == "I" else "procedure"
        if line.charge_cents is None:
            yield "charge_cents", MISSING, ""
        if not getattr(line, needed):
            yield needed, MISSING, ""
    if line.service_from is None and (kind == "P" or line.service_to):
        yield "service_from", MISSING, ""
    yield from _foreign(line, kind)


def _foreign(line: LineBody, kind: ClaimType) -> Iterator[tuple[str, LiteralString, str]]:
    """What a line of this kind never has."""
    if kind != "I" and (line.revenue_code or line.non_covered_cents is not None):
        field = "revenue_code" if line.revenue_code else "non_covered_cents"
        yield field, "claim_kind", "Only a line of an institutional claim has this: leave it out."
    for field in ("oral_cavity", "prosthesis", "teeth"):
        if kind != "D" and getattr(line, field):
            yield field, "claim_kind", "Only a line of a dental claim has this: leave it out."
    if (line.unit == "DA" and kind != "I") or (line.unit == "MJ" and kind != "P"):
        message = "Days are of institutional lines, minutes of professional ones: correct the unit."
        yield "unit", "claim_kind", message
