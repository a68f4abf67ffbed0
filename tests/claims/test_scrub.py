"""Every rule of the scrubber, broken once."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.claims.core.content import DiagnosisCode, IntakeFinding
from services.claims.core.scrub import RULES, Case, npi_is_valid, scrub
from tests.claims.makers import GOOD, NPI, POLICY, TODAY, content, line

BROKEN: dict[str, Any] = {
    "npi-check-digit": content(billing=GOOD.billing.model_copy(update={"npi": "1234567890"})),
    "billing-npi": content(billing=GOOD.billing.model_copy(update={"npi": ""})),
    "billing-tax-id": content(billing=GOOD.billing.model_copy(update={"tax_id": ""})),
    "billing-address": content(billing=GOOD.billing.model_copy(update={"address": None})),
    "control-number": content(patient_control_number="X" * 21),
    "frequency-code": content(frequency_code="5"),
    "replaced-claim": content(frequency_code="7"),
    "payer-id": content(payer_id=""),
    "member-id": content(member_known=False),
    "patient-name": content(patient_named=False),
    "birth-date": content(birth_date_known=False),
    "diagnoses": content(diagnoses=(DiagnosisCode(qualifier="ABK", code="J069"),) * 13),
    "lines": content(lines=()),
    "charge": content(charge_cents=None),
    "charge-sum": content(charge_cents=126_00),
    "pointer-missing": content(lines=(line(diagnosis_pointers=()),)),
    "pointer-range": content(lines=(line(diagnosis_pointers=(2,)),)),
    "procedure": content(lines=(line(procedure=""),)),
    "modifiers": content(lines=(line(modifiers=("25", "LT", "59", "76", "77")),)),
    "line-charge": content(lines=(line(charge_cents=None),)),
    "units": content(lines=(line(units=Decimal(0)),)),
    "service-date-missing": content(lines=(line(service_from=None, service_to=None),)),
    "service-date-order": content(lines=(line(service_to=date(2026, 6, 19)),)),
    "line-control-number": content(lines=(line(line_control_number="9" * 31),)),
    "line-control-number-repeated": content(charge_cents=250_00, lines=(line(), line())),
    "service-date-future": content(
        lines=(line(service_from=TODAY + timedelta(days=1), service_to=TODAY + timedelta(days=1)),)
    ),
    "accident": content(related_causes=("AA",), accident_date=TODAY),
    "timely-filing": content(lines=(line(service_from=date(2026, 4, 1), service_to=date(2026, 4, 1)),)),
}


def rules_of(case: Case) -> set[str]:
    return {reason.rule for reason in scrub(case)}


def test_a_good_claim_passes() -> None:
    assert scrub(Case(GOOD, TODAY, POLICY)) == ()


@pytest.mark.parametrize("rule", sorted(BROKEN))
def test_a_broken_rule_is_named_alone(rule: str) -> None:
    assert rules_of(Case(BROKEN[rule], TODAY, POLICY)) == {rule}


def test_what_only_the_outside_knows_is_a_reason_too() -> None:
    finding = IntakeFinding(code="IK403:8", message="DTP03 is not a date.", segment="DTP", element=3, segment_number=9)
    case = Case(GOOD, TODAY, POLICY, duplicate_of="clm_9", control_number_held_by="clm_9", findings=(finding,))
    assert rules_of(case) == {"x12-structure", "duplicate-claim", "control-number-repeated"}
    assert "clm_9" in " ".join(reason.message for reason in scrub(case))


def test_every_rule_is_broken_by_some_example() -> None:
    outside = {"x12-structure", "duplicate-claim", "control-number-repeated"}
    outside |= {"institutional", "dental-service-date"}  # tests/claims/test_kinds.py
    assert set(BROKEN) | outside == {rule.id for rule in RULES}


@pytest.mark.parametrize(
    ("npi", "valid"),
    [(NPI, True), ("1234567890", False), ("3234567893", False), ("123456789", False), ("12345678 3", False)],
)
def test_npi_check_digit(npi: str, valid: bool) -> None:
    assert npi_is_valid(npi) is valid


def test_the_last_day_of_the_filing_limit_is_in_time() -> None:
    first_day = TODAY - timedelta(days=90)
    in_time = content(lines=(line(service_from=first_day, service_to=first_day),))
    assert scrub(Case(in_time, TODAY, POLICY)) == ()
    assert rules_of(Case(in_time, TODAY + timedelta(days=1), POLICY)) == {"timely-filing"}


def test_a_void_of_a_duplicate_is_not_a_duplicate() -> None:
    void = content(frequency_code="8", payer_claim_control_number="ICN1")
    assert scrub(Case(void, TODAY, POLICY, duplicate_of="clm_9")) == ()


def test_a_reason_never_holds_a_value_of_the_claim() -> None:
    for broken in BROKEN.values():
        for reason in scrub(Case(broken, TODAY, POLICY)):
            assert not {"1234567890", "PCN1", "J069", "99213"} & set(reason.message.split())
