"""The generated day, read by the second reader."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from samples.generate import generate, generate_claims, main
from shared.x12.invented import PAYERS
from tests.samples.plain837 import PlainFile, luhn_holds, read


@pytest.fixture(scope="module")
def plain() -> dict[str, PlainFile]:
    return {tenant: read(content) for tenant, content in generate().items()}


def test_a_thousand_claims_of_two_tenants(plain: dict[str, PlainFile]) -> None:
    assert {tenant: len(one.claims) for tenant, one in plain.items()} == {"lakeside": 500, "northgate": 500}
    assert {tenant: one.faults for tenant, one in plain.items()} == {"lakeside": [], "northgate": []}


def test_every_claim_is_consistent(plain: dict[str, PlainFile]) -> None:
    for one in plain.values():
        assert all(luhn_holds(npi) for npi in one.npis)
        for claim in one.claims:
            assert sum(claim.charges) == claim.total
            assert min(claim.charges) > 0
            assert 1 <= len(claim.charges) <= 6
            assert date(2026, 6, 3) <= min(claim.dates("472")) <= max(claim.dates("472")) <= date(2026, 6, 30)
            assert {"NM1", "N3", "N4", "DMG"} <= {segment[0] for segment in claim.patient or claim.subscriber}


def test_the_mix_is_wide(plain: dict[str, PlainFile]) -> None:
    claims = [claim for one in plain.values() for claim in one.claims]
    assert {claim.payer_id for claim in claims} == set(PAYERS)
    assert 650 <= len({claim.member for claim in claims}) <= 750
    assert len({npi for one in plain.values() for npi in one.npis}) == 42, "forty providers and two practices"
    assert sum(bool(claim.patient) for claim in claims) > 80
    assert len(Counter(len(claim.charges) for claim in claims)) == 6


def test_control_numbers_are_distinct_and_no_visit_is_billed_twice(plain: dict[str, PlainFile]) -> None:
    claims = [claim for one in plain.values() for claim in one.claims]
    assert len({claim.control_number for claim in claims}) == 1000
    assert len({(claim.member, *claim.dates("472")[:1]) for claim in claims}) == 1000
    assert len({number for one in plain.values() for number in one.interchange_numbers}) == 2


def test_a_seed_is_a_day() -> None:
    assert generate(20) == generate(20)
    assert generate(20, seed=1) != generate(20, seed=2)
    assert sum(len(claims) for claims in generate_claims(20).values()) == 20


def test_the_command_line_writes_a_file_per_tenant(tmp_path: Path) -> None:
    main(["--out", str(tmp_path), "--claims", "10", "--start", "2026-09-01"], say=lambda _: None)
    paths = sorted(tmp_path.rglob("*.837"))
    assert [path.parent.name for path in paths] == ["lakeside", "northgate"]
    assert len(read(paths[0].read_bytes()).claims) == 5
