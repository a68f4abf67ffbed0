"""The hosted payment page: whoever has a statement's link, or that of a request, pays there without a login.

The link is all that is asked for, so it says nothing: it is a keyed name that nobody makes or guesses without the key,
it ends on its day, and it can be taken back. The page shows amounts and days and names nobody. Cards and bank accounts
are asked for by the processor on its own page.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.payments.card_api import Accounts as Processors
from services.payments.cash_parts import account_decider_of
from services.payments.core.account import AccountDecider
from services.payments.core.card_payment import CARD_PAYMENT
from services.payments.core.card_payment_messages import RequestCardPayment
from services.payments.core.money_text import dollars
from services.payments.core.pay_form import Fault, Standing, Wanted, wanted_of
from services.payments.pay_page_payment import shown_payment
from services.payments.pay_page_view import Chosen, draw, sender_of, style, told
from services.payments.pay_page_visit import NAMESPACE, Visit, enter, intent_id_of
from services.payments.pay_page_words import LANGUAGES
from services.payments.processor import account_of
from services.payments.receipts import receipt_of, receipt_pdf
from services.payments.settings import PaymentsSettings
from shared.derived import derived_id
from shared.hosted_page import form_fields, page_headers
from shared.http import Run, command_meta
from shared.overload import while_there_is_room
from shared.plan_links import plan_link
from shared.store.port import Key

pay_page = APIRouter()

Ledger = Annotated[AccountDecider, Depends(account_decider_of)]
GONE, DONE = 410, 200
STATUS: Mapping[Standing, int] = {"expired": GONE, "revoked": GONE, "superseded": GONE, "used": DONE, "settled": DONE}
"""What is answered where there is nothing to pay."""


@pay_page.get("/p/{tenant}/{token}", response_class=Response)
async def look(tenant: str, token: str, run: Run, request: Request, processors: Processors, ledger: Ledger) -> Response:
    """What is owed and how it can be paid; else why there is nothing to pay here."""
    visit = await enter(run, request, tenant, token, ledger)
    if isinstance(visit, Response):
        return visit
    if visit.standing != "open":
        return await _nothing_to_pay(visit)
    await run.audit.record(visit.guest, "pay-page.open", visit.subject)
    return _offer(visit, processors)


@pay_page.post("/p/{tenant}/{token}", response_class=Response, dependencies=[while_there_is_room])
async def pay(tenant: str, token: str, run: Run, request: Request, processors: Processors, ledger: Ledger) -> Response:
    """Ask the processor for what was chosen. The same form again, in any window, is the same payment."""
    visit = await enter(run, request, tenant, token, ledger)
    if isinstance(visit, Response):
        return visit
    form = await form_fields(request)
    attempt = _attempt(form)
    if attempt is not None and visit.payment(attempt) is not None:
        return _to(visit, f"/payments/{attempt}")
    if visit.standing != "open":
        return await _nothing_to_pay(visit)
    if attempt is None or attempt != len(visit.payments):
        return _to(visit, "")  # an old form: things have moved since it was drawn
    chosen, wanted = _asked(visit, form)
    if isinstance(wanted, str):
        return _offer(visit, processors, chosen, wanted)
    await run.audit.record(visit.guest, "pay-page.pay", visit.subject)
    await run.shell.transact_one(CARD_PAYMENT, _command(visit, attempt, wanted, chosen.method))
    return _to(visit, f"/payments/{attempt}")


@pay_page.get("/p/{tenant}/{token}/payments/{attempt}", response_class=Response)
async def payment(
    tenant: str, token: str, attempt: int, run: Run, request: Request, processors: Processors, ledger: Ledger
) -> Response:
    """How one payment stands: what is left to do, or its receipt."""
    visit = await enter(run, request, tenant, token, ledger)
    if isinstance(visit, Response):
        return visit
    one = visit.payment(attempt)
    if one is None or visit.standing == "revoked":
        return await _nothing_to_pay(visit) if visit.standing != "open" else _to(visit, "")
    await run.audit.record(visit.guest, "pay-page.payment", visit.subject)
    own = account_of(processors, tenant)
    shown = await shown_payment(visit, one, attempt, str(request.base_url), came_back="back" in request.query_params)
    processor_page = "" if own is None or own.pay_page is None else str(own.pay_page)
    return draw(
        visit.page,
        "pay_page_payment.html",
        visit.page.words.payment,
        cents=one.received_cents or one.asked_cents,
        home=visit.page.here,
        processor_page=processor_page,
        processor_id=one.processor_id,
        goes_to=processor_page,
        **shown,
    )


@pay_page.get("/p/{tenant}/{token}/receipts/{attempt}", response_class=Response)
async def receipt(tenant: str, token: str, attempt: int, run: Run, request: Request, ledger: Ledger) -> Response:
    """The receipt of a payment that was made here. It names nobody: whoever has the link may open it."""
    visit = await enter(run, request, tenant, token, ledger)
    if isinstance(visit, Response):
        return visit
    one = visit.payment(attempt)
    if one is None or not one.posted or visit.standing == "revoked":
        return await _nothing_to_pay(visit) if visit.standing != "open" else _to(visit, "")
    facts = [entry.fact for entry in await run.store.history(ledger, Key(tenant, visit.request.account_id))]
    made = receipt_of(visit.account, facts, one.payment_id)
    if made is None:
        return _to(visit, f"/payments/{attempt}")
    await run.audit.record(visit.guest, "pay-page.receipt", visit.subject)
    content = receipt_pdf(made, "", sender_of(tenant), run.clock.now().date())
    return Response(content, media_type="application/pdf", headers=page_headers(style()))


def _asked(visit: Visit, form: Mapping[str, list[str]]) -> tuple[Chosen, Wanted | Fault | Literal["no_method"]]:
    """What was filled in, and what it comes to."""
    names = form.get("bill", [])
    chosen = Chosen(_first(form, "what"), frozenset(names), _first(form, "amount"), _first(form, "method"))
    named = {visit.bill_name(bill.item_id): bill.item_id for bill in visit.offer.bills}
    wanted = wanted_of({**form, "bill": [named.get(name, "") for name in names]}, visit.offer, visit.request)
    return chosen, wanted if chosen.method in {"card", "ach"} else "no_method"


def _offer(visit: Visit, processors: Any, chosen: Chosen | None = None, fault: str = "") -> Response:
    """The page with the form, as it was filled in where something is wrong with it."""
    page, offer, own = visit.page, visit.offer, account_of(processors, visit.guest.tenant)
    started = [one for one in visit.payments if one.status in {"requested", "waiting"}]
    waiting_at = next((n for n in range(len(visit.payments)) if visit.payment(n) in started), None)
    assert visit.request.expires_at is not None, "a request that is open has an end"
    said = LANGUAGES[page.language].get(fault, "")
    values = {
        "offer": offer,
        "bills": [(visit.bill_name(one.item_id), one.service_date, one.cents) for one in offer.bills],
        "credit_cents": sum(one.cents for one in offer.bills) - offer.owed_cents,
        "expires_on": visit.request.expires_at.date(),
        "attempt": len(visit.payments),
        "waiting_at": waiting_at,
        "waiting_cents": started[0].asked_cents if started else 0,
        "plans": _plans(visit),
        "can_pay": own is not None and own.pay_page is not None,
        "chosen": chosen or Chosen(),
    }
    text = said.format(amount=dollars(offer.payable_cents))
    return draw(page, "pay_page_offer.html", page.words.title, status=422 if fault else 200, fault=text, **values)


def _plans(visit: Visit) -> str:
    """Where the plans are shown that the guarantor may take alone; collections believes the signed link."""
    settings, ends = cast("PaymentsSettings", visit.run.settings), visit.request.expires_at
    if not settings.plan_page or ends is None or not visit.offer.payable_cents:
        return ""
    token = plan_link(visit.run.pseudonyms, visit.guest.tenant, visit.request.account_id, ends)
    return f"{settings.plan_page.rstrip('/')}/plan-page/{visit.guest.tenant}/{token}?lang={visit.page.language}"


async def _nothing_to_pay(visit: Visit) -> Response:
    """A page that says why, and a line in the audit log."""
    action = "pay-page.open" if STATUS.get(visit.standing, GONE) == DONE else "pay-page.refused"
    await visit.run.audit.record(visit.guest, action, visit.subject, f"the link is {visit.standing}")
    ends = visit.request.expires_at
    return told(visit.page, visit.standing, STATUS.get(visit.standing, GONE), day=ends.date() if ends else None)


def _command(visit: Visit, attempt: int, wanted: Wanted, method: str) -> RequestCardPayment:
    run, request = visit.run, visit.request
    intent_id = intent_id_of(request.request_id, attempt)
    command_id = derived_id(NAMESPACE, intent_id)
    return RequestCardPayment(
        meta=command_meta(run, visit.guest, "payments", command_id, f"card_payment/{intent_id}", request.account_id),
        intent_id=intent_id,
        account_id=request.account_id,
        method="ach" if method == "ach" else "card",
        asked_cents=wanted.cents,
        request_id=request.request_id,
        allocation=wanted.allocation,
        items=wanted.items,
        targets=wanted.targets,
    )


def _to(visit: Visit, path: str) -> Response:
    """On to another page of this link, by a GET: reloading it asks for nothing again."""
    return RedirectResponse(f"{visit.page.here}{path}?lang={visit.page.language}", 303, headers=page_headers(style()))


def _attempt(form: Mapping[str, list[str]]) -> int | None:
    text = _first(form, "attempt")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


def _first(form: Mapping[str, list[str]], name: str) -> str:
    return next(iter(form.get(name, ())), "")
