"""The command line: one module per group of commands, registered here.

Exit codes: 0 done, 1 failed or unhealthy, 2 the command was not understood, 3 no stack runs, 4 a port is taken or a
stack runs already, 5 refused.
"""

import sys

import typer
from rich.console import Console

from revcycle.commands import (
    access,
    audit,
    clock,
    compliance,
    conformance,
    contracts,
    demo,
    eligibility,
    files,
    ledger,
    policy,
    replay,
    report,
    rules,
    stack,
    topics,
    x12,
)
from revcycle.refusal import RefusalError

app = typer.Typer(
    name="revcycle",
    help="Run RevCycle on this machine, and talk to it.",
    epilog="Exit codes: 0 done, 1 failed or unhealthy, 2 not understood, 3 no stack runs, "
    "4 a port is taken or a stack runs already, 5 refused.",
    no_args_is_help=True,
    add_completion=False,
    # A traceback with local variables would print what the program was working on: patients.
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for group in (
    stack,
    files,
    eligibility,
    topics,
    clock,
    access,
    demo,
    replay,
    report,
    rules,
    contracts,
    conformance,
    policy,
    compliance,
    ledger,
    audit,
    x12,
):
    group.register(app)


def main() -> None:
    """Run one command; say what went wrong in one sentence, not in a traceback."""
    try:
        app()
    except RefusalError as refusal:
        Console(stderr=True).print(f"[bold red]revcycle:[/] {refusal}", markup=True, highlight=False, soft_wrap=True)
        sys.exit(int(refusal.exit_code))
