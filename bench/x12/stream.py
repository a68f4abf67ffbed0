"""A file of a gigabyte, made as it is read and never held: how much memory reading it takes.

python -m bench.x12.stream [--megabytes 1000] [--what segments|837P|835]
"""

import argparse
import time
from collections.abc import Iterator

from bench.x12.inputs import invented
from bench.x12.measure import peak_bytes, stay_on_one_core
from shared.x12.claim837 import read_837
from shared.x12.era835 import read_835
from shared.x12.tokens import read_segments

_CHUNK = 1 << 16
_CLAIMS = 500


def endless(kind: str, size: int) -> Iterator[bytes]:
    """`size` bytes or a little more of one interchange: its transaction sets over and over, in chunks of 64 KB."""
    data = invented("835" if kind == "835" else "837P", _CLAIMS, 1)
    first, last = data.index(b"\nST*") + 1, data.rindex(b"GE*")
    body, rest = data[first:last], data[:first]
    for _ in range(size // len(body) + 1):
        rest += body
        while len(rest) > _CHUNK:
            yield rest[:_CHUNK]
            rest = rest[_CHUNK:]
    yield rest + data[last:]


def main() -> None:
    """Print what was read, how fast, and the largest resident set."""
    parser = argparse.ArgumentParser(prog="python -m bench.x12.stream", description="Memory of reading a big file.")
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--what", choices=("segments", "837P", "835"), default="segments")
    options = parser.parse_args()
    stay_on_one_core()
    read = {"segments": read_segments, "837P": read_837, "835": read_835}[options.what]
    chunks = endless(options.what, options.megabytes * 1_000_000)
    start = time.process_time()
    items = sum(1 for _ in read(chunks))
    seconds = time.process_time() - start
    print(
        f"{options.what}: {options.megabytes:,} MB, {items:,} items, "
        f"{options.megabytes / seconds:.1f} MB/s, peak {peak_bytes() / 1e6:.0f} MB"
    )


if __name__ == "__main__":
    main()
