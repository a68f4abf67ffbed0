"""A sealer for tests without a key vault; the contract suite in test_sealed.py runs on it and on the real one."""

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.sealed import SEALED_PREFIX, SealBrokenError, bucket_of


class PlainSealer:
    """Implements `Sealer` with keys in memory; `forget` deletes one, as a data key is deleted."""

    def __init__(self) -> None:
        self._keys: dict[str, bytes] = {}

    async def seal(self, tenant: str, owner: str, clear: bytes, /) -> str:
        name = f"{tenant}/{bucket_of(owner)}"
        key = self._keys.setdefault(name, AESGCM.generate_key(256))
        nonce = os.urandom(12)
        body = name.encode() + b"\0" + nonce + AESGCM(key).encrypt(nonce, clear, name.encode())
        return SEALED_PREFIX + base64.b64encode(body).decode()

    async def open(self, sealed: str, /) -> bytes:
        try:
            body = base64.b64decode(sealed.removeprefix(SEALED_PREFIX), validate=True)
            name, _, rest = body.partition(b"\0")
            return AESGCM(self._keys[name.decode()]).decrypt(rest[:12], rest[12:], name)
        except (KeyError, ValueError, InvalidTag):
            msg = "the field's key is gone, or it was not sealed here"
            raise SealBrokenError(msg) from None

    async def forget(self, tenant: str, owner: str) -> None:
        del self._keys[f"{tenant}/{bucket_of(owner)}"]
