"""Amounts, dates and counts of the standard, read exactly and written back.

An absent value is None, never 0. A value that is not what its element may hold is None and a finding.
"""

import re
from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from shared.x12.findings import Finding, Severity
from shared.x12.tokens import STANDARD, Segment

_MAX_WHOLE_DIGITS = 16
_MOST_KNOWN = 4096
_LONGEST_KNOWN = 80
_NUMBER = re.compile(r"-?(?:[0-9]{1,15}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,9}", re.ASCII)


_Parsed = TypeVar("_Parsed")


def remembered(parse: Callable[[str, str], _Parsed]) -> Callable[[str, str], _Parsed]:
    """A parser of a text and what it is to be read by, which keeps its last answers: up to 4,096 short texts.

    Unlike `lru_cache` it keeps no long ones, so that a hostile file cannot make it hold gigabytes.
    """
    answers: dict[tuple[str, str], _Parsed] = {}

    def known(text: str, how: str) -> _Parsed:
        answer = answers.get((text, how))
        if answer is None:
            answer = parse(text, how)
            if len(text) <= _LONGEST_KNOWN:
                if len(answers) >= _MOST_KNOWN:
                    answers.clear()
                answers[text, how] = answer
        return answer

    return known


# What has been read, up to a bound: amounts, and the part before the point with its value in cents. A file's prices
# repeat, and where they do not, their whole parts do. Half as dear as `lru_cache` when they do not.
_AMOUNTS: dict[str, int] = {}
_WHOLES: dict[str, int] = {}
_FRACTIONS = {"": 0} | {f"{n}": 10 * n for n in range(10)} | {f"{n:02d}": n for n in range(100)}


def parse_cents(text: str) -> int:
    """Integer cents of a decimal amount: `"12.25"` is 1225, `".5"` is 50. Raises ValueError for anything else."""
    known = _AMOUNTS.get(text)
    if known is not None:
        return known
    whole, _, fraction = text.partition(".")
    base, rest = _WHOLES.get(whole), _FRACTIONS.get(fraction)
    amount = _parse_new_cents(text, whole, fraction) if base is None or rest is None else base + rest
    if len(_AMOUNTS) >= _MOST_KNOWN:
        _AMOUNTS.clear()
    _AMOUNTS[text] = amount
    return amount


def _parse_new_cents(text: str, whole: str, fraction: str) -> int:
    """Digit by digit. A whole part that is a number is remembered."""
    if whole.isdigit() and whole.isascii() and len(whole) <= _MAX_WHOLE_DIGITS:
        if len(_WHOLES) >= _MOST_KNOWN:
            _WHOLES.clear()
        _WHOLES[whole] = 100 * int(whole)
    elif text[:1] == "-" and text[1:2] != "-":
        return -parse_cents(text[1:])
    elif whole or not fraction:
        raise ValueError("not an amount with at most two decimals")
    if fraction not in _FRACTIONS:
        raise ValueError("not an amount with at most two decimals")
    return _WHOLES.get(whole, 0) + _FRACTIONS[fraction]


def format_cents(cents: int) -> str:
    """The shortest decimal form, as the standard asks: 1225 is `12.25`, 50 is `.5`, 100 is `1`."""
    whole, rest = divmod(abs(cents), 100)
    fraction = f".{rest:02d}".rstrip("0") if rest else ""
    text = f"{whole or ''}{fraction}" or "0"
    return f"-{text}" if cents < 0 else text


@lru_cache(maxsize=4096)
def parse_date(text: str) -> date:
    """A `CCYYMMDD` or `YYMMDD` date; two-digit years up to 49 are in this century. Raises ValueError."""
    if not text.isascii() or not text.isdigit():
        raise ValueError("not a date")
    if len(text) == 8:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    if len(text) == 6:
        year = int(text[:2])
        return date(year + (2000 if year < 50 else 1900), int(text[2:4]), int(text[4:]))
    raise ValueError("not a date")


def format_date(day: date | None) -> str:
    """`CCYYMMDD`, or "" for None."""
    return f"{day.year:04d}{day.month:02d}{day.day:02d}" if day else ""


def parse_time(text: str) -> time:
    """An `HHMM`, `HHMMSS` or `HHMMSSD[D]` time. Raises ValueError."""
    if not text.isascii() or not text.isdigit() or len(text) not in (4, 6, 7, 8):
        raise ValueError("not a time")
    second = int(text[4:6]) if len(text) > 4 else 0
    return time(int(text[:2]), int(text[2:4]), second, int(text[6:].ljust(2, "0")) * 10_000 if len(text) > 6 else 0)


@lru_cache(maxsize=1024)
def parse_decimal(text: str) -> Decimal:
    """An exact decimal number. Raises ValueError."""
    if not _NUMBER.fullmatch(text):
        raise ValueError("not a number")
    return Decimal(text)


def format_decimal(number: Decimal | None) -> str:
    """Without exponent or trailing zeros after the point; "" for None."""
    if number is None:
        return ""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text or "0"


def fault(findings: list[Finding], code: str, message: str, segment: Segment, element: int = 0, loop: str = "") -> None:
    """Record an error at `segment`."""
    place = segment.number, segment.offset, segment.tag
    findings.append(Finding(Severity.ERROR, code, message, *place, element, loop))


def cents(segment: Segment, position: int, findings: list[Finding], loop: str = "") -> int | None:
    """The amount in element `position` in cents; None when absent, or when it is not an amount (a finding then)."""
    return cents_of(segment.get(position), segment, position, findings, loop)


def cents_of(text: str, segment: Segment, position: int, findings: list[Finding], loop: str = "") -> int | None:
    """`cents` for who has the text of the element at hand, as `day_of` and `number_of` are."""
    if not text:
        return None
    try:
        return parse_cents(text)
    except ValueError:
        message = f"{segment.tag}{position:02d} is not an amount with at most two decimals."
        fault(findings, "IK403:6", message, segment, position, loop)
        return None


def day(segment: Segment, position: int, findings: list[Finding], loop: str = "") -> date | None:
    """The date in element `position`; None when absent or invalid (a finding then)."""
    return day_of(segment.get(position), segment, position, findings, loop)


def day_of(text: str, segment: Segment, position: int, findings: list[Finding], loop: str = "") -> date | None:
    """The date a text is, which stands in element `position`."""
    if not text:
        return None
    try:
        return parse_date(text)
    except ValueError:
        fault(findings, "IK403:8", f"{segment.tag}{position:02d} is not a date.", segment, position, loop)
        return None


def period(segment: Segment, findings: list[Finding], loop: str = "") -> tuple[date | None, date | None]:
    """First and last day of a DTP segment: `D8` gives the same day twice, `RD8` a range, `DT` drops the time."""
    return period_of(segment.get(2), segment.get(3), segment, findings, loop)


def period_of(
    form: str, text: str, segment: Segment, findings: list[Finding], loop: str = ""
) -> tuple[date | None, date | None]:
    """The period that a text of that form is, which stands in a DTP segment."""
    try:
        return _parse_period(text, form)
    except ValueError:
        if text:
            fault(
                findings,
                "IK403:8",
                f"{segment.tag}03 is not a date of the form {segment.tag}02 names.",
                segment,
                3,
                loop,
            )
        return None, None


@remembered
def _parse_period(text: str, form: str) -> tuple[date, date]:
    first, _, last = text.partition("-") if form == "RD8" else (text, "", text)
    if form == "DT":
        first = last = text[:8]
    return parse_date(first), parse_date(last)


def number(segment: Segment, position: int, findings: list[Finding], loop: str = "") -> Decimal | None:
    """The decimal number in element `position`; None when absent or invalid (a finding then)."""
    return number_of(segment.get(position), segment, position, findings, loop)


def number_of(text: str, segment: Segment, position: int, findings: list[Finding], loop: str = "") -> Decimal | None:
    """The decimal number a text is, which stands in element `position`."""
    if not text:
        return None
    try:
        return parse_decimal(text)
    except ValueError:
        fault(findings, "IK403:6", f"{segment.tag}{position:02d} is not a number.", segment, position, loop)
        return None


@remembered
def parse_procedure(text: str, separator: str) -> tuple[str, str, tuple[str, ...], str]:
    """Qualifier, code, up to four modifiers and description of a procedure composite."""
    qualifier, code, *parts = (*text.split(separator), "")
    modifiers = tuple([one for one in parts[:4] if one])
    return qualifier, code, modifiers, parts[4] if len(parts) > 4 else ""


def parse_count(text: str) -> int | None:
    """A short non-negative whole number, None for anything else."""
    return int(text) if _COUNT.fullmatch(text) else None


def raw(segment: Segment) -> tuple[str, ...]:
    """A segment kept as it is, less trailing empty elements: `:` parts components and `^` repetitions.

    Where a file with other delimiters holds those two characters as plain text, they become spaces.
    """
    elements, delimiters = segment.elements, segment.delimiters
    if delimiters is STANDARD and elements and elements[-1]:
        return (segment.tag, *elements)
    if elements and not elements[-1]:
        used = next((index for index in range(len(elements), 0, -1) if elements[index - 1]), 0)
        elements = elements[:used]
    if delimiters.component != ":" or delimiters.repetition not in ("^", ""):
        special, clean = _translation(delimiters.component, delimiters.repetition)
        if not special.isdisjoint("".join(elements)):
            return (segment.tag, *(one.translate(clean) for one in elements))
    return (segment.tag, *elements)


@lru_cache(maxsize=64)
def _translation(component: str, repetition: str) -> tuple[frozenset[str], dict[int, str]]:
    """The characters to replace, and what replaces them."""
    table = {":": " ", "^": " "}
    if repetition:
        table[repetition] = "^"
    table[component] = ":"
    return frozenset(table), {ord(one): other for one, other in table.items()}
