"""Sealed fields and pseudonyms: one contract for the key vault and for the sealer that tests use."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.sealed import KeyVaultSealer, Pseudonyms, SealBrokenError, Sealer, bucket_of
from shared.store.connect import connect
from tests.shared.sealing import PlainSealer

MASTER_KEY = bytes(range(96))


class Forgetful(Sealer, Protocol):
    async def forget(self, tenant: str, owner: str) -> None: ...


class VaultSealer(KeyVaultSealer):
    """The real sealer, with the operation that shreds a data key; a fresh one has nothing cached."""

    async def forget(self, tenant: str, owner: str) -> None:
        await self._vault.delete_one({"keyAltNames": f"{tenant}/{bucket_of(owner)}"})
        self._ids.clear()

    async def knows(self, tenant: str, owner: str) -> bool:
        return await self._find_key(f"{tenant}/{bucket_of(owner)}") is not None


@pytest.fixture(params=["plain", pytest.param("vault", marks=pytest.mark.stack)])
async def sealer(request: pytest.FixtureRequest, database_name: str) -> AsyncGenerator[Forgetful]:
    if request.param == "plain":
        yield PlainSealer()
        return
    client: Any = connect(request.getfixturevalue("mongo_url"))
    vault = VaultSealer(client, f"{database_name}.data_keys", MASTER_KEY)
    await vault.prepare()
    yield vault
    await vault.close()
    await client.drop_database(database_name)
    await client.close()


async def test_what_is_sealed_can_be_opened_and_not_read(sealer: Forgetful) -> None:
    sealed = await sealer.seal("lakeside", "acct_1", b"DOE*JANE")
    assert await sealer.open(sealed) == b"DOE*JANE"
    assert "DOE" not in sealed
    assert await sealer.seal("lakeside", "acct_1", b"DOE*JANE") != sealed, "equal content is not recognisable"


async def test_what_was_never_sealed_is_refused(sealer: Forgetful) -> None:
    for text in ("", "sealed:", "sealed:AAAA", "DOE*JANE", "sealed:not base64"):
        with pytest.raises(SealBrokenError):
            await sealer.open(text)


async def test_a_deleted_key_makes_the_field_unreadable(sealer: Forgetful) -> None:
    keep = await sealer.seal("lakeside", "acct_keep", b"stays")
    gone = await sealer.seal("northgate", "acct_1", b"goes")
    await sealer.forget("northgate", "acct_1")
    if isinstance(sealer, VaultSealer):  # a process that never opened it has no cached key
        assert not await sealer.knows("northgate", "acct_1")
        return
    with pytest.raises(SealBrokenError):
        await sealer.open(gone)
    assert await sealer.open(keep) == b"stays"


@pytest.mark.stack
async def test_a_new_process_cannot_open_what_was_shredded(mongo_url: str, database_name: str) -> None:
    client: Any = connect(mongo_url)
    first = VaultSealer(client, f"{database_name}.data_keys", MASTER_KEY)
    await first.prepare()
    sealed = await first.seal("lakeside", "acct_1", b"goes")
    second = VaultSealer(client, f"{database_name}.data_keys", MASTER_KEY)
    assert await second.open(sealed) == b"goes"
    await first.forget("lakeside", "acct_1")
    third = VaultSealer(client, f"{database_name}.data_keys", MASTER_KEY)
    with pytest.raises(SealBrokenError):
        await third.open(sealed)
    for vault in (first, second, third):
        await vault.close()
    await client.drop_database(database_name)
    await client.close()


@pytest.mark.stack
async def test_processes_that_make_a_key_at_once_agree_on_one(mongo_url: str, database_name: str) -> None:
    client: Any = connect(mongo_url)
    vaults = [KeyVaultSealer(client, f"{database_name}.data_keys", MASTER_KEY) for _ in range(4)]
    await vaults[0].prepare()
    sealed = await asyncio.gather(*(v.seal("lakeside", "acct_1", b"same key") for v in vaults))
    assert [await vaults[0].open(s) for s in sealed] == [b"same key"] * 4
    assert await client[database_name]["data_keys"].count_documents({}) == 1
    for vault in vaults:
        await vault.close()
    await client.drop_database(database_name)
    await client.close()


@given(st.text(), st.text(), st.text())
def test_a_pseudonym_is_stable_and_tells_tenants_and_parts_apart(tenant: str, one: str, two: str) -> None:
    names = Pseudonyms(b"k" * 32)
    first = names.of("acct", tenant, one, two)
    assert first == names.of("acct", tenant, f" {one} ", two)
    assert first == Pseudonyms(b"k" * 32).of("acct", tenant, one, two)
    assert first != names.of("acct", tenant + "x", one, two)
    assert first != Pseudonyms(b"x" * 32).of("acct", tenant, one, two)
    assert first.startswith("acct_")
    assert first[5:].isalnum()
