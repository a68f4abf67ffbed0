"""Invented claims, remittances and inquiries for the properties: everything the writers may be given."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import strategies as st

from shared.x12.adjustments import Adjustment
from shared.x12.claim837 import (
    Address,
    Batch837,
    Claim837,
    Diagnosis,
    LineAdjudication,
    Ndc,
    OtherPayer,
    Party,
    Payer,
    Person,
    ServiceLine,
    Subscriber,
)

AT = datetime(2026, 7, 1, 12, 30, tzinfo=UTC)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-./'"
words = st.text(LETTERS, min_size=1, max_size=20)
codes = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=10)
maybe = st.one_of(st.just(""), words)
cents = st.integers(-(10**8), 10**10)
days = st.dates(date(1900, 1, 1), date(2099, 12, 31))
some_day = st.none() | days
units = st.decimals(0, 99999, places=2, allow_nan=False, allow_infinity=False).map(Decimal)
npis = st.integers(10**9, 3 * 10**9 - 1).map(str)

addresses = st.builds(Address, line1=words, line2=maybe, city=words, state=st.just("MD"), postal_code=st.just("20705"))
parties = st.builds(
    Party,
    name=words,
    npi=npis,
    tax_id=maybe,
    tax_id_qualifier=st.just("EI"),
    taxonomy=maybe,
    address=addresses,
    contact_name=maybe,
    contact_phone=maybe,
).map(lambda one: one if one.tax_id else Party(one.name, npi=one.npi, taxonomy=one.taxonomy, address=one.address))
persons = st.builds(
    Person,
    last_name=words,
    first_name=maybe,
    birth_date=some_day,
    sex=st.sampled_from(["F", "M", "U", ""]),
    address=st.none() | addresses,
)
subscribers = st.builds(
    Subscriber,
    person=persons,
    member_id=codes,
    group_number=maybe,
    group_name=maybe,
    relationship=st.sampled_from(["18", ""]),
    payer_responsibility=st.sampled_from(["P", "S", "T"]),
    claim_filing_code=st.sampled_from(["CI", "MB", "MC"]),
)
payers = st.builds(Payer, name=words, id=codes)
adjustments = st.lists(
    st.builds(
        Adjustment,
        group=st.sampled_from(["CO", "PR", "OA", "PI"]),
        reason=codes,
        amount_cents=cents,
        quantity=st.none() | units,
    ),
    max_size=8,
).map(tuple)
adjudications = st.builds(
    LineAdjudication,
    payer_id=codes,
    paid_cents=cents,
    procedure_qualifier=st.just("HC"),
    procedure=codes,
    units=units,
    adjustments=adjustments,
    adjudicated_on=some_day,
    remaining_liability_cents=st.none() | cents,
)


@st.composite
def service_lines(draw: st.DrawFn) -> ServiceLine:
    """A professional line."""
    first = draw(some_day)
    return ServiceLine(
        number="1",
        line_control_number=draw(maybe),
        procedure_qualifier="HC",
        procedure=draw(codes),
        modifiers=tuple(draw(st.lists(st.sampled_from(["25", "59", "RT"]), max_size=4))),
        charge_cents=draw(st.none() | cents),
        unit="UN",
        units=draw(st.none() | units),
        place_of_service=draw(st.sampled_from(["", "11", "22"])),
        diagnosis_pointers=tuple(draw(st.lists(st.integers(1, 12), max_size=4))),
        service_from=first,
        service_to=first,
        ndc=draw(st.none() | st.builds(Ndc, code=codes, quantity=units, unit=st.just("ML"), prescription_number=maybe)),
        rendering=draw(st.none() | parties),
        emergency=draw(st.booleans()),
        description=draw(maybe),
        adjudications=tuple(draw(st.lists(adjudications, max_size=2))),
        extras=draw(st.sampled_from([(), (("NTE", "ADD", "AS PLANNED"),), (("PS1", "AB", "12.5"),)])),
    )


def without_birth(subscriber: Subscriber) -> Subscriber:
    """Of another payer's subscriber no birth date or sex is written: loop 2330A has no place for them."""
    return replace(subscriber, person=replace(subscriber.person, birth_date=None, sex=""))


@st.composite
def claims(draw: st.DrawFn) -> Claim837:
    """A professional claim."""
    patient = draw(st.none() | persons)
    return Claim837(
        patient_control_number=draw(codes),
        charge_cents=draw(st.integers(0, 10**10)),
        facility_code="11",
        frequency_code=draw(st.sampled_from("178")),
        provider_signature="Y",
        assignment="A",
        benefits_assigned="Y",
        release_of_information="I",
        payer_claim_control_number=draw(maybe),
        prior_authorization_number=draw(maybe),
        referral_number=draw(maybe),
        accident_date=draw(some_day),
        related_causes=tuple(draw(st.sampled_from([(), ("AA",), ("AA", "OA")]))),
        diagnoses=tuple(
            Diagnosis("ABK" if index == 0 else "ABF", code)
            for index, code in enumerate(draw(st.lists(codes, max_size=12)))
        ),
        lines=tuple(draw(st.lists(service_lines(), min_size=1, max_size=2))),
        billing=draw(parties),
        pay_to=draw(st.none() | parties),
        rendering=draw(st.none() | parties),
        referring=draw(st.none() | parties),
        service_facility=draw(st.none() | parties),
        subscriber=draw(subscribers),
        patient=patient,
        patient_relationship="19" if patient else "",
        payer=draw(payers),
        other_payers=tuple(
            draw(
                st.lists(
                    st.builds(
                        OtherPayer,
                        subscriber=subscribers.map(without_birth),
                        payer=payers,
                        adjustments=adjustments,
                        paid_cents=st.none() | cents,
                        benefits_assigned=st.just("Y"),
                        release_of_information=st.just("Y"),
                        adjudicated_on=some_day,
                    ),
                    max_size=2,
                )
            )
        ),
        extras=draw(st.sampled_from([(), (("REF", "EA", "RECORD 1"), ("NTE", "ADD", "SEE RECORD"))])),
        patient_paid_cents=draw(st.none() | cents),
    )


SUBMITTER = Party("LAKESIDE BILLING", "46", "LAKESIDE", contact_name="DESK", contact_phone="3015550100")
RECEIVER = Party("CLEARING HOUSE", "46", "CLEARING")


def batches() -> st.SearchStrategy[Batch837]:
    """A batch of up to four claims."""
    return st.lists(claims(), min_size=1, max_size=3).map(
        lambda many: Batch837(SUBMITTER, RECEIVER, 1, 1, AT, many, "T")
    )
