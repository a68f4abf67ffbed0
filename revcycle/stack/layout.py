"""Where the local stack keeps what: one run directory, readable by its owner only."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Layout:
    """The run directory (`.revcycle`) and every path in it."""

    root: Path

    @property
    def record(self) -> Path:
        """What runs: process ids, ports, how it was started."""
        return self.root / "stack.json"

    @property
    def lock(self) -> Path:
        """Held by the supervisor while it lives; the kernel lets go of it even after kill -9."""
        return self.root / "lock"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def data(self) -> Path:
        """The local store's files."""
        return self.root / "data"

    @property
    def exchange(self) -> Path:
        """Folders shared by the services and the clearinghouse."""
        return self.root / "exchange"

    @property
    def intake(self) -> Path:
        """Where 837 files are dropped, one folder per tenant."""
        return self.root / "intake"

    @property
    def sandbox(self) -> Path:
        """What the emulated clearinghouse and its payers remember."""
        return self.root / "sandbox"

    @property
    def checkpoint(self) -> Path:
        """Since when everything published was also handled."""
        return self.root / "checkpoint.json"

    @property
    def clock(self) -> Path:
        """The stack's time, where it does not run on the machine's."""
        return self.root / "clock.json"

    @property
    def identity(self) -> Path:
        return self.root / "identity"

    @property
    def jwks(self) -> Path:
        """The public keys that access tokens are verified with."""
        return self.identity / "jwks.json"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def master_key(self) -> Path:
        """96 bytes that wrap the data keys of sealed fields: the local stand-in for a KMS."""
        return self.keys / "master.key"

    @property
    def pseudonym_key(self) -> Path:
        """32 bytes; changing it renames everybody."""
        return self.keys / "pseudonym.key"

    @property
    def audit_keys(self) -> Path:
        """What the audit log's records are sealed with."""
        return self.keys / "audit.json"

    @property
    def anchors(self) -> Path:
        """Copies of the audit log's anchors, outside the store."""
        return self.root / "audit-anchors.jsonl"

    @property
    def processor(self) -> Path:
        """Key and webhook secret between payments and the emulated card processor."""
        return self.keys / "processor.toml"

    @property
    def metrics_token(self) -> Path:
        """What Prometheus shows to read the services' metrics."""
        return self.keys / "metrics.token"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def prepare(self) -> None:
        """Make what is missing; keys once, for the data depends on them."""
        shared = (self.exchange, self.intake, self.sandbox)
        for folder in (self.root, self.logs, self.data, *shared, self.identity, self.keys):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make_key(self.master_key, length_bytes=96)
        _make_key(self.pseudonym_key, length_bytes=32)
        _make_audit_keys(self.audit_keys)
        _make_processor(self.processor)
        if not self.metrics_token.exists():
            write_private(self.metrics_token, secrets.token_urlsafe(32).encode())


def _make_key(path: Path, *, length_bytes: int) -> None:
    if not path.exists():
        write_private(path, os.urandom(length_bytes))


def _make_audit_keys(path: Path) -> None:
    from shared.audit_keys import new_key_file  # what it is made of takes a while to load

    if not path.exists():
        write_private(path, new_key_file("local"))


def _make_processor(path: Path) -> None:
    """An account for every tenant with the emulated processor: its address is the sandbox's."""
    if not path.exists():
        lines = ('["*"]', f'api_key = "{secrets.token_hex(24)}"', f'webhook_secrets = ["{secrets.token_hex(32)}"]', "")
        write_private(path, "\n".join(lines).encode())


def write_private(path: Path, content: bytes) -> None:
    """Write whole or not at all, readable by the owner only."""
    draft = path.with_name(path.name + ".tmp")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
