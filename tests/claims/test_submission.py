"""A submission in examples and properties: its steps, its refusals, and what comes early or twice."""

from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from services.claims.core.submission import (
    SUBMISSION,
    BuildSubmission,
    DeliverSubmission,
    OpenSubmission,
    RecordFileAck,
    ReportBuilt,
    ReportDelivered,
    ReportTold,
    Submission,
    SubmissionMessage,
    TellClaims,
)
from services.claims.core.submission_facts import FileAck, Member
from shared.contracts import Meta
from shared.decider import Decided, Snapshot

ID = "sub_clearinghouse_260000001"
MEMBER = Member(claim_id="clm_1", account_id="acct_1", patient_control_number="PCN1", charge_cents=125_00)


def meta(name: str, causation: UUID | None = None) -> Meta:
    return Meta(
        id=uuid5(NAMESPACE_URL, name),
        tenant="lakeside",
        occurred_at=datetime(2026, 7, 1, tzinfo=UTC),
        source="claims",
        subject=f"submission/{ID}",
        key=ID,
        causation=causation,
        correlation=uuid5(NAMESPACE_URL, "story"),
    )


OPEN = OpenSubmission(
    meta=meta("open"),
    submission_id=ID,
    partner="clearinghouse",
    candidates=("clm_1", "clm_2"),
    interchange=260000001,
    group=260000001,
)


def ack(ack_id: str, accepted: bool = False, kind: Any = "999") -> RecordFileAck:
    found = FileAck(ack_id=ack_id, kind=kind, accepted=accepted, codes=("AK901:R",))
    return RecordFileAck(meta=meta(f"ack/{ack_id}"), submission_id=ID, ack=found)


def perform(snapshot: Snapshot[Submission], members: tuple[Member, ...] = (MEMBER,)) -> SubmissionMessage | None:
    """The answer to the oldest open effect."""
    for pending in snapshot.effects.values():
        about = meta(f"answer/{pending.id}", pending.id)
        match pending.effect:
            case BuildSubmission():
                return ReportBuilt(meta=about, submission_id=ID, members=members, size=10, sha256="00")
            case DeliverSubmission():
                return ReportDelivered(meta=about, submission_id=ID)
            case TellClaims(telling=telling):
                return ReportTold(meta=about, submission_id=ID, telling=telling)
            case _:
                raise AssertionError(pending.effect)
    return None


def run_out(snapshot: Snapshot[Submission], members: tuple[Member, ...] = (MEMBER,)) -> Snapshot[Submission]:
    while (answer := perform(snapshot, members)) is not None:
        snapshot = SUBMISSION.run(snapshot, (answer,)).snapshot
    return snapshot


def test_a_file_is_built_delivered_and_its_claims_are_told() -> None:
    state = run_out(SUBMISSION.start(OPEN).snapshot).state
    assert state.status == "sent"
    assert state.members == (MEMBER,)


def test_a_file_that_no_claim_joined_is_closed_without_one() -> None:
    snapshot = run_out(SUBMISSION.start(OPEN).snapshot, members=())
    assert snapshot.state.status == "empty"
    assert not snapshot.effects


def test_a_refusal_reaches_the_claims_once() -> None:
    sent = run_out(SUBMISSION.start(OPEN).snapshot)
    decided = SUBMISSION.run(sent, (ack("a"), ack("b", kind="TA1")))
    (told,) = decided.effects
    assert told == TellClaims(telling="refused", stage="syntax", codes=("AK901:R",))
    assert run_out(decided.snapshot).state.status == "refused"


def test_a_refusal_that_overtakes_the_delivery_waits_for_it() -> None:
    early = SUBMISSION.start(OPEN, ack("a", kind="TA1")).snapshot
    assert run_out(early).state.status == "refused"


def test_an_acceptance_after_a_refusal_does_not_undo_it() -> None:
    snapshot = run_out(SUBMISSION.start(OPEN, ack("a"), ack("b", accepted=True)).snapshot)
    assert snapshot.state.status == "refused"
    assert len(snapshot.state.acks) == 2


Step = st.sampled_from(["perform", "perform", "perform", "open", "ack a", "ack b", "good c", "stale"])


def live(steps: list[str]) -> tuple[list[SubmissionMessage], Decided[Any, Any]]:
    """Play steps one by one, answering effects as a worker would; the messages, and what came of all of them."""
    messages: list[SubmissionMessage] = []
    for step in steps:
        snapshot = SUBMISSION.start(*messages).snapshot
        match step.split():
            case ["open"]:
                messages.append(OPEN)
            case ["ack", name]:
                messages.append(ack(name))
            case ["good", name]:
                messages.append(ack(name, accepted=True))
            case ["stale"]:
                messages += messages[-2:-1]
            case _:
                answer = perform(snapshot)
                messages += [answer] if answer is not None else []
    return messages, SUBMISSION.start(*messages)


LIVES = st.lists(Step, max_size=14).map(lambda steps: live(["open", *steps])) | st.lists(Step, max_size=8).map(live)


@given(LIVES, st.data())
def test_batching_is_invisible(life: tuple[list[SubmissionMessage], Decided[Any, Any]], data: st.DataObject) -> None:
    messages, whole = life
    cut = data.draw(st.integers(0, len(messages)))
    first = SUBMISSION.start(*messages[:cut])
    second = SUBMISSION.run(first.snapshot, messages[cut:])
    assert (*first.entries, *second.entries) == whole.entries
    assert second.snapshot == whole.snapshot


@given(LIVES)
def test_redelivery_decides_nothing(life: tuple[list[SubmissionMessage], Decided[Any, Any]]) -> None:
    messages, whole = life
    assert not SUBMISSION.run(whole.snapshot, messages).changed


@given(LIVES)
def test_the_state_is_the_fold_of_the_facts(life: tuple[list[SubmissionMessage], Decided[Any, Any]]) -> None:
    _, whole = life
    assert SUBMISSION.fold(whole.facts) == whole.snapshot.state
    codec = SUBMISSION.state_codec
    assert codec.validate_python(codec.dump_python(whole.snapshot.state, mode="json"), strict=False) == (
        whole.snapshot.state
    )


@given(LIVES)
def test_members_and_bytes_are_settled_once(life: tuple[list[SubmissionMessage], Decided[Any, Any]]) -> None:
    _, whole = life
    kinds = [fact.type for fact in whole.facts]
    for kind in ("submission-opened", "submission-built", "submission-delivered"):
        assert kinds.count(kind) <= 1
    told = [fact.telling for fact in whole.facts if fact.type == "claims-told"]
    assert told in ([], ["transmitted"], ["transmitted", "refused"])


@given(st.permutations(["ack a", "perform", "perform", "perform", "good c"]))
def test_the_order_of_delivery_and_refusal_does_not_matter(steps: list[str]) -> None:
    _, decided = live(["open", *steps])
    assert run_out(decided.snapshot).state.status == "refused"
