"""A changed copy is what `dataclasses.replace` gives, for every field and every value."""

import dataclasses
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.replaced import replace


@dataclass(frozen=True, slots=True)
class State:
    """Two fields, as states have them."""

    name: str = ""
    lines: tuple[int, ...] = ()


@dataclass(frozen=True)
class Loose:
    """Not slotted."""

    name: str = ""
    other: str = ""


CHANGES = st.fixed_dictionaries({}, optional={"name": st.text(), "lines": st.tuples(st.integers())})


@given(st.builds(State, st.text(), st.tuples(st.integers())), CHANGES)
def test_it_is_what_dataclasses_would_make(state: State, changes: dict[str, object]) -> None:
    before = dataclasses.asdict(state)
    made = replace(state, **changes)
    assert made == dataclasses.replace(state, **changes)  # type: ignore[arg-type]
    assert hash(made) == hash(dataclasses.replace(made))
    assert dataclasses.asdict(state) == before
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.name = "other"  # type: ignore[misc]


def test_a_field_it_has_not_is_refused() -> None:
    with pytest.raises(TypeError, match="State has no field nme"):
        replace(State(), nme="x")


def test_a_class_it_cannot_copy_is_refused() -> None:
    with pytest.raises(TypeError, match="Loose is no slotted dataclass"):
        replace(Loose(), name="x")
