"""`revcycle sweep`: move the clock of a local stack."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from revcycle.commands.options import DEFAULT_DIRECTORY, Directory
from revcycle.refusal import Exit, RefusalError
from revcycle.stack.clock import move_clock
from revcycle.stack.layout import Layout


def register(app: typer.Typer) -> None:
    app.command()(sweep)


def sweep(
    as_of: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="The new day, or time (UTC).")
    ],
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Move the stack's clock forward: everything that falls due until then is worked off. It never goes back."""
    layout = Layout(directory.resolve())
    if not layout.clock.exists():
        message = (
            "This stack runs on the machine's clock. One with a clock of its own starts with revcycle up --as-of DATE."
        )
        raise RefusalError(message, Exit.REFUSED)
    move_clock(layout.clock, as_of.replace(tzinfo=UTC))
    typer.echo(f"The clock shows {as_of:%Y-%m-%d %H:%M}.")
