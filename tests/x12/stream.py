"""Reads claims and payments of any size from a stream made as it is read, and prints the peak of memory.

`python -m tests.x12.stream [MEGABYTES]`: by default 1,000 MB of each.
"""

import resource
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from shared.x12.claim837 import Claim837, read_837
from shared.x12.era835 import Remittance835, read_835
from shared.x12.tokens import read_segments
from tests.x12.support import CORPUS

CHUNK = 1 << 16
MEGABYTE = 1_000_000
_CLAIMS = CORPUS / "837p/stupidedi/X222A1_commercial-health-insurance.edi"
_PAYMENTS = CORPUS / "835/stupidedi/X221A1_multiple-claims-single-check.edi"


def endless(example: bytes, size: int) -> Iterator[bytes]:
    """One interchange of about `size` bytes: the example's transaction sets over and over, each with its own number."""
    start, end = example.index(b"ST*"), example.index(b"GE*")
    body = example[start:end]
    number = body.split(b"*")[2].split(b"~")[0]
    pieces = body.split(b"*" + number, 1)[0], body.rsplit(b"*" + number, 1)[1]
    middle = body[len(pieces[0]) + len(number) + 1 : len(body) - len(pieces[1]) - len(number) - 1]
    buffer, sent, count = example[:start], 0, 0
    while sent < size:
        while len(buffer) < CHUNK:
            count += 1
            control = b"*%09d" % count
            buffer += pieces[0] + control + middle + control + pieces[1]
        yield buffer
        sent, buffer = sent + len(buffer), b""
    yield b"GE*%d*1~IEA*1*000000001~" % count


def segments(chunks: Iterable[bytes]) -> int:
    """How many segments the stream has."""
    return sum(1 for _ in read_segments(chunks))


def claims(chunks: Iterable[bytes]) -> int:
    """How many claims the stream has."""
    return sum(isinstance(one, Claim837) for one in read_837(chunks))


def payments(chunks: Iterable[bytes]) -> int:
    """How many paid claims the stream has."""
    return sum(len(one.claims) for one in read_835(chunks) if isinstance(one, Remittance835))


def peak_megabytes() -> float:
    """The most memory this process has held, in MB. On Linux `ru_maxrss` would begin with what the parent held."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) * 1024 / MEGABYTE
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / MEGABYTE if sys.platform == "darwin" else peak * 1024 / MEGABYTE


READERS: dict[str, tuple[Callable[[Iterable[bytes]], int], bytes]] = {
    "segments": (segments, _CLAIMS.read_bytes()),
    "claims": (claims, _CLAIMS.read_bytes()),
    "payments": (payments, _PAYMENTS.read_bytes()),
}


def main(arguments: list[str]) -> None:
    """Print one line for each reader: what was read, how many, the peak of memory so far."""
    size = int(arguments[0]) if arguments else 1000
    for name in arguments[1:] or READERS:
        read, example = READERS[name]
        count = read(endless(example, size * MEGABYTE))
        sys.stdout.write(f"{size} MB of {name}: {count}, peak {peak_megabytes():.0f} MB\n")


if __name__ == "__main__":
    main(sys.argv[1:])
