"""`revcycle compliance`: the gate's decisions, made again from what a store remembers."""

import asyncio
import json
from datetime import datetime
from typing import Annotated

import typer

from revcycle.commands.options import DEFAULT_DIRECTORY, AsJson, Directory, Tenant
from revcycle.commands.policy import Folder, Mongo, store_of, utc
from revcycle.refusal import Exit

compliance = typer.Typer(help="Make the compliance gate's decisions again.", no_args_is_help=True)
SHOWN = 20


def register(app: typer.Typer) -> None:
    app.add_typer(compliance, name="compliance")


@compliance.callback()
def group() -> None:
    """A group of its own, so that there is room for more."""


@compliance.command()
def recompute(
    tenant: Tenant,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only decisions from then on; all without it.")
    ] = None,
    policies: Folder = None,
    production: Annotated[
        bool, typer.Option(help="By the rules as production has them: what is unconfirmed blocks.")
    ] = False,
    mongo: Mongo = None,
    directory: Directory = DEFAULT_DIRECTORY,
    as_json: AsJson = False,
) -> None:
    """Make every decision of the gate again from the journal, and say how many come out the same. Nothing is changed.

    Exit code 1 when one does not: rules were edited instead of added, or the journal is not what was decided by.
    """
    from revcycle.compliance import recomputed
    from revcycle.policy import journal
    from services.collections.compliance import rule_shelf
    from services.collections.policies import POLICY_FOLDER

    rules = rule_shelf(policies or POLICY_FOLDER, production=production)
    found = asyncio.run(recomputed(journal(store_of(mongo, directory)), tenant, rules, utc(since)))
    if as_json:
        shown = {name: getattr(found, name) for name in ("accounts", "decisions", "same", "allowed", "blocked")}
        typer.echo(json.dumps({**shown, "differing": [one._asdict() for one in found.differing]}, default=str))
    else:
        typer.echo(
            f"{found.decisions:,} decisions about {found.accounts:,} accounts made again: {found.same:,} come out the "
            f"same, {len(found.differing):,} do not ({found.allowed:,} allowed, {found.blocked:,} blocked)"
        )
        for one in found.differing[:SHOWN]:
            typer.echo(f"  {one.account_id} {one.decision_id} at {one.at:%Y-%m-%d %H:%M}: {one.then}, now {one.now}")
    if found.differing:
        raise typer.Exit(Exit.FAILED)
