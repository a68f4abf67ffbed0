"""What the sandbox says about a claim (276/277), from what it holds: by file, and over HTTP."""

from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.app import set_of
from shared.x12.acks import Ta1, read_ta1
from shared.x12.parties import Named, Payer, Person
from shared.x12.status import StatusInquiry276, StatusResponse277, read_277, write_276
from tests.sandbox.desk import START, Desk, claim, desk, payers
from tests.sandbox.test_app import SECRET_NAME, serving


def inquiry(number: str = "PCN1", payer: str = "P1", member_id: str = "", payer_number: str = "") -> StatusInquiry276:
    return StatusInquiry276(
        trace_number=f"T-{number}",
        payer=Payer("FIRST PAYER", payer, id_qualifier="PI"),
        receiver=Named("PRACTICE", id_qualifier="46", id="SENDER1", entity_type="2"),
        provider=Named("PRACTICE", id_qualifier="XX", id="1234567893", entity_type="2"),
        subscriber=Person(SECRET_NAME, "ADA"),
        member_id=member_id or f"M{number}",
        patient_control_number=number,
        payer_claim_control_number=payer_number,
        sender_id="SENDER1",
        receiver_id="SANDBOXCH",
    )


def asked(made: Desk, *inquiries: StatusInquiry276, days: int = 0) -> list[StatusResponse277]:
    """Drop a file of inquiries; what the answering file says."""
    made.drop(write_276(inquiries, 5, START), "q.276")
    made.clearinghouse.tick(START + timedelta(days=days))
    *_, last = made.files("277")
    return [one for one in read_277([last]) if isinstance(one, StatusResponse277)]


def test_a_claim_is_followed_from_the_door_to_its_payment(tmp_path: Path) -> None:
    with desk(tmp_path) as made:
        made.send(claim())
        (received,) = asked(made, inquiry())
        assert [one.category for one in received.statuses] == ["A1"]
        made.run(until=START + timedelta(days=3))
        (pending,) = asked(made, inquiry(), days=3)
        assert (pending.trace_number, pending.statuses[0].category) == ("T-PCN1", "P1")
        assert pending.payer_claim_control_number
        made.run()
        (paid,) = asked(made, inquiry(), days=60)
        (remitted,) = [one for remittance in made.remittances() for one in remittance.claims]
        assert paid.statuses[0].category == "F1"
        assert paid.statuses[0].amount_cents == 19000
        assert paid.statuses[0].paid_cents == remitted.paid * 100


@pytest.mark.parametrize(
    ("changes", "category"),
    [({"denied_percent": 100}, "F2"), ({"information_percent": 100, "pay_days_min": 90, "pay_days_max": 91}, "R4")],
)
def test_denials_and_requests_for_information_are_told(
    tmp_path: Path, changes: dict[str, float], category: str
) -> None:
    with desk(tmp_path, payers(**changes)) as made:
        made.send(claim())
        made.run(until=START + timedelta(days=60))
        (said,) = asked(made, inquiry(), days=60)
        assert said.statuses[0].category == category


def test_nothing_is_told_of_claims_that_were_refused_never_came_or_are_another_members(tmp_path: Path) -> None:
    with desk(tmp_path, payers(rejected_percent=100)) as made:
        made.send(claim())
        made.run(until=START + timedelta(days=2))
        others = inquiry("NEVER"), inquiry("PCN1", member_id="SOMEBODY"), inquiry("PCN1", payer="SILENT")
        said = asked(made, inquiry(), *others, days=2)
        assert [one.statuses[0].category for one in said] == ["A4"] * 4
        assert {one.payer_claim_control_number for one in said} == {""}


def test_a_file_of_inquiries_that_cannot_be_read_is_answered_by_a_ta1(tmp_path: Path) -> None:
    with desk(tmp_path) as made:
        made.drop(b"nonsense", "q.276")
        made.clearinghouse.tick(START)
        (note,) = [one for one in read_ta1(made.files("ta1")) if isinstance(one, Ta1)]
        assert not note.accepted
        assert not made.files("277")


async def test_an_inquiry_over_http_is_told_from_one_about_coverage(tmp_path: Path) -> None:
    question = write_276([inquiry("NEVER", "RC101")], 1, START)
    assert set_of(question) == "276"
    assert not set_of(b"nonsense")
    async with serving(tmp_path) as client:
        answer = await client.post("/x12/lakeside", content=question)
        (said,) = [one for one in read_277([answer.content]) if isinstance(one, StatusResponse277)]
        assert (said.trace_number, said.statuses[0].category) == ("T-NEVER", "A4")
        await client.post("/payers/RC101/down")
        assert (await client.post("/x12/lakeside", content=question)).status_code == 503
