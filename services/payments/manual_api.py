"""Entering a check by hand: one explanation of benefits, or one check over many claims."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException

from services.payments.core.remittance import REMITTANCE, Header, ReceiveRemittance, Remittance
from services.payments.from_x12 import Incoming, incoming
from services.payments.manual import CheckBody, essence_of, file_of, known_checks, placed
from services.payments.payees import NO_PAYEES, limits_of
from services.payments.vault import RemittanceVault
from services.payments.views import shown_remittance
from shared.auth import Principal
from shared.http import IdempotencyKey, Run, allow, command_meta, first_use
from shared.overload import while_there_is_room
from shared.runtime import Runtime
from shared.store.port import Key
from shared.x12.era835 import Remittance835, read_835
from shared.x12.findings import X12Error

manual = APIRouter()

Poster = Annotated[Principal, Depends(allow("poster"))]
STANDING = frozenset({"posting", "posted"})


@manual.post("/remittances", status_code=201, dependencies=[while_there_is_room])
async def enter(body: CheckBody, run: Run, caller: Poster, key: IdempotencyKey) -> dict[str, Any]:
    """Enter a check with its claims. What balances posts; what does not is parked with its equation.

    A parked check may be entered again, mended. 409 when the same check is known from a file or another person, with
    where it stands; 422 for a text that an 835 cannot carry.
    """
    command_id = await first_use(run, caller, key, run.pseudonyms.of("req", caller.tenant, body.model_dump_json()))
    one = await _read_back(run, caller.tenant, body)
    [known] = await known_checks(run.store, caller.tenant, "hand", (one,))
    one = placed(one, known, "hand")
    header = one.header.model_copy(
        update={"entered_by": caller.actor, "entry": str(command_id), "entry_reason": body.reason}
    )
    before = await _remittance(run, Key(caller.tenant, one.remittance_id))
    is_mine = before.header is not None and before.header.entry == str(command_id)
    if not is_mine:
        _refuse_known(before, header)
        if known.alike is not None and not body.another_check:
            alike = await _remittance(run, Key(caller.tenant, known.alike.remittance_id))
            if alike.header is not None:
                raise HTTPException(409, _told(alike, "a check of this number and amount is known for another payer"))
    await run.audit.record(caller, "remittance.enter", f"remittance/{one.remittance_id}", body.reason)
    command = ReceiveRemittance(
        meta=command_meta(run, caller, "payments", command_id, f"remittance/{one.remittance_id}", one.remittance_id),
        remittance_id=one.remittance_id,
        header=header,
        imbalance=one.imbalance,
        postable=one.postable,
    )
    decided = await run.shell.transact_one(REMITTANCE, command)
    state = decided.snapshot.state
    if state.header is None or state.header.entry != str(command_id):
        raise HTTPException(409, _told(state, "somebody was faster with this check"))
    return {**shown_remittance(state), "undistributed_cents": undistributed_cents(header)}


async def _read_back(run: Runtime, tenant: str, body: CheckBody) -> Incoming:
    """Write the check as a file, keep it, and read it as any file is read: what is posted is what is kept."""
    try:
        content = file_of(body, run.clock.now())
        eras = [item for item in read_835([content]) if isinstance(item, Remittance835)]
    except X12Error as error:
        raise HTTPException(422, f"an 835 cannot carry it: {error.finding.message}") from None
    kept = await RemittanceVault(run.store, run.sealer).keep(tenant, content)
    one = incoming(eras[0], kept.file_id, 1, limits_of(NO_PAYEES, tenant, run.clock.now().date()))
    assert one is not None, "a check has its date"
    return one._replace(header=one.header.model_copy(update={"essence": essence_of(eras[0])}))


def undistributed_cents(header: Header) -> int | None:
    """What of the check no claim takes yet; None where an amount is absent."""
    if header.claims_cents is None or header.provider_cents is None:
        return None
    return header.payment_cents - header.claims_cents + header.provider_cents


def _refuse_known(before: Remittance, header: Header) -> None:
    if before.header is None or before.status not in STANDING:
        return
    same = before.header.essence == header.essence
    raise HTTPException(409, _told(before, "this check is posted" if same else "this check is posted, otherwise"))


def _told(state: Remittance, what: str) -> str:
    header = state.header
    if header is None:
        return what
    by = f"entered by {header.entered_by}" if header.entered_by else f"file {header.file_id}"
    return f"{what}: remittance {state.remittance_id}, {state.status}, {by}"


async def _remittance(run: Runtime, key: Key) -> Remittance:
    return (await run.store.load(REMITTANCE, (key,)))[key].snapshot.state
