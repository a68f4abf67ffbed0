"""A process may be given a wrong clock, while it runs, and the right one again."""

import subprocess
import sys
from pathlib import Path

from tests.chaos import skewed
from tests.chaos.skewed import Offset, put_clock_right, set_clock_wrong

TELL = """
import time
from shared.clock import system_wall
print(system_wall().timestamp(), time.time())
"""


def test_the_offset_is_read_again_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "offset"
    offset = Offset(file)
    assert offset.seconds() == 0
    set_clock_wrong(file, -45)
    assert offset.seconds() == -45
    put_clock_right(file)
    put_clock_right(file)
    assert offset.seconds() == 0


def test_a_module_runs_on_the_wrong_clock(tmp_path: Path) -> None:
    (tmp_path / "tells_time.py").write_text(TELL)
    set_clock_wrong(tmp_path / "offset", 86_400)
    words = [sys.executable, str(skewed.__file__), str(tmp_path / "offset"), "tells_time"]
    said = subprocess.run(words, capture_output=True, text=True, check=True, env={"PYTHONPATH": str(tmp_path)}).stdout
    wall, library = map(float, said.split())
    assert 86_000 < wall - skewed.MACHINES_TIME() <= 86_400
    assert 86_000 < library - skewed.MACHINES_TIME() <= 86_400
