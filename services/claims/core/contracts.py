"""What the house agreed with a payer, as far as a claim needs it: dated, sourced data (`policy/contracts.toml`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from pydantic import ConfigDict

from .content import ClaimContent


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One entry, for services from `valid_from` to `valid_to`. Empty sets are any tenant, payer, biller or claim type.

    What an entry leaves out (None) it does not say. `balance_billing_allowed` is of law and contract together, for a
    provider outside of the network: its source names the law.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    id: str
    tenants: frozenset[str] = frozenset()
    payer_ids: frozenset[str] = frozenset()
    billing_npis: frozenset[str] = frozenset()
    claim_types: frozenset[str] = frozenset()
    network: Literal["in", "out"] | None = None
    capitated: bool | None = None
    balance_billing_allowed: bool | None = None
    valid_from: date
    valid_to: date | None = None
    source: str
    owner: str

    def holds(self, tenant: str, content: ClaimContent) -> bool:
        """Whether the entry speaks of the claim, by its first day of service."""
        day = content.service_from
        if day is None or day < self.valid_from or (self.valid_to is not None and day > self.valid_to):
            return False
        asked = (
            (self.tenants, tenant),
            (self.payer_ids, content.payer_id),
            (self.billing_npis, content.billing.npi),
            (self.claim_types, content.claim_type),
        )
        return all(not wanted or value in wanted for wanted, value in asked)


@dataclass(frozen=True, slots=True)
class Terms:
    """What all entries that hold say together; None is unknown. The first that says a thing counts."""

    network: Literal["in", "out"] | None = None
    capitated: bool | None = None
    balance_billing_allowed: bool | None = None


NOTHING_AGREED = Terms()


def terms_of(contracts: Sequence[Contract], tenant: str, content: ClaimContent | None) -> Terms:
    """The contract's terms for one claim."""
    if content is None:
        return NOTHING_AGREED
    said = [one for one in contracts if one.holds(tenant, content)]
    return Terms(
        network=next((one.network for one in said if one.network is not None), None),
        capitated=next((one.capitated for one in said if one.capitated is not None), None),
        balance_billing_allowed=next(
            (one.balance_billing_allowed for one in said if one.balance_billing_allowed is not None), None
        ),
    )
