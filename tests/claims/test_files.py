"""Intake and acknowledgement files: one intake per content, a position that survives, faults that are kept."""

from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from services.claims.core.ack_file import ACK_FILE, RegisterAcks, ReportAcks
from services.claims.core.intake_file import INTAKE_FILE, FileFinding, ReadFile, RegisterFile, ReportRead
from shared.contracts import Meta
from shared.decider import Snapshot

FAULT = FileFinding(code="FILE:isa", message="The ISA segment is cut off.")


def meta(name: str, causation: UUID | None = None) -> Meta:
    return Meta(
        id=uuid5(NAMESPACE_URL, name),
        tenant="lakeside",
        occurred_at=datetime(2026, 7, 1, tzinfo=UTC),
        source="claims",
        subject="file/1",
        key="file_1",
        causation=causation,
        correlation=uuid5(NAMESPACE_URL, "story"),
    )


REGISTER = RegisterFile(meta=meta("register"), file_id="file_1", sealed_name="sealed:day", size=9, source="folder")
ACKS = RegisterAcks(meta=meta("register"), file_id="file_1", name="a.999", extension="999", size=9)


def answer(snapshot: Snapshot[Any], *, taken: int, done: bool, **changes: Any) -> ReportRead:
    (pending,) = snapshot.effects.values()
    assert isinstance(pending.effect, ReadFile)
    return ReportRead(
        meta=meta(f"answer/{pending.id}", pending.id),
        file_id="file_1",
        position=pending.effect.position + taken,
        taken=taken,
        done=done,
        **changes,
    )


def test_a_file_is_read_in_stretches() -> None:
    snapshot = INTAKE_FILE.start(REGISTER).snapshot
    for taken, done in ((1000, False), (1000, False), (7, True)):
        snapshot = INTAKE_FILE.run(snapshot, (answer(snapshot, taken=taken, done=done),)).snapshot
    assert (snapshot.state.status, snapshot.state.taken, dict(snapshot.effects)) == ("completed", 2007, {})


def test_the_same_content_under_another_name_is_the_same_intake() -> None:
    again = REGISTER.model_copy(update={"meta": meta("again"), "sealed_name": "sealed:copy"})
    assert not INTAKE_FILE.run(INTAKE_FILE.start(REGISTER).snapshot, (again,)).changed


def test_a_file_that_breaks_off_keeps_what_was_read_and_says_why() -> None:
    snapshot = INTAKE_FILE.start(REGISTER).snapshot
    state = INTAKE_FILE.run(snapshot, (answer(snapshot, taken=3, done=True, reason=FAULT),)).snapshot.state
    assert (state.status, state.taken, state.reason) == ("completed", 3, FAULT)


def test_a_file_without_any_claim_is_quarantined_with_its_first_fault() -> None:
    snapshot = INTAKE_FILE.start(REGISTER).snapshot
    state = INTAKE_FILE.run(snapshot, (answer(snapshot, taken=0, done=True, findings=(FAULT,)),)).snapshot.state
    assert (state.status, state.reason) == ("quarantined", FAULT)
    state = INTAKE_FILE.run(snapshot, (answer(snapshot, taken=0, done=True),)).snapshot.state
    assert state.reason is not None


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=6), st.data())
def test_reading_is_counted_once_however_often_it_is_reported(
    stretches: list[tuple[int, bool]], data: st.DataObject
) -> None:
    snapshot = INTAKE_FILE.start(REGISTER).snapshot
    seen: list[Any] = [REGISTER]
    for taken, done in stretches:
        if not snapshot.effects:
            break
        seen.append(answer(snapshot, taken=taken, done=done))
        snapshot = INTAKE_FILE.run(snapshot, seen[-1:]).snapshot
        repeated = data.draw(st.sampled_from(seen))
        assert not INTAKE_FILE.run(snapshot, (repeated,)).changed
    whole = INTAKE_FILE.start(*seen)
    assert whole.snapshot == snapshot
    assert INTAKE_FILE.fold(whole.facts) == snapshot.state
    assert snapshot.state.taken == sum(m.taken for m in seen[1:])


def test_acknowledgements_that_match_nothing_are_kept_with_the_file() -> None:
    snapshot = ACK_FILE.start(ACKS).snapshot
    (pending,) = snapshot.effects.values()
    report = ReportAcks(meta=meta("answer", pending.id), file_id="file_1", matched=0, unmatched=(FAULT,))
    decided = ACK_FILE.run(snapshot, (report,))
    assert (decided.snapshot.state.status, decided.snapshot.state.unmatched) == ("completed", (FAULT,))
    assert not ACK_FILE.run(decided.snapshot, (ACKS, report)).changed
    assert ACK_FILE.fold((*ACK_FILE.start(ACKS).facts, *decided.facts)) == decided.snapshot.state


def test_an_unreadable_acknowledgement_file_is_quarantined() -> None:
    snapshot = ACK_FILE.start(ACKS).snapshot
    (pending,) = snapshot.effects.values()
    report = ReportAcks(meta=meta("answer", pending.id), file_id="file_1", matched=0, reason=FAULT)
    assert ACK_FILE.run(snapshot, (report,)).snapshot.state.status == "quarantined"
