"""One account: balance, claims, entries, statements, contacts with the gate's decision, disputes, and what can be done.

The story is the console's own; the rest is asked of the services as the page is opened, with the person's own token.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.console.acting import Tried, action_of, new_key, perform, services_of
from services.console.calls import Ask, problems_of, quoted
from services.console.core import ACCOUNT_VIEW, CLAIM_VIEW, AccountView, in_causal_order
from services.console.core.account_actions import ACCOUNT_ACTIONS, OF_A_ROW, fitting
from services.console.core.actions import Action, offered
from services.console.core.chains import chains_of
from services.console.core.told import object_in, rows_in, told, told_all
from services.console.drawing import draw
from services.console.session import READERS, Visitor, visitor
from services.console.store import Page, page_of, view_of
from shared.http import Run
from shared.runtime import Runtime

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
Reader = Annotated[Visitor, Depends(visitor(*READERS))]
LEDGER_SHOWN = 200
CONTACTS_SHOWN = 50
DECISION = ("decision_id", "at", "act", "medium", "purpose", "allowed", "findings", "until", "same", "action")
CONTACT = ("contact_id", "contacted_at", "channel", "purpose", "direction", "outcome", "decision_id", "next_action_on")
DISPUTE = ("dispute_id", "kind", "received_on", "written", "disputed_cents", "verified_on", "outcome", "resolved_on")
WRITE_OFF = ("write_off_id", "item_id", "side", "reason", "cents", "note", "requested_by", "status", "because")
ITEM = ("service_date", "payer_id", "charge_cents", "insurance_cents", "patient_cents", "denied_cents")
ENTRY = ("id", "at", "debit", "credit", "cents", "why", "posted_by")


@router.get("/accounts/{account_id}")
async def account(request: Request, run: Run, who: Reader, account_id: str) -> Response:
    """One account: balance, claims, statements, contacts, payments, plan."""
    return await _page(request, run, who, account_id)


@router.post("/accounts/{account_id}/actions/{name}")
async def act(request: Request, run: Run, who: Reader, account_id: str, name: str) -> Response:
    """Do something with the account, once however often the button is pressed."""
    await _account(run, who, account_id)
    action = action_of(ACCOUNT_ACTIONS, name, who)
    tried = await perform(request, who, action, {"account_id": account_id})
    if tried.typed is None:
        return RedirectResponse(f"/accounts/{quoted(account_id)}?done={name}", 303)
    return await _page(request, run, who, account_id, tried)


async def _account(run: Runtime, who: Visitor, account_id: str) -> tuple[AccountView, Page[Any]]:
    """The account and its claims; another tenant's does not exist."""
    view = await view_of(run.store, ACCOUNT_VIEW, who.tenant, account_id)
    of_account = await page_of(run.store, CLAIM_VIEW, who.tenant, {"account_id": account_id}, None)
    if view is None and not of_account.rows:
        raise HTTPException(404, "There is no account of this id.")
    return (ACCOUNT_VIEW.initial if view is None else view), of_account


async def _page(request: Request, run: Runtime, who: Visitor, account_id: str, tried: Tried | None = None) -> Response:
    view, of_account = await _account(run, who, account_id)
    moments = in_causal_order(view.moments)
    done = ACCOUNT_ACTIONS.get(request.query_params.get("done", ""))
    values: dict[str, Any] = {
        "id": account_id,
        "account": view,
        "claims": of_account,
        "moments": moments,
        "chains": chains_of(moments),
        "tried": tried,
        "done": done.done if done else "",
        "live_seconds": 5,
        "desk": None,
    }
    if "x-refresh" not in request.headers:  # what renews itself is the story; the services are asked once a look
        values["desk"] = await _desk(request, who, account_id, tried)
    return draw(request, "account.html", values, tried.status if tried else 200)


async def _desk(request: Request, who: Visitor, account_id: str, tried: Tried | None) -> dict[str, Any]:
    """What the services know of the account now, and what may be done."""
    name = quoted(account_id)
    answers = await services_of(request).ask(
        who.authorization,
        Ask("payments", f"/accounts/{name}"),
        Ask("payments", f"/accounts/{name}/entries"),
        Ask("collections", f"/accounts/{name}"),
        Ask("collections", f"/accounts/{name}/contacts"),
        Ask("collections", f"/accounts/{name}/decisions"),
        Ask("collections", f"/accounts/{name}/disputes"),
        Ask("collections", f"/accounts/{name}/explanation"),
    )
    money, entries, dunning, contacts, decisions, disputes, explanation = answers
    decided = {str(row.get("decision_id")): told(row, *DECISION) for row in decisions.rows()}
    exclusion = object_in(dunning.body, "standing", "exclusion")
    roles = who.principal.roles
    return {
        "problems": problems_of(answers),
        "money": told(money.body if money.good else None, "balance_cents", "unapplied_cents", "held"),
        "has_money": money.good,
        "items": [
            (item_id, told(object_in(money.body, "items", item_id), *ITEM))
            for item_id in object_in(money.body, "items")
        ],
        "unapplied": told_all(rows_in(money.body, "unapplied"), "payment_id", "cents"),
        "write_offs": told_all(rows_in(money.body, "write_offs"), *WRITE_OFF),
        "entries": told_all(rows_in(entries.body, "entries")[-LEDGER_SHOWN:], *ENTRY),
        "dunning": told(dunning.body if dunning.good else None, "status", "work", "due_on", "reminder_level"),
        "has_dunning": dunning.good,
        "exclusion": told(exclusion, "reason", "until") if exclusion else None,
        "explanation": told(explanation.body if explanation.good else None, *EXPLAINED),
        "contacts": [
            (row, decided.get(str(row.decision_id))) for row in told_all(contacts.rows(), *CONTACT)[-CONTACTS_SHOWN:]
        ],
        "decisions": list(decided.values())[-CONTACTS_SHOWN:][::-1],
        "findings": _findings,
        "disputes": told_all(disputes.rows(), *DISPUTE),
        "actions": offered(fitting(excluded=bool(exclusion)), roles, _of_account(tried)),
        "of_rows": {one.name: one for one in offered((ACCOUNT_ACTIONS[name] for name in sorted(OF_A_ROW)), roles)},
        "key": new_key,
    }


EXPLAINED = ("policy", "why", "next_action", "next_on", "unreconciled_payments")


def _of_account(tried: Tried | None) -> Action | None:
    """What was tried, where it is not said beside a row."""
    return tried.action if tried and tried.action.name not in OF_A_ROW else None


def _findings(decision: Any) -> list[str]:
    """The gate's reasons in its own words: the rule, and what it says."""
    rows = rows_in({"findings": decision.findings}, "findings")
    return [f"{row.get('effect', '')}: {row.get('reason', '')} (rule {row.get('rule', '')})" for row in rows]
