"""The account's page before the real ledger: money typed, posted once, given up by two people, taken back."""

import re
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from tests.console.street import Street, open_street

KEYS = iter(f"6f1f7d3e-28a4-4c57-9d7e-{n:012x}" for n in range(1, 10_000))
POSTER = ("biller", "poster", "operator")


@pytest.fixture
async def street(tmp_path: Path) -> AsyncGenerator[Street]:
    """A day without claims of its own: these tests are about the money."""
    async with open_street(tmp_path, with_claims=False) as made:
        yield made


async def press(
    street: Street, name: str, fields: dict[str, str], key: str = "", tenant: str = "lakeside"
) -> httpx.Response:
    browser = street.desk.browser(tenant, POSTER)
    data = {"key": key or next(KEYS), **fields}
    return await browser.post(f"/accounts/acct_1/actions/{name}", data=data)


async def owed(street: Street) -> int:
    return int((await street.cashier.get("/accounts/acct_1"))["balance_cents"])


async def test_an_accounts_page_shows_its_entries(street: Street) -> None:
    page = await street.desk.browser(roles=POSTER).get("/accounts/acct_1")
    assert page.status_code == 200
    assert "Ledger entries of this account" in page.text
    assert "Post a payment" in page.text


async def test_a_payment_is_posted_once_however_often_the_button_is_pressed(street: Street) -> None:
    before, key = await owed(street), next(KEYS)
    for _ in range(2):
        done = await press(street, "post", {"paid_cents": "$12.50", "method": "check", "check_number": "7"}, key)
        assert done.status_code == 303
    assert await owed(street) == before - 12_50


async def test_half_an_amount_is_said_beside_the_field_and_nothing_moves(street: Street) -> None:
    amount = "12.5"
    refused = await press(street, "post", {"paid_cents": amount, "method": "cash"})
    assert refused.status_code == 422
    assert 'id="do-post-paid_cents-fault"' in refused.text
    assert f'value="{amount}"' in refused.text
    assert "Nothing was sent" in refused.text
    assert street.made() == []


async def test_a_fault_that_the_service_finds_stands_beside_its_field(street: Street) -> None:
    refused = await press(street, "write-off", await asked("0.50", item="x"))
    assert refused.status_code in {404, 409}
    long = await press(street, "post", {"paid_cents": "1.00", "method": "cash", "received_on": "2026-02-30"})
    assert 'id="do-post-received_on-fault">Write a day that exists' in long.text


async def asked(amount: str, item: str = "clm_a", reason: str = "charity") -> dict[str, str]:
    return {
        "item_id": item,
        "side": "patient",
        "reason": reason,
        "written_off_cents": amount,
        "note": "as the policy says",
    }


async def test_a_write_off_waits_for_another_person_and_is_decided_on_the_page(street: Street) -> None:
    assert (await press(street, "write-off", await asked("5.00"))).status_code == 303
    page = (await street.desk.browser(roles=POSTER).get("/accounts/acct_1")).text
    assert "Write-offs asked for" in page
    found = re.search(r'name="write_off_id" value="(wo_[0-9a-f]+)"', page)
    assert found
    own = await press(street, "decide-write-off", {"write_off_id": found[1], "approved": "yes", "note": "my own"})
    assert own.status_code == 403
    assert "Another person decides about a write-off" in own.text
    other = street.desk.token(roles=POSTER, sub="alex.poster")
    browser = street.desk.browser(roles=POSTER)
    data = {"key": next(KEYS), "write_off_id": found[1], "approved": "yes", "note": "it is right"}
    before = await owed(street)
    done = await browser.post(
        "/accounts/acct_1/actions/decide-write-off", data=data, headers={"authorization": f"Bearer {other}"}
    )
    assert done.status_code == 303, done.text
    assert await owed(street) == before - 5_00
    undone = await press(street, "revert-write-off", {"write_off_id": found[1], "note": "it was wrong"})
    assert undone.status_code == 303
    assert await owed(street) == before


async def test_an_account_of_another_tenant_is_not_there(street: Street) -> None:
    refused = await press(street, "post", {"paid_cents": "1.00", "method": "cash"}, tenant="northgate")
    assert refused.status_code == 404
    assert street.calls == []


async def test_an_id_in_a_form_leads_nowhere_else(street: Street) -> None:
    fields = {"payment_id": "../../remittances/rem_1/release?x=", "moved_cents": "1.00", "reason": "a trick"}
    refused = await press(street, "move", fields)
    assert refused.status_code in {404, 405, 409, 422}
    (sent,) = street.made()
    assert sent.url.raw_path.startswith(b"/accounts/acct_1/payments/..%2F")


async def test_collections_that_is_down_is_said(street: Street) -> None:
    page = await street.desk.browser(roles=("collector", "poster")).get("/accounts/acct_1")
    assert "Collections cannot be reached." in page.text
    assert "Post a payment" in page.text
