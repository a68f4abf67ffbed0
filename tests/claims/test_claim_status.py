"""A claim's four dimensions, the table of legal steps, and what a payer's decision starts."""

from collections import deque
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given

from services.claims.core import Claim, make_claim_decider
from services.claims.core.claim_messages import ClaimMessage, ExcludeClaim
from services.claims.core.claim_state import Status
from services.claims.core.claim_status import STAGES, TRANSITIONS, Dimensions, dimensions
from services.claims.policies import claims_policy
from services.claims.views import shown_claim, shown_fact
from shared.contracts import (
    Adjustment,
    AppealDecided,
    ClaimAppealed,
    ClaimDenied,
    ClaimPaid,
    ClaimRejected,
    ClaimRemitted,
    DeadlineNear,
    HoldReason,
    LineDecision,
)
from shared.decider import Snapshot
from tests.claims.makers import (
    ACCOUNT,
    CLAIM,
    CLAIM_ID,
    TODAY,
    acknowledge,
    assign,
    at,
    content,
    correct,
    coverage,
    due_on,
    hold,
    meta,
    receive,
    refuse,
    release,
    remit,
    transmit,
)
from tests.claims.test_claim import SENT, Story
from tests.claims.test_claim_properties import STORIES

SHIPPED = make_claim_decider(claims_policy())


def decided(
    *adjustments: tuple[str, str, int],
    sequence: int = 1,
    paid_cents: int = 0,
    remarks: tuple[str, ...] = (),
    **changes: Any,
) -> ClaimRemitted:
    """A decision on the one line of the claim, of 125.00."""
    adjusted = tuple(Adjustment(group=g, reason=r, amount_cents=c) for g, r, c in adjustments)
    line = LineDecision(charge_cents=125_00, paid_cents=paid_cents, adjustments=adjusted, remark_codes=remarks)
    message = remit(sequence, paid_cents=paid_cents, adjustments=adjusted)
    return message.model_copy(update={"lines": (line,), **changes})


def excluded(submission_id: str) -> ExcludeClaim:
    reason = HoldReason(rule="file", field="claim", message="It cannot be written.")
    name = f"exclude/{submission_id}"
    return ExcludeClaim(meta=meta(name), claim_id=CLAIM_ID, submission_id=submission_id, reason=reason)


def moves(facts: tuple[Any, ...], state: Claim) -> list[tuple[Status, Status]]:
    """The steps of status that facts make."""
    found: list[tuple[Status, Status]] = []
    for fact in facts:
        after = CLAIM.evolve(state, fact)
        if after.status != state.status:
            found.append((state.status, after.status))
        state = after
    return found


@given(STORIES)
def test_no_claim_leaves_the_table(story: list[ClaimMessage]) -> None:
    for before, after in moves(CLAIM.start(*story).facts, CLAIM.initial):
        assert after in TRANSITIONS[before]


def test_every_step_of_the_table_is_walked() -> None:
    """A table that allows what never happens says nothing."""
    alphabet: list[ClaimMessage] = [
        *(receive(), receive(duplicate_of="clm_9"), coverage(), coverage("inactive", 2), coverage("verified", 3)),
        *(assign("sub_1"), transmit("sub_1"), refuse("sub_1"), hold("1"), release("1"), release("2")),
        *(acknowledge("A2", "ack_1"), acknowledge("A7", "ack_2"), acknowledge("A2", "ack_3", None)),
        *(remit(1), decided(("CO", "50", 125_00), sequence=2), remit(3, status="22"), remit(4)),
        *(decided(("CO", "16", 125_00), sequence=5, remarks=("MA130",)), decided(("CO", "50", 125_00), sequence=6)),
        *(remit(7, status="22"), correct(name="1"), correct(content(lines=()), name="2"), assign("sub_2")),
        *(correct(name="3", coverage_id="cov_2"), excluded("sub_1"), excluded("sub_2"), transmit("sub_2")),
    ]
    seen: set[tuple[Status, Status]] = set()
    known: set[Any] = set()
    waiting: deque[Snapshot[Claim]] = deque([Snapshot(CLAIM.initial)])
    while waiting:
        snapshot = waiting.popleft()
        for message in alphabet:
            after = CLAIM.run(snapshot, (message,))
            seen |= set(moves(after.facts, snapshot.state))
            state = after.snapshot.state
            met = (state.status, state.remitted_sequence, state.coverage, len(state.submissions))
            if after.changed and met not in known:
                known.add(met)
                waiting.append(after.snapshot)
    again: list[tuple[ClaimMessage, ...]] = [(correct(content(lines=())),), (correct(coverage_id="cov_2"),)]
    for mended in (*again, (release("1"), assign("sub_2"))):  # sent before, and answered after all
        seen |= set(moves(CLAIM.start(*SENT, acknowledge("A7"), *mended, remit(9)).facts, CLAIM.initial))
    assert seen == {(before, after) for before, afters in TRANSITIONS.items() for after in afters}


def test_each_status_has_its_stage() -> None:
    assert set(STAGES) == set(TRANSITIONS)


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ([], Dimensions("held", "not_sent", "waits_for_payer", "none")),
        ([*SENT], Dimensions("at_payer", "sent", "waits_for_payer", "none")),
        ([*SENT, acknowledge("A2")], Dimensions("at_payer", "accepted", "waits_for_payer", "none")),
        ([*SENT, acknowledge("A7")], Dimensions("returned", "rejected", "waits_for_payer", "none")),
        (
            [*SENT, decided(("CO", "45", 25_00), ("PR", "2", 20_00), paid_cents=80_00, patient_responsibility_cents=1)],
            Dimensions("decided", "adjudicated", "may_be_billed", "paid"),
        ),
        (
            [*SENT, decided(("PR", "29", 125_00), patient_responsibility_cents=125_00)],
            Dimensions("decided", "adjudicated", "barred", "denied"),
        ),
        ([*SENT, decided(("CO", "45", 125_00))], Dimensions("decided", "adjudicated", "nothing", "zero_paid")),
        (
            [*SENT, decided(("CO", "97", 25_00), paid_cents=100_00)],
            Dimensions("decided", "adjudicated", "nothing", "partly_denied"),
        ),
    ],
)
def test_dimensions_stand_for_themselves(told: list[ClaimMessage], wanted: Dimensions) -> None:
    story = told or [receive(content(lines=()))]
    state = CLAIM.start(*story).snapshot.state
    assert dimensions(state) == wanted
    assert shown_claim(state)["dimensions"]["adjudication"] == wanted.adjudication


def test_case_27_rejected_denied_and_paid_give_three_different_statuses() -> None:
    rejected = Story(*SENT).when(acknowledge("A7")).then(ClaimRejected, status="rejected")
    denied = Story(*SENT).when(decided(("CO", "197", 125_00))).then(ClaimDenied, status="denied")
    paid = Story(*SENT).when(decided(("CO", "45", 25_00), paid_cents=100_00)).then(ClaimPaid, status="paid")
    shown = [dimensions(one.snapshot.state) for one in (rejected, denied, paid)]
    assert [one.payer_side for one in shown] == ["rejected", "adjudicated", "adjudicated"]
    assert [one.adjudication for one in shown] == ["none", "denied", "informational"]
    said = denied.event()
    assert (said.category, said.root_cause, said.next_action) == (
        "authorization",
        "authorization",
        "find_authorization",
    )
    assert said.why.startswith("Read from CO-197 of 125.00 on line 1")


def test_what_an_835_returns_unread_is_rejected_and_not_denied() -> None:
    story = Story(*SENT).when(decided(("CO", "16", 125_00), remarks=("MA130", "M51")))
    story.then(ClaimRejected, status="rejected")
    assert story.event().codes == ("CO-16", "MA130", "M51")
    assert CLAIM.due(story.snapshot.state) is not None  # the filing limit runs on


def test_case_28_a_payers_rejection_puts_status_and_reason_into_the_history() -> None:
    decided_ = CLAIM.start(*SENT, acknowledge("A7"))
    last = shown_fact(decided_.entries[-1])
    assert shown_claim(decided_.snapshot.state)["status"] == "rejected"
    assert (last["event"], last["outcome"], last["ack"]["codes"]) == ("claim.rejected.v1", "rejected", ("A7:20",))
    assert last["actor"] == "system"


def test_a_denial_starts_its_deadlines_and_each_is_called_out() -> None:
    denial = decided(("CO", "50", 125_00))
    state = SHIPPED.start(*SENT, denial)
    assert [(one.kind, one.level, one.on - TODAY) for one in state.snapshot.state.deadlines] == [
        ("corrected_claim", 0, timedelta(90)),
        ("appeal", 1, timedelta(65)),
    ]
    due = SHIPPED.due(state.snapshot.state)
    assert due is not None
    assert due.date() == TODAY + timedelta(65 - 30)
    called = SHIPPED.run(state.snapshot, (due_on(due.date()),))
    near = called.events[0]
    assert isinstance(near, DeadlineNear)
    assert (near.kind, near.level, near.days_left, near.denied_cents) == ("appeal", 1, 30, 125_00)


def appealed(sequence: int = 1, level: int = 1) -> ClaimAppealed:
    return ClaimAppealed(
        meta=meta(f"appealed/{level}", sequence=sequence),
        account_id=ACCOUNT,
        claim_id=CLAIM_ID,
        patient_control_number="PCN1",
        payer_id="PAYER1",
        appeal_id="apl_1",
        level=level,
        method="letter",
        submitted_on=TODAY,
        disputed_cents=125_00,
    )


def upheld(day: date) -> AppealDecided:
    return AppealDecided(
        meta=meta("answer", sequence=2, when=at(day)),
        account_id=ACCOUNT,
        claim_id=CLAIM_ID,
        patient_control_number="PCN1",
        payer_id="PAYER1",
        appeal_id="apl_1",
        level=1,
        outcome="upheld",
        decided_on=day,
        disputed_cents=125_00,
    )


def test_an_appeal_meets_its_own_deadline_and_not_the_corrections() -> None:
    state = SHIPPED.start(*SENT, decided(("CO", "50", 125_00)), appealed()).snapshot
    assert [one.kind for one in state.state.deadlines] == ["corrected_claim"]
    assert dimensions(state.state).payer_side == "appealed"
    assert not SHIPPED.run(state, (appealed(),)).changed
    answered = TODAY + timedelta(40)
    further = SHIPPED.run(state, (upheld(answered),)).snapshot.state
    assert [(one.kind, one.level, one.on) for one in further.deadlines] == [
        ("corrected_claim", 0, TODAY + timedelta(90)),
        ("appeal", 2, answered + timedelta(60)),
    ]
    assert dimensions(further).payer_side == "adjudicated"


def test_payment_ends_what_ran() -> None:
    state = SHIPPED.start(*SENT, decided(("CO", "50", 125_00)), remit(2, paid_cents=125_00)).snapshot.state
    assert state.deadlines == ()
    assert SHIPPED.due(state) is None
