"""`revcycle replay`: publish again what the services once said."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from revcycle.commands.options import DEFAULT_DIRECTORY, AsJson, Directory
from revcycle.refusal import Exit, RefusalError
from revcycle.stack.layout import Layout


def register(app: typer.Typer) -> None:
    app.command()(replay)


def replay(
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="Only what was recorded since then (UTC)."),
    ] = None,
    tenant: Annotated[str | None, typer.Option(help="Only this billing client's events.")] = None,
    service: Annotated[list[str] | None, typer.Option(help="Only these services' events; may be given again.")] = None,
    kafka: Annotated[str | None, typer.Option(metavar="HOST:PORT", help="Another broker than the stack's.")] = None,
    mongo: Annotated[str | None, typer.Option(metavar="URL", help="Another store than the stack's.")] = None,
    directory: Directory = DEFAULT_DIRECTORY,
    as_json: AsJson = False,
) -> None:
    """Publish events again from the journals, in order per aggregate: for a new reader, or after a broker was lost.

    Readers recognise what they have seen, so a repeat changes nothing.
    """
    from revcycle.replay import Replay
    from revcycle.replay import replay as publish_again
    from revcycle.stack.status import running_stack
    from revcycle.stack.topics import SERVICES

    unknown = set(service or ()) - set(SERVICES)
    if unknown:
        raise RefusalError(
            f"No such service: {', '.join(sorted(unknown))}; there are {', '.join(SERVICES)}.", Exit.USAGE
        )
    if kafka is None or mongo is None:
        record = running_stack(Layout(directory.resolve()))
        kafka, mongo = kafka or record.kafka, mongo or record.mongo
    wanted = Replay(since=since and since.replace(tzinfo=UTC), services=tuple(service or SERVICES), tenant=tenant)
    sent = asyncio.run(publish_again(kafka, mongo, wanted))
    typer.echo(json.dumps(sent) if as_json else "\n".join(f"{name}: {count} events" for name, count in sent.items()))
