"""How trees, findings and figures look on a terminal and as JSON. What a file says is never read as markup."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from rich import box
from rich.table import Table
from rich.text import Text

from revcycle.x12.check import Checked
from revcycle.x12.outline import Node
from shared.x12.findings import Finding, Severity
from shared.x12.totals import decimal

Item = TypeVar("Item")
_BATCH = 500
_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "blue"}


def printable(text: str) -> str:
    """The text without characters that would steer the terminal."""
    return (
        text
        if text.isprintable()
        else "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
    )


def tree_line(node: Node) -> Text:
    """One line of the tree."""
    line = Text("│ " * node.depth, style="dim")
    said = node.said
    if node.finding:
        return line.append(f"{said.title} ({node.finding.code})", style=_COLOURS[node.finding.severity])
    if node.loop:
        line.append(f"{node.loop} ", style="bold cyan")
    elif not said.title:
        line.append(f"{printable(node.tag)} ", style="cyan")
    line.append(printable(said.title), style="bold" if node.depth < 3 else "")
    for text, style in ((said.name, "bold green"), (said.id, "magenta")):
        if text:
            line.append(f" {printable(text)}", style=style)
    for name, cents in said.amounts:
        line.append(f" {printable(name)} ", style="dim").append(decimal(cents), style="red" if cents < 0 else "yellow")
    if said.details:
        line.append(" " + printable(" ".join(said.details)), style="dim")
    return line


def tree_texts(nodes: Iterable[Node]) -> Iterator[Text]:
    """The tree in texts of many lines: the terminal library takes much longer for each line alone."""
    for lines in batched(map(tree_line, nodes)):
        yield Text("\n").join(lines)


def batched(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Lists of up to 500 items."""
    rest = iter(items)
    while found := list(islice(rest, _BATCH)):
        yield found


def tree_json(nodes: Iterable[Node]) -> Iterator[str]:
    """The tree as one JSON array of nodes with `children`, in pieces, so that a big file needs no memory."""
    depth, opened = -1, 0
    yield "["
    for node in nodes:
        wanted = min(node.depth, depth + 1)
        if wanted > depth:
            piece = ""
        else:
            closed = depth - wanted + 1
            piece = "]}" * closed + ","
            opened -= closed
        yield piece + json.dumps(node.as_json())[:-1] + ', "children": ['
        opened += 1
        depth = wanted
    yield "]}" * opened + "]\n"


def findings_table(checked: Mapping[Path, Checked]) -> Table:
    """Every finding held, file by file."""
    table = Table("file", "severity", "code", "where", "what is wrong", box=box.SIMPLE, padding=(0, 1, 0, 0))
    for file, result in checked.items():
        for one in result.findings:
            severity = Text(one.severity, style=_COLOURS[one.severity])
            table.add_row(Text(printable(file.name)), severity, one.code, Text(_place(one)), Text(one.message))
        if result.more:
            table.add_row(Text(printable(file.name)), "", "", "", f"and {result.more} more findings")
    return table


def _place(one: Finding) -> str:
    """Segment, element and loop, as far as they are known."""
    element = f"{one.element:02d}" if one.element else ""
    loop = f" in {one.loop}" if one.loop and one.loop != "ST" else ""
    at = f"segment {one.segment_number} " if one.segment_number else ""
    return f"{at}{printable(one.segment_tag)}{element}{loop}"


def summary_line(file: Path, result: Checked) -> Text:
    """What became of one file."""
    line = Text.assemble((printable(str(file)), "bold"), ": ")
    if not result.readable:
        return line.append("cannot be read", style="red")
    if not result.severities:
        return line.append("no findings", style="green")
    words = [f"{count} {name}{'s' * (count != 1)}" for name, count in sorted(result.severities.items()) if count]
    return line.append(", ".join(words), style="red" if result.errors else "yellow")


def checked_json(result: Checked) -> dict[str, Any]:
    """The result of one file for programs."""
    return {
        "readable": result.readable,
        "errors": result.errors,
        "warnings": result.severities[Severity.WARNING],
        "codes": dict(result.codes),
        "not_listed": result.more,
        "findings": [_finding_json(one) for one in result.findings],
    }


def _finding_json(one: Finding) -> dict[str, Any]:
    return {
        "severity": one.severity,
        "code": one.code,
        "message": one.message,
        "segment_number": one.segment_number,
        "byte_offset": one.byte_offset,
        "segment": one.segment_tag,
        "element": one.element,
        "loop": one.loop,
    }


def totals_table(figures: Mapping[str, Mapping[str, Any]]) -> Table:
    """The figures of each file, one column a file."""
    table = Table("figure", box=box.SIMPLE, padding=(0, 1, 0, 0))
    for path in figures:
        table.add_column(Text(printable(Path(path).name)), justify="right")
    names = dict.fromkeys(name for one in figures.values() for name in one)
    for name in names:
        table.add_row(name.replace("_", " "), *(Text(_figure(one.get(name))) for one in figures.values()))
    return table


def _figure(value: object) -> str:
    """A figure in a cell; of a list only how long it is, because it may name claims or members."""
    match value:
        case None:
            return ""
        case list():
            return f"{len(value)} listed"  # pyright: ignore[reportUnknownArgumentType]
        case dict():
            return ", ".join(f"{name} {one}" for name, one in value.items())  # pyright: ignore[reportUnknownVariableType]
        case _:
            return printable(str(value))
