"""A process is started with less to do, and is the program that it would have been."""

import subprocess
import sys
from pathlib import Path

from shared.collector import YOUNG_OBJECTS

PROGRAM = """
import gc
try:
    import rich
except ImportError:
    print("no rich")
print(__name__, gc.get_threshold()[0])
"""
MODELS = """
from fastapi.openapi.models import Info
from pydantic import BaseModel
class Ours(BaseModel):
    title: str
print(Ours.__pydantic_complete__, Info.__pydantic_complete__)
print(Info(title="A", version="1").title, Info.__pydantic_complete__)
"""


def lines_of(program: str, folder: Path) -> list[str]:
    (folder / "program.py").write_text(program)
    argv = [sys.executable, "-m", "shared.start", "program"]
    root = Path(__file__).parents[2]
    done = subprocess.run(
        argv, cwd=root, env={"PYTHONPATH": str(folder)}, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.splitlines()


def test_a_module_runs_as_the_program_without_what_only_a_terminal_shows(tmp_path: Path) -> None:
    assert lines_of(PROGRAM, tmp_path) == ["no rich", f"__main__ {YOUNG_OBJECTS}"]


def test_the_description_of_an_api_is_made_ready_when_it_is_asked_for_and_our_own_models_at_once(
    tmp_path: Path,
) -> None:
    assert lines_of(MODELS, tmp_path) == ["True False", "A True"]
