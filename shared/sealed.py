"""Sealed fields: identifiers encrypted before they reach the store or a topic, and pseudonyms to find them by.

One data key per tenant and bucket of patients, kept in a key vault of its own. Deleting a data key makes everything
sealed with it unreadable for good.
"""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from bson.binary import STANDARD, UUID_SUBTYPE, Binary
from bson.codec_options import CodecOptions
from pymongo import AsyncMongoClient
from pymongo.asynchronous.encryption import AsyncClientEncryption
from pymongo.encryption_shared import Algorithm
from pymongo.errors import EncryptionError

BUCKETS = 16
"""Data keys of one tenant. May be changed at any time: a seal names the key it was made with."""
SEALED_PREFIX = "sealed:"
KEY_ID = slice(1, 17)
"""Where the id of the data key stands in a ciphertext (MongoDB's client-side encryption format)."""
FRESH_SECONDS = 50.0


class SealBrokenError(Exception):
    """A sealed field cannot be opened: its key was deleted, or it was never sealed by us."""


class Sealer(Protocol):
    """Seals bytes for a tenant; `owner` (an account, a file) chooses the bucket and so the data key."""

    async def seal(self, tenant: str, owner: str, clear: bytes, /) -> str:
        """Sealed text, safe to store and to send."""
        ...

    async def open(self, sealed: str, /) -> bytes:
        """What was sealed; SealBrokenError when its key is gone or the text is not a seal."""
        ...


def bucket_of(owner: str) -> int:
    """Which of a tenant's data keys an owner's fields are sealed with."""
    return int.from_bytes(hashlib.sha256(owner.encode()).digest()[:4]) % BUCKETS


class KeyVaultSealer:
    """Explicit client-side field encryption; data keys are made on first use."""

    def __init__(self, client: AsyncMongoClient[dict[str, Any]], vault: str, master_key: bytes) -> None:
        """`vault` is `database.collection`; `master_key` is 96 bytes (local KMS)."""
        providers = {"local": {"key": master_key}}
        options: CodecOptions[dict[str, Any]] = CodecOptions(uuid_representation=STANDARD)
        self._crypt: AsyncClientEncryption[dict[str, Any]] = AsyncClientEncryption(providers, vault, client, options)
        self._vault = client[vault.split(".", 1)[0]][vault.split(".", 1)[1]]
        self._ids: dict[str, Binary] = {}
        self._fetched_at: dict[bytes, float] = {}
        self._fetching = asyncio.Lock()

    async def prepare(self) -> None:
        """A data key's name is unique: two processes that make it at once agree on one."""
        named = {"keyAltNames": {"$exists": True}}
        await self._vault.create_index("keyAltNames", unique=True, partialFilterExpression=named)

    async def seal(self, tenant: str, owner: str, clear: bytes, /) -> str:
        key_id = await self._key_id(f"{tenant}/{bucket_of(owner)}")
        algorithm = Algorithm.AEAD_AES_256_CBC_HMAC_SHA_512_Random
        sealed = await self._with_key(
            bytes(key_id), lambda: self._crypt.encrypt(Binary(clear), algorithm, key_id=key_id)
        )
        return SEALED_PREFIX + base64.b64encode(sealed).decode()

    async def open(self, sealed: str, /) -> bytes:
        try:
            cipher = base64.b64decode(sealed.removeprefix(SEALED_PREFIX), validate=True)
            return bytes(await self._with_key(cipher[KEY_ID], lambda: self._crypt.decrypt(Binary(cipher, 6))))
        except (ValueError, EncryptionError):
            msg = "the field's key is gone, or it was not sealed here"
            raise SealBrokenError(msg) from None

    async def close(self) -> None:
        await self._crypt.close()

    async def _key_id(self, name: str) -> Binary:
        if name not in self._ids:
            async with self._fetching:  # hundreds may ask for the same key at once: one looks
                if name not in self._ids:
                    self._ids[name] = await self._find_key(name) or await self._make_key(name)
        return self._ids[name]

    async def _with_key(self, key_id: bytes, use: Callable[[], Awaitable[Any]]) -> Any:
        """The driver forgets a data key after a minute; whoever needs it then fetches it for all who wait."""
        if self._is_fresh(key_id):
            return await use()
        async with self._fetching:
            if not self._is_fresh(key_id):  # else somebody fetched it while we waited
                done = await use()
                self._fetched_at[key_id] = asyncio.get_running_loop().time()
                return done
        return await use()

    def _is_fresh(self, key_id: bytes) -> bool:
        fetched_at = self._fetched_at.get(key_id)
        return fetched_at is not None and asyncio.get_running_loop().time() - fetched_at < FRESH_SECONDS

    async def _find_key(self, name: str) -> Binary | None:
        found: Any = await self._crypt.get_key_by_alt_name(name)
        return None if found is None else Binary(bytes(found["_id"]), UUID_SUBTYPE)

    async def _make_key(self, name: str) -> Binary:
        try:
            return await self._crypt.create_data_key("local", key_alt_names=[name])
        except EncryptionError:
            # Another process made it between our look and our insert.
            found = await self._find_key(name)
            if found is None:
                raise
            return found


class Pseudonyms:
    """Keyed one-way names: the same person always gets the same, and nobody without the key can go back or guess."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, prefix: str, tenant: str, *parts: str) -> str:
        """A pseudonym such as `acct_k3v9…` of identifying parts; letters and digits only, 26 characters of digest."""
        text = "\x1f".join((prefix, tenant, *(part.strip().upper() for part in parts)))
        digest = hmac.new(self._key, text.encode(), hashlib.sha256).digest()
        return f"{prefix}_{base64.b32encode(digest[:16]).decode().rstrip('=').lower()}"
