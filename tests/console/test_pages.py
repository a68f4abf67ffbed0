"""The pages as a browser gets them."""

import re
from html.parser import HTMLParser

import pytest

from tests.console.desk import PAGE, Desk
from tests.console.story import SEALED, Story

PATHS = (
    "/",
    "/claims",
    "/claims?status=held",
    "/claims?payer=87726&status=rejected",
    "/claims/clm_0002",
    "/claims/clm_0007",
    "/accounts",
    "/accounts?stage=placed",
    "/accounts/acct_0010",
    "/accounts/acct_0001",
    "/remittances",
    "/remittances?status=parked",
    "/remittances/rem_0001",
    "/remittances/rem_0002",
    "/events",
    "/events?service=collections",
)


class Outline(HTMLParser):
    """The parts of a page that people with a screen reader go by."""

    def __init__(self) -> None:
        super().__init__()
        self.tables = self.captions = self.headings = self.unlabelled = 0
        self.links: list[str] = []
        self.inline: list[str] = []
        self._labels: set[str] = set()
        self._fields: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tables += tag == "table"
        self.captions += tag == "caption"
        self.headings += tag == "h1"
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.inline.append(tag)
        if tag == "a" and given.get("href"):
            self.links.append(given["href"] or "")
        if tag == "label":
            self._labels.add(given.get("for") or "")
        if tag in {"input", "select", "textarea"} and given.get("type") != "hidden":
            self._fields.append(given.get("id") or "")
        if tag == "th":
            assert given.get("scope"), "a heading cell says what it heads"

    @property
    def fields_without_label(self) -> list[str]:
        return [field for field in self._fields if field not in self._labels]


def outline(text: str) -> Outline:
    found = Outline()
    found.feed(text)
    return found


@pytest.mark.parametrize("path", PATHS)
async def test_every_page_is_drawn_and_well_made(told: Desk, path: str) -> None:
    answer = await told.browser().get(path)
    assert answer.status_code == 200
    page = outline(answer.text)
    assert page.headings == 1
    assert page.captions == page.tables
    assert page.inline == []
    assert page.fields_without_label == []
    assert 'href="#main"' in answer.text
    assert 'id="main"' in answer.text


@pytest.mark.parametrize("path", PATHS)
async def test_every_link_leads_somewhere(told: Desk, path: str) -> None:
    browser = told.browser(roles=("biller",))
    page = outline((await browser.get(path)).text)
    for link in {link for link in page.links if link.startswith("/")}:
        assert (await browser.get(link)).status_code == 200, link


@pytest.mark.parametrize("path", PATHS)
async def test_nothing_sealed_and_no_token_is_shown(told: Desk, path: str, capfd: pytest.CaptureFixture[str]) -> None:
    browser = told.browser()
    text = (await browser.get(path)).text
    assert SEALED not in text
    assert "sealed" not in text
    token = browser.headers["authorization"].removeprefix("Bearer ")
    assert token not in text
    assert token not in "".join(capfd.readouterr())


@pytest.mark.parametrize("path", PATHS)
async def test_no_page_shows_another_tenant(told: Desk, path: str) -> None:
    text = (await told.browser().get(path)).text
    assert "Secret of the other tenant" not in text
    assert "_0901" not in text


@pytest.mark.parametrize("path", ["/claims/clm_0901", "/accounts/acct_0901", "/remittances/rem_0901"])
async def test_an_id_of_another_tenant_does_not_exist(told: Desk, path: str) -> None:
    assert (await told.browser("northgate").get(path)).status_code == 200
    refused = await told.browser("lakeside").get(path)
    assert refused.status_code == 404
    assert "_0901" not in outline_text(refused.text)


def outline_text(text: str) -> str:
    return re.sub(r"<[^>]+>", " ", text)


async def test_a_claim_page_tells_the_story_in_order(told: Desk) -> None:
    text = outline_text((await told.browser().get("/claims/clm_0007")).text)
    said = ["Claim received", "Coverage active", "Submitted to payer", "Accepted by the payer", "decision posted"]
    said += ["payment posted", "Adjustment posted", "Paid by payer 60054"]
    places = [text.index(words) for words in said]
    assert places == sorted(places)


async def test_a_held_claim_says_why(told: Desk) -> None:
    text = (await told.browser().get("/claims/clm_0002")).text
    assert "Why it is held" in text
    assert "Correct the provider&#39;s NPI (billing.npi)" in text


async def test_an_account_page_shows_statements_payments_contacts_and_plan(told: Desk) -> None:
    browser = told.browser()
    assert "$50.00 in 4 installments, first due 2026-08-01" in (await browser.get("/accounts/acct_0009")).text
    paid = outline_text((await browser.get("/accounts/acct_0012")).text)
    assert "Patient paid by card" in paid
    assert "Statement 1 sent" in paid
    assert "Contact by letter about statement" in paid


async def test_a_parked_remittance_shows_its_equation(told: Desk) -> None:
    listed = (await told.browser().get("/remittances?status=parked")).text
    assert "payment 9900 is not claims paid 9899 minus provider adjustments 0" in listed
    assert "rem_0001" not in listed


@pytest.mark.parametrize(
    ("wanted", "path"),
    [("clm_0003", "/claims/clm_0003"), (" acct_0009 ", "/accounts/acct_0009"), ("rem_0002", "/remittances/rem_0002")],
)
async def test_find_goes_to_what_an_id_names(told: Desk, wanted: str, path: str) -> None:
    found = await told.browser().get("/find", params={"q": wanted})
    assert (found.status_code, found.headers["location"]) == (303, path)


async def test_find_lists_the_claims_of_a_control_number(told: Desk) -> None:
    found = await told.browser().get("/find?q=PCN0004")
    assert found.status_code == 200
    assert "clm_0004" in found.text


@pytest.mark.parametrize("wanted", ["", "clm_0901", "nobody", "../claims", "<script>alert(1)</script>"])
async def test_find_says_when_there_is_nothing(told: Desk, wanted: str) -> None:
    found = await told.browser().get("/find", params={"q": wanted})
    assert found.status_code == 404
    assert "<script>alert" not in found.text


async def test_script_in_an_event_is_shown_not_run(desk: Desk) -> None:
    story = Story()
    story.claim(1).received().held("<script>alert(1)</script> & \u202e a very long text " + "x" * 500)
    await desk.hears(story.events)
    for path in ("/claims", "/claims/clm_0001", "/events"):
        text = (await desk.browser().get(path)).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp;" in text


@pytest.mark.parametrize(
    "path",
    ["/claims?status=secretly", "/claims?payer=" + "9" * 101, "/accounts?stage=gone", "/events?service=secretly"],
)
async def test_a_filter_that_cannot_be_is_refused_without_its_value(told: Desk, path: str) -> None:
    refused = await told.browser().get(path)
    assert refused.status_code == 422
    assert "The filter" in refused.text
    assert "secretly" not in refused.text


async def test_an_empty_console_has_pages_too(desk: Desk) -> None:
    browser = desk.browser()
    for path in ("/", "/claims", "/accounts", "/remittances", "/events"):
        assert (await browser.get(path)).status_code == 200
    assert "No claim matches" in (await browser.get("/claims")).text


async def test_what_does_not_exist_is_said_in_the_callers_language(told: Desk) -> None:
    page = await told.browser().get("/claims/clm_gone")
    program = await told.browser().get("/claims/clm_gone", headers={"accept": "application/json"})
    assert (page.status_code, program.status_code) == (404, 404)
    assert "<h1>Not found</h1>" in page.text
    assert program.json() == {"detail": "There is no claim of this id."}


async def test_every_answer_forbids_what_a_page_does_not_need(told: Desk) -> None:
    for path in ("/", "/login", "/claims/clm_gone", "/static/console.css"):
        headers = (await told.browser().get(path)).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        wanted = "public" if path.startswith("/static/") else "no-store"
        assert headers["cache-control"].startswith(wanted)


async def test_static_files_are_named_by_their_content(told: Desk) -> None:
    page = await told.browser().get("/")
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    assert {f.split("?")[0] for f in files} >= {"/static/console.css", "/static/parts.css", "/static/live.js"}
    for file in files:
        assert re.search(r"\?v=[0-9a-f]{12}$", file)
        assert (await told.browser(None).get(file, headers=PAGE)).status_code == 200
