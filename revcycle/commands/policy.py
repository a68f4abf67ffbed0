"""`revcycle policy`: check dunning policies, try them over the past, let them go live, and see what they brought."""

import asyncio
import json
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from revcycle.commands.options import DEFAULT_DIRECTORY, AsJson, Directory, Tenant
from revcycle.refusal import RefusalError

if TYPE_CHECKING:
    from services.collections.simulate import Comparison, Difference, Past

policy = typer.Typer(help="Check dunning policies, and try them before they go live.", no_args_is_help=True)
Folder = Annotated[
    Path | None, typer.Option("--policies", help="The folder with dunning.toml; the shipped one without it.")
]
Mongo = Annotated[str | None, typer.Option(metavar="URL", help="Another store than the stack's.")]
Since = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only accounts to which something happened since then.")
]
SHOWN = 20


def register(app: typer.Typer) -> None:
    app.add_typer(policy, name="policy")


@policy.command()
def check(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, metavar="FOLDER")], as_json: AsJson = False
) -> None:
    """Check the policies in a folder: every version, and what is wrong. Exit code 5 when one is refused."""
    from revcycle.policy import checked
    from services.collections.policies import activations
    from services.collections.policy_activations import digest_of, is_approved

    known = activations(folder)
    rows = [
        {
            "policy": one.name,
            "levels": len(one.reminders),
            "digest": digest_of(one),
            "approvals_needed": one.activation_approvals,
            "goes_live": is_approved(one, known),
        }
        for one in checked(folder)
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        waits = "" if row["goes_live"] else f"; waits for {row['approvals_needed']} to let it go live"
        typer.echo(f"{row['policy']}: {row['levels']} levels, digest {row['digest']}{waits}")


@policy.command()
def simulate(
    policies: Annotated[Path, typer.Argument(exists=True, file_okay=False, metavar="FOLDER")],
    tenant: Tenant,
    against: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="The policies to compare with; the shipped ones.")
    ] = None,
    past: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="An export; the stack's journal without it.")
    ] = None,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Take both as they are on this day; today without it.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Live until then; until the newest news without it.")
    ] = None,
    account: Annotated[list[str] | None, typer.Option(help="Explain only these accounts; may be given again.")] = None,
    since: Since = None,
    mongo: Mongo = None,
    directory: Directory = DEFAULT_DIRECTORY,
    as_json: AsJson = False,
) -> None:
    """Run a new policy over the past and say which accounts, dollars and contacts would change. Nothing is changed.

    People are taken to have paid when they paid, whatever the policy: what was paid soon after a contact that the new
    policy does not make is named as at risk.
    """
    from revcycle.policy import as_data
    from revcycle.policy import simulate as compare_policies
    from services.collections.policies import POLICY_FOLDER

    day = _day(on)
    found = _past(past, mongo, directory, tenant, since)
    comparison = compare_policies(
        found, tenant, (against or POLICY_FOLDER, policies), (day, day), until and until.date()
    )
    wanted = [one for one in comparison.differences if account is None or one.account_id in account]
    if as_json:
        typer.echo(json.dumps(as_data(comparison, wanted), default=str))
        return
    _show(comparison, wanted)


@policy.command()
def export(
    file: Annotated[Path, typer.Argument(dir_okay=False, metavar="FILE")],
    tenant: Tenant,
    since: Since = None,
    mongo: Mongo = None,
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Write what accounts were told into a file, pseudonymous, so that policies can be tried elsewhere."""
    from revcycle.policy import export as write
    from revcycle.policy import journal

    count = asyncio.run(write(journal(store_of(mongo, directory)), tenant, utc(since), file))
    typer.echo(f"{file}: {count} lines")


@policy.command()
def activate(
    version: Annotated[str, typer.Argument(help="As `revcycle policy check` names it, such as lakeside/2026-08-01.")],
    by: Annotated[str, typer.Option(help="Who lets it go live.")],
    reason: Annotated[str, typer.Option(help="Why: what the simulation showed.")],
    approved_by: Annotated[str, typer.Option(help="The second person, where the policy asks for two.")] = "",
    policies: Folder = None,
) -> None:
    """Keep who let a version go live, when and why, with the digest of its figures."""
    from revcycle.policy import let_live
    from services.collections.policies import POLICY_FOLDER

    given = {"version": version, "by": by, "reason": reason, "approved_by": approved_by}
    one = let_live(policies or POLICY_FOLDER, given)
    typer.echo(f"{one.version} goes live from its first day: {one.by}, {one.on}, digest {one.digest}")


@policy.command()
def measures(
    tenant: Tenant,
    since: Since = None,
    policies: Folder = None,
    mongo: Mongo = None,
    directory: Directory = DEFAULT_DIRECTORY,
    as_json: AsJson = False,
) -> None:
    """Say what each version brought, by level: contacts, payments after them, promises, complaints, cost, and rates."""
    from revcycle.policy import journal, measured
    from services.collections.measures import report
    from services.collections.policies import POLICY_FOLDER, policy_book
    from services.collections.work_policies import COMMON, work_book

    book = policy_book(policies or POLICY_FOLDER)
    work = work_book(policies) if policies is not None and (policies / COMMON).is_file() else work_book()
    found = asyncio.run(measured(journal(store_of(mongo, directory)), tenant, utc(since), book, work))
    if as_json:
        shown = {name: {**asdict(one), "rates_bps": one.rates()} for name, one in found.by_version.items()}
        typer.echo(json.dumps(shown, indent=2))
    else:
        typer.echo(report(found))


def _past(path: Path | None, mongo: str | None, directory: Path, tenant: str, since: datetime | None) -> "Past":
    from revcycle.policy import journal, past_in, past_of

    if path is not None:
        return past_in(path)
    return asyncio.run(past_of(journal(store_of(mongo, directory)), tenant, utc(since)))


def store_of(mongo: str | None, directory: Path) -> str:
    """The store's address: the given one, else the running stack's."""
    from revcycle.stack.layout import Layout
    from revcycle.stack.status import running_stack

    return mongo or running_stack(Layout(directory.resolve())).mongo


def utc(since: datetime | None) -> datetime | None:
    """Midnight UTC of a day that was given."""
    return since and since.replace(tzinfo=UTC)


def _day(on: datetime | None) -> date:
    return on.date() if on else datetime.now(UTC).date()


def _show(comparison: "Comparison", wanted: "list[Difference]") -> None:
    from revcycle.policy import shown

    if not wanted and comparison.differences:
        raise RefusalError("None of these accounts differs.")
    table = Table("", "now", "new")
    for row in shown(comparison):
        table.add_row(*row)
    Console().print(table)
    for one in wanted[:SHOWN]:
        typer.echo(
            f"\n{one.account_id}, from {one.first_on}: {one.contacts:+} contacts, {one.endings[0]} -> {one.endings[1]}"
        )
        typer.echo(f"  now: {one.older}\n  new: {one.newer}")
        if one.payments_at_risk_cents:
            typer.echo(
                f"  {one.payments_at_risk_cents / 100:,.2f} was paid soon after a contact that would not be made"
            )
        for sentence in one.why:
            typer.echo(f"    {sentence}")
    more = len(wanted) - SHOWN
    typer.echo(f"\n{len(comparison.differences)} of {comparison.older.accounts} accounts differ")
    if more > 0:
        typer.echo(f"{more} more are not shown; name them by --account, or ask for --json")
