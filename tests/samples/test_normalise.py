"""The normalised samples, read by a second reader and compared with ground truth that another library confirmed."""

import json
from collections import Counter
from collections.abc import Hashable, Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from samples.normalise import NotProfessionalError, main, normalise, normalise_all
from tests.samples.plain837 import PlainClaim, PlainFile, luhn_holds, read

CORPUS = Path("samples/corpus")
JUNE = (date(2026, 6, 1), date(2026, 6, 30))


@pytest.fixture(scope="module")
def copies() -> dict[str, bytes]:
    return normalise_all(CORPUS / "837p")


@pytest.fixture(scope="module")
def plain(copies: dict[str, bytes]) -> dict[str, PlainFile]:
    return {name: read(content) for name, content in copies.items()}


@pytest.fixture(scope="module")
def claims(plain: dict[str, PlainFile]) -> list[PlainClaim]:
    return [claim for one in plain.values() for claim in one.claims]


def test_every_professional_5010_file_is_copied_with_the_claims_lines_and_charges_of_the_original(
    plain: dict[str, PlainFile],
) -> None:
    truth = json.loads((CORPUS / "truth_837.json").read_text())
    assert len(plain) == 45
    for name, copy in plain.items():
        expected = truth[f"837p/{name}"]
        assert len(copy.claims) == expected["claims"], name
        assert sum(len(claim.charges) for claim in copy.claims) == expected["service_lines"], name
        assert sum(claim.total for claim in copy.claims) == Decimal(expected["total_charges"]), name


def test_the_envelope_counts_and_levels_of_every_copy_are_right(plain: dict[str, PlainFile]) -> None:
    assert {name: one.faults for name, one in plain.items() if one.faults} == {}
    assert all(version.startswith("005010X222") for one in plain.values() for version in one.versions)


def test_line_charges_sum_to_the_claim_and_none_is_negative(claims: list[PlainClaim]) -> None:
    for claim in claims:
        assert sum(claim.charges) == claim.total
        assert min(claim.charges) >= 0


def test_every_npi_has_its_check_digit(plain: dict[str, PlainFile]) -> None:
    npis = [npi for one in plain.values() for npi in one.npis]
    assert len(npis) > 1000
    assert [npi for npi in npis if not luhn_holds(npi)] == []


def test_every_line_has_a_service_date_in_the_month_before_the_start(claims: list[PlainClaim]) -> None:
    for claim in claims:
        days = claim.dates("472")
        lines = sum(one[0] == "DTP" and one[1] == "472" for one in claim.segments)
        assert lines >= len(claim.charges)
        assert JUNE[0] <= min(days) <= max(days) <= JUNE[1]


def test_no_date_of_a_claim_lies_after_the_start(claims: list[PlainClaim]) -> None:
    later = [one[1] for claim in claims for one in claim.all("DTP") if max(claim.dates(one[1])) > JUNE[1]]
    assert later == []


def test_birth_dates_are_dates_before_the_month(plain: dict[str, PlainFile]) -> None:
    born = [date.fromisoformat(text) for one in plain.values() for text in one.birth_dates]
    assert len(born) > 1500
    assert max(born) < JUNE[0]
    assert min(born) > date(1930, 1, 1)


def test_control_numbers_and_subscribers_are_distinct_over_all_files(
    plain: dict[str, PlainFile], claims: list[PlainClaim]
) -> None:
    assert not _repeated(claim.control_number for claim in claims)
    assert all(len(claim.control_number) <= 20 for claim in claims)
    assert not _repeated(number for one in plain.values() for number in one.interchange_numbers)
    loops = {id(claim.subscriber): claim.member for claim in claims}
    assert not _repeated(loops.values())
    assert not _repeated(member[3] for member in loops.values())


def test_no_two_claims_of_a_subscriber_share_their_days(claims: list[PlainClaim]) -> None:
    keys = [
        (claim.member, str(sorted(claim.dates("472"))), str([one[1] for one in claim.all("SV1")])) for claim in claims
    ]
    assert not _repeated(keys)


def test_diagnoses_are_icd_10_and_every_pointer_finds_one(claims: list[PlainClaim]) -> None:
    for claim in claims:
        codes = [
            code.split(claim.component) for one in claim.all("HI") for code in one[1:] if code[:3] in ("ABK", "ABF")
        ]
        assert codes
        assert codes[0][0] == "ABK"
        assert not _repeated(code for _, code in codes)
        for service in claim.all("SV1"):
            assert all(1 <= int(one) <= len(codes) for one in service[7].split(claim.component))


def test_the_patient_has_name_birth_date_and_address(claims: list[PlainClaim]) -> None:
    for claim in claims:
        who = claim.patient or claim.subscriber
        assert {"NM1", "N3", "N4", "DMG"} <= {one[0] for one in who}
        insurance = next(one for one in claim.subscriber if one[0] == "SBR")
        assert (insurance[2] == "18") == (not claim.patient)


def test_payers_are_those_of_the_originals(copies: dict[str, bytes]) -> None:
    for name, copy in copies.items():
        original = (CORPUS / "837p" / name).read_bytes().decode()
        payers = {claim.payer_id for claim in read(copy).claims}
        assert all(payer in original for payer in payers), name


def test_the_same_file_and_seed_give_the_same_copy_and_another_seed_another() -> None:
    content = (CORPUS / "837p/imsweb/x12_complex.txt").read_bytes()
    assert normalise(content) == normalise(content)
    assert normalise(content, seed=1) != normalise(content, seed=2)


def test_the_start_moves_the_month() -> None:
    content = (CORPUS / "837p/imsweb/x12_no_errors.txt").read_bytes()
    days = [day for claim in read(normalise(content, start=date(2027, 3, 15))).claims for day in claim.dates("472")]
    assert date(2027, 3, 1) <= min(days) <= max(days) <= date(2027, 3, 14)


def test_a_copy_can_be_copied_again(copies: dict[str, bytes]) -> None:
    for content in copies.values():
        again = read(normalise(content))
        assert again.faults == []
        assert [claim.total for claim in again.claims] == [claim.total for claim in read(content).claims]


def test_another_guide_is_refused() -> None:
    with pytest.raises(NotProfessionalError, match="GS08"):
        normalise((CORPUS / "835/lfh-x12/835_005010X221A1_managed-care.835").read_bytes())


def test_the_command_line_writes_the_copies(tmp_path: Path) -> None:
    said: list[str] = []
    main(["--out", str(tmp_path / "out"), str(CORPUS / "837p/imsweb/x12_no_errors.txt")], say=said.append)
    assert said == [str(tmp_path / "out" / "imsweb-x12_no_errors.837")]
    assert len(read(Path(said[0]).read_bytes()).claims) == 2


def _repeated(items: Iterable[Hashable]) -> list[Hashable]:
    return [item for item, count in Counter(items).items() if count > 1]
