"""Claims on paper: what stands in which box, what does not fit, what is drawn, and how it gets out."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from services.claims.claim_kinds import lift
from services.claims.core.content import (
    ClaimContent,
    ContentLine,
    DatedCode,
    DiagnosisCode,
    DrugCode,
    Institutional,
    OtherPayerContent,
    PostalAddress,
    Provider,
    ValueCode,
)
from services.claims.from_x12 import content_of
from services.claims.identity import Identity, LineIdentity, identity_of
from services.claims.paper import LAYOUTS, PLAIN, TEST_MARK, paper_pages, paper_pdf, preprinted
from services.claims.paper_texts import PaperError
from services.claims.routing import routing_table
from shared.contracts import ClaimSubmitted
from shared.policy import PolicyError
from shared.x12.claim837 import Address, Claim837, Person, Subscriber, read_837
from shared.x12.findings import X12Error
from tests.claims.callers import CLAIM, calling
from tests.claims.makers import NPI
from tests.claims.test_partners import SUBMITTER, day, partner, routing_file, send
from tests.claims.world import TENANT, World, make_world

A_FILE = 4
CORPUS = Path(__file__).parents[2] / "samples" / "corpus"
ON = date(2026, 7, 1)
AT = datetime(2026, 7, 1, 8, tzinfo=UTC)
HOME_ADDRESS = Address("12 ELM ST", "APT 4", "SPRINGFIELD", "IL", "62701")
PARENT = Person("QUILLFEATHER", "ADA", "MAY", "", date(1980, 2, 3), "F", HOME_ADDRESS)
CHILD = Person("QUILLFEATHER", "Zoë", "", "JR", date(2015, 12, 9), "M", HOME_ADDRESS)
OTHER_PARENT = Person("QUILLFEATHER", "BO", "", "", date(1979, 5, 6), "M", HOME_ADDRESS)
PATIENT = Identity(
    subscriber=Subscriber(PARENT, "MEMBER77", "GRP1", "ACME STAFF", "", "P"),
    patient=CHILD,
    patient_relationship="19",
    other_subscribers=(Subscriber(OTHER_PARENT, "OTHER88", "GRP2", "BOAT YARD", "19", "S"),),
    lines=(LineIdentity(), LineIdentity("UNUSUAL VACCINE"), LineIdentity()),
    extras=(
        ("NTE", "ADD", "SEEN AT HOME FIRST"),
        ("DTP", "360", "D8", "20260601"),
        ("DTP", "361", "D8", "20260610"),
        ("REF", "EA", "CHART9"),
        ("HI", "BH:A1:D8:19800203"),
    ),
)
CLINIC = Provider(
    name="LAKESIDE CLINIC",
    npi=NPI,
    tax_id="12-3456789",
    tax_id_qualifier="EI",
    taxonomy="207Q00000X",
    contact_phone="2175550100",
    address=PostalAddress(line1="1 MAIN ST", city="SPRINGFIELD", state="IL", postal_code="627010001"),
)
DOCTOR = Provider(name="QUICK", first_name="JO", middle_name="ANN", entity_type="1", npi="1456789124")
OTHER_PAYER = OtherPayerContent(payer_id="PAYER2", payer_name="PAYER TWO", paid_cents=20_00)


def charged(procedure: str, cents: int, *pointers: int, **changes: Any) -> ContentLine:
    given: dict[str, Any] = {
        "number": "1",
        "procedure_qualifier": "HC",
        "procedure": procedure,
        "charge_cents": cents,
        "unit": "UN",
        "units": Decimal(1),
        "diagnosis_pointers": pointers,
        "service_from": date(2026, 6, 20),
        "service_to": date(2026, 6, 21),
    }
    return ContentLine(**{**given, **changes})


def diagnoses(count: int, *first: str) -> tuple[DiagnosisCode, ...]:
    kinds = first or ("ABK",)
    return tuple(DiagnosisCode(qualifier=kinds[n] if n < len(kinds) else "ABF", code=f"J{n:02}9") for n in range(count))


PROFESSIONAL = ClaimContent(
    patient_control_number="PCN1",
    charge_cents=1325_50,
    facility_code="11",
    frequency_code="7",
    payer_claim_control_number="ICN5",
    prior_authorization_number="AUTH3",
    diagnoses=diagnoses(12),
    lines=(
        charged("99213", 125_00, 1, 12, modifiers=("25", "GT"), emergency=True),
        charged("90749", 1200_50, 2, units=Decimal("1.5"), rendering=Provider(name="NURSE", npi="1987654328")),
        charged("J1100", 0, 3, drug=DrugCode(ndc="00409123401", quantity=Decimal("2.50"), unit="ML"), epsdt=True),
    ),
    billing=CLINIC,
    rendering=DOCTOR,
    referring=DOCTOR,
    payer_id="PAYER1",
    payer_name="PAYER ONE",
    payer_address=PostalAddress(line1="PO BOX 9", city="CHICAGO", state="IL", postal_code="60601"),
    claim_filing_code="CI",
    assignment="A",
    benefits_assigned="Y",
    release_of_information="Y",
    provider_signature="Y",
    related_causes=("AA",),
    accident_state="IL",
    accident_date=date(2026, 5, 30),
    onset_date=date(2026, 6, 1),
    admission_date=date(2026, 6, 2),
    discharge_date=date(2026, 6, 4),
    patient_paid_cents=5_25,
    other_payers=(OTHER_PAYER,),
)
INSTITUTIONAL = ClaimContent(
    claim_type="I",
    patient_control_number="HOSP1",
    charge_cents=5000_00,
    facility_code="11",
    facility_qualifier="A",
    diagnoses=(
        DiagnosisCode(qualifier="ABK", code="I2109", present_on_admission="Y"),
        DiagnosisCode(qualifier="ABF", code="E119", present_on_admission="N"),
        DiagnosisCode(qualifier="ABJ", code="R079"),
        DiagnosisCode(qualifier="APR", code="R0602"),
        DiagnosisCode(qualifier="ABN", code="W1830XA"),
    ),
    lines=(
        ContentLine(number="1", revenue_code="120", charge_cents=4000_00, units=Decimal(3), unit="DA"),
        charged("93005", 1000_00, revenue_code="0730", non_covered_cents=10_00, modifiers=("TC",)),
    ),
    billing=CLINIC,
    pay_to=Provider(name="LAKESIDE LOCKBOX", address=PostalAddress(line1="PO BOX 1", city="PEORIA", state="IL")),
    payer_id="PAYER1",
    payer_name="PAYER ONE",
    payer_responsibility="P",
    prior_authorization_number="AUTH3",
    admission_date=date(2026, 6, 2),
    accident_state="IL",
    release_of_information="Y",
    benefits_assigned="Y",
    other_payers=(OTHER_PAYER,),
    referring=DOCTOR,
    institutional=Institutional(
        statement_from=date(2026, 6, 2),
        statement_to=date(2026, 6, 5),
        admitted_at=time(13, 45),
        discharged_at=time(9, 5),
        admission_type="1",
        admission_source="7",
        patient_status="01",
        condition_codes=("C1", "44"),
        occurrences=(
            DatedCode(qualifier="BH", code="11", on=date(2026, 6, 1)),
            DatedCode(qualifier="BI", code="74", on=date(2026, 6, 3), to=date(2026, 6, 4)),
        ),
        value_codes=(ValueCode(code="80", value_cents=3_00), ValueCode(code="A1", value_cents=1676_00)),
        procedures=(
            DatedCode(qualifier="BBR", code="02703ZZ", on=date(2026, 6, 2)),
            DatedCode(qualifier="BBQ", code="4A023N7", on=date(2026, 6, 3)),
        ),
        drg="246",
        attending=DOCTOR,
    ),
)
PAPER_DESK = partner("paperdesk", '["*"]', 'transport = "paper"\n') + partner("clearinghouse", '["*"]')


def boxes(claim: ClaimContent, identity: Identity = PATIENT) -> list[dict[str, str]]:
    return [page.boxes for page in paper_pages(claim, identity, ON)]


def text_of(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def changed(claim: ClaimContent, **changes: Any) -> ClaimContent:
    return claim.model_copy(update=changes)


@pytest.mark.parametrize(
    "expected",
    [
        {"carrier.1": "PAYER ONE", "carrier.2": "PO BOX 9", "carrier.3": "CHICAGO IL 60601"},
        {"1": "GROUP", "1a": "MEMBER77", "11": "GRP1", "11c": "ACME STAFF"},
        {"2": "QUILLFEATHER JR, ZOE", "3.birth_date": "12 09 2015", "3.sex": "M", "6": "CHILD"},
        {"4": "QUILLFEATHER, ADA, M", "11a.birth_date": "02 03 1980", "11a.sex": "F"},
        {"5.street": "12 ELM ST APT 4", "5.city": "SPRINGFIELD", "5.state": "IL", "7.zip": "62701"},
        {"9": "QUILLFEATHER, BO", "9a": "GRP2", "9d": "BOAT YARD", "11d": "YES"},
        {"10a": "NO", "10b": "YES", "10b.state": "IL", "10c": "NO"},
        {"12": "SIGNATURE ON FILE", "13": "SIGNATURE ON FILE", "31": "SIGNATURE ON FILE"},
        {"14": "06 01 26", "14.qualifier": "431", "15": "05 30 26", "15.qualifier": "439"},
        {"16.from": "06 01 26", "16.to": "06 10 26", "18.from": "06 02 26", "18.to": "06 04 26"},
        {"17.qualifier": "DN", "17": "JO A QUICK", "17b": "1456789124", "19": "SEEN AT HOME FIRST", "20": "NO"},
        {"21.indicator": "0", "21.A": "J009", "21.L": "J119"},
        {"22.code": "7", "22.original": "ICN5", "23": "AUTH3"},
        {"24.1.A.from": "06 20 26", "24.1.A.to": "06 21 26", "24.1.B": "11", "24.1.C": "Y"},
        {"24.1.D": "99213", "24.1.D.1": "25", "24.1.D.2": "GT", "24.1.E": "AL", "24.1.F": "125 00", "24.1.G": "1"},
        {"24.1.J": "1456789124", "24.2.J": "1987654328", "24.2.F": "1200 50", "24.2.G": "1.5"},
        {"24.2.shaded": "ZZUNUSUAL VACCINE", "24.3.shaded": "N400409123401   ML2.5", "24.3.H": "Y"},
        {"25": "123456789", "25.type": "EIN", "26": "PCN1", "27": "YES", "28": "1325 50", "29": "25 25"},
        {"32.name": "LAKESIDE CLINIC", "32a": NPI, "33a": NPI, "33b": "ZZ207Q00000X", "33.phone": "2175550100"},
    ],
)
def test_boxes_of_a_cms_1500(expected: dict[str, str]) -> None:
    (page,) = boxes(PROFESSIONAL)
    assert {box: page.get(box) for box in expected} == expected


def test_a_box_without_data_is_absent_and_an_adult_is_the_insured() -> None:
    plain_claim = changed(
        PROFESSIONAL, frequency_code="1", other_payers=(), facility_code="12", patient_paid_cents=None
    )
    alone = replace(PATIENT, patient=None, patient_relationship="", other_subscribers=(), extras=())
    (page,) = boxes(plain_claim, alone)
    assert (page["2"], page["6"], page["11d"]) == ("QUILLFEATHER, ADA, M", "SELF", "NO")
    assert not {"9", "19", "22.code", "22.original", "29", "32a", "32.name"} & set(page)
    assert all(page.values())


@pytest.mark.parametrize(
    ("filing_code", "group", "expected"),
    [
        ("MB", "", ("MEDICARE", "NONE")),
        ("MC", "", ("MEDICAID", None)),
        ("CH", "G", ("TRICARE", "G")),
        ("HM", "", ("OTHER", None)),
    ],
)
def test_kind_of_coverage(filing_code: str, group: str, expected: tuple[str, str | None]) -> None:
    identity = replace(PATIENT, subscriber=replace(PATIENT.subscriber, group_number=group))
    (page,) = boxes(changed(PROFESSIONAL, claim_filing_code=filing_code), identity)
    assert (page["1"], page.get("11")) == expected


def test_six_lines_a_page_and_the_total_on_the_last() -> None:
    lines = tuple(charged(f"9921{n % 5}", 100 + n, 1) for n in range(14))
    pages = boxes(changed(PROFESSIONAL, lines=lines))
    assert [sum(box.startswith("24.") and box.endswith(".D") for box in page) for page in pages] == [6, 6, 2]
    assert [page.get("28") for page in pages] == [None, None, "1325 50"]
    assert [page["24.1.F"] for page in pages] == ["1 00", "1 06", "1 12"]
    assert [page["2"] for page in pages] == ["QUILLFEATHER JR, ZOE"] * 3


@pytest.mark.parametrize(
    "expected",
    [
        {
            "1.1": "LAKESIDE CLINIC",
            "1.2": "1 MAIN ST",
            "1.4": "2175550100",
            "2.1": "LAKESIDE LOCKBOX",
            "2.3": "PEORIA IL",
        },
        {"3a": "HOSP1", "3b": "CHART9", "4": "0111", "5": "123456789", "6.from": "060226", "6.through": "060526"},
        {"8b": "QUILLFEATHER JR, ZOE", "9a": "12 ELM ST APT 4", "9d": "62701", "10": "12092015", "11": "M"},
        {"12": "060226", "13": "13", "14": "1", "15": "7", "16": "09", "17": "01", "18": "C1", "19": "44", "29": "IL"},
        {"31a": "11", "31a.date": "060126", "32a": "A1", "32a.date": "020380"},
        {"35a": "74", "35a.from": "060326", "35a.through": "060426", "38.1": "PAYER ONE"},
        {"39a": "80", "39a.amount": "3 00", "40a": "A1", "40a.amount": "1676 00"},
        {"42.1": "0120", "46.1": "3", "47.1": "4000 00", "42.2": "0730", "44.2": "93005TC", "45.2": "062026"},
        {"48.2": "10 00", "42.23": "0001", "43.23": "PAGE 1 OF 1", "45.23": "070126", "47.23": "5000 00"},
        {"50.A": "PAYER ONE", "51.A": "PAYER1", "52.A": "Y", "53.A": "Y", "56": NPI, "63.A": "AUTH3"},
        {"50.B": "PAYER TWO", "54.B": "20 00", "58.B": "QUILLFEATHER, BO", "59.B": "19", "60.B": "OTHER88"},
        {"58.A": "QUILLFEATHER, ADA M", "59.A": "19", "60.A": "MEMBER77", "61.A": "ACME STAFF", "62.A": "GRP1"},
        {"66": "0", "67": "I2109", "67.poa": "Y", "67A": "E119", "67A.poa": "N", "69": "R079", "70a": "R0602"},
        {"71": "246", "72a": "W1830XA", "74": "02703ZZ", "74.date": "060226", "74a": "4A023N7", "74a.date": "060326"},
        {"76.npi": "1456789124", "76.last": "QUICK", "76.first": "JO", "78.type": "DN", "80": "SEEN AT HOME FIRST"},
        {"81a.qualifier": "B3", "81a": "207Q00000X"},
    ],
)
def test_locators_of_a_ub_04(expected: dict[str, str]) -> None:
    (page,) = boxes(INSTITUTIONAL)
    assert {box: page.get(box) for box in expected} == expected


def test_twenty_two_lines_a_page_and_the_total_on_the_last() -> None:
    lines = tuple(ContentLine(number=str(n), revenue_code="0250", charge_cents=100) for n in range(45))
    pages = boxes(changed(INSTITUTIONAL, lines=lines))
    assert [page["43.23"] for page in pages] == ["PAGE 1 OF 3", "PAGE 2 OF 3", "PAGE 3 OF 3"]
    assert [page.get("42.23") for page in pages] == [None, None, "0001"]
    assert [sum(box.startswith("47.") for box in page) for page in pages] == [22, 22, 2]


def test_a_secondary_claim_has_its_payer_in_the_second_row() -> None:
    first = replace(PATIENT.other_subscribers[0], payer_responsibility="P")
    identity = replace(PATIENT, other_subscribers=(first,))
    (page,) = boxes(changed(INSTITUTIONAL, payer_responsibility="S"), identity)
    assert (page["50.A"], page["50.B"], page.get("63.A"), page["63.B"]) == ("PAYER TWO", "PAYER ONE", None, "AUTH3")


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        (changed(PROFESSIONAL, diagnoses=diagnoses(13)), "box 21: it has room for 12 diagnoses, and the claim has 13"),
        (changed(PROFESSIONAL, other_payers=(OTHER_PAYER,) * 2), "box 9: it has room for one other insurance"),
        (changed(PROFESSIONAL, patient_control_number="A" * 15), "box 26: it has room for 14 characters"),
        (changed(PROFESSIONAL, lines=(charged("99213", -1, 1),)), "box 24F: an amount below zero"),
        (changed(PROFESSIONAL, lines=(charged("99213", 1_000_000_00, 1),)), "box 24.1.F: it has room for 9"),
        (changed(PROFESSIONAL, lines=(charged("99213", 1, 13),)), "box 24E: a line points to diagnosis 13"),
        (
            changed(PROFESSIONAL, lines=(charged("99213", 1, 1, modifiers=("25",) * 5),)),
            "24.1.D.5: the form has no such",
        ),
        (changed(PROFESSIONAL, claim_type="D"), "a dental claim has no form on paper"),
        (changed(INSTITUTIONAL, diagnoses=diagnoses(19)), "box 67A-67Q: it has room for 17 other diagnoses"),
        (changed(INSTITUTIONAL, diagnoses=diagnoses(4, *("APR",) * 4)), "box 70: it has room for 3 reasons"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence_and_no_value(claim: ClaimContent, said: str) -> None:
    with pytest.raises(PaperError) as refused:
        paper_pages(claim, PATIENT, ON)
    assert said in refused.value.message
    assert "AAAA" not in refused.value.message


def test_a_long_name_ends_where_its_box_ends() -> None:
    long = replace(CHILD, last_name="Q" * 40)
    pages = paper_pages(PROFESSIONAL, replace(PATIENT, patient=long), ON)
    (text,) = text_of(paper_pdf(pages, AT, preprinted()))
    assert "Q" * 28 in text
    assert "Q" * 29 not in text


@pytest.mark.parametrize("claim", [PROFESSIONAL, INSTITUTIONAL])
def test_every_box_is_in_the_text_of_the_pdf(claim: ClaimContent) -> None:
    (page,) = pages = paper_pages(claim, PATIENT, ON)
    (text,) = text_of(paper_pdf(pages, AT, preprinted()))
    words, slots = set(text.split()), LAYOUTS[page.form].slots
    marked = [box for box in page.boxes if slots[box][0].choice]
    written = {word for box, value in page.boxes.items() if box not in marked for word in value.split()}
    missing = {word for word in written if word not in words and word not in text}
    assert not missing
    assert text.split().count("X") == len(marked)
    assert "Insured" not in text


def test_on_plain_paper_the_boxes_have_labels_and_the_same_input_gives_the_same_bytes() -> None:
    pages = paper_pages(PROFESSIONAL, PATIENT, ON)
    pdf = paper_pdf(pages, AT, PLAIN, test=True)
    (text,) = text_of(pdf)
    assert all(one in text for one in ("24A from", "33 Billing provider", "MEMBER77", "1325 50", TEST_MARK))
    assert pdf == paper_pdf(pages, AT, PLAIN, test=True)
    assert TEST_MARK not in text_of(paper_pdf(pages, AT))[0]


@pytest.mark.parametrize("form", LAYOUTS)
def test_no_two_boxes_of_a_form_share_a_place_and_all_lie_on_the_page(form: Any) -> None:
    taken: dict[tuple[int, int], str] = {}
    for box, slots in LAYOUTS[form].slots.items():
        for slot in slots:
            for column in range(slot.column, slot.column + slot.width):
                assert taken.setdefault((slot.line, column), box) == box
                assert (1 <= slot.line <= 66, 1 <= column <= 81) == (True, True)


async def test_a_partner_that_takes_paper_gets_one_pdf_and_the_claims_are_sent(tmp_path: Path) -> None:
    world = make_world(tmp_path, routing_file=routing_file(tmp_path, PAPER_DESK))
    await send(world, day(3))
    (submission,) = await world.submissions()
    (printed,) = printed_by(world)
    assert (submission.status, printed.name, printed.stat().st_size) == (
        "sent",
        f"{submission.submission_id}.pdf",
        submission.size,
    )
    texts = "".join(text_of(printed.read_bytes()))
    numbers = [one.content.patient_control_number for one in await world.claims() if one.content]
    assert len(numbers) == 3
    assert all(number.upper() in texts for number in numbers)
    assert len(world.events(ClaimSubmitted)) == 3
    assert world.outbox() == {}


async def test_a_claim_that_does_not_fit_is_held_and_its_neighbours_are_printed(tmp_path: Path) -> None:
    world = make_world(tmp_path, routing_file=routing_file(tmp_path, PAPER_DESK))
    content = day(3)
    await send(world, re.sub(rb"CLM\*[^*]+\*", b"CLM*TOOLONGFORPAPER1*", content, count=1))
    claims = await world.claims()
    assert sorted(one.status for one in claims) == ["held", "submitted", "submitted"]
    (held,) = (one for one in claims if one.status == "held")
    assert [(one.rule, one.field) for one in held.holds] == [("paper", "26")]
    assert len(printed_by(world)) == 1
    assert "TOOLONGFORPAPER1" not in "".join(text_of(printed_by(world)[0].read_bytes()))


async def test_a_biller_looks_at_a_claim_on_paper_and_the_look_is_audited(tmp_path: Path) -> None:
    async with calling(tmp_path) as client:
        await client.post("/claims", CLAIM)
        (claim,) = await client.world.claims()
        path = f"/claims/{claim.claim_id}/paper.pdf"
        assert (await client.get(path, role="operator")).status_code == 403
        assert (await client.get(path, tenant="elsewhere")).status_code == 404
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
        assert "QUILLFEATHER, ADA" in text_of(answer.content)[0]
        bare = text_of((await client.get(f"{path}?form=true")).content)[0]
        assert "QUILLFEATHER, ADA" in bare
        assert "Insured" not in bare
        notes = await client.world.store.notes("audit", TENANT, None, 100)
        looks = [note for note in notes if note["action"] == "claim.paper.read"]
        assert len(looks) == 2


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('claim_types = ["D"]\n', "claim_types are some of I, P with transport paper"),
        ("[partner.paperdesk.paper]\nred = true\n", "partner.paperdesk.paper has the unknown red"),
    ],
)
def test_a_paper_partner_that_cannot_be(tmp_path: Path, more: str, said: str) -> None:
    text = partner("paperdesk", '["*"]', f'transport = "paper"\n{more}') + partner()
    with pytest.raises(PolicyError, match=said):
        routing_table(routing_file(tmp_path, text, SUBMITTER))


def test_every_public_sample_has_pages_or_a_sentence() -> None:
    """Professional and institutional claims of other people's files: what is printed is what the claim says."""
    printed, refused = 0, list[str]()
    for claim in samples():
        parts = lift(claim)
        content, identity = content_of(claim, parts), identity_of(claim, parts.kept)
        try:
            pages = paper_pages(content, identity, ON)
        except PaperError as error:
            refused.append(error.message)
            continue
        printed += 1
        box = "26" if content.claim_type == "P" else "3a"
        size = 6 if content.claim_type == "P" else 22
        assert {page.boxes.get(box, "") for page in pages} == {content.patient_control_number.strip().upper()}
        assert len(pages) == max(1, -(-len(content.lines) // size))
        assert len(PdfReader(io.BytesIO(paper_pdf(pages, AT))).pages) == len(pages)
    assert printed > 50
    assert refused
    assert all(one.startswith(("CMS-1500, box", "UB-04, box")) for one in refused)


def samples() -> Iterator[Claim837]:
    for kind in ("837p", "837i"):
        for path in sorted(one for one in (CORPUS / kind).rglob("*") if one.is_file()):
            try:
                found = (one for one in read_837([path.read_bytes()]) if isinstance(one, Claim837))
                yield from islice(found, A_FILE)
            except X12Error:
                continue  # a file that is broken on purpose is no claim


def printed_by(world: World) -> list[Path]:
    return sorted((world.exchange / TENANT / "paper" / "paperdesk" / "to_payer").glob("*.pdf"))
