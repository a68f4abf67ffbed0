"""From single measurements to medians, ratios and the verdict on each target."""

import platform
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from bench.x12.readers import OURS

Row = dict[str, Any]
# Our claims a second over theirs, at least.
TARGETS = {
    ("837P", "x12sdk"): 4.0,
    ("837P", "openx12"): 0.8,
    ("835", "x12sdk"): 6.0,
    ("835", "oxedi"): 0.2,
    ("271", "x12sdk"): 10.0,
}


class Measured(NamedTuple):
    """One process: the first of `seconds` is the cold read, the others are warm."""

    kind: str
    file: str
    library: str
    round: int
    file_bytes: int
    figures: dict[str, int]
    seconds: list[float]
    peak_bytes: int


def summarise(measured: Iterable[Measured]) -> list[Row]:
    """One row for each file and reader, ours first. Raises ValueError when two readers disagree on a figure."""
    groups: dict[tuple[str, str, str], list[Measured]] = {}
    for one in measured:
        groups.setdefault((one.kind, one.file, one.library), []).append(one)
    rows: list[Row] = []
    for (kind, file, library), runs in groups.items():
        ours = groups[kind, file, OURS]
        _agree(ours[0], runs[0])
        rows.append(
            {
                "kind": kind,
                "file": file,
                "megabytes": round(runs[0].file_bytes / 1e6, 2),
                "claims": runs[0].figures["claims"],
                "reader": library,
                "cold_claims_per_second": round(runs[0].figures["claims"] / median(one.seconds[0] for one in runs)),
                "claims_per_second": round(runs[0].figures["claims"] / median(_warm(one) for one in runs)),
                "peak_megabytes": round(median(one.peak_bytes for one in runs) / 1e6, 1),
                **_comparison(ours, runs),
            }
        )
    return rows


def _warm(one: Measured) -> float:
    return min(one.seconds[1:] or one.seconds)


def _agree(ours: Measured, theirs: Measured) -> None:
    for name, figure in theirs.figures.items():
        if ours.figures[name] != figure:
            where = f"{ours.kind} {ours.file}: {name}"
            raise ValueError(f"{where} is {ours.figures[name]} by our reader and {figure} by {theirs.library}")


def _comparison(ours: Sequence[Measured], theirs: Sequence[Measured]) -> Row:
    """The median over the rounds of the ratio within a round: what slows a round down slows both."""
    one = theirs[0]
    if one.library == OURS:
        return {}
    ratio = median(_warm(their) / _warm(our) for our, their in zip(ours, theirs, strict=True))
    lighter = median(our.peak_bytes for our in ours) < median(their.peak_bytes for their in theirs)
    target = TARGETS[one.kind, one.library]
    return {"ours_is_times_as_fast": round(ratio, 2), "target": target, "met": ratio >= target, "less_memory": lighter}


def table(rows: Sequence[Row], skipped: Sequence[str]) -> str:
    """Plain text."""
    head = (
        "set",
        "file",
        "MB",
        "claims",
        "reader",
        "cold/s",
        "warm/s",
        "peak MB",
        "ours is",
        "target",
        "met",
        "memory",
    )
    lines = [head, *map(_cells, rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    text = [machine()]
    text += [f"not installed, so not measured: {one}" for one in skipped]
    text += ["  ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join(text)


def _cells(row: Row) -> tuple[str, ...]:
    cells = (
        row["kind"],
        row["file"],
        f"{row['megabytes']:.2f}",
        f"{row['claims']:,}",
        row["reader"],
        f"{row['cold_claims_per_second']:,}",
        f"{row['claims_per_second']:,}",
        f"{row['peak_megabytes']:.1f}",
    )
    if "target" not in row:
        return (*cells, "", "", "", "")
    verdicts = "yes" if row["met"] else "NO", "less" if row["less_memory"] else "MORE"
    return (*cells, f"{row['ours_is_times_as_fast']:.2f}x", f"{row['target']}x", *verdicts)


def machine() -> str:
    """Processor and Python."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    model = next((one.split(":", 1)[1].strip() for one in lines if one.startswith("model name")), platform.processor())
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{model or platform.machine()}, one core; {sys.platform}, {python}"
