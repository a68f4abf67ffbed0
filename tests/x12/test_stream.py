"""Memory does not grow with the file: a stream made as it is read, in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.x12.stream import CHUNK, READERS, endless

ROOT = Path(__file__).parents[2]
# What a gigabyte may take; the interpreter and the package take 15 of it.
MOST_MEGABYTES = 150


@pytest.mark.parametrize("name", READERS)
def test_the_stream_reads_as_its_example_does(name: str) -> None:
    read, example = READERS[name]
    whole = b"".join(endless(example, 3 * CHUNK))

    assert whole.count(b"ST*") == int(whole[whole.index(b"GE*") + 3 :].split(b"*")[0])
    assert read([whole]) == whole.count({"segments": b"~", "claims": b"CLM*", "payments": b"CLP*"}[name])


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", READERS)
def test_many_megabytes_take_the_memory_of_five(name: str) -> None:
    peaks: list[float] = []
    for size in (5, 60 if name == "segments" else 15):
        command = [sys.executable, "-m", "tests.x12.stream", str(size), name]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        peaks.append(float(ran.stdout.split()[-2]))

    assert peaks[1] < MOST_MEGABYTES
    assert peaks[1] <= peaks[0] + 5, "it would take more for a gigabyte"
