"""What holds for every claim, whatever it is told, in whatever order and however often."""

from datetime import date, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.claims.core import Claim
from services.claims.core.claim_messages import ClaimMessage
from shared.decider import Due, Snapshot
from tests.claims.makers import (
    CLAIM,
    CLAIM_ID,
    acknowledge,
    assign,
    content,
    correct,
    coverage,
    due_on,
    hold,
    meta,
    news,
    receive,
    refuse,
    release,
    remit,
    stand,
    transmit,
)

SUBMISSIONS = st.sampled_from(["sub_1", "sub_2"])
ACKS = st.builds(
    acknowledge,
    st.sampled_from(["A1", "A2", "A3", "A6", "A7", "A0", "F1"]),
    st.sampled_from(["ack_1", "ack_2", "ack_3"]),
    st.sampled_from(["sub_1", "sub_2", None]),
)
RECEIVE = st.sampled_from(
    [receive(), receive(), receive(duplicate_of="clm_9"), receive(content(lines=())), receive(fingerprint="fp_2")]
)
REMITS = st.builds(
    remit, st.integers(1, 4), status=st.sampled_from(["1", "1", "22", "25"]), denied_cents=st.sampled_from([0, 50_00])
)
ANYTHING: st.SearchStrategy[ClaimMessage] = st.one_of(
    RECEIVE,
    st.builds(
        coverage, st.sampled_from(["verified", "verified", "inactive", "unknown", "auth", "routed"]), st.integers(1, 3)
    ),
    st.sampled_from([stand(), stand("billing.npi"), stand("rendering.npi")]),
    st.sampled_from([news("OTHER"), news(payer_id="PAYER3", sequence=2), news(payer_id="PAYER3", source="c")]),
    st.builds(assign, SUBMISSIONS),
    st.builds(assign, SUBMISSIONS),
    st.builds(transmit, SUBMISSIONS),
    st.builds(refuse, SUBMISSIONS),
    ACKS,
    REMITS,
    st.builds(hold, st.sampled_from(["1", "2"])),
    st.builds(release, st.sampled_from(["1", "2", "3"])),
    st.builds(
        correct,
        st.sampled_from([content(), content(lines=()), content(charge_cents=1)]),
        name=st.sampled_from(["1", "2"]),
        coverage_id=st.sampled_from(["cov_1", "cov_1", "cov_2"]),
    ),
    st.builds(due_on, st.dates(date(2026, 7, 1), date(2027, 3, 1))),
)
# Most lives get somewhere: a claim that was never received proves little.
WAY_OUT: tuple[ClaimMessage, ...] = (receive(), coverage(), assign("sub_1"), transmit("sub_1"))
STORIES = st.one_of(
    st.lists(ANYTHING, max_size=12),
    st.tuples(st.integers(1, 4), st.lists(ANYTHING, max_size=12)).map(lambda p: [*WAY_OUT[: p[0]], *p[1]]),
)


@given(STORIES, st.data())
def test_batching_is_invisible(story: list[ClaimMessage], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(story)))
    whole = CLAIM.start(*story)
    first = CLAIM.start(*story[:cut])
    second = CLAIM.run(first.snapshot, story[cut:])
    assert (*first.entries, *second.entries) == whole.entries
    assert second.snapshot == whole.snapshot


@given(STORIES)
def test_redelivery_decides_nothing(story: list[ClaimMessage]) -> None:
    """A batch that was handled but not committed to the topic comes again, message by message or as a whole."""
    snapshot: Snapshot[Claim] = Snapshot(CLAIM.initial)
    for message in story:
        snapshot = CLAIM.run(snapshot, (message,)).snapshot
        assert not CLAIM.run(snapshot, (message,)).changed


LINEAR = st.permutations([coverage("verified", 1), acknowledge("A2", "ack_1"), remit(1)])


@given(LINEAR)
def test_early_arrival_is_held(early: list[ClaimMessage]) -> None:
    """Topics have no order among each other: what overtook the claim's own story is answered as if it had not."""
    in_order = CLAIM.start(*WAY_OUT, acknowledge("A2", "ack_1"), remit(1)).snapshot.state
    overtaken = CLAIM.start(*early, *WAY_OUT).snapshot.state
    assert overtaken.status == in_order.status == "paid"
    assert overtaken.acks == in_order.acks
    assert overtaken.remittances == in_order.remittances


@given(st.lists(ACKS, max_size=5, unique_by=lambda m: m.ack.ack_id), st.randoms(use_true_random=False))
def test_the_order_of_acknowledgements_does_not_matter(acks: list[ClaimMessage], random: object) -> None:
    shuffled = list(acks)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert CLAIM.start(*WAY_OUT, *acks).snapshot.state.status == CLAIM.start(*WAY_OUT, *shuffled).snapshot.state.status


@given(STORIES)
def test_the_state_is_the_fold_of_the_facts(story: list[ClaimMessage]) -> None:
    decided = CLAIM.start(*story)
    assert CLAIM.fold(decided.facts) == decided.snapshot.state


@given(STORIES)
def test_what_is_stored_is_what_was_decided(story: list[ClaimMessage]) -> None:
    decided = CLAIM.start(*story)
    state, codec = decided.snapshot.state, CLAIM.state_codec
    assert codec.validate_python(codec.dump_python(state, mode="json"), strict=False) == state
    for fact in decided.facts:
        dumped = CLAIM.fact_codec.dump_python(fact, mode="json")
        assert CLAIM.fact_codec.validate_python(dumped, strict=False) == fact


@given(STORIES)
def test_facts_and_events_are_numbered_without_gaps(story: list[ClaimMessage]) -> None:
    decided = CLAIM.start(*story)
    assert len({entry.meta.id for entry in decided.entries}) == len(decided.entries)
    assert [entry.number for entry in decided.entries] == list(range(1, len(decided.entries) + 1))
    sequences = [event.meta.sequence for event in decided.events]
    assert all(later == earlier + 1 for earlier, later in pairwise(sequences))


@given(STORIES, st.integers(0, 400))
def test_a_deadline_that_was_answered_is_over(story: list[ClaimMessage], days: int) -> None:
    """The clock may have jumped far: after one Due, the next deadline lies ahead of it."""
    snapshot = CLAIM.start(*story).snapshot
    due_at = CLAIM.due(snapshot.state)
    if due_at is None:
        return
    now: datetime = due_at + timedelta(days=days)
    due = Due(meta=meta("due", when=now), aggregate_id=CLAIM_ID, kind="claim", due_at=due_at)
    after = CLAIM.due(CLAIM.run(snapshot, (due,)).snapshot.state)
    assert after is None or after > now


@given(STORIES)
def test_a_claim_is_in_one_file_at_a_time_and_is_announced_once_per_file(story: list[ClaimMessage]) -> None:
    decided = CLAIM.start(*story)
    batched = [fact.submission_id for fact in decided.facts if fact.type == "claim-batched"]
    sent = [fact.submission_id for fact in decided.facts if fact.type == "claim-transmitted"]
    assert len(batched) == len(set(batched))
    assert len(sent) == len(set(sent))
    assert set(sent) <= set(batched)
    state = decided.snapshot.state
    assert len({ack.ack_id for ack in state.acks}) == len(state.acks)
    assert len({one.sequence for one in state.remittances}) == len(state.remittances)


NEWS = ("coverage.", "authorization.", "eligibility.", "claim.remitted", "claims.record-claim-ack", "claims.receive")
WISHES = ("claims.hold", "claims.release", "claims.correct")


@given(STORIES)
def test_an_old_delivery_that_comes_much_later_decides_nothing(story: list[ClaimMessage]) -> None:
    """A rebalance or a replay brings back what was answered long ago."""
    snapshot = CLAIM.start(*story).snapshot
    old = [message for message in story if message.type.startswith((*NEWS, *WISHES))]
    assert not CLAIM.run(snapshot, old).changed
