"""From a bank's list to deposits: whose account it is, which credits are twins, and what is refused with its reason."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from services.payments.bank_lines import BankCredit, Statement
from services.payments.core.bank_account import BANK_ACCOUNT, BankAccount
from services.payments.core.deposit import DepositDecider, deposit_id_of
from services.payments.core.deposit_facts import DepositRecorded
from services.payments.core.deposit_messages import RecordDeposit
from shared.contracts import Meta
from shared.runtime import Runtime
from shared.sealed import Pseudonyms
from shared.store.port import Key

BATCH = 200
CURRENCY = "USD"


class Owned(NamedTuple):
    """A statement and the account of this client that it is of."""

    account: BankAccount
    statement: Statement


@dataclass(slots=True)
class Taken:
    """What came of a list."""

    file_id: str
    deposits: int = 0
    known: int = 0
    debits: int = 0
    cents: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


def bank_account_id(pseudonyms: Pseudonyms, tenant: str, routing: str, account: str) -> str:
    """An account's id: a pseudonym of its numbers, which are kept nowhere."""
    return pseudonyms.of("bank", tenant, routing.strip().lstrip("0"), account.strip().lstrip("0"))


def file_id_of(content: bytes) -> str:
    return f"bankfile_{hashlib.sha256(content).hexdigest()[:32]}"


def deposits_of(meta: Meta, account_id: str, credits_: Sequence[BankCredit]) -> Iterator[RecordDeposit]:
    """A command for each credit. True twins of one day are told apart by their place among each other."""
    twins: Counter[tuple[object, ...]] = Counter()
    for credit in credits_:
        same = (credit.deposited_on, credit.cents, credit.reference)
        twins[same] += 1
        deposit_id = deposit_id_of(account_id, credit.deposited_on, credit.cents, credit.reference, twins[same])
        yield RecordDeposit(
            meta=_derived(meta, deposit_id),
            deposit_id=deposit_id,
            bank_account_id=account_id,
            deposited_cents=credit.cents,
            deposited_on=credit.deposited_on,
            method="ACH" if credit.method == "ACH" else "CHK" if credit.method == "CHK" else "",
            trace=credit.trace,
            bank_reference=credit.reference,
            originator=credit.originator,
        )


def _derived(meta: Meta, deposit_id: str) -> Meta:
    made: UUID = uuid5(meta.id, deposit_id)
    return meta.model_copy(update={"id": made, "subject": f"deposit/{deposit_id}", "key": deposit_id})


class BankIntake:
    """Takes lists in for one tenant at a time; the same list again changes nothing."""

    def __init__(self, runtime: Runtime, deposit: DepositDecider) -> None:
        self._runtime, self._deposit = runtime, deposit

    async def account_of(self, tenant: str, statement: Statement) -> BankAccount | None:
        """Which open account of the client a statement is of."""
        ids = [
            bank_account_id(self._runtime.pseudonyms, tenant, routing, statement.account)
            for routing in statement.routing
        ]
        rows = await self._runtime.store.load(BANK_ACCOUNT, tuple(Key(tenant, one) for one in ids))
        found = (row.snapshot.state for row in rows.values() if row.version)
        return next((one for one in found if not one.closed), None)

    async def take(self, meta: Meta, content: bytes, statements: Sequence[Statement]) -> Taken:
        """Record every credit of the client's own accounts; other accounts are refused with the reason."""
        taken = Taken(file_id_of(content))
        for statement in statements:
            account = await self.account_of(meta.tenant, statement)
            reason = refusal(statement, account)
            if reason or account is None:
                taken.refused.append({"line": statement.line, "account": ending(statement.account), "reason": reason})
                continue
            await self.record(meta, taken, Owned(account, statement))
        return taken

    async def record(self, meta: Meta, taken: Taken, owned: Owned) -> None:
        commands = list(deposits_of(meta, owned.account.bank_account_id, owned.statement.credits))
        taken.debits += owned.statement.debits
        for start in range(0, len(commands), BATCH):
            batch = commands[start : start + BATCH]
            decided = await self._runtime.shell.transact(self._deposit, batch)
            new = {k.id for k, one in decided.items() if any(isinstance(f, DepositRecorded) for f in one.facts)}
            taken.deposits += len(new)
            taken.known += len(batch) - len(new)
            taken.cents += sum(one.deposited_cents for one in batch if one.deposit_id in new)


def refusal(statement: Statement, account: BankAccount | None) -> str:
    """Why a statement is not taken in; empty when it is."""
    if account is None:
        return "it is no open bank account of this client: register it first, or ask the bank why it sent this list"
    if statement.currency.upper() not in {"", CURRENCY}:
        return "its currency is not USD: amounts of other currencies are not taken in"
    return ""


def ending(account: str) -> str:
    """The last digits of an account's number, as people name it."""
    return f"…{account[-4:]}"
