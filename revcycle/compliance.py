"""The compliance gate's decisions, made again from the journal of a store. Nothing is changed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from revcycle.policy import accounts_in
from services.collections.core import make_decider
from services.collections.core.asking import judged_again, says_the_same
from services.collections.core.gate_shelf import RuleShelf
from services.collections.core.person_facts import WishJudged
from services.collections.core.policy import PolicyBook
from services.collections.simulate.past import FACTS
from shared.store.port import JournalLine


class Differing(NamedTuple):
    """A decision that does not come out as it stands in the journal; `then` and `now` say the answer, and why."""

    account_id: str
    decision_id: str
    at: datetime
    then: str
    now: str


@dataclass(slots=True)
class Recomputed:
    """What was made again. `allowed` and `blocked` are the stored answers."""

    accounts: int = 0
    decisions: int = 0
    allowed: int = 0
    blocked: int = 0
    differing: list[Differing] = field(default_factory=list[Differing])

    @property
    def same(self) -> int:
        return self.decisions - len(self.differing)


async def recomputed(
    lines: AsyncIterator[JournalLine], tenant: str, rules: RuleShelf, since: datetime | None = None
) -> Recomputed:
    """Make every decision of a tenant's accounts again, with the facts before it and the rules of its day.

    `since` counts only decisions from then on; what happened before is folded all the same.
    """
    decider = make_decider(PolicyBook(()), rules)
    found = Recomputed()
    async for told in accounts_in(lines, tenant):
        account, found.accounts = decider.initial, found.accounts + 1
        for line in told:
            fact = FACTS.validate_python(line.document["fact"], strict=False)
            at = datetime.fromisoformat(line.document["meta"]["occurred_at"])
            if isinstance(fact, WishJudged) and (since is None or at >= since):
                verdict = judged_again(rules.on(tenant, at.astimezone(UTC).date()), account, fact)
                found.decisions += 1
                found.allowed += fact.allowed
                found.blocked += not fact.allowed
                if not says_the_same(fact, verdict):
                    then = _said(allowed=fact.allowed, rules=tuple(one.rule for one in fact.findings))
                    now = _said(allowed=verdict.allowed, rules=tuple(one.rule for one in verdict.findings))
                    found.differing.append(Differing(fact.account_id, fact.decision_id, at, then, now))
            account = decider.evolve(account, fact)
    return found


def _said(*, allowed: bool, rules: tuple[str, ...]) -> str:
    return f"{'allowed' if allowed else 'blocked'} ({', '.join(rules) or 'no objection'})"
