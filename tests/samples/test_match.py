"""The claims made for the public remittances, compared with ground truth and with the remittances themselves."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from samples.match import PAYER_ID, Match, main, match_all
from shared.x12.era835 import ClaimPayment, Remittance835, read_835
from tests.samples.plain837 import luhn_holds, read


@pytest.fixture(scope="module")
def matches() -> list[Match]:
    return match_all()


def test_every_remittance_has_claims_with_its_charges(matches: list[Match]) -> None:
    truth = json.loads(Path("samples/corpus/truth_835.json").read_text())
    assert {f"835/{one.name}" for one in matches} == set(truth)
    for one in matches:
        expected = truth[f"835/{one.name}"]
        claims = read(one.claims).claims
        assert len(claims) == expected["claims"]
        assert sum(claim.total for claim in claims) == Decimal(expected["total_charge"])


def test_every_payment_finds_its_claim_with_the_same_charge_and_lines(matches: list[Match]) -> None:
    for one in matches:
        claims = {claim.control_number: claim for claim in read(one.claims).claims}
        for payment in _payments(one.remittance):
            claim = claims.pop(payment.patient_control_number)
            assert claim.total * 100 == payment.charge_cents
            charges = [line.charge_cents for line in payment.lines if line.charge_cents]
            if sum(charges) == payment.charge_cents:
                assert [charge * 100 for charge in claim.charges] == charges
        assert claims == {}


def test_control_numbers_are_distinct_within_a_tenant_and_short_enough(matches: list[Match]) -> None:
    numbers = [(one.tenant, claim.control_number) for one in matches for claim in read(one.claims).claims]
    assert len(numbers) == len(set(numbers)) == 32
    assert all(len(control) <= 20 for _, control in numbers)


def test_a_remittance_is_passed_on_as_it_is_unless_it_was_renumbered(matches: list[Match]) -> None:
    for one in matches:
        original = (Path("samples/corpus/835") / one.name).read_bytes()
        assert (one.remittance == original) == (not one.renumbered)
        assert _amounts(one.remittance) == _amounts(original)


def test_the_claims_are_clean_and_go_to_the_payer_that_never_pays(matches: list[Match]) -> None:
    for one in matches:
        plain = read(one.claims)
        assert plain.faults == []
        assert all(luhn_holds(npi) for npi in plain.npis)
        for claim in plain.claims:
            assert claim.payer_id == PAYER_ID
            assert sum(claim.charges) == claim.total


def test_the_command_line_writes_both_files(tmp_path: Path) -> None:
    main(["--out", str(tmp_path)], say=lambda _: None)
    assert len(list(tmp_path.rglob("*.837"))) == len(list(tmp_path.rglob("*.835"))) == 15


def _payments(content: bytes) -> list[ClaimPayment]:
    return [claim for one in read_835([content]) if isinstance(one, Remittance835) for claim in one.claims]


def _amounts(content: bytes) -> list[tuple[int | None, int | None, int]]:
    return [(one.charge_cents, one.paid_cents, len(one.lines)) for one in _payments(content)]
