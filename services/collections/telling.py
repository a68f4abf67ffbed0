"""What the API's commands share: one account is told something once, and the audit log keeps who, what and why."""

from collections.abc import Callable
from hashlib import sha256
from typing import Annotated, TypeAlias
from uuid import UUID

from fastapi import HTTPException
from pydantic import Field

from services.collections.api import Accounts
from services.collections.core import Account, AccountMessage
from shared.auth import Principal
from shared.contracts import Meta
from shared.http import Body, command_meta, first_use
from shared.runtime import Runtime
from shared.store.port import Key

Reason: TypeAlias = Annotated[str, Field(min_length=3, max_length=500)]
ShortId: TypeAlias = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_-]+$")]
"""Ids are chosen by callers and shown: they are no place for names or numbers of people."""


class Reasoned(Body):
    """Every change says why; the reason goes to the audit log and nowhere else."""

    reason: Reason


async def known_account(run: Runtime, accounts: Accounts, tenant: str, account_id: str) -> Account:
    """The account as it stands; 404 when there is none."""
    key = Key(tenant, account_id)
    row = (await run.store.load(accounts, (key,)))[key]
    if row.version == 0:
        raise HTTPException(404, "no such account here")
    return row.snapshot.state


async def command_id_of(run: Runtime, caller: Principal, key: str, body: Body, what: str) -> UUID:
    """The id of a command. What the key was used for is kept as a hash under the service's secret, never as it is."""
    digest = run.pseudonyms.of("req", caller.tenant, what, sha256(body.model_dump_json().encode()).hexdigest())
    return await first_use(run, caller, key, digest)


async def tell(
    run: Runtime,
    caller: Principal,
    accounts: Accounts,
    command: AccountMessage,
    action: str,
    reason: str,
) -> Account:
    """Tell an account something, and keep why in the audit log; the account afterwards."""
    decided = await run.shell.transact_one(accounts, command)
    await run.audit.record(caller, action, f"collection/{accounts.aggregate_id(command)}", reason)
    return decided.snapshot.state


async def told(
    run: Runtime,
    caller: Principal,
    accounts: Accounts,
    key: str,
    body: Reasoned,
    account_id: str,
    action: str,
    make: Callable[[Meta, UUID], AccountMessage],
) -> tuple[Account, UUID]:
    """One change of one account from the API, whole: known account, one use of the key, command, audit."""
    command_id = await command_id_of(run, caller, key, body, f"{action}/{account_id}")
    meta = command_meta(run, caller, "collections", command_id, f"collection/{account_id}", account_id)
    return await tell(run, caller, accounts, make(meta, command_id), action, body.reason), command_id
