"""One reader, one file, one process of its own: seconds of every read, and the most memory it held.

python -m bench.x12.measure KIND LIBRARY FILE [READS]

The first read pays for imports and cold caches and tells the memory; the others are warm.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

from bench.x12.readers import reader_of


def peak_bytes() -> int:
    """The largest resident set of this process. `ru_maxrss` on Linux would start with that of the parent."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(one for one in status.read_text().splitlines() if one.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def stay_on_one_core() -> None:
    """Where the system lets a process choose."""
    if sys.platform == "linux":
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def main(kind: str, library: str, name: str, reads: int) -> None:
    """Print one JSON object: figures, seconds of each read, peak bytes after the first."""
    stay_on_one_core()
    reader, path = reader_of(kind, library), Path(name)
    seconds: list[float] = []
    figures: dict[str, int] = {}
    peak = 0
    for _ in range(reads):
        start = time.process_time()
        figures = reader.read(path)
        seconds.append(time.process_time() - start)
        peak = peak or peak_bytes()
    print(json.dumps({"figures": figures, "seconds": seconds, "peak_bytes": peak}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]) if len(sys.argv) > 4 else 2)
