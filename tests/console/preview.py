"""A console on memory with a story in it, served for a person to look at: `python -m tests.console.preview`."""

import asyncio
import tempfile
from pathlib import Path

import typer
import uvicorn

from tests.console.desk import make_desk
from tests.console.story import whole_story


def main(port: int = 8199, token_file: Path = Path("/tmp/console-preview-token")) -> None:
    """Serve until interrupted; the token to sign in with is written to a file."""
    desk = make_desk(Path(tempfile.mkdtemp()))
    asyncio.run(desk.hears(whole_story().events))
    token_file.write_text(desk.token())
    uvicorn.run(desk.app, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    typer.run(main)
