"""A restriction (45 CFR 164.522(a)(1)(vi)) that comes after the claim: what is here waits, what is out is work."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.core.claim_messages import ClaimMessage, ExcludeClaim
from services.claims.core.claim_restricted import RecordRestriction
from services.claims.core.claim_state import Claim
from services.claims.core.work_item import make_work_decider
from services.claims.core.work_messages import WorkOpened
from services.claims.work_rules import work_policy
from shared.contracts import CoverageWorkFound
from tests.claims.callers import CLAIM
from tests.claims.makers import CLAIM as DECIDER
from tests.claims.makers import (
    CLAIM_ID,
    acknowledge,
    assign,
    content,
    coverage,
    hold,
    meta,
    note,
    own,
    receive,
    refuse,
    release,
    restrict,
    tag,
    transmit,
)
from tests.claims.rules_client import RulesClient, rules_client
from tests.claims.test_api import changed
from tests.claims.test_desk import on

RESTRICTION = {
    "payer_id": "PAYER1",
    "member_id": "MEMBER77",
    "first": "2026-06-20",
    "last": "2026-06-20",
    "reason": "paid in full at the desk",
}


@pytest.fixture
async def client(tmp_path: Path) -> AsyncGenerator[RulesClient]:
    async with rules_client(tmp_path) as one:
        yield one


async def status(client: RulesClient, claim_id: str) -> tuple[str, list[str]]:
    shown = (await client.get(f"/claims/{claim_id}")).json()
    return shown["status"], [hold["rule"] for hold in shown["holds"]]


async def test_a_claim_that_is_here_waits_and_goes_on_by_itself_once_it_is_lifted(client: RulesClient) -> None:
    claim_id = (await client.post("/claims", CLAIM)).json()["claim_id"]
    other = {**changed(["lines", 0, "service_from"], "2026-06-19"), "patient_control_number": "B"}
    untouched = (await client.post("/claims", other, key="b")).json()["claim_id"]
    kept = await client.send("/restrictions", RESTRICTION)
    await client.world.settle()
    assert await status(client, claim_id) == ("held", ["self-pay-restriction"])
    assert await status(client, untouched) == ("waiting_coverage", [])
    refused = await client.post(f"/claims/{claim_id}/release", {"reason": "let it go"}, key="r")
    assert refused.status_code == 409
    lift = {"coverage_id": kept["coverage_id"], "reason": "the patient agreed"}
    await client.send(f"/restrictions/{kept['restriction_id']}/lift", lift)
    await client.world.settle()
    assert await status(client, claim_id) == ("waiting_coverage", [])
    await client.world.verify_coverage()
    assert len(client.world.outbox()) == 1


async def test_a_claim_that_is_out_is_work_and_an_event_and_its_void_may_go(client: RulesClient) -> None:
    claim_id = (await client.post("/claims", CLAIM)).json()["claim_id"]
    await client.world.verify_coverage()
    assert (await status(client, claim_id))[0] == "submitted"
    await client.send("/restrictions", RESTRICTION)
    await client.world.settle()
    client.world.clock.move(client.world.clock.now() + timedelta(minutes=11))
    await client.world.settle()
    (event,) = client.world.events(CoverageWorkFound)
    assert isinstance(event, CoverageWorkFound)
    assert (event.claim_id, event.kind, event.payers) == (claim_id, "restricted", ("PAYER1",))
    assert "privacy officer" in event.because
    work = make_work_decider(work_policy())
    (opened,) = [fact for fact in work.decide(work.initial, event) if isinstance(fact, WorkOpened)]
    assert (opened.cause.kind, opened.cause.detail) == ("coverage", "restricted PAYER1")
    assert (await status(client, claim_id))[0] == "submitted", "what is out cannot be taken back from here"
    void = changed(["patient_control_number"], "V")
    void |= {"frequency_code": "8", "payer_claim_control_number": "ICN1"}
    found = await client.send("/claims/dry-run", void)
    assert "self-pay-restriction" not in {hold["rule"] for hold in found["holds"]}


async def test_a_claim_that_came_between_judgement_and_restriction_is_found_at_the_second_look(
    client: RulesClient,
) -> None:
    kept = await client.send("/restrictions", RESTRICTION)
    await client.world.settle()
    await client.world.tell(receive(coverage_id=kept["coverage_id"]))
    assert (await status(client, CLAIM_ID))[0] == "waiting_coverage", "judged before there was a restriction"
    client.world.clock.move(client.world.clock.now() + timedelta(minutes=11))
    await client.world.settle()
    assert await status(client, CLAIM_ID) == ("held", ["self-pay-restriction"])


KEPT = restrict("lines[0]")


READY = (receive(), coverage())


@pytest.mark.parametrize(
    ("before", "status_after", "work"),
    [
        ((receive(),), "held", 0),
        (READY, "held", 0),
        ((*READY, assign()), "batched", 0),
        ((*READY, assign(), transmit()), "submitted", 1),
        ((*READY, assign(), transmit(), acknowledge("A2")), "accepted", 1),
        ((*READY, assign(), transmit(), acknowledge("A3")), "held", 1),
    ],
)
def test_what_a_claim_makes_of_it_by_where_it_is(before: Any, status_after: str, work: int) -> None:
    state = on(Claim(), *before)
    facts = decided(state, KEPT)
    assert [fact.type for fact in facts].count("coverage-work-noted") == work
    after = on(state, KEPT)
    assert after.status == status_after
    assert decided(after, restrict("lines[0]", name="again")) == (), "hearing it again changes nothing"


def decided(state: Claim, message: ClaimMessage) -> tuple[Any, ...]:
    return DECIDER.decide(state, message)


def test_a_claim_in_a_file_is_told_when_the_file_goes_and_not_when_it_was_lifted_before() -> None:
    batched = on(Claim(), *READY, assign(), KEPT)
    assert [fact.type for fact in decided(batched, transmit())] == ["claim-transmitted", "coverage-work-noted"]
    lifted = on(batched, restrict(name="lift"))
    assert [fact.type for fact in decided(lifted, transmit())] == ["claim-transmitted"]


def test_a_void_is_never_kept_back() -> None:
    void = content(frequency_code="8", payer_claim_control_number="ICN1")
    state = on(Claim(), receive(void))
    assert decided(state, KEPT) == ()


def test_a_claim_that_is_lifted_after_it_left_its_file_is_not_told_of_twice() -> None:
    left = ExcludeClaim(meta=meta("left"), claim_id=CLAIM_ID, submission_id="sub_1", reason=KEPT.holds[0])
    state = on(Claim(), *READY, assign(), KEPT, left)
    assert (state.status, state.kept_from_plan) == ("held", KEPT.holds)
    again = on(state, restrict(name="lift"))
    assert (again.status, again.kept_from_plan) == ("ready", ())
    sent = decided(on(again, assign("sub_2")), transmit("sub_2"))
    assert [fact.type for fact in sent] == ["claim-transmitted"]


STEPS: tuple[ClaimMessage, ...] = (
    receive(),
    coverage(),
    coverage("inactive", 2),
    assign(),
    assign("sub_2"),
    transmit(),
    transmit("sub_2"),
    refuse(),
    acknowledge("A2"),
    acknowledge("A3", "ack_2"),
    hold("1"),
    release("1"),
    restrict("lines[0]"),
    restrict("lines[0]", name="2"),
    restrict(),
    tag("urgent"),
    tag("late", remove=("urgent",)),
    note(),
    own("kim"),
)


@given(st.lists(st.sampled_from(STEPS), max_size=12))
def test_whatever_comes_between_what_is_kept_from_the_plan_does_not_leave(steps: list[ClaimMessage]) -> None:
    story = [receive(), *steps]
    state, kept = Claim(), False
    for step in story:
        before, state = state, on(state, step)
        if isinstance(step, RecordRestriction) and step.meta.id not in before.commands:
            kept = bool(step.holds)  # what was heard before says nothing of how things are now
        assert decided(state, step) == (), "a repeat decides nothing"
        if (
            kept
            and state.status in ("held", "waiting_coverage", "ready")
            and before.status not in ("batched", "rejected")
        ):
            assert "self-pay-restriction" in {one.rule for one in state.holds}
    whole = DECIDER.start(*story)
    assert whole.snapshot.state == state, "batching is invisible"
    assert len({entry.meta.id for entry in whole.entries}) == len(whole.entries)
