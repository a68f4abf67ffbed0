"""Where our readers' time goes: by layer, by the clock, and by function, under the profiler.

python -m bench.x12.profile [--claims 300] [--seed 1] [--functions 8]

A layer's share is what it adds to the layers below it. The profiler makes small functions look dearer than they are.
"""

import argparse
import cProfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any

from bench.x12.inputs import invented
from bench.x12.measure import stay_on_one_core
from bench.x12.readers import OURS, READERS, reader_of
from shared.x12.envelope import walk
from shared.x12.tokens import read_chunks, read_segments

_REPEATS = 15


def segments(path: Path) -> None:
    """Bytes to segments, nothing more."""
    with path.open("rb") as file:
        for _ in read_segments(read_chunks(file)):
            pass


def envelope(path: Path) -> None:
    """And the envelope."""
    with path.open("rb") as file:
        for _ in walk(read_chunks(file)):
            pass


def layers(kind: str, path: Path) -> dict[str, float]:
    """Share of each layer in the whole."""
    steps: list[Callable[[Path], Any]] = [segments, envelope, reader_of(kind, OURS).read]
    best = [float("inf")] * len(steps)
    for _ in range(_REPEATS):
        for place, step in enumerate(steps):
            start = time.process_time()
            step(path)
            best[place] = min(best[place], time.process_time() - start)
    tokens, walked, whole = best
    return {"segments": tokens / whole, "envelope": (walked - tokens) / whole, "views and sums": 1 - walked / whole}


def functions(kind: str, path: Path, count: int) -> list[tuple[str, float]]:
    """The functions with most time of their own, and their share in all of it."""
    read = reader_of(kind, OURS).read
    read(path)
    profiler = cProfile.Profile()
    profiler.runcall(read, path)
    entries = sorted(profiler.getstats(), key=lambda one: one.inlinetime, reverse=True)
    total = sum(one.inlinetime for one in entries)
    return [(_name(one.code), one.inlinetime / total) for one in entries[:count]]


def _name(code: CodeType | str) -> str:
    """Module and function; a builtin tells its own."""
    return code if isinstance(code, str) else f"{Path(code.co_filename).stem}.{code.co_name}"


def main() -> None:
    """Print both for every set."""
    parser = argparse.ArgumentParser(prog="python -m bench.x12.profile", description="Where our readers' time goes.")
    parser.add_argument("--claims", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--functions", type=int, default=8)
    options = parser.parse_args()
    stay_on_one_core()
    with tempfile.TemporaryDirectory() as folder:
        for kind in READERS:
            path = Path(folder) / kind
            path.write_bytes(invented(kind, options.claims, options.seed))
            shares = layers(kind, path)
            print(kind, ", ".join(f"{name} {share:.0%}" for name, share in shares.items()))
            for name, share in functions(kind, path, options.functions):
                print(f"  {share:4.0%}  {name}")


if __name__ == "__main__":
    main()
