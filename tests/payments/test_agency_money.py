"""What agencies collected: on the accounts whole, their fee a cost of the practice, their net at the bank."""

from pathlib import Path

import pytest

from services.payments.core.agency_money import AGENCY_PAYMENT, AGENCY_REMITTANCE
from shared.contracts import AgencyPaymentReported, AgencyRemittanceReceived
from tests.payments.bank_files import ACCOUNT, ROUTING, Line, bai2
from tests.payments.card_house import CHARGE
from tests.payments.cashier import Cashier, make_cashier
from tests.payments.kit import TODAY, meta


@pytest.fixture
async def cashier(tmp_path: Path) -> Cashier:
    made = make_cashier(tmp_path)
    await made.made("/charges", CHARGE)
    return made


def remitted(gross_cents: int, net_cents: int, fee_cents: int, name: str = "file_1") -> AgencyRemittanceReceived:
    return AgencyRemittanceReceived(
        meta=meta(name, subject=f"agency_file/{name}", key=name, sequence=1),
        remittance_id=name,
        agency_id="north_star",
        trace="NS-0001",
        payments=1,
        gross_cents=gross_cents,
        fee_cents=fee_cents,
        net_cents=net_cents,
        received_on=TODAY,
    )


def collected(cents: int, fee_cents: int, name: str = "pay_ag_1") -> AgencyPaymentReported:
    return AgencyPaymentReported(
        meta=meta(name, sequence=1),
        account_id="acct_1",
        agency_id="north_star",
        placement_id="plc_1",
        remittance_id="file_1",
        payment_id=name,
        paid_cents=cents,
        fee_cents=fee_cents,
        received_on=TODAY,
    )


async def hears(cashier: Cashier, *events: AgencyRemittanceReceived | AgencyPaymentReported) -> None:
    for event in events:
        if isinstance(event, AgencyRemittanceReceived):
            await cashier.world.runtime.shell.transact(AGENCY_REMITTANCE, (event,))
        else:
            await cashier.world.runtime.shell.transact(AGENCY_PAYMENT, (event,))
    await cashier.settle()


async def test_the_guarantor_is_credited_whole_and_the_fee_is_the_practices_cost(cashier: Cashier) -> None:
    paid = collected(3_000, 660)
    await hears(cashier, remitted(3_000, 2_340, 660), paid, paid)
    assert (await cashier.get("/accounts/acct_1"))["balance_cents"] == 2_000
    assert await cashier.proof() == {"patient_money": -3_000, "undeposited": 2_340, "agency_fees": 660}


async def test_the_net_meets_the_bank_under_the_agencys_trace(cashier: Cashier) -> None:
    account = {"name": "Operating", "routing_number": ROUTING, "account_number": ACCOUNT}
    await cashier.made("/bank/accounts", account)
    await hears(cashier, collected(3_000, 660), remitted(3_000, 2_340, 660))
    await cashier.days(1)
    await cashier.post("/bank/files?form=bai2", content=bai2(Line(2_340, 301, "D1", "NS-0001")))
    assert await cashier.proof() == {"bank": 2_340, "patient_money": -3_000, "agency_fees": 660}


async def test_an_agency_that_bills_its_fee_keeps_nothing(cashier: Cashier) -> None:
    await hears(cashier, remitted(3_000, 3_000, 1_200), collected(3_000, 1_200))
    assert await cashier.proof() == {"patient_money": -3_000, "undeposited": 3_000}


async def test_money_of_nobody_known_stays_visible_and_the_same_remittance_counts_once(cashier: Cashier) -> None:
    again = remitted(5_000, 3_900, 1_100)
    await hears(cashier, again, again, collected(3_000, 660))
    assert await cashier.proof() == {
        "patient_money": -3_000,
        "undeposited": 3_900,
        "agency_fees": 1_100,
        "agency_money": -2_000,
    }
