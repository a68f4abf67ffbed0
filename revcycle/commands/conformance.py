"""`revcycle conformance`: try a program of your own against the contract, before it meets a live topic."""

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from revcycle.commands.options import AsJson
from revcycle.refusal import Exit, RefusalError

if TYPE_CHECKING:
    from revcycle.conformance.cases import Row

conformance = typer.Typer(help="Try a program of your own against the contract of events.", no_args_is_help=True)
FAULTS_SHOWN = 20


def register(app: typer.Typer) -> None:
    app.add_typer(conformance, name="conformance")


@conformance.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
def reader(
    command: Annotated[list[str], typer.Argument(help="Your program, after --.", metavar="-- COMMAND")],
    kind: Annotated[
        list[str] | None, typer.Option("--type", help="A type that it handles; may be given again. All without it.")
    ] = None,
    patience: Annotated[float, typer.Option(min=1, help="Seconds to wait for news of it.")] = 60,
    as_json: AsJson = False,
) -> None:
    """Run a program that reads events, on a broker of its own, through everything a reader must bear.

    It finds REVCYCLE_KAFKA, REVCYCLE_TOPICS, REVCYCLE_GROUP and REVCYCLE_DEAD_LETTERS in its environment, and prints
    `handled <ce_id>` for each event that it handled. It is sent each type, repeats, late ones, unknown types and
    fields, and unreadable records, is killed once in the middle, and started again. Exit code 5 when it handled one
    twice in a life, missed one, or handled what it should not.
    """
    from revcycle.conformance.cases import judge_reader, reader_cases
    from revcycle.conformance.reader import live_through

    cases = reader_cases(_golden(kind))
    rows = judge_reader(cases, asyncio.run(live_through(command, cases, patience)))
    if as_json:
        told = [{"case": r.name, "sent": r.sent, "expected": r.expected, "faults": r.faults} for r in rows]
        typer.echo(json.dumps(told, indent=2))
    else:
        Console().print(_table(rows))
    if any(row.faults for row in rows):
        msg = "the program does not read events as the contract wants it"
        raise RefusalError(msg, Exit.REFUSED)


@conformance.command()
def writer(
    records: Annotated[Path, typer.Argument(help="As `revcycle tail --json` prints them; - for standard input.")],
) -> None:
    """Judge records that your program wrote: envelope, body, key, order and repeats. Exit code 5 when one is wrong."""
    from revcycle.conformance.writer import WriterJudge, written_lines

    judge = WriterJudge()
    faulty = 0
    try:
        with sys.stdin if str(records) == "-" else records.open() as lines:
            for record in written_lines(lines):
                found = judge.judge(record)
                faulty += bool(found)
                for fault in found:
                    typer.echo(str(fault))
    except (OSError, ValueError) as error:
        msg = f"{records}: {error}"
        raise RefusalError(msg, Exit.USAGE) from None
    if faulty or not judge.judged:
        msg = f"{faulty} of {judge.judged} records are not as the contract wants them" if faulty else "no record came"
        raise RefusalError(msg, Exit.REFUSED)
    typer.echo(f"{judge.judged} records, all as the contract wants them.")


def _golden(kinds: list[str] | None) -> list[dict[str, Any]]:
    from shared.contracts import TYPES
    from shared.contracts.records import golden_records

    if unknown := sorted(set(kinds or ()) - TYPES.keys()):
        msg = f"no event is of type {', '.join(unknown)}: see `revcycle contracts list`"
        raise RefusalError(msg, Exit.USAGE)
    records = golden_records()
    return [records[kind] for kind in kinds or records]


def _table(rows: "list[Row]") -> Table:
    table = Table("case", "records", "expected", "found")
    for row in rows:
        found = "\n".join(row.faults[:FAULTS_SHOWN] or row.remarks[:FAULTS_SHOWN]) or "as expected"
        table.add_row(row.name, str(row.sent), row.expected, found, style="red" if row.faults else None)
    return table
