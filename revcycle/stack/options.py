"""The parts of the local stack, their ports, and how one was asked for.

Imports little, for the command line reads it before it does anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

HOST = "127.0.0.1"
DEFAULT_PORTS: Mapping[str, int] = {
    "broker": 19092,
    "store": 27117,
    "eligibility": 8101,
    "claims": 8102,
    "payments": 8103,
    "collections": 8104,
    "console": 8100,
    "sandbox": 8109,
}
SERVERS = ("broker", "store")
MODULES: Mapping[str, str] = {
    "sandbox": "sandbox.app",
    "eligibility": "services.eligibility.app",
    "claims": "services.claims.app",
    "payments": "services.payments.app",
    "collections": "services.collections.app",
    "console": "services.console.app",
}


@dataclass(frozen=True, slots=True)
class Options:
    """How a stack was asked for. `parts` are the services to start, besides the broker and the store."""

    ports: Mapping[str, int]
    parts: tuple[str, ...] = tuple(MODULES)
    kafka: str | None = None
    mongo: str | None = None
    partitions: int = 3
    as_of: date | None = None
    log_level: str = "INFO"

    @property
    def kafka_servers(self) -> str:
        return self.kafka or f"{HOST}:{self.ports['broker']}"

    @property
    def mongo_url(self) -> str:
        return self.mongo or f"mongodb://{HOST}:{self.ports['store']}/?directConnection=true"

    def arguments(self) -> list[str]:
        """The same options, as words of a command line."""
        words = [f"--{name}-port={port}" for name, port in self.ports.items()]
        words += [f"--only={name}" for name in self.parts]
        words += [f"--partitions={self.partitions}", f"--log-level={self.log_level}"]
        optional = {"--kafka": self.kafka, "--mongo": self.mongo, "--as-of": self.as_of}
        return words + [f"{flag}={value}" for flag, value in optional.items() if value is not None]

    def ports_used(self) -> dict[str, int]:
        """The ports this machine must give: none for a server that was given."""
        given = {"broker": self.kafka, "store": self.mongo}
        return {name: self.ports[name] for name in (*SERVERS, *self.parts) if given.get(name) is None}
