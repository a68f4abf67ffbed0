"""One claim: what every service did with it, what it is waiting for, its entries and X12, and what can be done.

The story is the console's own; the rest is asked of the services as the page is opened, with the person's own token.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.console.acting import Tried, action_of, new_key, perform, services_of
from services.console.calls import Answer, Ask, problems_of, quoted
from services.console.core import CLAIM_VIEW, ClaimView, in_causal_order
from services.console.core.actions import offered
from services.console.core.chains import chains_of
from services.console.core.claim_actions import CLAIM_ACTIONS, fitting
from services.console.core.claim_x12 import TRANSACTIONS, x12_behind
from services.console.core.told import object_in, rows_in, told, told_all
from services.console.core.x12_words import said_segments
from services.console.drawing import draw
from services.console.session import READERS, Visitor, visitor
from services.console.store import view_of
from shared.http import Run
from shared.runtime import Runtime

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
Reader = Annotated[Visitor, Depends(visitor(*READERS))]
Biller = Annotated[Visitor, Depends(visitor("biller"))]
LEDGER_SHOWN = 200


@router.get("/claims/{claim_id}")
async def claim(request: Request, run: Run, who: Reader, claim_id: str) -> Response:
    """One claim, and everything every service did with it."""
    return await _page(request, run, who, claim_id)


@router.post("/claims/{claim_id}/actions/{name}")
async def act(request: Request, run: Run, who: Reader, claim_id: str, name: str) -> Response:
    """Do something with the claim, once however often the button is pressed."""
    view = await _claim(run, who, claim_id)
    action = action_of(CLAIM_ACTIONS, name, who)
    tried = await perform(request, who, action, {"claim_id": claim_id, "account_id": view.account_id})
    if tried.typed is None:
        return RedirectResponse(f"/claims/{quoted(claim_id)}?done={name}", 303)
    return await _page(request, run, who, claim_id, tried)


@router.get("/claims/{claim_id}/x12/{what}")
async def claim_x12(request: Request, run: Run, who: Biller, claim_id: str, what: str) -> Response:
    """The X12 behind a step: the claim's own part of each file, decoded. It names the patient."""
    view = await _claim(run, who, claim_id)
    if what not in TRANSACTIONS:
        raise HTTPException(404, "There is no such X12.")
    answers = await _x12(request, who, claim_id, view, what)
    rows = [row for one in answers for row in (one.rows() or ([one.one] if one.one else []))]
    files = [
        {"about": told(row, "what", "kind", "file_id", "day", "problem"), "segments": said_segments(row.get("parts"))}
        for row in rows
    ]
    values = {
        "id": claim_id,
        "claim": view,
        "what": what,
        "transactions": TRANSACTIONS,
        "files": files,
        "problems": [one.problem for one in answers if one.problem and not one.missing],
    }
    return draw(request, "claim_x12.html", values)


async def _x12(request: Request, who: Visitor, claim_id: str, view: ClaimView, what: str) -> list[Answer]:
    """The files of one kind. A remittance lies with payments, all others with claims."""
    services = services_of(request)
    if what != "835":
        asked = Ask("claims", f"/claims/{quoted(claim_id)}/x12", {"what": TRANSACTIONS[what].what})
        return await services.ask(who.authorization, asked)
    remittances = dict.fromkeys(m.remittance_id for m in view.moments if m.remittance_id)
    query = {"control_number": view.patient_control_number}
    asks = [Ask("payments", f"/remittances/{quoted(one)}/x12", query) for one in remittances if one]
    return await services.ask(who.authorization, *asks)


async def _claim(run: Runtime, who: Visitor, claim_id: str) -> ClaimView:
    """The claim of the visitor's tenant; another tenant's does not exist."""
    view = await view_of(run.store, CLAIM_VIEW, who.tenant, claim_id)
    if view is None:
        raise HTTPException(404, "There is no claim of this id.")
    return view


async def _page(request: Request, run: Runtime, who: Visitor, claim_id: str, tried: Tried | None = None) -> Response:
    view = await _claim(run, who, claim_id)
    moments = in_causal_order(view.moments)
    values: dict[str, Any] = {
        "id": claim_id,
        "claim": view,
        "moments": moments,
        "chains": chains_of(moments),
        "x12_behind": x12_behind if who.principal.may(("biller",)) else dict[str, str]().get,
        "tried": tried,
        "done": _done(request),
        "live_seconds": 5,
        "desk": None,
    }
    if "x-refresh" not in request.headers:  # what renews itself is the story; the services are asked once a look
        values["desk"] = await _desk(request, who, claim_id, view, tried)
    return draw(request, "claim.html", values, tried.status if tried else 200)


def _done(request: Request) -> str:
    action = CLAIM_ACTIONS.get(request.query_params.get("done", ""))
    return "" if action is None else action.done


async def _desk(request: Request, who: Visitor, claim_id: str, view: ClaimView, tried: Tried | None) -> dict[str, Any]:
    """What the services know of the claim now, and what may be done."""
    name, account = quoted(claim_id), quoted(view.account_id)
    answers = await services_of(request).ask(
        who.authorization,
        Ask("claims", f"/claims/{name}"),
        Ask("claims", f"/work-items/{name}"),
        Ask("claims", "/appeals", {"claim": claim_id}),
        Ask("payments", f"/accounts/{account}/items/{name}"),
        Ask("payments", f"/accounts/{account}/entries", {"item_id": claim_id}),
    )
    own, work, appeals, item, entries = answers
    item_work = work.one or None
    appeal_rows = [dict(row) for row in appeals.rows()]
    last_appeal = appeal_rows[-1] if appeal_rows else None
    status = str(own.get("status") or view.status)
    return {
        "problems": problems_of(answers),
        "deadlines": told_all(rows_in(own.body, "deadlines"), "kind", "level", "on", "rule", "explanation"),
        "holds": told_all(rows_in(own.body, "holds"), "rule", "field", "message"),
        "work": told(item_work, *WORK) if item_work else None,
        "playbook": told_all(rows_in(item_work, "playbook"), "action", "by", "needs", "do"),
        "write_off": told(object_in(item_work, "write_off"), "amount_cents", "by") if item_work else None,
        "appeals": told_all(appeal_rows, *APPEAL),
        "columns": told(item.body if item.good else None, *COLUMNS),
        "has_ledger": item.good,
        "never_billed": told_all(
            rows_in(item.body, "never_billed"), "group", "reason", "amount_cents", "rule", "source"
        ),
        "entries": told_all(rows_in(entries.body, "entries")[-LEDGER_SHOWN:], *ENTRY),
        "actions": offered(
            fitting(status, item_work, last_appeal), who.principal.roles, tried.action if tried else None
        ),
        "given": {
            "version": str(item_work.get("version", "")) if item_work else "",
            "appeal_id": str(last_appeal.get("appeal_id", "")) if last_appeal else "",
        },
        "key": new_key,
    }


WORK = (
    "status",
    "queue",
    "owner",
    "category",
    "root_cause",
    "next_action",
    "amount_cents",
    "expected_cents",
    "deadline_on",
    "priority_why",
    "wait_until",
    "version",
)
APPEAL = ("appeal_id", "status", "level", "disputed_cents", "deadline_on", "deadline_rule", "explanation", "outcome")
COLUMNS = (
    "charge_cents",
    "paid_cents",
    "adjusted_cents",
    "patient_paid_cents",
    "written_off_cents",
    "denials_written_off_cents",
    "insurance_cents",
    "patient_cents",
    "denied_cents",
)
ENTRY = ("id", "at", "debit", "credit", "cents", "why", "posted_by")
