"""Work on what did not get there, did not come back, or is waited for by a payer: opened and closed by itself."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.claims.core.submission import RETRY_AFTER
from services.claims.core.work_item import make_work_decider
from services.claims.core.work_messages import RequestWriteOff, WorkRefused
from services.claims.core.work_state import WorkItem
from services.claims.work_rules import work_policy
from shared.contracts import (
    AcknowledgementOverdue,
    AttachmentsSent,
    AttachmentWorkFound,
    ClaimHeld,
    FileAcknowledgementOverdue,
    FileDelivered,
    FileUndelivered,
    HoldReason,
    InformationRequested,
    InformationSettled,
    StatusCallDue,
)
from shared.x12.acks import Ack999, AckTransaction, write_999
from shared.x12.status import Status
from tests.claims.makers import ACCOUNT, CLAIM_ID, TODAY, at, meta
from tests.claims.test_inquiries import Payer, listen, pass_days, response, sent, watches
from tests.claims.test_paper import PAPER_DESK
from tests.claims.test_partners import LyingServer, Place, day, place, routing_file, send
from tests.claims.world import NOW, TENANT, World, make_world

__all__ = ["place"]
WORK = make_work_decider(work_policy())
NAMED: dict[str, Any] = {
    "account_id": ACCOUNT,
    "claim_id": CLAIM_ID,
    "patient_control_number": "PCN1",
    "payer_id": "PAYER1",
}


async def work_in(world: World) -> dict[str, WorkItem]:
    decider = next(one for one in world.spec.deciders if one.kind == "work_item")
    return {key.id: state for key, state in await world.store.find(decider, TENANT, {}, None, 100)}


async def causes_in(world: World) -> set[str]:
    return {one.kind for item in (await work_in(world)).values() for one in item.causes}


async def test_a_file_that_no_999_answers_is_one_work_item_until_it_comes(tmp_path: Path) -> None:
    world = await sent(tmp_path, Payer())
    await pass_days(world, 1.1)
    (submission,) = await world.submissions()
    (item,) = (await work_in(world)).values()
    assert item.named is not None
    assert (item.named.claim_id, item.named.partner) == (submission.submission_id, "clearinghouse")
    assert [(one.kind, one.detail) for one in item.causes] == [("missing_acknowledgement", "file file-any")]
    assert (item.queue, item.status) == ("payer_follow_up", "open")
    assert item.amount_cents == submission.charge_cents > 0
    assert item.deadline_on == world.clock.now().date() + timedelta(days=2)
    good = Ack999(
        "HC", str(submission.group), "A", "005010X222A1", 1, 1, 1, transactions=(AckTransaction("837", "1", "A"),)
    )
    await world.acknowledge("late.999", write_999(good, "CLEARINGHOUSE", "LAKESIDE", 8, NOW))
    await listen(world)
    (item,) = (await work_in(world)).values()
    assert (item.status, item.outcome) == ("done", "answered")


async def test_an_undelivered_file_is_an_event_and_one_work_item_until_it_is_there(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, _ = await place(LyingServer)
    await send(world)
    (submission,) = await world.submissions()
    for _ in RETRY_AFTER[:2]:
        assert submission.failure is not None
        world.clock.move(submission.failure.again_at)
        await world.settle()
        (submission,) = await world.submissions()
    await listen(world)
    (told,) = world.events(FileUndelivered)
    assert isinstance(told, FileUndelivered)
    assert submission.failure is not None
    assert (told.code, told.claims, told.charge_cents) == (submission.failure.code, 6, submission.charge_cents)
    (item,) = (await work_in(world)).values()
    assert [(one.kind, one.detail) for one in item.causes] == [("undelivered_file", told.code)]
    assert (item.queue, item.category, item.amount_cents) == ("edi", "submission", submission.charge_cents)
    assert item.deadline_on == told.meta.occurred_at.date() + timedelta(days=1)
    monkeypatch.setattr(LyingServer, "honest", True)
    (submission,) = await world.submissions()
    assert submission.failure is not None
    world.clock.move(submission.failure.again_at)
    await world.settle()
    await listen(world)
    (there,) = world.events(FileDelivered)
    assert isinstance(there, FileDelivered)
    assert there.failures == 3
    (item,) = (await work_in(world)).values()
    assert (item.status, item.outcome) == ("done", "delivered")


async def test_a_file_that_gets_there_at_once_is_nobodys_work(tmp_path: Path) -> None:
    world = await sent(tmp_path, Payer())
    assert not world.events(FileUndelivered, FileDelivered)
    assert not await work_in(world)


async def test_a_payer_that_wants_information_is_work_until_it_has_moved_on(tmp_path: Path) -> None:
    says = [Status("R4", "287")]
    world = await sent(tmp_path, Payer(lambda asked: (response(asked, *says),)))
    await pass_days(world, 7.1)
    asked = {key: one for key, one in (await work_in(world)).items() if one.category == "documentation"}
    assert len(asked) == 6
    item = next(iter(asked.values()))
    assert ("information_requested", "R4:287") in [(one.kind, one.detail) for one in item.causes]
    assert (item.queue, item.next_action) == ("biller", "send_records")
    assert item.deadline_on is not None
    assert item.amount_cents > 0
    says[:] = [Status("P1", "20")]
    await pass_days(world, 7.1)
    assert len(world.events(InformationSettled)) == 6
    assert "information_requested" not in await causes_in(world)


async def test_a_claim_on_paper_waits_for_no_acknowledgement_and_is_asked_about_by_telephone(tmp_path: Path) -> None:
    world = make_world(tmp_path, routing_file=routing_file(tmp_path, PAPER_DESK))
    await send(world, day(3))
    await listen(world)
    await pass_days(world, 40)
    assert not world.events(FileAcknowledgementOverdue, AcknowledgementOverdue)
    assert await causes_in(world) <= {"deadline_near"}
    await pass_days(world, 8)
    assert len(world.events(AcknowledgementOverdue)) == 3
    calls = world.events(StatusCallDue)
    assert len(calls) == 3
    items = await work_in(world)
    assert len(items) == 3
    assert {one.queue for one in items.values()} == {"payer_follow_up"}
    assert {"missing_acknowledgement", "status_call"} <= await causes_in(world)
    await pass_days(world, 14.1)
    again = [one.number for one in world.events(StatusCallDue) if isinstance(one, StatusCallDue)]
    assert sorted(again) == [1, 1, 1, 2, 2, 2]
    assert not list((tmp_path / "exchange").rglob("*.276"))
    assert {state.inquiries for state in (await watches(world)).values()} == {0}


def wanted(sequence: int = 1) -> InformationRequested:
    return InformationRequested(
        meta=meta("wanted", subject="watch/1", sequence=sequence),
        **NAMED,
        charge_cents=125_00,
        codes=("R4:287",),
        requested_on=TODAY,
        due_on=TODAY + timedelta(days=9),
    )


def papers_left(trace: str | None, sequence: int = 1) -> AttachmentsSent:
    named = meta(f"left/{trace}", subject="sending/1", sequence=sequence)
    return AttachmentsSent(meta=named, **NAMED, sending_id="s1", route="electronic", papers=1, trace=trace)


def test_the_payers_own_day_is_the_deadline_and_papers_that_answer_it_end_the_work() -> None:
    open_ = WORK.start(wanted()).snapshot
    assert open_.state.deadline_on == TODAY + timedelta(days=9)
    unasked = WORK.run(open_, (papers_left(None),)).snapshot
    assert unasked.state.status == "open"
    done = WORK.run(open_, (papers_left("T1"),)).snapshot
    assert (done.state.status, done.state.outcome) == ("done", "answered")
    again = WORK.run(done, (papers_left("T1"), wanted()))
    assert again.facts == ()


def test_papers_that_go_by_hand_are_work_until_they_went() -> None:
    needed = AttachmentWorkFound(
        meta=meta("papers", subject="sending/1"),
        **NAMED,
        charge_cents=125_00,
        because="portal",
        what="Upload them in the payer's portal.",
        due_on=None,
    )
    open_ = WORK.start(needed).snapshot
    assert [(one.kind, one.detail) for one in open_.state.causes] == [("attachment", "portal")]
    assert open_.state.deadline_on == TODAY + timedelta(days=14)
    assert WORK.run(open_, (papers_left(None, 2),)).snapshot.state.status == "done"


def held(rule: str) -> ClaimHeld:
    reason = HoldReason(rule=rule, field="26", message="Too long.")
    return ClaimHeld(
        meta=meta(f"held/{rule}", subject=f"claim/{CLAIM_ID}", sequence=1),
        **NAMED,
        charge_cents=125_00,
        reasons=(reason,),
    )


def test_what_left_its_file_is_work_and_what_the_scrubber_holds_is_not() -> None:
    assert WORK.start(held("npi")).facts == ()
    state = WORK.start(held("x12-writing")).snapshot.state
    assert (state.category, state.queue, state.next_action) == ("submission", "biller", "correct_and_resubmit")
    assert [one.detail for one in state.causes] == ["x12-writing 26"]


def test_a_file_is_no_money_to_give_up() -> None:
    late = FileUndelivered(
        meta=meta("late", subject="submission/sub_1"),
        submission_id="sub_1",
        partner="clearinghouse",
        code="SFTP:key",
        what="The key is not known there.",
        again_at=at(TODAY),
        claims=2,
        charge_cents=250_00,
    )
    item = WORK.start(late).snapshot
    asked = RequestWriteOff(meta=meta("give up"), claim_id="sub_1", amount_cents=1_00, sealed_reason="sealed:1")
    (refused,) = WORK.run(item, (asked,)).facts
    assert isinstance(refused, WorkRefused)
    assert "no money" in refused.because
