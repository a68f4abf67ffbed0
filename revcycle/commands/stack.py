"""`revcycle up`, `status` and `stop`."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from revcycle.commands.options import DEFAULT_DIRECTORY, AsJson, Directory
from revcycle.refusal import Exit
from revcycle.stack.layout import Layout
from revcycle.stack.options import DEFAULT_PORTS, MODULES, Options

if TYPE_CHECKING:
    from revcycle.stack.record import StackRecord
    from revcycle.stack.status import ProcessStatus, StackStatus

NUMBERS = (
    "lag",
    "unpublished",
    "effects_due",
    "effects_stuck",
    "parked",
    "waiting",
    "dead_letters",
    "quarantined",
    "out_of_balance",
)
"""What `revcycle status` shows of a service's numbers; `--json` gives all of them."""
PACES = ("records/s", "drains in")
Port: TypeAlias = Annotated[int, typer.Option(min=1, max=65535, rich_help_panel="Ports")]


def register(app: typer.Typer) -> None:
    app.command()(up)
    app.command()(status)
    app.command()(stop)


def up(
    directory: Directory = DEFAULT_DIRECTORY,
    detach: Annotated[bool, typer.Option("--detach", help="Return once everything is ready.")] = False,
    kafka: Annotated[str | None, typer.Option(metavar="HOST:PORT", help="Use this broker, start none.")] = None,
    mongo: Annotated[str | None, typer.Option(metavar="URL", help="Use this store, start none.")] = None,
    partitions: Annotated[int, typer.Option(min=1, help="Of each new topic; production has 24.")] = 3,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Run on a clock of its own, from this day on.")
    ] = None,
    only: Annotated[list[str] | None, typer.Option(help=f"Start only these of {', '.join(MODULES)}.")] = None,
    log_level: Annotated[str, typer.Option(help="DEBUG, INFO, WARNING or ERROR.")] = "INFO",
    broker_port: Port = DEFAULT_PORTS["broker"],
    store_port: Port = DEFAULT_PORTS["store"],
    eligibility_port: Port = DEFAULT_PORTS["eligibility"],
    claims_port: Port = DEFAULT_PORTS["claims"],
    payments_port: Port = DEFAULT_PORTS["payments"],
    collections_port: Port = DEFAULT_PORTS["collections"],
    console_port: Port = DEFAULT_PORTS["console"],
    sandbox_port: Port = DEFAULT_PORTS["sandbox"],
) -> None:
    """Start the broker, the store, the services, the console and the sandbox, and keep them running."""
    from revcycle.stack.up import run_stack, start_behind

    ports = {
        "broker": broker_port,
        "store": store_port,
        "eligibility": eligibility_port,
        "claims": claims_port,
        "payments": payments_port,
        "collections": collections_port,
        "console": console_port,
        "sandbox": sandbox_port,
    }
    options = Options(
        ports=ports,
        parts=_parts(only),
        kafka=kafka,
        mongo=mongo,
        partitions=partitions,
        as_of=as_of.date() if as_of else None,
        log_level=log_level.upper(),
    )
    layout = Layout(directory.resolve())
    if detach:
        _print_addresses(start_behind([f"--dir={layout.root}", *options.arguments()], layout), "revcycle stop ends it.")
    else:
        run_stack(options, layout, lambda record: _print_addresses(record, "Ctrl-C stops everything."))


def _parts(only: list[str] | None) -> tuple[str, ...]:
    unknown = sorted(set(only or ()) - set(MODULES))
    if unknown:
        message = f"no part is called {', '.join(unknown)}; there are {', '.join(MODULES)}"
        raise typer.BadParameter(message, param_hint="--only")
    return tuple(name for name in MODULES if not only or name in only)


def _print_addresses(record: "StackRecord", how_to_end: str) -> None:
    table = Table(title="RevCycle runs", title_justify="left", show_header=False, box=None)
    for process in record.processes:
        table.add_row(process.name, process.url)
    console = Console()
    console.print(table)
    console.print(how_to_end)


def status(
    directory: Directory = DEFAULT_DIRECTORY,
    as_json: AsJson = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show it anew until Ctrl-C, with what is done a second.")
    ] = False,
    every: Annotated[float, typer.Option(min=0.5, metavar="SECONDS", help="How often, with --watch.")] = 2.0,
) -> None:
    """Show every process: its health, its restarts, and what waits in it. Exit code 1 when something is not well."""
    from revcycle.stack.status import ask_status, running_stack

    layout = Layout(directory.resolve())
    if watch:
        from revcycle.commands.watch import watch_stack

        watch_stack(lambda: asyncio.run(ask_status(layout, running_stack(layout))), every, status_table)
        return
    found = asyncio.run(ask_status(layout, running_stack(layout)))
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
    else:
        Console().print(status_table(found))
    if not found.healthy:
        raise typer.Exit(Exit.FAILED)


def status_table(found: "StackStatus", paces: Mapping[str, tuple[str, str]] | None = None) -> Table:
    """One line for each process; with `paces`, also how fast it works and when it is done."""
    table = Table(title=f"Stack: {found.phase}", title_justify="left", box=box.SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("part", no_wrap=True)
    table.add_column("state")
    table.add_column("restarts", justify="right")
    for name in (*NUMBERS, *(() if paces is None else PACES)):
        table.add_column(name.replace("_", " "), justify="right")
    for process in found.processes:
        numbers = process.numbers or {}
        cells = [str(numbers.get(name, "")) for name in NUMBERS]
        pace = () if paces is None else paces[process.name]
        table.add_row(process.name, _state(process), str(process.restarts), *cells, *pace)
    return table


def _state(process: "ProcessStatus") -> str:
    """In words as well as in colour."""
    if process.ready:
        return "[green]ready[/]"
    return f"[red]{'not answering' if process.state == 'ready' else process.state}[/]"


def stop(directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Stop the stack, and whatever a crash left of it. The data stays."""
    from revcycle.stack.up import stop_stack

    stopped = stop_stack(Layout(directory.resolve()))
    typer.echo("Stopped." if stopped else "Nothing was running.")
