"""When a claim has ended, as its events tell."""

import pytest

from bench.flow.life import Lives, measure
from revcycle.demo.tally import Heard


def heard(type_: str, claim: str) -> Heard:
    return Heard(type_, "lakeside", "2026-07-01T00:00:00Z", {"claim_id": claim})


def test_claims_have_ended_when_each_that_went_in_has() -> None:
    lives = Lives()
    for event in (heard("claim.received.v1", "c1"), heard("claim.submitted.v1", "c1"), heard("claim.paid.v1", "c1")):
        assert not lives.ended(1)
        lives.hear(event)
    assert lives.ended(1)
    assert not lives.ended(2), "the second was not even received"
    lives.hear(heard("claim.received.v1", "c2"))
    lives.hear(heard("claim.held.v1", "c2"))
    assert lives.ended(2)


def test_a_claim_that_goes_on_after_it_was_held_has_not_ended() -> None:
    lives = Lives()
    for type_ in ("claim.received.v1", "claim.held.v1", "claim.submitted.v1"):
        lives.hear(heard(type_, "c1"))
    assert not lives.ended(1)
    lives.hear(heard("claim.denied.v1", "c1"))
    assert lives.ends == {"c1": "denied"}


@pytest.mark.slow
@pytest.mark.stack
@pytest.mark.timeout(300)
def test_a_few_whole_claims_end() -> None:
    found = measure("local", 6, 1)
    assert sum(found["ends"].values()) == 6
    assert "open" not in found["ends"]
    assert {"store", "broker", "sandbox", "claims", "payments"} <= found["processes"].keys()
