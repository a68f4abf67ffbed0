"""The keys of the audit log: from a file of their own, which may be changed while services run, or derived."""

import hmac
import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.audit_chain import DIGEST, AuditKey

SECRET_BYTES_MIN = 32
DERIVED = "derived"


class AuditKeys:
    """The key that new records are sealed with, and those that older records were."""

    def __init__(self, current: str, secrets_by_id: Mapping[str, bytes]) -> None:
        for name, secret in secrets_by_id.items():
            if len(secret) < SECRET_BYTES_MIN:
                msg = f"the audit key {name} is shorter than {SECRET_BYTES_MIN} bytes"
                raise ValueError(msg)
        if current not in secrets_by_id:
            msg = "the audit key that `current` names is not among `keys`"
            raise ValueError(msg)
        self._secrets = dict(secrets_by_id)
        self.current = AuditKey(current, self._secrets[current])

    def of(self, key_id: object) -> AuditKey | None:
        """The key of that name, or None when it was never here or was taken away."""
        secret = self._secrets.get(key_id) if isinstance(key_id, str) else None
        return None if secret is None else AuditKey(str(key_id), secret)

    def newer(self) -> "AuditKeys":
        """The keys as they are now."""
        return self

    @classmethod
    def derived(cls, master: bytes) -> "AuditKeys":
        """One key made from the master key, where no file of audit keys is given."""
        return cls(DERIVED, {DERIVED: hmac.new(master, b"revcycle/audit", DIGEST).digest()})

    @classmethod
    def of_this_process(cls) -> "AuditKeys":
        """A key that nobody keeps: what it seals can be verified only while the process lives."""
        return cls("process", {"process": secrets.token_bytes(SECRET_BYTES_MIN)})


class FileKeys(AuditKeys):
    """Keys of a file: `{"current": "2026-11", "keys": {"2026-11": "64 hexadecimal digits or more"}}`.

    To rotate, add a key, name it current, and keep the old ones as long as records sealed with them are to be verified.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_ns = path.stat().st_mtime_ns
        super().__init__(*_read(path))

    def newer(self) -> AuditKeys:
        """Read again when the file changed; a file that cannot be read leaves the keys as they were."""
        try:
            return self if self._path.stat().st_mtime_ns == self._read_ns else FileKeys(self._path)
        except (OSError, ValueError):
            return self


def new_key_file(name: str) -> bytes:
    """The content of a file with one new key."""
    return json.dumps({"current": name, "keys": {name: secrets.token_hex(SECRET_BYTES_MIN)}}, indent=2).encode()


def _read(path: Path) -> tuple[str, dict[str, bytes]]:
    try:
        said: Any = json.loads(path.read_text())
        return str(said["current"]), {str(name): bytes.fromhex(text) for name, text in said["keys"].items()}
    except (KeyError, TypeError, AttributeError, ValueError):
        msg = f'{path}: an audit key file is {{"current": NAME, "keys": {{NAME: HEX}}}}'
        raise ValueError(msg) from None
