"""Patterns over codes, without regular expressions: `#` a digit, `@` a letter, `?` any one character, `*` any run.

Matching takes at most pattern times text steps, so no pattern can be made that hangs.
"""

from collections.abc import Callable
from functools import lru_cache

PATTERN_MAX = 40
_ANY_RUN = "*"


def _digit(character: str) -> bool:
    return "0" <= character <= "9"


def _letter(character: str) -> bool:
    return character.isascii() and character.isalpha()


_CLASSES: dict[str, Callable[[str], bool]] = {"#": _digit, "@": _letter, "?": lambda _: True}


def pattern_fault(pattern: str) -> str | None:
    """Why this is no pattern, or None."""
    if not pattern:
        return "an empty pattern matches nothing: use exists = false"
    if len(pattern) > PATTERN_MAX:
        return f"a pattern has at most {PATTERN_MAX} characters"
    return None


@lru_cache(maxsize=16_384)  # claims repeat their codes
def matches(pattern: str, text: str) -> bool:
    """Whether the whole text has the form of the pattern. Goes back only to the last `*`, never further."""
    at = place = 0
    star, resume = -1, 0
    while place < len(text):
        if at < len(pattern) and pattern[at] != _ANY_RUN and _fits(pattern[at], text[place]):
            at, place = at + 1, place + 1
        elif at < len(pattern) and pattern[at] == _ANY_RUN:
            star, resume = at, place
            at += 1
        elif star >= 0:
            resume += 1
            at, place = star + 1, resume
        else:
            return False
    return all(rest == _ANY_RUN for rest in pattern[at:])


def _fits(mark: str, character: str) -> bool:
    of_class = _CLASSES.get(mark)
    return of_class(character) if of_class else mark == character
