"""python -P -m shared.start services.claims.app: a process of ours, started with less to do.

Most of a start is importing. What is imported stays, so the collector need not look through it again and again; what
only a terminal shows need not be there, as it is not in an image, where other libraries would find and load it; and
the classes that FastAPI describes an API with are made ready when somebody asks for the description.
"""

import runpy
import sys
from importlib import import_module

from pydantic import BaseModel, ConfigDict

from shared.collector import look_rarely

ONLY_FOR_TERMINALS = ("rich", "pygments")


def start(module: str) -> None:
    """Run a module as the program."""
    look_rarely()
    for name in ONLY_FOR_TERMINALS:
        sys.modules[name] = None  # type: ignore[assignment]  # an import of it fails, as where it is not installed
    _put_off("fastapi.openapi.models")
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _put_off(module: str) -> None:
    """Import a library's models without their validators, which pydantic then makes at the first use of each."""
    BaseModel.model_config = ConfigDict(defer_build=True)
    import_module(module)
    BaseModel.model_config = ConfigDict()


if __name__ == "__main__":
    start(sys.argv[1])
