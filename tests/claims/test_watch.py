"""The watchdogs over files and claims, and the payer's answers kept beside a claim: examples, and what always holds."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.core.watch import make_watch
from services.claims.core.watch_file import NoteFileAnswer, make_file_watch
from services.claims.core.watch_messages import (
    AskNow,
    AskStatus,
    ClaimStatus,
    CloseRequest,
    InquiryAnswered,
    InquiryPutOff,
    RecordStatus,
    WatchMessage,
    WishRefused,
)
from services.claims.core.watch_policy import Expectation, InquiryTerms, WatchBook
from services.claims.policies import POLICY_FOLDER
from services.claims.watch_rules import watch_book
from shared.contracts import (
    AcknowledgementArrived,
    AcknowledgementOverdue,
    ClaimAccepted,
    ClaimDenied,
    ClaimPaid,
    ClaimRejected,
    ClaimStatusReported,
    ClaimSubmitted,
    DenialReason,
    FileAcknowledgementArrived,
    FileAcknowledgementOverdue,
    InformationRequested,
    Meta,
    SubmittedLine,
)
from shared.decider import Decided, Due, Snapshot
from shared.policy import PolicyError
from tests.claims.makers import ACCOUNT, CLAIM_ID, TENANT

START = datetime(2026, 7, 1, 8, tzinfo=UTC)
DAY = date(2000, 1, 1)


def expectation(awaits: Any, amount: int, unit: Any = "days", of: str = "*") -> Expectation:
    return Expectation(f"{awaits}-{of}", awaits, amount, unit, DAY, "test", "test", of)


def terms(stage: Any, first: int, every: int, transport: Any = "http", of: str = "*") -> InquiryTerms:
    return InquiryTerms(f"ask-{stage}-{of}", stage, first, every, transport, DAY, "test", "test", of)


BOOK = WatchBook(
    (
        expectation("file", 6, "hours"),
        expectation("file", 2, "hours", "quick"),
        expectation("claim", 5),
        expectation("remittance", 45),
        expectation("remittance", 30, of="MEDICARE"),
    ),
    (
        terms("claim", 7, 7),
        terms("remittance", 47, 14),
        terms("remittance", 32, 10, "file", "FILES"),
        terms("claim", 7, 7, "file", "FILES"),
        terms("claim", 1, 1, "none", "SILENT"),
    ),
)
WATCH = make_watch(BOOK)
FILE_WATCH = make_file_watch(BOOK)


def at(days: float) -> datetime:
    return START + timedelta(days=days)


def meta(name: str, when: datetime = START, sequence: int = 0, causation: UUID | None = None) -> Meta:
    return Meta(
        id=uuid5(NAMESPACE_URL, name),
        tenant=TENANT,
        occurred_at=when,
        source="claims",
        subject=f"claim/{CLAIM_ID}",
        key=ACCOUNT,
        sequence=sequence,
        causation=causation,
        correlation=uuid5(NAMESPACE_URL, "story"),
    )


NAMED: dict[str, Any] = {"account_id": ACCOUNT, "claim_id": CLAIM_ID, "patient_control_number": "PCN1"}


def submitted(
    sequence: int = 2, when: datetime = START, payer: str = "PAYER1", partner: str = "clearinghouse"
) -> ClaimSubmitted:
    return ClaimSubmitted(
        meta=meta(f"submitted/{sequence}", when, sequence),
        **NAMED,
        payer_id=payer,
        billing_npi="1234567893",
        charge_cents=125_00,
        lines=(SubmittedLine(line_control_number="1", procedure="99213", charge_cents=1, service_from=when.date()),),
        service_from=when.date(),
        service_to=when.date(),
        frequency_code="1",
        submission_id=f"sub_{sequence}",
        submitted_on=when.date(),
        sealed_guarantor="sealed:AAAA",
        partner=partner,
    )


def accepted(sequence: int = 3, when: datetime = START, stage: Any = "payer", payer: str = "PAYER1") -> ClaimAccepted:
    return ClaimAccepted(meta=meta(f"accepted/{sequence}", when, sequence), **NAMED, payer_id=payer, stage=stage)


def rejected(sequence: int = 4, when: datetime = START) -> ClaimRejected:
    name = f"rejected/{sequence}"
    return ClaimRejected(
        meta=meta(name, when, sequence), **NAMED, payer_id="PAYER1", charge_cents=1, stage="payer", codes=("A7:562",)
    )


def paid(sequence: int = 5, when: datetime = START) -> ClaimPaid:
    return ClaimPaid(
        meta=meta(f"paid/{sequence}", when, sequence),
        **NAMED,
        payer_id="PAYER1",
        remittance_id="rem_1",
        charge_cents=125_00,
        paid_cents=100_00,
        patient_responsibility_cents=0,
    )


def denied(sequence: int = 5, when: datetime = START) -> ClaimDenied:
    return ClaimDenied(
        meta=meta(f"denied/{sequence}", when, sequence),
        **NAMED,
        payer_id="PAYER1",
        remittance_id="rem_1",
        charge_cents=125_00,
        paid_cents=0,
        denied_cents=125_00,
        reasons=(DenialReason(group="CO", reason="50", amount_cents=125_00),),
    )


def due(when: datetime, kind: str = "watch", aggregate_id: str = CLAIM_ID) -> Due:
    return Due(meta=meta(f"due/{kind}/{when}", when), aggregate_id=aggregate_id, kind=kind, due_at=when)


def status(kind: Any, category: str, source: str = "s1", day: date | None = None) -> ClaimStatus:
    return ClaimStatus(source=source, kind=kind, category=category, codes=(f"{category}:20",), effective_on=day)


def answered(decided: Decided[Any, Any], when: datetime, **said: Any) -> InquiryAnswered:
    """The answer to the open effect of what was decided."""
    (pending,) = decided.snapshot.effects.values()
    assert isinstance(pending.effect, AskStatus)
    number = pending.effect.number
    return InquiryAnswered(
        meta=meta(f"answer/{number}/{when}", when, causation=pending.id), claim_id=CLAIM_ID, number=number, **said
    )


def types(decided: Decided[Any, Any]) -> list[type]:
    return [type(one) for one in decided.events]


# Files


def test_case_26_a_file_without_a_999_raises_an_alarm_once() -> None:
    sent = FILE_WATCH.start(submitted(), submitted(3))
    assert len(sent.facts) == 1
    assert FILE_WATCH.due(sent.snapshot.state) == START + timedelta(hours=6)
    early = FILE_WATCH.run(sent.snapshot, [due(START + timedelta(hours=5), "file_watch", "sub_2")])
    assert not early.changed
    late = FILE_WATCH.run(sent.snapshot, [due(at(1), "file_watch", "sub_2"), due(at(2), "file_watch", "sub_2")])
    (event,) = late.events
    assert isinstance(event, FileAcknowledgementOverdue)
    assert (event.partner, event.sent_at, event.rule) == ("clearinghouse", START, "file-*")
    assert FILE_WATCH.due(late.snapshot.state) is None
    ended = FILE_WATCH.run(late.snapshot, [answer_about_file("999", "a")])
    assert types(ended) == [FileAcknowledgementArrived]
    assert not ended.snapshot.state.overdue


def answer_about_file(form: Any, name: str, accepted: bool = True) -> NoteFileAnswer:
    return NoteFileAnswer(meta=meta(f"file/{name}", at(1)), submission_id="sub_2", form=form, accepted=accepted)


@pytest.mark.parametrize(
    ("form", "accepted_", "closes"),
    [("999", True, True), ("999", False, True), ("TA1", False, True), ("TA1", True, False), ("277CA", True, True)],
)
def test_what_settles_a_file(form: str, accepted_: bool, closes: bool) -> None:
    """A TA1 that accepts leaves the 999 owed; it may come before the news that the file was sent."""
    answer = answer_about_file(form, "a", accepted_)
    for story in ((submitted(), answer), (answer, submitted())):
        decided = FILE_WATCH.start(*story)
        assert decided.snapshot.state.answered is closes
        assert (FILE_WATCH.due(decided.snapshot.state) is None) is closes
        assert not decided.events


def test_a_partners_own_figure_counts_before_the_one_for_all() -> None:
    quick = FILE_WATCH.start(submitted(partner="quick"))
    assert FILE_WATCH.due(quick.snapshot.state) == START + timedelta(hours=2)


# Claims


def test_a_277ca_that_does_not_come_is_called_out_once_and_closed_by_its_coming() -> None:
    sent = WATCH.start(submitted())
    late = WATCH.run(sent.snapshot, [due(at(5)), due(at(6))])
    (event,) = late.events
    assert isinstance(event, AcknowledgementOverdue)
    assert (event.awaits, event.since, event.rule, event.submission_id) == ("claim", START, "claim-*", "sub_2")
    here = WATCH.run(late.snapshot, [accepted(when=at(6))])
    assert types(here) == [AcknowledgementArrived]
    assert here.snapshot.state.stage == "remittance"


def test_a_clearinghouse_that_has_the_claim_is_not_yet_a_payer_that_took_it() -> None:
    decided = WATCH.start(submitted(), accepted(stage="clearinghouse"))
    assert decided.snapshot.state.stage == "claim"


@pytest.mark.parametrize(("payer", "days"), [("PAYER1", 45), ("MEDICARE", 30)])
def test_a_remittance_is_missed_after_the_payers_own_time(payer: str, days: int) -> None:
    decided = WATCH.start(submitted(payer=payer), accepted(when=at(1)), due(at(days)), due(at(days + 1)))
    (event,) = [one for one in decided.events if isinstance(one, AcknowledgementOverdue)]
    assert (event.awaits, event.expected_by) == ("remittance", at(days + 1))


@pytest.mark.parametrize("end", [paid(), denied(), rejected()])
def test_nothing_is_awaited_once_the_claim_is_decided_or_refused(end: Any) -> None:
    decided = WATCH.start(submitted(), accepted(), due(at(50)), end)
    assert types(decided)[-1] is AcknowledgementArrived
    assert WATCH.due(decided.snapshot.state) is None


def test_a_claim_that_goes_out_again_is_watched_anew() -> None:
    decided = WATCH.start(submitted(), rejected(4), submitted(5, at(10)), accepted(3), rejected(4))
    assert (decided.snapshot.state.stage, decided.snapshot.state.since) == ("claim", at(10))


# Inquiries


def test_a_payer_is_asked_after_so_many_days_then_at_intervals_until_the_claim_is_decided() -> None:
    asked = WATCH.start(submitted(), due(at(6)), due(at(7)))
    (effect,) = asked.effects
    assert effect == AskStatus(number=1, payer_id="PAYER1", transport="http", inquiries_max=10)
    said = WATCH.run(asked.snapshot, [answered(asked, at(7), status=status("pending", "P1"))])
    assert types(said) == [ClaimStatusReported]
    assert said.snapshot.state.inquire_at == at(14)
    again = WATCH.run(said.snapshot, [due(at(14))])
    assert [one.number for one in again.effects if isinstance(one, AskStatus)] == [2]
    over = WATCH.run(again.snapshot, [paid()])
    last = WATCH.run(over.snapshot, [answered(again, at(15), status=status("finalized", "F1", "s2"))])
    assert last.snapshot.state.inquire_at is None
    assert WATCH.due(last.snapshot.state) is None


def test_a_payer_that_does_not_answer_is_asked_again_sooner() -> None:
    asked = WATCH.start(submitted(), due(at(7)))
    silent = WATCH.run(asked.snapshot, [answered(asked, at(7), problem="unavailable")])
    assert not silent.events
    assert silent.snapshot.state.inquire_at == at(7) + timedelta(hours=4)
    assert silent.snapshot.state.reports[-1].problem == "unavailable"


def test_an_inquiry_that_is_put_off_counts_no_attempt() -> None:
    asked = WATCH.start(submitted(), due(at(7)))
    (pending,) = asked.snapshot.effects.values()
    off = InquiryPutOff(meta=meta("off", at(7), causation=pending.id), claim_id=CLAIM_ID, number=1)
    later = WATCH.run(asked.snapshot, [off])
    (effect,) = later.effects
    assert isinstance(effect, AskStatus)
    assert (effect.number, effect.not_before) == (1, at(7) + timedelta(minutes=1))


def test_a_file_that_nobody_answers_is_a_failure_of_the_question() -> None:
    asked = WATCH.start(submitted(payer="FILES"), due(at(7)), due(at(9)))
    assert asked.snapshot.state.inquiry is None
    assert asked.snapshot.state.reports[-1].problem == "unanswered"
    late = RecordStatus(meta=meta("r", at(10)), claim_id=CLAIM_ID, number=1, status=status("pending", "P1"))
    kept = WATCH.run(asked.snapshot, [late, late])
    assert len(kept.events) == 1
    assert kept.snapshot.state.status is not None


def test_a_person_asks_and_a_repeat_is_the_same_question() -> None:
    asked = WATCH.start(submitted(), ask(1), ask(1))
    assert len(asked.effects) == 1
    other = WATCH.run(asked.snapshot, [ask(2)])
    (refused,) = other.facts
    assert isinstance(refused, WishRefused)
    assert refused.reason == "already_asked"


@pytest.mark.parametrize(("story", "reason"), [((), "not_sent"), ((submitted(payer="SILENT"),), "payer_takes_none")])
def test_a_question_that_cannot_be_asked_is_refused(story: Any, reason: str) -> None:
    decided = WATCH.start(*story, ask(1))
    assert isinstance(decided.facts[-1], WishRefused)
    assert decided.facts[-1].reason == reason


def test_information_that_a_payer_wants_is_asked_for_once_and_closed_by_a_person_or_the_payer() -> None:
    asked = WATCH.start(submitted(), due(at(7)))
    wanted = status("information_requested", "R3", day=date(2026, 7, 5))
    open_ = WATCH.run(asked.snapshot, [answered(asked, at(7), status=wanted)])
    assert types(open_) == [ClaimStatusReported, InformationRequested]
    sent = WATCH.run(open_.snapshot, [close(1)])
    assert not sent.snapshot.state.wants_information
    again = WATCH.run(sent.snapshot, [due(at(14))])
    same = status("information_requested", "R3", "s2", date(2026, 7, 5))
    repeated = WATCH.run(again.snapshot, [answered(again, at(14), status=same)])
    assert types(repeated) == [ClaimStatusReported], "the payer repeats a request that a person has answered"

    moved = WATCH.run(open_.snapshot, [due(at(14))])
    on = WATCH.run(moved.snapshot, [answered(moved, at(14), status=status("pending", "P1", "s3"))])
    assert not on.snapshot.state.wants_information


# What always holds


def ask(number: int) -> AskNow:
    return AskNow(meta=meta(f"ask/{number}", at(3)), claim_id=CLAIM_ID)


def close(number: int) -> CloseRequest:
    return CloseRequest(meta=meta(f"close/{number}", at(3)), claim_id=CLAIM_ID)


def record(number: int, kind: str, source: str) -> RecordStatus:
    told = meta(f"record/{number}/{kind}/{source}", at(20))
    return RecordStatus(meta=told, claim_id=CLAIM_ID, number=number, status=status(kind, "P1", source))


def due_after(days: int) -> Due:
    return due(at(days))


EVENTS: st.SearchStrategy[WatchMessage] = st.one_of(
    st.builds(submitted, st.sampled_from([2, 5]), st.sampled_from([at(0), at(10)]), st.sampled_from(["P", "FILES"])),
    st.builds(accepted, st.sampled_from([3, 6]), st.just(at(1)), st.sampled_from(["payer", "clearinghouse"])),
    st.builds(rejected, st.sampled_from([4, 7])),
    st.builds(paid, st.sampled_from([7, 8])),
    st.builds(denied, st.sampled_from([7, 9])),
    st.builds(due_after, st.integers(0, 120)),
    st.builds(ask, st.integers(1, 3)),
    st.builds(close, st.integers(1, 2)),
    st.builds(
        record,
        st.integers(1, 3),
        st.sampled_from(["pending", "information_requested", "error", "finalized"]),
        st.sampled_from(["s1", "s2"]),
    ),
)
STORIES: st.SearchStrategy[list[WatchMessage]] = st.lists(EVENTS, max_size=14).map(lambda tail: [submitted(), *tail])


@given(STORIES, st.data())
def test_batching_is_invisible(story: list[WatchMessage], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(story)))
    whole, first = WATCH.start(*story), WATCH.start(*story[:cut])
    second = WATCH.run(first.snapshot, story[cut:])
    assert (*first.entries, *second.entries) == whole.entries
    assert second.snapshot == whole.snapshot


@given(STORIES)
def test_redelivery_decides_nothing_but_deadlines_that_are_new(story: list[WatchMessage]) -> None:
    snapshot: Snapshot[Any] = Snapshot(WATCH.initial)
    for message in story:
        snapshot = WATCH.run(snapshot, [message]).snapshot
        assert not WATCH.run(snapshot, [message]).changed


@given(STORIES)
def test_the_state_is_the_fold_of_the_facts_and_is_stored_as_it_is(story: list[WatchMessage]) -> None:
    decided = WATCH.start(*story)
    state, codec = decided.snapshot.state, WATCH.state_codec
    assert WATCH.fold(decided.facts) == state
    assert codec.validate_python(codec.dump_python(state, mode="json"), strict=False) == state


@given(STORIES, st.integers(0, 400))
def test_a_deadline_that_was_answered_is_over(story: list[WatchMessage], days: int) -> None:
    snapshot = WATCH.start(*story).snapshot
    due_at = WATCH.due(snapshot.state)
    if due_at is None:
        return
    now = due_at + timedelta(days=days)
    after = WATCH.due(WATCH.run(snapshot, [due(now)]).snapshot.state)
    assert after is None or after > now


@given(STORIES)
def test_alarms_and_their_ends_alternate(story: list[WatchMessage]) -> None:
    kinds = (AcknowledgementOverdue, AcknowledgementArrived)
    alarms = [type(one) for one in WATCH.start(*story).events if isinstance(one, kinds)]
    assert all(one != other for one, other in pairwise(alarms))
    assert alarms[:1] in ([], [AcknowledgementOverdue])


# Figures


def test_the_shipped_figures_are_dated_sourced_and_hold_for_every_payer() -> None:
    book = watch_book()
    for awaits in ("file", "claim", "remittance"):
        assert book.expects(awaits, "ANYBODY", date(2026, 7, 1)) is not None
    assert all(one.source and one.owner for one in book.expectations)
    assert all(one.source and one.owner for one in book.inquiries)


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (("amount = 24", "amount = 0"), "file-any: figures are whole numbers"),
        (('id = "claim-any"', 'id = "file-any"'), "used twice: file-any"),
        (('awaits = "remittance"', 'awaits = "postcard"'), "remittance-any: awaits"),
        (('awaits = "claim"', 'awaits = "file"'), "for claim must hold"),
        (('owner = "EDI desk"\n', ""), "owner"),
    ],
)
def test_a_faulty_book_names_its_entry(tmp_path: Path, change: tuple[str, str], wanted: str) -> None:
    file = tmp_path / "inquiries.toml"
    file.write_text((POLICY_FOLDER / "inquiries.toml").read_text().replace(*change, 1))
    with pytest.raises(PolicyError, match=wanted):
        watch_book(file)
