"""HTTP of the books: their proof, providers' ledgers, and what a remittance would do."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import Field

from services.payments.books_proof import prove_books
from services.payments.books_views import shown_books, shown_rehearsed
from services.payments.cash_parts import cash_parts
from services.payments.core.account import AccountDecider
from services.payments.core.inbound_file import INBOUND_FILE
from services.payments.core.provider import PROVIDER, SettleProviderItem
from services.payments.core.provider_code import ProviderAccount
from services.payments.core.remittance import REMITTANCE
from services.payments.payees import NO_PAYEES, Payees, limits_of, read_payees
from services.payments.performers import place_of, stored_transaction
from services.payments.policy import load_provider_codes
from services.payments.proof import Progress
from services.payments.rehearsal import Rehearsal
from services.payments.settings import PaymentsSettings
from services.payments.vault import RemittanceVault
from services.payments.views import shown_provider, shown_provider_entry
from shared.auth import Principal
from shared.decider import Scalar
from shared.http import Body, IdempotencyKey, Run, allow, command_meta, first_use, running_of
from shared.runtime import Runtime
from shared.store.port import Key, Store
from shared.tasks import end_tasks
from shared.x12.findings import X12Error

books = APIRouter()
DRY_RUN_BYTES_MAX = 20_000_000
REHEARSED = UUID(int=0)
"""A rehearsal's messages are never stored, so their ids matter to nobody."""

Reader = Annotated[Principal, Depends(allow("biller", "poster", "collector", "operator", "auditor"))]
Poster = Annotated[Principal, Depends(allow("poster"))]
Limit = Annotated[int, Query(ge=1, le=200)]


class SettlementBody(Body):
    """What an open item of a provider's ledger was, as a person found out; no patient data."""

    item_id: str = Field(min_length=1, max_length=300)
    account: Literal[
        "overpayment_recovery",
        "forwarding_balance",
        "advance",
        "interest",
        "incentive",
        "settlement",
        "withholding",
        "penalty",
        "provider_adjustment",
    ]
    reason: str = Field(min_length=3, max_length=500)


def _account_decider(request: Request) -> AccountDecider:
    decider: AccountDecider = running_of(request).spec.deciders[0]
    return decider


Accounts = Annotated[AccountDecider, Depends(_account_decider)]


@books.get("/ledger/proof")
async def proof(run: Run, caller: Reader, accounts: Accounts) -> dict[str, Any]:
    """Recompute the tenant's books, cash included, from the journal; compare them with everything stored."""
    return shown_books(await prove_books(run.store, accounts, cash_parts().deciders, caller.tenant))


@books.get("/ledger/proof/progress", response_class=StreamingResponse)
async def proof_with_progress(run: Run, caller: Reader, accounts: Accounts) -> StreamingResponse:
    """The same proof, one JSON object a line while it runs: `done`, `total`, `entries`; the last line is the proof."""
    lines = _proving(run.store, accounts, caller.tenant)
    return StreamingResponse(lines, media_type="application/x-ndjson")


async def _proving(store: Store, accounts: AccountDecider, tenant: str) -> AsyncIterator[str]:
    told: asyncio.Queue[Progress | None] = asyncio.Queue()

    async def prove() -> dict[str, Any]:
        try:
            return shown_books(await prove_books(store, accounts, cash_parts().deciders, tenant, told.put_nowait))
        finally:
            told.put_nowait(None)

    proving = asyncio.create_task(prove())
    try:
        while (progress := await told.get()) is not None:
            yield json.dumps(progress._asdict()) + "\n"
        yield json.dumps(await proving, default=str) + "\n"
    finally:
        await end_tasks((proving,))


@books.get("/providers")
async def providers(
    run: Run,
    caller: Reader,
    *,
    open_items: Annotated[bool, Query(alias="open")] = False,
    unknown: bool = False,
    after: str | None = None,
    limit: Limit = 50,
) -> list[dict[str, Any]]:
    """Providers' ledgers, by id: `open=true` with something still to net, `unknown=true` with a code nobody knows."""
    wanted = {"open": open_items, "unknown": unknown}
    where: dict[str, Scalar] = {name: True for name, asked in wanted.items() if asked}
    found = await run.store.find(PROVIDER, caller.tenant, where, after, limit)
    return [shown_provider(state) for _, state in found]


@books.get("/providers/{provider_id}/ledger")
async def provider_ledger(provider_id: str, run: Run, caller: Reader) -> list[dict[str, Any]]:
    """Every entry of one provider's ledger, oldest first."""
    entries = await run.store.history(PROVIDER, Key(caller.tenant, provider_id))
    if not entries:
        raise HTTPException(404, "no such provider")
    return [shown_provider_entry(entry) for entry in entries]


@books.post("/providers/{provider_id}/settle")
async def settle(
    provider_id: str, body: SettlementBody, run: Run, caller: Poster, key: IdempotencyKey
) -> dict[str, Any]:
    """Move an open item to the account where it belongs, with a reason. 409 when it is not open."""
    row = (await run.store.load(PROVIDER, (Key(caller.tenant, provider_id),)))[Key(caller.tenant, provider_id)]
    if row.version == 0:
        raise HTTPException(404, "no such provider")
    command_id = await first_use(run, caller, key, f"settle/{provider_id}/{body.model_dump_json()}")
    meta = command_meta(run, caller, "payments", command_id, f"provider/{provider_id}", provider_id)
    await run.audit.record(caller, "provider.settle", f"provider/{provider_id}", body.reason)
    command = SettleProviderItem(
        meta=meta,
        provider_id=provider_id,
        item_id=body.item_id,
        account=ProviderAccount(body.account),
        reason=body.reason,
    )
    state = (await run.shell.transact_one(PROVIDER, command)).snapshot.state
    if state.settled.get(body.item_id) != command.account or any(one.item_id == body.item_id for one in state.open):
        raise HTTPException(409, "the item is not open, or its account is the one it stands on")
    return shown_provider(state)


@books.get("/files/{file_id}/content", response_class=StreamingResponse)
async def file_content(file_id: str, run: Run, caller: Reader) -> StreamingResponse:
    """A remittance file, byte for byte as it came. It names patients, so who opens it is on record."""
    key = Key(caller.tenant, file_id)
    if (await run.store.load(INBOUND_FILE, (key,)))[key].version == 0:
        raise HTTPException(404, "no such file")
    await run.audit.record(caller, "file.open", f"file/{file_id}")
    pieces = RemittanceVault(run.store, run.sealer).stream(caller.tenant, file_id)
    return StreamingResponse(pieces, media_type="application/octet-stream")


@books.post("/remittances/dry-run")
async def dry_run(request: Request, run: Run, caller: Reader, accounts: Accounts) -> list[dict[str, Any]]:
    """What posting this 835 would do, transaction by transaction and claim by claim. Nothing is kept or posted.

    413 for a file of more than 20 MB; 422 when it cannot be read, with the rule, the segment and the byte.
    """
    content = await request.body()
    if len(content) > DRY_RUN_BYTES_MAX:
        raise HTTPException(413, f"a dry run takes up to {DRY_RUN_BYTES_MAX} bytes")
    await run.audit.record(caller, "remittance.dry-run", f"file/{hashlib.sha256(content).hexdigest()}")
    rehearsal = _rehearsal(run, accounts, caller)
    try:
        done = await rehearsal.file(content, limits_of(_payees(run), caller.tenant, run.clock.now().date()))
    except X12Error as error:
        raise HTTPException(422, f"{error.finding.code}: {error.finding.message} ({place_of(error.finding)})") from None
    return [shown_rehearsed(one) for one in done]


@books.get("/remittances/{remittance_id}/dry-run")
async def dry_run_of_stored(remittance_id: str, run: Run, caller: Reader, accounts: Accounts) -> dict[str, Any]:
    """What releasing a parked remittance would post."""
    key = Key(caller.tenant, remittance_id)
    header = (await run.store.load(REMITTANCE, (key,)))[key].snapshot.state.header
    if header is None:
        raise HTTPException(404, "no such remittance")
    era = await stored_transaction(RemittanceVault(run.store, run.sealer), caller.tenant, header)
    limits = limits_of(_payees(run), caller.tenant, run.clock.now().date())
    rehearsed = await _rehearsal(run, accounts, caller).transaction(era, header.file_id, header.transaction, limits)
    return shown_rehearsed(rehearsed)


def _rehearsal(run: Runtime, accounts: AccountDecider, caller: Principal) -> Rehearsal:
    meta = command_meta(run, caller, "payments", REHEARSED, "remittance/dry-run", "dry-run")
    return Rehearsal(run.store, accounts, load_provider_codes(), meta)


def _payees(run: Runtime) -> Payees:
    return read_payees(run.settings.payees) if isinstance(run.settings, PaymentsSettings) else NO_PAYEES
