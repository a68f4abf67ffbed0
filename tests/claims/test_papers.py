"""Papers for claims: what is attached, how it is named, how it goes, and what comes back; in the field's words."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.attachment_rules import HEAD_BYTES, attachment_book, form_of
from services.claims.core.papers import PAPERS
from services.claims.core.papers_messages import (
    AttachPaper,
    BuildSending,
    DeliverSending,
    MarkSent,
    NamePaper,
    PaperNamed,
    PapersMessage,
    PapersRefused,
    RecordSendingAck,
    SendAgain,
    SendAnswer,
    SendingBuilt,
    SendingDelivered,
)
from services.claims.core.work_messages import ClaimNamed
from shared.contracts import AttachmentsSent, AttachmentWorkFound, ClaimSubmitted
from shared.decider import Decided, Snapshot
from shared.policy import PolicyError
from tests.claims.makers import ACCOUNT, CLAIM_ID, meta
from tests.claims.world import NOW

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
CCDA = b'<?xml version="1.0"?>\n<ClinicalDocument xmlns="urn:hl7-org:v3"><id/></ClinicalDocument>'
NAMED = ClaimNamed(account_id=ACCOUNT, claim_id=CLAIM_ID, patient_control_number="PCN1", payer_id="PAYER1")


def attach(name: str = "1", route: str = "electronic", answers: str | None = None) -> AttachPaper:
    fields: dict[str, Any] = {
        "meta": meta(f"attach/{name}/{answers}"),
        "claim_id": CLAIM_ID,
        "named": NAMED,
        "charge_cents": 125_00,
        "control_number": f"ACN{name}",
        "report_type": "OZ",
        "form": "pdf",
        "size": 10,
        "sha256": f"digest-{name}",
        "file_id": f"file_{name}",
        "sealed_name": "sealed:N",
        "route": route,
        "answers": answers,
    }
    return AttachPaper(**fields)


def submitted(sequence: int) -> ClaimSubmitted:
    fields: dict[str, Any] = {
        "meta": meta(f"submitted/{sequence}", sequence=sequence),
        "account_id": ACCOUNT,
        "claim_id": CLAIM_ID,
        "patient_control_number": "PCN1",
        "payer_id": "PAYER1",
        "billing_npi": "1234567893",
        "charge_cents": 125_00,
        "lines": ({"line_control_number": "1", "procedure": "99213", "charge_cents": 1, "service_from": NOW.date()},),
        "service_from": NOW.date(),
        "service_to": NOW.date(),
        "frequency_code": "1",
        "submission_id": "sub_1",
        "submitted_on": NOW.date(),
        "sealed_guarantor": "sealed:G",
    }
    return ClaimSubmitted.model_validate(fields, strict=False)


def step(snapshot: Snapshot[Any], kind: type, **said: Any) -> PapersMessage:
    """The answer to the first open effect of a kind."""
    effect_id, effect = next((id_, one.effect) for id_, one in snapshot.effects.items() if isinstance(one.effect, kind))
    own = meta(f"answer/{effect_id}").model_copy(update={"causation": effect_id})
    number = getattr(effect, "number", 1)
    if kind is NamePaper:
        fields: dict[str, Any] = {"announced": True, "events": 2}
        return PaperNamed(meta=own, claim_id=CLAIM_ID, number=number, **(fields | said))
    if kind is BuildSending:
        fields = {"sending_id": f"att_p_{number}", "partner": "p", "interchange": number, "size": 9, "sha256": "d"}
        return SendingBuilt(meta=own, claim_id=CLAIM_ID, number=number, **(fields | said))
    return SendingDelivered(meta=own, claim_id=CLAIM_ID, number=number, **said)


def run(decided: Decided[Any, Any] | Snapshot[Any], *steps: PapersMessage | tuple[type, dict[str, Any]]) -> Any:
    """Messages, and answers to open effects, one after the other; the events and work of all of them."""
    snapshot = decided.snapshot if isinstance(decided, Decided) else decided
    events: list[Any] = []
    for one in steps:
        message = step(snapshot, one[0], **one[1]) if isinstance(one, tuple) else one
        last = PAPERS.run(snapshot, [message])
        snapshot, events = last.snapshot, [*events, *last.events]
    return snapshot, events


def test_a_paper_leaves_after_its_claim_has_left_with_its_number() -> None:
    snapshot, events = run(PAPERS.start(attach()), (NamePaper, {}))
    assert not snapshot.effects
    assert not events
    early, _ = run(snapshot, submitted(2))
    assert not early.effects, "that was before the claim named the paper"
    left, _ = run(snapshot, submitted(3))
    assert [type(one.effect) for one in left.effects.values()] == [BuildSending]
    sent, events = run(left, (BuildSending, {}), (DeliverSending, {}))
    [event] = events
    assert isinstance(event, AttachmentsSent)
    assert (event.sending_id, event.route, event.papers, event.trace) == ("att_p_1", "electronic", 1, None)
    assert sent.state.papers[0].state == "sent"


def test_a_claim_that_left_while_the_paper_was_being_named_is_followed_all_the_same() -> None:
    snapshot, _ = run(PAPERS.start(attach()), submitted(3), (NamePaper, {"events": 2}))
    assert [type(one.effect) for one in snapshot.effects.values()] == [BuildSending]


def test_a_claim_that_left_without_naming_it_gives_work_and_sends_nothing() -> None:
    snapshot, events = run(PAPERS.start(attach()), (NamePaper, {"announced": False}), submitted(3))
    assert [one.because for one in events] == ["not_answered"]
    assert not snapshot.effects


def ack(accepted: bool, name: str = "a", form: str = "999") -> RecordSendingAck:
    fields: dict[str, Any] = {"form": form, "accepted": accepted, "codes": ("AK901:R",) if not accepted else ()}
    return RecordSendingAck(meta=meta(f"ack/{name}"), claim_id=CLAIM_ID, sending_id="att_p_1", ack_id=name, **fields)


GONE: tuple[Any, ...] = ((NamePaper, {}), submitted(3), (BuildSending, {}), (DeliverSending, {}))


def test_an_acknowledgement_says_whether_the_papers_came_and_a_refusal_stands() -> None:
    sent, _ = run(PAPERS.start(attach()), *GONE)
    noted, _ = run(sent, ack(accepted=True, form="TA1"))
    assert noted.state.papers[0].state == "sent", "the interchange came; its papers are still to be acknowledged"
    accepted, events = run(noted, ack(accepted=True, name="b"))
    assert (accepted.state.papers[0].state, events) == ("accepted", [])
    refused, events = run(sent, ack(accepted=False), ack(accepted=True, name="b"))
    assert refused.state.papers[0].state == "refused"
    assert [one.because for one in events] == ["refused"]
    assert not PAPERS.run(refused, [ack(accepted=False)]).changed


def test_what_was_refused_is_sent_again_once_when_a_person_says_so() -> None:
    refused, _ = run(PAPERS.start(attach()), *GONE, ack(accepted=False))
    again = SendAgain(meta=meta("again"), claim_id=CLAIM_ID, number=1)
    sent, events = run(refused, again, (BuildSending, {"sending_id": "att_p_2"}), (DeliverSending, {}))
    assert [one.sending_id for one in events] == ["att_p_2"]
    assert [one.state for one in sent.state.sendings] == ["refused", "sent"]
    assert not PAPERS.run(sent, [again]).changed
    late, _ = run(sent, ack(accepted=False, name="late"))
    assert late.state.papers[0].state == "sent", "what is still said of the first file is no word on the second"
    [fact] = PAPERS.run(sent, [SendAgain(meta=meta("third"), claim_id=CLAIM_ID, number=1)]).facts
    assert isinstance(fact, PapersRefused)


def test_a_delivery_that_fails_is_tried_again_and_never_given_up() -> None:
    snapshot, _ = run(PAPERS.start(attach()), *GONE[:3])
    waits = []
    for _ in range(6):
        snapshot, events = run(snapshot, (DeliverSending, {"code": "SFTP:unreachable"}))
        assert not events
        [pending] = snapshot.effects.values()
        waits.append(pending.next_attempt_at - pending.cause.occurred_at)
    assert waits[:5] == [timedelta(minutes=one) for one in (1, 5, 15, 60, 60)]


@pytest.mark.parametrize(("route", "because"), [("portal", "portal"), ("mail", "print"), ("fax", "print")])
def test_what_goes_by_hand_is_work_until_somebody_says_it_went(route: str, because: str) -> None:
    steps = GONE if route != "portal" else GONE[:2]
    waiting, events = run(PAPERS.start(attach(route=route)), *steps)
    assert [(type(one), one.because) for one in events] == [(AttachmentWorkFound, because)]
    sent, events = run(waiting, MarkSent(meta=meta("mark"), claim_id=CLAIM_ID, number=1))
    assert [type(one) for one in events] == [AttachmentsSent]
    assert sent.state.papers[0].state == "sent"
    [fact] = PAPERS.run(sent, [MarkSent(meta=meta("again"), claim_id=CLAIM_ID, number=1)]).facts
    assert isinstance(fact, PapersRefused)


def test_an_answer_goes_under_the_payers_number_and_only_when_something_is_attached() -> None:
    wish = SendAnswer(meta=meta("answer"), claim_id=CLAIM_ID, trace="PAYER-77")
    [fact] = PAPERS.start(attach(), wish).facts[1:]
    assert isinstance(fact, PapersRefused)
    snapshot, events = run(PAPERS.start(attach(answers="PAYER-77")), wish, (BuildSending, {}), (DeliverSending, {}))
    assert [one.trace for one in events] == ["PAYER-77"]
    assert not run(snapshot, submitted(9))[0].effects, "it went already"


def test_papers_that_cannot_be_written_are_work_and_may_be_sent_again_as_an_answer() -> None:
    snapshot, events = run(PAPERS.start(attach()), *GONE[:2], (BuildSending, {"code": "SEAL:broken"}))
    assert [one.because for one in events] == ["unwritable"]
    assert (snapshot.state.sendings[0].state, snapshot.state.papers[0].state) == ("failed", "refused")


STEPS = st.lists(
    st.one_of(
        st.sampled_from([attach("1"), attach("2"), attach("3", answers="T"), attach("4", route="mail")]),
        st.sampled_from([submitted(2), submitted(4), submitted(6)]),
        st.sampled_from([NamePaper, BuildSending, DeliverSending]),
        st.sampled_from([ack(accepted=True), ack(accepted=False, name="b")]),
        st.just(SendAnswer(meta=meta("answer"), claim_id=CLAIM_ID, trace="T")),
    ),
    max_size=25,
)


@given(STEPS, st.data())
def test_batching_is_invisible_redelivery_decides_nothing_and_state_is_the_fold(
    steps: list[Any], data: st.DataObject
) -> None:
    snapshot, messages, last = Snapshot(PAPERS.initial), list[PapersMessage](), 0
    for one in [attach("0"), *steps]:
        message = one
        if isinstance(one, type):
            if not any(isinstance(pending.effect, one) for pending in snapshot.effects.values()):
                continue
            message = step(snapshot, one)
        if isinstance(message, ClaimSubmitted):
            if message.meta.sequence < last:
                continue  # a claim's events come in their order
            last = message.meta.sequence
        messages.append(message)
        snapshot = PAPERS.run(snapshot, [message]).snapshot
    whole = PAPERS.start(*messages)
    cut = data.draw(st.integers(0, len(messages)))
    head = PAPERS.start(*messages[:cut])
    tail = PAPERS.run(head.snapshot, messages[cut:])
    assert (tail.snapshot, head.entries + tail.entries) == (whole.snapshot, whole.entries)
    assert PAPERS.fold(whole.facts) == whole.snapshot.state
    acked = [one for one in messages if not isinstance(one, RecordSendingAck)]
    assert not PAPERS.run(whole.snapshot, acked).changed
    sent = [one for one in whole.events if isinstance(one, AttachmentsSent)]
    assert len({one.sending_id for one in sent}) == len(sent), "no sending is told twice"


@pytest.mark.parametrize(
    ("head", "form"),
    [
        (PDF, "pdf"),
        (b"\xff\xd8\xff\xe0..", "jpeg"),
        (b"\x89PNG\r\n\x1a\n..", "png"),
        (b"II*\x00....", "tiff"),
        (CCDA, "ccda"),
        ("Operative note of Añez".encode(), "text"),
        (("a" + "é" * 2000).encode()[:HEAD_BYTES], "text"),
        (b"<html><script>", None),
        (b"PK\x03\x04", None),
        (b"MZ\x90\x00", None),
        (b"", None),
        (b"text with a \x00 in it", None),
    ],
)
def test_a_document_is_what_its_bytes_say(head: bytes, form: str | None) -> None:
    assert form_of(head) == form


def test_payers_terms_are_dated_and_a_wrong_entry_is_named(tmp_path: Path) -> None:
    book = attachment_book()
    assert book.of("RC104", date(2026, 7, 1)).route == "fax"
    assert book.of("nobody", date(2026, 7, 1)).route == "electronic"
    wrong = tmp_path / "attachments.toml"
    wrong.write_text('[[default]]\nvalid_from = 2020-01-01\nsource = "s"\nowner = "o"\nvalue = { route = "owl" }\n')
    with pytest.raises(PolicyError, match="route"):
        attachment_book(wrong)


# The whole service.
