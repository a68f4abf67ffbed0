"""A claim's work item: opened and closed by facts, worked by people, and never written off by itself."""

from datetime import date, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.core import make_claim_decider
from services.claims.core.claim_messages import ClaimMessage
from services.claims.core.denial_rules import Category, NextAction
from services.claims.core.work_item import make_work_decider
from services.claims.core.work_messages import (
    AddNote,
    AssignWork,
    ClaimNews,
    CloseWork,
    DecideWriteOff,
    LogCall,
    RequestWriteOff,
    StartWork,
    WaitWork,
    WorkMessage,
    WorkRefused,
)
from services.claims.core.work_state import WorkItem
from services.claims.policies import claims_policy
from services.claims.work_rules import work_policy
from shared.contracts import (
    AcknowledgementArrived,
    AcknowledgementOverdue,
    ClaimAccepted,
    ClaimDenied,
    DeadlineNear,
    Meta,
    WriteOffApproved,
)
from shared.decider import Due, Snapshot
from tests.claims.makers import ACCOUNT, CLAIM_ID, TODAY, acknowledge, at, meta, remit
from tests.claims.test_claim import SENT
from tests.claims.test_claim_status import decided as payer_says
from tests.claims.test_labels import CASES

POLICY = work_policy()
WORK = make_work_decider(POLICY)
CLAIM = make_claim_decider(claims_policy())


def told(*messages: ClaimMessage) -> list[Any]:
    """What the claim says of it, as the work item hears it."""
    return [one for one in CLAIM.start(*messages).events if isinstance(one, HEARD)]


HEARD = get_args(ClaimNews)
DENIAL = payer_says(("CO", "197", 125_00))


def by(actor: str, name: str) -> Meta:
    return meta(f"work/{actor}/{name}").model_copy(update={"actor": actor})


def note(name: str = "1", version: int | None = None) -> AddNote:
    return AddNote(meta=by("ann", f"note/{name}"), claim_id=CLAIM_ID, version=version, sealed_note="sealed:1")


def asked(actor: str = "ann", cents: int = 125_00) -> RequestWriteOff:
    named = by(actor, f"ask/{cents}")
    return RequestWriteOff(meta=named, claim_id=CLAIM_ID, amount_cents=cents, sealed_reason="sealed:2")


def answer(actor: str, *roles: str, approve: bool = True) -> DecideWriteOff:
    return DecideWriteOff(meta=by(actor, f"answer/{approve}"), claim_id=CLAIM_ID, approve=approve, roles=roles)


def item(*messages: WorkMessage) -> Snapshot[WorkItem]:
    return WORK.start(*told(*SENT, DENIAL), *messages).snapshot


def refusal(snapshot: Snapshot[WorkItem], message: WorkMessage) -> str:
    (fact,) = WORK.run(snapshot, (message,)).facts
    assert isinstance(fact, WorkRefused)
    return fact.because


def test_a_denial_opens_it_with_all_that_is_needed() -> None:
    state = item().state
    assert (state.status, state.queue, state.category) == ("open", "registration", "authorization")
    assert (state.next_action, state.root_cause) == ("find_authorization", "authorization")
    assert (state.amount_cents, state.expected_cents, state.band) == (125_00, 50_00, 3)
    assert state.deadline_on == TODAY + timedelta(65)
    assert state.priority_why == "40 % of 125.00 is expected back (authorization)"
    assert [step.action for step in POLICY.steps_from(state.category, state.next_action, TODAY)][:2] == [
        "find_authorization",
        "correct_and_resubmit",
    ]


def test_payment_closes_it_and_a_new_denial_opens_it_again() -> None:
    events = told(*SENT, DENIAL, remit(2, paid_cents=125_00), payer_says(("CO", "50", 125_00), sequence=3))
    paid = WORK.start(*events[:2]).snapshot.state
    assert (paid.status, paid.outcome) == ("done", "paid")
    again = WORK.start(*events).snapshot.state
    assert (again.status, again.outcome, again.category, again.queue) == ("open", None, "medical_necessity", "coder")


def test_a_rejection_opens_it_and_the_next_acceptance_closes_it() -> None:
    rejected = WORK.start(*told(*SENT, acknowledge("A7"))).snapshot
    assert [one.kind for one in rejected.state.causes] == ["rejection"]
    accepted = ClaimAccepted(
        meta=meta("accepted", sequence=99),
        account_id=ACCOUNT,
        claim_id=CLAIM_ID,
        patient_control_number="PCN1",
        payer_id="PAYER1",
        stage="payer",
    )
    after = WORK.run(rejected, (accepted,)).snapshot.state
    assert (after.status, after.outcome) == ("done", "accepted_by_payer")


def overdue(sequence: int) -> AcknowledgementOverdue:
    return AcknowledgementOverdue(
        meta=meta("overdue", subject="watch/1", sequence=sequence),
        account_id=ACCOUNT,
        claim_id=CLAIM_ID,
        patient_control_number="PCN1",
        payer_id="PAYER1",
        charge_cents=125_00,
        submission_id="sub_1",
        awaits="claim",
        since=at(TODAY),
        expected_by=at(TODAY),
        rule="any-277ca",
    )


def test_what_does_not_come_back_is_work_until_it_comes() -> None:
    late = WORK.start(overdue(1)).snapshot
    assert (late.state.queue, late.state.category) == ("payer_follow_up", "acknowledgement")
    arrived = AcknowledgementArrived(
        meta=meta("arrived", subject="watch/1", sequence=2),
        account_id=ACCOUNT,
        claim_id=CLAIM_ID,
        patient_control_number="PCN1",
        payer_id="PAYER1",
        awaits="claim",
    )
    assert WORK.run(late, (arrived,)).snapshot.state.outcome == "nothing_to_do"
    both = WORK.run(item(), (overdue(1), arrived)).snapshot.state
    assert (both.status, both.category, [one.kind for one in both.causes]) == ("open", "authorization", ["denial"])


def test_a_deadline_raises_what_is_open_and_keeps_its_category() -> None:
    state = CLAIM.start(*SENT, DENIAL).snapshot
    first = CLAIM.due(state.state)
    assert first is not None
    last = at(TODAY + timedelta(62), 0)
    due = Due(meta=meta("due", when=last), aggregate_id=CLAIM_ID, kind="claim", due_at=first)
    (near,) = [one for one in CLAIM.run(state, (due,)).events if getattr(one, "kind", "") == "appeal"]
    assert isinstance(near, DeadlineNear)
    raised = WORK.run(item(), (near,)).snapshot.state
    assert (raised.band, raised.category) == (2, "authorization")
    assert {one.kind for one in raised.causes} == {"denial", "appeal_due"}
    assert raised.priority_why.endswith("3 days are left")


def test_a_call_waits_until_its_next_action_and_comes_back() -> None:
    call = LogCall(
        meta=by("ann", "call"),
        claim_id=CLAIM_ID,
        called_on=TODAY,
        outcome="in_process",
        sealed_reference="sealed:3",
        sealed_representative="sealed:4",
        next_action_on=TODAY + timedelta(10),
    )
    waiting = item(call)
    assert (waiting.state.status, waiting.state.wait_until) == ("waiting", TODAY + timedelta(10))
    due_at = WORK.due(waiting.state)
    assert due_at is not None
    due = Due(meta=meta("back", when=due_at), aggregate_id=CLAIM_ID, kind="work_item", due_at=due_at)
    assert WORK.run(waiting, (due,)).snapshot.state.status == "open"
    of_claim = due.model_copy(update={"kind": "claim"})
    assert not WORK.run(waiting, (of_claim,)).changed


def test_who_read_an_older_version_is_refused() -> None:
    snapshot = item()
    version = snapshot.state.version
    taken = WORK.run(snapshot, (AssignWork(meta=by("ann", "a"), claim_id=CLAIM_ID, owner="ann", version=version),))
    late = AssignWork(meta=by("bob", "b"), claim_id=CLAIM_ID, owner="bob", version=version)
    assert refusal(taken.snapshot, late) == "somebody changed it meanwhile: read it again"
    assert WORK.run(taken.snapshot, (late,)).snapshot.state.owner == "ann"
    assert WORK.run(taken.snapshot, (late,)).snapshot.state.version == taken.snapshot.state.version


def test_a_write_off_needs_a_second_person_with_the_role() -> None:
    waiting = item(asked())
    assert refusal(waiting, answer("ann", "operator")).startswith("who asked for a write-off may not approve it")
    assert refusal(waiting, answer("bob", "biller")) == "a write-off of 125.00 needs the approval of another role"
    approved = WORK.run(waiting, (answer("bob", "poster"),))
    (event,) = approved.events
    assert isinstance(event, WriteOffApproved)
    assert (event.requested_by, event.approved_by, event.written_off_cents) == ("ann", "bob", 125_00)
    assert (approved.snapshot.state.status, approved.snapshot.state.outcome) == ("done", "written_off")


def test_a_write_off_that_is_refused_leaves_the_work() -> None:
    refused = WORK.run(item(asked()), (answer("bob", approve=False),)).snapshot
    assert (refused.state.status, refused.state.write_off) == ("open", None)
    assert refusal(refused, answer("bob", "operator")) == "no write-off was asked for"
    assert refusal(item(), asked(cents=126_00)) == "only 125.00 is open"
    assert refusal(item(asked()), CloseWork(meta=by("ann", "c"), claim_id=CLAIM_ID, outcome="nothing_to_do"))


@pytest.mark.parametrize("case", [one for one in CASES if one.label.denied_cents], ids=lambda one: one.id)
def test_case_31_a_denial_is_never_written_off_by_itself(case: Any) -> None:
    """Whatever the denial, and however long nobody does anything: it stays open work with its amount."""
    lines = [one for one in case.every_adjustment if one.amount_cents > 0]
    denial = payer_says(*((one.group, one.carc, one.amount_cents) for one in lines), status=case.claim_status)
    claim = CLAIM.start(*SENT, denial)
    events: list[Any] = [one for one in claim.events if isinstance(one, HEARD)]
    snapshot = claim.snapshot
    while (due_at := CLAIM.due(snapshot.state)) is not None:
        due = Due(meta=meta(f"due/{due_at}", when=due_at), aggregate_id=CLAIM_ID, kind="claim", due_at=due_at)
        step = CLAIM.run(snapshot, (due,))
        events += [one for one in step.events if isinstance(one, HEARD)]
        snapshot = step.snapshot
    work = WORK.start(*events)
    assert not [one for one in work.events if isinstance(one, WriteOffApproved)]
    assert work.snapshot.state.outcome != "written_off"
    if any(isinstance(one, ClaimDenied) for one in events):
        assert work.snapshot.state.is_open
        assert work.snapshot.state.amount_cents > 0


def test_every_category_and_first_step_has_its_place_in_a_playbook() -> None:
    quiet = {"contractual", "incentive_or_withhold", "none"}
    assert {one.category for one in POLICY.playbooks} >= set(get_args(Category)) - quiet
    named = {step.action for book in POLICY.playbooks for step in book.steps}
    without_work = {"post_only", "do_not_post", "park_remittance", "await_next_payer"}
    assert set(get_args(NextAction)) - named == without_work
    for case in CASES:
        book = POLICY.playbook(case.label.category, TODAY)
        needs_work = case.label.denied_cents and case.label.next_action not in without_work
        assert not needs_work or case.label.next_action in {step.action for step in book.steps}, case.id


PEOPLE: st.SearchStrategy[WorkMessage] = st.one_of(
    st.sampled_from(told(*SENT, acknowledge("A7"), acknowledge("A2", "ack_2"), DENIAL, remit(2), DENIAL)),
    st.builds(note, st.sampled_from("12"), st.sampled_from([None, 1, 2, 3])),
    st.builds(asked, st.sampled_from(["ann", "bob"]), st.sampled_from([50_00, 125_00])),
    st.builds(answer, st.sampled_from(["ann", "bob"]), st.sampled_from(["biller", "poster"]), approve=st.booleans()),
    st.just(StartWork(meta=by("ann", "start"), claim_id=CLAIM_ID)),
    st.just(WaitWork(meta=by("ann", "wait"), claim_id=CLAIM_ID, until=date(2026, 8, 1))),
    st.just(CloseWork(meta=by("ann", "close"), claim_id=CLAIM_ID, outcome="resubmitted")),
)


@given(st.lists(PEOPLE, max_size=10), st.data())
def test_batching_is_invisible_and_the_state_is_the_fold(story: list[WorkMessage], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(story)))
    whole, first = WORK.start(*story), WORK.start(*story[:cut])
    second = WORK.run(first.snapshot, story[cut:])
    assert (*first.entries, *second.entries) == whole.entries
    state, codec = whole.snapshot.state, WORK.state_codec
    assert WORK.fold(whole.facts) == state
    assert codec.validate_python(codec.dump_python(state, mode="json"), strict=False) == state


@given(st.lists(PEOPLE, max_size=10))
def test_redelivery_decides_nothing_and_nothing_is_written_off_by_one_person(story: list[WorkMessage]) -> None:
    snapshot: Snapshot[WorkItem] = Snapshot(WORK.initial)
    for message in story:
        step = WORK.run(snapshot, (message,))
        snapshot = step.snapshot
        assert not WORK.run(snapshot, (message,)).changed
        for event in step.events:
            assert isinstance(event, WriteOffApproved)
            assert event.requested_by != event.approved_by
