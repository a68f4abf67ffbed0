"""What must hold for the way from a file to the accounts, in whatever order and however often messages come."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.payments.core.control_number import CONTROL_NUMBER, ForwardRemittedClaim, RouteRemittedClaim
from services.payments.core.inbound_file import INBOUND_FILE, FileArrived, ReadRemittanceFile, TransactionsRead
from services.payments.core.provider import PROVIDER, PostProviderAdjustment
from services.payments.core.remittance import REMITTANCE, RejectRemittance, ReleaseRemittance
from shared.decider import Decider
from tests.payments.kit import PROPERTY, TODAY, decision, meta, submitted
from tests.payments.test_routing import REMITTANCE_ID, receive


def holds_for(decider: Decider[Any, Any, Any], delivered: list[Any], cut: int) -> None:
    """Batching is invisible, redelivery decides nothing, the state is the fold of its facts and survives its codec."""
    whole = decider.start(*delivered)
    head = decider.start(*delivered[:cut])
    tail = decider.run(head.snapshot, delivered[cut:])
    assert (whole.snapshot, whole.entries) == (tail.snapshot, head.entries + tail.entries)
    assert not decider.run(whole.snapshot, delivered).changed
    assert decider.fold(whole.facts) == whole.snapshot.state
    assert len({entry.meta.id for entry in whole.entries}) == len(whole.entries)
    dumped = decider.state_codec.dump_python(whole.snapshot.state, mode="json")
    assert decider.state_codec.validate_python(dumped, strict=False) == whole.snapshot.state


def routed(place: int, paid_cents: int) -> RouteRemittedClaim:
    content = decision("rem_1", paid_cents, {"CO-45": 10_000 - paid_cents}, position=place)
    return RouteRemittedClaim(meta=meta(f"route {place} {paid_cents}"), remitted=content)


ROUTES = st.builds(routed, st.integers(1, 4), st.sampled_from((0, 5_000)))
SUBMISSIONS = st.builds(submitted, st.just("clm_a"), sequence=st.integers(1, 2))


@PROPERTY
@given(st.lists(ROUTES | SUBMISSIONS, max_size=10), st.integers(0, 10))
def test_control_numbers(delivered: list[Any], cut: int) -> None:
    holds_for(CONTROL_NUMBER, delivered, cut)


@PROPERTY
@given(st.lists(st.builds(routed, st.integers(1, 6), st.just(5_000)), max_size=6), st.data())
def test_every_place_is_forwarded_once_whatever_came_first(routes: list[Any], data: st.DataObject) -> None:
    delivered = data.draw(st.permutations([submitted(), *routes, *routes]))
    forwarded = CONTROL_NUMBER.start(*delivered).effects
    places = [one.remitted.position for one in forwarded if isinstance(one, ForwardRemittedClaim)]
    assert sorted(places) == sorted({route.remitted.position for route in routes})


def adjusted(line: int, cents: int) -> PostProviderAdjustment:
    return PostProviderAdjustment(
        meta=meta(f"plb {line} {cents}"),
        provider_id="1234567893",
        remittance_id="rem_1",
        line=line,
        payer_id="acme",
        code="WO" if cents > 0 else "L6",
        amount_cents=cents,
        payment_date=TODAY,
    )


@PROPERTY
@given(
    st.lists(st.builds(adjusted, st.integers(1, 5), st.sampled_from((-500, 0, 700))), max_size=10), st.integers(0, 10)
)
def test_providers(delivered: list[Any], cut: int) -> None:
    holds_for(PROVIDER, delivered, cut)
    first = {one.line: one.amount_cents for one in reversed(delivered)}
    assert PROVIDER.start(*delivered).snapshot.state.adjusted_cents == sum(first.values())


RECEIPTS = st.builds(receive, st.sampled_from("abc"), st.none() | st.just("claim 1: 100 cents"), postable=st.booleans())
PERSONS = st.sampled_from(
    (
        ReleaseRemittance(meta=meta("release"), remittance_id=REMITTANCE_ID, reason="confirmed"),
        RejectRemittance(meta=meta("reject"), remittance_id=REMITTANCE_ID, reason="not ours"),
    )
)


@PROPERTY
@given(st.lists(RECEIPTS, max_size=8), st.integers(0, 8))
def test_remittances(delivered: list[Any], cut: int) -> None:
    holds_for(REMITTANCE, delivered, cut)


@PROPERTY
@given(st.lists(RECEIPTS | PERSONS, max_size=12))
def test_a_remittance_is_distributed_once(delivered: list[Any]) -> None:
    decided = REMITTANCE.start(*delivered)
    assert len(decided.effects) == (decided.snapshot.state.status in {"posting", "posted"})


@PROPERTY
@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 5)), min_size=1, max_size=6))
def test_a_file_is_read_to_its_end(steps: list[tuple[int, int]]) -> None:
    arrived = FileArrived(meta=meta("file"), file_id="file_1", name="a.835", size_bytes=10)
    snapshot, upto = INBOUND_FILE.start(arrived, arrived).snapshot, 0
    for n, (transactions, claims) in enumerate(steps):
        [pending] = snapshot.effects.values()
        assert pending.effect == ReadRemittanceFile(file_id="file_1", after=upto)
        upto += transactions
        answer = TransactionsRead(
            meta=meta(f"read {n}").model_copy(update={"causation": pending.id}),
            file_id="file_1",
            upto=upto,
            claims=claims,
            findings=0,
            done=n == len(steps) - 1,
        )
        snapshot = INBOUND_FILE.run(snapshot, (answer, arrived, answer)).snapshot
    state = snapshot.state
    assert (state.status, state.transactions, state.claims) == ("read", upto, sum(claims for _, claims in steps))
    assert not snapshot.effects
