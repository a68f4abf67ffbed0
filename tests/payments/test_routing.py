"""From a file to the accounts: control numbers, remittances, providers and files, by example."""

from datetime import date

import pytest

from services.payments.core.control_number import (
    CONTROL_NUMBER,
    ControlNumberMessage,
    ForwardRemittedClaim,
    RouteRemittedClaim,
    RouteRepeatDiffered,
)
from services.payments.core.inbound_file import (
    INBOUND_FILE,
    FileArrived,
    FileUnreadable,
    ReadRemittanceFile,
    TransactionsRead,
)
from services.payments.core.provider import PROVIDER, PostProviderAdjustment, ProviderAdjusted, ProviderRepeatDiffered
from services.payments.core.provider_code import Nets, ProviderAccount
from services.payments.core.remittance import (
    REMITTANCE,
    DistributeRemittance,
    Header,
    ReceiveRemittance,
    RejectRemittance,
    ReleaseRemittance,
    RemittanceDistributed,
    RemittanceMessage,
    remittance_id_of,
)
from services.payments.core.remitted import RemittedClaim
from shared.contracts import ProviderAdjustmentPosted, RemittanceParked, RemittanceReceived
from tests.payments.kit import TODAY, decision, meta, submitted

PAID = decision("rem_1", 6_000, {"CO-45": 2_000, "PR-2": 2_000})


def route(content: RemittedClaim = PAID, name: str = "route") -> RouteRemittedClaim:
    return RouteRemittedClaim(meta=meta(f"{name} {content.model_dump_json()}"), remitted=content)


@pytest.mark.parametrize("order", [(submitted(), route()), (route(), submitted())])
def test_a_remitted_claim_goes_to_its_account_whatever_came_first(order: tuple[ControlNumberMessage, ...]) -> None:
    decided = CONTROL_NUMBER.start(*order)
    assert decided.effects == (ForwardRemittedClaim(account_id="acct_1", claim_id="clm_a", remitted=PAID),)
    assert decided.snapshot.state.held == ()
    assert not CONTROL_NUMBER.run(decided.snapshot, order).changed


def test_an_unknown_control_number_waits_and_is_visible() -> None:
    decided = CONTROL_NUMBER.start(route())
    assert (decided.effects, len(decided.snapshot.state.held)) == ((), 1)
    assert CONTROL_NUMBER.index(decided.snapshot.state)["held"] is True


def test_a_control_number_of_two_claims_is_never_guessed() -> None:
    other = submitted("clm_b").model_copy(update={"patient_control_number": "PCN-clm_a"})
    decided = CONTROL_NUMBER.start(submitted(), other, route())
    assert (decided.effects, len(decided.snapshot.state.held)) == ((), 1)
    assert CONTROL_NUMBER.index(decided.snapshot.state)["ambiguous"] is True


def test_the_same_place_with_other_content_is_not_forwarded() -> None:
    other = route(PAID.model_copy(update={"paid_cents": 1}), "other")
    decided = CONTROL_NUMBER.start(submitted(), route(), other, other)
    assert [type(fact) for fact in decided.facts].count(RouteRepeatDiffered) == 1
    assert len(decided.effects) == 1


def header(content_hash: str = "a", payment_cents: int = 6_000) -> Header:
    return Header(
        payer_id="acme",
        trace_number="T1",
        payment_cents=payment_cents,
        payment_date=TODAY,
        method="ACH",
        handling="I",
        claims=3,
        provider_adjustments=0,
        content_hash=content_hash,
        file_id="file_1",
        transaction=1,
    )


REMITTANCE_ID = remittance_id_of("acme", "T1", TODAY, 6_000)


def receive(content_hash: str = "a", imbalance: str | None = None, *, postable: bool = True) -> ReceiveRemittance:
    return ReceiveRemittance(
        meta=meta(f"receive {content_hash} {imbalance}"),
        remittance_id=REMITTANCE_ID,
        header=header(content_hash),
        imbalance=imbalance,
        postable=postable,
    )


def remittance_after(*messages: RemittanceMessage) -> str:
    return REMITTANCE.start(*messages).snapshot.state.status


def test_a_balanced_remittance_is_announced_and_distributed_in_chunks() -> None:
    taken = REMITTANCE.start(receive())
    assert [type(event) for event in taken.events] == [RemittanceReceived]
    [first] = taken.snapshot.effects.values()
    half = RemittanceDistributed(
        meta=meta("half").model_copy(update={"causation": first.id}), remittance_id=REMITTANCE_ID, upto=2, done=False
    )
    halfway = REMITTANCE.run(taken.snapshot, (half,))
    [second] = halfway.snapshot.effects.values()
    assert isinstance(second.effect, DistributeRemittance)
    assert second.effect.after == 2
    rest = RemittanceDistributed(
        meta=meta("rest").model_copy(update={"causation": second.id}), remittance_id=REMITTANCE_ID, upto=3, done=True
    )
    done = REMITTANCE.run(halfway.snapshot, (rest,))
    assert (done.snapshot.state.status, dict(done.snapshot.effects)) == ("posted", {})


def test_case_33_a_remittance_off_by_twenty_dollars_is_parked_and_nothing_is_posted() -> None:
    parked = REMITTANCE.start(receive(imbalance="transaction: BPR02 is 8000 cents, claims less PLB come to 6000 cents"))
    [event] = parked.events
    assert isinstance(event, RemittanceParked)
    assert "8000 cents" in event.equation
    assert (parked.effects, parked.snapshot.state.status) == ((), "parked")


def test_case_36_the_same_check_in_another_file_is_the_same_remittance() -> None:
    again = receive().model_copy(update={"header": header().model_copy(update={"file_id": "file_2"})})
    assert not REMITTANCE.run(REMITTANCE.start(receive()).snapshot, (again,)).changed
    assert remittance_id_of("acme", "T1", date(2026, 7, 2), 6_000) != REMITTANCE_ID


def test_the_same_check_with_other_content_is_said_once_and_not_posted() -> None:
    before = REMITTANCE.start(receive()).snapshot
    decided = REMITTANCE.run(before, (receive("b"), receive("b")))
    assert [type(event) for event in decided.events] == [RemittanceParked]
    assert decided.effects == ()


def test_a_person_releases_or_rejects_once_with_a_reason() -> None:
    release = ReleaseRemittance(meta=meta("release"), remittance_id=REMITTANCE_ID, reason="payer confirmed the check")
    reject = RejectRemittance(meta=meta("reject"), remittance_id=REMITTANCE_ID, reason="not our check")
    parked = receive(imbalance="claim 1: 100 cents")
    released = REMITTANCE.start(parked, release)
    assert [type(event) for event in released.events] == [RemittanceParked, RemittanceReceived]
    assert len(released.effects) == 1
    assert remittance_after(parked, release, reject) == "posting"
    assert remittance_after(parked, reject, release) == "rejected"
    assert remittance_after(receive(imbalance="CLP04 is absent", postable=False), release) == "parked"


def test_what_was_not_posted_may_be_sent_again_mended() -> None:
    reject = RejectRemittance(meta=meta("reject"), remittance_id=REMITTANCE_ID, reason="not our check")
    parked = receive(imbalance="claim 1: 100 cents")
    assert remittance_after(parked, reject, parked) == "rejected"
    assert remittance_after(parked, reject, receive("mended")) == "posting"
    assert remittance_after(parked, receive("mended"), parked, reject) == "posting"
    assert remittance_after(parked, receive("worse", "claim 2: 5 cents")) == "parked"


def withheld(amount_cents: int = 5_000, line: int = 1) -> PostProviderAdjustment:
    return PostProviderAdjustment(
        meta=meta(f"plb {line} {amount_cents}"),
        provider_id="1234567893",
        remittance_id="rem_1",
        line=line,
        payer_id="acme",
        code="WO",
        reference="ICN-0",
        amount_cents=amount_cents,
        payment_date=TODAY,
        account=ProviderAccount.OVERPAYMENT_RECOVERY,
        nets=Nets.BY_REFERENCE,
    )


def test_case_34_a_recovered_overpayment_goes_to_the_providers_ledger() -> None:
    decided = PROVIDER.start(withheld(), withheld(-1_000, line=2))
    [first, second] = decided.facts
    assert isinstance(first, ProviderAdjusted)
    assert isinstance(second, ProviderAdjusted)
    assert (first.debit.value, first.credit.value, first.cents) == ("overpayment_recovery", "payer_cash", 5_000)
    assert (second.debit.value, second.credit.value, second.cents) == ("payer_cash", "overpayment_recovery", 1_000)
    assert [type(event) for event in decided.events] == [ProviderAdjustmentPosted] * 2
    assert decided.snapshot.state.adjusted_cents == 4_000
    assert decided.snapshot.state == PROVIDER.fold(decided.facts)


def test_a_provider_adjustment_posts_once() -> None:
    before = PROVIDER.start(withheld()).snapshot
    assert not PROVIDER.run(before, (withheld(),)).changed
    differing = PROVIDER.run(before, (withheld(6_000), withheld(6_000)))
    assert [type(fact) for fact in differing.facts] == [ProviderRepeatDiffered]
    assert differing.snapshot.state.adjusted_cents == 5_000


def test_a_file_is_read_in_steps_and_once() -> None:
    arrived = FileArrived(meta=meta("file"), file_id="file_1", name="a.835", size_bytes=10)
    taken = INBOUND_FILE.start(arrived)
    [first] = taken.snapshot.effects.values()
    read = TransactionsRead(
        meta=meta("read").model_copy(update={"causation": first.id}),
        file_id="file_1",
        upto=1,
        claims=2,
        findings=0,
        done=False,
    )
    step = INBOUND_FILE.run(taken.snapshot, (read, arrived))
    [second] = step.snapshot.effects.values()
    assert second.effect == ReadRemittanceFile(file_id="file_1", after=1)
    broken = FileUnreadable(
        meta=meta("broken").model_copy(update={"causation": second.id}),
        file_id="file_1",
        reason="IK502:4",
        position="segment 90, byte 2048",
    )
    state = INBOUND_FILE.run(step.snapshot, (broken,)).snapshot.state
    assert (state.status, state.transactions, state.claims) == ("quarantined", 1, 2)
