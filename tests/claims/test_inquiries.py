"""The whole way of watchdogs and inquiries on memory: files and HTTP, and payers that answer with a real 277."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from samples.generate import generate
from services.claims.core import Claim
from services.claims.core.watch_state import Watch
from services.claims.inquiry_performer import COLLECTION
from shared.contracts import (
    AcknowledgementOverdue,
    ClaimStatusReported,
    ClaimSubmitted,
    FileAcknowledgementArrived,
    FileAcknowledgementOverdue,
    InformationRequested,
)
from shared.inbox import Inbox, Received
from shared.sweep import Sweep
from shared.x12.acks import Ack999, AckTransaction, ClaimAck277CA, write_277ca, write_999
from shared.x12.acks import Status as AckStatus
from shared.x12.status import Status, StatusInquiry276, StatusResponse277, read_276, write_277
from tests.claims.world import NOW, TENANT, World, make_world

Answer = Callable[[StatusInquiry276], Sequence[StatusResponse277]]


class Payer(httpx.AsyncBaseTransport):
    """A payer that answers as it is told, and remembers what it was asked."""

    def __init__(self, answer: Answer | None = None) -> None:
        self.answer, self.asked = answer or in_process, list[StatusInquiry276]()
        self.down = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        asked = [one for one in read_276([await request.aread()]) if isinstance(one, StatusInquiry276)]
        self.asked += asked
        if self.down:
            return httpx.Response(503)
        responses = [response for one in asked for response in self.answer(one)]
        return httpx.Response(200, content=write_277(responses, 1, NOW, "P", "R") if responses else b"nothing")


def response(asked: StatusInquiry276, *statuses: Status, **changes: str) -> StatusResponse277:
    """A 277 that answers a 276 in full."""
    answer = StatusResponse277(
        trace_number=asked.trace_number,
        statuses=statuses,
        payer=asked.payer,
        receiver=asked.receiver,
        provider=asked.provider,
        subscriber=asked.subscriber,
        member_id=asked.member_id,
        dependent=asked.dependent,
        patient_control_number=asked.patient_control_number,
        payer_claim_control_number="ICN77",
        service_from=asked.service_from,
        service_to=asked.service_to,
    )
    return replace(answer, **changes)  # type: ignore[arg-type]


def in_process(asked: StatusInquiry276) -> Sequence[StatusResponse277]:
    return (response(asked, Status("P1", "20", "PR", NOW.date(), "", 100_00, 0)),)


async def listen(world: World) -> None:
    """The service reads its own topics, as a consumer would, to the end; then everything comes to rest."""
    run = world.runtime
    inbox = Inbox(run.shell, run.bus, run.sealer, world.spec.routes, run.log, run.wall)
    while world.heard < len(world.bus.records):
        new = world.bus.records[world.heard :]
        world.heard += len(new)
        own = [one for one in new if one.topic.startswith("claims.") and not one.topic.endswith(".dlq")]
        await inbox.handle([Received(one.topic, 0, n, one.key, one.value, one.headers) for n, one in enumerate(own)])
        await world.settle()


async def pass_days(world: World, days: float) -> None:
    """The clock moves, and what came due is done."""
    world.clock.move(world.clock.now() + timedelta(days=days))
    run = world.runtime
    sweep = Sweep(run.bus, run.store, run.clock, run.wall)
    for decider in world.spec.deciders:
        if decider.has_deadlines:
            await sweep.run(decider)
    await listen(world)


async def sent(tmp_path: Path, payer: Payer | None = None) -> World:
    """Six claims went out in one file."""
    world = make_world(tmp_path, payers=payer)
    await world.drop("day.837", generate(12)[TENANT])
    await world.verify_coverage()
    await listen(world)
    assert len(world.events(ClaimSubmitted)) == 6
    return world


async def watches(world: World) -> dict[str, Watch]:
    decider = next(one for one in world.spec.deciders if one.kind == "watch")
    return {key.id: state for key, state in await world.store.find(decider, TENANT, {}, None, 100)}


def accept_all(claims: Sequence[Claim]) -> bytes:
    numbers = [one.content.patient_control_number for one in claims if one.content]
    status = (AckStatus("A2", "20", "PR", NOW.date(), "WQ", 100_00),)
    acks = [ClaimAck277CA(number, status, payer_claim_control_number=f"ICN{number}"[:20]) for number in numbers]
    return write_277ca(acks, "CLEARINGHOUSE", "LAKESIDE", 7, NOW)


async def test_case_26_the_alarm_when_no_999_arrives_and_its_end(tmp_path: Path) -> None:
    world = await sent(tmp_path, Payer())
    await pass_days(world, 0.5)
    assert not world.events(FileAcknowledgementOverdue)
    await pass_days(world, 1)
    await pass_days(world, 1)
    (alarm,) = world.events(FileAcknowledgementOverdue)
    (submission,) = await world.submissions()
    assert isinstance(alarm, FileAcknowledgementOverdue)
    assert (alarm.submission_id, alarm.partner) == (submission.submission_id, "clearinghouse")
    good = Ack999(
        "HC", str(submission.group), "A", "005010X222A1", 1, 1, 1, transactions=(AckTransaction("837", "1", "A"),)
    )
    await world.acknowledge("late.999", write_999(good, "CLEARINGHOUSE", "LAKESIDE", 8, NOW))
    assert len(world.events(FileAcknowledgementArrived)) == 1


async def test_a_999_in_time_raises_no_alarm(tmp_path: Path) -> None:
    world = await sent(tmp_path, Payer())
    (submission,) = await world.submissions()
    good = Ack999(
        "HC", str(submission.group), "A", "005010X222A1", 1, 1, 1, transactions=(AckTransaction("837", "1", "A"),)
    )
    await world.acknowledge("a.999", write_999(good, "CLEARINGHOUSE", "LAKESIDE", 8, NOW))
    await pass_days(world, 3)
    assert not world.events(FileAcknowledgementOverdue)


async def test_a_payer_that_says_nothing_is_missed_and_asked_and_its_answer_kept_beside_the_claim(
    tmp_path: Path,
) -> None:
    payer = Payer()
    world = await sent(tmp_path, payer)
    before = await world.claims()
    await pass_days(world, 6)
    assert len(world.events(AcknowledgementOverdue)) == 6
    assert not payer.asked
    await pass_days(world, 1.1)
    assert len(payer.asked) == 6
    reported = world.events(ClaimStatusReported)
    assert {one.answer for one in reported if isinstance(one, ClaimStatusReported)} == {"pending"}
    assert await world.claims() == before, "what a 277 says changes neither claim nor money"
    state = next(iter((await watches(world)).values()))
    assert state.status is not None
    assert (state.status.category, state.status.codes, state.status.total_cents) == ("P1", ("P1:20:PR",), 100_00)
    assert state.status.payer_claim_control_number == "ICN77"
    assert len(await world.store.notes(COLLECTION, TENANT, None, 100)) == 6


async def test_the_question_names_the_claim_by_every_number_and_nothing_of_it_lies_in_the_clear(tmp_path: Path) -> None:
    payer = Payer()
    world = await sent(tmp_path, payer)
    await world.acknowledge("a.277ca", accept_all(await world.claims()))
    await listen(world)
    await pass_days(world, 47.1)
    first, *_ = payer.asked
    claim = next(one for one in await world.claims() if one.claim_id.endswith(first.trace_number.split("-")[0]))
    assert claim.content is not None
    assert first.patient_control_number == claim.content.patient_control_number
    assert first.payer_claim_control_number == claim.payer_claim_control_number
    assert (first.charge_cents, first.service_from) == (claim.content.charge_cents, claim.content.service_from)
    assert first.provider.id == claim.content.billing.npi
    assert first.subscriber.last_name
    assert first.subscriber.last_name.encode() not in await world.published()


async def test_a_payer_that_is_down_is_asked_again_hours_later(tmp_path: Path) -> None:
    payer = Payer()
    payer.down = True
    world = await sent(tmp_path, payer)
    await pass_days(world, 7.1)
    assert {one.reports[-1].problem for one in (await watches(world)).values()} == {"unavailable"}
    payer.down = False
    await pass_days(world, 0.2)
    assert len(world.events(ClaimStatusReported)) == 6


def of_another_claim(asked: StatusInquiry276) -> Sequence[StatusResponse277]:
    return (response(asked, Status("F1", "65"), patient_control_number="ANOTHER"),)


def out_of_order(asked: StatusInquiry276) -> Sequence[StatusResponse277]:
    """Another claim of the patient first: only numbers tell which is ours."""
    return (*of_another_claim(asked), response(asked, Status("F2", "104")))


def two_alike(asked: StatusInquiry276) -> Sequence[StatusResponse277]:
    return (response(asked, Status("F1", "65")), response(asked, Status("F2", "104")))


def silent(asked: StatusInquiry276) -> Sequence[StatusResponse277]:
    return ()


@pytest.mark.parametrize(
    ("answer", "category", "problem"),
    [
        (out_of_order, "F2", None),
        (of_another_claim, None, "no_match"),
        (two_alike, None, "no_match"),
        (silent, None, "unreadable"),
    ],
)
async def test_an_answer_is_matched_by_its_numbers_or_not_at_all(
    tmp_path: Path, answer: Answer, category: str | None, problem: str | None
) -> None:
    world = await sent(tmp_path, Payer(answer))
    await pass_days(world, 7.1)
    state = next(iter((await watches(world)).values()))
    assert (state.status.category if state.status else None, state.reports[-1].problem) == (category, problem)


async def test_a_payer_that_wants_information_opens_a_request(tmp_path: Path) -> None:
    world = await sent(tmp_path, Payer(lambda asked: (response(asked, Status("R4", "287"), Status("P3", "20")),)))
    await pass_days(world, 7.1)
    assert len(world.events(InformationRequested)) == 6
    state = next(iter((await watches(world)).values()))
    assert state.wants_information
    assert state.status is not None
    assert (state.status.category, state.status.codes) == ("R4", ("R4:287", "P3:20"))


async def test_without_a_real_time_connection_the_payer_is_asked_by_file_and_answers_by_file(tmp_path: Path) -> None:
    world = await sent(tmp_path)
    await pass_days(world, 7.1)
    questions = {name: content for name, content in world.outbox().items() if name.endswith(".276")}
    assert len(questions) == 6
    asked = [one for content in questions.values() for one in read_276([content]) if isinstance(one, StatusInquiry276)]
    unknown = response(replace(asked[0], trace_number="nobody-1"), Status("P1", "20"))
    answers = [unknown, *(one for question in reversed(asked) for one in in_process(question))]
    await world.acknowledge("a.277", write_277(answers, 5, NOW, "P", "R"))
    assert len(world.events(ClaimStatusReported)) == 6
    assert [note["code"] for note in await world.quarantine()] == ["ACK:status"]
    again = write_277(answers[1:], 5, NOW, "P", "R")
    await world.acknowledge("again.277", again)
    assert all(one.inquiry is None for one in (await watches(world)).values())
