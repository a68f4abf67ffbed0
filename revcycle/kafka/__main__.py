"""`python -m revcycle.kafka`: Apache Kafka on this machine, until Ctrl-C."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from revcycle.kafka.cluster import Cluster, plan_cluster, prepare, wait_until_whole
from revcycle.kafka.jars import fetch_jars, version, write_lock
from revcycle.refusal import Exit, RefusalError
from revcycle.stack.ports import is_free
from revcycle.stack.supervisor import Stage, Supervisor

DEFAULT_PORT = 29092
DEFAULT_DIRECTORY = Path(".revcycle/kafka")


def main(
    brokers: Annotated[int, typer.Option(help="One, or three for faults.")] = 1,
    port: Annotated[int, typer.Option(min=1, max=65533, help="Of the first broker; the others follow.")] = DEFAULT_PORT,
    directory: Annotated[Path, typer.Option("--dir", help="Where the data lies.")] = DEFAULT_DIRECTORY,
    fetch: Annotated[bool, typer.Option("--fetch", help="Only fill the cache.")] = False,
    lock: Annotated[bool, typer.Option("--lock", help="Write jars.lock again, after a change of pom.xml.")] = False,
) -> None:
    """Fetch Apache Kafka where it is not in the cache yet, and run it."""
    if lock:
        print(f"jars.lock holds {write_lock()} jars now: look at the difference before you commit it.")
        return
    if fetch:
        print(f"Apache Kafka {version()} lies in {fetch_jars()}.")
        return
    folder = directory.resolve()
    cluster = plan_cluster(folder, brokers, port)
    if taken := [broker.port for broker in cluster.brokers if not is_free(broker.port)]:
        raise RefusalError(f"Port {taken[0]} is in use: choose another with --port.", Exit.CONFLICT)
    if (earlier := len(list(folder.glob("broker-*")))) not in {0, brokers}:
        raise RefusalError(f"{folder} holds a cluster of {earlier}: name another directory with --dir.", Exit.CONFLICT)
    asyncio.run(run(cluster))


async def run(cluster: Cluster) -> None:
    """Keep the brokers running until SIGINT or SIGTERM; a broker that ends by itself comes back."""
    specs = await asyncio.to_thread(prepare, cluster)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    stage = Stage(specs, then=lambda: wait_until_whole(cluster))

    def log_of(name: str) -> Path:
        return cluster.folder / f"{name}.log"

    def ready() -> None:
        print(f"Apache Kafka {version()} runs: revcycle up --kafka {cluster.servers}", flush=True)

    await Supervisor([stage], log_of, lambda _phase, _processes: None).run(stop, ready)


if __name__ == "__main__":
    try:
        typer.run(main)
    except RefusalError as refusal:
        Console(stderr=True).print(f"[bold red]revcycle:[/] {refusal}", highlight=False, soft_wrap=True)
        sys.exit(int(refusal.exit_code))
