"""Earlier services of patients, looked up for a batch of claims at once, and only where a table asks about them."""

from collections import defaultdict
from collections.abc import Collection
from typing import TypeAlias

from services.claims.core import Claim, ClaimFact, ClaimMessage
from services.claims.core.past import Earlier, earlier_of
from shared.decider import Decider
from shared.store.port import Store

PAGE = 1_000
ClaimDecider: TypeAlias = Decider[Claim, ClaimMessage, ClaimFact]


async def earlier_claims(
    store: Store, claim: ClaimDecider, tenant: str, coverage_ids: Collection[str]
) -> dict[str, list[Earlier]]:
    """Claims of these coverages by patient; one query for each thousand of them."""
    found: dict[str, list[Earlier]] = defaultdict(list)
    if not coverage_ids:
        return found
    after: str | None = None
    while True:
        page = await store.find_among(claim, tenant, "coverage_id", coverage_ids, after, PAGE)
        for _, state in page:
            earlier = earlier_of(state)
            if earlier is not None and state.patient:
                found[state.patient].append(earlier)
        if len(page) < PAGE:
            return found
        after = page[-1][0].id
