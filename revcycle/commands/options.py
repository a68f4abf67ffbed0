"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

DEFAULT_DIRECTORY = Path(".revcycle")

Directory: TypeAlias = Annotated[
    Path, typer.Option("--dir", help="The run directory: data, logs, keys.", envvar="REVCYCLE_DIR", file_okay=False)
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Tenant: TypeAlias = Annotated[str, typer.Option(help="The billing client, for example lakeside.")]
AccessToken: TypeAlias = Annotated[
    str | None,
    typer.Option(help="An access token; without one, a development token is signed.", envvar="REVCYCLE_TOKEN"),
]
