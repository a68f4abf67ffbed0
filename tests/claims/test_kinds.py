"""Institutional and dental claims: read, kept in one model, scrubbed by their own rules, sent under their own guide."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from services.claims.claim_kinds import claim_type_of, kind_segments, lift
from services.claims.core.content import ClaimContent, Dental, Institutional, Provider
from services.claims.core.scrub import Case, scrub
from services.claims.from_x12 import content_of
from services.claims.identity import identity_of
from services.claims.to_x12 import claim837_of
from shared.contracts import ClaimSubmitted
from shared.x12.claim837 import Claim837, read_837
from shared.x12.generate import Order, generate
from tests.claims.makers import GOOD, NPI, POLICY, TODAY, line
from tests.claims.world import World, make_world

CORPUS = Path(__file__).parents[2] / "samples" / "corpus"
SAMPLES = sorted(str(path.relative_to(CORPUS)) for kind in ("837i", "837d") for path in (CORPUS / kind).rglob("*.*"))
READABLE = [name for name in SAMPLES if "004010" not in name]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def claims_of(content: bytes) -> list[Claim837]:
    return [one for one in read_837([content]) if isinstance(one, Claim837)]


def kept_and_back(claim: Claim837) -> Claim837:
    """Through content and identity, as a claim that waits in the store."""
    parts = lift(claim)
    content = ClaimContent.model_validate_json(content_of(claim, parts).model_dump_json())
    return claim837_of(content, identity_of(claim, parts.kept))


def codes(claim: Claim837) -> dict[str, list[str]]:
    """The kept segments of a claim by tag; of HI each code, as a code may change its segment."""
    found: dict[str, list[str]] = {}
    for tag, *rest in claim.extras:
        found.setdefault(tag, []).extend(rest if tag == "HI" else ["*".join(rest)])
    return {tag: sorted(texts) for tag, texts in found.items()}


@pytest.mark.parametrize("name", READABLE)
def test_a_claim_of_any_kind_comes_out_of_the_model_as_it_went_in(name: str) -> None:
    for claim in claims_of((CORPUS / name).read_bytes()):
        back = kept_and_back(claim)
        numbered = tuple(
            replace(one, line_control_number=one.line_control_number or str(place))
            for place, one in enumerate(claim.lines, 1)
        )
        blank: dict[str, Any] = {
            "extras": (),
            "header": None,
            "findings": (),
            "segment_number": 0,
            "byte_offset": 0,
            "transaction": "",
            "admission_date": None,
        }
        assert replace(back, **blank) == replace(claim, lines=numbered, **blank)
        assert codes(back) == codes(claim)


def test_what_an_institutional_claim_says_is_typed() -> None:
    path = CORPUS / "837i" / "stupidedi" / "X223A2_837-institutional-claim.edi"
    (claim,) = claims_of(path.read_bytes())
    parts = lift(claim)
    content = content_of(claim, parts)
    hospital = content.institutional
    assert hospital is not None
    assert (content.claim_type, content.type_of_bill) == ("I", "141")
    assert (content.service_from, content.service_to) == (date(1996, 9, 11), date(1996, 9, 11))
    assert (hospital.admission_type, hospital.patient_status) == ("3", "01")
    assert hospital.condition_codes == ("09",)
    assert [(one.code, one.value_cents) for one in hospital.value_codes] == [("A2", 15_31)]
    assert hospital.attending is not None
    assert hospital.attending.name == "JONES"
    # A1 and B1 carry the birth dates of the insured: they stay sealed.
    assert [one.code for one in hospital.occurrences] == ["A2", "B2"]
    assert ("HI", "BH:A1:D8:19261111", "BH:B1:D8:19261111") in parts.kept
    assert [(one.revenue_code, one.procedure) for one in content.lines] == [("0305", "85025"), ("0730", "93005")]


def test_an_hour_of_admission_is_kept_with_its_day() -> None:
    segments = (("DTP", "435", "DT", "202606200930"), ("DTP", "096", "TM", "1415"), ("HI", "BBR:0DTJ4ZZ:D8:20260621"))
    claim = Claim837("P1", 100, facility_code="11", facility_qualifier="A", extras=segments, lines=(), header=None)
    claim = replace(claim, lines=(replace(claims_of(generated("837I"))[0].lines[0]),))
    parts = lift(claim)
    assert parts.institutional is not None
    assert (parts.admission_date, parts.institutional.admitted_at) == (date(2026, 6, 20), time(9, 30))
    assert parts.institutional.discharged_at == time(14, 15)
    assert parts.kept == ()
    assert set(kind_segments(content_of(claim, parts))) == set(segments)


def test_what_a_dental_claim_says_is_typed() -> None:
    folder = CORPUS / "837d" / "stupidedi"
    (claim,) = claims_of((folder / "X224A2_commercial-health-insurance.edi").read_bytes())
    content = content_of(claim, lift(claim))
    dental = content.lines[0].dental
    assert (content.claim_type, content.service_from) == ("D", date(2006, 10, 29))
    assert dental is not None
    assert [(tooth.number, tooth.surfaces) for tooth in dental.teeth] == [("12", ("M", "O"))]
    (braces,) = claims_of((folder / "X224A2_orthodontic-treatment-plan.edi").read_bytes())
    plan = lift(braces).dental
    assert plan is not None
    assert str(plan.orthodontic_months) == "36"


@pytest.mark.parametrize("segment", [("HI", "BE:A2:::oops"), ("HI", "BH:A2:D8:20269999"), ("CL1", "1", "2", "3", "4")])
def test_a_segment_that_would_not_come_back_is_kept_as_it_is(segment: tuple[str, ...]) -> None:
    (claim,) = claims_of(generated("837I", 1))
    assert segment in lift(replace(claim, extras=(segment,))).kept


def test_a_content_of_before_the_kinds_reads_as_professional() -> None:
    stored = GOOD.model_dump(mode="json", exclude={"claim_type", "institutional", "dental"})
    assert ClaimContent.model_validate_json(ClaimContent.model_validate(stored, strict=False).model_dump_json()) == GOOD


def generated(guide: Any, claims: int = 2) -> bytes:
    return b"".join(generate(Order(guide, claims)))


@pytest.mark.parametrize("guide", ["837I", "837D"])
async def test_claims_of_every_kind_travel_from_the_folder_to_the_payer(world: World, guide: str) -> None:
    content = generated(guide, 12)
    await world.drop("day.837", content)
    assert [one.holds for one in await world.claims() if one.status == "held"] == []
    await world.verify_coverage()
    assert len(world.events(ClaimSubmitted)) == 12
    (sent,) = world.outbox().values()
    written, came = claims_of(sent), claims_of(content)
    assert {one.header.guide for one in written if one.header} == {guide}
    blank: dict[str, Any] = {"header": None, "segment_number": 0, "byte_offset": 0, "transaction": ""}
    assert sorted(map(str, (replace(one, **blank) for one in written))) == sorted(
        map(str, (replace(one, **blank) for one in came))
    )


async def test_one_file_never_mixes_guides(world: World) -> None:
    for guide in ("837P", "837I", "837D"):
        await world.drop(f"{guide}.837", generated(guide, 3))
    await world.verify_coverage()
    assert len(world.events(ClaimSubmitted)) == 9
    guides = [{one.header.guide for one in claims_of(file) if one.header} for file in world.outbox().values()]
    assert {guide for (guide,) in guides} == {"837P", "837I", "837D"}
    numbers = [one.interchange for one in await world.submissions()]
    assert len(set(numbers)) == 3


@pytest.mark.parametrize("name", SAMPLES)
async def test_every_public_sample_is_taken_or_refused_with_a_reason(world: World, name: str) -> None:
    await world.drop("sample.837", (CORPUS / name).read_bytes())
    (file,) = await world.files()
    claims = await world.claims()
    assert file.taken == len(claims)
    assert all(one.holds for one in claims if one.status == "held")
    assert (file.status == "quarantined") == ("004010" in name)
    if "004010" in name:
        assert file.reason is not None
        assert "005010X223" in file.reason.message


HOSPITAL = Institutional(
    statement_from=date(2026, 6, 20),
    statement_to=date(2026, 6, 22),
    patient_status="01",
    admission_type="1",
    attending=Provider(name="HEALER", first_name="ANN", npi=NPI, entity_type="1"),
)
STAY = GOOD.model_copy(
    update={
        "claim_type": "I",
        "facility_code": "11",
        "facility_qualifier": "A",
        "admission_date": date(2026, 6, 20),
        "institutional": HOSPITAL,
        "lines": (line(procedure="", revenue_code="0120", diagnosis_pointers=(), service_from=None, service_to=None),),
    }
)


def hospital(**changes: Any) -> ClaimContent:
    return STAY.model_copy(update={"institutional": HOSPITAL.model_copy(update=changes)})


def found(content: ClaimContent) -> Iterator[tuple[str, str]]:
    return ((reason.rule, reason.field) for reason in scrub(Case(content, TODAY, POLICY)))


def test_a_good_stay_passes() -> None:
    assert list(found(STAY)) == []


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (hospital(statement_from=None), ("institutional", "institutional.statement_from")),
        (hospital(statement_to=date(2026, 6, 19)), ("institutional", "institutional.statement_to")),
        (hospital(attending=None), ("institutional", "institutional.attending")),
        (hospital(patient_status=""), ("institutional", "institutional.patient_status")),
        (hospital(admission_type=""), ("institutional", "institutional.admission_type")),
        (hospital(patient_status="30"), ("institutional", "institutional.patient_status")),
        (STAY.model_copy(update={"admission_date": None}), ("institutional", "admission_date")),
        (STAY.model_copy(update={"facility_code": "1"}), ("institutional", "facility_code")),
        (STAY.model_copy(update={"frequency_code": "6"}), ("frequency-code", "frequency_code")),
        (STAY.model_copy(update={"lines": (line(revenue_code=""),)}), ("procedure", "lines[0].revenue_code")),
        (
            hospital(attending=Provider(name="HEALER", npi="1234567890")),
            ("npi-check-digit", "institutional.attending.npi"),
        ),
    ],
)
def test_a_broken_stay_is_held_with_the_field(content: ClaimContent, fault: tuple[str, str]) -> None:
    assert fault in set(found(content))


def test_a_dental_claim_needs_a_day_somewhere() -> None:
    undated = line(procedure_qualifier="AD", procedure="D2150", service_from=None, service_to=None, units=None)
    dental = GOOD.model_copy(update={"claim_type": "D", "diagnoses": (), "lines": (undated,)})
    assert ("dental-service-date", "lines[0].service_from") in set(found(dental))
    dated = dental.model_copy(update={"dental": Dental(service_on=date(2026, 6, 20))})
    pointing = dated.model_copy(update={"lines": (undated.model_copy(update={"diagnosis_pointers": ()}),)})
    assert list(found(pointing)) == []


def test_the_kind_without_a_file_is_told_by_the_lines() -> None:
    (claim, *_) = claims_of(generated("837D"))
    assert claim_type_of(replace(claim, header=None)) == "D"
