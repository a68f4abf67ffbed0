"""A hospital's stay over HTTP: a rate of the bill, lines without procedures, the DRG that only the payer states."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shared.contracts import ClaimSubmitted, SubmittedLine
from shared.x12.adjustments import Adjustment
from shared.x12.era835 import ClaimPayment, ServicePayment
from tests.payments.agreed import PAYER
from tests.payments.cashier import Cashier, make_cashier
from tests.payments.kit import SERVICE
from tests.payments.test_underpayments_api import agreed, claim, remit

BY_DRG: dict[str, Any] = {
    "name": "Hospital agreement",
    "valid_from": "2026-01-01",
    "owner": "contract management",
    "source": "Exhibit C",
    "scope": {"payer_ids": [PAYER], "claim_types": ["I"]},
    "terms": [{"id": "drg", "method": "case_rate", "rates": {"470": 12_000_00}}],
}
ROWS = (("0120", 9_000_00, 2_000_00, "3"), ("0250", 6_000_00, 1_500_00, "10"))
"""Revenue code, charge, CO-45 and units."""


@pytest.fixture
def desk(tmp_path: Path) -> Cashier:
    return make_cashier(tmp_path)


def stay() -> ClaimSubmitted:
    lines = tuple(
        SubmittedLine(
            line_control_number=str(n),
            procedure="",
            charge_cents=charge,
            service_from=SERVICE,
            units=units,
            revenue_code=code,
        )
        for n, (code, charge, _, units) in enumerate(ROWS, 1)
    )
    return claim().model_copy(
        update={"lines": lines, "charge_cents": 15_000_00, "claim_type": "I", "facility_code": "11"}
    )


def decision(drg: str = "470") -> ClaimPayment:
    lines = tuple(
        ServicePayment(
            procedure_qualifier="NU",
            procedure=code,
            charge_cents=charge,
            paid_cents=charge - less,
            units=Decimal(units),
            service_date=SERVICE,
            adjustments=(Adjustment("CO", "45", less),),
        )
        for code, charge, less, units in ROWS
    )
    return ClaimPayment(
        patient_control_number="PCN-clm_a",
        status="1",
        charge_cents=15_000_00,
        paid_cents=11_500_00,
        filing_code="12",
        payer_claim_control_number="ICN1",
        facility_code="11",
        frequency_code="1",
        drg_code=drg,
        lines=lines,
    )


async def test_a_case_rate_by_the_payers_drg(desk: Cashier) -> None:
    await agreed(desk, BY_DRG)
    await desk.world.hear(stay())
    await remit(desk, decision())
    [found] = await desk.get("/underpayments")
    assert (found["expected_cents"], found["allowed_cents"], found["short_cents"]) == (12_000_00, 11_500_00, 500_00)
    [line] = (await desk.get(f"/underpayments/{found['underpayment_id']}"))["case"]["lines"]
    assert line["lines"] == [1, 2]


async def test_a_drg_without_a_rate_is_said_and_is_no_work(desk: Cashier) -> None:
    await agreed(desk, BY_DRG)
    await desk.world.hear(stay())
    await remit(desk, decision("871"))
    assert await desk.get("/underpayments") == []
    [unsaid] = await desk.get("/expected?outcome=cannot_say&because=no_price")
    assert unsaid["claim_id"] == "clm_a"


async def test_what_the_payer_states_as_allowed_counts_before_its_adjustments(desk: Cashier) -> None:
    await agreed(desk, BY_DRG)
    await desk.world.hear(stay())
    made = decision()
    stated = tuple(
        replace(one, allowed_cents=cents) for one, cents in zip(made.lines, (7_500_00, 4_500_00), strict=True)
    )
    await remit(desk, replace(made, lines=stated))
    assert await desk.get("/underpayments") == []
    [fine] = await desk.get("/expected?outcome=as_expected")
    assert fine["cases"][0]["allowed_cents"] == 12_000_00
