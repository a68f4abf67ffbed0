"""Independent readers judge every kind of file that leaves the service: pyx12 for 837P and 837I.

pyx12 has no map for 837D; there its own segment reader reads the file back, and what it read is compared.
"""

import io
from pathlib import Path
from typing import Any

import pytest

from samples.generate import generate as professional_day
from samples.normalise import normalise
from shared.x12.claim837 import Claim837, read_837
from shared.x12.generate import Order, generate
from tests.claims.world import TENANT, World, make_world
from tests.x12.judge import judged_by_pyx12

pytestmark = pytest.mark.slow
CORPUS = Path(__file__).parents[2] / "samples" / "corpus"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


async def sent(world: World, *contents: bytes) -> list[bytes]:
    """What leaves of these files."""
    for number, content in enumerate(contents):
        await world.drop(f"{number}.837", content)
    await world.verify_coverage()
    return list(world.outbox().values())


def assert_accepted(files: list[bytes]) -> None:
    assert files
    for file in files:
        assert judged_by_pyx12(file) == (True, set())


async def test_pyx12_accepts_a_day_of_professional_claims(world: World) -> None:
    assert_accepted(await sent(world, professional_day(60)[TENANT]))


async def test_pyx12_accepts_a_day_of_institutional_claims(world: World) -> None:
    assert_accepted(await sent(world, b"".join(generate(Order("837I", 30)))))


async def test_pyx12_accepts_the_public_professional_samples(world: World) -> None:
    paths = sorted((CORPUS / "837p" / "stupidedi").rglob("*X222*"))
    # Two samples name a way of sending papers (PWK02) that pyx12 does not know: it says so of the samples, too.
    came = [normalise(path.read_bytes()) for path in paths if path.stem not in ("X222A1_wheelchair", "X222A1_oxygen")]
    assert_accepted(await sent(world, *came))


async def test_another_reader_reads_our_dental_files_back(world: World) -> None:
    (file,) = await sent(world, b"".join(generate(Order("837D", 20))))
    x12file: Any = pytest.importorskip("pyx12.x12file")
    reader: Any = x12file.X12Reader(io.StringIO(file.decode()))
    read = list(reader)
    assert reader.pop_errors() == []
    claims = [one for one in read_837([file]) if isinstance(one, Claim837)]
    theirs = [segment.get_value("CLM01") for segment in read if segment.get_seg_id() == "CLM"]
    assert theirs == [one.patient_control_number for one in claims]
    procedures = [segment.get_value("SV301-2") for segment in read if segment.get_seg_id() == "SV3"]
    assert procedures == [line.procedure for one in claims for line in one.lines]
    teeth = [segment.get_value("TOO02") for segment in read if segment.get_seg_id() == "TOO"]
    assert teeth == [tooth.code for one in claims for line in one.lines for tooth in line.teeth]
