"""A claim's life in examples: what it was told, and the events that came of it."""

from datetime import date, timedelta
from typing import Any

import pytest

from services.claims.core import make_claim_decider
from services.claims.core.claim_messages import ClaimMessage
from services.claims.core.content import Provider
from services.claims.policies import claims_policy
from shared.contracts import (
    Adjustment,
    ClaimAccepted,
    ClaimDenied,
    ClaimHeld,
    ClaimPaid,
    ClaimReceived,
    ClaimRejected,
    ClaimRemitted,
    ClaimSubmitted,
    FilingDeadlineNear,
)
from shared.decider import Snapshot
from tests.claims.makers import (
    CLAIM,
    NPI,
    TODAY,
    acknowledge,
    assign,
    content,
    correct,
    coverage,
    due_on,
    hold,
    line,
    receive,
    refuse,
    release,
    remit,
    transmit,
)

SENT: tuple[ClaimMessage, ...] = (receive(), coverage(), assign(), transmit())


class Story:
    """given(messages).when(message).then(events)."""

    def __init__(self, *given: ClaimMessage) -> None:
        self.snapshot = CLAIM.start(*given).snapshot

    def when(self, *messages: ClaimMessage) -> "Story":
        self.decided = CLAIM.run(self.snapshot, messages)
        self.snapshot = self.decided.snapshot
        return self

    def then(self, *types: type, status: str) -> "Story":
        assert [type(event) for event in self.decided.events] == list(types)
        assert self.snapshot.state.status == status
        return self

    def event(self, place: int = 0) -> Any:
        return self.decided.events[place]


def test_a_good_claim_waits_for_its_coverage_and_then_for_a_file() -> None:
    story = Story().when(receive()).then(ClaimReceived, status="waiting_coverage")
    story.when(coverage()).then(status="ready")
    story.when(assign()).then(status="batched")
    story.when(transmit()).then(ClaimSubmitted, status="submitted")
    assert story.event().submission_id == "sub_1"


def test_a_submission_says_what_a_contract_prices_by() -> None:
    elsewhere = line(place_of_service="22", rendering=Provider(npi=NPI, entity_type="1"))
    story = Story(receive(content(lines=(elsewhere,))), coverage(), assign()).when(transmit())
    sent = story.event()
    assert (sent.claim_type, sent.facility_code, sent.drg) == ("P", "11", "")
    assert (sent.lines[0].place_of_service, sent.lines[0].rendering_npi) == ("22", NPI)


def test_what_persons_did_to_a_claim_is_told_when_it_leaves_and_when_it_is_decided() -> None:
    by_itself = Story(receive(), coverage(), assign()).when(transmit())
    assert by_itself.event().touches == 0
    assert by_itself.when(remit()).event().touches == 0
    touched = Story(receive(duplicate_of="clm_9"), release(), release(), coverage(), assign()).when(transmit())
    assert touched.event().touches == 1
    mended = Story(receive(content(charge_cents=1)), correct(), hold(), release("2"), coverage(), assign())
    assert mended.when(transmit()).event().touches == 3


def test_an_unknown_coverage_does_not_hold_the_claim() -> None:
    Story(receive()).when(coverage("unknown")).then(status="ready")


def test_inactive_coverage_holds_until_a_later_answer_or_a_person_says_otherwise() -> None:
    story = Story(receive()).when(coverage("inactive")).then(ClaimHeld, status="held")
    assert story.event().reasons[0].rule == "coverage-inactive"
    Story(receive(), coverage("inactive")).when(coverage("verified", 2)).then(status="ready")
    Story(receive(), coverage("inactive")).when(release()).then(status="ready")


def test_an_authorization_is_needed_only_where_none_is_given() -> None:
    Story(receive()).when(coverage("authorization")).then(ClaimHeld, status="held")
    Story(receive(content(prior_authorization_number="AUTH1"))).when(coverage("authorization")).then(status="ready")


def test_a_claim_that_nobody_could_check_is_held_without_being_announced() -> None:
    story = Story().when(receive(content(lines=()))).then(ClaimHeld, status="held")
    story.when(release()).then(status="held")
    assert story.snapshot.state.holds


def test_a_duplicate_may_be_released_and_still_waits_for_its_coverage() -> None:
    story = Story().when(receive(duplicate_of="clm_9")).then(ClaimReceived, ClaimHeld, status="held")
    story.when(release()).then(status="waiting_coverage")
    story.when(coverage()).then(status="ready")


def test_coverage_that_answers_while_the_claim_is_held_is_remembered() -> None:
    Story(receive(duplicate_of="clm_9"), coverage()).when(release()).then(status="ready")


def test_a_person_holds_a_claim_only_while_it_is_in_the_house() -> None:
    Story(receive(), coverage()).when(hold()).then(ClaimHeld, status="held")
    Story(*SENT).when(hold()).then(status="submitted")


def test_two_files_ask_for_a_claim_and_the_first_gets_it() -> None:
    story = Story(receive(), coverage()).when(assign("sub_1"), assign("sub_2")).then(status="batched")
    assert story.snapshot.state.submission_id == "sub_1"


def test_acceptance_by_clearinghouse_and_payer() -> None:
    story = Story(*SENT).when(acknowledge("A1", "ack_1")).then(ClaimAccepted, status="submitted")
    assert story.event().stage == "clearinghouse"
    story.when(acknowledge("A2", "ack_2")).then(ClaimAccepted, status="accepted")
    assert story.event().stage == "payer"


def test_a_rejection_outweighs_an_acceptance_whatever_their_order() -> None:
    Story(*SENT).when(acknowledge("A2", "a"), acknowledge("A7", "b")).then(
        ClaimAccepted, ClaimRejected, status="rejected"
    )
    Story(*SENT).when(acknowledge("A7", "b"), acknowledge("A2", "a")).then(ClaimRejected, status="rejected")


def test_a_rejection_after_payment_is_kept_and_changes_nothing() -> None:
    story = Story(*SENT, remit()).when(acknowledge("A3")).then(status="paid")
    assert [ack.category for ack in story.snapshot.state.acks] == ["A3"]


def test_a_category_that_does_not_belong_in_a_277ca_is_only_noted() -> None:
    Story(*SENT).when(acknowledge("F2")).then(status="submitted")


def test_acknowledgement_and_remittance_that_come_early_wait_for_the_file() -> None:
    before = (receive(), coverage(), assign())
    story = Story(*before).when(acknowledge("A2"), remit()).then(status="batched")
    story.when(transmit()).then(ClaimSubmitted, ClaimAccepted, ClaimPaid, status="paid")


def test_a_refused_file_rejects_its_claims_and_they_may_be_sent_again() -> None:
    story = Story(*SENT).when(refuse()).then(ClaimRejected, status="rejected")
    assert story.event().stage == "syntax"
    story.when(release()).then(status="ready")
    story.when(assign("sub_1")).then(status="ready")
    story.when(assign("sub_2"), transmit("sub_2")).then(ClaimSubmitted, status="submitted")
    story.when(acknowledge("A7", "late", "sub_1")).then(status="submitted")


def test_a_denial_names_what_denies() -> None:
    adjustments = (
        Adjustment(group="CO", reason="45", amount_cents=20_00),
        Adjustment(group="CO", reason="197", amount_cents=80_00),
        Adjustment(group="PR", reason="1", amount_cents=25_00),
    )
    story = Story(*SENT).when(remit(paid_cents=0, denied_cents=80_00, adjustments=adjustments))
    story.then(ClaimDenied, status="denied")
    assert [(one.group, one.reason) for one in story.event().reasons] == [("CO", "197")]


def test_a_denial_without_adjustments_names_the_claims_status() -> None:
    story = Story(*SENT).when(remit(status="4", paid_cents=0, denied_cents=125_00)).then(ClaimDenied, status="denied")
    assert [(one.group, one.reason) for one in story.event().reasons] == [("CLP02", "4")]


def test_a_reversal_takes_the_decision_back_and_the_correction_decides_again() -> None:
    story = Story(*SENT, remit(1)).when(remit(2, status="22", paid_cents=-100_00)).then(status="accepted")
    story.when(remit(3, paid_cents=0, denied_cents=125_00)).then(ClaimDenied, status="denied")


def test_a_reversal_that_comes_after_its_correction_leaves_the_correction_standing() -> None:
    reversal = remit(3, status="22", paid_cents=-100_00, reverses=1)
    paid = Story(*SENT, remit(1), remit(2, paid_cents=110_00)).when(reversal).then(status="paid")
    assert not paid.decided.events, "what stands was said when it came"
    correction = remit(2, paid_cents=0, denied_cents=125_00)
    Story(*SENT, remit(1), correction).when(reversal).then(status="denied")


def test_a_reversal_of_the_only_decision_takes_it_back() -> None:
    Story(*SENT, remit(1)).when(remit(2, status="22", paid_cents=-100_00, reverses=1)).then(status="accepted")


ORIGINAL, CORRECTION = remit(1), remit(3, paid_cents=0, denied_cents=125_00)
REVERSAL = remit(2, status="22", paid_cents=-100_00, reverses=1)


@pytest.mark.parametrize(
    "order",
    [(ORIGINAL, REVERSAL, CORRECTION), (ORIGINAL, CORRECTION, REVERSAL), (CORRECTION, ORIGINAL, REVERSAL)],
)
@pytest.mark.parametrize("known_before_sent", [False, True])
def test_a_claim_ends_the_same_wherever_its_correction_comes(
    order: tuple[ClaimRemitted, ...], known_before_sent: bool
) -> None:
    """The ledger posts a reversal after what it reverses; the correction may come before, between or after."""
    told = [replaced(one, n) for n, one in enumerate(order, 1)]
    *before, sent = SENT
    life = (*before, *told, sent) if known_before_sent else (*SENT, *told)
    state = make_claim_decider(claims_policy()).start(*life).snapshot.state
    assert state.status == "denied"
    assert state.deadlines, "the correction can be appealed as if it had come last"


def replaced(message: ClaimRemitted, sequence: int) -> ClaimRemitted:
    """The same decision, said as the `sequence`-th."""
    return message.model_copy(update={"meta": message.meta.model_copy(update={"sequence": sequence})})


def test_a_predetermination_decides_nothing() -> None:
    Story(*SENT).when(remit(status="25", paid_cents=0)).then(status="submitted")


def test_the_same_id_with_other_content_is_a_contradiction_and_the_first_stands() -> None:
    story = Story(receive()).when(receive(content(charge_cents=1), fingerprint="fp_2")).then(status="waiting_coverage")
    assert story.snapshot.state.contradictions == ("fp_2",)
    assert not story.when(receive(content(charge_cents=1), fingerprint="fp_2")).decided.facts


def test_the_filing_limit_is_called_out_until_a_payer_has_the_claim() -> None:
    service_day = date(2026, 6, 20)
    deadline = service_day + timedelta(days=90)
    story = Story(receive())
    assert CLAIM.due(story.snapshot.state) is not None
    story.when(due_on(deadline - timedelta(days=30))).then(FilingDeadlineNear, status="waiting_coverage")
    assert story.event().days_left == 30
    story.when(due_on(deadline + timedelta(days=10))).then(FilingDeadlineNear, status="waiting_coverage")
    assert story.event().days_left == 0
    assert CLAIM.due(story.snapshot.state) is None
    assert CLAIM.due(Story(*SENT, acknowledge("A2")).snapshot.state) is None


def test_a_rejected_claim_was_never_received_so_its_limit_runs_on() -> None:
    assert CLAIM.due(Story(*SENT, acknowledge("A7")).snapshot.state) is not None


def test_a_mended_claim_is_scrubbed_anew_and_announced_if_it_never_was() -> None:
    story = Story(receive(content(lines=()))).when(correct()).then(ClaimReceived, status="waiting_coverage")
    story.when(coverage()).then(status="ready")
    story = Story(receive(content(charge_cents=1))).when(correct()).then(status="waiting_coverage")
    story = Story(receive(), coverage()).when(correct(content(charge_cents=1))).then(ClaimHeld, status="held")
    assert [hold.rule for hold in story.snapshot.state.holds] == ["charge-sum"]


def test_a_mended_claim_keeps_its_coverage_answer_unless_the_coverage_is_another() -> None:
    Story(receive(duplicate_of="clm_9"), coverage()).when(correct()).then(status="ready")
    other = Story(receive(), coverage("inactive")).when(correct(coverage_id="cov_2"))
    other.then(ClaimReceived, status="waiting_coverage")
    other.when(coverage("verified", 2)).then(status="waiting_coverage")
    back = other.when(correct(name="2")).then(status="ready")
    assert back.snapshot.state.coverage == "verified"


def test_a_rejected_claim_is_mended_and_goes_out_again() -> None:
    story = Story(*SENT, acknowledge("A7")).when(correct()).then(status="ready")
    story.when(assign("sub_2"), transmit("sub_2")).then(ClaimSubmitted, status="submitted")
    Story(*SENT).when(correct()).then(status="submitted")


def test_lines_are_announced_as_they_were_sent() -> None:
    two = content(charge_cents=250_00, lines=(line(), line(number="2", line_control_number="2")))
    story = Story(receive(two), coverage(), assign()).when(transmit())
    assert [one.line_control_number for one in story.event().lines] == ["1", "2"]
    assert CLAIM.fold(CLAIM.run(Snapshot(CLAIM.initial), (receive(two),)).facts).received_on == TODAY
