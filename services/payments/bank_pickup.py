"""Takes the bank's lists out of `<exchange>/<tenant>/bank`: BAI2 and CSV, verified, kept, and recorded once.

The same content again, under any name, goes to `duplicates`; a list that does not add up, or is of no account of this
client, to `quarantine`, with its reason. What is good of a list with a foreign account is taken; the rest is noted.
"""

import asyncio
from pathlib import Path
from typing import NamedTuple

from services.payments.bai2 import read_bai2
from services.payments.bank_csv import read_csv
from services.payments.bank_intake import BankIntake, Owned, Taken
from services.payments.bank_lines import BankFault, BankFileError
from services.payments.core.bank_account import BANK_ACCOUNT, BankAccount
from services.payments.core.bank_file import BANK_FILE, BankFileTaken, RecordBankFile
from services.payments.core.deposit import DepositDecider
from services.payments.pickup import FolderPickup
from services.payments.vault import Kept, RemittanceVault
from shared.contracts import Meta
from shared.runtime import Runtime

BAI2, CSV = frozenset({".bai", ".bai2"}), ".csv"
BYTES_MAX = 64 << 20
ACCOUNTS_MAX = 200


class Read(NamedTuple):
    """What came of a list, and in which form it was."""

    taken: Taken
    form: str


class BankPickup(FolderPickup):
    """Lists of the bank."""

    name = "bank_files"
    folder = "bank"
    actor = "bank"

    def __init__(self, runtime: Runtime, exchange: Path, vault: RemittanceVault, deposit: DepositDecider) -> None:
        super().__init__(runtime, exchange, vault)
        self._intake = BankIntake(runtime, deposit)

    async def take(self, tenant: str, file: Path, kept: Kept) -> str:
        """Record its credits; a crash in between records them again, which changes nothing."""
        meta = self.meta(tenant, BANK_FILE.kind, kept)
        try:
            read = await self._read(meta, file, kept)
        except BankFileError as error:
            await self.note(tenant, kept.file_id, "bank_file", "BANK:refused", str(error.faults[0]))
            return "quarantine"
        taken, refused = read.taken, [str(one["reason"]) for one in read.taken.refused]
        if refused:
            await self.note(tenant, kept.file_id, "bank_file", "BANK:account", refused[0])
            if not taken.deposits and not taken.known:
                return "quarantine"
        return await self._record(meta, file.name[:255], read)

    async def _record(self, meta: Meta, name: str, read: Read) -> str:
        taken = read.taken
        command = RecordBankFile(
            meta=meta,
            file_id=taken.file_id,
            name=name,
            form="csv" if read.form == "csv" else "bai2",
            credits=taken.deposits + taken.known,
            known=taken.known,
            credited_cents=taken.cents,
            debits=taken.debits,
            refused=len(taken.refused),
        )
        decided = await self._runtime.shell.transact_one(BANK_FILE, command)
        if any(isinstance(fact, BankFileTaken) for fact in decided.facts) or decided.snapshot.state.name == name:
            return "taken"
        reason = "The same list came before under another name: nothing of it was taken again."
        await self.note(meta.tenant, f"{taken.file_id}/{name}", "bank_file", "BANK:duplicate", reason)
        return "duplicates"

    async def _read(self, meta: Meta, file: Path, kept: Kept) -> Read:
        """Raises BankFileError for what cannot be trusted as it is."""
        suffix = file.suffix.lower()
        if suffix not in BAI2 and suffix != CSV:
            raise _refused("files of this folder end in .bai, .bai2 or .csv: rename it and drop it again")
        if kept.size_bytes > BYTES_MAX:
            raise _refused(f"it has more than {BYTES_MAX} bytes: ask the bank for a list of each day")
        content = await asyncio.to_thread(file.read_bytes)
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            raise _refused("the file is not text in UTF-8: export it as plain text") from None
        today = self._runtime.clock.now().date()
        if suffix == CSV:
            return Read(await self._csv(meta, file.stem, text, kept), "csv")
        statements = await asyncio.to_thread(read_bai2, text, today)
        taken = await self._intake.take(meta, content, statements)
        taken.file_id = kept.file_id
        return Read(taken, "bai2")

    async def _csv(self, meta: Meta, name: str, text: str, kept: Kept) -> Taken:
        account = await self._account_for(meta.tenant, name)
        if account.csv is None:
            raise _refused("the account has no CSV mapping: register it with one")
        statement = read_csv(text, account.csv, self._runtime.clock.now().date())
        digits = "".join(d for d in statement.account if d.isdigit())
        if digits and not digits.endswith(account.last_digits):
            raise _refused(f"the list is of another account than …{account.last_digits}")
        taken = Taken(kept.file_id)
        await self._intake.record(meta, taken, Owned(account, statement))
        return taken

    async def _account_for(self, tenant: str, name: str) -> BankAccount:
        """Of which account a CSV is: the client's only one that sends such lists, or the one its name ends with."""
        found = await self._runtime.store.find(BANK_ACCOUNT, tenant, {"open": True}, None, ACCOUNTS_MAX)
        mapped = [one for _, one in found if one.csv is not None]
        if len(mapped) == 1:
            return mapped[0]
        named = [one for one in mapped if name.endswith(f"-{one.last_digits}")]
        if len(named) != 1:
            raise _refused("of which account is it? end its name with the account's last digits, as in list-1234.csv")
        return named[0]


def _refused(what: str) -> BankFileError:
    return BankFileError(BankFault(0, "file", what))
