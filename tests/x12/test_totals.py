"""The figures of every kind of file; those with ground truth are held against it in `test_corpus.py`."""

import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from shared.x12.ack277ca import ClaimAck277CA, read_277ca
from shared.x12.envelope import Kind, identify
from shared.x12.findings import X12Error
from shared.x12.generate import Order, generate
from shared.x12.totals import totals
from tests.x12.support import CORPUS, corpus_files

KINDS: tuple[Kind, ...] = ("270", "276", "277", "277CA", "999")


def figures(path: str) -> dict[str, Any]:
    return totals(lambda: [(CORPUS / path).read_bytes()])


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        (
            "270/lfh-x12/270_005010X279A1_dependent-health-benefit-check.270",
            {"transactions": 1, "inquiries": 1, "subscribers": 0, "dependents": 1, "service_types": {"30": 1}},
        ),
        (
            "276/stupidedi/X212_HR276_claim-request.edi",
            {"transactions": 1, "inquiries": 3, "subscribers": 2, "dependents": 1, "total_charges": "16112.88"},
        ),
        (
            "277/stupidedi/X212_HN277_claim-response.edi",
            {
                "transactions": 1,
                "claims": 3,
                "above_claims": 0,
                "statuses": 4,
                "categories": {"F0": 1, "F2": 2, "P3": 1},
            },
        ),
        (
            "278/stupidedi/X217_admission-response-to-request-for-review.edi",
            {
                "transactions": 1,
                "requests": 0,
                "responses": 1,
                "services": 1,
                "decisions": {"certified": 1, "modified": 1},
                "rejections": {},
            },
        ),
        (
            "999/stupidedi/X231A1_response-to-functional-group-containing-3-837s.edi",
            {
                "transactions": 1,
                "groups": {"partially_accepted": 1},
                "sets_included": 3,
                "sets_received": 3,
                "sets_accepted": 1,
                "sets_answered": {"accepted": 1, "rejected": 2},
                "segment_errors": 2,
                "element_errors": 1,
            },
        ),
        (
            "malformed/uhin/TA1.txt",
            {"acknowledgements": 1, "accepted": 0, "accepted_with_errors": 0, "rejected": 1},
        ),
    ],
)
def test_figures_of_public_samples(path: str, wanted: dict[str, Any]) -> None:
    assert figures(path) == wanted


def test_a_277ca_counts_verdicts_and_their_charges() -> None:
    (path,) = [one for one in corpus_files("277ca") if "rejected" in one.name]

    found = figures(str(path.relative_to(CORPUS)))

    assert (found["claims"], found["rejected"], found["accepted"], found["batches"]) == (1, 1, 0, 1)
    assert (found["rejected_charges"], found["accepted_charges"], found["categories"]) == ("199.14", "0.00", {"A7": 1})


def test_figures_of_a_generated_277ca_are_those_of_its_claims() -> None:
    data = b"".join(generate(Order("277CA", 250)))
    claims = [one for one in read_277ca([data]) if isinstance(one, ClaimAck277CA)]

    found = totals(lambda: [data])

    assert found["transactions"] == 3
    assert found["claims"] == len(claims) == 250
    assert found["rejected"] == sum(one.verdict == "rejected" for one in claims) > 0
    assert sum(found[name] for name in ("accepted", "received", "rejected", "not_found", "unexpected")) == 250


def test_sets_of_several_interchanges_with_one_number_are_all_counted() -> None:
    data = (CORPUS / "277/stupidedi/X212_HN277_claim-response.edi").read_bytes()

    assert totals(lambda: [data, data])["transactions"] == 2


def test_a_file_of_no_known_kind_is_refused() -> None:
    with pytest.raises(X12Error, match="begins with none"):
        totals(lambda: [b"ISA*00"])


@pytest.mark.parametrize("kind", KINDS)
def test_every_file_of_the_corpus_has_figures(kind: Kind) -> None:
    for path in corpus_files(kind.lower()):
        data = path.read_bytes()
        assert identify(data) == kind
        assert totals(lambda data=data: [data])["transactions"] >= 1  # type: ignore[misc]


def one_remittance(claims: int) -> Iterator[bytes]:
    """An 835 whose one transaction set has so many claims, made while it is read."""
    parts = b"".join(generate(Order("835", 20))).split(b"~\n")
    begin, end = (next(i for i, one in enumerate(parts) if one.startswith(tag)) for tag in (b"CLP*", b"SE*"))
    plb = next((i for i, one in enumerate(parts) if one.startswith(b"PLB*")), end)
    body = b"~\n".join(parts[begin:plb]) + b"~\n"
    yield b"~\n".join(parts[:begin]) + b"~\n"
    for _ in range(claims // 20):
        yield body
    yield b"~\n".join(parts[plb:]) + b"~\n"


def peak_of(claims: int) -> int:
    tracemalloc.start()
    found = totals(lambda: one_remittance(claims))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found["claims"] == claims
    return peak


def test_a_remittance_is_added_up_without_being_held() -> None:
    peak_of(200)  # the first warms caches

    assert peak_of(4000) < 2 * peak_of(400)
