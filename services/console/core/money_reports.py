"""The ledger's reports as pages draw them: rows with a link behind every figure, bars, and whether they tie. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode

from services.console.core.said import dollars

REPORTS: Mapping[str, str] = {
    "aging": "Receivables by age",
    "overdue": "Receivables over time",
    "daysheet": "Day sheet",
    "cash-receipts": "Cash receipts",
    "adjustments": "Adjustments",
    "credits": "Credits",
    "allocation": "Payers' shares",
    "indicators": "Indicators",
}
ASKABLE = ("first", "last", "as_of", "by", "base", "buckets", "side", "every")
"""What a report may be asked for; anything else in an address is passed over."""
PATH_OF = {"cash_receipts": "cash-receipts"}


class Cell(NamedTuple):
    """One figure, and the list behind it."""

    cents: int
    url: str


class ReportRow(NamedTuple):
    """A row: what it is about, and its figures in the order of the columns."""

    names: tuple[str, ...]
    cells: tuple[Cell, ...]


class Report(NamedTuple):
    """A report as it was told. `problems` are control totals that differ, in words."""

    columns: tuple[str, ...]
    row_names: tuple[str, ...]
    rows: tuple[ReportRow, ...]
    totals: tuple[Cell, ...]
    ties: bool
    controls: tuple[str, ...]
    left_out: int


class Bar(NamedTuple):
    """One bar of a chart: where it stands, how long it is (0 to 100), what it says, and the list behind it."""

    label: str
    cents: int
    length: int
    url: str
    at: int


def askable(given: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The part of an address that asks a report for something."""
    return [(name, value[:40]) for name, value in given if name in ASKABLE and value]


def entries_url(root: str, name: str, asked: Sequence[tuple[str, str]], row: Sequence[str], column: str) -> str:
    """The list behind a figure."""
    where = [*asked, *(("row", one) for one in row), *([("column", column)] if column else [])]
    return f"{root}/entries/{name}?{urlencode(where)}"


def report_of(root: str, name: str, body: Mapping[str, Any], asked: Sequence[tuple[str, str]]) -> Report:
    """A report of the books; `root` is where the lists behind its figures are."""
    totals = cast("dict[str, int]", body.get("totals") or {})
    columns = tuple(totals)
    rows = cast("list[dict[str, Any]]", body.get("rows") or [])
    row_names = tuple(key for key in (rows[0] if rows else {}) if key not in totals and not _is_extra(key))
    return Report(
        columns,
        row_names,
        tuple(_row(root, name, asked, row, row_names, columns) for row in rows),
        tuple(Cell(cents, entries_url(root, name, asked, (), column)) for column, cents in totals.items()),
        bool(body.get("ties")),
        tuple(control_said(one) for one in cast("list[dict[str, Any]]", body.get("controls") or [])),
        int(body.get("rows_left_out") or 0),
    )


EXTRA = frozenset({"drill_down", "value", "shape", "numerator_is", "denominator_is"})


def _is_extra(key: str) -> bool:
    return key in EXTRA or key.endswith("_cents")


def _row(
    root: str,
    name: str,
    asked: Sequence[tuple[str, str]],
    row: Mapping[str, Any],
    row_names: tuple[str, ...],
    columns: tuple[str, ...],
) -> ReportRow:
    names = tuple(str(row.get(one, "")) for one in row_names)
    cells = (Cell(int(row.get(one) or 0), entries_url(root, name, asked, names, one)) for one in columns)
    return ReportRow(names, tuple(cells))


def control_said(control: Mapping[str, Any]) -> str:
    """`net receivables: 1234 cents here, 1234 in the accounts`, in dollars; with the difference where there is one."""
    closing = int(control.get("closing_cents") or 0)
    stated = int(control.get("stated_cents") or 0)
    difference = int(control.get("difference_cents") or 0)
    name = str(control.get("name", "")).replace("_", " ")
    if control.get("ties"):
        return f"{name}: {dollars(closing)} at the end of these days, as the accounts say"
    return f"{name}: DOES NOT TIE, {dollars(difference)} between this report and the accounts ({dollars(stated)})"


def column_said(column: str) -> str:
    """`days_31_60_cents` as `31 to 60 days`; others without their unit."""
    words = column.removesuffix("_cents").split("_")
    match words:
        case ["days", first, last]:
            return f"{first} to {last} days"
        case ["days", "over", last] | ["over", last]:
            return f"over {last} days"
        case _:
            return " ".join(words)


def bars_of(report: Report) -> list[Bar]:
    """A bar for each column of a report's totals; a credit has no length, and says its amount."""
    longest = max((one.cents for one in report.totals), default=0)
    return [
        Bar(column_said(column), cell.cents, share(cell.cents, longest), cell.url, at)
        for at, (column, cell) in enumerate(zip(report.columns, report.totals, strict=True))
    ]


def share(part: int, whole: int) -> int:
    """A length of 0 to 100; something is never drawn as nothing."""
    return 0 if part <= 0 or whole <= 0 else max(1, round(100 * part / whole))


class Indicator(NamedTuple):
    """One figure of the business: its value in words, what it is made of, and the list behind it."""

    name: str
    said: str
    made_of: str
    url: str


def indicators_of(root: str, body: Mapping[str, Any], asked: Sequence[tuple[str, str]]) -> list[Indicator]:
    """The ledger's indicators, each with its numerator and denominator."""
    rows = cast("list[dict[str, Any]]", body.get("rows") or [])
    return [
        Indicator(
            str(row.get("indicator", "")).replace("_", " "),
            value_said(row.get("value"), str(row.get("shape", ""))),
            f"{figure_said(row, 'numerator')} of {figure_said(row, 'denominator')}",
            entries_url(root, "indicators", asked, (str(row.get("indicator", "")),), "numerator"),
        )
        for row in rows
    ]


def value_said(value: object, shape: str) -> str:
    """`12.3 %`, `41.0 days`; a dash where there is nothing to divide by."""
    if not isinstance(value, int | float):
        return "—"
    return f"{100 * value:.1f} %" if shape == "share" else f"{value:,.1f} days"


def figure_said(row: Mapping[str, Any], side: str) -> str:
    """A numerator or denominator with what it is: amounts in dollars, numbers as they are."""
    about, figure = str(row.get(f"{side}_is", "")), int(row.get(side) or 0)
    if about.endswith(", cents"):
        return f"{about.removesuffix(', cents')} {dollars(figure)}"
    return f"{figure:,} {about}"
