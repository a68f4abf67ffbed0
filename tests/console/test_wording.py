"""Every event has a sentence, and no sentence holds what is sealed."""

import pytest

from services.console.core import dollars, in_causal_order
from services.console.core.moments import moment_of
from services.console.core.wording import words
from shared.contracts import TYPES, ClaimReceived, Event
from tests.console.story import Story
from tests.contracts.examples import EXAMPLES, SEALED


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda e: type(e).__name__)
def test_every_event_is_said_in_our_words(event: Event) -> None:
    text = words(event).text
    assert text
    assert text not in TYPES
    assert "sealed" not in text


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda e: type(e).__name__)
def test_a_moment_holds_nothing_sealed(event: Event) -> None:
    assert SEALED not in moment_of(event).model_dump_json()


@pytest.mark.parametrize(
    ("cents", "text"), [(0, "$0.00"), (5, "$0.05"), (123_456, "$1,234.56"), (-7_05, "−$7.05"), (-3, "−$0.03")]
)
def test_dollars(cents: int, text: str) -> None:
    assert dollars(cents) == text


def test_what_was_caused_stands_after_its_cause_at_the_same_time() -> None:
    story = Story()
    story.claim(1).received().verified().submitted()
    received, verified, submitted = (moment_of(e) for e in story.events)
    chain = [
        received,
        verified.model_copy(update={"at": received.at, "causation": received.event_id}),
        submitted.model_copy(update={"at": received.at, "causation": verified.event_id}),
    ]
    assert [m.type for m in in_causal_order(reversed(chain))] == [m.type for m in chain]
    assert chain[0].type == ClaimReceived.model_fields["type"].default
