"""What the cash side is made of: its deciders under the shipped policies, once for the process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from services.payments.bank_lines import BankCredit
from services.payments.bank_performers import BankPerformers
from services.payments.core.account import AccountDecider
from services.payments.core.bank_account import BANK_ACCOUNT
from services.payments.core.bank_policy import BankPolicy
from services.payments.core.deposit import DepositDecider, deposit_id_of, make_deposit
from services.payments.core.expected import ExpectedDecider, make_expected
from services.payments.policy.cash import load_bank_policy
from shared.contracts import RemittanceParked, RemittanceReceived
from shared.decider import Decider, Due, Effect
from shared.inbox import Routes, join_routes, route
from shared.runtime import Runtime
from shared.worker import Performer


@dataclass(frozen=True, slots=True)
class CashParts:
    """The deciders of the cash side."""

    policy: BankPolicy
    deposit: DepositDecider
    expected: ExpectedDecider

    @property
    def deciders(self) -> Sequence[Decider[Any, Any, Any]]:
        return (BANK_ACCOUNT, self.deposit, self.expected)

    def routes(self) -> Routes:
        """Remittances as this service itself says them, and deadlines."""
        return join_routes(
            route(self.expected, RemittanceReceived, RemittanceParked, Due),
            route(self.deposit, Due),
        )

    def performers(self, runtime: Runtime, _: AccountDecider) -> Mapping[str, Mapping[type[Effect], Performer]]:
        return BankPerformers(runtime, self.deposit, self.expected).by_kind()

    def deposit_id(self, bank_account_id: str, credit: BankCredit) -> str:
        """The id of a single credit, first of its kind on its day."""
        return deposit_id_of(bank_account_id, credit.deposited_on, credit.cents, credit.reference, 1)


@cache
def cash_parts() -> CashParts:
    """The parts under the shipped policies."""
    policy = load_bank_policy()
    return CashParts(policy=policy, deposit=make_deposit(policy), expected=make_expected(policy))


def cash_parts_of() -> CashParts:
    """For routes."""
    return cash_parts()
