"""What the demo counts."""

from revcycle.demo.tally import Heard, Tally


def test_a_claim_that_is_announced_again_was_received_once() -> None:
    tally = Tally()
    body = {"claim_id": "clm_1", "charge_cents": 125_00}
    for event_id, tenant, claim_id in (
        ("1", "a", "clm_1"),
        ("1", "a", "clm_1"),
        ("2", "a", "clm_1"),
        ("3", "b", "clm_1"),
    ):
        tally.hear(event_id, Heard("claim.received.v1", tenant, "2026-07-01", {**body, "claim_id": claim_id}))
    assert (tally.counts["Claims received"], tally.cents["Claims received"]) == (2, 250_00)
    assert (tally.events["claim.received.v1"], tally.repeats) == (3, 1)
