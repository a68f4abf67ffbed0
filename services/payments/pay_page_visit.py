"""Who comes with a payment link: what it leads to, and a page that says no where it leads nowhere."""

import re
from typing import NamedTuple
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from services.payments.core.account import AccountDecider
from services.payments.core.account_state import Account
from services.payments.core.card_payment import CARD_PAYMENT, CardPayment
from services.payments.core.pay_form import Offer, Standing, offer_of, standing_of
from services.payments.core.payment_request import PAYMENT_REQUEST, PaymentRequest
from services.payments.core.sent_statements import SENT_STATEMENTS
from services.payments.pay_page_guesses import Guesses
from services.payments.pay_page_view import Page, page_of, told
from shared.audit_anchors import HOUSE
from shared.auth import Principal
from shared.derived import derived_id
from shared.runtime import Runtime
from shared.store.port import Key

TENANT, TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}"), re.compile(r"plink_[a-z2-7]{26}")
NAMESPACE = UUID("3c1d7a3e-5a0b-5f0e-8d3b-6f7e2f9b6a10")
PAYMENTS_MAX = 100
"""Attempts of one link that are looked at."""


class Visit(NamedTuple):
    """Somebody with a link, and everything that it leads to."""

    run: Runtime
    page: Page
    guest: Principal
    request: PaymentRequest
    account: Account
    payments: tuple[CardPayment, ...]
    offer: Offer
    standing: Standing

    @property
    def subject(self) -> str:
        return f"payment_request/{self.request.request_id}"

    def payment(self, attempt: int) -> CardPayment | None:
        wanted = intent_id_of(self.request.request_id, attempt)
        return next((one for one in self.payments if one.intent_id == wanted), None)

    def bill_name(self, item_id: str) -> str:
        """What a bill is called in the form: no id of ours leaves."""
        return self.run.pseudonyms.of("bill", self.guest.tenant, self.request.request_id, item_id)


def intent_id_of(request_id: str, attempt: int) -> str:
    """The payment of one attempt, counted from 0: two clicks on one form ask for the same one."""
    return f"int_{derived_id(NAMESPACE, f'{request_id}/{attempt}').hex}"


async def enter(run: Runtime, request: Request, tenant: str, token: str, ledger: AccountDecider) -> Visit | Response:
    """Who comes; a page that says no to one without a link that was given out."""
    page = page_of(request, tenant, f"/p/{tenant}/{token}")
    address = request.client.host if request.client else ""
    guesses, now = _guesses(request), run.wall()
    if guesses.are_too_many(address, now):
        answer = told(page._replace(here=""), "too_many", 429)
        answer.headers["Retry-After"] = "60"
        return answer
    known = await _request(run, tenant, token)
    if known is None:
        if guesses.miss(address, now):
            await run.audit.record(
                Principal(HOUSE, "unknown caller", frozenset()), "pay-page.unknown", "link/?", "", "refused"
            )
        return told(page._replace(tenant="", here=""), "unknown", 404)
    return await _known(run, page, known, ledger)


async def _known(run: Runtime, page: Page, request: PaymentRequest, ledger: AccountDecider) -> Visit:
    tenant, key = page.tenant, Key(page.tenant, request.account_id)
    account = (await run.store.load(ledger, (key,)))[key].snapshot.state
    sent = (await run.store.load(SENT_STATEMENTS, (key,)))[key].snapshot.state
    found = await run.store.find(CARD_PAYMENT, tenant, {"request_id": request.request_id}, None, 100)
    payments = tuple(one for _, one in found)
    offer = offer_of(request, account, payments)
    standing = standing_of(request, sent.number, offer, payments, run.clock.now())
    guest = Principal(tenant, "payment-link", frozenset())
    return Visit(run, page, guest, request, account, payments, offer, standing)


async def _request(run: Runtime, tenant: str, token: str) -> PaymentRequest | None:
    if TENANT.fullmatch(tenant) is None or TOKEN.fullmatch(token) is None:
        return None
    key = Key(tenant, run.pseudonyms.of("preq", tenant, token))
    row = (await run.store.load(PAYMENT_REQUEST, (key,)))[key]
    return row.snapshot.state if row.snapshot.state.request_id else None


def _guesses(request: Request) -> Guesses:
    found: Guesses | None = getattr(request.app.state, "pay_page_guesses", None)
    if found is None:
        found = request.app.state.pay_page_guesses = Guesses()
    return found
