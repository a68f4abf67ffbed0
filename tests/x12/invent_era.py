"""Invented remittances."""

from hypothesis import strategies as st

from shared.x12.era835 import (
    Account,
    ClaimPayment,
    Named,
    Party,
    Payer,
    ProviderAdjustment,
    Remark,
    Remittance835,
    ServicePayment,
)
from tests.x12.invent import addresses, adjustments, cents, codes, days, maybe, npis, some_day, units, words

named = st.builds(Named, last_name=words, first_name=maybe, id_qualifier=st.just("MI"), id=codes)


@st.composite
def lines(draw: st.DrawFn) -> ServicePayment:
    """A service line, one day or several."""
    first, last = draw(some_day), draw(some_day)
    return ServicePayment(
        procedure_qualifier="HC",
        procedure=draw(codes),
        modifiers=tuple(draw(st.lists(st.sampled_from(["25", "59"]), max_size=4))),
        charge_cents=draw(cents),
        paid_cents=draw(cents),
        units=draw(st.none() | units),
        line_control_number=draw(maybe),
        service_date=first,
        service_to=last if first else None,
        adjustments=draw(adjustments),
        remarks=tuple(draw(st.lists(st.builds(Remark, st.just("HE"), codes), max_size=3))),
        revenue_code=draw(maybe),
        original_qualifier="HC",
        original_procedure=draw(codes),
        allowed_cents=draw(st.none() | cents),
        description=draw(maybe),
    )


claims = st.builds(
    ClaimPayment,
    patient_control_number=codes,
    status=st.sampled_from(["1", "2", "4", "22"]),
    charge_cents=cents,
    paid_cents=cents,
    patient_responsibility_cents=st.none() | cents,
    filing_code=maybe,
    payer_claim_control_number=maybe,
    adjustments=adjustments,
    lines=st.lists(lines(), max_size=2).map(tuple),
    received_date=some_day,
    statement_from=some_day,
    patient=st.none() | named,
    insured=st.none() | named,
    rendering=st.none() | named,
    crossover=st.none() | named,
    facility_code=maybe,
    drg_code=maybe,
    interest_cents=st.none() | cents,
    provider_summary=st.just("1"),
)
accounts = st.builds(Account, st.just("01"), st.just("999999992"), st.just("DA"), st.integers(1000, 10**9).map(str))


@st.composite
def remittances(draw: st.DrawFn) -> Remittance835:
    """One remittance; its claims stand under one LX."""
    paid = tuple(draw(st.lists(claims, max_size=2)))
    return Remittance835(
        payment_cents=draw(cents),
        credit_debit=draw(st.sampled_from("CD")),
        method=draw(st.sampled_from(["ACH", "CHK", "NON"])),
        payment_date=draw(some_day),
        trace_number=draw(words),
        payer_id="1999999999",
        payer=Payer(draw(words), draw(codes), draw(st.none() | addresses), "XV"),
        payee=Party(draw(words), npi=draw(npis), address=draw(st.none() | addresses), tax_id_qualifier=""),
        claims=paid,
        provider_adjustments=tuple(
            draw(st.lists(st.builds(ProviderAdjustment, npis, days, codes, maybe, cents), max_size=8))
        ),
        production_date=draw(some_day),
        handling="I",
        sender_account=draw(st.none() | accounts),
        transaction="0001",
        summaries=(("LX", "1"),) if paid else (),
    )
