"""Disputes from their intake to their answer, bankruptcy, death, and what an agency must give back."""

import io
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from services.collections.core.dispute_facts import DisputeOpened
from services.collections.core.dispute_messages import (
    AddEvidence,
    NoticeDelivered,
    OpenDispute,
    ResolveDispute,
    SendNotice,
    SendVerification,
)
from services.collections.core.facts import ReminderWentOut
from services.collections.core.person_facts import FlagNoted
from tests.collections.house import House, make_house
from tests.collections.story import ACCOUNT, Story, meta, on
from tests.collections.test_asking import about, judged, learns
from tests.collections.test_messages import post


def opens(story: Story, dispute_id: str = "dsp_1", *, written: bool = True, **more: Any) -> Story:
    return story.tell(
        OpenDispute(
            meta=meta(f"open/{dispute_id}", story.today),
            account_id=ACCOUNT,
            dispute_id=dispute_id,
            kind=more.pop("kind", "amount"),
            written=written,
            received_on=on(story.today),
            **more,
        )
    )


def says(story: Story, kind: Any, name: str, **more: Any) -> Story:
    return story.tell(kind(meta=meta(f"{name}", story.today), account_id=ACCOUNT, dispute_id="dsp_1", **more))


def told(story: Story) -> list[str]:
    """The notices that were asked for."""
    return [effect.notice for effect in story.effects if isinstance(effect, SendNotice)]


def test_a_written_dispute_stops_reminders_until_it_was_verified() -> None:
    story = opens(Story().owes(120_00).lives_to(35)).lives_to(100)
    assert told(story) == ["dispute_received"]
    assert story.account.work == "blocked: state: written_dispute"
    assert len([f for f in story.facts if isinstance(f, ReminderWentOut)]) == 1
    says(story, SendVerification, "too early")
    assert told(story) == ["dispute_received"]
    says(story, AddEvidence, "evidence", document_id="doc_1", document="itemized_bill")
    says(story, ResolveDispute, "unverified", outcome="stands")
    assert story.account.debt.open_disputes
    says(story, SendVerification, "verify").delivers()
    dispute = story.account.debt.dispute("dsp_1")
    assert dispute is not None
    assert dispute.verified_on == on(100)
    assert dispute.in_validation_period
    says(story, ResolveDispute, "resolve", outcome="stands").delivers()
    assert told(story) == ["dispute_received", "verification", "dispute_resolved"]
    story.lives_to(110)
    assert [f.level for f in story.facts if isinstance(f, ReminderWentOut)] == [1, 3]


def test_a_dispute_by_phone_stops_the_placement_and_takes_it_back() -> None:
    story = opens(Story().owes(120_00).lives_to(121), written=False)
    assert story.account.status == "overdue"
    story.delivers().lives_to(200)
    assert story.account.status == "overdue"
    assert story.account.hold("place") is not None
    says(story, ResolveDispute, "resolve", outcome="withdrawn").lives_to(202)
    assert story.account.status == "placed"
    placements = {d.decision_id for d in judged(story) if d.act == "placement" and d.allowed}
    assert len(placements) == 2


def test_a_dispute_after_the_write_off_is_taken_in_and_recalls_the_agency() -> None:
    story = opens(Story().owes(120_00).lives_to(160), written=True)
    assert story.account.status == "written_off"
    (opened,) = [fact for fact in story.facts if isinstance(fact, DisputeOpened)]
    assert opened.after == "written_off"
    assert [letter.kind for letter in story.account.outgoing] == ["recall", "notice"]
    story.delivers()
    assert story.account.left_with is None


def test_the_same_dispute_again_is_no_new_one() -> None:
    story = opens(opens(Story().owes(120_00).lives_to(5)))
    assert len(story.account.debt.disputes) == 1
    opens(story, "dsp_2", repeats="dsp_1")
    assert told(story) == ["dispute_received"]


def test_a_stolen_identity_stops_everything_until_it_is_answered() -> None:
    story = opens(Story().owes(120_00).lives_to(5), kind="identity_theft", written=False).lives_to(60)
    assert story.account.debt.standing == "identity_theft"
    assert not any(isinstance(fact, ReminderWentOut) for fact in story.facts)
    says(story, ResolveDispute, "resolve", outcome="stands").lives_to(62)
    assert any(isinstance(fact, ReminderWentOut) for fact in story.facts)


def test_what_cannot_be_told_is_work() -> None:
    attorney = about(FlagNoted, flag="attorney", holds=True, since=on(0))
    story = opens(learns(Story().owes(120_00).lives_to(5), "attorney", attorney))
    assert told(story) == []
    assert story.account.work == "blocked: notice_dispute_received: attorney"


def test_a_verification_that_failed_can_be_sent_again() -> None:
    story = opens(Story().owes(120_00).lives_to(5)).delivers()
    says(story, AddEvidence, "evidence", document_id="doc_1", document="remittance")
    says(story, SendVerification, "verify").delivers("failed", "address_missing")
    assert story.account.work == "notice: address_missing"
    says(story, SendVerification, "verify again").delivers()
    assert NoticeDelivered.model_fields["notice_id"].is_required()
    dispute = story.account.debt.dispute("dsp_1")
    assert dispute is not None
    assert dispute.verified_on == on(5)


@pytest.mark.parametrize("flag", ["deceased", "minor"])
def test_the_dead_and_minors_are_left_alone_and_taken_back(flag: Any) -> None:
    story = Story().owes(120_00).lives_to(121)
    learns(story, flag, about(FlagNoted, flag=flag, holds=True, since=on(121)))
    assert story.account.status == "overdue"
    contacts = len(story.account.contacts)
    story.delivers().lives_to(300)
    assert len(story.account.contacts) == contacts


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    built = make_house(tmp_path)
    await built.owes(120_00)
    yield built
    await built.close()


async def test_a_dispute_over_http_from_intake_to_packet_and_answer(house: House) -> None:
    path, why = f"/accounts/{ACCOUNT}/disputes", {"reason": "letter of the guarantor"}
    body = {"kind": "paid", "written": True, "received_on": "2026-07-01", "disputed_cents": 2000, **why}
    opened = await post(house, path, body)
    assert opened.status_code == 201
    assert (await post(house, path, body)).json() == opened.json()
    one = f"{path}/{opened.json()['dispute_id']}"
    assert (await post(house, f"{one}/verification", why)).status_code == 409
    stands = await post(house, f"{one}/resolution", {"outcome": "stands", **why})
    assert (stands.status_code, "verification" in stands.text) == (409, True)
    evidence = {"document_id": "doc_77", "document": "itemized_bill", **why}
    assert (await post(house, f"{one}/evidence", evidence)).status_code == 201
    again = await house.client("collector").post(f"{one}/verification", json=why, headers={"Idempotency-Key": "v2"})
    assert again.status_code == 202
    await house.settle()
    packets = list((house.exchange / "lakeside" / "letters").glob("*.pdf"))
    text = PdfReader(packets[0]).pages[0].extract_text()
    assert "doc_77" in text
    assert "$120.00" in text
    assert "Statement 1, July 1, 2026" in text
    shown = await house.client("collector").get(f"{one}/packet")
    assert PdfReader(io.BytesIO(shown.content)).pages[0].extract_text() == text
    resolved = await house.client("collector").post(
        f"{one}/resolution", json={"outcome": "stands", **why}, headers={"Idempotency-Key": "r2"}
    )
    assert resolved.json()["outcome"] == "stands"
    listed = (await house.client("auditor").get(path)).json()
    assert [d["outcome"] for d in listed] == ["stands"]


async def test_a_bankruptcy_over_http_seals_its_number_and_stops_everything(house: House) -> None:
    body = {"case_id": "bk_1", "case_number": "26-12345", "court": "N.D. Ill.", "chapter": "7", "standing": "filed"}
    path, more = f"/accounts/{ACCOUNT}/bankruptcy", {"filed_on": "2026-07-01", "reason": "notice of the court"}
    assert (await post(house, path, {**body, "standing": "discharged", **more})).status_code == 422
    answer = await post(house, path, {**body, **more})
    assert "26-12345" not in answer.text
    await house.lives_to(130)
    account = (await house.client("auditor").get(f"/accounts/{ACCOUNT}")).json()
    assert account["work"].startswith("blocked: ")
    assert [contact["purpose"] for contact in account["contacts"]] == ["statement"]
    released = await post(house, f"/accounts/{ACCOUNT}/holds/release", {"reason": "a rule was confirmed"})
    assert released.json()["held"] == []
    await house.lives_to(132)
    person = (await house.client("auditor").get(f"/accounts/{ACCOUNT}/person")).json()
    assert {hold["rule"] for hold in person["held"]} == {"bankruptcy"}
