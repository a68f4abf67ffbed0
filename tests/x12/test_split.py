"""Files split by claim, by transaction and by size: valid envelopes, nothing lost, nothing twice."""

import contextlib
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.x12.acknowledge import check_file
from shared.x12.claim837 import Batch837, Claim837, read_837, write_837p
from shared.x12.envelope import Transaction, identify, read_transactions
from shared.x12.findings import X12Error
from shared.x12.generate import Order, generate
from shared.x12.split import Piece, Rule, split
from shared.x12.totals import totals
from tests.x12.invent import batches
from tests.x12.support import CORPUS, chunks, corpus_files

CLAIM_FILES = [one for kind in ("837p", "837i", "837d") for one in corpus_files(kind)]
SETS = [
    one
    for kind in ("270", "271", "276", "277", "277ca", "835", "999", *("837p", "837i", "837d"))
    for one in corpus_files(kind)
    if one.name != "blue_cross_nc_sample.txt"  # it has no envelope
]
FAULTS = ("TA105", "AK905:3", "AK905:4", "AK905:5", "IK502", "SNIP4:hl")


def parts(pieces: Iterator[Piece]) -> list[bytes]:
    """The parts, which are numbered from 1 without gaps."""
    found = [
        (number, b"".join(piece for _, piece in group)) for number, group in groupby(pieces, key=lambda one: one[0])
    ]
    assert [number for number, _ in found] == list(range(1, len(found) + 1))
    return [part for _, part in found]


def envelope_faults(data: bytes) -> list[str]:
    faults = [one.code for one in check_file([data]) if one.code != "TA105:017"]
    if is_837(data):
        faults += [code for one in read_837([data]) for code in codes_of(one)]
    return [code for code in faults if code.startswith(FAULTS)]


def is_837(data: bytes) -> bool:
    return (identify(data) or "").startswith("837")


def figures_of(data: bytes) -> dict[str, Any]:
    return totals(lambda: [data])


def lengths(data: bytes) -> list[int]:
    """How many segments each transaction set has."""
    return [len(one.segments) for one in read_transactions([data]) if isinstance(one, Transaction)]


def codes_of(one: object) -> list[str]:
    code = getattr(one, "code", "")
    return [code] if code else []


def claims_of(data: bytes) -> list[Claim837]:
    return [one for one in read_837([data]) if isinstance(one, Claim837)]


def essence(claim: Claim837) -> tuple[object, ...]:
    """A claim and everybody above it, without its place in the file."""
    above = claim.billing, claim.subscriber, claim.patient, claim.payer
    return claim.patient_control_number, claim.charge_cents, len(claim.lines), *above


@pytest.mark.parametrize("path", CLAIM_FILES, ids=lambda path: path.name[:50])
@pytest.mark.parametrize("most", [1, 7])
def test_by_claim_every_part_is_sound_and_no_claim_is_lost(path: Path, most: int) -> None:
    made = parts(split(chunks(path), Rule(claims=most)))

    before = claims_of(path.read_bytes())
    after = [claim for part in made for claim in claims_of(part)]
    assert [essence(one) for one in after] == [essence(one) for one in before]
    assert all(0 < len(claims_of(part)) <= most for part in made)
    assert [fault for part in made[:20] for fault in envelope_faults(part)] == []


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.name[:50])
def test_by_transaction_every_part_holds_one(path: Path) -> None:
    made = parts(split(chunks(path), Rule()))

    before, after = lengths(path.read_bytes()), [lengths(part) for part in made]
    assert after == [[count] for count in before]
    assert [fault for part in made[:20] for fault in envelope_faults(part) if "hl" not in fault] == []


@pytest.mark.parametrize("size_bytes", [3000, 20_000])
@pytest.mark.parametrize("path", SETS, ids=lambda path: path.name[:50])
def test_by_size_no_part_is_larger_unless_it_is_one_unit(path: Path, size_bytes: int) -> None:
    made = parts(split(chunks(path), Rule(size_bytes=size_bytes)))

    for part in made:
        units = len(claims_of(part)) if is_837(part) else len(lengths(part))
        assert len(part) <= size_bytes or units == 1
    assert [fault for part in made[:20] for fault in envelope_faults(part) if "hl" not in fault] == []


@pytest.mark.parametrize("rule", [Rule(claims=3), Rule(), Rule(size_bytes=5000)], ids=["claims", "sets", "size"])
def test_the_totals_of_the_parts_are_those_of_the_file(rule: Rule) -> None:
    path = CORPUS / "837p/imsweb/x12_multiple_transactions.txt"

    sums: Counter[str] = Counter()
    for part in parts(split(chunks(path), rule)):
        figures = figures_of(part)
        sums["claims"] += figures["claims"]
        sums["lines"] += figures["service_lines"]
        sums["cents"] += int(figures["total_charges"].replace(".", ""))

    whole = totals(lambda: chunks(path))
    assert sums["claims"] == whole["claims"]
    assert sums["lines"] == whole["service_lines"]
    assert sums["cents"] == int(whole["total_charges"].replace(".", ""))


@given(batches(), st.integers(1, 4))
@settings(max_examples=20)
def test_invented_claims_keep_who_they_belong_to(batch: Batch837, most: int) -> None:
    data = write_837p(batch)

    made = parts(split([data], Rule(claims=most)))

    assert [essence(one) for part in made for one in claims_of(part)] == [essence(one) for one in claims_of(data)]
    assert [fault for part in made for fault in envelope_faults(part)] == []


def test_parts_count_on_from_the_files_control_number_or_another() -> None:
    path = CORPUS / "837p/imsweb/x12_multiple_st.txt"

    own = parts(split(chunks(path), Rule()))
    other = parts(split(chunks(path), Rule(first_control_number=999_999_999)))

    first = int(path.read_bytes().split(b"*")[13])
    assert [part.split(b"*")[13] for part in own] == [f"{first:09d}".encode(), f"{first + 1:09d}".encode()]
    assert [part.split(b"*")[13] for part in other] == [b"999999999", b"000000001"]


def test_delimiters_and_line_breaks_stay() -> None:
    path = CORPUS / "837p/imsweb/x12_valid_different_separators.txt"

    (part,) = parts(split(chunks(path), Rule()))

    head = path.read_bytes()[:106]
    assert part[:4] == head[:4]
    assert part[104:106] == head[104:106]


def test_a_subscriber_with_claims_of_its_own_and_a_dependents_is_named_for_both() -> None:
    own = (CORPUS / "837p/stupidedi/X222A1_commercial-health-insurance.edi").read_bytes()
    claim = own[own.index(b"CLM*") : own.index(b"SE*")]
    data = own.replace(b"HL*3*2*23*0~", claim + b"HL*3*2*23*0~")

    (part,) = parts(split([data], Rule(claims=9)))

    assert [one.patient is None for one in claims_of(part)] == [True, False]
    assert envelope_faults(part) == []
    assert part.count(b"*22*0~") == part.count(b"*22*1~") == 1


def test_a_remittance_is_not_split_by_claim() -> None:
    with pytest.raises(X12Error, match="Only an 837"):
        list(split(chunks(CORPUS / "835/stupidedi/X221A1_multiple-claims-single-check.edi"), Rule(claims=1)))


def test_a_set_without_envelope_is_refused() -> None:
    with pytest.raises(X12Error, match="outside ISA or GS"):
        list(split(chunks(CORPUS / "835/edi835parser/blue_cross_nc_sample.txt"), Rule()))


@pytest.mark.parametrize("path", corpus_files("malformed"), ids=lambda path: path.name)
def test_nothing_but_the_readers_own_error_escapes(path: Path) -> None:
    for rule in (Rule(claims=1), Rule(), Rule(size_bytes=500)):
        made: list[bytes] = []
        with contextlib.suppress(X12Error):
            made = parts(split(chunks(path), rule))
        assert all(part.startswith(b"ISA") and b"IEA" in part for part in made)


def test_an_interchange_header_that_breaks_off_inside_a_file_ends_the_one_before() -> None:
    data = (CORPUS / "837p/imsweb/x12_multiple_isa.txt").read_bytes()
    broken = data.replace(b"~HL*", b"~\nISA*00~HL*", 1)

    made: list[bytes] = []
    with contextlib.suppress(X12Error):
        made = parts(split([broken], Rule()))

    assert all(part.startswith(b"ISA") and b"IEA" in part for part in made)


@pytest.mark.slow
@pytest.mark.parametrize("rule", [Rule(claims=10), Rule(), Rule(size_bytes=20_000)], ids=["claims", "sets", "size"])
def test_memory_does_not_grow_with_the_file(rule: Rule) -> None:
    def peak_bytes(claims: int) -> int:
        tracemalloc.start()
        try:
            for _ in split(generate(Order("837P", claims)), rule):
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak_bytes(100)  # fills caches
    assert peak_bytes(800) < 2 * peak_bytes(200)
