"""The standing of providers that claims name, looked up in one read."""

from collections.abc import Iterable, Mapping

from services.claims.core.content import ClaimContent
from services.claims.core.standing import STANDING, ProviderStanding, standings_of
from shared.store.port import Key, Store


async def standings(store: Store, tenant: str, contents: Iterable[ClaimContent]) -> Mapping[str, ProviderStanding]:
    """By id; a provider that nobody recorded has the standing that holds nothing."""
    ids = frozenset[str]().union(*(standings_of(one) for one in contents))
    if not ids:
        return {}
    rows = await store.load(STANDING, [Key(tenant, one) for one in sorted(ids)])
    return {key.id: row.snapshot.state for key, row in rows.items()}
