"""Any bytes, bytes that look like X12, and the corpus with mutations: the promises hold."""

import resource
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.x12.fuzz.promises import keep_all, keep_tokens
from tests.x12.support import corpus_files

ROOT = Path(__file__).parents[3]
KINDS = ("837p", "837i", "837d", "835", "270", "271", "276", "277", "277ca", "278", "999", "malformed")
FILES = [
    *(path for kind in KINDS for path in corpus_files(kind)),
    *sorted((ROOT / "tests" / "x12" / "handmade").iterdir()),
]
# Mutations of a small file reach as far as those of a big one.
SMALL = [data for path in FILES if len(data := path.read_bytes()) < 8000]
ISA = b"ISA*00*          *00*          *ZZ*A              *ZZ*B              *260101*1200*^*00501*000000001*0*T*:~"
TAGS = sorted({piece.split(b"*")[0].strip() for data in SMALL for piece in data.split(b"~")} - {b""})[:120]
SETS = [b"837*1*005010X222A1", b"837*1*005010X223A2", b"835", b"270", b"271", b"276", b"277", b"278", b"999"]
GOOD = [b"1", b"20", b"22", b"23", b"IL", b"PR", b"85", b"D8", b"HC:99213"]
ODD = [
    *(b"", b"-", b".", b"9" * 40, b"\xff\xfe", b":", b"^^", b":".join([b"1"] * 9), b"HL", b"0", b"20231345", b"-.5"),
    *(b"1e5", "٣".encode(), b"00000000", b"RD8", b"20200101-", b"A" * 300, b"\n", b"|", b"~~", b"\x00", b"ISA*"),
]

corpus = st.sampled_from(SMALL)
values = st.sampled_from(GOOD + ODD)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Known segments with odd elements in any order, in an envelope."""
    names = draw(st.lists(st.sampled_from(TAGS), max_size=60))
    body = [b"*".join([name, *draw(st.lists(values, max_size=9))]) for name in names]
    end = b"~SE*1*1~" if draw(st.booleans()) else b""
    head = b"GS*HC*A*B*20260101*1200*1*X*005010~ST*" + draw(st.sampled_from(SETS)) + b"*1~"
    return ISA + head + b"~".join(body) + end


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """A file of the corpus after one to six mutations."""
    data = draw(corpus)
    for _ in range(draw(st.integers(1, 6))):
        data = _mutated(draw, data)
    return data


def _mutated(draw: st.DrawFn, data: bytes) -> bytes:
    at = draw(st.integers(0, len(data)))
    end = min(len(data), at + draw(st.integers(1, 200)))
    match draw(st.sampled_from(["cut", "repeat", "insert", "splice", "swap", "element", "copy"])):
        case "cut":
            return data[:at] + data[end:]
        case "repeat":
            return data[:at] + data[at:end] * draw(st.integers(2, 20)) + data[end:]
        case "insert":
            return data[:at] + draw(st.binary(max_size=8)) + data[at:]
        case "splice":
            other = draw(corpus)
            return data[:at] + other[draw(st.integers(0, len(other))) :]
        case how:
            return b"~".join(_shuffled(draw, data.split(b"~"), how))


def _shuffled(draw: st.DrawFn, pieces: list[bytes], how: str) -> list[bytes]:
    first, second = (draw(st.integers(0, len(pieces) - 1)) for _ in range(2))
    if how == "swap":
        pieces[first], pieces[second] = pieces[second], pieces[first]
    elif how == "copy":
        pieces.insert(second, pieces[first])
    else:
        elements = pieces[first].split(b"*")
        elements[draw(st.integers(0, len(elements) - 1))] = draw(values)
        pieces[first] = b"*".join(elements)
    return pieces


@given(st.binary(max_size=2000))
def test_any_bytes(data: bytes) -> None:
    keep_all(data)


@given(st.binary(max_size=2000), st.integers(1, 50))
def test_any_bytes_after_a_good_header(data: bytes, size: int) -> None:
    keep_tokens(ISA + data, size)


@given(files())
def test_any_segments_in_an_envelope(data: bytes) -> None:
    keep_all(data)


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(mutations())
def test_mutated_files_of_the_corpus(data: bytes) -> None:
    keep_all(data)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris has wheels for Linux on x86-64 only")
def test_coverage_guided_fuzzing_finds_no_broken_promise(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    for number, data in enumerate(one for one in SMALL if len(one) < 2000):
        (seeds / str(number)).write_bytes(data)
    # The limit counts what this process had when it began the other one, too: after thousands of tests, more than that.
    had_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    limits = ["-runs=600", "-seed=1", "-max_len=3000", "-timeout=20", f"-rss_limit_mb={1024 + had_mb}"]

    ran = subprocess.run(
        [sys.executable, "-m", "tests.x12.fuzz.target", str(seeds), *limits, f"-artifact_prefix={tmp_path}/"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-4000:]
    assert "Done 600 runs" in ran.stderr
    shutil.rmtree(seeds)
