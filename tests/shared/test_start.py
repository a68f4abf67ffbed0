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


def test_a_module_runs_as_the_program_without_what_only_a_terminal_shows(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    argv = [sys.executable, "-m", "shared.start", "program"]
    root = Path(__file__).parents[2]
    done = subprocess.run(
        argv, cwd=root, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.splitlines() == ["no rich", f"__main__ {YOUNG_OBJECTS}"]
