"""The emulated bank: what an 835 or a payout sends arrives on a bank's day, once, in a list that adds up."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.bank import ACCOUNT, ROUTING, Bank, business_day
from sandbox.exchange import Exchange
from sandbox.state import State
from services.payments.bai2 import read_bai2
from services.payments.bank_lines import BankCredit
from shared.x12.era835 import Party, Payer, Remittance835

PAID_ON = date(2026, 7, 1)
LATER = datetime(2026, 7, 20, 12, tzinfo=UTC)


class House:
    """A bank whose lists are read as the services read them."""

    def __init__(self, root: Path) -> None:
        self.state, self.root = State(root / "state"), root / "exchange"
        self.bank = Bank(self.state, 2026)

    def lists(self, now: datetime = LATER) -> list[BankCredit]:
        """Everything that was told by now and not before."""
        with self.state.transaction():
            self.bank.tell(now)
        before = set(self.root.rglob("*.bai2"))
        Exchange(self.root, self.state).deliver()
        found: list[BankCredit] = []
        for path in sorted(set(self.root.rglob("*.bai2")) - before):
            for statement in read_bai2(path.read_text(), now.date()):
                assert (statement.routing[0], statement.account) == (ROUTING, ACCOUNT) or ROUTING in statement.routing
                found += statement.credits
        return found


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = House(tmp_path)
    made.bank.open_account("lakeside")
    return made


def era(number: int, method: str = "ACH", cents: int = 5_000) -> Remittance835:
    return Remittance835(
        payment_cents=cents,
        credit_debit="C",
        method=method,
        payment_date=PAID_ON,
        trace_number=f"T{number}",
        payer_id="1912345678",
        payer=Payer("PAYER"),
        payee=Party("LAKESIDE"),
        claims=(),
    )


def test_most_transfers_come_with_trace_and_sender_within_days_and_few_do_not(house: House) -> None:
    for number in range(300):
        house.bank.expect("lakeside", era(number))
    told = house.lists()
    traced = [one for one in told if one.trace]
    assert {one.originator for one in traced} == {"1912345678"}
    assert all(PAID_ON <= one.deposited_on <= PAID_ON + timedelta(4) for one in traced)
    assert 270 < len(traced) < 300
    assert {one.trace for one in traced} < {f"T{number}" for number in range(300)}
    assert [one for one in told if not one.trace], "something comes that nobody can name"


def test_checks_come_by_their_number_and_nothing_comes_of_nothing(house: House) -> None:
    for number in range(40):
        house.bank.expect("lakeside", era(number, "CHK"))
    house.bank.expect("lakeside", era(90, "NON", 0))
    told = house.lists()
    assert {one.method for one in told if one.trace} == {"CHK"}
    assert "T90" not in {one.trace for one in told}


def test_what_is_told_twice_comes_once_and_each_list_is_written_once(house: House) -> None:
    for _ in range(2):
        house.bank.bring("lakeside", "SLIP-1", 7_500, PAID_ON)
        house.bank.pay_out(
            [
                {
                    "id": "po_1",
                    "amount": 900,
                    "arrival_date": 1_782_900_000,
                    "trace_id": "PO1",
                    "metadata": {"tenant": "lakeside"},
                }
            ]
        )
    assert house.state.busy(LATER)
    assert house.state.next_list_at() is not None
    told = house.lists()
    assert {(one.cents, one.trace) for one in told} == {(7_500, "SLIP-1"), (900, "PO1")}
    assert house.lists() == []
    assert (house.state.busy(LATER), house.state.next_list_at()) == (False, None)


def test_a_client_without_an_account_hears_nothing_until_it_opens_one(house: House) -> None:
    house.bank.bring("northgate", "SLIP-1", 7_500, PAID_ON)
    assert (house.lists(), house.state.busy(LATER)) == ([], False)
    house.bank.open_account("northgate")
    assert [one.cents for one in house.lists()] == [7_500]


def test_a_day_of_the_bank_is_no_weekend() -> None:
    friday = date(2026, 7, 3)
    assert [business_day(friday, days) for days in (0, 1, 2)] == [friday, date(2026, 7, 6), date(2026, 7, 7)]
    assert business_day(date(2026, 7, 4), 0) == date(2026, 7, 6)
