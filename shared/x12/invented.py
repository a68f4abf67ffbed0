"""Invented people, providers and numbers, each a function of a seed and names: the same in every run, everywhere."""

import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

Item = TypeVar("Item")

_LISTS: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
_FIRST_NAMES: dict[str, list[str]] = {"F": _LISTS["female_names"], "M": _LISTS["male_names"]}
_PLACES: list[tuple[str, str, str]] = _LISTS["places"]
ICD_10: list[str] = _LISTS["icd_10"]
"""Billable ICD-10-CM codes without point."""
PAYERS: dict[str, dict[str, Any]] = {one["id"]: one for one in _LISTS["payers"]}
"""By identifier: `name`, `filing_code` (SBR09) and `weight`, how often claims go there."""
VISITS: dict[str, list[int]] = _LISTS["visits"]
"""By procedure code: price in cents, weight."""
SERVICES: dict[str, list[int]] = _LISTS["services"]
"""By procedure code: price of a unit in cents, weight, most units."""
DENTAL: dict[str, list[int]] = _LISTS["dental"]
"""By procedure code: price in cents, weight, 1 where a tooth is named."""


def number(*names: object) -> int:
    """A large number made of the names: equal names, equal number."""
    text = "\x1f".join(str(one) for one in names)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def choose(items: Sequence[Item], *names: object) -> Item:
    """One of the items, as the names decide."""
    return items[number(*names) % len(items)]


def weighted(weights: dict[Item, int], *names: object) -> Item:
    """One of the keys, each as often as its weight says."""
    rest = number(*names) % sum(weights.values())
    for item, weight in weights.items():
        rest -= weight
        if rest < 0:
            return item
    raise AssertionError("the weights are used up")


def check_digit(first_nine: str) -> str:
    """The last digit of an NPI: Luhn over 80840 and the nine digits, which adds 24 (45 CFR 162.406)."""
    doubled = [int(digit) * 2 for digit in first_nine[::-2]]
    total = 24 + sum(one // 10 + one % 10 for one in doubled) + sum(int(digit) for digit in first_nine[-2::-2])
    return str(-total % 10)


def npi(*names: object) -> str:
    """A valid NPI that starts with 1; whether anybody holds it is not known."""
    first_nine = f"1{number('npi', *names) % 10**8:08d}"
    return first_nine + check_digit(first_nine)


def repaired_npi(text: str) -> str:
    """The NPI itself when valid; with a new check digit when that is all it lacks; else another one made of it."""
    if len(text) == 10 and text.isascii() and text.isdigit() and text[0] in "12":
        return text[:9] + check_digit(text[:9])
    return npi("repaired", text)


@dataclass(frozen=True, slots=True)
class Invented:
    """A person who does not exist. `ssn` is of a range never issued (it starts with 9)."""

    last_name: str
    first_name: str
    sex: str
    birth_date: date
    street: str
    city: str
    state: str
    postal_code: str
    member_id: str
    ssn: str


def person(*names: object, child: bool = False, on: date = date(2026, 6, 1)) -> Invented:
    """The person of these names: an adult of 18 to 88 years, or a child of 1 to 16, on the day `on`."""
    sex = choose(("F", "M"), "sex", *names)
    youngest, span = (366, 5480) if child else (6580, 25560)
    city, state, postal_code = choose(_PLACES, "place", *names)
    return Invented(
        last_name=choose(_LISTS["last_names"], "last", *names),
        first_name=choose(_FIRST_NAMES[sex], "first", *names),
        sex=sex,
        birth_date=on - timedelta(days=youngest + number("born", *names) % span),
        street=f"{100 + number('house', *names) % 9800} {choose(_LISTS['streets'], 'street', *names)} Street",
        city=city,
        state=state,
        postal_code=postal_code,
        member_id=f"M{number('member', *names) % 10**10:010d}",
        ssn=f"9{number('ssn', *names) % 10**8:08d}",
    )
