"""Apache Kafka in KRaft mode: each broker is a controller too, listens on loopback, keeps its data in one folder."""

import asyncio
import base64
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from revcycle.kafka.jars import HOME, fetch_jars, find_java
from revcycle.refusal import RefusalError
from revcycle.stack.child import ProcessSpec
from revcycle.stack.options import HOST
from revcycle.stack.ports import free_port
from revcycle.stack.probes import accepts_connections

HEAP_MB = 512
READY_SECONDS = 60.0
LOOK_AGAIN_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Broker:
    """One node: number from 1, the clients' port, the controllers' port, its folder."""

    number: int
    port: int
    controller_port: int
    folder: Path

    @property
    def properties_file(self) -> Path:
        return self.folder / "server.properties"


@dataclass(frozen=True, slots=True)
class Cluster:
    """Brokers that know each other."""

    folder: Path
    brokers: tuple[Broker, ...]
    host: str = HOST

    @property
    def servers(self) -> str:
        """For clients: host:port,host:port."""
        return ",".join(f"{self.host}:{broker.port}" for broker in self.brokers)


def plan_cluster(folder: Path, count: int, first_port: int | None = None, host: str = HOST) -> Cluster:
    """One or three brokers, on ports from `first_port` on, or on free ones. The folder's data outlives its ports.

    `host` is an address of this machine; brokers have no passwords, so another one than loopback is for a network of
    one's own.
    """
    if count not in {1, 3}:
        raise RefusalError(f"A cluster has one broker, or three: {count} would gain nothing by their votes.")
    ports = [free_port() if first_port is None else first_port + at for at in range(count)]
    brokers = (Broker(n, port, free_port(), folder / f"broker-{n}") for n, port in enumerate(ports, start=1))
    return Cluster(folder, tuple(brokers), host)


def prepare(cluster: Cluster, *, quick: bool = False) -> tuple[ProcessSpec, ...]:
    """Fetch Kafka, write the settings, format storage that is not, and say how to run each broker.

    `quick` starts a third sooner and serves more slowly: right for tests, wrong for measurements.

    RefusalError where Java or Maven is missing, or where the folder holds another cluster.
    """
    java, jars = find_java(), fetch_jars()
    cluster.folder.mkdir(parents=True, exist_ok=True)
    identity = _cluster_id(cluster.folder)
    with ThreadPoolExecutor(len(cluster.brokers)) as pool:
        formatting = [pool.submit(_format, java, jars, cluster, broker, identity) for broker in cluster.brokers]
    for done in formatting:
        done.result()
    return tuple(_spec(_command(java, jars, HEAP_MB, quick=quick), broker, cluster.host) for broker in cluster.brokers)


def settings(cluster: Cluster, broker: Broker) -> dict[str, str]:
    """The settings of one broker; what the number of brokers decides, and what a small machine needs."""
    count = len(cluster.brokers)
    voters = ",".join(f"{other.number}@{cluster.host}:{other.controller_port}" for other in cluster.brokers)
    return {
        "process.roles": "broker,controller",
        "node.id": str(broker.number),
        "controller.quorum.voters": voters,
        "listeners": f"BROKER://{cluster.host}:{broker.port},CONTROLLER://{cluster.host}:{broker.controller_port}",
        "advertised.listeners": f"BROKER://{cluster.host}:{broker.port}",
        "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "BROKER",
        "log.dirs": str(broker.folder / "data"),
        "default.replication.factor": str(count),
        "min.insync.replicas": str(max(1, count - 1)),
        "offsets.topic.replication.factor": str(count),
        "transaction.state.log.replication.factor": str(count),
        "transaction.state.log.min.isr": str(max(1, count - 1)),
        **SETTINGS,
    }


SETTINGS: Mapping[str, str] = {
    # Topics are made as code, with their partitions: no service may create one by writing to it.
    "auto.create.topics.enable": "false",
    # One person's machine: a group begins at once, and what died is missed soon.
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "broker.heartbeat.interval.ms": "500",
    "broker.session.timeout.ms": "4500",
    # Small: few threads, few internal partitions, and a cleaner that does not ask for a quarter of the heap.
    "num.network.threads": "2",
    "num.io.threads": "4",
    "offsets.topic.num.partitions": "8",
    "transaction.state.log.num.partitions": "8",
    "log.cleaner.dedupe.buffer.size": str(16 << 20),
}


async def wait_until_whole(cluster: Cluster) -> None:
    """Return when every broker is known to the cluster; RefusalError when that takes a minute."""
    numbers = {broker.number for broker in cluster.brokers}
    try:
        async with asyncio.timeout(READY_SECONDS):
            while await _living(cluster.servers) != numbers:  # noqa: ASYNC110 - the event is in other processes
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
    except TimeoutError:
        raise RefusalError(f"The brokers at {cluster.servers} do not find each other.") from None


async def _living(servers: str) -> set[int]:
    """Numbers of the brokers that are up, as one of them says; none while nobody answers."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    try:
        await admin.start()
        known: dict[str, Any] = await admin.describe_cluster()
    except KafkaError:
        return set()
    finally:
        await admin.close()
    return {broker["node_id"] for broker in known["brokers"]}


def _spec(command: tuple[str, ...], broker: Broker, host: str) -> ProcessSpec:
    return ProcessSpec(
        name=f"kafka-{broker.number}",
        argv=(*command, "kafka.Kafka", str(broker.properties_file)),
        port=broker.port,
        url=f"{host}:{broker.port}",
        ready=accepts_connections(broker.port, host),
        cwd=broker.folder,
        stop_seconds=30,
    )


def _command(java: str, jars: Path, heap_mb: int, *, quick: bool) -> tuple[str, ...]:
    # The simplest collector: on a heap this small it stops for milliseconds, and takes the least memory and threads.
    flags = (f"-Xmx{heap_mb}m", "-XX:+UseSerialGC", "-Djava.awt.headless=true")
    compiler = ("-XX:TieredStopAtLevel=1",) if quick else ()
    log = f"-Dlog4j2.configurationFile={HOME / 'log4j2.properties'}"
    return (java, *flags, *compiler, log, "-cp", str(jars / "*"))


def _format(java: str, jars: Path, cluster: Cluster, broker: Broker, identity: str) -> None:
    """Write what Kafka wants to find before its first start; a formatted folder stays as it is."""
    broker.folder.mkdir(parents=True, exist_ok=True)
    lines = (f"{name}={value}\n" for name, value in settings(cluster, broker).items())
    broker.properties_file.write_text("".join(lines))
    if (broker.folder / "data" / "meta.properties").exists():
        return
    words = ("kafka.tools.StorageTool", "format", "-t", identity, "-c", str(broker.properties_file))
    argv = (*_command(java, jars, 128, quick=True), *words)
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RefusalError(f"Kafka's storage in {broker.folder} cannot be formatted:\n{done.stdout}{done.stderr}")


def _cluster_id(folder: Path) -> str:
    """16 bytes as Kafka writes them; made once, for the data bears it."""
    file = folder / "cluster.id"
    if not file.exists():
        file.write_text("R" + base64.urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")[1:])
    return file.read_text()
