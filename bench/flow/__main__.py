"""python -m bench.flow: every service's main message, by every contender, side by side on the same broker and store.

Then whole claims, through all services and the payers' sandbox, on the real stores (`--case life` measures only that).

A round gives each contender a process of its own on one core, and the servers the other one. Ratios are taken within a
round, because the machine has other work to do; the table holds medians over the rounds.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

from aiokafka import AIOKafkaProducer
from rich.console import Console

from bench.flow import life
from bench.flow.cases import Case, cases, traces
from bench.flow.servers import serving, stores
from bench.flow.table import PACED_PER_SECOND, show, show_lives
from revcycle.stack.topics import create_topics, topic_names

CONTENDERS = ("bare", "ours", "usual", "quix")
LIFE = "life"
ONE_BY_ONE = frozenset({"usual", "quix"})
QUIX_PYTHON = Path(".venv-quix/bin/python")
QUIX = Path(__file__).parent / "contenders" / "quix.py"
PARTITIONS = 3
PACED_SECONDS = 20
"""A contender starts meanwhile: what lies there then, and what comes in the second after, does not count."""


async def fill(kafka: str, case: Case, messages: int) -> None:
    """Every message of a case, before anybody reads it."""
    await create_topics(kafka, PARTITIONS, [case.topic, *topic_names()], 1)
    async with AIOKafkaProducer(bootstrap_servers=kafka, linger_ms=5, max_batch_size=256 * 1024) as producer:
        for first in range(0, messages, 1000):
            records = [case.record(number) for number in range(first, min(first + 1000, messages))]
            sent: list[asyncio.Future[Any]] = [
                await producer.send(r.topic, value=r.value, key=r.key, headers=list(r.headers)) for r in records
            ]
            await asyncio.gather(*sent)


async def pace(kafka: str, case: Case, topic: str, messages: int, per_second: int) -> None:
    """Send so many a second, whatever becomes of them."""
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        start = time.monotonic()
        for number in range(messages):
            await asyncio.sleep(start + number / per_second - time.monotonic())
            record = case.record(number)
            await producer.send(topic, value=record.value, key=record.key, headers=list(record.headers))
        await producer.flush()


def run(contender: str, case: Case, kafka: str, mongo: str, messages: int, topic: str | None = None) -> dict[str, Any]:
    """One contender in its own process; RuntimeError with the end of what it said when it fails."""
    argv = [sys.executable, "-m", "bench.flow.measure", contender, case.name]
    if contender == "quix":
        argv = [str(QUIX_PYTHON), str(QUIX), "--traces", str(_traces_file(case))]
    topic = topic or case.topic
    database = f"{topic}_{contender}".replace(".", "_")
    argv += ["--kafka", kafka, "--mongo", mongo, "--topic", topic, "--messages", str(messages), "--database", database]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode:
        msg = f"{contender} on {case.name}: {done.stderr[-2000:]}"
        raise RuntimeError(msg)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _traces_file(case: Case) -> Path:
    """What a message leaves behind, for a contender that cannot ask the service."""
    path = Path(tempfile.gettempdir()) / f"revcycle-bench-{case.name}.json"
    found = [
        {"kind": t.kind, "document": t.document, "events": [json.loads(r.value) for r in t.records]}
        for t in traces(case)
    ]
    path.write_text(json.dumps(found, default=str))
    return path


def contenders_on(store: str, wanted: list[str]) -> list[str]:
    """Those that can run here: Quix Streams needs its environment, and a real store."""
    return [one for one in wanted if one != "quix" or (QUIX_PYTHON.exists() and store != "free")]


def paced(contender: str, case: Case, kafka: str, mongo: str) -> dict[str, Any]:
    """How long a message takes from sending to effect, at a rate that every contender can follow.

    Once is enough, and only on a store that takes time: it is most of what a round would last.
    """
    topic, messages = f"{case.topic}.paced.{contender}", PACED_PER_SECOND * PACED_SECONDS
    asyncio.run(create_topics(kafka, PARTITIONS, [topic], 1))
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(asyncio.run, pace(kafka, case, topic, messages, PACED_PER_SECOND))
        found = run(contender, case, kafka, mongo, messages, topic)
        sending.result()
    return {name: found[name] for name in ("p50_ms", "p99_ms") if name in found}


def measure(store: str, case: Case, contenders: list[str], messages: int, rounds: int) -> dict[str, Any]:
    """Medians of each contender's figures, and of its messages a second beside ours and beside the bare loop's."""
    figures: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for round_ in range(rounds):
        turn = contenders[round_ % len(contenders) :] + contenders[: round_ % len(contenders)]
        with serving(store) as (kafka, mongo):
            asyncio.run(fill(kafka, case, messages))
            for contender in turn:
                # One by one is slow: fewer messages tell as much.
                count = messages // 5 if contender in ONE_BY_ONE else messages
                found = run(contender, case, kafka, mongo, count)
                waits = paced(contender, case, kafka, mongo) if round_ == 0 and store != "free" else {}
                figures[contender].append(found | waits)
    return {name: _medians(found, figures.get("bare", [])) for name, found in figures.items()}


def _medians(found: list[dict[str, Any]], bare: list[dict[str, Any]]) -> dict[str, Any]:
    known = [name for name, value in found[0].items() if name != "steps_us" and value is not None]
    plain = {name: median(one[name] for one in found if name in one) for name in known}
    steps = sorted({step for one in found for step in one["steps_us"]})
    ratios = [one["messages_per_s"] / other["messages_per_s"] for one, other in zip(found, bare, strict=False)]
    return {
        **plain,
        "of_bare": median(ratios) if ratios else None,
        "steps_us": {step: median(one["steps_us"].get(step, 0.0) for one in found) for step in steps},
    }


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="bench.flow", description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--claims", type=int, default=500, help="whole claims; 0: none")
    parser.add_argument("--store", action="append", choices=stores(), help="may be repeated; default: all there are")
    parser.add_argument(
        "--case", action="append", choices=[*sorted(cases()), LIFE], help="may be repeated; default: all"
    )
    parser.add_argument("--contender", action="append", choices=CONTENDERS, help="may be repeated; default: all")
    parser.add_argument("--json", action="store_true", help="print figures instead of tables")
    told = parser.parse_args()
    known, wanted = cases(), told.case or [*cases(), LIFE]
    chosen = told.store or stores()
    found = {
        store: {
            name: measure(
                store,
                known[name],
                contenders_on(store, told.contender or list(CONTENDERS)),
                told.messages,
                told.rounds,
            )
            for name in wanted
            if name != LIFE
        }
        for store in chosen
    }
    lived = [store for store in chosen if store != "free" and LIFE in wanted and told.claims]
    lives = {store: life.measure(store, told.claims, told.rounds) for store in lived}
    if told.json:
        print(json.dumps({"messages": found, "claims": lives}, indent=1))
        return
    show(Console(width=180), found)
    show_lives(Console(width=180), lives)


if __name__ == "__main__":
    main()
