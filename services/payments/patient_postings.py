"""What several performers do alike: post a patient's money on its account, and await money at the bank."""

from services.payments.bank_performers import derived
from services.payments.core.account import AccountDecider
from services.payments.core.expected import Awaited, ExpectedDecider, ExpectMoney
from services.payments.core.patient_money import PatientMoney, for_account
from shared.decider import Pending
from shared.runtime import Runtime
from shared.store.port import Key


class PatientPostings:
    """Each may be done again: the account knows its payments, and the bank side what it waits for."""

    def __init__(self, runtime: Runtime, account: AccountDecider, expected: ExpectedDecider) -> None:
        self._runtime, self._account, self._expected = runtime, account, expected

    async def post(self, key: Key, pending: Pending, account_id: str, money: PatientMoney) -> None:
        """The account has the money, once."""
        command = for_account(derived(pending, key, "post", "account", account_id), account_id, money)
        await self._runtime.shell.transact_one(self._account, command)

    async def await_money(self, key: Key, pending: Pending, told: Awaited) -> None:
        """The bank side waits for it, once."""
        meta = derived(pending, key, "expect", "expected", told.expected_id)
        await self._runtime.shell.transact_one(self._expected, ExpectMoney(meta=meta, **told._asdict()))
