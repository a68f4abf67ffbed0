"""Signing in and out, and who may see what."""

import pytest

from services.console.session import COOKIE, local_path
from tests.console.desk import Desk


async def test_a_stranger_is_asked_to_sign_in_and_comes_back(told: Desk) -> None:
    browser = told.browser(None)
    asked = await browser.get("/claims?status=held")
    assert (asked.status_code, asked.headers["location"]) == (303, "/login?next=%2Fclaims%3Fstatus%3Dheld")
    form = await browser.get(asked.headers["location"])
    assert 'value="/claims?status=held"' in form.text
    signed_in = await browser.post("/login", data={"token": f" {told.token()}\n", "next": "/claims?status=held"})
    assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/claims?status=held")
    page = await browser.get(signed_in.headers["location"])
    assert page.status_code == 200
    assert "<strong>lakeside</strong>" in page.text


async def test_the_cookie_is_kept_from_scripts_and_other_sites(told: Desk) -> None:
    answer = await told.browser(None).post("/login", data={"token": told.token()})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/" in cookie


async def test_signing_in_is_on_record(told: Desk) -> None:
    await told.browser(None).post("/login", data={"token": told.token()})
    _, line = await told.machine.store.notes("audit", "lakeside", None, 10)
    assert (line["actor"], line["action"], line["log"]) == ("pat_biller", "console.login", "security")


async def test_signing_out_forgets_the_token(told: Desk) -> None:
    browser = told.browser(None)
    await browser.post("/login", data={"token": told.token()})
    assert (await browser.get("/")).status_code == 200
    assert (await browser.post("/logout")).headers["location"] == "/login"
    assert (await browser.get("/")).status_code == 303


async def test_a_bad_token_is_refused_and_never_repeated(told: Desk) -> None:
    browser = told.browser(None)
    for token in ("", "rubbish", told.token(exp=1), told.token(aud="another"), "x" * 10_000):
        refused = await browser.post("/login", data={"token": token})
        assert refused.status_code == 401
        assert "You are not signed in" in refused.text
        assert "set-cookie" not in refused.headers
        assert not token or token not in refused.text


async def test_an_expired_session_is_asked_again(told: Desk) -> None:
    browser = told.browser(None)
    browser.cookies.set(COOKIE, told.token(exp=1))
    assert (await browser.get("/claims")).headers["location"] == "/login?next=%2Fclaims"


async def test_a_program_is_told_what_to_send(told: Desk) -> None:
    browser = told.browser(None)
    without = await browser.get("/claims", headers={"accept": "application/json"})
    wrong = await browser.get("/claims", headers={"authorization": "Bearer rubbish"})
    for refused in (without, wrong):
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == "Bearer"
        assert "rubbish" not in refused.text


async def test_a_form_of_another_site_is_refused(told: Desk) -> None:
    browser = told.browser(None)
    for path in ("/login", "/logout"):
        refused = await browser.post(path, data={"token": told.token()}, headers={"origin": "http://evil.example"})
        assert refused.status_code == 403
    own = await browser.post("/login", data={"token": told.token()}, headers={"origin": "http://console"})
    assert own.status_code == 303


async def test_roles_are_needed(told: Desk) -> None:
    assert (await told.browser(roles=("integrator",)).get("/")).status_code == 403
    refused = await told.browser(roles=("biller",)).get("/system")
    assert refused.status_code == 403
    assert "This page needs one of the roles: operator." in refused.text


@pytest.mark.parametrize(
    "wanted", ["http://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "", "/a\r\nb", "x"]
)
def test_after_signing_in_nobody_is_led_elsewhere(wanted: str) -> None:
    assert local_path(wanted) == "/"


def test_a_path_of_the_console_is_kept() -> None:
    assert local_path("/claims?status=held&payer=60054") == "/claims?status=held&payer=60054"
