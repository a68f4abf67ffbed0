"""A view is a frozen dataclass in everything but the time it takes to make one."""

from dataclasses import FrozenInstanceError, dataclass, field, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.x12.view import view


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
