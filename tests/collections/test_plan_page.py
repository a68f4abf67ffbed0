"""The page of plans that a guarantor takes alone: offers, the text that is agreed to, and one plan however often."""

from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from services.collections.plan_page import LANGUAGES, terms_of
from shared.plan_links import plan_link
from tests.collections.house import House, make_house
from tests.collections.story import ACCOUNT, TENANT, at

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
AGREED = "choice=standard-6&agree=yes&text_version=plan-terms%2F2020-01-01"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    built = make_house(tmp_path)
    await built.owes(600_00)
    yield built
    await built.close()


def guest_of(house: House) -> tuple[httpx.AsyncClient, str]:
    """Somebody with the link that the payment page makes."""
    guest = house.client()
    guest.headers.pop("authorization")
    return guest, f"/plan-page/{TENANT}/{plan_link(house.runtime.pseudonyms, TENANT, ACCOUNT, at(5))}"


async def test_a_guarantor_sees_the_choices_agrees_to_their_text_and_has_one_plan(house: House) -> None:
    guest, path = guest_of(house)
    page = await guest.get(path)
    assert page.status_code == 200, page.text
    assert "6 installments of $100.00" in page.text
    assert "I owe $600.00 and pay it in the installments" in page.text
    assert ("MARY" in page.text, "<script" in page.text) == (False, False)
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    taken = [await guest.post(path, content=AGREED, headers=FORM) for _ in range(2)]
    assert [one.status_code for one in taken] == [303, 303]
    assert house.events().count("plan.started.v1") == 1
    assert "You have a payment plan" in (await guest.get(path)).text


async def test_nothing_begins_without_a_choice_and_a_yes_to_the_text_that_is_shown(house: House) -> None:
    guest, path = guest_of(house)
    for form in ("choice=standard-6", "agree=yes", "", AGREED.replace("01-01", "01-02")):
        answer = await guest.post(path, content=form, headers=FORM)
        assert (answer.status_code, 'role="alert"' in answer.text) == (422, True), form
    assert "plan.started.v1" not in house.events()


async def test_a_choice_that_is_not_offered_and_a_link_that_is_over_start_nothing(house: House) -> None:
    guest, path = guest_of(house)
    answer = await guest.post(path, content=AGREED.replace("standard-6", "hardship-36"), headers=FORM)
    assert (answer.status_code, "something has changed" in answer.text) == (422, True)
    await house.lives_to(6)
    over = await guest.get(f"{path}?lang=es")
    assert (over.status_code, "ya no sirve" in over.text, "$" in over.text) == (404, True, False)
    assert "plan.started.v1" not in house.events()


def test_both_languages_say_all_of_it() -> None:
    assert LANGUAGES["en"].keys() == LANGUAGES["es"].keys()
    assert len(terms_of("plan-terms/2020-01-01", "es", 1)) == len(terms_of("plan-terms/2020-01-01", "en", 1)) == 5
    assert terms_of("nobody's", "en", 1) == ()
