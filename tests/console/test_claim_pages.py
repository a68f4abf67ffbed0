"""The claim's page before the real services: what it shows of them, and what a button does there."""

import re

import httpx
import pytest

from shared.contracts import ClaimHeld
from tests.claims.test_partners import day
from tests.console.desk import Desk
from tests.console.story import Story
from tests.console.street import Street

KEY = "6f1f7d3e-28a4-4c57-9d7e-3f3a4b7c9a10"
WORKER = ("biller", "poster", "operator")


async def ready_claim(street: Street) -> str:
    """A claim that came in and has not left the house: it may be held."""
    await street.claims.drop("late.837", day(5))
    await street.tell_console()
    claims = await street.claims.claims()
    return next(one.claim_id for one in claims if one.status == "waiting_coverage")


async def press(street: Street, claim_id: str, name: str, fields: dict[str, str], key: str = KEY) -> httpx.Response:
    browser = street.desk.browser(roles=WORKER)
    return await browser.post(f"/claims/{claim_id}/actions/{name}", data={"key": key, **fields})


async def test_a_claims_page_shows_deadlines_ledger_and_actions(street: Street) -> None:
    page = await street.desk.browser(roles=WORKER).get("/claims/clm_a")
    assert page.status_code == 200
    assert "In the ledger" in page.text
    assert "contractual adjustment" in page.text
    entries = page.text[page.text.index("Ledger entries of this claim") :]
    assert "$60.00" in entries
    (claim, *_) = await street.claims.claims()
    own = (await street.desk.browser(roles=WORKER).get(f"/claims/{claim.claim_id}")).text
    assert "Deadlines" in own
    assert f"/claims/{claim.claim_id}/x12/sent" in own


async def test_holding_a_claim_holds_it_there(street: Street) -> None:
    claim_id = await ready_claim(street)
    done = await press(street, claim_id, "hold", {"reason": "waiting for a record"})
    assert (done.status_code, done.headers["location"]) == (303, f"/claims/{claim_id}?done=hold")
    assert next(one for one in await street.claims.claims() if one.claim_id == claim_id).status == "held"
    await street.tell_console()
    shown = await street.desk.browser(roles=WORKER).get(done.headers["location"])
    assert "The claim is held." in shown.text
    assert f'action="/claims/{claim_id}/actions/release#do-release"' in shown.text


async def test_a_double_submit_makes_one_action(street: Street) -> None:
    claim_id = await ready_claim(street)
    for _ in range(2):
        assert (await press(street, claim_id, "hold", {"reason": "twice pressed"})).status_code == 303
    made = [one.headers["idempotency-key"] for one in street.made()]
    assert made == [KEY, KEY]
    held = street.claims.events(ClaimHeld)
    assert len([one for one in held if isinstance(one, ClaimHeld) and one.claim_id == claim_id]) == 1


async def test_what_was_not_sent_for_sure_is_sent_again_under_the_same_key(street: Street) -> None:
    claim_id = await ready_claim(street)
    street.slow.add("claims")
    unsure = await press(street, claim_id, "hold", {"reason": "a slow day"})
    assert unsure.status_code == 502
    assert "It may have happened" in unsure.text
    assert f'name="key" value="{KEY}"' in unsure.text
    assert "a slow day" in unsure.text
    street.slow.clear()
    assert (await press(street, claim_id, "hold", {"reason": "a slow day"})).status_code == 303
    changed = await press(street, claim_id, "hold", {"reason": "something else"})
    assert changed.status_code == 409
    assert "sent before with other content" in changed.text


async def test_an_empty_reason_is_said_beside_its_field_and_nothing_is_sent(street: Street) -> None:
    claim_id = await ready_claim(street)
    before = len(street.made())
    refused = await press(street, claim_id, "hold", {"reason": " "})
    assert refused.status_code == 422
    assert 'aria-invalid="true"' in refused.text
    assert re.search(r'id="do-hold-reason-fault">This is needed\.', refused.text)
    assert len(street.made()) == before


async def test_a_refusal_of_the_service_is_shown_in_its_words(street: Street) -> None:
    (claim, *_) = await street.claims.claims()
    refused = await press(street, claim.claim_id, "hold", {"reason": "too late for that"})
    assert refused.status_code == 409
    assert "The claim cannot be changed so now" in refused.text
    assert "too late for that" in refused.text
    assert f'value="{KEY}"' not in refused.text


@pytest.mark.parametrize("key", ["", "not-a-key", "1; drop"])
async def test_a_form_without_its_key_is_refused(street: Street, key: str) -> None:
    claim_id = await ready_claim(street)
    assert (await press(street, claim_id, "hold", {"reason": "no key"}, key)).status_code == 422
    assert street.made() == []


async def test_a_form_of_another_site_is_refused(street: Street) -> None:
    claim_id = await ready_claim(street)
    browser = street.desk.browser(roles=WORKER)
    refused = await browser.post(
        f"/claims/{claim_id}/actions/hold",
        data={"key": KEY, "reason": "from elsewhere"},
        headers={"origin": "https://elsewhere.example"},
    )
    assert refused.status_code == 403
    assert street.made() == []


async def test_a_role_that_may_not_is_not_offered_it_and_is_refused(street: Street) -> None:
    claim_id = await ready_claim(street)
    browser = street.desk.browser(roles=("auditor",))
    assert "What to do" not in (await browser.get(f"/claims/{claim_id}")).text
    refused = await browser.post(f"/claims/{claim_id}/actions/hold", data={"key": KEY, "reason": "may I?"})
    assert refused.status_code == 403


async def test_a_claim_of_another_tenant_can_neither_be_seen_nor_touched(street: Street) -> None:
    claim_id = await ready_claim(street)
    browser = street.desk.browser("northgate", WORKER)
    forged = [
        await browser.get(f"/claims/{claim_id}"),
        await browser.get(f"/claims/{claim_id}/x12/sent"),
        await browser.post(f"/claims/{claim_id}/actions/hold", data={"key": KEY, "reason": "not mine"}),
    ]
    gone = await browser.post("/claims/clm_gone/actions/hold", data={"key": KEY, "reason": "not there"})
    assert [one.status_code for one in forged] == [404, 404, 404]
    assert forged[2].text.replace(claim_id, "") == gone.text.replace("clm_gone", "")
    assert street.calls == []


async def test_the_x12_of_a_claim_is_decoded_and_names_no_neighbour(street: Street) -> None:
    claim, other, *_ = await street.claims.claims()
    assert claim.content
    assert other.content
    browser = street.desk.browser(roles=WORKER)
    sent = (await browser.get(f"/claims/{claim.claim_id}/x12/sent")).text
    assert f"CLM*{claim.content.patient_control_number}*" in sent
    assert f"CLM*{other.content.patient_control_number}*" not in sent
    assert "about other claims" in sent
    assert "billing provider" in sent
    assert "277ca" in (await browser.get(f"/claims/{claim.claim_id}/x12/acknowledged")).text
    paid = (await browser.get("/claims/clm_a/x12/835")).text
    assert "CLP*PCN-clm_a*" in paid
    assert "above the fee schedule" in paid


async def test_x12_is_for_billers(street: Street) -> None:
    (claim, *_) = await street.claims.claims()
    browser = street.desk.browser(roles=("operator",))
    assert (await browser.get(f"/claims/{claim.claim_id}/x12/sent")).status_code == 403
    assert "/x12/" not in (await browser.get(f"/claims/{claim.claim_id}")).text


async def test_a_service_that_is_down_is_said_and_the_rest_works(street: Street) -> None:
    street.down.add("payments")
    page = await street.desk.browser(roles=WORKER).get("/claims/clm_a")
    assert page.status_code == 200
    assert "Payments cannot be reached." in page.text
    assert "Everything that happened" in page.text
    (claim, *_) = await street.claims.claims()
    assert "Deadlines" in (await street.desk.browser(roles=WORKER).get(f"/claims/{claim.claim_id}")).text


async def test_a_refresh_asks_the_services_nothing(street: Street) -> None:
    (claim, *_) = await street.claims.claims()
    await street.desk.browser(roles=WORKER).get(f"/claims/{claim.claim_id}", headers={"x-refresh": "1"})
    assert street.calls == []


async def test_steps_of_one_beginning_have_one_letter(told: Desk) -> None:
    page = (await told.browser().get("/claims/clm_0007")).text
    assert 'class="chain chain-1">A</span>' in page


async def test_names_that_are_no_harm_are_shown_as_they_are(desk: Desk) -> None:
    story = Story()
    nasty = "\u05e9\u05dc\u05d5\u05dd <img src=x onerror=alert(1)> " + "long " * 60
    story.claim(1).received().held(nasty)
    await desk.hears(story.events)
    page = (await desk.browser().get("/claims/clm_0001")).text
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert 'class="what" dir="auto"' in page


async def test_a_claim_is_corrected_in_place_and_keeps_the_rest(street: Street) -> None:
    claim_id = await ready_claim(street)
    before = next(one for one in await street.claims.claims() if one.claim_id == claim_id)
    assert before.content
    empty = await press(street, claim_id, "correct", {"reason": "nothing typed"})
    assert empty.status_code == 422
    assert "Name what is wrong" in empty.text
    fields = {"prior_authorization_number": "AUTH-77", "line.number": "1", "line.modifiers": "25", "reason": "a record"}
    for _ in range(2):
        assert (
            await press(street, claim_id, "correct", fields, "6f1f7d3e-28a4-4c57-9d7e-0000000c0ffe")
        ).status_code == 303
    after = next(one for one in await street.claims.claims() if one.claim_id == claim_id)
    assert after.content
    assert (after.content.prior_authorization_number, after.content.lines[0].modifiers) == ("AUTH-77", ("25",))
    assert after.content.charge_cents == before.content.charge_cents
