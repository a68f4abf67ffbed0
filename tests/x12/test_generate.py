"""Generated files: sound unless told otherwise, wrong exactly where told, equal for equal orders, of any size."""

import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revcycle.x12.check import check
from shared.x12.ack999 import Ack999, Verdict, write_999
from shared.x12.acknowledge import acknowledge
from shared.x12.acks import ClaimAck277CA, ClaimVerdict, read_277ca, read_999
from shared.x12.claim837 import Claim837, read_837
from shared.x12.claim837_views import Guide
from shared.x12.defects import DEFECTS, defects_of
from shared.x12.eligibility import Answer271, Inquiry270, read_270, read_271
from shared.x12.envelope import Transaction, identify, read_transactions
from shared.x12.era835 import Remittance835, read_835
from shared.x12.era835_balance import Outcome, balance
from shared.x12.findings import X12Error
from shared.x12.generate import CLAIMS_PER_SET, FIRST_START, KINDS, Order, generate
from shared.x12.review278 import Review278, read_278
from shared.x12.status import StatusInquiry276, StatusResponse277, read_276, read_277
from shared.x12.totals import totals
from tests.x12.judge import judged_by_pyx12
from tests.x12.support import chunks, corpus_files

READERS: dict[str, tuple[Callable[[Iterable[bytes]], Iterator[object]], type]] = {
    "837P": (read_837, Claim837),
    "837I": (read_837, Claim837),
    "837D": (read_837, Claim837),
    "835": (read_835, Remittance835),
    "270": (read_270, Inquiry270),
    "271": (read_271, Answer271),
    "276": (read_276, StatusInquiry276),
    "277": (read_277, StatusResponse277),
    "277CA": (read_277ca, ClaimAck277CA),
    "278": (read_278, Review278),
    "999": (read_999, Ack999),
}
BROKEN = [(kind, name) for kind in KINDS for name in defects_of(kind)]
# What a defect brings with it: an absent amount makes sums unknown, a lost level number its children orphans.
FOLLOWS = {
    "no-lines": {"SNIP3:line-sum", "IK304:3"},
    "absent-payment": {"SNIP3:claim-not-evaluable", "SNIP3:payment-not-evaluable"},
    "hl-number": {"SNIP4:hl-parent"},
}


def made(order: Order) -> bytes:
    return b"".join(generate(order))


def codes(data: bytes) -> Counter[str]:
    return check(lambda: iter([data])).codes


def claims_of(data: bytes) -> list[Claim837]:
    return [one for one in read_837([data]) if isinstance(one, Claim837)]


@pytest.mark.parametrize("claims", [1, CLAIMS_PER_SET, CLAIMS_PER_SET + 1])
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_sound_and_of_the_kind_and_size_ordered(kind: str, claims: int) -> None:
    data = made(Order(kind, claims))

    assert identify(data) == kind
    assert codes(data) == {}
    assert how_many(kind, data) == claims


def how_many(kind: str, data: bytes) -> int:
    reader, view = READERS[kind]
    found = [one for one in reader([data]) if isinstance(one, view)]
    return sum(how_many_in(one) for one in found)


def how_many_in(one: object) -> int:
    match one:
        case Remittance835():
            return len(one.claims)
        case Ack999():
            return len(one.transactions)
        case _:
            return 1


@pytest.mark.parametrize(("kind", "name"), BROKEN)
def test_a_wanted_defect_is_found_under_its_code_and_nothing_else_is(kind: str, name: str) -> None:
    found = codes(made(Order(kind, 12, defects=frozenset({name}), every=5)))

    assert found[DEFECTS[name].code] >= 1
    assert found.keys() <= {DEFECTS[name].code} | FOLLOWS.get(name, set())


def test_one_claim_in_so_many_has_the_defect() -> None:
    found = codes(made(Order("837P", 100, defects=frozenset({"line-sum"}), every=20)))

    assert found == {"SNIP3:line-sum": 5}


@pytest.mark.parametrize("kind", KINDS)
def test_all_defects_of_a_kind_at_once(kind: str) -> None:
    found = codes(made(Order(kind, 30, defects=frozenset(defects_of(kind)))))

    assert len(found) >= 8


@given(st.sampled_from(KINDS), st.integers(0, 10**12), st.integers(1, 30), st.dates(FIRST_START, date(2049, 1, 1)))
def test_any_seed_and_start_give_a_sound_file(kind: str, seed: int, claims: int, start: date) -> None:
    assert codes(made(Order(kind, claims, seed=seed, start=start))) == {}


def test_equal_orders_give_equal_files_and_another_seed_another() -> None:
    order = Order("837P", 20)

    assert made(order) == made(order)
    assert made(replace(order, seed=1)) != made(order)


def test_the_answers_speak_of_the_claims() -> None:
    claims = {one.patient_control_number: one for one in claims_of(made(Order("837I", 150)))}
    paid = [
        one
        for remittance in read_835([made(Order("835", 150, guide="837I"))])
        if isinstance(remittance, Remittance835)
        for one in remittance.claims
    ]
    acks = [one for one in read_277ca([made(Order("277CA", 150, guide="837I"))]) if isinstance(one, ClaimAck277CA)]

    assert {one.patient_control_number: abs(one.charge_cents or 0) for one in paid} == {
        number: claim.charge_cents for number, claim in claims.items()
    }
    assert {one.patient_control_number: one.charge_cents for one in acks} == {
        number: claim.charge_cents for number, claim in claims.items()
    }
    assert {one.verdict for one in acks} == {ClaimVerdict.ACCEPTED, ClaimVerdict.REJECTED}


def test_remittances_balance_and_have_reversals_denials_and_provider_adjustments() -> None:
    remittances = [one for one in read_835([made(Order("835", 900))]) if isinstance(one, Remittance835)]
    claims = [claim for one in remittances for claim in one.claims]

    assert {balance(one).outcome for one in remittances} == {Outcome.BALANCED}
    assert {claim.status for claim in claims} == {"1", "22"}
    assert any(claim.paid_cents == 0 for claim in claims)
    assert {one.code for each in remittances for one in each.provider_adjustments} == {"WO", "L6"}


def test_a_payment_that_would_be_negative_is_carried_forward() -> None:
    orders = (Order("835", 1, seed=seed) for seed in range(400))
    remittances = [one for order in orders for one in read_835([made(order)]) if isinstance(one, Remittance835)]

    reversed_only = [one for one in remittances if one.claims[0].status == "22"]
    assert reversed_only
    assert {(one.payment_cents, one.method) for one in reversed_only} == {(0, "NON")}
    assert {balance(one).outcome for one in remittances} == {Outcome.BALANCED}


@pytest.mark.parametrize("kind", ["837P", "837I"])
def test_patients_and_control_numbers_do_not_repeat(kind: str) -> None:
    claims = claims_of(made(Order(kind, 500)))

    assert len({one.patient_control_number for one in claims}) == 500
    assert len({one.subscriber.member_id for one in claims}) == 500
    assert 30 < sum(one.patient is not None for one in claims) < 100


def test_members_are_covered_or_not_or_unknown() -> None:
    figures = totals(lambda: [made(Order("271", 400))])

    assert figures["active"] > 300
    assert figures["inactive"] > 5
    assert figures["rejected"] > 5


@pytest.mark.parametrize("kind", ["837D", "835", "277CA"])
def test_a_size_ends_the_file_with_the_set_that_reaches_it(kind: str) -> None:
    data = made(Order(kind, size_bytes=150_000))

    assert len(data) >= 150_000
    assert len(data) - 150_000 < len(data) / len(sets_of(data)) * 2, "one set more than wanted would be too many"
    assert codes(data) == {}


def sets_of(data: bytes) -> list[Transaction]:
    return [one for one in read_transactions([data]) if isinstance(one, Transaction)]


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file() -> None:
    def peak_bytes(claims: int) -> int:
        tracemalloc.start()
        try:
            for _ in generate(Order("837P", claims)):
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak_bytes(CLAIMS_PER_SET)  # fills caches
    assert peak_bytes(20 * CLAIMS_PER_SET) < 2 * peak_bytes(2 * CLAIMS_PER_SET)


def test_a_999_says_of_its_groups_what_it_says_of_their_sets() -> None:
    acks = [one for one in read_999([made(Order("999", 900))]) if isinstance(one, Ack999)]

    verdicts = Counter(one.verdict for ack in acks for one in ack.transactions)
    assert min(verdicts[one] for one in (Verdict.ACCEPTED, Verdict.ACCEPTED_WITH_ERRORS, Verdict.REJECTED)) > 10
    assert sum(one.accepted or 0 for one in acks) == 900 - verdicts[Verdict.REJECTED]
    assert {one.verdict for one in acks} <= {Verdict.PARTIALLY_ACCEPTED, Verdict.ACCEPTED_WITH_ERRORS, Verdict.ACCEPTED}


@pytest.mark.parametrize("guide", ["837P", "837D"])
def test_a_278_asks_for_what_the_claims_bill(guide: Guide) -> None:
    reviews = [one for one in read_278([made(Order("278", 120, guide=guide))]) if isinstance(one, Review278)]

    claims = claims_of(made(Order(guide, 120)))
    wanted = {f"R{one.patient_control_number}": [line.procedure for line in one.lines] for one in claims}
    assert {one.reference: [each.procedure for each in one.services] for one in reviews} == wanted
    assert not any(review.is_response for review in reviews)
    assert {review.dependent is None for review in reviews} == {True, False}


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"kind": "834", "claims": 1}, "834 cannot be generated"),
        ({"kind": "835"}, "how many claims or how many bytes"),
        ({"kind": "835", "claims": 1, "size_bytes": 1}, "how many claims or how many bytes"),
        ({"kind": "835", "claims": 1, "defects": frozenset({"npi"})}, "npi is no defect of a 835"),
        ({"kind": "835", "claims": 1, "defects": frozenset({"gremlin"})}, "gremlin is no defect"),
        ({"kind": "835", "claims": 1, "every": 0}, "at least one"),
        ({"kind": "835", "claims": 1, "start": date(2021, 10, 1)}, "2021-10-29 or later"),
    ],
)
def test_what_cannot_be_generated_is_said_in_words(wrong: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Order(**wrong)


@pytest.mark.parametrize("kind", ["837P", "837I", "277CA", "999"])
def test_pyx12_accepts_what_is_generated(kind: str) -> None:
    assert judged_by_pyx12(made(Order(kind, 20 if kind != "999" else 200)))[0]


ANSWERED = ("837p", "837i", "837d", "835", "270", "271", "276", "277", "277ca", "278", "malformed")


@pytest.mark.parametrize("kind", ANSWERED)
def test_pyx12_accepts_the_999_that_answers_any_file_of_the_corpus(kind: str) -> None:
    answered = 0
    for path in corpus_files(kind):
        try:
            groups = acknowledge(chunks(path)).groups
        except X12Error:
            continue
        if groups:
            answered += 1
            assert judged_by_pyx12(write_999(groups, "US", "THEM", 7, datetime(2026, 7, 1, 12, tzinfo=UTC)))[0]
    assert answered
