"""`revcycle ledger`: prove the books, and see what a remittance would do."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from revcycle.commands.options import DEFAULT_DIRECTORY, AccessToken, AsJson, Directory, Tenant
from revcycle.refusal import Exit, RefusalError
from revcycle.stack.layout import Layout

ledger = typer.Typer(help="Prove the books, and see what a remittance would do.", no_args_is_help=True)
Url = Annotated[str | None, typer.Option(metavar="URL", help="Another payments service than the local one.")]


def register(app: typer.Typer) -> None:
    app.add_typer(ledger, name="ledger")


@ledger.command()
def prove(
    tenant: Annotated[list[str], typer.Option(help="A billing client; may be given again.")],
    payments: Url = None,
    token: AccessToken = None,
    directory: Directory = DEFAULT_DIRECTORY,
    as_json: AsJson = False,
) -> None:
    """Recompute a client's whole book from the journal, and compare it with everything stored.

    Accounts, providers' ledgers, what each remittance says against what was posted of it, the payers' cash, and the
    cash book: deposits, cards, refunds, tills, checks. Exit code 1 when anything differs, and each difference is named.
    """
    from revcycle.report import cash_table, proof_table

    proofs: dict[str, Mapping[str, Any]] = {}
    for one in tenant:
        with _client(directory, payments, token, one) as client:
            proofs[one] = watch_proof(client, one, quiet=as_json)
    if as_json:
        typer.echo(json.dumps(proofs, indent=2))
    else:
        console = Console()
        console.print(proof_table(proofs), cash_table(proofs))
        for name, proof in proofs.items():
            for line in (remitted_in_words(proof), *differences(proof)):
                console.print(f"{name}: {line}", highlight=False, soft_wrap=True)
    if not all(proof["proved"] for proof in proofs.values()):
        raise typer.Exit(Exit.FAILED)


@ledger.command("dry-run")
def dry_run(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, metavar="FILE")],
    tenant: Tenant,
    payments: Url = None,
    token: AccessToken = None,
    directory: Directory = DEFAULT_DIRECTORY,
    as_json: AsJson = False,
) -> None:
    """Show what posting a remittance file (835) would do, claim by claim, without posting anything.

    Exit code 1 when something of it would not post by itself.
    """
    with _client(directory, payments, token, tenant) as client:
        rehearsed = ask_dry_run(client, file.read_bytes())
    if as_json:
        typer.echo(json.dumps(rehearsed, indent=2))
    else:
        for one in rehearsed:
            Console().print(*in_words(one), sep="\n", highlight=False, soft_wrap=True)
    if not all(_posts(one) for one in rehearsed):
        raise typer.Exit(Exit.FAILED)


def ask_dry_run(client: httpx.Client, content: bytes) -> list[Mapping[str, Any]]:
    """The service's answer. RefusalError with its reason when it cannot read the file."""
    try:
        answer = client.post("/remittances/dry-run", content=content)
        said: Any = answer.json()
    except (httpx.HTTPError, json.JSONDecodeError) as error:
        raise RefusalError(f"The payments service did not answer ({type(error).__name__}).") from error
    if answer.is_error:
        raise RefusalError(f"The file cannot be rehearsed: {said.get('detail', answer.status_code)}")
    return list(said)


def in_words(one: Mapping[str, Any]) -> list[str]:
    """One transaction: its outcome, its totals, and every claim that would not simply post."""
    totals = one["totals"]
    come_to = ", ".join(
        (
            f"{totals['claims_posting']} of {totals['claims']} claims post",
            f"{_dollars(totals['paid_cents'])} paid",
            f"{_dollars(totals['denied_cents'])} denied",
            f"patients' balances by {_dollars(totals['patient_change_cents'])}",
            f"provider adjustments {_dollars(totals['provider_adjustments_cents'])}",
        )
    )
    return [
        f"{one['transaction']}: {one.get('trace_number', '')}: {one['outcome']}",
        f"  {come_to}",
        *(
            f"  claim {claim['position']} ({claim['patient_control_number']}): {claim['outcome']}"
            for claim in one["remitted"]
            if claim["outcome"] != "posts"
        ),
        *(
            f"  {line['code']} {line['reference']}: {_dollars(line['cents'])} {line['debit']} / {line['credit']}"
            for line in one["adjustments"]
        ),
    ]


def _posts(one: Mapping[str, Any]) -> bool:
    return one["outcome"] == "posts" and all(claim["outcome"] == "posts" for claim in one["remitted"])


def _dollars(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100:,}.{abs(cents) % 100:02}"


def _client(directory: Path, payments: str | None, token: str | None, tenant: str) -> httpx.Client:
    from revcycle.identity import issue_token
    from revcycle.stack.status import running_stack

    layout = Layout(directory.resolve())
    url = payments or running_stack(layout).url("payments") or ""
    signed = token or issue_token(layout, tenant, "revcycle ledger", ["auditor"])
    headers = {"authorization": f"Bearer {signed}"}
    return httpx.Client(base_url=url, headers=headers, timeout=httpx.Timeout(30, read=600), trust_env=False)


def watch_proof(client: httpx.Client, tenant: str, *, quiet: bool = False) -> Mapping[str, Any]:
    """The proof, with a bar on the error output while it runs. RefusalError when the service does not answer."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    last: Mapping[str, Any] = {}
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as progress:
        bar = progress.add_task(f"Proving {tenant}", total=None)
        for last in _lines(client):
            if "total" in last:
                progress.update(bar, completed=last["done"], total=last["total"])
    if "proved" not in last:
        raise RefusalError("The payments service ended its answer before the proof was done; run it again.")
    return last


def _lines(client: httpx.Client) -> Iterator[Mapping[str, Any]]:
    try:
        with client.stream("GET", "/ledger/proof/progress") as answer:
            if answer.is_error:
                raise RefusalError(f"The payments service refused: {answer.status_code}.")
            for line in answer.iter_lines():
                yield json.loads(line)
    except httpx.HTTPError as error:
        raise RefusalError(f"The payments service did not answer ({type(error).__name__}).") from error


def remitted_in_words(proof: Mapping[str, Any]) -> str:
    """How the payers' money stands: what remittances paid, what of it has no account yet, what went to providers."""
    return (
        f"{proof['remittances']} remittances paid {_dollars(proof['remitted_cents'])}, of which "
        f"{_dollars(proof['waiting_cents'])} waits for its claim; {proof['providers']} providers' ledgers hold "
        f"{_dollars(proof['provider_adjustments_cents'])} kept or added beside claims; the cash book: "
        f"{cash_in_words(proof['cash'])}"
    )


def cash_in_words(cash: Mapping[str, Any]) -> str:
    """Where the money lies, account by account of the cash book; debit balances."""
    balances: Mapping[str, int] = cash["balances_cents"]
    return ", ".join(f"{name.replace('_', ' ')} {_dollars(cents)}" for name, cents in balances.items()) or "empty"


def differences(proof: Mapping[str, Any]) -> list[str]:
    """Each difference in a sentence, and what is only not done yet."""
    said = [
        f"{one['account_id'] or 'the book'}{' ' + one['item_id'] if one['item_id'] else ''}: {one['what']}: "
        f"{one['stated_cents']} stored, {one['expected_cents']} by the journal"
        for one in proof["discrepancies"]
    ]
    more = proof["discrepancies_found"] - len(said)
    if more:
        said.append(f"and {more} more")
    if not proof["at_rest"] or not proof["cash"]["at_rest"]:
        said.append("claims or money are still on their way to their accounts; prove again when it is at rest")
    return said
