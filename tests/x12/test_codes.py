"""External codes by value and day, and what a file is told about them."""

import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.x12.adjustments import Adjustment
from shared.x12.claim837 import Claim837, Diagnosis, OtherPayer, read_837
from shared.x12.claim_rules import check_claim
from shared.x12.code_rules import check_remittance_codes, service_days
from shared.x12.codes import CodeTable, Standing, TableName, sources, standing, table
from shared.x12.era835 import ClaimPayment, Remark, Remittance835, ServicePayment
from shared.x12.findings import Finding, Severity
from shared.x12.invented import ICD_10
from shared.x12.invented_claims import invented_claim
from tests.x12.support import CORPUS, chunks, corpus_files

IN_2026 = date(2026, 7, 1)
TABLES: tuple[TableName, ...] = ("icd_10_cm", "place_of_service", "claim_adjustment_reason", "remittance_remark")


@pytest.mark.parametrize(
    ("code", "day", "wanted"),
    [
        ("I10", IN_2026, Standing.VALID),
        ("M545", date(2021, 9, 30), Standing.VALID),
        ("M545", date(2021, 10, 1), Standing.INCOMPLETE),
        ("M5450", date(2021, 9, 30), Standing.NOT_THEN),
        ("M5450", date(2021, 10, 1), Standing.VALID),
        ("E11", IN_2026, Standing.INCOMPLETE),
        ("E119", IN_2026, Standing.VALID),
        ("U071", date(2020, 3, 31), Standing.NOT_THEN),
        ("U071", date(2020, 4, 1), Standing.VALID),
        ("Z9114", date(2023, 3, 31), Standing.VALID),
        ("Z9114", date(2023, 4, 1), Standing.INCOMPLETE),
        ("Z91141", date(2023, 3, 31), Standing.NOT_THEN),
        ("Z91A4", date(2023, 10, 1), Standing.INCOMPLETE),
        ("QA00101", IN_2026, Standing.VALID),
        ("I1", IN_2026, Standing.UNKNOWN),
        ("I100", IN_2026, Standing.UNKNOWN),
        ("I1000000", IN_2026, Standing.UNKNOWN),
        ("", IN_2026, Standing.UNKNOWN),
        ("I10", date(2026, 10, 1), Standing.VALID),
        ("I100", date(2026, 10, 1), Standing.NEWER),
        ("I10", date(2018, 9, 30), Standing.NOT_EVALUABLE),
    ],
)
def test_diagnoses_by_day(code: str, day: date, wanted: Standing) -> None:
    assert standing("icd_10_cm", code, day) == wanted


def test_a_service_over_a_change_may_use_either_years_codes() -> None:
    days = date(2021, 9, 30), date(2021, 10, 1)

    assert standing("icd_10_cm", "M545", *days) == standing("icd_10_cm", "M5450", *days) == Standing.VALID


@pytest.mark.parametrize(
    ("day", "codes"),
    [(date(2018, 10, 1), 71_932), (date(2022, 10, 1), 73_639), (date(2023, 4, 1), 73_674), (IN_2026, 74_719)],
)
def test_the_table_has_as_many_diagnoses_as_were_announced(day: date, codes: int) -> None:
    diagnoses = table("icd_10_cm")

    assert sum(begun <= day <= ended for _, begun, ended in diagnoses.periods()) == codes


@pytest.mark.parametrize(
    ("name", "code", "day", "wanted"),
    [
        ("place_of_service", "11", IN_2026, Standing.VALID),
        ("place_of_service", "10", date(2021, 12, 31), Standing.NOT_THEN),
        ("place_of_service", "10", date(2022, 1, 1), Standing.VALID),
        ("place_of_service", "30", date(2020, 1, 1), Standing.UNKNOWN),
        ("place_of_service", "30", IN_2026, Standing.NEWER),
        ("claim_adjustment_reason", "45", IN_2026, Standing.VALID),
        ("claim_adjustment_reason", "A2", date(2008, 1, 2), Standing.NOT_THEN),
        ("claim_adjustment_reason", "306", date(2010, 1, 1), Standing.UNKNOWN),
        ("claim_adjustment_reason", "306", IN_2026, Standing.NEWER),
        ("remittance_remark", "N381", IN_2026, Standing.VALID),
        ("remittance_remark", "MA1", date(2010, 1, 1), Standing.NEWER),
    ],
)
def test_other_lists_by_day(name: TableName, code: str, day: date, wanted: Standing) -> None:
    assert table(name).standing(code, day) == wanted


@pytest.mark.parametrize("name", TABLES)
def test_every_table_says_whose_it_is_and_holds_no_text(name: TableName) -> None:
    source = sources()[name]

    assert source.owner
    assert source.rebuild
    assert source.first_day < source.last_day
    assert all(len(code) <= 7 and code.isascii() and code.isalnum() for code, _, _ in table(name).periods())


def test_importing_reads_no_table() -> None:
    asked = "import shared.x12.claim_rules; from shared.x12 import codes; print(codes.table.cache_info().currsize)"

    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "0"


DAYS = st.dates(date(2018, 10, 1), date(2026, 9, 30))
CODES = st.text("AB1", min_size=1, max_size=4)


@given(st.lists(st.tuples(DAYS, DAYS, st.sets(CODES, min_size=1)), max_size=5), CODES, DAYS, st.integers(0, 400))
def test_a_table_agrees_with_looking_at_every_line(
    lines: list[tuple[date, date, set[str]]], code: str, first: date, days: int
) -> None:
    last = first + timedelta(days=days)
    made = CodeTable(sources()["icd_10_cm"], (f"{begun} {ended} {' '.join(codes)}" for begun, ended, codes in lines))

    open_then = {one for begun, ended, codes in lines for one in codes if begun <= last and first <= ended}
    ever = {one for _, _, codes in lines for one in codes}
    found = made.standing(code, first, last)

    assert (found == Standing.VALID) == (code in open_then)
    longer = len(code) > 2 and any(one != code and one.startswith(code) for one in open_then)
    if code not in open_then:
        assert (found == Standing.INCOMPLETE) == longer
        assert longer or (found == Standing.NOT_THEN) == (code in ever)


CLAIM = invented_claim("837P", 1, 1, IN_2026)


def told(claim: Claim837) -> list[tuple[Severity, str]]:
    return [(one.severity, one.code) for one in check_claim(claim) if one.code.startswith("SNIP5")]


def diagnosed(code: str, day: date = IN_2026, qualifier: str = "ABK") -> Claim837:
    lines = tuple(replace(one, service_from=day, service_to=day) for one in CLAIM.lines)
    return replace(CLAIM, diagnoses=(Diagnosis(qualifier, code),), lines=lines)


@pytest.mark.parametrize(
    ("claim", "wanted"),
    [
        (diagnosed("I10"), []),
        (diagnosed("E11"), [(Severity.ERROR, "SNIP5:diagnosis-incomplete")]),
        (diagnosed("M5450", date(2021, 9, 30)), [(Severity.ERROR, "SNIP5:diagnosis-date")]),
        (diagnosed("I100"), [(Severity.ERROR, "SNIP5:diagnosis-unknown")]),
        (diagnosed("I100", date(2027, 1, 2)), [(Severity.WARNING, "SNIP5:diagnosis-newer")]),
        (diagnosed("I100", date(2017, 1, 2)), [(Severity.INFO, "SNIP5:diagnosis-not-evaluable")]),
        (diagnosed("4019", date(2015, 9, 30), "BK"), []),
        (diagnosed("4019", date(2015, 10, 1), "BK"), [(Severity.ERROR, "SNIP5:diagnosis-version")]),
        (diagnosed("I10", date(2015, 9, 30)), [(Severity.ERROR, "SNIP5:diagnosis-version")]),
        (replace(CLAIM, facility_code="30"), [(Severity.WARNING, "SNIP5:place-newer")]),
        (replace(diagnosed("I10", date(2021, 1, 5)), facility_code="10"), [(Severity.ERROR, "SNIP5:place-date")]),
    ],
)
def test_a_claim_is_told_what_is_wrong_with_its_codes(claim: Claim837, wanted: list[tuple[Severity, str]]) -> None:
    assert told(claim) == wanted


def test_what_is_too_new_names_the_last_day_of_the_table() -> None:
    (found,) = [one for one in check_claim(diagnosed("I100", date(2027, 1, 2))) if one.code.endswith("newer")]

    assert "2026-09-30" in found.message


def test_of_many_codes_too_old_to_judge_one_is_named() -> None:
    old = replace(diagnosed("I10", date(2017, 1, 2)), diagnoses=(Diagnosis("ABK", "I10"), Diagnosis("ABF", "E119")))

    assert told(old) == [(Severity.INFO, "SNIP5:diagnosis-not-evaluable")]


def test_an_inpatient_claim_is_judged_on_its_last_day() -> None:
    claim = replace(diagnosed("M545"), statement_from=date(2021, 9, 1), statement_to=date(2021, 10, 2))

    assert service_days(claim) == (date(2021, 10, 2), date(2021, 10, 2))
    assert told(claim)[:1] == [(Severity.ERROR, "SNIP5:diagnosis-incomplete")]


def test_a_claim_without_days_is_not_judged() -> None:
    claim = replace(
        diagnosed("I100"), lines=tuple(replace(one, service_from=None, service_to=None) for one in CLAIM.lines)
    )

    assert told(claim) == []


def test_a_prior_payers_reason_is_judged_on_the_day_it_decided() -> None:
    stopped = (Adjustment("CO", "A2", 100),)
    claim = replace(CLAIM, other_payers=(OtherPayer(adjustments=stopped, adjudicated_on=date(2020, 1, 1)),))

    assert told(claim) == [(Severity.WARNING, "SNIP5:adjustment-reason-date")]


def paid(reason: str, remark: str = "N381", status: str = "1") -> Remittance835:
    line = ServicePayment(adjustments=(Adjustment("CO", reason, 1),) * 2, remarks=(Remark("HE", remark),))
    claim = ClaimPayment("P1", status, 100, 99, lines=(line, line))
    return Remittance835(99, payment_date=IN_2026, claims=(claim, claim))


def codes_of(findings: list[Finding]) -> list[tuple[Severity, str]]:
    return [(one.severity, one.code) for one in findings]


@pytest.mark.parametrize(
    ("remittance", "wanted"),
    [
        (paid("45"), []),
        (paid("A2"), [(Severity.WARNING, "SNIP5:adjustment-reason-date")]),
        (paid("A2", status="22"), []),
        (paid("306"), [(Severity.WARNING, "SNIP5:adjustment-reason-newer")]),
        (paid("45", "N999"), [(Severity.WARNING, "SNIP5:remark-newer")]),
        (replace(paid("306"), payment_date=date(2012, 1, 1)), [(Severity.ERROR, "SNIP5:adjustment-reason-unknown")]),
        (replace(paid("306"), payment_date=None), []),
    ],
)
def test_a_remittance_is_told_each_doubtful_code_once(
    remittance: Remittance835, wanted: list[tuple[Severity, str]]
) -> None:
    assert codes_of(list(check_remittance_codes(remittance))) == wanted


PUBLISHED = [one for kind in ("837p", "837i", "837d") for one in corpus_files(kind) if one.parent.name == "stupidedi"]


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.name[:60])
def test_the_published_examples_have_no_wrong_code_for_their_time(path: Path) -> None:
    claims = [one for one in read_837(chunks(path)) if isinstance(one, Claim837)]

    assert claims
    found = [one for claim in claims for one in check_claim(claim) if one.code.startswith("SNIP5:diagnosis")]
    assert [one for one in found if one.severity != Severity.INFO] == []


def test_invented_diagnoses_are_billable() -> None:
    assert {standing("icd_10_cm", code, IN_2026) for code in ICD_10} == {Standing.VALID}


def test_a_real_file_with_old_codes_on_new_services_is_told() -> None:
    claims = read_837(chunks(CORPUS / "837p/imsweb/x12_writer_test.txt"))

    found = {one.code for claim in claims if isinstance(claim, Claim837) for one in check_claim(claim)}

    assert "SNIP5:diagnosis-version" in found
