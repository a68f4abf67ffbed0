"""A view is a frozen dataclass in everything but the time it takes to make one."""

import pickle
from copy import copy
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.x12.view import drafts, maker, view


@view
class Seen:
    code: str
    cents: int | None = None
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plain:
    code: str
    cents: int | None = None
    parts: tuple[str, ...] = ()


@given(st.text(), st.none() | st.integers(), st.lists(st.text()).map(tuple))
def test_it_holds_shows_and_compares_what_a_dataclass_would(
    code: str, cents: int | None, parts: tuple[str, ...]
) -> None:
    made, plain = Seen(code, cents, parts=parts), Plain(code, cents, parts=parts)

    assert repr(made) == repr(plain).replace("Plain", "Seen")
    assert made == Seen(code, cents, parts)
    assert hash(made) == hash(Seen(code, cents, parts))
    assert replace(made, code="other") == Seen("other", cents, parts)
    assert [one.name for one in fields(made)] == [one.name for one in fields(plain)]


def test_defaults_are_filled_and_what_has_none_is_required() -> None:
    assert Seen("A") == Seen("A", None, ())
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'code'"):
        Seen()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def test_it_cannot_be_changed_and_has_no_room_for_more() -> None:
    one = Seen("A")

    with pytest.raises(FrozenInstanceError):
        one.code = "B"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    assert not hasattr(one, "__dict__")


def test_a_default_factory_is_refused() -> None:
    with pytest.raises(TypeError, match="not factories"):

        @view
        class Made:  # pyright: ignore[reportUnusedClass]
            parts: list[str] = field(default_factory=list[str])


@given(st.text(), st.none() | st.integers(), st.lists(st.text()).map(tuple))
def test_a_maker_makes_what_the_class_makes(code: str, cents: int | None, parts: tuple[str, ...]) -> None:
    make = maker(Seen)

    assert make(code, cents, parts=parts) == Seen(code, cents, parts)
    assert type(make(code)) is Seen
    assert make(code) == Seen(code)


def test_a_draft_has_the_defaults_and_becomes_a_view_that_cannot_be_changed() -> None:
    draft = drafts(Seen)()
    draft.code, draft.cents = "A", 5
    draft.__class__ = Seen

    assert draft == Seen("A", 5)
    assert repr(draft) == repr(Seen("A", 5))
    with pytest.raises(FrozenInstanceError):
        draft.cents = 6


def test_it_survives_copies_and_pickles() -> None:
    one = Seen("A", 5, ("x",))

    assert copy(one) == one
    assert pickle.loads(pickle.dumps(one)) == one


def test_it_has_no_subclasses_because_they_would_be_made_as_the_view() -> None:
    with pytest.raises(TypeError, match="a view has no subclasses"):

        class Below(Seen):  # pyright: ignore[reportUnusedClass]
            pass
