"""What holds for every history of batches, searches and re-checks."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.eligibility.core.batch import BatchFetched, BatchPosted, OpenBatch, SendBatch, batch_decider
from services.eligibility.core.directory import OPEN_DIRECTORY
from services.eligibility.core.discovery import DISCOVERY, Found, Searched
from services.eligibility.core.recheck import Rechecked, recheck_decider
from shared.contracts import EligibilityBatchClosed
from shared.decider import Decided, Decider, Snapshot
from tests.eligibility.test_check import AT, meta
from tests.eligibility.test_followups import denied, overdue

COUNT = 6
BATCH = batch_decider(OPEN_DIRECTORY)
RECHECK = recheck_decider(frozenset({"CO-22"}))


def play(decider: Decider[Any, Any, Any], steps: list[Any]) -> tuple[list[Any], Decided[Any, Any]]:
    """A history: a step is a message, or makes the answer to the one open effect, if there is one."""
    snapshot, messages = Snapshot(decider.initial), list[Any]()
    for n, step in enumerate(steps):
        message = step
        if callable(step):
            if not snapshot.effects:
                continue
            [(effect_id, pending)] = snapshot.effects.items()
            message = step(effect_id, pending.next_attempt_at + timedelta(minutes=n), pending.effect)
        messages.append(message)
        snapshot = decider.run(snapshot, [message]).snapshot
    return messages, decider.start(*messages)


def holds(decider: Decider[Any, Any, Any], messages: list[Any], whole: Decided[Any, Any], cut: int) -> None:
    head = decider.start(*messages[:cut])
    tail = decider.run(head.snapshot, messages[cut:])
    assert (tail.snapshot, head.entries + tail.entries) == (whole.snapshot, whole.entries), "batching is invisible"
    assert not decider.run(whole.snapshot, messages).changed, "redelivery decides nothing"
    assert decider.fold(whole.facts) == whole.snapshot.state, "state is the fold of the facts"


def taken(receipt: str | None, answered: int | None) -> Any:
    """What the clearinghouse says, to a file or to the question for its answers."""

    def make(effect_id: UUID, at: datetime, effect: Any) -> Any:
        own = meta(f"said/{effect_id}", effect_id, at)
        if isinstance(effect, SendBatch):
            return BatchPosted(meta=own, batch_id="eb_1", receipt=receipt)
        return BatchFetched(meta=own, batch_id="eb_1", answered=None if answered is None else f"{answered:x}")

    return make


OPEN = OpenBatch(meta=meta("open"), batch_id="eb_1", payer_id="P1", inquiries=COUNT, until=AT + timedelta(hours=24))
TAKEN = st.builds(taken, st.sampled_from([None, "r1", "r2"]), st.none() | st.integers(0, 2**COUNT - 1))


@given(st.lists(TAKEN, max_size=30), st.data())
def test_a_batch_ends_once_and_asks_only_for_what_is_open(said: list[Any], data: st.DataObject) -> None:
    messages, whole = play(BATCH, [OPEN, *said])
    holds(BATCH, messages, whole, data.draw(st.integers(0, len(messages))))
    state = whole.snapshot.state
    assert len(whole.snapshot.effects) <= 1
    assert sum(isinstance(one, EligibilityBatchClosed) for one in whole.events) == (state.status == "closed")
    assert (state.status == "closed") == (not whole.snapshot.effects)
    for pending in whole.snapshot.effects.values():
        if isinstance(pending.effect, SendBatch):
            assert int(pending.effect.positions, 16) == int(state.open, 16)


def searched(found: tuple[Found, ...]) -> Any:
    def make(effect_id: UUID, at: datetime, _: Any) -> Any:
        return Searched(meta=meta(f"searched/{effect_id}", effect_id, at), account_id="acct_1", found=found)

    return make


FOUND = Found(payer_id="P1", coverage_id="cov_9", service_date=date(2026, 6, 15), sealed_subscriber="sealed:AA")
SEARCHES = st.lists(
    st.one_of(st.dates(date(2026, 1, 1), date(2026, 3, 1)).map(overdue), st.sampled_from([(), (FOUND,)]).map(searched)),
    max_size=8,
)


@given(SEARCHES, st.data())
def test_a_search_finds_each_coverage_once(steps: list[Any], data: st.DataObject) -> None:
    ordered = sorted(steps, key=lambda one: one.due_on if not callable(one) else date.min)
    kept: list[Any] = []
    for step in ordered:
        if not callable(step) and kept and not callable(kept[-1]):
            kept.append(searched(()))  # a search ends before the next balance is overdue
        kept.append(step)
    messages, whole = play(DISCOVERY, kept)
    holds(DISCOVERY, messages, whole, data.draw(st.integers(0, len(messages))))
    assert len(whole.events) <= 1


def rechecked(effect_id: UUID, at: datetime, _: Any) -> Any:
    return Rechecked(meta=meta(f"rechecked/{effect_id}", effect_id, at), claim_id="c1", check_id="k1")


@given(st.lists(st.sampled_from(["rem_1", "rem_2", "rem_3"]), max_size=8), st.data())
def test_a_denial_is_followed_up_once_for_each_remittance(remittances: list[str], data: st.DataObject) -> None:
    steps: list[Any] = []
    for one in remittances:
        steps += [denied("c1", ("CO", "22"), remittance=one), rechecked]
    messages, whole = play(RECHECK, steps)
    holds(RECHECK, messages, whole, data.draw(st.integers(0, len(messages))))
    assert len(whole.started) == 0
    assert set(whole.snapshot.state.remittances) == set(remittances)
