"""`revcycle contracts`: the public events as a product: what there is, whether a release is kept, and its documents."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from revcycle.commands.options import AsJson
from revcycle.refusal import Exit, RefusalError

if TYPE_CHECKING:
    from shared.contracts.released import Release

contracts = typer.Typer(
    help="The public events: what there is, and whether a release of them is kept.", no_args_is_help=True
)
Against = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="A released contract; the last one of this house without it."),
]


def register(app: typer.Typer) -> None:
    app.add_typer(contracts, name="contracts")


@contracts.command("list")
def list_events(as_json: AsJson = False) -> None:
    """Print every type of event: its topic, and what it says."""
    from shared.contracts import EVENTS
    from shared.contracts.wire import events_topic

    rows = [
        {
            "type": str(event.model_fields["type"].default),
            "topic": events_topic(service),
            "says": " ".join((event.__doc__ or "").split()),
        }
        for service, events in EVENTS.items()
        for event in events
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    table = Table("type", "topic", "says")
    for row in rows:
        table.add_row(row["type"], row["topic"], row["says"])
    Console().print(table)


@contracts.command()
def check(against: Against = None, as_json: AsJson = False) -> None:
    """Hold today's events against a released contract. Exit code 5 when a promise is broken and no version says so."""
    from shared.contracts.released import NotAReleaseError, judge
    from shared.contracts.version import VERSION

    try:
        verdict = judge(_release(against), VERSION)
    except NotAReleaseError as error:
        raise RefusalError(str(error), Exit.REFUSED) from None
    if as_json:
        told = [{"type": one.type, "path": one.path, "why": one.why} for one in verdict.breaks]
        typer.echo(json.dumps({"released": verdict.released, "version": verdict.version, "breaks": told}, indent=2))
    else:
        for one in verdict.breaks:
            typer.echo(str(one))
    if not verdict.holds:
        msg = (
            f"{len(verdict.breaks)} promises of release {verdict.released} are not kept. Give a changed event a new"
            f" type, or let the version in shared/contracts/version.py ({verdict.version}) say that it breaks."
        )
        raise RefusalError(msg, Exit.REFUSED)
    if not as_json:
        kept = f"{len(verdict.breaks)} breaks, announced by version {verdict.version}" if verdict.breaks else "all kept"
        typer.echo(f"Against release {verdict.released}: {kept}.")


@contracts.command()
def release(
    out: Annotated[Path | None, typer.Option(help="Write it here; to the last release without it.")] = None,
) -> None:
    """Write today's contract as the released one. Exit code 5 when it breaks the last one and no version says so."""
    from shared.contracts.released import FILE, Release, judge
    from shared.contracts.version import VERSION

    if FILE.exists() and not judge(_release(None), VERSION).holds:
        msg = "the last release is not kept: see `revcycle contracts check`"
        raise RefusalError(msg, Exit.REFUSED)
    target = out or FILE
    target.write_text(Release.of_today(VERSION).written())
    typer.echo(f"Released {VERSION} to {target}.")


@contracts.command()
def asyncapi() -> None:
    """Print the events as an AsyncAPI document, with an example of each."""
    from shared.contracts.asyncapi import written

    typer.echo(written(), nl=False)


def _release(path: Path | None) -> "Release":
    from shared.contracts.released import FILE, NotAReleaseError, Release

    try:
        return Release.read((path or FILE).read_text())
    except NotAReleaseError as error:
        msg = f"{path or FILE}: {error}"
        raise RefusalError(msg, Exit.REFUSED) from None
