"""`python -m tests.chaos`: claims flow on Apache Kafka and the local store while everything is broken."""

import argparse
import asyncio
import logging
import secrets
import sys
from pathlib import Path

from rich.console import Console

from revcycle.kafka.jars import fetch_jars, find_java
from revcycle.refusal import RefusalError
from tests.chaos.isolation import Machine, OwnMachine, is_inside, run_inside, why_not
from tests.chaos.plan import FULL, SHORT
from tests.chaos.report import show, write_json
from tests.chaos.run import run


def main() -> int:
    """0: nothing lost, nothing doubled. 1: something was. 2: it could not be run."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="the same faults again; else a new plan")
    parser.add_argument("--short", action="store_true", help="a few faults, in two or three minutes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report there too")
    parser.add_argument("--shared", action="store_true", help="no namespaces: disk and links are left alone")
    chosen = parser.parse_args()
    console = Console(soft_wrap=True)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it tells of every broker that is away
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # and this one of every process that was killed
    try:
        find_java()
        fetch_jars()  # before there is no network
        why = None if is_inside() else "--shared was given" if chosen.shared else why_not()
        seed = chosen.seed if chosen.seed is not None else secrets.randbelow(1_000_000)
        if not is_inside() and why is None:
            again = [f"--seed={seed}", *(["--short"] if chosen.short else [])]
            return run_inside([*again, *([f"--json={chosen.json.resolve()}"] if chosen.json else [])])
        machine = OwnMachine() if is_inside() else Machine()
        report = asyncio.run(run(seed, SHORT if chosen.short else FULL, machine, why, console))
    except RefusalError as refusal:
        console.print(f"[bold red]{refusal}[/]", highlight=False)
        return 2
    show(report, console)
    if chosen.json:
        write_json(report, chosen.json)
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())
