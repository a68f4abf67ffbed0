"""The deadlines that run for a claim after a payer's decision: correction, the next payer, and the next appeal level.

Each starts with a decision and ends when it is met, never by another's: a corrected claim is not an appeal, and neither
stops the other's clock (rules of the field 3.9).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from pydantic import NonNegativeInt

from shared.contracts import Contract

from .content import ClaimContent, OtherPayerContent
from .deadlines import Deadline, DeadlineKind, appeal_levels, deadline, warning_days
from .policy import Policy, asked


class Running(Contract):
    """One deadline with its rule and explanation. `warned` of the days `warn_on` have passed."""

    kind: DeadlineKind
    level: NonNegativeInt
    on: date
    rule: str
    explanation: str
    warn_on: tuple[date, ...] = ()
    warned: NonNegativeInt = 0

    @property
    def warns_next_on(self) -> date | None:
        """The next day on which it is called out; None once all have passed."""
        return self.warn_on[self.warned] if self.warned < len(self.warn_on) else None


def after_denial(
    policy: Policy, content: ClaimContent, decided_on: date, today: date, denied_cents: int
) -> tuple[Running, ...]:
    """What runs from a denial on: the correction and the first appeal level."""
    days = asked(content, {"remittance": decided_on})
    found = [
        deadline(policy.deadlines, "corrected_claim", days),
        deadline(policy.deadlines, "appeal", days, 1, amount_cents=denied_cents),
    ]
    return running(policy, found, today)


def to_next_payer(
    policy: Policy, content: ClaimContent, payers: Sequence[OtherPayerContent], decided_on: date, today: date
) -> tuple[Running, ...]:
    """The claim to the first payer that has not decided: by its own limit, or else by the one for payers unnamed."""
    days = asked(content, {"prior_payer_remittance": decided_on})
    payer_id = payers[0].payer_id if payers else ""
    of_payer = replace(days, payer_id=payer_id, filing_code="")
    return running(policy, [deadline(policy.deadlines, "secondary_filing", of_payer)], today)


def next_level(
    policy: Policy, content: ClaimContent, decided_on: date, today: date, level: int, disputed_cents: int
) -> tuple[Running, ...]:
    """The level after the one decided; nothing where the payer has no further one, or wants more in dispute."""
    days = asked(content, {"decision": decided_on})
    if level + 1 not in {rule.level for rule in appeal_levels(policy.deadlines, days)}:
        return ()
    found = deadline(policy.deadlines, "appeal", days, level + 1, amount_cents=disputed_cents)
    return running(policy, [found], today)


def levels_of(policy: Policy, content: ClaimContent) -> int:
    """How many levels of appeal the payer has."""
    return len(appeal_levels(policy.deadlines, asked(content)))


def running(policy: Policy, found: Iterable[Deadline | None], today: date) -> tuple[Running, ...]:
    """Deadlines as a claim keeps them, with the days on which they are called out."""
    return tuple(
        Running(
            kind=one.kind,
            level=one.level,
            on=one.on,
            rule=one.rule.id,
            explanation=one.explanation,
            warn_on=warning_days(one.on, policy.warn_days_before, today),
        )
        for one in found
        if one is not None
    )
