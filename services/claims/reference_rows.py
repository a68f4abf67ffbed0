"""Reads a customer's reference file, CSV: which columns each kind has, and what a row of it means.

How a table is read is `shared.csv_rows`: a file with wrong columns is refused, a bad row is left out and named.
"""

from collections.abc import Iterable, Iterator, Mapping

from services.claims.core.bundles import BUNDLE_LINES_MAX, BundleLine
from services.claims.core.content import MODIFIERS_MAX, POINTERS_MAX
from shared.csv_rows import (
    CELL_MAX,
    FEES,
    BadCellError,
    Cells,
    FileKind,
    RefusedRow,
    RowMade,
    cents_in,
    code_in,
    number_in,
    one_of,
    payer_in,
    read_table,
    text_in,
    whole_in,
)
from shared.dated_table import Row, joined


def _pair(cells: Cells) -> RowMade:
    key = joined(code_in(cells, "column1"), code_in(cells, "column2"))
    return key, one_of(cells, "modifier_indicator", "0", "1", "9")


def _mue(cells: Cells) -> RowMade:
    return code_in(cells, "code"), f"{whole_in(cells, 'units')}/{one_of(cells, 'mai', '1', '2', '3')}"


def _global(cells: Cells) -> RowMade:
    visit = "Y" if one_of(cells, "visit", "y", "n") == "y" else "N"
    return code_in(cells, "code"), f"{whole_in(cells, 'days', 90)}/{visit}"


def _limit(cells: Cells) -> RowMade:
    per = one_of(cells, "per", "line", "day", "claim", "period")
    units = str(whole_in(cells, "units"))
    if per == "period":
        days = whole_in(cells, "days", 3660)
        if not days:
            raise BadCellError("days", "a period has at least one day")
        units = f"{units}/{days}"
    return joined(payer_in(cells), code_in(cells, "procedure"), per), units


def _bundle(cells: Cells) -> RowMade:
    """One line of a charge bundle; its charge is given, or a fee schedule's price of a unit."""
    name = text_in(cells, "bundle").upper()
    if len(name) > 20 or not name.isascii():
        raise BadCellError("bundle", "a name of up to 20 characters is wanted")
    line = whole_in(cells, "line", BUNDLE_LINES_MAX)
    if not line:
        raise BadCellError("line", "lines count from 1")
    procedure = code_in(cells, "procedure") if cells["procedure"].strip() else ""
    revenue = cells["revenue_code"].strip()
    if revenue and not (revenue.isascii() and revenue.isdigit() and len(revenue) in (3, 4)):
        raise BadCellError("revenue_code", "three or four digits are wanted")
    if not (procedure or revenue):
        raise BadCellError("procedure", "a procedure is wanted, or a revenue code")
    charge, schedule = cells["charge"].strip(), cells["schedule"].strip()
    if bool(charge) is bool(schedule):
        raise BadCellError("charge", "either a charge is wanted, or the name of a fee schedule")
    made = BundleLine(
        procedure=procedure,
        modifiers=tuple(_modifiers(cells)),
        units=number_in(cells, "units"),
        charge_cents=cents_in(cells, "charge") if charge else None,
        schedule=_schedule(schedule),
        pointers=tuple(_pointers(cells)),
        revenue_code=revenue.zfill(4) if revenue else "",
    )
    return joined(name, str(line)), made.packed()


def _modifiers(cells: Cells) -> Iterator[str]:
    found = cells["modifiers"].upper().split()
    if len(found) > MODIFIERS_MAX or not all(len(one) == 2 and one.isascii() and one.isalnum() for one in found):
        raise BadCellError("modifiers", f"up to {MODIFIERS_MAX} modifiers of two characters are wanted, with spaces")
    yield from found


def _pointers(cells: Cells) -> Iterator[int]:
    found = cells["diagnosis_pointers"].split()
    wanted = tuple(str(one) for one in range(1, 13))
    if len(found) > POINTERS_MAX or not all(one in wanted for one in found):
        raise BadCellError("diagnosis_pointers", f"up to {POINTERS_MAX} numbers from 1 to 12 are wanted, with spaces")
    yield from (int(one) for one in found)


def _schedule(name: str) -> str:
    if len(name) > CELL_MAX or "/" in name or "|" in name:
        raise BadCellError("schedule", "the name of a fee schedule is wanted")
    return name


def _drug(cells: Cells) -> RowMade:
    """A drug's code as LIN03 carries it, with unit and quantity of one unit of its procedure."""
    one_of(cells, "qualifier", "n4")  # LIN02: no other is written
    unit = one_of(cells, "unit", "f2", "gr", "me", "ml", "un").upper()
    return joined(payer_in(cells), code_in(cells, "procedure")), f"{_ndc(cells)}/{unit}/{number_in(cells, 'factor')}"


def _ndc(cells: Cells) -> str:
    """Eleven digits; a code of ten is filled up where its hyphens show which part is short (5-4-2)."""
    parts = cells["ndc"].strip().split("-")
    if len(parts) == 3 and all(parts):
        parts = [part.zfill(width) for part, width in zip(parts, (5, 4, 2), strict=True)]
    code = "".join(parts)
    if len(code) != 11 or not (code.isascii() and code.isdigit()):
        raise BadCellError("ndc", "eleven digits are wanted, or three parts with hyphens")
    return code


def _span(cells: Cells) -> RowMade:
    npi = text_in(cells, "npi")
    if len(npi) != 10 or not npi.isdigit():
        raise BadCellError("npi", "ten digits are wanted")
    return joined(npi, payer_in(cells)), one_of(cells, "status", "active", "pending", "suspended", "ended")


KINDS: Mapping[str, FileKind] = {
    "codes": FileKind(("code",), lambda cells: (code_in(cells, "code"), "y"), named=True),
    "fees": FEES,
    "ptp": FileKind(("column1", "column2", "modifier_indicator"), _pair),
    "mue": FileKind(("code", "units", "mai"), _mue),
    "global_days": FileKind(("code", "days", "visit"), _global),
    "limits": FileKind(("payer", "procedure", "per", "units", "days"), _limit),
    "credentialing": FileKind(("npi", "payer", "status"), _span),
    "bundles": FileKind(
        (
            "bundle",
            "line",
            "procedure",
            "modifiers",
            "units",
            "charge",
            "schedule",
            "diagnosis_pointers",
            "revenue_code",
        ),
        _bundle,
    ),
    "drugs": FileKind(("payer", "procedure", "ndc", "qualifier", "unit", "factor"), _drug),
}


def read_rows(kind: str, lines: Iterable[str]) -> Iterator[tuple[int, Row] | RefusedRow]:
    """The rows of a file with their numbers, and those that are refused, in order. Raises WrongFileError."""
    return read_table(KINDS[kind], lines)
