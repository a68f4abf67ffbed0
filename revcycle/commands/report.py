"""`revcycle report`: what a stack has done so far, and whether its books tie out."""

import asyncio
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from revcycle.commands.options import DEFAULT_DIRECTORY, Directory
from revcycle.refusal import Exit
from revcycle.stack.layout import Layout

if TYPE_CHECKING:
    from revcycle.stack.record import StackRecord


def register(app: typer.Typer) -> None:
    app.command()(report)


def report(directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Count every event on the topics once, and prove each ledger from its journal. Exit code 1 if one fails."""
    from revcycle.stack.status import running_stack

    layout = Layout(directory.resolve())
    if asyncio.run(_report(layout, running_stack(layout), Console())):
        raise typer.Exit(Exit.FAILED)


async def _report(layout: Layout, record: "StackRecord", console: Console) -> list[str]:
    from revcycle.demo.tally import Tally, hear_to_the_end, listen
    from revcycle.identity import issue_token
    from revcycle.report import faults, read_proofs, show
    from revcycle.settle import Watcher
    from shared.tasks import end_tasks

    tally = Tally()
    listening = asyncio.create_task(listen(record.kafka, tally, lambda _: None))
    await hear_to_the_end(tally)
    await end_tasks((listening,))
    tokens = {t: issue_token(layout, t, "revcycle report", ["auditor"]) for t in sorted(tally.tenants)}
    proofs = await read_proofs(record.url("payments") or "", tokens)
    async with Watcher(layout, record) as watcher:
        found = faults(tally, proofs, await watcher.look())
    show(console, tally, proofs, found)
    return found
