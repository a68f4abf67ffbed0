"""What holds of authorizations whatever happens in whatever order."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.eligibility.core.authorization_messages import (
    AuthorizationMessage,
    ReviewAnswered,
    ReviewOutcome,
    ReviewPutOff,
    SendReview,
)
from services.eligibility.core.check_messages import Rejection
from shared.contracts import AuthorizationDecided, AuthorizationGranted, AuthorizationRequired
from shared.decider import Due, Pending, Snapshot
from tests.eligibility.test_authorization import (
    CERTIFIED,
    REVIEW,
    due,
    events,
    request,
    required,
    submitted,
)
from tests.eligibility.test_check import AT, meta

OUTCOMES = st.sampled_from(
    [
        CERTIFIED,
        CERTIFIED.model_copy(update={"status": "modified", "action": "A6", "units": Decimal(3)}),
        ReviewOutcome(status="pended", action="A4"),
        ReviewOutcome(status="denied", action="A3"),
        ReviewOutcome(status="not_required", action="NA"),
        ReviewOutcome(status="unavailable"),
        ReviewOutcome(status="rejected", rejections=(Rejection(code="72"),)),
    ]
)
STEPS = st.lists(
    st.one_of(
        OUTCOMES,
        st.sampled_from(["c1", "c2", "c3"]),
        st.sampled_from(["auth_1", "auth_2"]),
        st.tuples(st.sampled_from(["c1", "c2"]), st.sampled_from(["1", "5"])),
        st.integers(1, 90),
        st.none(),
    ),
    max_size=25,
)


def play(steps: list[Any]) -> list[AuthorizationMessage]:
    """Messages in the order of time: an outcome answers the oldest open effect, if there is one; None puts it off."""
    snapshot, messages, when = Snapshot(REVIEW.initial), list[AuthorizationMessage](), AT
    for n, step in enumerate(steps):
        message: AuthorizationMessage
        if isinstance(step, ReviewOutcome):
            if not snapshot.effects:
                continue
            effect_id, pending = next(iter(snapshot.effects.items()))
            effect = pending.effect
            assert isinstance(effect, SendReview)
            message = ReviewAnswered(
                meta=meta(f"a/{n}/{effect_id}", effect_id, when),
                account_id="acct_1",
                request_id=effect.request_id,
                ask=effect.ask,
                attempt=effect.attempt,
                outcome=step,
            )
        elif step is None:
            if not snapshot.effects:
                continue
            message = put_off(n, *next(iter(snapshot.effects.items())), when)
        elif isinstance(step, int):
            when += timedelta(days=step)
            message = due(when)
        elif isinstance(step, tuple):
            claim, units = cast("tuple[str, str]", step)
            message = submitted(claim, units, sequence=n + 10)
        elif step.startswith("auth"):
            message = request(step)
        else:
            message = required(step, sequence=n + 1)
        messages.append(message)
        snapshot = REVIEW.run(snapshot, [message]).snapshot
    return messages


def put_off(n: int, effect_id: UUID, pending: Pending, when: datetime) -> AuthorizationMessage:
    effect = pending.effect
    assert isinstance(effect, SendReview)
    return ReviewPutOff(
        meta=meta(f"p/{n}/{effect_id}", effect_id, when),
        account_id="acct_1",
        request_id=effect.request_id,
        ask=effect.ask,
        attempt=effect.attempt,
        times=effect.put_off + 1,
    )


@given(STEPS, st.data())
def test_batching_is_invisible_redelivery_decides_nothing_and_state_is_the_fold(
    steps: list[Any], data: st.DataObject
) -> None:
    messages = play(["auth_0", *steps])
    whole = REVIEW.start(*messages)
    cut = data.draw(st.integers(0, len(messages)))
    head = REVIEW.start(*messages[:cut])
    tail = REVIEW.run(head.snapshot, messages[cut:])
    assert (tail.snapshot, head.entries + tail.entries) == (whole.snapshot, whole.entries)
    again = REVIEW.run(whole.snapshot, [one for one in messages if not isinstance(one, Due)])
    assert not again.changed
    assert REVIEW.fold(whole.facts) == whole.snapshot.state


@given(STEPS)
def test_no_claim_goes_on_without_a_grant_and_none_is_lost(steps: list[Any]) -> None:
    messages = play(steps)
    decided = REVIEW.start(*messages)
    state = decided.snapshot.state
    granted = {one.claim_id for one in events(decided, AuthorizationGranted)}
    kept = {one.claim_id for review in state.reviews for one in (*review.waiting, *review.granted)}
    needing = {one.claim_id for one in messages if isinstance(one, AuthorizationRequired)}
    assert needing <= kept | {one.claim_id for one in state.needs}
    certified = [one for one in events(decided, AuthorizationDecided) if one.status in ("certified", "modified")]
    free = [one for one in events(decided, AuthorizationDecided) if one.status == "not_required"]
    assert not granted or certified or free
    for review in state.reviews:
        assert review.left is None or review.left >= 0
