"""Hostile input: a finding or the reader's own error, in bounded memory, in steps that grow no faster than the input.

Steps are bytecode instructions, counted; nothing here is timed.
"""

import sys
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from types import FrameType
from typing import Any

import pytest

from shared.x12.acknowledge import acknowledge, check_file
from shared.x12.acks import read_277ca, read_999, read_ta1
from shared.x12.claim837 import Claim837, read_837
from shared.x12.claim_rules import check_claim
from shared.x12.eligibility import read_270, read_271
from shared.x12.era835 import Remittance835, balance, read_835
from shared.x12.findings import Finding, X12Error
from shared.x12.review278 import read_278
from shared.x12.status import read_276, read_277
from tests.x12.support import CORPUS

pytestmark = pytest.mark.slow  # together a minute and a half

ISA = b"ISA*00*          *00*          *ZZ*A              *ZZ*B              *260101*1200*^*00501*000000001*0*T*:~"
Reader = Callable[[Iterable[bytes]], Iterator[object]]


def acknowledged(chunks: Iterable[bytes]) -> Iterator[object]:
    yield acknowledge(chunks)


READERS: dict[str, Reader] = {
    "837": read_837,
    "835": read_835,
    "270": read_270,
    "271": read_271,
    "276": read_276,
    "277": read_277,
    "277CA": read_277ca,
    "278": read_278,
    "999": read_999,
    "TA1": read_ta1,
    "check": check_file,
    "acknowledge": acknowledged,
}
VERSIONS = {
    "837": "005010X222A1",
    "835": "005010X221A1",
    "270": "005010X279A1",
    "271": "005010X279A1",
    "276": "005010X212",
    "277": "005010X212",
    "278": "005010X217",
    "999": "005010X231A1",
}


def file_of(set_id: str, body: Iterable[bytes], version: str = "") -> bytes:
    """One transaction set in its envelope; its SE01 is 0."""
    form = (version or VERSIONS[set_id]).encode()
    head = b"GS*HC*A*B*20260101*1200*1*X*%s~ST*%s*0001*%s~" % (form, set_id.encode(), form)
    return ISA + head + b"".join(body) + b"SE*0*0001~GE*1*1~IEA*1*000000001~"


def read_all(reader: Reader, data: bytes) -> tuple[int, str]:
    """How many findings a file has, and the code of the error that ended the reading, if one did."""
    found = 0
    try:
        for item in reader([data]):
            found += len(getattr(item, "findings", ())) + isinstance(item, Finding)
            if isinstance(item, Claim837):
                found += len(check_claim(item))
            elif isinstance(item, Remittance835):
                balance(item)
    except X12Error as error:
        return found, error.finding.code
    return found, ""


def peak_of(reader: Reader, chunks: Iterable[bytes]) -> tuple[int, str]:
    """Peak of memory in bytes while every item is read and dropped, and the code of the error, if there was one."""
    tracemalloc.start()
    code = ""
    try:
        for _ in reader(chunks):
            pass
    except X12Error as error:
        code = error.finding.code
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak, code


def hl(count: int, codes: bytes = b"22", parent: Callable[[int], int] = lambda at: at - 1) -> Iterator[bytes]:
    for at in range(1, count + 1):
        yield b"HL*%d*%s*%s*1~" % (at, b"%d" % parent(at) if parent(at) else b"", codes)


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(
    "data",
    [
        pytest.param(bytes(range(256)) * 40, id="binary"),
        pytest.param(b"\x00" * 5000, id="zeros"),
        pytest.param(ISA[:80], id="80 characters of ISA"),
        pytest.param(ISA[:80] + b"\n" + b"GS*HC*A*B~ST*837*1~" * 9, id="80 characters of ISA, then more"),
        pytest.param(ISA[:-1], id="ISA without terminator"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_what_is_no_x12_is_refused(name: str, data: bytes) -> None:
    assert read_all(READERS[name], data)[1] in ("FILE:isa", "FILE:empty")


@pytest.mark.parametrize("name", READERS)
def test_an_envelope_around_noise_is_no_crash(name: str) -> None:
    noise = bytes(range(256)).replace(b"~", b"") * 4

    found, code = read_all(READERS[name], ISA + noise + b"~" + noise + b"~")

    assert code in ("", "FILE:set")
    assert found or code


@pytest.mark.parametrize("name", READERS)
def test_a_segment_of_ten_megabytes_ends_the_reading_in_a_few(name: str) -> None:
    data = file_of("837", [b"NTE*ADD*", b"X" * 10_000_000, b"~"])

    peak, code = peak_of(READERS[name], (data[at : at + 65536] for at in range(0, len(data), 65536)))

    assert code == "FILE:terminator"
    assert peak < 8_000_000
    assert read_all(READERS[name], data)[1] == "FILE:terminator", "nor when the file is given whole"


def test_a_terminator_that_never_comes_is_named() -> None:
    wrong = ISA.replace(b"~", b"!") + b"GS*HC*A*B*20260101*1200*1*X*005010X222A1~ST*837*0001~" * 50_000

    with pytest.raises(X12Error, match="terminator") as refusal:
        list(check_file([wrong]))

    assert refusal.value.finding.code == "FILE:terminator"


@pytest.mark.parametrize("name", ["270", "271", "276", "277", "278"])
def test_levels_nested_without_end_are_a_finding_each_and_no_recursion(name: str) -> None:
    for codes in (b"20", b"22", b"23", b"EV"):
        found, code = read_all(READERS[name], file_of(name, hl(5000, codes)))
        assert code == ""
        assert found >= 4900, "every level below the tenth"


def test_levels_that_are_their_own_parents_end() -> None:
    parents: tuple[Callable[[int], int], ...] = (lambda at: at, lambda at: at + 1, lambda _: 1)
    for parent in parents:
        for name in ("271", "277", "278", "837"):
            found, code = read_all(READERS[name], file_of(name, hl(50, parent=parent)))
            assert (found > 0, code) == (True, "")


def test_repeated_control_numbers_are_named_at_their_level_and_set() -> None:
    st = b"ST*837*0001*005010X222A1~SE*2*0001~"
    gs = b"GS*HC*A*B*20260101*1200*1*X*005010X222A1~" + st * 2 + b"GE*2*1~"
    whole = ISA + gs * 2 + b"IEA*2*000000001~"

    answer = acknowledge([whole * 2])

    assert [(one.status, one.note) for one in answer.ta1] == [("A", "000"), ("R", "025")]
    assert [one.codes for one in answer.groups] == [(), ("19",), (), ("19",)]
    assert [["23" in one.codes for one in group.transactions] for group in answer.groups] == [[False, True]] * 4


def test_segments_between_sets_are_not_charged_to_the_set_before() -> None:
    good = (CORPUS / "837p/stupidedi/X222A1_commercial-health-insurance.edi").read_bytes()

    answer = acknowledge([good.replace(b"GE*1*", b"NTE*ADD*LOST~GE*1*")])

    assert [one.status for one in answer.groups[0].transactions] == ["A"]
    assert answer.groups[0].status == "E"
    assert [one.code for one in answer.findings] == ["IK304:2"]


def test_what_is_wrong_with_one_person_is_not_said_of_the_next() -> None:
    levels = [b"HL*1**20*1~", b"HL*2*1*21*1~", b"HL*3*2*22*0~", b"EB*1**30****x~", b"HL*4*2*22*0~", b"EB*1**30~"]

    first, second = (one for one in read_271([file_of("271", levels)]) if not isinstance(one, Finding))

    assert [one.code for one in first.findings] == ["IK403:6"]
    assert second.findings == ()


@pytest.mark.parametrize("codec", ["latin-1", "cp1252", "utf-8", "utf-8-sig"])
def test_an_encoding_that_is_not_what_it_seems_is_declared(codec: str) -> None:
    text = file_of("837", [b"NTE*ADD*AAA~" * 3000]).decode() + "  "
    told = [one.code for one in check_file([text.replace("AAA", "«é»").encode(codec)])]

    assert told.count("TEXT:latin-1") == (codec in ("latin-1", "cp1252"))


def test_a_set_that_never_ends_is_refused_where_it_would_be_held_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.x12.envelope.MAX_SET_SEGMENTS", 1000)
    data = file_of("835", [b"LX*1~"] * 2000)

    assert read_all(read_835, data)[1] == "FILE:set-size"
    assert read_all(check_file, data)[1] == ""


SHAPES: dict[str, Callable[[int], bytes]] = {
    "empty lines under a newline terminator": lambda n: ISA.replace(b"~", b"\n") + b"\n" * n * 20 + b"X" + b"\nISA",
    "ISA in texts": lambda n: ISA + b"NTE*ISA*ISA*ISA~" * n,
    "interchanges": lambda n: (ISA + b"IEA*0*000000001~") * n,
    "transaction sets": lambda n: ISA + b"GS*HC*A*B~" + b"ST*837*1*005010X222A1~SE*1*1~" * n + b"GE*1*1~",
    "groups": lambda n: ISA + b"GS*HC*A*B~GE*1*1~" * n,
    "sets never closed": lambda n: ISA + b"GS*HC*A*B~" + b"ST*271*1~" * n,
    "segments outside": lambda n: ISA + b"NTE*A~SE*1*1~" * n,
    "levels in a chain": lambda n: file_of("271", hl(n)),
    "parents in a chain": lambda n: file_of("277", hl(n, b"20")),
    "levels of one parent, with rejections": lambda n: file_of(
        "271", [b"HL*1**20*1~", b"AAA*N**42*Y~" * n, *(b"HL*%d*1*22*0~EB*1~" % at for at in range(2, n))]
    ),
    "levels of one parent, with names": lambda n: file_of(
        "277", [b"HL*1**20*1~", b"NM1*PR*2*P~" * n, *(b"HL*%d*1*22*0~TRN*1*1~" % at for at in range(2, n))]
    ),
    "acknowledged claims under one level": lambda n: file_of(
        "277",
        [b"HL*1**20*1~", b"N1*X~" * n, *(b"HL*%d*1*PT*0~TRN*2*1~STC*A1:20~" % at for at in range(2, n))],
        "005010X214",
    ),
    "claims of one patient": lambda n: file_of(
        "277", [b"HL*1**PT*0~", b"N1*X~" * n, b"TRN*2*1~STC*A1:20~" * n], "005010X214"
    ),
    "faults of many persons": lambda n: file_of("271", (b"HL*%d**22*0~EB*1**30****x~" % at for at in range(1, n))),
    "faults of many claims": lambda n: file_of("276", (b"HL*%d**22*0~TRN*1*1~AMT*T3*x~" % at for at in range(1, n))),
    "addresses of one person": lambda n: file_of("271", [b"HL*1**22*0~NM1*IL*1*X~", b"N3*A~N4*B~REF*1W*1~" * n]),
    "payers and decisions of one claim": lambda n: file_of(
        "837",
        [
            b"HL*1**20*1~HL*2*1*22*0~SBR*P*18~CLM*1*1***11:B:1~",
            b"SBR*S*18~NM1*PR*2*P*****PI*1~CAS*CO*1*1~" * n,
            b"LX*1~SV1*HC:1*1~",
            b"SVD*1*1*HC:1**1~CAS*CO*1*1~" * n,
        ],
    ),
    "lines of one claim": lambda n: file_of(
        "837", [b"HL*1**22*0~CLM*1*1***11:B:1~", b"LX*1~SV1*HC:1*1*UN*1***9~REF*6R*1~" * n]
    ),
    "claims of one level": lambda n: file_of("837", [b"HL*1**22*0~", b"CLM*1*1~" * n]),
    "levels without claims": lambda n: file_of("837", hl(n)),
    "adjustments of one claim": lambda n: file_of("835", [b"CLP*1*1*1*1~", b"CAS*CO*1*1**2*1~" * n]),
    "payments": lambda n: file_of("835", [b"CLP*1*22*-1*-1~SVC*HC:1*-1*-1~DTM*472*x~" * n, b"PLB*1*2*3*4~" * n]),
    "services of one review": lambda n: file_of(
        "278", [b"HL*1**EV*1~", *(b"HL*%d*1*SS*0~NM1*IL*1*X~" % at for at in range(2, n))]
    ),
    "names of one review": lambda n: file_of("278", [b"HL*1**22*1~", b"N3*A~" * n, b"NM1*IL*1*X~N3*A~" * n]),
    "notes of one acknowledgement": lambda n: file_of("999", [b"AK2*837*1~IK3*CLM*1~IK4*1*1*1~IK5*R*5~" * n]),
}


def steps_of(reader: Reader, data: bytes) -> int:
    """How many bytecode instructions reading takes."""
    steps = 0

    def count(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal steps
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        steps += event == "opcode"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        read_all(reader, data)
    finally:
        sys.settrace(before)
    return steps


def readers_for(shape: str) -> list[str]:
    """The readers that get past the first segments of a shape."""
    data = SHAPES[shape](3)
    return [name for name, reader in READERS.items() if read_all(reader, data)[1] != "FILE:set"]


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_twice_the_input_takes_twice_the_steps(shape: str) -> None:
    small, big = SHAPES[shape](100), SHAPES[shape](200)
    for name in readers_for(shape):
        steps_of(READERS[name], small)  # fills the caches
        once, twice = steps_of(READERS[name], small), steps_of(READERS[name], big)
        assert twice < 2.3 * once + 2000, name


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_memory_grows_with_the_input_at_most(shape: str) -> None:
    small, big = SHAPES[shape](500), SHAPES[shape](2000)
    for name in readers_for(shape):
        peak_of(READERS[name], [small])
        once, fourfold = peak_of(READERS[name], [small])[0], peak_of(READERS[name], [big])[0]
        assert fourfold < 4.5 * once + 300_000, name
