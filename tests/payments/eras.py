"""835 files for tests: remittances that balance by their own arithmetic, and the claims they answer."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from samples.match import Match
from shared.contracts import ClaimSubmitted
from shared.x12.adjustments import Adjustment
from shared.x12.claim837 import Claim837, read_837
from shared.x12.era835 import (
    Account,
    Address,
    ClaimPayment,
    Party,
    Payer,
    ProviderAdjustment,
    Remittance835,
    ServicePayment,
    write_835,
)
from tests.payments.kit import TODAY, submitted

AT = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)


def answered(
    pcn: str,
    paid_cents: int,
    cas: Sequence[tuple[str, str, int]] = (),
    *,
    charge_cents: int = 10_000,
    status: str = "1",
    control_number: str = "ICN1",
) -> ClaimPayment:
    """A CLP with one line that carries every adjustment."""
    line = ServicePayment(
        procedure_qualifier="HC",
        procedure="99213",
        charge_cents=charge_cents,
        paid_cents=paid_cents,
        service_date=date(2026, 6, 1),
        adjustments=tuple(Adjustment(*one) for one in cas),
    )
    return ClaimPayment(
        patient_control_number=pcn,
        status=status,
        charge_cents=charge_cents,
        paid_cents=paid_cents,
        patient_responsibility_cents=sum(cents for group, _, cents in cas if group == "PR") or None,
        filing_code="12",
        payer_claim_control_number=control_number,
        lines=(line,),
    )


def check(
    claims: Sequence[ClaimPayment],
    *,
    trace: str = "T1",
    adjustments: Sequence[ProviderAdjustment] = (),
    off_by_cents: int = 0,
    on: date = TODAY,
) -> Remittance835:
    """One payment for these claims; `off_by_cents` makes BPR02 wrong."""
    paid = sum(one.paid_cents or 0 for one in claims)
    withheld = sum(one.amount_cents or 0 for one in adjustments)
    address = Address("1 MAIN ST", "", "SPRINGFIELD", "IL", "62701")
    return Remittance835(
        payment_cents=paid - withheld + off_by_cents,
        credit_debit="C",
        method="ACH",
        payment_format="CCP",
        payment_date=on,
        trace_number=trace,
        payer_id="1999999999",
        originator_id="1999999999",
        payer=Payer("ACME HEALTH", "", address),
        payee=Party(name="LAKESIDE CLINIC", npi="1234567893"),
        claims=tuple(claims),
        provider_adjustments=tuple(adjustments),
        production_date=on,
        handling="I",
        sender_account=Account("01", "999999992", "DA", "123"),
        receiver_account=Account("01", "999999992", "DA", "456"),
    )


def era_file(*checks: Remittance835, control: int = 1) -> bytes:
    return write_835(list(checks), control, control, AT, "ACME", "LAKESIDE")


def withheld(amount_cents: int, code: str = "WO") -> ProviderAdjustment:
    return ProviderAdjustment("1234567893", date(2026, 12, 31), code, "ICN0", amount_cents)


def submissions(match: Match) -> Iterator[ClaimSubmitted]:
    """What the claims service says of the claims that were made for a public remittance."""
    for claim in read_837([match.claims]):
        if isinstance(claim, Claim837):
            yield submission_of(claim, match.tenant)


def submission_of(claim: Claim837, tenant: str) -> ClaimSubmitted:
    control = claim.patient_control_number
    claim_id = f"clm_{tenant}_{control}"
    made = submitted(claim_id, claim.charge_cents or 0)
    meta = made.meta.model_copy(update={"tenant": tenant, "key": f"acct_{control}", "source": "claims"})
    return made.model_copy(update={"meta": meta, "account_id": f"acct_{control}", "patient_control_number": control})


def mangled(payment: ClaimPayment, **changes: int | None) -> ClaimPayment:
    """The claim with amounts changed or left out, its line untouched."""
    return replace(payment, **changes)  # type: ignore[arg-type]
