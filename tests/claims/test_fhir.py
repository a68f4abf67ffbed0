"""FHIR R4 claims: the same typed claim, a finding for each resource not understood, and the neighbours go on."""

import copy
import json
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from services.claims.claim_kinds import lift
from services.claims.from_fhir import read_fhir
from shared.contracts import ClaimReceived, ClaimSubmitted
from shared.x12.claim837 import Claim837
from shared.x12.findings import Finding, X12Error
from tests.claims.world import World, make_world

NPI, TAX = "http://hl7.org/fhir/sid/us-npi", "urn:oid:2.16.840.1.113883.4.4"
ADDRESS = [{"line": ["1 MAIN ST"], "city": "SPRINGFIELD", "state": "IL", "postalCode": "62701-0000"}]


def code(text: str) -> dict[str, Any]:
    return {"coding": [{"code": text}]}


CLAIM: dict[str, Any] = {
    "resourceType": "Claim",
    "id": "c1",
    "identifier": [{"value": "F-1"}],
    "status": "active",
    "use": "claim",
    "type": code("professional"),
    "patient": {"reference": "Patient/p1"},
    "created": "2026-06-21",
    "provider": {"reference": "urn:uuid:clinic"},
    "priority": code("normal"),
    "careTeam": [{"sequence": 1, "provider": {"reference": "Practitioner/d1"}, "role": code("rendering")}],
    "diagnosis": [
        {"sequence": 7, "diagnosisCodeableConcept": code("E11.9")},
        {"sequence": 2, "diagnosisCodeableConcept": code("J06.9")},
    ],
    "insurance": [
        {"sequence": 1, "focal": True, "coverage": {"reference": "Coverage/k1"}, "preAuthRef": ["AUTH1"]},
        {"sequence": 2, "focal": False, "coverage": {"reference": "Coverage/k2"}},
    ],
    "item": [
        {
            "sequence": 1,
            "diagnosisSequence": [7],
            "productOrService": code("99213"),
            "modifier": [code("25")],
            "servicedDate": "2026-06-20",
            "locationCodeableConcept": code("11"),
            "quantity": {"value": 1},
            "net": {"value": 125.5, "currency": "USD"},
        }
    ],
    "total": {"value": 125.5},
}
AROUND: list[dict[str, Any]] = [
    {
        "resourceType": "Patient",
        "id": "p1",
        "name": [{"use": "official", "family": "QUILLFEATHER", "given": ["ADA", "B"]}],
        "birthDate": "1980-02-03",
        "gender": "female",
        "address": ADDRESS,
    },
    {
        "resourceType": "Organization",
        "id": "clinic",
        "name": "LAKESIDE CLINIC",
        "identifier": [{"system": NPI, "value": "1234567893"}, {"system": TAX, "value": "12-3456789"}],
        "address": ADDRESS,
    },
    {
        "resourceType": "Practitioner",
        "id": "d1",
        "name": [{"family": "HEALER", "given": ["ANN"]}],
        "identifier": [{"system": NPI, "value": "1234567893"}],
    },
    {"resourceType": "Organization", "id": "i1", "name": "PAYER ONE", "identifier": [{"value": "PAYER1"}]},
    {"resourceType": "Organization", "id": "i2", "name": "PAYER TWO", "identifier": [{"value": "PAYER2"}]},
    {
        "resourceType": "Coverage",
        "id": "k1",
        "subscriberId": "MEMBER77",
        "relationship": code("self"),
        "payor": [{"reference": "Organization/i1"}],
        "class": [{"type": code("group"), "value": "G9"}],
    },
    {
        "resourceType": "Coverage",
        "id": "k2",
        "subscriberId": "MEMBER88",
        "relationship": code("self"),
        "payor": [{"reference": "Organization/i2"}],
    },
]


def bundle(*claims: dict[str, Any]) -> bytes:
    entries = [{"resource": one} for one in (*claims, *AROUND)]
    entries[len(claims) + 1]["fullUrl"] = "urn:uuid:clinic"  # type: ignore[assignment]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def claim(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(CLAIM) | changes


def read(content: bytes) -> tuple[list[Claim837], list[Finding]]:
    items = list(read_fhir([content[:11], content[11:]]))
    return [one for one in items if isinstance(one, Claim837)], [one for one in items if isinstance(one, Finding)]


def test_a_bundle_gives_the_claim_an_837_gives() -> None:
    (one,), findings = read(bundle(claim()))
    assert findings == []
    assert (one.patient_control_number, one.charge_cents, one.facility_code) == ("F-1", 125_50, "11")
    assert [(d.qualifier, d.code) for d in one.diagnoses] == [("ABK", "J069"), ("ABF", "E119")]
    (line,) = one.lines
    assert (line.procedure, line.modifiers, line.diagnosis_pointers) == ("99213", ("25",), (2,))
    assert line.service_from == date(2026, 6, 20)
    assert (one.billing.npi, one.billing.tax_id) == ("1234567893", "123456789")
    assert one.rendering is not None
    assert (one.rendering.name, one.rendering.entity_type) == ("HEALER", "1")
    assert (one.payer.id, one.subscriber.member_id, one.subscriber.group_number) == ("PAYER1", "MEMBER77", "G9")
    assert (one.subscriber.person.last_name, one.subscriber.person.sex) == ("QUILLFEATHER", "F")
    assert one.prior_authorization_number == "AUTH1"
    (second,) = one.other_payers
    assert (second.payer.id, second.subscriber.payer_responsibility) == ("PAYER2", "S")
    assert one.subscriber.payer_responsibility == "P"


def test_a_claim_alone_carries_what_it_refers_to() -> None:
    contained = copy.deepcopy(AROUND)
    alone = claim(
        contained=contained,
        patient={"reference": "#p1"},
        provider={"reference": "#clinic"},
        careTeam=[],
        insurance=[{"sequence": 1, "focal": True, "coverage": {"reference": "#k1"}}],
    )
    contained[5]["payor"] = [{"reference": "#i1"}]
    (one,), findings = read(json.dumps(alone).encode())
    assert findings == []
    assert (one.billing.name, one.payer.id) == ("LAKESIDE CLINIC", "PAYER1")


def test_an_institutional_claim_has_its_bill_type_and_period() -> None:
    stay = claim(
        type=code("institutional"),
        billablePeriod={"start": "2026-06-20T09:30:00Z", "end": "2026-06-22"},
        careTeam=[{"sequence": 1, "provider": {"reference": "Practitioner/d1"}, "role": code("attending")}],
        supportingInfo=[
            {"category": code("typeofbill"), "code": code("0131")},
            {"category": code("discharge-status"), "code": code("01")},
        ],
    )
    stay["item"][0]["revenue"] = code("300")
    (one,), findings = read(bundle(stay))
    assert findings == []
    assert (one.facility_code, one.facility_qualifier, one.frequency_code) == ("13", "A", "1")
    assert (one.statement_from, one.statement_to) == (date(2026, 6, 20), date(2026, 6, 22))
    assert one.attending is not None
    assert (one.lines[0].revenue_code, one.lines[0].diagnosis_pointers) == ("0300", ())
    assert one.extras == (("CL1", "", "", "01"),)


NUBC = "https://www.nubc.org/CodeSystem/"


def said(system: str, value: str, **more: Any) -> dict[str, Any]:
    return {"category": code("info"), "code": {"coding": [{"system": NUBC + system, "code": value}]}, **more}


def test_a_stay_has_its_hours_codes_and_procedures_and_leaves_as_it_came() -> None:
    def operation(number: int, pcs: str, kind: str) -> dict[str, Any]:
        system = "http://www.cms.gov/Medicare/Coding/ICD10"
        concept = {"coding": [{"system": system, "code": pcs}]}
        return {
            "sequence": number,
            "type": [code(kind)],
            "date": "2026-06-21T10:00:00Z",
            "procedureCodeableConcept": concept,
        }

    stay = claim(
        type=code("institutional"),
        billablePeriod={"start": "2026-06-20", "end": "2026-06-22"},
        supportingInfo=[
            {"category": code("typeofbill"), "code": code("0111")},
            {
                "category": code("admissionperiod"),
                "timingPeriod": {"start": "2026-06-20T09:30:00Z", "end": "2026-06-22T11:00:00Z"},
            },
            {"category": code("admtype"), "code": code("1")},
            {"category": code("pointoforigin"), "code": code("7")},
            {"category": code("discharge-status"), "code": code("01")},
            {"category": code("drg"), "code": code("470")},
            said("ConditionCodes", "07"),
            said("OccurrenceCodes", "11", timingDate="2026-06-17"),
            said("OccurrenceSpanCodes", "74", timingPeriod={"start": "2026-06-18", "end": "2026-06-19"}),
            said("ValueCodes", "A2", valueQuantity={"value": 15.31}),
        ],
        procedure=[operation(1, "0DTJ4ZZ", "other"), operation(2, "0SR9019", "principal")],
    )
    stay["item"][0]["revenue"] = code("360")
    (one,), findings = read(bundle(stay))
    assert findings == []
    part = lift(one).institutional
    assert part is not None
    assert (part.admitted_at, part.discharged_at, part.drg) == (time(9, 30), time(11), "470")
    assert (part.admission_type, part.admission_source, part.patient_status) == ("1", "7", "01")
    assert part.condition_codes == ("07",)
    assert [(each.qualifier, each.code) for each in part.occurrences] == [("BI", "74"), ("BH", "11")]
    assert [(each.code, each.value_cents) for each in part.value_codes] == [("A2", 15_31)]
    assert [(each.qualifier, each.code) for each in part.procedures] == [("BBR", "0SR9019"), ("BBQ", "0DTJ4ZZ")]
    assert part.procedures[0].on == date(2026, 6, 21)
    bad = {**stay, "supportingInfo": [*stay["supportingInfo"], said("ValueCodes", "A3")]}
    _, (finding,) = read(bundle(bad))
    assert "value code A3 has no number" in finding.message


def test_a_charge_bundle_is_named_by_its_system() -> None:
    one = claim()
    one["item"][0]["productOrService"] = {"coding": [{"system": "urn:revcycle:charge-bundle", "code": "knee"}]}
    (found,), findings = read(bundle(one))
    assert findings == []
    assert (found.lines[0].bundle, found.lines[0].procedure, found.lines[0].modifiers) == ("KNEE", "", ())


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in claim().items() if key != name}


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (claim(status="draft"), "status"),
        (claim(use="predetermination"), "use"),
        (claim(type=code("pharmacy")), "Claim.type"),
        (claim(identifier=[], id=""), "identifier"),
        (claim(patient={"reference": "Patient/nobody"}), "patient refers"),
        (claim(insurance=[{"sequence": 1, "focal": False, "coverage": {"reference": "Coverage/k1"}}]), "focal"),
        (without("item"), "item"),
        (claim(item=[{"sequence": 1, "productOrService": code("1"), "net": {"value": "much"}}]), "item.0.net.value"),
        (claim(item=[{"sequence": 1, "productOrService": code("1"), "net": {"value": 1.005}}]), "cent"),
        (claim(item=[{"sequence": 1, "productOrService": code("1"), "diagnosisSequence": [9]}]), "diagnosis"),
        (claim(type=code("institutional")), "type of bill"),
    ],
)
def test_a_bad_resource_is_named_and_its_neighbours_go_on(bad: dict[str, Any], words: str) -> None:
    claims, (finding,) = read(bundle(claim(), bad, claim(identifier=[{"value": "F-3"}])))
    assert [one.patient_control_number for one in claims] == ["F-1", "F-3"]
    assert (finding.segment_number, words in finding.message) == (2, True)
    assert "much" not in finding.message
    assert "QUILL" not in finding.message


def test_lines_of_ndjson_stand_alone() -> None:
    content = b"\n".join([bundle(claim()), b"{oops", bundle(claim(identifier=[{"value": "F-2"}]))])
    claims, (finding,) = read(content)
    assert [(one.patient_control_number, one.segment_number) for one in claims] == [("F-1", 1), ("F-2", 3)]
    assert (finding.code, finding.segment_number) == ("FHIR:json", 2)


@pytest.mark.parametrize("content", [b"", b"no json", b"[]", b"\xff\xfe"])
def test_a_file_that_is_no_fhir_is_refused_with_a_sentence(content: bytes) -> None:
    with pytest.raises(X12Error) as error:
        read(content)
    assert error.value.finding.code == "FHIR:json"


async def test_a_bundle_travels_to_the_payer_and_names_lie_sealed(tmp_path: Path) -> None:
    world: World = make_world(tmp_path)
    await world.drop("claims.json", bundle(claim(), claim(status="draft")))
    (file,) = await world.files()
    assert (file.form, file.taken, file.findings_total) == ("fhir", 1, 1)
    assert [one.holds for one in await world.claims()] == [()]
    await world.verify_coverage()
    assert len(world.events(ClaimReceived)) == len(world.events(ClaimSubmitted)) == 1
    lying = await world.published() + world.lying()
    assert b"QUILLFEATHER" not in lying
    assert b"MEMBER88" not in lying
