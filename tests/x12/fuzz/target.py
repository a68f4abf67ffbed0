"""The atheris target: `python -m tests.x12.fuzz.target [FOLDER] [-runs=100000]` mutates the files of a folder.

Options are libFuzzer's. A file that breaks a promise is written to the current folder as `crash-*`.
"""

import sys
from importlib import import_module
from typing import Any

# It has wheels for few platforms and ships no types.
atheris: Any = import_module("atheris")

with atheris.instrument_imports(include=["shared.x12"]):
    from tests.x12.fuzz.promises import keep_all


def main() -> None:
    """Fuzz until the given number of runs is over; atheris ends the process."""
    atheris.Setup(sys.argv, keep_all)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
