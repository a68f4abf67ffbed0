"""The payment page over HTTP on memory: what it shows, what it asks the processor for, and what it answers to links."""

import asyncio
import dataclasses
import re
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import httpx
from fastapi import FastAPI
from pypdf import PdfReader

from sandbox.pay_page import pay_routes
from services.payments.pay_page_guesses import MISSES_A_MINUTE, RECORDED_A_MINUTE, Guesses
from services.payments.pay_page_words import LANGUAGES
from shared.contracts import StatementSent
from shared.plan_links import read_plan_link
from tests.payments.card_house import CHARGE, Till
from tests.payments.kit import meta
from tests.payments.world import TENANT

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def stated(till: Till, number: int = 1, days: int = 120) -> str:
    """The link of a statement that went out for the account."""
    run, clock = till.cashier.world.runtime, till.cashier.clock
    token = run.pseudonyms.of("plink", TENANT, f"stm_{number}")
    sent = StatementSent(
        meta=meta(f"statement {number}").model_copy(update={"source": "collections", "sequence": number}),
        account_id="acct_1",
        statement_id=f"stm_{number}",
        number=number,
        balance_cents=5_000,
        sent_on=clock.at.date(),
        due_on=clock.at.date(),
        pay_request_id=run.pseudonyms.of("preq", TENANT, token),
        pay_until=clock.at + timedelta(days),
    )
    await till.cashier.world.hear(sent)
    return f"/p/{TENANT}/{token}"


async def look(till: Till, path: str, **headers: str) -> Any:
    return await till.cashier.raw("GET", path, headers=headers)


async def post(till: Till, link: str, *, settle: bool = True, **fields: Any) -> Any:
    body = urlencode({"attempt": 0, "what": "all", "method": "card", **fields}, doseq=True).encode()
    answer = await till.cashier.raw("POST", link, body, FORM)
    if settle:
        await till.cashier.settle()
    return answer


def names_of(page: str) -> list[str]:
    return re.findall(r'name="bill" value="([^"]+)"', page)


def fields_of(page: str) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))


async def confirmed(till: Till, path: str, token: str = "pm_card_ok") -> None:
    """The guarantor goes on to the processor's page and pays there."""
    fields = fields_of((await look(till, path)).text)
    sandbox = SimpleNamespace(processor=till.processor, clock=till.cashier.clock)
    app = FastAPI()
    app.state.sandbox = sandbox
    app.include_router(pay_routes)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sandbox") as browser:
        page = await browser.post("/processor/pay", data=fields)
        assert (page.status_code, token in page.text) == (200, True)
        back = await browser.post("/processor/pay/confirm", data={**fields, "payment_method": token})
        assert back.headers["location"] == fields["return_url"]


async def actions(till: Till, tenant: str = TENANT) -> list[str]:
    notes = await till.cashier.world.store.notes("audit", tenant, None, 1000)
    return [str(one["action"]) for one in notes if str(one.get("action", "")).startswith("pay-page")]


async def test_a_statements_link_shows_what_is_owed_and_names_nobody(till: Till) -> None:
    link = await stated(till)
    page = await look(till, link)
    assert (page.status_code, "$50.00" in page.text, "June 20, 2026" in page.text) == (200, True, True)
    for secret in ("Canary", "acct_1", "chg_", "<script", "http://", "https://"):
        assert secret not in page.text
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert ("unsafe" in policy, "frame-ancestors 'none'" in policy) == (False, True)
    assert await actions(till) == ["pay-page.open"]


async def test_it_speaks_spanish_to_whoever_asks_for_it(till: Till) -> None:
    link = await stated(till)
    for query, accepted in (("?lang=es", "en-US"), ("", "es-MX,es;q=0.9")):
        page = await look(till, link + query, **{"Accept-Language": accepted})
        assert '<html lang="es">' in page.text
        assert "Pague su cuenta" in page.text


def test_both_languages_say_all_of_it() -> None:
    assert LANGUAGES["en"].keys() == LANGUAGES["es"].keys()
    for name, text in LANGUAGES["en"].items():
        assert re.findall(r"\{\w+\}", text) == re.findall(r"\{\w+\}", LANGUAGES["es"][name])


async def test_everything_is_paid_through_the_processors_page_and_its_receipt_names_nobody(
    till: Till, tmp_path: Path
) -> None:
    link = await stated(till)
    answer = await post(till, link)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{link}/payments/0?lang=en")
    ready = await look(till, f"{link}/payments/0")
    assert "http://sandbox" in ready.headers["content-security-policy"]
    await confirmed(till, f"{link}/payments/0")
    checking = await look(till, f"{link}/payments/0?back=1")
    assert ('http-equiv="refresh"' in checking.text, "client_secret" in checking.text) == (True, False)
    await till.deliver()
    paid = await look(till, f"{link}/payments/0")
    assert "We have your payment" in paid.text
    assert await till.owed() == 0
    pdf = await look(till, f"{link}/receipts/0")
    (tmp_path / "receipt.pdf").write_bytes(pdf.content)
    text = PdfReader(tmp_path / "receipt.pdf").pages[0].extract_text()
    assert ("$50.00" in text, "Canary" in text) == (True, False)
    done = await look(till, link)
    assert (done.status_code, "this is paid" in done.text) == (200, True)
    await till.cashier.proof()


async def test_a_part_pays_the_oldest_and_the_rest_can_be_paid_later(till: Till) -> None:
    link = await stated(till)
    await post(till, link, what="amount", amount="12.50")
    await confirmed(till, f"{link}/payments/0")
    await till.deliver()
    page = await look(till, link)
    assert ("$37.50" in page.text, 'name="attempt" value="1"' in page.text) == (True, True)
    await post(till, link, attempt=1)
    await confirmed(till, f"{link}/payments/1")
    await till.deliver()
    assert await till.owed() == 0


async def test_a_chosen_bill_is_paid_and_no_other(till: Till) -> None:
    newer = await till.cashier.made("/charges", {**CHARGE, "charge_cents": 2_500, "service_date": "2026-06-21"})
    link = await stated(till)
    names = names_of((await look(till, link)).text)
    assert len(names) == 2
    await post(till, link, what="bills", bill=names[1])
    await confirmed(till, f"{link}/payments/0")
    await till.deliver()
    items = (await till.cashier.get("/accounts/acct_1"))["items"]
    assert items.pop(newer["charge_id"])["patient_cents"] == 0
    assert [one["patient_cents"] for one in items.values()] == [5_000]


async def test_a_form_that_is_sent_twice_is_one_payment(till: Till) -> None:
    link = await stated(till)
    first = await post(till, link, what="amount", amount="10", settle=False)
    again = await post(till, link, what="amount", amount="40")
    assert first.headers["location"] == again.headers["location"]
    [one] = await till.cashier.get("/payment-intents")
    assert one["asked_cents"] == 1_000
    await confirmed(till, f"{link}/payments/0")
    await till.deliver()
    late = await post(till, link, what="all")
    assert late.headers["location"] == f"{link}/payments/0?lang=en", "an old window shows what was paid"
    assert len(await till.cashier.get("/payment-intents")) == 1


async def test_two_windows_at_the_same_moment_make_one_payment(till: Till) -> None:
    link = await stated(till)
    await asyncio.gather(*(post(till, link, settle=False, what="amount", amount=f"{n}0") for n in range(1, 5)))
    await till.cashier.settle()
    assert len(await till.cashier.get("/payment-intents")) == 1


async def test_a_program_may_pay_by_a_statements_link_too(till: Till) -> None:
    link = (await stated(till)).replace("/p/", "/pay/")
    assert (await look(till, link)).json()["total_cents"] == 5_000
    headers = {"Idempotency-Key": "x", "Content-Type": "application/json"}
    answer = await till.cashier.raw("POST", link, b'{"method": "card"}', headers)
    assert (answer.status_code, answer.json()["asked_cents"]) == (202, 5_000)


async def test_a_declined_card_may_be_followed_by_another_try(till: Till) -> None:
    link = await stated(till)
    await post(till, link)
    await confirmed(till, f"{link}/payments/0", "pm_card_declined")
    await till.deliver()
    assert "Nothing was taken" in (await look(till, f"{link}/payments/0")).text
    await post(till, link, attempt=1)
    await confirmed(till, f"{link}/payments/1")
    await till.deliver()
    assert await till.owed() == 0


async def test_a_bank_debit_on_its_way_is_not_asked_for_again(till: Till) -> None:
    link = await stated(till)
    await post(till, link, method="ach")
    await confirmed(till, f"{link}/payments/0", "pm_bank_ok")
    await till.deliver()
    page = await look(till, link)
    assert ("is on its way" in page.text, "<form" in page.text) == (True, False)
    refused = await post(till, link, attempt=1)
    assert (refused.status_code, len(await till.cashier.get("/payment-intents"))) == (422, 1)


NONSENSE: tuple[tuple[dict[str, str], str], ...] = (
    ({"what": "amount", "amount": "12,50"}, "like this: 25.00"),
    ({"what": "amount", "amount": "ten"}, "like this: 25.00"),
    ({"what": "amount", "amount": "-5"}, "like this: 25.00"),
    ({"what": "amount", "amount": "0"}, "more than nothing"),
    ({"what": "amount", "amount": "50.01"}, "The most you can pay here is $50.00"),
    ({"what": "bills"}, "at least one"),
    ({"what": "bills", "bill": "bill_of_somebody_else"}, "at least one"),
    ({"what": "all", "amount": "5"}, "filled in another"),
    ({"what": "nonsense"}, "how much"),
    ({"method": "cash"}, "a card or a bank account"),
)


async def test_a_form_that_makes_no_sense_is_shown_again_with_what_is_wrong(till: Till) -> None:
    link = await stated(till)
    for fields, said in NONSENSE:
        answer = await post(till, link, settle=False, **fields)
        assert (answer.status_code, said in answer.text, 'role="alert"' in answer.text) == (422, True, True), fields
    for attempt in ("7", "", "x", "99999999"):
        answer = await post(till, link, settle=False, attempt=attempt)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{link}?lang=en")
    await till.cashier.settle()
    assert await till.cashier.get("/payment-intents") == []


async def test_an_expired_a_superseded_a_revoked_and_a_settled_link_each_say_so(till: Till) -> None:
    old, new = await stated(till), await stated(till, 2, days=10)
    answer = await look(till, old)
    assert (answer.status_code, "You have a newer statement" in answer.text) == (410, True)
    assert (await post(till, old)).status_code == 410
    await till.cashier.days(11)
    answer = await look(till, new)
    assert (answer.status_code, "It was good until" in answer.text) == (410, True)
    made = await till.cashier.made("/payment-requests", {"account_id": "acct_1"})
    page = made["link"].replace("/pay/", "/p/")
    assert (await look(till, page)).status_code == 200
    await till.cashier.made(f"/payment-requests/{made['request_id']}/cancel", {"reason": "asked in error"})
    answer = await look(till, page)
    assert (answer.status_code, "It was taken back" in answer.text) == (410, True)
    fresh = await stated(till, 3)
    await till.cashier.made("/payments", {"account_id": "acct_1", "paid_cents": 5_000, "method": "cash"})
    answer = await look(till, fresh)
    assert (answer.status_code, "Nothing is owed" in answer.text) == (200, True)
    refused = ["pay-page.refused"] * 3
    assert await actions(till) == [*refused, "pay-page.open", "pay-page.refused", "pay-page.open"]
    assert await till.cashier.get("/payment-intents") == []


async def test_a_forged_link_says_nothing_and_is_tried_so_often_a_minute(till: Till) -> None:
    link = await stated(till)
    for wrong in (link[:-1] + ("a" if link[-1] != "a" else "b"), link.replace(TENANT, "northgate"), f"/p/{TENANT}/x"):
        answer = await look(till, wrong)
        assert (answer.status_code, "$50.00" in answer.text) == (404, False)
    assert await actions(till) == []
    assert await actions(till, "-") == ["pay-page.unknown"] * 3
    for _ in range(MISSES_A_MINUTE - 3):
        await look(till, f"/p/{TENANT}/x")
    blocked = await look(till, link)
    assert (blocked.status_code, blocked.headers["retry-after"]) == (429, "60")


def test_guesses_are_counted_by_address_and_minute_and_do_not_fill_the_log() -> None:
    from tests.payments.cashier import START

    guesses = Guesses()
    recorded = [guesses.miss(f"10.0.0.{n % 5}", START) for n in range(RECORDED_A_MINUTE + 10)]
    assert recorded == [True] * RECORDED_A_MINUTE + [False] * 10
    assert not guesses.are_too_many("10.0.0.1", START)
    for _ in range(MISSES_A_MINUTE):
        guesses.miss("10.0.0.1", START)
    assert guesses.are_too_many("10.0.0.1", START)
    assert not guesses.are_too_many("10.0.0.2", START)
    assert not guesses.are_too_many("10.0.0.1", START + timedelta(minutes=1))


async def test_a_house_without_the_processors_page_shows_the_bill_and_takes_nothing(till: Till) -> None:
    link = await stated(till)
    await look(till, link)
    app = till.cashier.app
    assert app is not None
    app.state.processor_accounts = {}
    page = await look(till, link)
    assert ("Please call us" in page.text, "<form" in page.text) == (True, False)


async def test_it_leads_to_the_plans_of_its_account_where_the_house_shows_them(till: Till, tmp_path: Path) -> None:
    link, run = await stated(till), till.cashier.world.runtime
    assert "plan-page" not in (await look(till, link)).text
    settings = run.settings.model_copy(update={"plan_page": "https://pay.example"})
    till.cashier.world.runtime = run = dataclasses.replace(run, settings=settings)
    page = (await look(till, link)).text
    [(tenant, token)] = re.findall(r'href="https://pay.example/plan-page/([^/]+)/([^"?]+)', page)
    known = read_plan_link(run.pseudonyms, tenant, token, till.cashier.clock.at)
    assert known is not None
    assert (tenant, known.account_id) == (TENANT, "acct_1")


async def test_a_correction_is_no_statement_more_for_a_client_that_pays_by_statement(till: Till) -> None:
    from services.payments.core.sent_statements import SENT_STATEMENTS

    sent = StatementSent(
        meta=meta("first").model_copy(update={"sequence": 1}),
        account_id="acct_1",
        statement_id="stm_1",
        number=1,
        balance_cents=5_000,
        sent_on=till.cashier.clock.at.date(),
        due_on=till.cashier.clock.at.date(),
    )
    second = {"meta": meta("second").model_copy(update={"sequence": 2}), "number": 2, "replaces": 1}
    state = SENT_STATEMENTS.start(sent, sent.model_copy(update=second)).snapshot.state
    assert (state.count, state.number) == (1, 2)
