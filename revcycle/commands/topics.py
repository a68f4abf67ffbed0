"""`revcycle tail`: watch a topic. `revcycle topics create`: make the topics on a broker."""

import asyncio
import contextlib
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from revcycle.commands.options import DEFAULT_DIRECTORY, AsJson, Directory
from revcycle.stack.layout import Layout

if TYPE_CHECKING:
    from revcycle.tail import Seen


class From(StrEnum):
    """Where to begin."""

    EARLIEST = "earliest"
    LATEST = "latest"


def register(app: typer.Typer) -> None:
    app.command()(tail)
    group = typer.Typer(no_args_is_help=True, help="The topics of a broker.")
    group.command("create")(create)
    app.add_typer(group, name="topics")


def create(
    kafka: Annotated[str, typer.Option(metavar="HOST:PORT", help="The broker.")],
    partitions: Annotated[int, typer.Option(min=1, help="Of each topic; the order of keys depends on it for ever.")],
    replicas: Annotated[
        int | None, typer.Option(min=1, help="Copies of each; three, or as many as there are brokers.")
    ] = None,
) -> None:
    """Make the topics that are missing, with their settings. One that exists stays as it is."""
    from revcycle.stack.topics import create_topics

    made = asyncio.run(create_topics(kafka, partitions, replicas=replicas))
    typer.echo("\n".join(made) if made else "Every topic is there already.")


def tail(
    topic: Annotated[str, typer.Argument(help="For example claims.events.v1.")],
    kind: Annotated[str | None, typer.Option("--type", help="Only this type, for example claim.denied.v1.")] = None,
    tenant: Annotated[str | None, typer.Option(help="Only this billing client.")] = None,
    account: Annotated[str | None, typer.Option(help="Only this account (the record's key).")] = None,
    start: Annotated[From, typer.Option("--from", help="Where to begin.")] = From.LATEST,
    follow: Annotated[bool, typer.Option(help="Go on when the end is reached.")] = True,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many.")] = None,
    kafka: Annotated[str | None, typer.Option(metavar="HOST:PORT", help="Another broker than the local one.")] = None,
    directory: Directory = DEFAULT_DIRECTORY,
    as_json: AsJson = False,
) -> None:
    """Print the messages of a topic as they come."""
    from revcycle.stack.status import running_stack
    from revcycle.tail import Wanted, watch

    servers = kafka or running_stack(Layout(directory.resolve())).kafka
    wanted = Wanted(kind=kind, tenant=tenant, account=account, limit=limit)
    console = Console()

    async def show() -> None:
        async for seen in watch(servers, topic, wanted, earliest=start is From.EARLIEST, follow=follow):
            if as_json:
                typer.echo(seen.as_json())
            else:
                console.print(_line(seen), soft_wrap=True)

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(show())


def _line(seen: "Seen") -> Text:
    head = Text.assemble(
        (seen.header("ce_time")[:19].replace("T", " "), "dim"),
        ("  " + seen.header("ce_type"), "bold cyan"),
        ("  " + seen.header("ce_tenant"), "magenta"),
        ("  " + seen.header("ce_subject"), "green"),
        (f"  {seen.topic}/{seen.partition}@{seen.offset}", "dim"),
    )
    return head.append("\n    " + ", ".join(f"{name}={value}" for name, value in seen.fields()))
