"""`revcycle audit`: verify the audit logs of all services, and export them."""

import json
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console

from revcycle.commands.options import DEFAULT_DIRECTORY, AccessToken, AsJson, Directory, Tenant
from revcycle.refusal import Exit
from revcycle.stack.layout import Layout

audit = typer.Typer(help="Verify the audit logs of all services, and export them.", no_args_is_help=True)
Urls = Annotated[
    list[str] | None,
    typer.Option("--url", metavar="NAME=URL", help="A service elsewhere than here; may be given again."),
]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A day, UTC; both are included.")]


def register(app: typer.Typer) -> None:
    app.add_typer(audit, name="audit")


@audit.command()
def verify(
    tenant: Annotated[list[str], typer.Option(help="A billing client; may be given again.")],
    url: Urls = None,
    anchors: Annotated[
        Path | None, typer.Option(exists=True, help="Copies of anchors, kept outside the store.")
    ] = None,
    token: AccessToken = None,
    directory: Directory = DEFAULT_DIRECTORY,
    as_json: AsJson = False,
) -> None:
    """Check every record of every service's log: that none was changed, removed, moved, put in or cut off.

    Says of each chain what was checked. Exit code 1 when anything is wrong, or a service did not answer.
    """
    from revcycle.audit_log import copies_of, in_words, verify_all

    layout = Layout(directory.resolve())
    urls = _urls(layout, url)
    kept = anchors or (layout.anchors if not url and layout.anchors.exists() else None)
    copies = {} if kept is None else copies_of(kept)
    verdicts = verify_all(urls, tenant, copies, partial(_client, layout, token))
    if as_json:
        typer.echo(json.dumps(verdicts, indent=2))
    else:
        for verdict in verdicts:
            Console().print(*in_words(verdict), sep="\n", highlight=False, soft_wrap=True, markup=False)
    if not all(verdict["verified"] for verdict in verdicts):
        raise typer.Exit(Exit.FAILED)


@audit.command()
def export(
    tenant: Tenant,
    url: Urls = None,
    first: Day = None,
    last: Day = None,
    csv: Annotated[bool, typer.Option("--csv", help="CSV instead of JSON lines.")] = False,
    token: AccessToken = None,
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Print the records of all services, macs included, as JSON lines or CSV."""
    from revcycle.audit_log import exported

    layout = Layout(directory.resolve())
    days = (first.date() if first else None, last.date() if last else None)
    for line in exported(_urls(layout, url), tenant, days, "csv" if csv else "jsonl", partial(_client, layout, token)):
        typer.echo(line)


def _urls(layout: Layout, given: list[str] | None) -> dict[str, str]:
    from revcycle.audit_log import SERVICES
    from revcycle.stack.status import running_stack

    if not given:
        record = running_stack(layout)
        return {name: found for name in SERVICES if (found := record.url(name))}
    urls = {name: found for name, _, found in (one.partition("=") for one in given)}
    if not all(urls.values()):
        raise typer.BadParameter("say NAME=URL, for example claims=http://claims:8102", param_hint="--url")
    return urls


def _client(layout: Layout, token: str | None, url: str, tenant: str) -> httpx.Client:
    from revcycle.identity import issue_token

    signed = token or issue_token(layout, tenant, "revcycle audit", ["auditor"])
    headers = {"authorization": f"Bearer {signed}"}
    return httpx.Client(base_url=url, headers=headers, timeout=httpx.Timeout(30, read=600), trust_env=False)
