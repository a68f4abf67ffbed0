"""What the cash side is made of: its deciders under the shipped policies, once for the process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import httpx
from fastapi import Request

from services.payments.agency_money_performers import AgencyMoneyPerformers
from services.payments.bank_lines import BankCredit
from services.payments.bank_performers import BankPerformers
from services.payments.card_performers import CardPerformers
from services.payments.core.account import AccountDecider
from services.payments.core.agency_money import AGENCY_PAYMENT, AGENCY_REMITTANCE
from services.payments.core.bank_account import BANK_ACCOUNT
from services.payments.core.bank_file import BANK_FILE
from services.payments.core.bank_policy import BankPolicy
from services.payments.core.card_payment import CARD_PAYMENT
from services.payments.core.credit_case import CreditCaseDecider, make_credit_case
from services.payments.core.deposit import DepositDecider, deposit_id_of, make_deposit
from services.payments.core.entered_payment import ENTERED_PAYMENT
from services.payments.core.expected import ExpectedDecider, make_expected
from services.payments.core.payment_request import PAYMENT_REQUEST
from services.payments.core.payout import PAYOUT
from services.payments.core.refund import RefundDecider, make_refund
from services.payments.core.till import TILL
from services.payments.credit_performers import CreditPerformers
from services.payments.entered_performers import EnteredPerformers
from services.payments.patient_postings import PatientPostings
from services.payments.policy.cash import load_bank_policy, load_overpayment_policy, load_refund_policy
from services.payments.processor import (
    TIMEOUT_SECONDS,
    Processor,
    ProcessorAccount,
    StripeShaped,
    read_accounts,
)
from services.payments.settings import PaymentsSettings
from services.payments.till_performers import TillPerformers
from shared.contracts import (
    AgencyPaymentReported,
    AgencyRemittanceReceived,
    CreditBalanceCleared,
    CreditBalanceFound,
    RemittanceParked,
    RemittanceReceived,
    StatementSent,
)
from shared.decider import Decider, Due, Effect
from shared.http import running_of
from shared.inbox import Routes, join_routes, route
from shared.runtime import Runtime
from shared.worker import Performer


@dataclass(frozen=True, slots=True)
class CashParts:
    """The deciders of the cash side."""

    policy: BankPolicy
    deposit: DepositDecider
    expected: ExpectedDecider
    refund: RefundDecider
    credit_case: CreditCaseDecider

    @property
    def deciders(self) -> Sequence[Decider[Any, Any, Any]]:
        return (
            BANK_ACCOUNT,
            BANK_FILE,
            self.deposit,
            self.expected,
            CARD_PAYMENT,
            PAYOUT,
            self.refund,
            TILL,
            ENTERED_PAYMENT,
            AGENCY_REMITTANCE,
            AGENCY_PAYMENT,
            self.credit_case,
            PAYMENT_REQUEST,
        )

    def routes(self) -> Routes:
        """Remittances and credits as this service itself says them, and deadlines."""
        return join_routes(
            route(self.expected, RemittanceReceived, RemittanceParked, Due),
            route(self.deposit, Due),
            route(self.credit_case, CreditBalanceFound, CreditBalanceCleared, Due),
            route(PAYMENT_REQUEST, StatementSent, Due),
            route(AGENCY_REMITTANCE, AgencyRemittanceReceived),
            route(AGENCY_PAYMENT, AgencyPaymentReported),
        )

    def performers(
        self, runtime: Runtime, account: AccountDecider, processor: Processor | None = None
    ) -> Mapping[str, Mapping[type[Effect], Performer]]:
        """Everything the cash side asks of others. Tests give a processor of their own."""
        postings = PatientPostings(runtime, account, self.expected)
        card = processor or StripeShaped(httpx.AsyncClient(timeout=TIMEOUT_SECONDS), accounts_of(runtime))
        return {
            **BankPerformers(runtime, self.deposit, self.expected).by_kind(),
            **CardPerformers(runtime, account, postings, self.refund, card).by_kind(),
            **TillPerformers(runtime, postings).by_kind(),
            **AgencyMoneyPerformers(runtime, postings).by_kind(),
            **EnteredPerformers(runtime, account, postings).by_kind(),
            **CreditPerformers(runtime, account, self.credit_case).by_kind(),
        }

    def deposit_id(self, bank_account_id: str, credit: BankCredit) -> str:
        """The id of a single credit, first of its kind on its day."""
        return deposit_id_of(bank_account_id, credit.deposited_on, credit.cents, credit.reference, 1)


@cache
def cash_parts() -> CashParts:
    """The parts under the shipped policies."""
    policy = load_bank_policy()
    return CashParts(
        policy=policy,
        deposit=make_deposit(policy),
        expected=make_expected(policy),
        refund=make_refund(load_refund_policy()),
        credit_case=make_credit_case(load_overpayment_policy()),
    )


def cash_parts_of() -> CashParts:
    """For routes."""
    return cash_parts()


def account_decider_of(request: Request) -> AccountDecider:
    decider: AccountDecider = running_of(request).spec.deciders[0]
    return decider


def accounts_of(runtime: Runtime) -> Mapping[str, ProcessorAccount]:
    """The clients' accounts with the card processor."""
    settings = cast("PaymentsSettings", runtime.settings)
    production = settings.env == "production"
    return read_accounts(settings.processor_file, settings.sandbox_url, production=production)


def processor_accounts_of(request: Request) -> Mapping[str, ProcessorAccount]:
    """For routes; read once for the application."""
    found: Mapping[str, ProcessorAccount] | None = getattr(request.app.state, "processor_accounts", None)
    if found is None:
        found = accounts_of(running_of(request).runtime)
        request.app.state.processor_accounts = found
    return found
