"""How tests are dealt out among processes: what stays together, and what begins first."""

from dataclasses import dataclass
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
