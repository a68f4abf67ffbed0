"""Anonymized files: nobody's name or number is left, and every figure and fault is as it was."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revcycle.x12.check import check
from shared.x12.anonymize import Anonymizer, replaced_elements
from shared.x12.claim837 import Claim837, read_837
from shared.x12.era835 import Remittance835, read_835
from shared.x12.findings import X12Error
from shared.x12.identifiers import valid_npi
from shared.x12.tokens import Segment, read_segments
from shared.x12.totals import totals
from tests.x12.support import CORPUS, chunks, corpus_files, truth

SECRET = b"a secret of the tests"
FAMILY = CORPUS / "837p/stupidedi/X222A1_commercial-health-insurance.edi"
KINDS = ["270", "271", "276", "277", "277ca", "278", "835", "837d", "837i", "837p", "999"]
FILES = [one for kind in KINDS for one in corpus_files(kind)]
NAMED = {"claims_line_sum_mismatch", "claims_out_of_balance", "per_transaction", "members"}
"""Figures that list claims, traces and members by their identifiers."""
LONG = 6


def anonymized(data: bytes, secret: bytes = SECRET) -> bytes:
    return b"".join(Anonymizer(secret).file([data]))


def identifiers(data: bytes) -> Iterator[str]:
    """Everything at a place the table names, long enough not to turn up by chance: words and identifiers."""
    for segment in read_segments([data]):
        for position, component, kind in replaced_elements(segment.tag) or ():
            text = segment.get(position)
            if component:
                text = (*segment.components(position), *[""] * 9)[component - 1]
            values = re.findall(r"\w+", text) if kind == "n" else [text] if kind == "i" else []
            yield from (one for one in values if sum(map(str.isalnum, one)) >= LONG)


def kept(segment: Segment) -> bool:
    """Envelope numbers, coded references, and amounts, which may look like an identifier."""
    return segment.tag in {"ISA", "IEA", "GS", "GE", "ST", "SE", "CAS"} or segment.get(1) in {"4N", "BLT", "1S", "APC"}


def figures(data: bytes) -> dict[str, Any]:
    found = totals(lambda: [data])
    return {name: len(value) if name in NAMED else value for name, value in found.items()}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name[:50])
def test_no_identifier_is_left_and_the_shape_stays(path: Path) -> None:
    before = path.read_bytes()
    after = anonymized(before)

    left = {
        text
        for one in read_segments([after])
        if not kept(one)
        for text in re.split(r"[^\w.@-]+", "*".join(one.elements))
    }
    assert {one for one in identifiers(before) if one in left} == set()
    old, new = list(read_segments([before])), list(read_segments([after]))
    assert [one.tag for one in new] == [one.tag for one in old]
    assert [[len(text) for text in one.elements] for one in new] == [
        [len(text) for text in one.elements] for one in old
    ]


@pytest.mark.parametrize("path", [*truth("truth_837"), *truth("truth_835"), *truth("truth_271")])
def test_totals_are_equal(path: str) -> None:
    before = (CORPUS / path).read_bytes()

    assert figures(anonymized(before)) == figures(before)


@pytest.mark.parametrize(
    "path", [one for one in FILES if one.stat().st_size < 100_000], ids=lambda path: path.name[:50]
)
def test_faults_stay_where_they_were(path: Path) -> None:
    before = path.read_bytes()
    after = anonymized(before)

    was, now = check(lambda: iter([before])), check(lambda: iter([after]))
    # A wrong NPI becomes another number, and one in ten numbers has a right check digit. A code may not have been in
    # use on the earlier day that its service moved to.
    drop = ("SNIP5:npi", "SNIP5:diagnosis-", "SNIP5:place-", "SNIP5:adjustment-reason-")
    assert {one: n for one, n in now.codes.items() if not one.startswith(drop)} == {
        one: n for one, n in was.codes.items() if not one.startswith(drop)
    }


@pytest.mark.parametrize("path", corpus_files("malformed"), ids=lambda path: path.name)
def test_a_malformed_file_is_anonymized_or_refused(path: Path) -> None:
    before = path.read_bytes()
    try:
        after = anonymized(before)
    except X12Error:
        after = b""

    assert not any(one.encode() in after for one in identifiers(before)) if after else not before.startswith(b"ISA")


def test_one_value_has_one_fake_in_every_file_and_field() -> None:
    remittance = CORPUS / "835/stupidedi/X221A1_dollars-and-data-sent-together.edi"
    (paid,) = [one for one in read_835([anonymized(remittance.read_bytes())]) if isinstance(one, Remittance835)]
    number, name = paid.claims[0].patient_control_number, paid.claims[0].patient
    (original,) = [one for one in read_835(chunks(remittance)) if isinstance(one, Remittance835)]
    own = FAMILY.read_bytes().replace(b"26463774", original.claims[0].patient_control_number.encode())
    own = own.replace(b"*SMITH*TED", f"*{getattr(original.claims[0].patient, 'last_name', '')}*TED".encode())

    (claim,) = [one for one in read_837([anonymized(own)]) if isinstance(one, Claim837)]

    assert claim.patient_control_number == number
    assert claim.patient
    assert name
    assert claim.patient.last_name == name.last_name
    assert claim.subscriber.person.last_name != original.claims[0].patient_control_number


def test_another_secret_gives_other_fakes() -> None:
    data = FAMILY.read_bytes()

    assert anonymized(data) == anonymized(data)
    assert anonymized(data, b"another") != anonymized(data)


def test_dates_move_together_by_whole_weeks() -> None:
    (before,) = [one for one in read_837(chunks(FAMILY)) if isinstance(one, Claim837)]
    (after,) = [one for one in read_837([anonymized(FAMILY.read_bytes())]) if isinstance(one, Claim837)]

    assert before.patient
    assert after.patient
    assert before.patient.birth_date
    assert after.patient.birth_date
    back = before.patient.birth_date - after.patient.birth_date
    assert 7 <= back.days <= 364
    assert back.days % 7 == 0
    moved = [line.service_from - back for line in before.lines if line.service_from]
    assert [line.service_from for line in after.lines] == moved


def test_what_is_unknown_is_replaced_whole() -> None:
    data = FAMILY.read_bytes().replace(b"CLM*", b"ZZZ*ANYBODY*12345678~CLM*")

    assert b"ANYBODY" not in anonymized(data)
    assert b"12345678" not in anonymized(data)


def test_free_text_and_dates_among_codes_go_too() -> None:
    data = FAMILY.read_bytes().replace(b"HI*", b"NTE*ADD*CALL MARY WINTERBOTTOM~HI*BH:A1:D8:19261111~HI*")

    after = anonymized(data)

    assert b"WINTERBOTTOM" not in after
    assert b"19261111" not in after
    assert b"HI*BH:A1:D8:192" in after


words = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcxyz0123456789-./@ äéßÑ", min_size=1, max_size=14)


@given(st.lists(words, min_size=2, max_size=30, unique_by=str.upper))
def test_fakes_are_one_to_one_and_never_the_original(values: list[str]) -> None:
    anonymizer = Anonymizer(SECRET)
    plain = [one for one in values if one.isascii()]

    fakes = [anonymizer.identifier(one) for one in plain]

    assert len({one.upper() for one in fakes}) == len(plain)
    assert all(fake != one for fake, one in zip(fakes, plain, strict=True) if re.search("[A-Za-z0-9]", one))
    assert all(len(anonymizer.text(one)) == len(one) for one in values)


@given(st.integers(10**8, 3 * 10**8 - 1))
def test_a_valid_npi_becomes_another_valid_npi(nine: int) -> None:
    npi = next(text for digit in range(10) if valid_npi(text := f"{nine}{digit}"))

    fake = Anonymizer(SECRET).identifier(npi)

    assert fake != npi
    assert valid_npi(fake)
