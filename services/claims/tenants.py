"""Which tenants this service has ever had a claim or file of: loops that look for work go through them."""

from shared.store.port import Store

PAGE = 1000


class Tenants:
    """Remembered in the store; no setting lists them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._remembered: set[str] = set()

    async def remember(self, tenant: str) -> None:
        """A tenant is here. Once is enough, and a repeat costs nothing."""
        if tenant not in self._remembered:
            await self._store.note("tenants", tenant, tenant, {})
            self._remembered.add(tenant)

    async def all(self) -> list[str]:
        """Every tenant, by name."""
        found: list[str] = []
        while True:
            page = await self._store.notes("tenants", None, found[-1] if found else None, PAGE)
            found += [str(note["tenant"]) for note in page]
            if len(page) < PAGE:
                return found
