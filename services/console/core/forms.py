"""What a person types into a form, read strictly: a value, or a sentence beside the field. Pure.

Nothing is guessed: half an amount (`12.5`), a day that does not exist or a choice that was not offered are said, and
nothing is sent. What was typed is shown again, so that nothing is lost.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["line", "words", "cents", "day", "choice", "whole", "yes", "hidden", "count", "codes"]
AMOUNT = re.compile(r"^\$?(\d{1,3}(?:,\d{3})+|\d{1,9})(?:\.(\d{2}))?$", re.ASCII)
CENTS_MAX = 99_999_999_99
"""What the services take for one amount."""
WHOLE_MAX = 9_999
LINE_MAX, WORDS_MAX = 100, 500


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `name` is that of the service's body, so that its faults find the way back.

    `least` and `most` are characters of texts; `hint` says in a sentence what is wanted.
    """

    name: str
    label: str
    kind: Kind = "line"
    needed: bool = True
    choices: tuple[tuple[str, str], ...] = ()
    hint: str = ""
    least: int = 1
    most: int = LINE_MAX
    value: str = ""  # what it holds before anybody typed


class Filled(NamedTuple):
    """A form that was read: values for the service's body, and sentences by field for what cannot be."""

    values: Mapping[str, Any]
    problems: Mapping[str, str]


class NotReadableError(ValueError):
    """The sentence beside the field."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in a form when it is shown again: texts and problems by field, and a sentence about all of it."""

    texts: Mapping[str, str] = field(default_factory=dict[str, str])
    problems: Mapping[str, str] = field(default_factory=dict[str, str])
    problem: str = ""


def read_form(fields: tuple[Field, ...], given: Mapping[str, str]) -> Filled:
    """Every field, each for itself. Empty fields that are not needed are left out of the values."""
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for one in fields:
        text = given.get(one.name, "").strip()
        if not text:
            if one.kind == "yes":
                values[one.name] = False
            elif one.needed:
                problems[one.name] = "This is needed."
            continue
        try:
            values[one.name] = READERS[one.kind](one, text)
        except NotReadableError as error:
            problems[one.name] = str(error)
    return Filled(values, problems)


def cents_of(text: str) -> int:
    """`1,234.56`, `$12`, `0.05` in cents; NotReadableError for half an amount, a sign, or nothing at all."""
    found = AMOUNT.match(text)
    if found is None:
        msg = "Write the amount in dollars and cents, such as 1,234.50."
        raise NotReadableError(msg)
    cents = int(found[1].replace(",", "")) * 100 + int(found[2] or 0)
    if not 0 < cents <= CENTS_MAX:
        msg = "The amount is more than nothing and less than $100,000,000."
        raise NotReadableError(msg)
    return cents


def _cents(_: Field, text: str) -> int:
    return cents_of(text)


def _day(_: Field, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        msg = "Write a day that exists, such as 2026-07-31."
        raise NotReadableError(msg) from None


def _choice(one: Field, text: str) -> str:
    if text not in {value for value, _ in one.choices}:
        msg = "Choose one of the list."
        raise NotReadableError(msg)
    return text


def _whole(_: Field, text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) <= WHOLE_MAX):
        msg = f"Write a whole number from 1 to {WHOLE_MAX:,}."
        raise NotReadableError(msg)
    return int(text)


def _text(one: Field, text: str) -> str:
    if not one.least <= len(text) <= one.most:
        msg = f"Write {one.least} to {one.most} characters; these are {len(text)}."
        raise NotReadableError(msg)
    if not all(character.isprintable() or character in "\n\r\t" for character in text):
        msg = "There are characters in it that cannot be seen: type it anew."
        raise NotReadableError(msg)
    return text


def _codes(_: Field, text: str) -> list[str]:
    codes = [one.strip() for one in text.replace(";", ",").split(",")]
    if not all(code.isascii() and code.replace(".", "").isalnum() for code in codes):
        msg = "Write codes with commas between them."
        raise NotReadableError(msg)
    return codes


def _count(_: Field, text: str) -> int:
    """A number that the page itself wrote into the form."""
    if not (text.isascii() and text.isdigit() and len(text) <= len("999999999")):
        msg = "This form is incomplete: open the page again."
        raise NotReadableError(msg)
    return int(text)


def _yes(_: Field, text: str) -> bool:
    return text == "yes"


READERS: Mapping[Kind, Callable[[Field, str], Any]] = {
    "line": _text,
    "words": _text,
    "cents": _cents,
    "day": _day,
    "choice": _choice,
    "whole": _whole,
    "yes": _yes,
    "hidden": _text,
    "count": _count,
    "codes": _codes,
}
