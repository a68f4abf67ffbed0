"""A labelled remittance as the classifier takes it."""

from datetime import date

from services.claims.core.denial import Adjusted, DecidedLine, Decision
from services.claims.core.denial_rules import Facts
from tests.claims.test_labels import Adjustment, Case

DAY = date(2026, 6, 1)


def decision_of(case: Case) -> Decision:
    """What the payer said; whether it balances is found out, not told."""
    return Decision(
        status=case.claim_status,
        day=DAY,
        charge_cents=case.charge_cents,
        paid_cents=case.paid_cents,
        payer_id=case.payer,
        payer_class=case.payer_kind,
        adjustments=adjusted(case.adjustments),
        remarks=frozenset(case.remarks),
        lines=tuple(
            DecidedLine(
                line.number,
                line.charge_cents,
                line.paid_cents,
                adjusted(line.adjustments),
                frozenset(line.remarks),
                frozenset(line.modifiers),
            )
            for line in case.line
        ),
    )


def facts_of(case: Case) -> Facts:
    return Facts(**case.facts.model_dump())


def adjusted(adjustments: tuple[Adjustment, ...]) -> tuple[Adjusted, ...]:
    return tuple(Adjusted(one.group, one.carc, one.amount_cents) for one in adjustments)
