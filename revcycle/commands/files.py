"""`revcycle submit`: hand 837 files to the claims service."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from revcycle.commands.options import DEFAULT_DIRECTORY, AccessToken, AsJson, Directory, Tenant
from revcycle.refusal import Exit
from revcycle.stack.layout import Layout

if TYPE_CHECKING:
    from revcycle.submission import Outcome


def register(app: typer.Typer) -> None:
    app.command()(submit)


def submit(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, readable=True, metavar="FILE...")],
    tenant: Tenant,
    claims: Annotated[
        str | None, typer.Option(metavar="URL", help="Another claims service than the local one.")
    ] = None,
    token: AccessToken = None,
    directory: Directory = DEFAULT_DIRECTORY,
    as_json: AsJson = False,
) -> None:
    """Upload claim files. Interrupted, it is run again: a file is known by its content and never taken twice."""
    from revcycle.identity import issue_token
    from revcycle.stack.status import running_stack

    layout = Layout(directory.resolve())
    url = claims or running_stack(layout).url("claims") or ""
    signed = token or issue_token(layout, tenant, "revcycle submit", ["biller"])
    outcomes = _upload(files, url, signed, quiet=as_json)
    if as_json:
        typer.echo(json.dumps([outcome.as_json() for outcome in outcomes], indent=2))
    else:
        Console().print(_table(outcomes))
    if any(outcome.error for outcome in outcomes):
        raise typer.Exit(Exit.FAILED)


def _upload(files: list[Path], url: str, token: str, *, quiet: bool) -> "list[Outcome]":
    from revcycle.submission import Uploader

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    total_bytes = sum(file.stat().st_size for file in files)
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as progress, Uploader(url, token) as uploader:
        task = progress.add_task("uploading", total=total_bytes)
        outcomes: list[Outcome] = []
        for file in files:
            progress.update(task, description=file.name)
            outcomes.append(uploader.upload(file, lambda sent_bytes: progress.advance(task, sent_bytes)))
    return outcomes


def _table(outcomes: "list[Outcome]") -> Table:
    table = Table("file", "outcome", "file id")
    for outcome in outcomes:
        table.add_row(outcome.file.name, outcome.in_words(), outcome.file_id or "")
    return table
