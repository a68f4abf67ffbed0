"""How tests are dealt out among processes: what stays together, and what begins first."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from tests.sharing import group_of, longest_first


@dataclass
class Item:
    """What the plugin looks at in a test."""

    nodeid: str
    fixturenames: tuple[str, ...] = ()
    marks: tuple[pytest.Mark, ...] = ()

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        return next((mark for mark in self.marks if mark.name == name), None)


def item(nodeid: str, *marks: pytest.MarkDecorator, asks_for: str = "tmp_path") -> pytest.Item:
    return cast("pytest.Item", Item(nodeid, (asks_for,), tuple(mark.mark for mark in marks)))


ROOT = Path(__file__).parents[2]
STACK, LONG = pytest.mark.stack, pytest.mark.timeout(900)


def test_a_file_stays_together_and_so_do_stacks_and_the_servers_of_the_run() -> None:
    assert group_of(item("tests/a.py::test[x::y]")) == "tests/a.py"
    assert group_of(item("tests/a.py::test", STACK)) == group_of(item("tests/b.py::test", STACK))
    asks = item("tests/a.py::test", STACK, asks_for="mongo_url")
    assert group_of(asks) == group_of(item("tests/b.py::test", asks_for="kafka"))
    assert group_of(asks) != group_of(item("tests/a.py::test", STACK))


def test_what_may_take_longest_begins_first_and_the_rest_keeps_its_order() -> None:
    one, two = item("tests/a.py::one"), item("tests/a.py::two")
    stack, other = item("tests/b.py::up", STACK), item("tests/c.py::down", STACK, LONG)
    slow, brief = item("tests/d.py::slow", LONG), item("tests/d.py::brief")
    assert longest_first([one, stack, two, brief, other, slow]) == [stack, other, brief, slow, one, two]


TWO_FILES = """
import os, pathlib, pytest

@pytest.mark.parametrize("n", range(6))
def test(n: int) -> None:
    with (pathlib.Path(__file__).parent / "where.txt").open("a") as file:
        file.write(f"{pathlib.Path(__file__).name} {os.environ['PYTEST_XDIST_WORKER']}\\n")
"""


def test_each_file_runs_in_one_process_of_a_run_in_two(tmp_path: Path) -> None:
    names = [f"test_{name}.py" for name in "abcd"]
    for name in names:
        (tmp_path / name).write_text(TWO_FILES)
    options = ["-n", "2", "--dist=loadgroup", "-p", "tests.sharing", "-p", "no:cacheprovider", "-c", os.devnull]
    words = [sys.executable, "-m", "pytest", "-q", *options, f"--rootdir={tmp_path}", str(tmp_path)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    ran = set((tmp_path / "where.txt").read_text().splitlines())
    assert sorted(one.split()[0] for one in ran) == names
    assert {one.split()[1] for one in ran} == {"gw0", "gw1"}
