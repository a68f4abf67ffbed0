"""Money that came: deposits, what waits on the cash side, tills, and decisions of payers that no claim answers to."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.console.acting import Tried, action_of, new_key, perform, services_of
from services.console.api import after_of
from services.console.calls import Ask, problems_of, quoted
from services.console.core.actions import offered
from services.console.core.money_actions import MONEY_ACTIONS
from services.console.core.told import numbers_in, rows_in, told, told_all
from services.console.money_pages import page
from services.console.overview import link
from services.console.session import READERS, Visitor, visitor

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
Reader = Annotated[Visitor, Depends(visitor(*READERS))]
ROWS = 50
STATUSES = ("open", "late", "matched", "set_aside")
DEPOSIT = ("deposit_id", "status", "deposited_cents", "unapplied_cents", "deposited_on", "method", "trace")
EXPECTED = ("expected_id", "kind", "payer_id", "trace", "method", "expected_cents", "missing_cents", "sent_on")
PART = ("expected_id", "kind", "cents", "by", "reason", "confirmed")
WORK = ("kind", "id", "cents", "since", "what", "path", "age_days")
TILL = ("till_id", "open", "shift", "cashier", "float_cents", "payments")
CLOSING = ("shift", "counted_cash_cents", "counted_check_cents", "over_short_cents", "slip")


@router.get("/money/deposits")
async def deposits(request: Request, who: Reader) -> Response:
    """What the bank told of, and what of it is not explained yet."""
    status = request.query_params.get("status", "")
    if status and status not in STATUSES:
        raise HTTPException(422, f"The filter “status” may be: {', '.join(STATUSES)}.")
    after = after_of(request)
    query = {"limit": str(ROWS + 1), **({"status": status} if status else {}), **({"after": after} if after else {})}
    late = Ask("payments", "/bank/expected", {"status": "late", "limit": str(ROWS)})
    answers = await services_of(request).ask(who.authorization, Ask("payments", "/bank/deposits", query), late)
    rows = told_all(answers[0].rows(), *DEPOSIT)
    where = {"status": status} if status else {}
    values = {
        "rows": rows[:ROWS],
        "late": told_all(answers[1].rows(), *EXPECTED),
        "status": status,
        "statuses": STATUSES,
        "next_url": link("/money/deposits", **where, after=str(rows[ROWS - 1].deposit_id))
        if len(rows) > ROWS
        else None,
        "first_url": link("/money/deposits", **where) if after else None,
        "problems": problems_of(answers),
    }
    return page(request, "money_deposits.html", values)


@router.get("/money/deposits/{deposit_id}")
async def deposit(request: Request, who: Reader, deposit_id: str) -> Response:
    """One deposit with what explains it, and what may."""
    return await _deposit(request, who, deposit_id)


async def _deposit(request: Request, who: Visitor, deposit_id: str, tried: Tried | None = None) -> Response:
    name = quoted(deposit_id)
    answers = await services_of(request).ask(
        who.authorization,
        Ask("payments", f"/bank/deposits/{name}"),
        Ask("payments", f"/bank/deposits/{name}/candidates"),
    )
    if answers[0].missing:
        raise HTTPException(404, "There is no deposit of this id.")
    values = {
        "id": deposit_id,
        "deposit": told(answers[0].one, *DEPOSIT),
        "parts": told_all(rows_in(answers[0].body, "parts"), *PART),
        "candidates": told_all(answers[1].rows(), "because_of", *EXPECTED),
        "problems": problems_of(answers),
        **_acts(request, who, tried),
    }
    return page(request, "money_deposit.html", values, tried.status if tried else 200)


@router.get("/money/cash")
async def cash(request: Request, who: Reader) -> Response:
    """What waits on the cash side, the oldest first, and the tills."""
    kind = request.query_params.get("kind", "")[:60]
    services = services_of(request)
    answers = await services.ask(
        who.authorization, Ask("payments", "/cash/work", {"kind": kind} if kind else {}), Ask("payments", "/tills")
    )
    if answers[0].status == 422:
        raise HTTPException(422, "The filter “kind” is none of the kinds of cash work.")
    tills = [(told(row, *TILL), told_all(rows_in(row, "closings")[-3:], *CLOSING)) for row in answers[1].rows()]
    values = {
        "kind": kind,
        "counts": numbers_in(answers[0].body, "counts"),
        "items": told_all(answers[0].rows("items"), *WORK),
        "tills": tills,
        "problems": problems_of(answers),
    }
    return page(request, "money_cash.html", values)


REMITTED = ("remittance_id", "position", "payer_id", "payment_date", "charge_cents", "paid_cents", "status")


@router.get("/money/unmatched")
async def unmatched(request: Request, who: Reader) -> Response:
    """Remitted claims that no claim of ours answers to."""
    after = after_of(request)
    query = {"limit": str(ROWS + 1), **({"after": after} if after else {})}
    answers = await services_of(request).ask(who.authorization, Ask("payments", "/unmatched", query))
    rows = [
        (told(row, "patient_control_number", "version", "because"), told_all(rows_in(row, "remitted"), *REMITTED))
        for row in answers[0].rows()
    ]
    values = {
        "rows": rows[:ROWS],
        "next_url": link("/money/unmatched", after=str(rows[ROWS - 1][0].patient_control_number))
        if len(rows) > ROWS
        else None,
        "problems": problems_of(answers),
    }
    return page(request, "money_unmatched.html", values)


@router.get("/money/unmatched/{control_number}/{remittance_id}/{position}")
async def one_unmatched(
    request: Request, who: Reader, control_number: str, remittance_id: str, position: int
) -> Response:
    """One of them, with the claims it may mean."""
    return await _one_unmatched(request, who, control_number, remittance_id, position)


async def _one_unmatched(
    request: Request, who: Visitor, control_number: str, remittance_id: str, position: int, tried: Tried | None = None
) -> Response:
    place = {
        "patient_control_number": control_number,
        "remittance_id": remittance_id,
        "position": str(position),
    }
    answers = await services_of(request).ask(
        who.authorization,
        Ask("payments", "/unmatched", {"remittance_id": remittance_id, "limit": "200"}),
        Ask("payments", "/unmatched/suggestions", place),
    )
    number = next((row for row in answers[0].rows() if row.get("patient_control_number") == control_number), None)
    remitted = told_all(rows_in(number, "remitted"), *REMITTED)
    one = next((row for row in remitted if (row.remittance_id, row.position) == (remittance_id, position)), None)
    if answers[1].missing and one is None:
        raise HTTPException(404, "Nothing waits there: it was matched meanwhile, or never was.")
    values = {
        "place": {**place, "version": str((number or {}).get("version", ""))},
        "remitted": one,
        "because": (number or {}).get("because", ""),
        "suggestions": told_all(answers[1].rows(), "account_id", "claim_id", "patient_control_number", "score", "why"),
        "problems": problems_of(answers),
        **_acts(request, who, tried),
    }
    return page(request, "money_match.html", values, tried.status if tried else 200)


@router.post("/money/actions/{name}")
async def act(request: Request, who: Reader, name: str) -> Response:
    """Match, or take a match back, once however often the button is pressed."""
    action = action_of(MONEY_ACTIONS, name, who)
    tried = await perform(request, who, action, {})
    form = await request.form()
    deposit_id = str(form.get("deposit_id", ""))[:100]
    if tried.typed is None:
        back = f"/money/deposits/{quoted(deposit_id)}" if deposit_id else "/money/unmatched"
        return RedirectResponse(f"{back}?done={name}", 303)
    if deposit_id:
        return await _deposit(request, who, deposit_id, tried)
    place = [str(form.get(one, ""))[:100] for one in ("patient_control_number", "remittance_id", "position")]
    position = int(place[2]) if place[2].isascii() and place[2].isdigit() else 0
    return await _one_unmatched(request, who, place[0], place[1], position, tried)


def _acts(request: Request, who: Visitor, tried: Tried | None) -> Mapping[str, Any]:
    done = MONEY_ACTIONS.get(request.query_params.get("done", ""))
    return {
        "actions": {one.name: one for one in offered(MONEY_ACTIONS.values(), who.principal.roles)},
        "key": new_key,
        "tried": tried,
        "done": done.done if done else "",
    }
