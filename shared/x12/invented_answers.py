"""What payers answer to invented claims: payments, benefits, status, acknowledgements; equal seeds, equal claims."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from shared.x12.ack277ca import ClaimAck277CA
from shared.x12.ack999 import Ack999, AckElement, AckSegment, AckTransaction
from shared.x12.adjustments import Adjustment
from shared.x12.claim837_views import Claim837, ServiceLine
from shared.x12.claim_status import Status
from shared.x12.eligibility_views import Aaa, Answer271, Benefit, BenefitDate, Inquiry270
from shared.x12.era835_views import Account, ClaimPayment, ProviderAdjustment, Remittance835, ServicePayment
from shared.x12.invented import number, weighted
from shared.x12.parties import Address, Named, Party, Payer, Person
from shared.x12.review278 import Review278, ReviewedDiagnosis, ReviewedService
from shared.x12.status_views import StatusInquiry276, StatusResponse277
from shared.x12.values import format_decimal

_PAYER = Payer("ALDER HEALTH PLAN", "RC101", Address("1 PLAN WAY", "", "TOLEDO", "OH", "43604"), "XV")
_CONTACT = ("PER", "BL", "PROVIDER SERVICES", "TE", "8005550100")
_ACCOUNT = Account("01", "999999992", "DA", "123456")
_ORIGINATOR = "1999999999"
_SOURCE = Named(_PAYER.name, id_qualifier="PI", id=_PAYER.id, entity_type="2")
_SUBMITTER = Named("LAKESIDE BILLING", id_qualifier="46", id="LAKESIDE", entity_type="2")
# Of a hundred claims: paid, denied by the payer, reversed later.
_OUTCOMES = {"paid": 90, "denied": 8, "reversed": 2}


def invented_remittance(claims: Sequence[Claim837], paid_on: date, index: int) -> Remittance835:
    """One payment for these claims, every equation balanced; every third keeps back or adds something (PLB)."""
    payments = tuple(_payment(one, paid_on) for one in claims)
    paid_cents = sum(one.paid_cents or 0 for one in payments)
    provider = _provider_adjustments(claims[0], paid_cents, paid_on, index)
    payment_cents = paid_cents - sum(one.amount_cents or 0 for one in provider)
    own = _ACCOUNT if payment_cents else None
    return Remittance835(
        payment_cents=payment_cents,
        credit_debit="C",
        method="ACH" if payment_cents else "NON",
        payment_format="CCP" if payment_cents else "",
        sender_account=own,
        receiver_account=own,
        originator_id=_ORIGINATOR if payment_cents else "",
        payment_date=paid_on,
        trace_number=f"EFT{index:09d}",
        payer_id=_ORIGINATOR,
        payer=Payer(_PAYER.name, _PAYER.id, _PAYER.address, _PAYER.id_qualifier, (_CONTACT,)),
        payee=Party(claims[0].billing.name, npi=claims[0].billing.npi),
        claims=payments,
        provider_adjustments=provider,
        production_date=paid_on,
        handling="I" if payment_cents else "H",
        transaction=f"{index:04d}",
        summaries=(("LX", "1"),),
    )


def _provider_adjustments(first: Claim837, paid_cents: int, on: date, index: int) -> tuple[ProviderAdjustment, ...]:
    """A sum carried forward where reversals outweigh payments; else, every third time, a recovery or interest."""
    year_end, reference = date(on.year, 12, 31), f"R{index:09d}"
    if paid_cents < 0:
        return (ProviderAdjustment(first.billing.npi, year_end, "FB", reference, paid_cents),)
    if index % 3 or not paid_cents:
        return ()
    code, cents = ("WO", min(paid_cents, 2500)) if index % 2 else ("L6", -125)
    return (ProviderAdjustment(first.billing.npi, year_end, code, reference, cents),)


def _payment(claim: Claim837, paid_on: date) -> ClaimPayment:
    outcome = weighted(_OUTCOMES, "outcome", claim.patient_control_number)
    lines = tuple(_service(line, claim, outcome) for line in claim.lines)
    patient_cents = sum(one.amount_cents or 0 for line in lines for one in line.adjustments if one.group == "PR")
    person = claim.patient or claim.subscriber.person
    return ClaimPayment(
        patient_control_number=claim.patient_control_number,
        status="22" if outcome == "reversed" else "1",
        charge_cents=sum(line.charge_cents or 0 for line in lines),
        paid_cents=sum(line.paid_cents or 0 for line in lines),
        patient_responsibility_cents=patient_cents or None,
        filing_code="12",
        payer_claim_control_number=_payer_number(claim),
        lines=lines,
        received_date=paid_on - timedelta(days=9),
        patient=Named(person.last_name, person.first_name, id_qualifier="MI", id=claim.subscriber.member_id),
        rendering=_rendering(claim),
        facility_code=claim.facility_code,
        frequency_code="1",
        provider_summary="1",
    )


def _rendering(claim: Claim837) -> Named | None:
    one = claim.rendering
    return Named(one.name, one.first_name, id_qualifier="XX", id=one.npi) if one else None


def _service(line: ServiceLine, claim: Claim837, outcome: str) -> ServicePayment:
    """Paid: the contract takes up to 30 per cent off (CO-45), and now and then the patient owes coinsurance (PR-2).

    Denied: nothing, as CO-16. Reversed: what was paid, with every sign turned.
    """
    charge = line.charge_cents or 0
    seed = claim.patient_control_number, line.number
    off = charge * (number("contract", *seed) % 31) // 100
    owed = (charge - off) // 5 if number("coinsurance", *seed) % 3 == 0 else 0
    found = [("CO", "16", charge)] if outcome == "denied" else [("CO", "45", off), ("PR", "2", owed)]
    paid = charge - sum(cents for _, _, cents in found)
    sign = -1 if outcome == "reversed" else 1
    return ServicePayment(
        procedure_qualifier=line.procedure_qualifier,
        procedure=line.procedure,
        modifiers=line.modifiers,
        charge_cents=sign * charge,
        paid_cents=sign * paid,
        units=line.units,
        line_control_number=line.line_control_number,
        service_date=line.service_from,
        adjustments=tuple(Adjustment(group, reason, sign * cents) for group, reason, cents in found if cents),
        revenue_code=line.revenue_code,
        allowed_cents=sign * (charge - off) if outcome != "denied" else None,
    )


def _payer_number(claim: Claim837) -> str:
    return f"{number('payer number', claim.patient_control_number) % 10**14:014d}"


def invented_inquiry(claim: Claim837) -> Inquiry270:
    """Whether the patient of a claim is covered on its day."""
    return Inquiry270(
        trace_number=f"T{claim.patient_control_number}",
        payer=claim.payer,
        provider=Party(claim.billing.name, npi=claim.billing.npi),
        subscriber=claim.subscriber.person,
        member_id=claim.subscriber.member_id,
        dependent=claim.patient,
        relationship="19" if claim.patient else "",
        service_date=claim.lines[0].service_from,
        originator_id=_ORIGINATOR,
        sender_id="LAKESIDE",
        receiver_id="CLEARING",
    )


def invented_answer(claim: Claim837, on: date) -> Answer271:
    """Of a hundred members about ninety are covered, six are not any more, four are not found."""
    asked = invented_inquiry(claim)
    luck = number("covered", claim.patient_control_number) % 100
    begun = BenefitDate("346", date(on.year, 1, 1), date(on.year, 1, 1))
    rejections = (Aaa("75", "C", "2100D" if asked.dependent else "2100C"),) if luck >= 96 else ()
    return Answer271(
        trace_number=asked.trace_number,
        payer=asked.payer,
        provider=asked.provider,
        subscriber=_without_address(asked.subscriber),
        member_id=asked.member_id,
        dependent=_without_address(asked.dependent) if asked.dependent else None,
        rejections=rejections,
        benefits=() if rejections else _benefits(claim, inactive=luck >= 90),
        reference=asked.trace_number,
        originator_id=_ORIGINATOR,
        relationship=asked.relationship,
        dates=() if rejections else (begun,),
        sender_id="CLEARING",
        receiver_id="LAKESIDE",
    )


def _without_address(person: Person) -> Person:
    return Person(person.last_name, person.first_name, birth_date=person.birth_date, sex=person.sex)


def _benefits(claim: Claim837, *, inactive: bool) -> tuple[Benefit, ...]:
    if inactive:
        return (Benefit("6", service_types=("30",)),)
    copay, deductible = (number(name, claim.subscriber.member_id) for name in ("copay", "deductible"))
    return (
        Benefit("1", "IND", ("30",), "C1", "GOLD PLAN"),
        Benefit("C", "IND", ("30",), time_period="23", amount_cents=50_000 * (1 + deductible % 6), in_network=True),
        Benefit("A", "IND", ("98",), percent=Decimal("0.2"), in_network=True),
        Benefit("B", "IND", ("98",), time_period="27", amount_cents=500 * (2 + copay % 9), in_network=True),
    )


def invented_status_inquiry(claim: Claim837) -> StatusInquiry276:
    """What became of a claim."""
    first, last = claim.lines[0].service_from, claim.lines[-1].service_to
    return StatusInquiry276(
        trace_number=f"S{claim.patient_control_number}",
        payer=claim.payer,
        receiver=_SUBMITTER,
        provider=_provider(claim),
        subscriber=claim.subscriber.person,
        member_id=claim.subscriber.member_id,
        dependent=claim.patient,
        patient_control_number=claim.patient_control_number,
        charge_cents=claim.charge_cents,
        service_from=first,
        service_to=last,
        sender_id="LAKESIDE",
        receiver_id="CLEARING",
    )


def _provider(claim: Claim837) -> Named:
    return Named(claim.billing.name, id_qualifier="XX", id=claim.billing.npi, entity_type="2")


def invented_status(claim: Claim837, on: date) -> StatusResponse277:
    """Of ten claims seven are paid, two are pending, one is denied."""
    asked = invented_status_inquiry(claim)
    category, code, share = weighted({("F1", "65", 80): 7, ("P1", "20", 0): 2, ("F2", "88", 0): 1}, asked.trace_number)
    charge = claim.charge_cents or 0
    final = on - timedelta(days=2) if category != "P1" else None
    status = Status(category, code, "", on, "", charge, charge * share // 100, final)
    return StatusResponse277(
        trace_number=asked.trace_number,
        statuses=(status,),
        payer=asked.payer,
        receiver=asked.receiver,
        provider=asked.provider,
        subscriber=asked.subscriber,
        member_id=asked.member_id,
        dependent=asked.dependent,
        patient_control_number=asked.patient_control_number,
        payer_claim_control_number=_payer_number(claim),
        service_from=asked.service_from,
        service_to=asked.service_to,
        sender_id="CLEARING",
        receiver_id="LAKESIDE",
    )


def invented_acknowledgement(claim: Claim837, on: date) -> ClaimAck277CA:
    """Of twenty claims nineteen are taken (A2), one is rejected (A7)."""
    rejected = number("acknowledged", claim.patient_control_number) % 20 == 0
    category, code, action = ("A7", "562", "U") if rejected else ("A2", "20", "WQ")
    person = claim.patient or claim.subscriber.person
    day = claim.lines[0].service_from
    return ClaimAck277CA(
        patient_control_number=claim.patient_control_number,
        statuses=(Status(category, code, "85" if rejected else "", on, action, claim.charge_cents),),
        payer_claim_control_number="" if rejected else _payer_number(claim),
        charge_cents=claim.charge_cents,
        service_from=day,
        service_to=day,
        patient=Named(person.last_name, person.first_name, id_qualifier="MI", id=claim.subscriber.member_id),
        source=_SOURCE,
        receiver=_SUBMITTER,
        provider=_provider(claim),
        submitted_reference="000000001",
    )


_VERSIONS = {"P": "005010X222A1", "I": "005010X223A2", "D": "005010X224A2"}
# Of a hundred transaction sets: accepted, accepted with an error noted, rejected.
_VERDICTS = {"A": 93, "E": 4, "R": 3}


def invented_file_acknowledgement(claims: Sequence[Claim837], group: int) -> Ack999:
    """The 999 of a group that brought each of these claims in a transaction set of its own."""
    version = _VERSIONS[claims[0].patient_control_number[:1]]
    answered = tuple(_answered(claim, place, version) for place, claim in enumerate(claims, 1))
    statuses = {one.status for one in answered}
    accepted = sum(one.status != "R" for one in answered)
    status = "R" if not accepted else "P" if "R" in statuses else "E" if "E" in statuses else "A"
    counts = len(claims), len(claims), accepted
    return Ack999("HC", str(group), status, version, *counts, transactions=answered)


def _answered(claim: Claim837, place: int, version: str) -> AckTransaction:
    """A rejected set lacks its subscriber's identifier; one with an error noted has a segment out of order."""
    status = weighted(_VERDICTS, "999", claim.patient_control_number)
    codes: tuple[str, ...] = ()
    segments: tuple[AckSegment, ...] = ()
    if status == "R":
        codes = ("5",)
        segments = (AckSegment("NM1", 14, "2010", "8", elements=(AckElement(9, "1", data_element="67"),)),)
    elif status == "E":
        segments = (AckSegment("REF", 22, "2300", "2"),)
    return AckTransaction("837", f"{place:04d}", status, version, codes, segments)


def invented_review(claim: Claim837) -> Review278:
    """A request to certify the services of a claim before they are given: a referral, a service a line."""
    control = claim.patient_control_number
    return Review278(
        reference=f"R{control}",
        purpose="13",
        is_response=False,
        payer=Named(claim.payer.name, id_qualifier="PI", id=claim.payer.id, entity_type="2"),
        requester=Named(claim.billing.name, id_qualifier="XX", id=claim.billing.npi, entity_type="2"),
        subscriber=claim.subscriber.person,
        member_id=claim.subscriber.member_id,
        dependent=claim.patient,
        event=ReviewedService(
            category="HS",
            certification_type="I",
            facility_code="11",
            facility_qualifier="B",
            trace_type="1",
            trace_number=f"T{control}",
            trace_details=(_ORIGINATOR,),
            diagnosis_codes=tuple(ReviewedDiagnosis(one.qualifier, one.code) for one in claim.diagnoses),
        ),
        services=tuple(_reviewed(line) for line in claim.lines),
    )


def _reviewed(line: ServiceLine) -> ReviewedService:
    dental = line.procedure_qualifier == "AD"
    return ReviewedService(
        service_segment="SV3" if dental else "SV1",
        procedure_qualifier=line.procedure_qualifier,
        procedure=line.procedure,
        service_from=line.service_from,
        service_to=line.service_to,
        date_qualifier="472",
        service_details=() if dental else ("", "UN", format_decimal(line.units)),
    )
