"""What others may know of plans and settlements: pseudonymous, and only what concerns them."""

from services.collections.core.plan_facts import (
    AutopayEnded,
    InstallmentChargeAsked,
    InstallmentMissed,
    PlanCancelled,
    PlanNews,
    PlanProposed,
    PlanRescheduled,
    SettlementForgiven,
    SettlementUndone,
)
from shared import contracts
from shared.contracts import CollectionsEvent, Meta


def publish_plans(fact: PlanNews, meta: Meta) -> CollectionsEvent | None:  # noqa: PLR0911 - one case per event
    """The public event of a fact; most facts are nobody else's business."""
    match fact:
        case PlanProposed():
            return _proposed(fact, meta)
        case PlanRescheduled():
            return _rescheduled(fact, meta)
        case PlanCancelled():
            return contracts.PlanCancelled(
                meta=meta,
                account_id=fact.account_id,
                plan_id=fact.plan_id,
                reason=fact.reason,
                balance_cents=fact.balance_cents,
            )
        case InstallmentMissed():
            return contracts.InstallmentMissed(
                meta=meta,
                account_id=fact.account_id,
                plan_id=fact.plan_id,
                number=fact.number,
                due_on=fact.due_on,
                missed_cents=fact.missed_cents,
            )
        case InstallmentChargeAsked():
            return _charge(fact, meta)
        case AutopayEnded() if fact.why:
            return contracts.AutopayEnded(meta=meta, account_id=fact.account_id, plan_id=fact.plan_id, why=fact.why)
        case SettlementForgiven():
            return _forgiven(fact, meta)
        case SettlementUndone():
            return contracts.SettlementUndone(
                meta=meta,
                account_id=fact.account_id,
                plan_id=fact.plan_id,
                write_off_id=fact.write_off_id,
                restored_cents=fact.restored_cents,
            )
        case _:
            return None


def _proposed(fact: PlanProposed, meta: Meta) -> contracts.PlanProposed:
    return contracts.PlanProposed(
        meta=meta,
        account_id=fact.account_id,
        proposal_id=fact.proposal_id,
        kind=fact.kind,
        total_cents=fact.total_cents,
        forgiven_cents=fact.owed_cents - fact.total_cents if fact.kind == "settlement" else 0,
        installments=len(fact.installments),
        waits=bool(fact.needs),
        expires_on=fact.expires_on,
    )


def _rescheduled(fact: PlanRescheduled, meta: Meta) -> contracts.PlanRescheduled:
    return contracts.PlanRescheduled(
        meta=meta,
        account_id=fact.account_id,
        plan_id=fact.plan_id,
        why=fact.why,
        total_cents=fact.total_cents,
        installments=len(fact.installments),
        first_due_on=fact.installments[0].due_on,
    )


def _charge(fact: InstallmentChargeAsked, meta: Meta) -> contracts.InstallmentChargeRequested:
    return contracts.InstallmentChargeRequested(
        meta=meta,
        account_id=fact.account_id,
        plan_id=fact.plan_id,
        charge_id=fact.charge.charge_id,
        number=fact.charge.number,
        attempt=fact.charge.attempt,
        charge_cents=fact.charge.cents,
        method=fact.authorization.method,
        authorization_id=fact.authorization.authorization_id,
        sealed_token=fact.authorization.sealed_token,
    )


def _forgiven(fact: SettlementForgiven, meta: Meta) -> contracts.AccountWrittenOff:
    return contracts.AccountWrittenOff(
        meta=meta,
        account_id=fact.account_id,
        write_off_id=fact.forgiven.write_off_id,
        written_off_cents=fact.forgiven.cents,
        reason="settlement",
    )
