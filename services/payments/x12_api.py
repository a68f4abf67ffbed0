"""HTTP of the 835 behind a posting: the part of a remittance that is about one claim, and nothing of its neighbours."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query

from services.payments.core.remittance import REMITTANCE
from services.payments.slices import slice_of
from services.payments.vault import RemittanceVault
from shared.auth import Principal
from shared.http import Run, allow
from shared.store.port import Key
from shared.x12.excerpt import excerpt, shown_part
from shared.x12.findings import X12Error

x12 = APIRouter()
Worker = Annotated[Principal, Depends(allow("biller", "poster"))]


@x12.get("/remittances/{remittance_id}/x12")
async def remittance_x12(
    remittance_id: str,
    run: Run,
    caller: Worker,
    control_number: Annotated[str, Query(min_length=1, max_length=38, description="CLP01 of the claim.")],
) -> dict[str, Any]:
    """The transaction's own segments and those of the claims of this control number; the others are counted.

    `problem` says why there are none. It names the patient, so each look is in the audit log.
    """
    key = Key(caller.tenant, remittance_id)
    header = (await run.store.load(REMITTANCE, (key,)))[key].snapshot.state.header
    if header is None:
        raise HTTPException(404, "no such remittance")
    await run.audit.record(caller, "remittance.x12.read", f"remittance/{remittance_id}")
    row: dict[str, Any] = {"what": "remittance", "kind": "835", "file_id": header.file_id, "day": header.payment_date}
    stream = RemittanceVault(run.store, run.sealer).stream(caller.tenant, header.file_id)
    try:
        cut = await slice_of(stream, header.transaction)
        found = await asyncio.to_thread(excerpt, [cut or b""], control_number)
    except KeyError:
        return {**row, "parts": [], "problem": "its bytes are not kept: it was entered by hand, or is too old"}
    except X12Error:
        return {**row, "parts": [], "problem": "it cannot be read as X12 by itself"}
    finally:
        await stream.aclose()
    problem = "" if found else "it does not name the claim by this number"
    return {**row, "parts": [shown_part(part) for part in found], "problem": problem}
