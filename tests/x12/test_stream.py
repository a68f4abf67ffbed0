"""Memory does not grow with the file: a stream made as it is read, in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.x12.stream import endless
from shared.x12.claim837 import Claim837, read_837
from shared.x12.era835 import Remittance835, read_835
from shared.x12.tokens import read_segments

ROOT = Path(__file__).parents[2]
# What a gigabyte may take; the interpreter and the package take 15 of it.
MOST_MEGABYTES = 150
MEGABYTES = {"segments": 60, "837P": 15, "835": 15}


def how_many(what: str, data: bytes) -> int:
    match what:
        case "837P":
            return sum(isinstance(one, Claim837) for one in read_837([data]))
        case "835":
            return sum(len(one.claims) for one in read_835([data]) if isinstance(one, Remittance835))
        case _:
            return sum(1 for _ in read_segments([data]))


@pytest.mark.parametrize(("what", "tag"), [("segments", b"~"), ("837P", b"\nCLM*"), ("835", b"\nCLP*")])
def test_the_stream_is_one_file_of_the_size_asked_for(what: str, tag: bytes) -> None:
    whole = b"".join(endless(what, 1_000_000))

    assert 1_000_000 <= len(whole) < 2_000_000
    assert whole.count(b"ISA*") == whole.count(b"\nIEA*") == 1
    assert how_many(what, whole) == whole.count(tag)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("what", MEGABYTES)
def test_many_megabytes_take_the_memory_of_five(what: str) -> None:
    peaks: list[float] = []
    for megabytes in (5, MEGABYTES[what]):
        command = [sys.executable, "-m", "bench.x12.stream", "--megabytes", str(megabytes), "--what", what]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        peaks.append(float(ran.stdout.split()[-2]))

    assert peaks[1] < MOST_MEGABYTES
    assert peaks[1] <= peaks[0] + 5, "it would take more for a gigabyte"
