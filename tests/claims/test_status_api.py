"""Claim status over HTTP: across patients, claim by claim, and a person's own question."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from samples.generate import generate
from services.claims.status_api import router
from shared.runtime import Running
from shared.x12.status import Status, StatusInquiry276, StatusResponse277
from tests.claims.callers import Client
from tests.claims.test_inquiries import Payer, listen, pass_days, response
from tests.claims.world import TENANT, World, make_world, signing_key
from tests.shared.apps import app_of


def by_number(asked: StatusInquiry276) -> Sequence[StatusResponse277]:
    """Half the claims are finalized, one wants records."""
    place = int("".join(filter(str.isdigit, asked.patient_control_number)) or 0)
    status = (Status("F2", "104"), Status("P1", "20"), Status("R4", "287"))[place % 3]
    return (response(asked, status),)


@dataclass
class Desk:
    """A biller, and the service with what was sent and answered."""

    client: Client
    world: World
    payer: Payer

    async def list(self, query: str = "", **who: Any) -> list[dict[str, Any]]:
        answer = await self.client.get(f"/claim-status{query}", **who)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        return found


@asynccontextmanager
async def desk(root: Path) -> AsyncGenerator[Desk]:
    """Forty claims of two payers' many patients were sent."""
    key, payer = signing_key(), Payer(by_number)
    world = make_world(root, key=key, payers=payer)
    await world.drop("day.837", generate(40)[TENANT])
    await world.verify_coverage()
    await listen(world)
    app = app_of("claims", router)
    app.state.running = Running(world.runtime, world.spec, None, (), ())  # type: ignore[arg-type]
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://claims") as http:
        yield Desk(Client(world, key, http), world, payer)


async def test_case_23_claim_status_across_patients_by_code_and_payer_page_by_page(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await pass_days(at.world, 7.1)
        everything = await at.list("?limit=200")
        assert len(everything) == len(await at.world.claims()) > 10
        assert len({one["account_id"] for one in everything}) > 5
        pages: list[dict[str, Any]] = []
        while page := await at.list("?limit=3" + (f"&after={pages[-1]['claim_id']}" if pages else "")):
            pages += page
        assert pages == everything

        denied = await at.list("?category=F2&limit=200")
        assert denied == [one for one in everything if one["status"]["category"] == "F2"] != []
        assert denied[0]["status"]["says"] == "finalized: denied"
        payer = denied[0]["payer_id"]
        both = await at.list(f"?category=F2&payer={payer}&limit=200")
        assert both == [one for one in denied if one["payer_id"] == payer]
        assert await at.list("?code=P1:20&limit=200") == [
            one for one in everything if one["status"]["kind"] == "pending"
        ]
        wanting = await at.list("?wants_information=true&limit=200")
        assert {one["status"]["category"] for one in wanting} == {"R4"}
        assert await at.list("?overdue=claim&limit=200") == everything
        assert await at.list("?overdue=remittance") == []
        assert await at.list("?limit=200", tenant="elsewhere") == []


async def test_a_filter_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        assert (await at.client.get("/claim-status?patient=x")).status_code == 422
        assert (await at.client.get("/claim-status?category=nonsense")).status_code == 422


async def test_a_person_asks_now_and_reads_the_answer(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        claim = (await at.list("?limit=1"))[0]["claim_id"]
        for _ in range(2):
            asked = await at.client.post(f"/claims/{claim}/inquiries", {}, key="q1")
            assert asked.status_code == 202
        other = await at.client.post(f"/claims/{claim}/inquiries", {}, key="q2")
        assert (other.status_code, "asked already" in other.json()["detail"]) == (409, True)
        await at.world.settle()
        assert len(at.payer.asked) == 1
        told = (await at.client.get(f"/claims/{claim}/inquiries")).json()
        (line,) = told["history"]
        assert (line["number"], line["asked_by"], line["problem"]) == (1, "person", None)
        assert line["status"]["category"] == told["status"]["category"]
        assert (await at.client.get("/claims/clm_none/inquiries")).status_code == 404
        assert (await at.client.post(f"/claims/{claim}/inquiries", {}, key="q3", role="auditor")).status_code == 403


async def test_a_request_for_information_is_closed_by_a_person_once(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await pass_days(at.world, 7.1)
        claim = (await at.list("?wants_information=true"))[0]["claim_id"]
        path = f"/claims/{claim}/information-sent"
        sent = await at.client.post(path, {"reason": "records faxed"}, key="s1")
        assert (sent.status_code, sent.json()["information_request"]["open"]) == (200, False)
        again = await at.client.post(path, {"reason": "records faxed again"}, key="s2")
        assert again.status_code == 409
        assert claim not in {one["claim_id"] for one in await at.list("?wants_information=true")}


async def test_files_without_an_acknowledgement_are_listed(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        assert (await at.client.get("/overdue-files")).json() == []
        await pass_days(at.world, 1.5)
        listed = (await at.client.get("/overdue-files")).json()
        assert [one["submission_id"] for one in listed] == [one.submission_id for one in await at.world.submissions()]
        assert listed[0]["rule"] == "file-any"
