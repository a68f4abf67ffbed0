"""`revcycle token` and `keys`: access to a local stack."""

import json
from datetime import timedelta
from typing import Annotated, get_args

import typer

from revcycle.commands.options import DEFAULT_DIRECTORY, AsJson, Directory, Tenant
from revcycle.stack.layout import Layout


def register(app: typer.Typer) -> None:
    app.command()(token)
    app.command()(keys)


def token(
    tenant: Tenant,
    role: Annotated[list[str], typer.Option(help="For example biller; may be given more than once.")],
    actor: Annotated[str, typer.Option(help="Who acts; this name goes to the audit log.")] = "developer",
    minutes: Annotated[int, typer.Option(min=1, max=24 * 60, help="How long it is good for.")] = 8 * 60,
    directory: Directory = DEFAULT_DIRECTORY,
    as_json: AsJson = False,
) -> None:
    """Sign a development access token. Refused when REVCYCLE_ENV=production."""
    from revcycle.identity import issue_token
    from shared.auth import Role

    known: dict[str, Role] = {name: name for name in get_args(Role)}
    unknown = sorted(set(role) - set(known))
    if unknown:
        message = f"no role is called {', '.join(unknown)}; there are {', '.join(known)}"
        raise typer.BadParameter(message, param_hint="--role")
    roles: list[Role] = [known[name] for name in role]
    signed = issue_token(Layout(directory.resolve()), tenant, actor, roles, timedelta(minutes=minutes))
    typer.echo(json.dumps({"token": signed, "expires_in_seconds": minutes * 60}) if as_json else signed)


def keys(directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Make the keys of a run directory, once: to seal identifiers, and to sign development tokens."""
    from revcycle.identity import make_identity

    layout = Layout(directory.resolve())
    layout.prepare()
    make_identity(layout)
    typer.echo(f"Keys are in {layout.keys} and {layout.identity}.")
