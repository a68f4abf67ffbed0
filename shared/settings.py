"""What every service is told by its environment (`REVCYCLE_…`). No secret has a working default."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, PositiveInt
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.clock import Clock, FileClock, SystemClock


class Settings(BaseSettings):
    """Frozen; services add their own fields in a subclass."""

    model_config = SettingsConfigDict(env_prefix="REVCYCLE_", frozen=True, extra="ignore", hide_input_in_errors=True)

    env: Literal["development", "production"] = "production"
    kafka: str = Field(description="Bootstrap servers, host:port[,host:port].")
    kafka_idempotent: bool = Field(default=True, description="Off only for a broker without idempotent producers.")
    kafka_session_timeout_ms: PositiveInt = Field(
        default=10_000, description="Shorter: a dead member is replaced sooner."
    )
    kafka_fetch_wait_ms: PositiveInt = Field(
        default=500, description="Shorter: news arrives sooner, at more idle work."
    )
    mongo: str = Field(description="mongodb:// URL.")
    mongo_pool_size: PositiveInt = Field(default=50, description="Connections of one process, at most.")
    mongo_driver: Literal["pymongo", "motor"] = "pymongo"
    database: str
    key_vault: str = Field(default="revcycle_keys.data_keys", description="database.collection of the data keys.")
    host: str = "127.0.0.1"
    port: PositiveInt
    clock_file: Path | None = None
    jwks_file: Path = Field(description="Public keys that access tokens are verified with.")
    issuer: str
    audience: str = "revcycle"
    master_key_file: Path = Field(description="96 bytes that wrap the data keys (local KMS).")
    pseudonym_key_file: Path = Field(description="At least 32 bytes; changing it renames everybody.")
    audit_keys_file: Path | None = Field(
        default=None, description="Keys of the audit log; without it, one is derived from the master key."
    )
    audit_anchor_file: Path | None = Field(
        default=None, description="Where copies of the audit log's anchors are appended, best outside the store."
    )
    metrics_token_file: Path | None = Field(
        default=None, description="What Prometheus shows to read /metrics; without it, an operator's token is needed."
    )
    otlp_endpoint: str | None = Field(
        default=None, description="Where spans are sent (http://host:4318/v1/traces); without it none are made."
    )
    trace_share: float = Field(default=1.0, gt=0, le=1, description="The share of all traces that is kept.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    batch_records: PositiveInt = Field(
        default=1000,
        description="Records of a batch, at most; two are in hand. More than 500 go in two lanes.",
    )
    tick_seconds: float = Field(default=1.0, gt=0, description="How often loops look for work of other processes.")

    def clock(self) -> Clock:
        """The time of the business: the machine's, or the local stack's file."""
        return SystemClock() if self.clock_file is None else FileClock(self.clock_file)

    def policy_date(self) -> date:
        """The day whose policies are in force when the service starts."""
        return self.clock().now().date()


@cache
def read_key(path: Path, length_min: int) -> bytes:
    """A key file's bytes; ValueError names the file when it is too short."""
    key = path.read_bytes()
    if len(key) < length_min:
        msg = f"{path}: a key of at least {length_min} bytes is needed"
        raise ValueError(msg)
    return key
