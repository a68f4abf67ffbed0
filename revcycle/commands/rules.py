"""`revcycle rules check` and `revcycle claims dry-run`: rules and claims judged on this machine, without a stack."""

import json
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from revcycle.commands.options import AsJson
from revcycle.refusal import Exit, RefusalError

if TYPE_CHECKING:
    from revcycle.scrub import Tried
    from services.claims.core.rules import Rule

rules = typer.Typer(help="Check rules before they are sent to the claims service.", no_args_is_help=True)
claims = typer.Typer(help="Look claims over before they are sent in.", no_args_is_help=True)
SHOWN = 50


def register(app: typer.Typer) -> None:
    rules.command()(check)
    rules.callback()(_rules)
    claims.command("dry-run")(dry_run)
    claims.callback()(_claims)
    app.add_typer(rules, name="rules")
    app.add_typer(claims, name="claims")


def _rules() -> None:
    """Check rules before they are sent to the claims service."""


def _claims() -> None:
    """Look claims over before they are sent in."""


def check(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, readable=True, metavar="FILE...")],
    as_json: AsJson = False,
) -> None:
    """Check files of rules, TOML or JSON. Exit code 1 when one has a fault; every fault is told with its place."""
    from revcycle.scrub import check_file

    checked = {file: check_file(file) for file in files}
    if as_json:
        shown = {
            str(file): {"rules": [rule.id for rule in one.rules], "faults": one.faults} for file, one in checked.items()
        }
        typer.echo(json.dumps(shown, indent=2))
    else:
        for file, one in checked.items():
            typer.echo(f"{file}: {len(one.rules)} good, {len(one.faults)} faults")
            for fault in one.faults:
                typer.echo(f"  {fault}")
    if any(one.faults for one in checked.values()):
        raise typer.Exit(Exit.FAILED)


def dry_run(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, metavar="FILE")],
    own: Annotated[
        Path | None, typer.Option("--rules", help="Rules to try beside the base set.", exists=True, dir_okay=False)
    ] = None,
    received: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day they come in; today without it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what would hold the claims of an 837 file. Nothing is sent or kept. Exit code 1 when a claim would wait.

    Duplicates, used control numbers and a tenant's tables are known to the service only.
    """
    from revcycle.scrub import try_claims
    from revcycle.x12.files import unreadable, watched
    from shared.x12.findings import X12Error

    with watched([file], "judging") as opened:
        try:
            tried = list(try_claims(opened(file)(), _day(received), _own_rules(own)))
        except X12Error as error:
            raise unreadable(file, error) from None
    _show(tried, as_json=as_json)
    if any(one.judged.holds for one in tried):
        raise typer.Exit(Exit.FAILED)


def _day(received: datetime | None) -> date:
    return received.date() if received else datetime.now(UTC).date()


def _own_rules(path: Path | None) -> "tuple[Rule, ...]":
    from revcycle.scrub import check_file

    if path is None:
        return ()
    checked = check_file(path)
    if checked.faults:
        raise RefusalError(f"{path}: {checked.faults[0]} ({len(checked.faults)} faults; see `revcycle rules check`)")
    return checked.rules


def _show(tried: "list[Tried]", *, as_json: bool) -> None:
    if as_json:
        shown = [{"patient_control_number": one.control_number, **one.judged.model_dump(mode="json")} for one in tried]
        typer.echo(json.dumps(shown, indent=2))
        return
    held = [one for one in tried if one.judged.holds]
    counted = Counter(hold.rule for one in held for hold in one.judged.holds)
    if held:
        table = Table("claim", "rule", "field", "what to do")
        for one in held[:SHOWN]:
            for hold in one.judged.holds:
                table.add_row(one.control_number, hold.rule, hold.field, hold.message)
        Console().print(table)
    for rule, count in counted.most_common():
        typer.echo(f"{count:6} {rule}")
    typer.echo(f"{len(tried)} claims: {len(held)} would wait, {len(tried) - len(held)} would go on")
