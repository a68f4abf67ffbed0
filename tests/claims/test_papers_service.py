"""Papers for claims through the whole service: uploaded, sent with the claim or in answer, printed, refused."""

import base64
import io
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.claims.attachment_api import router as attachment_router
from shared.contracts import AttachmentWorkFound, InformationRequested
from shared.store.port import Key
from shared.x12.acks import Ack999, AckTransaction, write_999
from shared.x12.attachment275 import Set275, read_275
from shared.x12.claim_status import Status
from shared.x12.parties import Named, Payer, Person
from shared.x12.request277 import InformationRequest277, write_277_requests
from tests.claims.callers import CLAIM, Client, calling
from tests.claims.test_inquiries import listen
from tests.claims.test_papers import CCDA, PDF
from tests.claims.world import NOW, TENANT


async def upload(client: Client, claim_id: str, content: bytes = PDF, key: str = "u1", **query: Any) -> Any:
    headers = {**client.token("biller"), "Idempotency-Key": key, "X-File-Name": "QUILLFEATHER op note.pdf"}
    given_query = {"claim_id": claim_id, "report_type": "OZ"} | query
    return await client.http.post("/attachments", params=given_query, content=content, headers=headers)


async def received(client: Client, claim: dict[str, Any] | None = None, key: str = "k1") -> str:
    answer = await client.post("/claims", claim or CLAIM, key=key)
    assert answer.status_code == 201
    claim_id: str = answer.json()["claim_id"]
    return claim_id


def sets(files: dict[str, bytes]) -> list[Set275]:
    return [
        one
        for name, data in files.items()
        if name.endswith(".275")
        for one in read_275(data)
        if isinstance(one, Set275)
    ]


async def test_a_document_goes_with_its_claim_and_is_acknowledged(tmp_path: Path) -> None:
    async with calling(tmp_path, attachment_router) as client:
        world = client.world
        claim_id = await received(client)
        attached = await upload(client, claim_id)
        assert attached.status_code == 201, attached.text
        number = attached.json()["papers"][0]["control_number"]
        again = await upload(client, claim_id)
        assert (again.status_code, len(again.json()["papers"])) == (201, 1), "the same key is the same document"
        await world.settle()
        await world.verify_coverage()
        await listen(world)
        files = world.outbox()
        (claims,) = [data for name, data in files.items() if name.endswith(".837")]
        assert f"PWK*OZ*EL***AC*{number}~".encode() in claims
        (found,) = sets(files)
        assert (found.purpose, found.patient_control_number, found.member_id) == ("02", "API1", "MEMBER77")
        (paper,) = found.attachments
        assert (paper.trace_type, paper.trace_number, paper.report_format) == ("1", number, "MB")
        assert base64.b64decode(paper.content or b"") == PDF
        (name,) = [one for one in files if one.endswith(".275")]
        interchange = int(name.removesuffix(".275").rpartition("_")[2])
        good = Ack999("PI", f"{interchange}", "A", "005010X210", 1, 1, 1, (), (AckTransaction("275", "0001", "A"),))
        await world.acknowledge("p.999", write_999([good], "CLEARINGHOUSE", "LAKESIDE", 8, NOW))
        shown = (await client.get(f"/claims/{claim_id}/attachments")).json()
        assert [one["state"] for one in shown["papers"]] == ["accepted"]
        watched = next(one for one in world.spec.deciders if one.kind == "file_watch")
        key = Key(TENANT, name.removesuffix(".275"))
        state = (await world.store.load(watched, (key,)))[key].snapshot.state
        assert (state.partner, state.answered) == ("clearinghouse", True)
        lies = world.lying() + await world.published() + str(shown).encode()
        for secret in (b"QUILLFEATHER", PDF, base64.b64encode(PDF)):
            assert secret not in lies


async def test_a_number_the_claim_came_with_is_used_and_a_claim_that_left_takes_no_new_ones(tmp_path: Path) -> None:
    named = {"report_type": "OZ", "transmission": "EL", "control_number": "PAPER-1"}
    async with calling(tmp_path, attachment_router) as client:
        world = client.world
        claim_id = await received(client, CLAIM | {"attachments": [named]})
        await world.verify_coverage()
        late = await upload(client, claim_id, control_number="PAPER-1")
        assert late.status_code == 201
        await world.settle()
        (found,) = sets(world.outbox())
        assert found.attachments[0].trace_number == "PAPER-1"
        await upload(client, claim_id, CCDA, key="u2")
        await world.settle()
        shown = (await client.get(f"/claims/{claim_id}/attachments")).json()
        assert [one["state"] for one in shown["papers"]] == ["sent", "not_announced"]
        assert len(sets(world.outbox())) == 1


REQUEST = InformationRequest277(
    trace_number="PAYER-77",
    statuses=(Status("R4", "18842-5", code_list="LOI"),),
    payer=Payer("PAYER ONE", "PAYER1", id_qualifier="PI"),
    receiver=Named("LAKESIDE", id_qualifier="46", id="LAKESIDE", entity_type="2"),
    provider=Named("LAKESIDE CLINIC", id_qualifier="XX", id="1234567893", entity_type="2"),
    patient=Person(last_name="QUILLFEATHER", first_name="ADA"),
    patient_control_number="API1",
    due_on=date(2026, 8, 1),
)


async def asked(client: Client, requests: Sequence[InformationRequest277] = (REQUEST,)) -> str:
    """A claim that left, and a payer that asks for papers on it."""
    claim_id = await received(client)
    await client.world.verify_coverage()
    await listen(client.world)
    await client.world.acknowledge("r.277", write_277_requests(list(requests), 5, NOW, "PAYER", "LAKESIDE"))
    return claim_id


async def test_a_payers_request_is_answered_under_its_number_with_its_question(tmp_path: Path) -> None:
    async with calling(tmp_path, attachment_router) as client:
        world = client.world
        claim_id = await asked(client)
        [event] = world.events(InformationRequested)
        assert isinstance(event, InformationRequested)
        assert (event.trace, event.due_on, event.codes) == ("PAYER-77", date(2026, 8, 1), ("R4:18842-5",))
        path = f"/claims/{claim_id}/information-requests/answer"
        early = await client.post(path, None, key="a0")
        assert (early.status_code, early.json()["detail"][:7]) == (409, "nothing")
        assert (await upload(client, claim_id, CCDA, answers=True)).status_code == 201
        answered = await client.post(path, None, key="a1")
        assert answered.status_code == 202, answered.text
        await world.settle()
        (found,) = sets(world.outbox())
        (paper,) = found.attachments
        assert (found.purpose, paper.trace_type, paper.trace_number, paper.report_format) == (
            "11",
            "2",
            "PAYER-77",
            "HL",
        )
        assert paper.statuses[0] == Status("R4", "18842-5", code_list="LOI")
        again = await client.post(path, None, key="a1")
        assert (again.status_code, len(sets(world.outbox()))) == (202, 1)
        closed = await client.post(path, None, key="a2")
        assert (closed.status_code, "closed" in closed.json()["detail"]) == (409, True)


async def test_requests_that_fit_no_claim_are_shown_and_a_repeated_one_is_told_once(tmp_path: Path) -> None:
    async with calling(tmp_path, attachment_router) as client:
        strange = replace(REQUEST, patient_control_number="NOBODY", trace_number="X")
        await asked(client, (REQUEST, strange))
        again = write_277_requests([REQUEST], 6, NOW, "PAYER", "LAKESIDE")
        await client.world.acknowledge("again.277", again)
        assert len(client.world.events(InformationRequested)) == 1
        assert [one["code"] for one in await client.world.quarantine()] == ["ACK:request"]


async def test_papers_by_fax_are_printed_with_a_cover_sheet_and_said_to_be_sent(tmp_path: Path) -> None:
    async with calling(tmp_path, attachment_router) as client:
        world = client.world
        claim_id = await received(client, CLAIM | {"payer": {"id": "RC104", "name": "MEDICARE B EAST"}})
        assert (await upload(client, claim_id)).status_code == 201
        await world.settle()
        await world.verify_coverage()
        await listen(world)
        (packet,) = (world.exchange / TENANT / "paper" / "clearinghouse" / "to_payer").glob("*.zip")
        with zipfile.ZipFile(io.BytesIO(packet.read_bytes())) as archive:
            names = archive.namelist()
            assert names[0] == "00-cover.pdf"
            assert archive.read(names[0]).startswith(b"%PDF-")
            assert archive.read(names[1]) == PDF
        waiting = await client.http.get("/attachments", params={"by_hand": True}, headers=client.token("biller"))
        assert [one["claim_id"] for one in waiting.json()] == [claim_id]
        done = await client.post(f"/claims/{claim_id}/attachments/sendings/1/sent", {}, key="s1")
        assert done.json()["papers"][0]["state"] == "sent"
        assert [one.because for one in world.events(AttachmentWorkFound)] == ["print"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"", 415), (b"<html>", 415), (b"%PDF-" + b"x" * 10_000_000, 413)],
    ids=["empty", "html", "big"],
)
async def test_what_the_payer_does_not_take_is_refused(content: bytes, status: int, tmp_path: Path) -> None:
    async with calling(tmp_path, attachment_router) as client:
        claim_id = await received(client)
        refused = await upload(client, claim_id, content)
        assert refused.status_code == status
        assert (await upload(client, "clm_none")).status_code == 404
        assert not (await client.get(f"/claims/{claim_id}/attachments")).json()["papers"]
        answer = await upload(client, claim_id, answers=True, key="u9")
        assert answer.status_code == 409
        only_asked = await received(
            client, CLAIM | {"payer": {"id": "RC110", "name": "NIGHTLY"}, "patient_control_number": "X9"}, "k9"
        )
        assert (await upload(client, only_asked, key="u10")).status_code == 409
