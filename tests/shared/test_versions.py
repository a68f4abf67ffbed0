"""Versions of a record: what changed by field, what stays sealed, and that no change is left out."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.versions import changes, is_rows, is_table, masked, version_of, versions
from tests.shared.till import TILL, pay


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({"a": 1}, {"a": 2}, [("a", 1, 2)]),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3, 4]}}, [("a.b[1]", 2, 3), ("a.b[2]", None, 4)]),
        ({"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 1}]}, [("a[1]", {"b": 2}, None)]),
        ({"a": None}, {"a": {"sealed_name": "x", "n": 1}}, [("a", None, {"sealed_name": "sealed", "n": 1})]),
        ({"sealed_name": "x"}, {"sealed_name": "y"}, [("sealed_name", "sealed", "sealed")]),
        ({"sealed_notes": ["x"]}, {"sealed_notes": []}, [("sealed_notes", "sealed", None)]),
        ({"client_secret": ""}, {"client_secret": "y"}, [("client_secret", None, "sealed")]),
        ({"a": 1}, {"a": 1}, []),
    ],
)
def test_changes_are_named_by_field(before: Any, after: Any, said: list[tuple[str, Any, Any]]) -> None:
    assert [tuple(one) for one in changes(before, after)] == said


TREES = st.recursive(
    st.integers(0, 3) | st.sampled_from(["x", "y"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "sealed_c"]), inner | st.none(), max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(before=TREES, after=TREES)
def test_every_difference_is_told_and_nothing_sealed_with_it(before: Any, after: Any) -> None:
    told = list(changes({"row": before}, {"row": after}))
    assert bool(told) is (_present(before) != _present(after))
    assert all(masked(one.before) == one.before and masked(one.after) == one.after for one in told)


def _present(tree: Any) -> Any:
    """As it counts: a field that is null and one that is not there are the same."""
    if is_table(tree):
        return {key: _present(value) for key, value in tree.items() if value is not None}
    return [_present(value) for value in tree] if is_rows(tree) else tree


def test_the_last_version_is_the_record_and_the_first_came_from_nothing() -> None:
    decided = TILL.start(pay("r1"), pay("r2"), pay("r3"))
    entries = decided.entries
    told = list(versions(TILL, entries, 0, 100))
    assert [one.number for one in told] == [entry.number for entry in entries]
    assert version_of(TILL, entries, entries[-1].number) == masked(
        TILL.state_codec.dump_python(decided.snapshot.state, mode="json")
    )
    assert [one.number for one in versions(TILL, entries, 1, 1)] == [2]
    assert version_of(TILL, entries, 0) is None
    assert version_of(TILL, entries, entries[-1].number + 1) is None
