"""The compliance gate's rules for every tenant and day: what was switched off or confirmed, and from when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from services.collections.core.gate import Provision, Rule, RuleBook


@dataclass(frozen=True, slots=True)
class Decisions:
    """What one tenant has decided about the rules: regimes switched off and versions confirmed, each from a day on."""

    switched_off: tuple[tuple[str, date], ...] = ()
    confirmed: tuple[tuple[str, date], ...] = ()


NOTHING_DECIDED = Decisions()
BOOKS_KEPT = 1_000
"""Of so many tenants and days the rules are kept at hand: messages of one day ask for the same ones."""


@dataclass(frozen=True, slots=True)
class RuleShelf:
    """All rules and what the tenants decided about them."""

    rules: tuple[Rule, ...]
    provisions: Mapping[str, tuple[Provision, ...]]
    tenants: Mapping[str, Decisions]
    production: bool = True
    _books: dict[tuple[str, date], RuleBook] = field(
        default_factory=dict[tuple[str, date], RuleBook], init=False, compare=False, repr=False
    )

    def on(self, tenant: str, day: date) -> RuleBook:
        """The rules a tenant is under on a day. One that decided nothing is under all of them."""
        known = self._books.get((tenant, day))
        if known is None:
            if len(self._books) >= BOOKS_KEPT:
                self._books.clear()
            known = self._books[tenant, day] = self._opened(tenant, day)
        return known

    def _opened(self, tenant: str, day: date) -> RuleBook:
        decided = self.tenants.get(tenant, NOTHING_DECIDED)
        off = frozenset(regime for regime, since in decided.switched_off if since <= day)
        confirmed = frozenset(version for version, since in decided.confirmed if since <= day)
        return RuleBook(self.rules, self.provisions, off, confirmed, self.production)
