"""The report of a run: for people a table, for machines JSON."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from tests.chaos.audit import Findings
from tests.chaos.faults import Struck
from tests.chaos.plan import Kind

LINES_SHOWN = 20


@dataclass(slots=True)
class Report:
    """What was done to the stack, and what became of it."""

    seed: int
    claims: int
    events: int = 0
    records: int = 0
    struck: Sequence[Struck] = ()
    skipped: Mapping[Kind, str] = field(default_factory=dict[Kind, str])
    found: Findings = field(default_factory=Findings)
    seconds: Mapping[str, float] = field(default_factory=dict[str, float])

    @property
    def good(self) -> bool:
        return self.found.good

    def rows(self) -> list[dict[str, Any]]:
        """A row for each kind of fault that was injected."""
        ordered = sorted(self.struck, key=lambda struck: list(Kind).index(struck.fault.kind))
        return [_row(kind, list(group)) for kind, group in groupby(ordered, key=lambda struck: struck.fault.kind)]

    def as_json(self) -> dict[str, Any]:
        return {
            "seed": self.seed,
            "machine": machine(),
            "claims": self.claims,
            "events": self.events,
            "records": self.records,
            "faults": self.rows(),
            "skipped": {str(kind): why for kind, why in self.skipped.items()},
            "lost": len(self.found.lost),
            "doubled": len(self.found.doubled),
            "wrong": len(self.found.wrong),
            "findings": [*self.found.lost, *self.found.doubled, *self.found.wrong],
            "seconds": dict(self.seconds),
            "good": self.good,
        }


def _row(kind: Kind, group: Sequence[Struck]) -> dict[str, Any]:
    seconds = [struck.recovered_seconds for struck in group]
    return {
        "kind": str(kind),
        "faults": len(group),
        "in_hand": sum(struck.in_hand for struck in group),
        "recovered_p50_seconds": round(median(seconds), 2),
        "recovered_max_seconds": round(max(seconds), 2),
    }


def machine() -> str:
    """What the figures were measured on."""
    memory_gib = psutil.virtual_memory().total / (1 << 30)
    return f"{os.cpu_count()} cores {_processor()}, {memory_gib:.0f} GiB, Python {platform.python_version()}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def write_json(report: Report, file: Path) -> None:
    file.write_text(json.dumps(report.as_json(), indent=2) + "\n")


def show(report: Report, console: Console) -> None:
    """Print it."""
    table = Table(box=None, header_style="bold", title=f"Faults, seed {report.seed}", title_justify="left")
    for name in ("fault", "injected", "with work in hand", "caught up: p50", "max"):
        table.add_column(name, justify="left" if name == "fault" else "right")
    for row in report.rows():
        seconds = (f"{row[f'recovered_{which}_seconds']:.1f} s" for which in ("p50", "max"))
        table.add_row(row["kind"], str(row["faults"]), str(row["in_hand"]), *seconds)
    console.print(table)
    for kind, why in report.skipped.items():
        console.print(f"skipped: {kind}: {why}")
    console.print(
        f"{len(report.struck)} faults; {report.claims} claims, {report.events} events in {report.records} records; "
        + ", ".join(f"{name} {seconds:.0f} s" for name, seconds in report.seconds.items())
    )
    found = report.found
    style = "bold green" if report.good else "bold red"
    words = f"lost {len(found.lost)}, doubled {len(found.doubled)}, otherwise wrong {len(found.wrong)}"
    console.print(f"[{style}]{words}[/] on {machine()}")
    for line in [*found.lost[:LINES_SHOWN], *found.doubled[:LINES_SHOWN], *found.wrong[:LINES_SHOWN]]:
        console.print(f"  {line}", highlight=False)
