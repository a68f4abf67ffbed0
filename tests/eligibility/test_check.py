"""Coverage checks: examples in the field's words, and what holds for every history."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from services.eligibility.core import (
    CheckMessage,
    Inquire,
    InquiryAnswered,
    InquiryPolicy,
    Outcome,
    RequestCheck,
    check_decider,
)
from services.eligibility.core.check_facts import CheckFact
from services.eligibility.core.check_messages import check_id
from services.eligibility.core.check_state import Check
from services.eligibility.policies import inquiry_policy
from services.eligibility.rejections import advice
from shared.contracts import (
    AuthorizationRequired,
    ClaimReceived,
    CoverageInactive,
    CoverageVerified,
    EligibilityUnknown,
    Meta,
)
from shared.decider import Decided, Snapshot

AT = datetime(2026, 7, 1, 12, tzinfo=UTC)
DAY = date(2026, 6, 15)
NAMES = UUID(int=3)
POLICY = InquiryPolicy(retry_codes=frozenset({"42"}), waits=(timedelta(minutes=5), timedelta(hours=1)))
CHECK = check_decider(POLICY)
ACTIVE = Outcome(status="active", copay_cents=2500)


def meta(name: str, causation: UUID | None = None, when: datetime = AT) -> Meta:
    message_id = uuid5(NAMES, name)
    return Meta(
        id=message_id,
        tenant="lakeside",
        occurred_at=when,
        source="claims",
        subject=f"claim/{name}",
        key="acct_1",
        sequence=1,
        causation=causation,
        correlation=message_id,
    )


def received(claim: str, day: date = DAY) -> ClaimReceived:
    return ClaimReceived(
        meta=meta(claim),
        account_id="acct_1",
        claim_id=claim,
        patient_control_number=f"PCN{claim}",
        coverage_id="cov_1",
        payer_id="60054",
        service_from=day,
        service_to=day,
        charge_cents=10_000,
        lines=1,
        billing_npi="1234567893",
        frequency_code="1",
        sealed_subscriber="sealed:AAAA",
    )


def answered(snapshot: Snapshot[Check], outcome: Outcome, when: datetime = AT) -> InquiryAnswered:
    """The answer to the open inquiry."""
    [effect_id] = snapshot.effects
    return InquiryAnswered(
        meta=meta(f"answer/{effect_id}", effect_id, when), check_id=check_id(received("c1")), outcome=outcome
    )


def asked(*claims: str) -> Decided[Check, CheckFact]:
    return CHECK.start(*(received(claim) for claim in claims))


def test_one_inquiry_serves_every_claim_of_coverage_and_date() -> None:
    first = asked("c1", "c2")
    assert [type(e) for e in first.effects] == [Inquire]
    told = CHECK.run(first.snapshot, [answered(first.snapshot, ACTIVE)])
    assert [(type(e), e.claim_id) for e in told.events if isinstance(e, CoverageVerified)] == [
        (CoverageVerified, "c1"),
        (CoverageVerified, "c2"),
    ]
    late = CHECK.run(told.snapshot, [received("c3")])
    assert late.effects == ()
    assert [e.claim_id for e in late.events if isinstance(e, CoverageVerified)] == ["c3"]


def test_a_qualified_medicare_beneficiary_is_told_with_either_answer() -> None:
    for needs in ((), ("30",)):
        first = asked("c1")
        said = {"qualified_medicare_beneficiary": True, "authorization_service_types": needs}
        told = CHECK.run(first.snapshot, [answered(first.snapshot, ACTIVE.model_copy(update=said))])
        (answer,) = told.events
        assert isinstance(answer, AuthorizationRequired if needs else CoverageVerified)
        assert answer.qualified_medicare_beneficiary


def test_the_payer_is_asked_about_the_date_of_service() -> None:
    [inquire] = asked("c1").effects
    assert isinstance(inquire, Inquire)
    assert inquire.service_date == DAY
    assert check_id(received("c1")) != check_id(received("c1", DAY + timedelta(days=1)))


def test_aaa_42_and_silence_are_retried_with_backoff_and_then_unknown() -> None:
    decided = asked("c1")
    for outcome, wait in zip(
        (Outcome(status="rejected", reject_codes=("42",)), Outcome(status="unavailable")), POLICY.waits, strict=True
    ):
        decided = CHECK.run(decided.snapshot, [answered(decided.snapshot, outcome)])
        [again] = decided.effects
        assert again.not_before == AT + wait
        assert decided.events == ()
    last = CHECK.run(decided.snapshot, [answered(decided.snapshot, Outcome(status="unavailable"))])
    assert [(type(e), e.reason) for e in last.events if isinstance(e, EligibilityUnknown)] == [
        (EligibilityUnknown, "payer_unavailable")
    ]


def test_aaa_72_and_75_are_not_retried() -> None:
    for code in ("72", "75"):
        decided = asked("c1")
        told = CHECK.run(
            decided.snapshot, [answered(decided.snapshot, Outcome(status="rejected", reject_codes=(code,)))]
        )
        assert told.effects == ()
        [event] = told.events
        assert isinstance(event, EligibilityUnknown)
        assert (event.reason, event.reject_codes) == ("inquiry_rejected", (code,))


def test_an_odd_answer_is_unknown_never_inactive() -> None:
    for status in ("unreadable", "no_benefit_stated"):
        decided = asked("c1")
        told = CHECK.run(decided.snapshot, [answered(decided.snapshot, Outcome(status=status))])
        assert [type(e) for e in told.events] == [EligibilityUnknown]


def test_inactive_and_authorization_have_events_of_their_own() -> None:
    decided = asked("c1")
    inactive = CHECK.run(decided.snapshot, [answered(decided.snapshot, Outcome(status="inactive"))])
    assert [type(e) for e in inactive.events] == [CoverageInactive]
    needs = Outcome(status="active", authorization_service_types=("2",))
    told = CHECK.run(decided.snapshot, [answered(decided.snapshot, needs)])
    assert [type(e) for e in told.events] == [AuthorizationRequired]


def test_the_policy_in_force_retries_what_the_table_of_rejections_calls_retriable() -> None:
    policy = inquiry_policy(AT.date())
    table = advice(AT.date()).codes
    assert policy.retry_codes == {"42", "80"} == {code for code, said in table.items() if said["retry"]}
    assert list(policy.waits) == sorted(policy.waits)


OUTCOMES = st.sampled_from(
    [
        ACTIVE,
        Outcome(status="inactive"),
        Outcome(status="rejected", reject_codes=("42",)),
        Outcome(status="rejected", reject_codes=("75",)),
        Outcome(status="unavailable"),
    ]
)
STEPS = st.lists(st.one_of(st.sampled_from(["c1", "c2", "c3", "r1", "r2", "b1"]), OUTCOMES), max_size=12)


def requested(name: str) -> RequestCheck:
    """A person asks (r…), or a list does (b…)."""
    claim = received("c1")
    return RequestCheck(
        meta=meta(name),
        request_id=name,
        reason="batch" if name.startswith("b") else "person",
        account_id=claim.account_id,
        coverage_id=claim.coverage_id,
        payer_id=claim.payer_id,
        billing_npi=claim.billing_npi,
        service_date=claim.service_from,
        sealed_subscriber=claim.sealed_subscriber,
        batch_until=AT + timedelta(days=1) if name.startswith("b") else None,
    )


def play(steps: list[str | Outcome]) -> tuple[list[CheckMessage], Decided[Check, CheckFact]]:
    """A history: claims ask, and open inquiries are answered. The messages it took, and all that was decided."""
    snapshot, messages = Snapshot(CHECK.initial), list[CheckMessage]()
    for step in steps:
        if isinstance(step, str):
            message: CheckMessage = received(step) if step.startswith("c") else requested(step)
        elif snapshot.effects:
            message = answered(snapshot, step)
        else:
            continue
        messages.append(message)
        snapshot = CHECK.run(snapshot, [message]).snapshot
    return messages, CHECK.start(*messages)


@given(STEPS, st.data())
def test_batching_is_invisible(steps: list[str | Outcome], data: st.DataObject) -> None:
    messages, whole = play(steps)
    cut = data.draw(st.integers(0, len(messages)))
    head = CHECK.start(*messages[:cut])
    tail = CHECK.run(head.snapshot, messages[cut:])
    assert (tail.snapshot, head.entries + tail.entries) == (whole.snapshot, whole.entries)


@given(STEPS)
def test_redelivery_decides_nothing(steps: list[str | Outcome]) -> None:
    messages, whole = play(steps)
    again = CHECK.run(whole.snapshot, messages)
    assert not again.changed


@given(STEPS)
def test_state_is_the_fold_of_the_facts_and_ids_are_unique(steps: list[str | Outcome]) -> None:
    _, whole = play(steps)
    assert CHECK.fold(whole.facts) == whole.snapshot.state
    ids = [entry.meta.id for entry in whole.entries]
    assert len(set(ids)) == len(ids)


@given(STEPS)
def test_each_claim_is_told_once_and_never_more_than_one_inquiry_is_open(steps: list[str | Outcome]) -> None:
    _, whole = play(steps)
    told = [fact.claim_id for fact in whole.facts if fact.type == "check.claim-told.v1"]
    assert len(set(told)) == len(told)
    assert len(whole.snapshot.effects) <= 1
    if not whole.snapshot.effects:
        assert whole.snapshot.state.waiting == ()
        assert whole.snapshot.state.requests == ()
