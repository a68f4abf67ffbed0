"""Our X12 readers beside others: same files, one core, one run.

python -m bench.x12 [--rounds 5] [--claims 1000] [--seed 1] [--json] [--out DIRECTORY]

Each round reads every file once with every reader, one after the other, each in a process of its own, so that a busy
moment of the machine falls on all of them. Times are CPU seconds. A library that is not installed is named as skipped.
"""

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.x12.inputs import examples, invented
from bench.x12.readers import READERS
from bench.x12.table import Measured, summarise, table

ROOT = Path(__file__).parents[2]
# Published examples hold one claim a set or a few; this gives both files of a kind about as many claims.
_SETS_PER_CLAIM = {"837P": 1.0, "835": 0.4, "271": 1.0}
_READS = 3


def make_files(folder: Path, claims: int, seed: int) -> dict[tuple[str, str], Path]:
    """Both files of every kind, by kind and name."""
    made: dict[tuple[str, str], Path] = {}
    for kind, sets_per_claim in _SETS_PER_CLAIM.items():
        for name, data in (
            ("examples", examples(kind, round(claims * sets_per_claim), seed)),
            ("invented", invented(kind, claims, seed)),
        ):
            made[kind, name] = path = folder / f"{name}.{kind.lower()}"
            path.write_bytes(data)
    return made


def measure(kind: str, library: str, path: Path) -> dict[str, Any]:
    """What one process of its own has to say. Raises CalledProcessError with its output when it fails."""
    command = [sys.executable, "-m", "bench.x12.measure", kind, library, str(path), str(_READS)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def run(files: dict[tuple[str, str], Path], rounds: int) -> tuple[list[Measured], list[str]]:
    """All rounds, and the libraries that are not installed."""
    libraries = {one.library: one.module for kind in READERS for one in READERS[kind]}
    skipped = [one for one, module in libraries.items() if module and importlib.util.find_spec(module) is None]
    measured: list[Measured] = []
    for number in range(rounds):
        for (kind, name), path in files.items():
            for reader in READERS[kind]:
                if reader.library in skipped:
                    continue
                said = measure(kind, reader.library, path)
                print(".", end="", file=sys.stderr, flush=True)
                measured.append(Measured(kind, name, reader.library, number, path.stat().st_size, **said))
    print(file=sys.stderr)
    return measured, skipped


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.x12", description="Our X12 readers beside others.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--claims", type=int, default=1000, help="claims of each file (271: answers)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print every figure as JSON instead of the table")
    parser.add_argument("--out", type=Path, help="keep the files that were read in this directory")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.out or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        measured, skipped = run(make_files(folder, options.claims, options.seed), options.rounds)
    rows = summarise(measured)
    print(json.dumps({"rows": rows, "skipped": skipped}, indent=2) if options.json else table(rows, skipped))


if __name__ == "__main__":
    main()
