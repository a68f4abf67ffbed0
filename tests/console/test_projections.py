"""What holds for every view: repeats and the order in which services are heard leave no trace."""

import random
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.console.core import ACCOUNT_VIEW, CLAIM_VIEW, REMITTANCE_VIEW, TAIL
from services.console.handlers import DECIDERS, OF_NO_VIEW, routes
from shared.contracts import Event
from shared.decider import Decider, Snapshot
from shared.shell import group
from shared.store.port import Key
from tests.console.story import Story, whole_story

AnyDecider = Decider[Any, Any, Any]
KINDS = pytest.mark.parametrize("decider", DECIDERS, ids=lambda d: d.kind)


def meant_for(decider: AnyDecider, events: Iterable[Event]) -> list[Any]:
    """The events that the routes give to a decider."""
    table = routes()
    return [e for e in events if any(r.decider is decider for r in table[e.model_dump()["type"]])]


def views(decider: AnyDecider, events: Iterable[Event]) -> dict[Key, Any]:
    """Every view that a run of events makes."""
    grouped = group(decider, meant_for(decider, events))
    return {key: decider.start(*messages).snapshot.state for key, messages in grouped.items()}


def by_subject(events: Iterable[Event]) -> dict[str, list[Event]]:
    subjects: dict[str, list[Event]] = {}
    for event in events:
        subjects.setdefault(event.meta.subject, []).append(event)
    return subjects


@st.composite
def arrivals(draw: st.DrawFn) -> list[Event]:
    """The story as topics may deliver it: each subject in order with runs of it again, subjects interleaved freely."""
    queues: list[list[Event]] = [redelivered(draw, events) for events in by_subject(whole_story().events).values()]
    chance = random.Random(draw(st.integers(0, 2**32)))
    arrived: list[Event] = []
    while queues:
        queue = chance.randrange(len(queues))
        arrived.append(queues[queue].pop(0))
        if not queues[queue]:
            del queues[queue]
    return arrived


def redelivered(draw: st.DrawFn, events: list[Event]) -> list[Event]:
    """A consumer that lost its place starts again from an earlier one."""
    lost_at, back_to = draw(st.integers(0, len(events))), draw(st.integers(0, len(events)))
    return [*events[:lost_at], *events[min(back_to, lost_at) : lost_at], *events[lost_at:]]


@KINDS
@given(arrived=arrivals())
def test_repeats_and_the_order_of_services_leave_no_trace(decider: AnyDecider, arrived: list[Event]) -> None:
    assert views(decider, arrived) == views(decider, whole_story().events)


@KINDS
@given(arrived=arrivals(), cuts=st.lists(st.integers(0, 150), max_size=8))
def test_batching_is_invisible(decider: AnyDecider, arrived: list[Event], cuts: list[int]) -> None:
    messages = meant_for(decider, arrived)
    snapshots: dict[Key, Snapshot[Any]] = {}
    edges = sorted({0, len(messages), *(min(cut, len(messages)) for cut in cuts)})
    for start, end in pairwise(edges):
        for key, batch in group(decider, messages[start:end]).items():
            snapshots[key] = decider.run(snapshots.get(key, Snapshot(decider.initial)), batch).snapshot
    assert {key: s.state for key, s in snapshots.items()} == views(decider, messages)


@KINDS
def test_a_redelivered_story_decides_nothing(decider: AnyDecider) -> None:
    for messages in group(decider, meant_for(decider, whole_story().events)).values():
        first = decider.start(*messages)
        again = decider.run(first.snapshot, messages)
        assert not again.changed
        assert again.snapshot == first.snapshot


@KINDS
@given(arrived=arrivals())
def test_the_view_is_the_fold_of_its_facts_and_says_nothing(decider: AnyDecider, arrived: list[Event]) -> None:
    ids: list[Any] = []
    for messages in group(decider, meant_for(decider, arrived)).values():
        decided = decider.start(*messages)
        ids += [entry.meta.id for entry in decided.entries]
        assert decider.fold(decided.facts) == decided.snapshot.state
        assert decided.events == ()
        assert decided.effects == ()
    assert len(ids) == len(set(ids))


@KINDS
def test_a_view_is_read_back_as_it_was_written(decider: AnyDecider) -> None:
    for state in views(decider, whole_story().events).values():
        written = decider.state_codec.dump_python(state, mode="json")
        assert decider.state_codec.validate_python(written, strict=False) == state


def test_every_public_event_reaches_the_tail_and_a_view() -> None:
    table = routes()
    assert all(any(r.decider is TAIL for r in found) for found in table.values())
    of_views = {type_ for type_, found in table.items() if any(r.decider is not TAIL for r in found)}
    assert of_views == set(table) - {one.model_fields["type"].default for one in OF_NO_VIEW}


@given(seed=st.integers(0, 2**32))
def test_the_tail_keeps_the_newest_in_whatever_order_they_come(seed: int) -> None:
    story = Story()
    for n in range(400):
        story.claim(n % 3).received()
    shuffled = story.events * 2
    random.Random(seed).shuffle(shuffled)
    assert views(TAIL, shuffled) == views(TAIL, story.events)


def test_long_timelines_keep_the_newest_and_say_what_they_let_go() -> None:
    story = Story()
    for n in range(450):
        story.account(1).owes(n)
    (view,) = views(ACCOUNT_VIEW, story.events).values()
    assert (len(view.moments), view.moments_dropped, view.moments[-1].cents) == (300, 150, 449)


def test_a_claim_is_folded_from_all_services() -> None:
    story = Story()
    story.claim(1, 300_00).received().verified().submitted().accepted().posted(210_00, 40_00).paid(210_00, 50_00)
    story.claim(1, 300_00).reversed(210_00)
    (view,) = views(CLAIM_VIEW, story.events).values()
    assert view.reached == ("received", "submitted", "accepted", "paid")
    assert (view.charge_cents, view.paid_cents, view.adjusted_cents, view.patient_cents) == (300_00, 0, 40_00, 50_00)
    assert (view.coverage, view.remittance_id) == ("verified", "rem_0001")
    assert [m.service for m in view.moments] == [e.meta.source for e in story.events]


def test_the_end_of_a_denial_clears_its_reasons() -> None:
    story = Story()
    story.claim(1).received().denied(100_00)
    (denied,) = views(CLAIM_VIEW, story.events).values()
    assert (denied.status, denied.denied_cents, denied.reasons) == (
        "denied",
        100_00,
        ("CO-197 (authorization missing)",),
    )
    story.claim(1).paid()
    (paid,) = views(CLAIM_VIEW, story.events).values()
    assert (paid.status, paid.denied_cents, paid.reasons) == ("paid", 0, ())


def test_a_parked_remittance_that_is_posted_later_waits_no_more() -> None:
    story = Story()
    story.remittance(1, parked=True)
    story.remittance(1)
    (view,) = views(REMITTANCE_VIEW, story.events).values()
    assert (view.status, view.equation) == ("received", "")
