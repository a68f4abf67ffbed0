"""`revcycle demo`: the whole cycle on real files."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from revcycle.refusal import Exit
from revcycle.stack.layout import Layout

DEMO_DIRECTORY = Path(".revcycle-demo")
START = datetime(2026, 7, 1)  # noqa: DTZ001 - a day: the command line gives it no zone either


def register(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    directory: Annotated[
        Path, typer.Option("--dir", help="Its own run directory; begun anew each time.", file_okay=False)
    ] = DEMO_DIRECTORY,
    start: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day.")] = START,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How far the clock moves.")] = 180,
    claims: Annotated[int, typer.Option(min=0, help="Generated claims, beside the public samples.")] = 1000,
    public: Annotated[bool, typer.Option(help="The public sample files too.")] = True,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the stack running, to look at it.")] = False,
) -> None:
    """Start a stack of its own, drop real claim files into it, move the clock through 180 days, and prove the book."""
    from revcycle.demo.run import play
    from revcycle.demo.story import Course

    layout = Layout(directory.resolve())
    console = Console()
    course = Course(start=start.date(), days=days, claims=claims, public=public)
    found = asyncio.run(play(course, layout, console, keep=keep))
    if found:
        raise typer.Exit(Exit.FAILED)
