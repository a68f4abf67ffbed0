"""python -P -m shared.start services.claims.app: a process of ours, started with less to do.

Half of a start is importing. What is imported stays, so the collector need not look through it again and again; and
what only a terminal shows need not be there, as it is not in an image, where other libraries would find and load it.
"""

import runpy
import sys

from shared.collector import look_rarely

ONLY_FOR_TERMINALS = ("rich", "pygments")


def start(module: str) -> None:
    """Run a module as the program."""
    look_rarely()
    for name in ONLY_FOR_TERMINALS:
        sys.modules[name] = None  # type: ignore[assignment]  # an import of it fails, as where it is not installed
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    start(sys.argv[1])
