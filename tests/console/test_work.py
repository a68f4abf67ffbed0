"""Work lists: the console's own and the services', what is done with their rows, and what cannot be."""

import io
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from openpyxl import load_workbook

from services.console.core.work_catalog import WORK_LISTS
from services.console.work_acts import ROWS_MAX, Picked
from tests.console.backstage import Backstage
from tests.console.conftest import tell_everything
from tests.console.desk import Desk, make_desk
from tests.console.story import Story

NAMES = tuple(WORK_LISTS)


@pytest.fixture
def backstage() -> Backstage:
    return Backstage()


@pytest.fixture
async def office(tmp_path: Path, backstage: Backstage) -> AsyncGenerator[Desk]:
    made = make_desk(tmp_path, backstage.client_for)
    await tell_everything(made)
    yield made
    await made.close()


def pick(id: str, version: str = "1", owner: str = "") -> str:
    return Picked(id, version, owner).text


async def send(desk: Desk, path: str, **data: Any) -> httpx.Response:
    return await desk.browser().post(path, data={"key": str(uuid4()), **data})


@pytest.mark.parametrize("name", NAMES)
async def test_every_list_is_drawn_and_so_it_is_when_its_service_is_down(
    office: Desk, backstage: Backstage, name: str
) -> None:
    assert (await office.browser().get(f"/work/{name}")).status_code == 200
    backstage.is_down = True
    page = await office.browser().get(f"/work/{name}")
    assert page.status_code == 200
    if not isinstance(WORK_LISTS[name].source, str):
        assert "cannot be reached" in page.text


async def test_the_lists_hold_what_waits_and_say_until_when(office: Desk) -> None:
    browser = office.browser()
    held = (await browser.get("/work/held")).text
    assert "clm_0002" in held
    assert "clm_0001" not in held
    assert "_0901" not in held
    assert "31 days left" in (await browser.get("/work/rejections")).text
    assert "clm_0005" in (await browser.get("/work/deadlines")).text
    assert "clm_0006" in (await browser.get("/work/denials")).text
    assert "rem_0002" in (await browser.get("/work/parked")).text
    assert "clm_0005" not in (await browser.get("/work/rejections?payer=60054")).text
    index = (await browser.get("/work")).text
    assert all(work.label.replace("'", "&#39;") in index for work in WORK_LISTS.values())


async def test_a_list_is_ordered_and_paged_by_its_address(desk: Desk) -> None:
    story = Story()
    for n in range(1, 61):
        story.claim(n, n * 7 % 61 * 100).received().held()
    await desk.hears(story.events)
    browser = desk.browser()
    first = (await browser.get("/work/held?sort=-amount")).text
    assert first.index("clm_0026") < first.index("clm_0052")  # $60.00, then $59.00
    assert 'aria-sort="descending"' in first
    after = first.split("after=")[1].split('"')[0]
    second = (await browser.get(f"/work/held?sort=-amount&after={after}")).text
    assert second.count("data-row") == 10
    for bad in ("?sort=name", "?after=forged", f"?payer={'9' * 101}", "?payer=a|b"):
        assert (await browser.get(f"/work/held{bad}")).status_code == 422


async def test_a_row_is_done_and_taken_back(office: Desk, backstage: Backstage) -> None:
    sent = await send(office, "/work/held/do/release?sort=-amount", pick=pick("clm_0002"), **{"release.note": "mended"})
    assert sent.status_code == 303
    page = (await office.browser().get(sent.headers["location"])).text
    assert "1 row released" in page
    did = sent.headers["location"].split("did=")[1]
    back = await send(office, "/work/held/undo", did=did)
    assert "1 row taken back" in (await office.browser().get(back.headers["location"])).text
    again = await send(office, "/work/held/undo", did=did)
    assert again.status_code == 409
    assert [path for path, _ in backstage.changes] == ["/claims/clm_0002/release", "/claims/clm_0002/hold"]


async def test_a_form_that_is_sent_twice_is_done_once(office: Desk, backstage: Backstage) -> None:
    data = {"key": str(uuid4()), "pick": pick("clm_0002"), "release.note": "mended"}
    both = [await office.browser().post("/work/held/do/release", data=data) for _ in range(2)]
    assert both[0].headers["location"] == both[1].headers["location"]
    assert len(backstage.changes) == 1


async def test_many_rows_go_to_the_services_own_route_and_half_of_them_may_fail(
    office: Desk, backstage: Backstage
) -> None:
    backstage.refuses["clm_0005"] = "somebody changed it meanwhile: read it again"
    picks = [pick("clm_0005"), pick("clm_0006", "3", "sam")]
    sent = await send(office, "/work/denials/do/assign", pick=picks, **{"assign.owner": "pat"})
    page = (await office.browser().get(sent.headers["location"])).text
    assert "1 row assigned; 1 row not" in page
    assert "dana was first" in page
    (path, body), *_ = backstage.changes
    assert (path, body["owner"], len(body["items"])) == ("/work-items/bulk", "pat", 2)
    await send(office, "/work/denials/undo", did=sent.headers["location"].split("did=")[1])
    assert backstage.changes[-1] == ("/work-items/clm_0006/assign", {"owner": "sam", "version": "4"})


async def test_the_second_of_two_people_is_told_who_was_first(office: Desk, backstage: Backstage) -> None:
    backstage.refuses["clm_0006"] = "somebody changed it meanwhile: read it again"
    sent = await send(office, "/work/denials/do/wait", pick=pick("clm_0006"), **{"wait.until": "2026-08-01"})
    page = (await office.browser().get(sent.headers["location"])).text
    assert "0 rows put off; 1 row not" in page
    assert "dana was first: Somebody changed it meanwhile" in page


@pytest.mark.parametrize(
    ("path", "data", "status", "says"),
    [
        ("/work/held/do/release", {"release.note": "mended"}, 422, "No row is picked"),
        ("/work/held/do/release", {"pick": pick("clm_0002"), "release.note": ""}, 422, "This is needed"),
        ("/work/denials/do/wait", {"pick": pick("clm_0006"), "wait.until": "2026-02-30"}, 422, "a day that exists"),
        ("/work/held/do/release", {"pick": "clm_0002", "release.note": "mended"}, 422, "not readable"),
        ("/work/held/do/release", {"key": "1", "pick": pick("c"), "release.note": "mended"}, 422, "incomplete"),
        ("/work/held/do/nothing", {"pick": pick("clm_0002")}, 404, "no such action"),
        ("/work/credits/do/assign", {"pick": pick("crd_1"), "assign.owner": "pat"}, 403, "poster"),
        ("/work/held/undo", {"did": str(uuid4())}, 404, "nothing to take back"),
    ],
)
async def test_a_form_that_cannot_be_is_said_and_nothing_is_done(
    office: Desk, backstage: Backstage, path: str, data: dict[str, Any], status: int, says: str
) -> None:
    sent = await send(office, path, **data)
    assert sent.status_code == status
    assert says in sent.text
    assert backstage.changes == []


async def test_ten_thousand_rows_are_too_many_and_nothing_is_done(office: Desk, backstage: Backstage) -> None:
    picks = [pick(f"clm_{n}") for n in range(10_000)]
    sent = await send(office, "/work/held/do/release", pick=picks, **{"release.note": "mended"})
    assert sent.status_code == 422
    assert f"10,000 rows are too many at once: pick {ROWS_MAX} or fewer. Nothing was done." in sent.text
    assert backstage.changes == []


async def test_a_result_of_another_tenant_does_not_exist(office: Desk) -> None:
    sent = await send(office, "/work/held/do/release", pick=pick("clm_0002"), **{"release.note": "mended"})
    page = await office.browser("northgate").get(sent.headers["location"])
    assert "row released" not in page.text


async def test_a_session_that_ended_sends_nothing_and_comes_back_to_the_list(
    office: Desk, backstage: Backstage
) -> None:
    headers = {"referer": "http://console/work/held?sort=amount"}
    sent = await office.browser(None).post("/work/held/do/release", data={"pick": pick("clm_0002")}, headers=headers)
    assert sent.headers["location"] == "/login?next=%2Fwork%2Fheld%3Fsort%3Damount&lost=yes"
    assert "nothing was done" in (await office.browser(None).get(sent.headers["location"])).text
    assert backstage.changes == []


async def test_a_form_of_another_site_is_refused(office: Desk, backstage: Backstage) -> None:
    data = {"key": str(uuid4()), "pick": pick("clm_0002"), "release.note": "mended"}
    sent = await office.browser().post("/work/held/do/release", data=data, headers={"origin": "https://elsewhere.test"})
    assert sent.status_code == 403
    assert backstage.changes == []


async def test_a_list_is_downloaded_whole_and_holds_no_formula(office: Desk) -> None:
    csv = (await office.browser().get("/work/unapplied/export.csv")).text.splitlines()
    assert csv[0] == "what,about,since,days,amount"
    assert csv[1] == "dep_1,'=1+1,2026-06-01,30,5.00"
    sheet = (await office.browser().get("/work/denials/export.xlsx?sort=amount")).content
    active = load_workbook(io.BytesIO(sheet)).active
    assert active is not None
    rows = list(active.iter_rows(values_only=True))
    assert rows[0][:2] == ("claim", "control_number")
    assert rows[1][0] == "clm_0006"
    assert (await office.browser().get("/work/denials/export.pdf")).status_code == 404


async def test_names_of_any_script_and_length_are_shown_as_they_are(desk: Desk) -> None:
    story = Story()
    story.claim(1).received().held("<img src=x onerror=alert(1)> \u05e9\u05dc\u05d5\u05dd \u202e" + "x" * 400)
    await desk.hears(story.events)
    page = (await desk.browser().get("/work/held")).text
    assert "<img" not in page.replace('<img src="/static', "")
    assert "<bdi>&lt;img src=x onerror=alert(1)&gt; \u05e9\u05dc\u05d5\u05dd" in page
