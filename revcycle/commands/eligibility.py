"""`revcycle check-list`: hand a list of coverage inquiries to the eligibility service."""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console

from revcycle.commands.options import DEFAULT_DIRECTORY, AccessToken, AsJson, Directory, Tenant
from revcycle.refusal import Exit
from revcycle.stack.layout import Layout

ACCEPTED = 202
SECONDS_MAX = 600.0


def register(app: typer.Typer) -> None:
    app.command("check-list")(check_list)


def check_list(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, metavar="FILE")],
    tenant: Tenant,
    eligibility: Annotated[
        str | None, typer.Option(metavar="URL", help="Another eligibility service than the local one.")
    ] = None,
    token: AccessToken = None,
    directory: Directory = DEFAULT_DIRECTORY,
    as_json: AsJson = False,
) -> None:
    """Check the coverage of up to 10,000 patients, one JSON object a line, in files of many inquiries.

    Meant for the night before appointments. Interrupted, it is run again: a list is known by its content.
    """
    from revcycle.identity import issue_token
    from revcycle.stack.status import running_stack

    layout = Layout(directory.resolve())
    url = eligibility or running_stack(layout).url("eligibility") or ""
    signed = token or issue_token(layout, tenant, "revcycle check-list", ["biller"])
    with httpx.Client(base_url=url, timeout=SECONDS_MAX, trust_env=False) as client:
        taken, answer = send_list(client, signed, file.read_bytes())
    if as_json:
        typer.echo(json.dumps(answer, indent=2))
    else:
        for line in in_words(answer):
            Console().print(line, highlight=False, soft_wrap=True)
    if not taken or answer["refused"]:
        raise typer.Exit(Exit.FAILED)


def send_list(client: httpx.Client, token: str, content: bytes) -> tuple[bool, dict[str, Any]]:
    """Whether the service took the list, and what it said. The key is the content's hash."""
    headers = {"authorization": f"Bearer {token}", "idempotency-key": hashlib.sha256(content).hexdigest()}
    try:
        answer = client.post("/batches", content=content, headers=headers)
        said: dict[str, Any] = answer.json()
    except (httpx.HTTPError, json.JSONDecodeError) as error:
        return False, {"detail": f"the eligibility service did not answer ({type(error).__name__}); run it again"}
    return answer.status_code == ACCEPTED, said


def in_words(answer: dict[str, Any]) -> list[str]:
    """What became of a list, a sentence a line."""
    if "rows" not in answer:
        return [str(answer.get("detail", answer))]
    made = [
        f"{one['payer_id']}: {one['inquiries']} inquiries, {one['joined']} already under way; until {one['until']}"
        for one in answer["batches"]
    ]
    return [*made, *(f"line {one['line']} refused: {one['error']}" for one in answer["refused"])]
