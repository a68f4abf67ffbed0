"""The settings of a service that runs in the test's process, on a real broker and store."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey

from shared.clock import write_clock_file
from tests.servers import Kafka


def settings_on(root: Path, kafka: Kafka, mongo: str, database: str, key: ECKey, now: datetime) -> dict[str, Any]:
    """What every service is told: servers, a clock that stands at `now`, and keys; the files go below `root`."""
    (root / "jwks.json").write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    (root / "master").write_bytes(bytes(range(96)))
    (root / "pseudonym").write_bytes(b"a key of thirty-two bytes, at least")
    write_clock_file(root / "clock.json", now)
    return {
        "env": "development",
        "kafka": kafka.servers,
        "kafka_idempotent": kafka.idempotent,
        "kafka_session_timeout_ms": 2000,
        "kafka_fetch_wait_ms": 100,
        "mongo": mongo,
        "database": database,
        "key_vault": f"{database}.keys",
        "clock_file": root / "clock.json",
        "jwks_file": root / "jwks.json",
        "master_key_file": root / "master",
        "pseudonym_key_file": root / "pseudonym",
        "tick_seconds": 0.05,
    }
