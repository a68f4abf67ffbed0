"""Pages by a link: what a browser may do with them, in which language, and what of a form is read."""

import pytest
from starlette.requests import Request

from shared.hosted_page import FORM_BYTES_MAX, form_fields, page_headers, page_language


def request_of(query: str = "", accepted: str = "", body: bytes = b"") -> Request:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"accept-language", accepted.encode())]
    return Request({"type": "http", "method": "POST", "query_string": query.encode(), "headers": headers}, receive)


def test_a_page_may_send_its_form_home_or_to_one_other_place() -> None:
    policy = page_headers("body{}")["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "form-action 'self';" in policy
    led = page_headers("", "https://pay.example:8443/a/b?c=d")["Content-Security-Policy"]
    assert "form-action 'self' https://pay.example:8443;" in led


@pytest.mark.parametrize(
    ("query", "accepted", "language"),
    [
        ("lang=es", "en-US", "es"),
        ("", "es-MX,es;q=0.9", "es"),
        ("lang=fr", "ES", "es"),
        ("", "fr", "en"),
        ("", "", "en"),
    ],
)
def test_the_language_is_what_was_chosen_then_what_the_browser_prefers(
    query: str, accepted: str, language: str
) -> None:
    assert page_language(request_of(query, accepted), ("en", "es")) == language


@pytest.mark.parametrize("body", ["\u00e9".encode(), b"x" * (FORM_BYTES_MAX + 1), b"&".join([b"a=1"] * 1001), b"{}"])
async def test_what_is_no_form_has_no_fields(body: bytes) -> None:
    assert await form_fields(request_of(body=body)) == {}


async def test_a_form_keeps_every_value_of_a_field_in_order() -> None:
    assert await form_fields(request_of(body=b"bill=b&bill=a&what=bills")) == {"bill": ["b", "a"], "what": ["bills"]}
