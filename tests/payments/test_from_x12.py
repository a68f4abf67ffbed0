"""What the core learns of a claim payment: everything that says why, by claim and by line."""

from datetime import date

from services.payments.core.remittance import Header
from services.payments.from_x12 import remitted_claim
from shared.x12.adjustments import Adjustment
from shared.x12.era835 import ClaimPayment, ServicePayment
from shared.x12.era835_views import Remark
from shared.x12.parties import Named

HEADER = Header(
    payer_id="60054",
    trace_number="TRN1",
    payment_cents=60_00,
    payment_date=date(2026, 7, 1),
    method="ACH",
    handling="I",
    claims=1,
    provider_adjustments=0,
    content_hash="0",
    file_id="file_1",
    transaction=1,
)


def test_remarks_modifiers_and_the_next_payer_come_along() -> None:
    line = ServicePayment(
        procedure="99213",
        modifiers=("25",),
        charge_cents=100_00,
        paid_cents=60_00,
        adjustments=(Adjustment("CO", "16", 40_00),),
        remarks=(Remark("HE", "N290"), Remark("RX", "NOT-A-RARC")),
    )
    payment = ClaimPayment(
        patient_control_number="PCN1",
        status="19",
        charge_cents=100_00,
        paid_cents=60_00,
        filing_code="MB",
        remarks=("MA130",),
        lines=(line,),
        crossover=Named(id="61044"),
    )
    remitted = remitted_claim(payment, "rem_1", HEADER, 1)
    assert (remitted.remark_codes, remitted.filing_code, remitted.forwarded_to) == (("MA130",), "MB", "61044")
    assert [(one.modifiers, one.remark_codes) for one in remitted.lines] == [(("25",), ("N290",))]
