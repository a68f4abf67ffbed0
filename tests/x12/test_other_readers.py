"""Independent libraries judge what we read and write: oxedi, pyx12 and x12sdk, of the development tools alone.

Where one has no wheel its tests are skipped. What they and we disagree about: docs/architecture/x12-judges.md.
"""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from shared.x12.acks import ClaimAck277CA, read_277ca, write_277ca
from shared.x12.claim837 import Batch837, Claim837, read_837, write_837i, write_837p
from shared.x12.eligibility import Answer271, Inquiry270, read_270, read_271, write_270, write_271
from shared.x12.era835 import Remittance835, read_835, write_835
from shared.x12.status import StatusInquiry276, StatusResponse277, read_276, read_277, write_276, write_277
from tests.x12.judge import judged_by_pyx12
from tests.x12.support import chunks, corpus_files

pytestmark = pytest.mark.slow  # together a minute and a half

AT = datetime(2026, 7, 1, 12, 30, tzinfo=UTC)
WRITERS = {"837P": write_837p, "837I": write_837i}


def examples(kind: str) -> list[Path]:
    return [path for path in corpus_files(kind) if path.parent.name in ("stupidedi", "lfh-x12")]


def written_again(path: Path) -> bytes:
    """An 837 read and written."""
    claims = [one for one in read_837(chunks(path)) if isinstance(one, Claim837)]
    header = claims[0].header
    assert header
    assert header.guide
    batch = Batch837(header.submitter, header.receiver, 7, 7, AT, claims, "T", transaction_type=header.transaction_type)
    return WRITERS[header.guide](batch)


def with_known_version(data: bytes) -> bytes:
    """Under the one version of each guide pyx12 has tables for; the errata changed no segment of these files."""
    for version, known in (
        (b"X222~", b"X222A1~"),
        (b"X222A2", b"X222A1"),
        (b"X223A1", b"X223A2"),
        (b"X223A3", b"X223A2"),
    ):
        data = data.replace(version, known)
    return data


# Left out: 4010, which lacks what a writer of 5010 must say, and a parser's fixtures whose HI breaks every guide.
CLAIM_FILES = [
    one
    for kind in ("837p", "837i")
    for one in corpus_files(kind)
    if "004010" not in one.name and (kind, one.parent.name) != ("837p", "imsweb")
]


@pytest.mark.parametrize("path", CLAIM_FILES, ids=lambda path: path.name[:60])
def test_pyx12_finds_nothing_in_the_claims_we_write_that_was_not_in_them(path: Path) -> None:
    _, before = judged_by_pyx12(with_known_version(path.read_bytes()))

    accepted, after = judged_by_pyx12(written_again(path))

    assert after - before == set()
    assert accepted == (not after)


@pytest.mark.parametrize("path", corpus_files("277ca"), ids=lambda path: path.name[:60])
def test_pyx12_accepts_the_claim_acknowledgements_we_write(path: Path) -> None:
    claims = [
        # One of the examples was served in the year 1001, which pyx12 takes for no date.
        replace(one, service_from=AT.date(), service_to=AT.date())
        for one in read_277ca(chunks(path))
        if isinstance(one, ClaimAck277CA)
    ]

    assert judged_by_pyx12(write_277ca(claims, "PAYER", "CLINIC", 7, AT)) == (True, set())


@pytest.mark.parametrize("path", corpus_files("835"), ids=lambda path: path.name[:60])
def test_oxedi_reads_the_same_remittances(path: Path) -> None:
    oxedi = pytest.importorskip("oxedi")
    ours = [one for one in read_835(chunks(path)) if isinstance(one, Remittance835)]
    claims = [claim for one in ours for claim in one.claims]
    original = path.read_bytes()
    written = write_835(ours, 7, 7, AT, sender_id="PAYER", receiver_id="PAYEE")

    # One file starts with ST: we read it, oxedi asks for an ISA.
    for data in (original, written) if original.startswith(b"ISA") else (written,):
        theirs = oxedi.parse(data)
        assert theirs.count_claims() == len(claims)
        assert Decimal(str(theirs.sum_payments())) * 100 == sum(one.payment_cents or 0 for one in ours)


@pytest.mark.parametrize(
    "path",
    [one for kind in ("270", "271", "276", "277") for one in examples(kind)],
    ids=lambda path: path.name[:60],
)
def test_x12sdk_reads_the_inquiries_and_answers_we_write(path: Path) -> None:
    reader = pytest.importorskip("x12sdk.io")
    data = b""
    match path.parts[-3]:
        case "270":
            data = write_270(next(one for one in read_270(chunks(path)) if isinstance(one, Inquiry270)), 7, AT)
        case "271":
            data = write_271([one for one in read_271(chunks(path)) if isinstance(one, Answer271)], 7, AT)
        case "276":
            data = write_276([one for one in read_276(chunks(path)) if isinstance(one, StatusInquiry276)], 7, AT)
        case _:
            found = [one for one in read_277(chunks(path)) if isinstance(one, StatusResponse277)]
            claims = [one for one in found if one.level == "claim"]
            if not claims:
                pytest.skip("it answers above the claims only")
            data = write_277(claims, 7, AT)

    with reader.X12ModelReader(data.decode()) as models:
        assert sum(1 for _ in models.models()) == data.count(b"\nST*")
