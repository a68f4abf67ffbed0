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
    "claim-flow": "Claims on their way",
    "unbilled": "Not billed yet",
    "pre-billing": "Why claims are held",
}
OF_CLAIMS = frozenset({"claim-flow", "unbilled", "pre-billing"})
"""Reports whose figures are claims: behind them stand claims, and no entries."""
ASKABLE = ("first", "last", "as_of", "by", "base", "buckets", "side", "every")
"""What a report may be asked for; anything else in an address is passed over."""
PATH_OF = {"cash_receipts": "cash-receipts"}


class Cell(NamedTuple):
    """One figure as a number and in words, and the list behind it."""

    figure: int
    url: str
    said: str


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
    rows = cast("list[dict[str, Any]]", body.get("rows") or [])
    totals = cast("dict[str, int]", body.get("totals") or {})
    first = rows[0] if rows else {}
    columns = tuple(totals) or tuple(key for key, value in first.items() if isinstance(value, int) and key != "value")
    names = tuple(key for key in first if key not in columns and key not in EXTRA and not key.endswith("_cents"))
    controls = cast("list[dict[str, Any]]", body.get("controls") or [])
    of_claims = cast("dict[str, Any]", body.get("control") or {})
    return Report(
        columns,
        names,
        tuple(_row(root, name, asked, row, names, columns) for row in rows),
        tuple(
            Cell(figure, entries_url(root, name, asked, (), column), figure_of(column, figure, {}))
            for column, figure in totals.items()
        ),
        bool(body.get("ties")),
        (*map(control_said, controls), *([claims_said(of_claims)] if of_claims else [])),
        int(body.get("rows_left_out") or 0),
    )


EXTRA = frozenset({"drill_down", "value", "shape", "numerator_is", "denominator_is"})


def _row(
    root: str,
    name: str,
    asked: Sequence[tuple[str, str]],
    row: Mapping[str, Any],
    row_names: tuple[str, ...],
    columns: tuple[str, ...],
) -> ReportRow:
    names = tuple(str(row.get(one, "")) for one in row_names)
    figures = [(one, int(row.get(one) or 0)) for one in columns]
    cells = (Cell(n, entries_url(root, name, asked, names, one), figure_of(one, n, row)) for one, n in figures)
    return ReportRow(names, tuple(cells))


def figure_of(column: str, figure: int, row: Mapping[str, Any]) -> str:
    """An amount in dollars, a number as it is; of an indicator its row says which."""
    is_cents = column.endswith("_cents") or str(row.get(f"{column}_is", "")).endswith(", cents")
    return dollars(figure) if is_cents else f"{figure:,}"


def claims_said(control: Mapping[str, Any]) -> str:
    """What came in against what was sent, and what was charged against the accounts."""
    billed, ledger = int(control.get("billed_cents") or 0), int(control.get("ledger_cents") or 0)
    received, sent = int(control.get("claims_received") or 0), int(control.get("claims_sent") or 0)
    said = f"{received:,} claims received, {sent:,} sent; charged {dollars(billed)}"
    if billed == ledger:
        return f"{said}, as the accounts say"
    return f"{said}, DOES NOT TIE: the accounts say {dollars(ledger)}"


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
        case ["days", first, "on"]:
            return f"over {int(first) - 1} days" if first.isdigit() else " ".join(words)
        case ["days", first, last]:
            return f"{first} to {last} days"
        case ["days", "over", last] | ["over", last]:
            return f"over {last} days"
        case _:
            return " ".join(words)


def bars_of(report: Report) -> list[Bar]:
    """A bar for each column of a report's totals; a credit has no length, and says its amount."""
    longest = max((one.figure for one in report.totals), default=0)
    return [
        Bar(column_said(column), cell.figure, share(cell.figure, longest), cell.url, at)
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


FIRST_SHOWN = (
    "days_in_receivables",
    "net_collection",
    "denied_claims",
    "denied_amount",
    "aged_over_90",
    "days_to_first_decision",
)
"""Of the indicators: what people look at first."""


def indicators_of(root: str, body: Mapping[str, Any], asked: Sequence[tuple[str, str]]) -> list[Indicator]:
    """The ledger's indicators, each with its numerator and denominator."""
    rows = cast("list[dict[str, Any]]", body.get("rows") or [])
    rows.sort(key=lambda row: (_place(str(row.get("indicator", ""))), str(row.get("indicator", ""))))
    return [
        Indicator(
            str(row.get("indicator", "")).replace("_", " "),
            value_said(row.get("value"), str(row.get("shape", ""))),
            f"{figure_said(row, 'numerator')} of {figure_said(row, 'denominator')}",
            entries_url(root, "indicators", asked, (str(row.get("indicator", "")),), "numerator"),
        )
        for row in rows
    ]


def _place(name: str) -> int:
    return FIRST_SHOWN.index(name) if name in FIRST_SHOWN else len(FIRST_SHOWN)


def flow_of(body: Mapping[str, Any], url: str) -> list[Indicator]:
    """Shares of claims on their way: numerators and denominators of all rows are added up, never shares."""
    sums: dict[str, list[Any]] = {}
    for row in cast("list[dict[str, Any]]", body.get("rows") or []):
        name = str(next(iter(row.values()), ""))
        made = sums.setdefault(name, [0, 0, row])
        made[0], made[1] = made[0] + int(row.get("numerator") or 0), made[1] + int(row.get("denominator") or 0)
    return [
        Indicator(
            name.replace("_", " "),
            f"{100 * numerator / denominator:.1f} %" if denominator else "—",
            f"{numerator:,} {row.get('numerator_is', '')} of {denominator:,} {row.get('denominator_is', '')}",
            url,
        )
        for name, (numerator, denominator, row) in sums.items()
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
