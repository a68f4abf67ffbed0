"""The archive: every file that came or left, found by what somebody knows of it."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from services.claims.archive_api import router
from services.claims.core import ACK_FILE, INTAKE_FILE, SUBMISSION
from services.claims.senders import NOBODY, Sender, sender_of
from tests.claims.callers import Client, calling
from tests.claims.test_inquiries import accept_all
from tests.claims.test_partners import day, send

TODAY = "2026-07-01"


@pytest.fixture
async def client(tmp_path: Path) -> AsyncGenerator[Client]:
    """A day's file came in, left, and was answered."""
    async with calling(tmp_path, router) as client:
        await send(client.world, day(6))
        await client.world.acknowledge("a.277ca", accept_all(await client.world.claims()))
        yield client


async def found(client: Client, query: str = "") -> list[dict[str, Any]]:
    answer = await client.get(f"/archive?{query}")
    assert answer.status_code == 200, answer.text
    files: list[dict[str, Any]] = answer.json()["files"]
    return files


@pytest.mark.parametrize(
    ("query", "directions"),
    [
        ("", ["sent", "received", "acknowledgement"]),
        ("direction=received", ["received"]),
        ("type=837P", ["sent"]),
        ("type=837I", []),
        ("type=x12&source=folder", ["received"]),
        ("type=277ca", ["acknowledgement"]),
        ("partner=clearinghouse", ["sent", "acknowledgement"]),
        ("sender=CLEARINGHOUSE", ["acknowledgement"]),
        ("partner=clearinghouse&sender=CLEARINGHOUSE", ["acknowledgement"]),
        ("partner=clearinghouse&sender=ANOTHER", []),
        ("sender=RC341200001", ["received"]),
        ("sender_application=RC341200001", ["received"]),
        ("sender=NOBODY", []),
        ("partner=nobody", []),
        ("status=sent", ["sent"]),
        ("status=quarantined", []),
        (f"first={TODAY}&last={TODAY}", ["sent", "received", "acknowledgement"]),
        ("first=2026-06-01&last=2026-06-30", []),
        ("first=2026-06-20&last=2026-07-02&direction=sent", ["sent"]),
    ],
)
async def test_a_file_is_found_by_what_is_known_of_it(client: Client, query: str, directions: list[str]) -> None:
    assert [one["direction"] for one in await found(client, query)] == directions


async def test_the_files_of_a_claim_are_found_by_its_id_or_number(client: Client) -> None:
    claim = (await client.world.claims())[0]
    assert claim.content is not None
    by_id = await found(client, f"claim={claim.claim_id}")
    assert [one["direction"] for one in by_id] == ["sent", "received", "acknowledgement"]
    assert by_id[0]["file_id"] == claim.submission_id
    assert await found(client, f"patient_control_number={claim.content.patient_control_number}") == by_id
    assert [one["direction"] for one in await found(client, f"claim={claim.claim_id}&type=837P")] == ["sent"]
    assert await found(client, "claim=clm_unknown") == []


async def test_a_file_that_was_sent_is_found_by_its_interchange(client: Client) -> None:
    (submission,) = await client.world.submissions()
    (one,) = await found(client, f"interchange={submission.interchange}")
    assert one["file_id"] == submission.submission_id
    assert await found(client, f"interchange={submission.interchange + 1}") == []


async def test_a_page_says_that_there_are_more_and_too_many_days_are_refused(client: Client) -> None:
    answer = (await client.get("/archive?limit=2")).json()
    assert (len(answer["files"]), answer["more"]) == (2, True)
    assert (await client.get("/archive?first=2026-01-01&last=2026-07-01")).status_code == 422
    assert (await client.get("/archive?first=2026-07-02&last=2026-07-01")).status_code == 422


def test_whatever_the_archive_selects_by_is_an_index_of_the_file() -> None:
    asked = {"type", "status", "day"}
    assert asked | {"partner", "interchange"} <= set(SUBMISSION.index(SUBMISSION.initial))
    asked |= {"sender", "sender_application"}
    assert asked | {"source"} <= set(INTAKE_FILE.index(INTAKE_FILE.initial))
    assert asked <= set(ACK_FILE.index(ACK_FILE.initial))


ISA = "ISA*00*          *00*          *ZZ*{:15}*ZZ*RECEIVER       *260701*1200*^*00501*000000001*0*P*:~"


@pytest.mark.parametrize(
    ("head", "sender"),
    [
        (
            ISA.format("VENDOR") + "\nGS*HC*PRACTICE*RECEIVER*20260701*1200*1*X*005010X222A1~",
            Sender("VENDOR", "PRACTICE"),
        ),
        ("\ufeff\r\n" + ISA.format("VENDOR") + "TA1*000000001~", Sender("VENDOR")),
        (ISA.format("VENDOR").replace("*", "|") + "GS|HC|PRACTICE|", Sender("VENDOR", "PRACTICE")),
        ("MSH|^~\\&|EHR|LAKESIDE^1^NPI|RC|RC|202607011200||DFT^P03", Sender("LAKESIDE", "EHR")),
        ("FHS|^~\\&\rBHS|^~\\&\rMSH|^~\\&|EHR|LAKESIDE\r", Sender("LAKESIDE", "EHR")),
        (ISA.format("VEND\u00d6R"), Sender()),
        ("ISA*00*", NOBODY),
        ("MSH|", NOBODY),
        ("claim_id,amount\n1,2\n", NOBODY),
        ("", NOBODY),
    ],
)
def test_a_file_says_who_sent_it(head: str, sender: Sender) -> None:
    assert sender_of(head.encode()) == sender
