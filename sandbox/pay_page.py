"""The emulated processor's own page: where a guarantor's card would be asked for. Test methods only, no numbers."""

from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse

FORM_BYTES_MAX = 16 * 1024
METHODS = {
    "card": (("pm_card_ok", "A card that works"), ("pm_card_declined", "A card that is declined")),
    "us_bank_account": (
        ("pm_bank_ok", "A bank account that works"),
        ("pm_bank_r01", "A bank account without the money"),
    ),
}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}

pay_routes = APIRouter(prefix="/processor")


async def _fields(request: Request) -> dict[str, str]:
    content = await request.body()
    if len(content) > FORM_BYTES_MAX:
        raise HTTPException(413, "a form has at most 16 KB")
    fields = dict(parse_qsl(content.decode(errors="replace"), max_num_fields=20))
    if urlsplit(fields.get("return_url", "")).scheme not in {"http", "https"}:
        raise HTTPException(422, "return_url: where the guarantor came from")
    return fields


@pay_routes.post("/pay", response_class=HTMLResponse)
async def show(request: Request) -> HTMLResponse:
    """What somebody would see who is sent here to pay."""
    fields = await _fields(request)
    processor: Any = request.app.state.sandbox.processor
    intent = processor.get(fields.get("payment_intent", ""))
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(fields.get(name, ""))}">'
        for name in ("payment_intent", "client_secret", "return_url")
    )
    choices = "".join(
        f'<p><label><input type="radio" name="payment_method" value="{token}" required> {said}</label></p>'
        for token, said in METHODS.get(intent["payment_method_types"][0], METHODS["card"])
    )
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sandbox processor</title>'
        '<meta name="viewport" content="width=device-width"></head><body><main><h1>Sandbox processor</h1>'
        f"<p>Pay ${intent['amount'] / 100:,.2f}. This is an emulation: nothing is taken from anybody.</p>"
        f'<form method="post" action="/processor/pay/confirm">{hidden}{choices}<p><button>Pay</button></p></form>'
        "</main></body></html>"
    )
    return HTMLResponse(page, headers=HEADERS)


@pay_routes.post("/pay/confirm")
async def confirm(request: Request) -> RedirectResponse:
    """The guarantor pays and is sent back; how it ended, the webhook says."""
    fields = await _fields(request)
    sandbox: Any = request.app.state.sandbox
    sandbox.processor.confirm(
        fields.get("payment_intent", ""),
        fields.get("client_secret", ""),
        fields.get("payment_method", ""),
        sandbox.clock.now(),
    )
    return RedirectResponse(fields["return_url"], 303, headers=HEADERS)
